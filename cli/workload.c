#include "cli/workload.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "cli/config.h"
#include "cli/quantity.h"
#include "host/backend.h"

#define TREE_SIZE_DEFAULT (64ull << 20)

void workload_init(struct workload *w, struct arena *arena)
{
    *w = (struct workload){ .arena = arena };
    w->memory_bytes = LAUNCH_MEMORY_DEFAULT;
    w->table_elements = LAUNCH_TABLE_DEFAULT;
    w->stack_bytes = LAUNCH_STACK_DEFAULT;
    w->backend = backend_process.name;
    w->program = "broch-exec";
}

char *workload_text(struct workload *w, struct bytes text)
{
    char *copy = arena_alloc(w->arena, text.size + 1);

    if (copy != NULL && text.size > 0)
        memcpy(copy, text.data, text.size);
    return copy;
}

static struct bytes bytes_between(const char *start, const char *end)
{
    return (struct bytes){ (const uint8_t *)start, (size_t)(end - start) };
}

static enum err out_of_memory(struct note *note)
{
    note_set(note, "out of memory");
    return ERR_NOMEM;
}

enum err workload_directory_set(struct workload *w, struct workload_directory d, struct note *note)
{
    uint32_t i = 0;

    if (d.host[0] == '\0' || d.guest[0] == '\0') {
        note_set(note, "expected HOST[::GUEST][:ro], no part of it empty");
        return ERR_USAGE;
    }
    while (i < w->directories_count && strcmp(w->directories[i].guest, d.guest) != 0)
        i++;
    if (i == LAUNCH_DIRECTORIES_MAX) {
        note_set(note, "more than %u directories", LAUNCH_DIRECTORIES_MAX);
        return ERR_LIMIT;
    }
    if (i == w->directories_count)
        w->directories_count++;
    w->directories[i] = d;
    return ERR_OK;
}

/* HOST[::GUEST][:ro]: the same name twice where there is only one. */
static bool pair_split(struct workload *w, const char *text, struct workload_directory *out)
{
    size_t size = strlen(text);
    const char *end, *middle;

    *out = (struct workload_directory){ 0 };
    if (size >= 3 && strcmp(text + size - 3, ":ro") == 0) {
        out->read_only = true;
        size -= 3;
    } else if (size >= 3 && strcmp(text + size - 3, ":rw") == 0) {
        size -= 3;
    }
    end = text + size;
    middle = strstr(text, "::");
    if (middle != NULL && middle + 2 <= end) {
        out->host = workload_text(w, bytes_between(text, middle));
        out->guest = workload_text(w, bytes_between(middle + 2, end));
    } else {
        out->host = out->guest = workload_text(w, bytes_between(text, end));
    }
    return out->host != NULL && out->guest != NULL;
}

enum err workload_directory_add(struct workload *w, const char *text, struct note *note)
{
    struct workload_directory d;

    if (!pair_split(w, text, &d))
        return out_of_memory(note);
    return workload_directory_set(w, d, note);
}

enum err workload_volume_set(struct workload *w, struct workload_volume v, struct note *note)
{
    uint32_t i = 0;

    if (v.file[0] == '\0' || v.guest[0] == '\0') {
        note_set(note, "expected FILE::GUEST[:ro], no part of it empty");
        return ERR_USAGE;
    }
    if (v.size_max > LIMIT_ARCHIVE_CONTENTS) {
        note_set(note, "a volume holds at most %llu MiB", LIMIT_ARCHIVE_CONTENTS >> 20);
        return ERR_LIMIT;
    }
    while (i < w->volumes_count && strcmp(w->volumes[i].guest, v.guest) != 0)
        i++;
    if (i == LAUNCH_VOLUMES_MAX) {
        note_set(note, "more than %u volumes", LAUNCH_VOLUMES_MAX);
        return ERR_LIMIT;
    }
    if (i == w->volumes_count)
        w->volumes_count++;
    w->volumes[i] = v;
    return ERR_OK;
}

enum err workload_volume_add(struct workload *w, const char *text, struct note *note)
{
    struct workload_directory pair;

    if (!pair_split(w, text, &pair))
        return out_of_memory(note);
    if (pair.host == pair.guest) {
        note_set(note, "%s: expected FILE::GUEST[:ro]", text);
        return ERR_USAGE;
    }
    return workload_volume_set(w,
                               (struct workload_volume){
                                   .file = pair.host,
                                   .guest = pair.guest,
                                   .size_max = LIMIT_ARCHIVE_CONTENTS,
                                   .read_only = pair.read_only,
                               },
                               note);
}

enum err workload_environment_set(struct workload *w, const char *key, const char *value,
                                  struct note *note)
{
    size_t key_size = strlen(key), size = key_size + strlen(value) + 2;
    char *pair = arena_alloc(w->arena, size);
    uint32_t i = 0;

    if (key_size == 0 || strchr(key, '=') != NULL) {
        note_set(note, "expected a name that is not empty and has no = in it");
        return ERR_USAGE;
    }
    while (i < w->environment_count &&
           (strncmp(w->environment[i], key, key_size) != 0 || w->environment[i][key_size] != '='))
        i++;
    if (i == LAUNCH_ENVIRONMENT_MAX) {
        note_set(note, "more than %u variables", LAUNCH_ENVIRONMENT_MAX);
        return ERR_LIMIT;
    }
    if (pair == NULL || !ARENA_RESERVE(w->arena, w->environment, w->environment_room, i + 1u))
        return out_of_memory(note);
    memcpy(pair, key, key_size);
    pair[key_size] = '=';
    memcpy(pair + key_size + 1, value, size - key_size - 1);
    if (i == w->environment_count)
        w->environment_count++;
    w->environment[i] = pair;
    return ERR_OK;
}

enum err workload_environment_add(struct workload *w, const char *text, struct note *note)
{
    const char *equals = strchr(text, '=');
    char *key;

    if (equals == NULL) { /* handed on from our own, where it is set there */
        const char *value = getenv(text);

        if (text[0] == '\0') {
            note_set(note, "expected K=V, or the name of a variable that is set");
            return ERR_USAGE;
        }
        return value != NULL ? workload_environment_set(w, text, value, note) : ERR_OK;
    }
    key = workload_text(w, bytes_between(text, equals));
    if (key == NULL)
        return out_of_memory(note);
    return workload_environment_set(w, key, equals + 1, note);
}

static bool name_is(struct bytes name, const char *want)
{
    return name.size == strlen(want) && memcmp(name.data, want, name.size) == 0;
}

enum err workload_limit_set(struct workload *w, struct bytes name, const char *value,
                            struct note *note)
{
    const char *want = "a size such as 64MiB";
    bool good;

    if (name_is(name, "memory")) {
        good = quantity_size(&w->memory_bytes, value) && w->memory_bytes != 0;
    } else if (name_is(name, "stack")) {
        want = "a size up to 1GiB, such as 8MiB";
        good = quantity_size(&w->stack_bytes, value) && w->stack_bytes != 0 &&
               w->stack_bytes <= LIMIT_STACK_MOST;
    } else if (name_is(name, "table")) {
        want = "a count such as 10000";
        good = quantity_count(&w->table_elements, value) && w->table_elements != 0;
    } else if (name_is(name, "fuel")) {
        want = "a count such as 1000000 or 50M";
        good = w->has_fuel = quantity_count(&w->fuel, value);
    } else if (name_is(name, "time")) {
        want = "a time such as 10s or 500ms";
        good = w->has_time = quantity_time(&w->time_ms, value);
    } else {
        note_set(note, "%.*s: no such limit; expected memory, table, stack, fuel or time",
                 (int)num_min(name.size, 64), (const char *)name.data);
        return ERR_USAGE;
    }
    if (!good) {
        note_set(note, "%.*s=%s: expected %s", (int)name.size, (const char *)name.data, value,
                 want);
        return ERR_USAGE;
    }
    return ERR_OK;
}

/* Calls set for every part of "a,b,c". */
static enum err parts_each(struct workload *w, const char *text, struct note *note,
                           enum err (*set)(struct workload *, const char *, struct note *))
{
    for (;;) {
        const char *comma = strchr(text, ',');
        const char *end = comma != NULL ? comma : text + strlen(text);
        const char *part = workload_text(w, bytes_between(text, end));

        if (part == NULL)
            return out_of_memory(note);
        TRY(set(w, part, note));
        if (comma == NULL)
            return ERR_OK;
        text = comma + 1;
    }
}

static enum err limit_part(struct workload *w, const char *part, struct note *note)
{
    const char *equals = strchr(part, '=');

    if (equals == NULL) {
        note_set(note, "%s: expected NAME=VALUE", part);
        return ERR_USAGE;
    }
    return workload_limit_set(w, bytes_between(part, equals), equals + 1, note);
}

enum err workload_limits_add(struct workload *w, const char *text, struct note *note)
{
    return parts_each(w, text, note, limit_part);
}

enum err workload_config_add(struct workload *w, const char *text, struct note *note)
{
    struct config c = { .set = w->engine_config };

    TRY(config_add(&c, text, CONFIG_FOR_RUN, note));
    w->engine_config = c.set;
    return ERR_OK;
}

enum err workload_backend_set(struct workload *w, const char *text, struct note *note)
{
    const struct backend *b = backend_find(text);

    if (b == NULL || b == &backend_skeleton) {
        note_set(note, "%s: expected one of", text);
        for (size_t i = 0; backend_all[i] != NULL; i++)
            if (backend_all[i] != &backend_skeleton)
                note_add(note, "%s", backend_all[i]->name);
        return ERR_USAGE;
    }
    w->backend = b->name;
    return ERR_OK;
}

enum err workload_socket_set(struct workload *w, struct workload_socket s, struct note *note)
{
    uint32_t i = 0;

    /* Sockets without a name are told apart by where they are. */
    while (i < w->sockets_count &&
           (s.name[0] == '\0'
                ? w->sockets[i].name[0] != '\0' || strcmp(w->sockets[i].address, s.address) != 0
                : strcmp(w->sockets[i].name, s.name) != 0))
        i++;
    if (strchr(s.address, ':') == NULL) {
        note_set(note, "%s: expected ADDRESS:PORT", s.address);
        return ERR_USAGE;
    }
    if (i == LAUNCH_SOCKETS_MAX) {
        note_set(note, "more than %u sockets", LAUNCH_SOCKETS_MAX);
        return ERR_LIMIT;
    }
    if (i == w->sockets_count)
        w->sockets_count++;
    w->sockets[i] = s;
    return ERR_OK;
}

static enum err socket_add(struct workload *w, const char *text, bool listens, struct note *note)
{
    const char *equals = strchr(text, '=');
    struct workload_socket s = { "", text, listens };

    if (equals != NULL) {
        s.name = workload_text(w, bytes_between(text, equals));
        s.address = equals + 1;
        if (s.name == NULL)
            return out_of_memory(note);
    }
    return workload_socket_set(w, s, note);
}

enum err workload_listen_add(struct workload *w, const char *text, struct note *note)
{
    return socket_add(w, text, true, note);
}

enum err workload_connect_add(struct workload *w, const char *text, struct note *note)
{
    return socket_add(w, text, false, note);
}

enum err workload_tree_set(struct workload *w, struct workload_tree t, struct note *note)
{
    uint32_t i = 0;

    if (t.guest[0] == '\0') {
        note_set(note, "expected GUEST[:SIZE], no part of it empty");
        return ERR_USAGE;
    }
    while (i < w->trees_count && strcmp(w->trees[i].guest, t.guest) != 0)
        i++;
    if (i == LAUNCH_TREES_MAX) {
        note_set(note, "more than %u folders in memory", LAUNCH_TREES_MAX);
        return ERR_LIMIT;
    }
    if (i == w->trees_count)
        w->trees_count++;
    w->trees[i] = t;
    return ERR_OK;
}

enum err workload_size_take(uint64_t *out, const char *text, struct note *note)
{
    if (quantity_size(out, text))
        return ERR_OK;
    note_set(note, "%s: expected a size such as 64MiB", text);
    return ERR_USAGE;
}

enum err workload_tree_add(struct workload *w, const char *text, struct note *note)
{
    struct workload_tree t = { text, TREE_SIZE_DEFAULT };
    const char *colon = strrchr(text, ':');

    if (colon != NULL) {
        t.guest = workload_text(w, bytes_between(text, colon));
        if (t.guest == NULL)
            return out_of_memory(note);
        TRY(workload_size_take(&t.size_max, colon + 1, note));
    }
    return workload_tree_set(w, t, note);
}
