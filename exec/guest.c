/* guest.c: the world of one guest, made from the launch record. */
#include "exec/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/deadline.h"
#include "exec/message.h"
#include "exec/world/fixed.h"
#include "exec/world/host.h"
#include "exec/world/tree.h"

_Static_assert(LAUNCH_SEED_SIZE == FIXED_SEED_SIZE, "the seed of deterministic mode");

static struct world *world_of(const struct launch *l)
{
    static struct fixed_world fixed;
    struct world *host = host_world(deadline_flag());

    return l->deterministic ? fixed_world_init(&fixed, host, l->seed) : host;
}

static enum wasi_errno streams_add(struct wasi *w, const struct launch *l)
{
    for (int i = 0; i < 3; i++) {
        struct world_file *f;

        WASI_TRY(host_file_new(&f, i, false, l->tty[i]));
        /* A terminal is open both ways on all three; the guest's are one way. */
        f->can_read = i == 0;
        f->can_write = i != 0;
        WASI_TRY(wasi_add_stream(w, f));
    }
    return WASI_OK;
}

static enum wasi_errno directories_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->directories_count; i++) {
        const struct launch_directory *d = &l->directories[i];
        struct world_file *f;

        WASI_TRY(host_file_new(&f, (int)d->fd, d->read_only, false));
        WASI_TRY(wasi_add_directory(w, f, d->guest));
    }
    return WASI_OK;
}

static enum wasi_errno trees_add(struct wasi *w, const struct launch *l, struct world *world)
{
    for (uint32_t i = 0; i < l->trees_count; i++) {
        struct world_file *f;
        struct tree *t; /* lives as long as the process */

        WASI_TRY(tree_new(&t, world, l->trees[i].size_max));
        WASI_TRY(tree_root(t, &f));
        WASI_TRY(wasi_add_directory(w, f, l->trees[i].guest));
    }
    return WASI_OK;
}

static enum wasi_errno sockets_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->sockets_count; i++) {
        struct world_file *f;

        WASI_TRY(host_file_new(&f, (int)l->sockets[i].fd, false, false));
        WASI_TRY(wasi_add_socket(w, f));
    }
    return WASI_OK;
}

static bool environment_has(const struct launch *l, const char *name)
{
    size_t size = strlen(name);

    for (uint32_t i = 0; i < l->environment_count; i++)
        if (l->environment[i].size > size && l->environment[i].data[size] == '=' &&
            memcmp(l->environment[i].data, name, size) == 0)
            return true;
    return false;
}

static void join(char *text, size_t room, struct bytes name)
{
    size_t at = strlen(text);

    if (at + 1 + name.size >= room) /* the buffer holds all: see its size */
        return;
    text[at++] = ':';
    for (size_t i = 0; i < name.size; i++)
        text[at++] = name.data[i] == ':' ? '_' : (char)name.data[i];
    text[at] = '\0';
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* FD_NAMES: which number is which, for programs that serve sockets. */
static char *names_new(const struct launch *l)
{
    static const char start[] = "FD_NAMES=stdin:stdout:stderr";
    size_t room = sizeof start;
    char *text;

    for (uint32_t i = 0; i < l->directories_count; i++)
        room += l->directories[i].guest.size + 1;
    for (uint32_t i = 0; i < l->trees_count; i++)
        room += l->trees[i].guest.size + 1;
    for (uint32_t i = 0; i < l->sockets_count; i++)
        room += l->sockets[i].name.size + 1;
    text = malloc(room + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, start, sizeof start);
    for (uint32_t i = 0; i < l->directories_count; i++)
        join(text, room + 1, l->directories[i].guest);
    for (uint32_t i = 0; i < l->trees_count; i++)
        join(text, room + 1, l->trees[i].guest);
    for (uint32_t i = 0; i < l->sockets_count; i++)
        join(text, room + 1, l->sockets[i].name);
    return text;
}

static enum wasi_errno environment_of(const struct launch *l, struct wasi_config *config)
{
    static struct bytes list[LAUNCH_ENVIRONMENT_MAX + 2];
    static char count[32];
    char *names;

    config->environment = l->environment;
    config->environment_count = l->environment_count;
    if (l->sockets_count == 0 || environment_has(l, "FD_NAMES") || environment_has(l, "FD_COUNT"))
        return WASI_OK;
    names = names_new(l);
    if (names == NULL)
        return WASI_NOMEM;
    snprintf(count, sizeof count, "FD_COUNT=%u",
             3 + l->directories_count + l->trees_count + l->sockets_count);
    memcpy(list, l->environment, l->environment_count * sizeof list[0]);
    list[config->environment_count++] = text_of(count);
    list[config->environment_count++] = text_of(names);
    config->environment = list;
    return WASI_OK;
}

static enum wasi_errno fill(struct wasi *w, const struct launch *l, struct world *world)
{
    WASI_TRY(streams_add(w, l));
    WASI_TRY(directories_add(w, l));
    WASI_TRY(trees_add(w, l, world));
    return sockets_add(w, l);
}

int guest_new(struct wasi **out, const struct launch *l)
{
    struct wasi_config config = {
        .world = world_of(l),
        .args = l->args,
        .args_count = l->args_count,
        .stop = deadline_flag(),
    };
    struct wasi *w = NULL;
    enum wasi_errno e = environment_of(l, &config);

    if (e == WASI_OK && wasi_new(&w, &config) != ERR_OK)
        e = WASI_NOMEM;
    if (e == WASI_OK)
        e = fill(w, l, config.world);
    if (e != WASI_OK) {
        wasi_free(w);
        message("a descriptor of the launch record cannot be used (WASI error %d)", (int)e);
        return LAUNCH_EXIT_SOFTWARE;
    }
    *out = w;
    return 0;
}
