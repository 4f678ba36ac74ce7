#include "cli/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "codec/toml.h"
#include "host/files.h"

/* A manifest being read. */
struct manifest {
    struct workload *w;
    struct bytes raw;
    const char *path; /* for messages */
    const char *base; /* relative paths start there; "" or ends in a slash */
    struct note *note;
};

/* One key of a table: its name, what value it takes, and who takes it. */
struct field {
    const char *name;
    enum toml_type type;
    enum err (*set)(struct manifest *m, const struct toml_value *v, void *into);
};

static enum err refuse(const struct manifest *m, size_t offset, const char *what,
                       const char *detail)
{
    uint32_t line, column;

    toml_place(m->raw, offset, &line, &column);
    note_set(m->note, "%s:%u:%u: %s%s", m->path, line, column, what, detail);
    return ERR_INVALID;
}

/* The note has the reason; the place goes before it. */
static enum err refuse_note(const struct manifest *m, const struct toml_value *v, enum err e)
{
    struct note reason = *m->note;

    if (e == ERR_OK)
        return ERR_OK;
    return refuse(m, v->offset, "", reason.text);
}

static enum err type_check(const struct manifest *m, const struct toml_value *v,
                           enum toml_type want)
{
    if (v->type == want)
        return ERR_OK;
    return refuse(m, v->offset, "expected ", toml_type_name(want));
}

/* lesson E13: a misspelt key is an error, never silence. */
static enum err unknown_refuse(const struct manifest *m, const struct toml_value *v,
                               const struct field *fields, size_t count)
{
    char text[256];
    size_t size = (size_t)snprintf(text, sizeof text, "%.*s; expected one of",
                                   (int)num_min(v->key.size, 40), (const char *)v->key.data);

    for (size_t i = 0; i < count && size < sizeof text; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s %s", i > 0 ? "," : "",
                                 fields[i].name);
    return refuse(m, v->offset, "unknown key ", text);
}

static enum err table_read(struct manifest *m, const struct toml_value *table,
                           const struct field *fields, size_t count, void *into)
{
    for (const struct toml_value *v = table->first; v != NULL; v = v->next) {
        const struct field *f = fields;

        while (f < fields + count &&
               (strlen(f->name) != v->key.size || memcmp(f->name, v->key.data, v->key.size) != 0))
            f++;
        if (f == fields + count)
            return unknown_refuse(m, v, fields, count);
        TRY(type_check(m, v, f->type));
        TRY(f->set(m, v, into));
    }
    return ERR_OK;
}

static enum err text_of(struct manifest *m, const struct toml_value *v, struct bytes text,
                        const char **out)
{
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return refuse(m, v->offset, "no zero character is allowed here", "");
    *out = workload_text(m->w, text);
    return *out != NULL ? ERR_OK : refuse(m, v->offset, "out of memory", "");
}

static enum err text_set(struct manifest *m, const struct toml_value *v, void *into)
{
    TRY(text_of(m, v, v->text, into));
    return ERR_OK;
}

static enum err truth_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)m;
    *(bool *)into = v->truth;
    return ERR_OK;
}

/* A path of this machine, from the manifest's folder. */
static enum err path_set(struct manifest *m, const struct toml_value *v, void *into)
{
    const char **out = into, *text;
    size_t base = strlen(m->base), size;
    char *joined;

    TRY(text_of(m, v, v->text, &text));
    if (text[0] == '\0')
        return refuse(m, v->offset, "expected a path that is not empty", "");
    *out = text;
    if (text[0] == '/' || base == 0)
        return ERR_OK;
    size = strlen(text) + 1;
    joined = arena_alloc(m->w->arena, base + size);
    if (joined == NULL)
        return refuse(m, v->offset, "out of memory", "");
    memcpy(joined, m->base, base);
    memcpy(joined + base, text, size);
    *out = joined;
    return ERR_OK;
}

static enum err args_set(struct manifest *m, const struct toml_value *v, void *into)
{
    struct workload *w = into;

    w->args_count = 0;
    w->args = arena_array(w->arena, v->count, sizeof *w->args);
    if (w->args == NULL && v->count > 0)
        return refuse(m, v->offset, "out of memory", "");
    for (const struct toml_value *a = v->first; a != NULL; a = a->next) {
        TRY(type_check(m, a, TOML_STRING));
        TRY(text_of(m, a, a->text, &w->args[w->args_count++]));
    }
    return ERR_OK;
}

static enum err env_set(struct manifest *m, const struct toml_value *v, void *into)
{
    for (const struct toml_value *e = v->first; e != NULL; e = e->next) {
        const char *key, *value;

        TRY(type_check(m, e, TOML_STRING));
        TRY(text_of(m, e, e->key, &key));
        TRY(text_of(m, e, e->text, &value));
        TRY(refuse_note(m, e, workload_environment_set(into, key, value, m->note)));
    }
    return ERR_OK;
}

/* A size, count or time: text with a unit, or an integer. */
static enum err quantity_text(struct manifest *m, const struct toml_value *v, const char **out)
{
    char number[24];

    if (v->type == TOML_STRING)
        return text_of(m, v, v->text, out);
    if (v->type != TOML_INTEGER)
        return refuse(m, v->offset, "expected a string or an integer", "");
    snprintf(number, sizeof number, "%lld", (long long)v->integer);
    return text_of(m, v, (struct bytes){ (const uint8_t *)number, strlen(number) }, out);
}

static enum err limits_set(struct manifest *m, const struct toml_value *v, void *into)
{
    for (const struct toml_value *l = v->first; l != NULL; l = l->next) {
        const char *text;

        TRY(quantity_text(m, l, &text));
        TRY(refuse_note(m, l, workload_limit_set(into, l->key, text, m->note)));
    }
    return ERR_OK;
}

/* An array whose elements are all tables, each read by the same fields and then
 * taken by `add`. */
static enum err rows_read(struct manifest *m, const struct toml_value *v,
                          enum err (*add)(struct manifest *m, const struct toml_value *row))
{
    for (const struct toml_value *row = v->first; row != NULL; row = row->next) {
        TRY(type_check(m, row, TOML_TABLE));
        TRY(add(m, row));
    }
    return ERR_OK;
}

struct row {
    const char *host;
    const char *guest;
    const char *name;
    const char *address;
    bool read_only;
};

static enum err row_host(struct manifest *m, const struct toml_value *v, void *into)
{
    return path_set(m, v, &((struct row *)into)->host);
}

static enum err row_guest(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct row *)into)->guest);
}

static enum err row_name(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct row *)into)->name);
}

static enum err row_address(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct row *)into)->address);
}

static enum err row_read_only(struct manifest *m, const struct toml_value *v, void *into)
{
    return truth_set(m, v, &((struct row *)into)->read_only);
}

static enum err dir_add(struct manifest *m, const struct toml_value *table)
{
    static const struct field fields[] = {
        { "host", TOML_STRING, row_host },
        { "guest", TOML_STRING, row_guest },
        { "read-only", TOML_BOOL, row_read_only },
    };
    struct row row = { 0 };
    struct workload_directory d;

    TRY(table_read(m, table, fields, COUNT_OF(fields), &row));
    if (row.host == NULL || row.guest == NULL)
        return refuse(m, table->offset, "expected host and guest in every folder", "");
    d = (struct workload_directory){ row.host, row.guest, row.read_only };
    return refuse_note(m, table, workload_directory_set(m->w, d, m->note));
}

static enum err dirs_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)into;
    return rows_read(m, v, dir_add);
}

static enum err memory_dir_add(struct manifest *m, const struct toml_value *table)
{
    struct workload_tree t = { NULL, 64ull << 20 };

    for (const struct toml_value *v = table->first; v != NULL; v = v->next) {
        if (bytes_equal(v->key, BYTES_TEXT("guest"))) {
            TRY(type_check(m, v, TOML_STRING));
            TRY(text_of(m, v, v->text, &t.guest));
        } else if (bytes_equal(v->key, BYTES_TEXT("size"))) {
            const char *text;

            TRY(quantity_text(m, v, &text));
            TRY(refuse_note(m, v, workload_size_take(&t.size_max, text, m->note)));
        } else {
            static const struct field fields[] = {
                { "guest", TOML_STRING, NULL },
                { "size", TOML_STRING, NULL },
            };

            return unknown_refuse(m, v, fields, COUNT_OF(fields));
        }
    }
    if (t.guest == NULL)
        return refuse(m, table->offset, "expected guest in every folder", "");
    return refuse_note(m, table, workload_tree_set(m->w, t, m->note));
}

static enum err memory_dirs_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)into;
    return rows_read(m, v, memory_dir_add);
}

struct volume_row {
    const char *file;
    const char *guest;
    const char *key;
    bool read_only;
    uint64_t size_max;
};

static enum err volume_file(struct manifest *m, const struct toml_value *v, void *into)
{
    return path_set(m, v, &((struct volume_row *)into)->file);
}

static enum err volume_guest(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct volume_row *)into)->guest);
}

static enum err volume_key(struct manifest *m, const struct toml_value *v, void *into)
{
    return path_set(m, v, &((struct volume_row *)into)->key);
}

static enum err volume_read_only(struct manifest *m, const struct toml_value *v, void *into)
{
    return truth_set(m, v, &((struct volume_row *)into)->read_only);
}

static enum err volume_size(struct manifest *m, const struct toml_value *v, void *into)
{
    const char *text;

    TRY(text_of(m, v, v->text, &text));
    return refuse_note(m, v,
                       workload_size_take(&((struct volume_row *)into)->size_max, text, m->note));
}

static enum err volume_add(struct manifest *m, const struct toml_value *table)
{
    static const struct field fields[] = {
        { "file", TOML_STRING, volume_file }, { "guest", TOML_STRING, volume_guest },
        { "key", TOML_STRING, volume_key },   { "read-only", TOML_BOOL, volume_read_only },
        { "size", TOML_STRING, volume_size },
    };
    struct volume_row row = { .size_max = LIMIT_ARCHIVE_CONTENTS };
    struct workload_volume v;

    TRY(table_read(m, table, fields, COUNT_OF(fields), &row));
    if (row.file == NULL || row.guest == NULL)
        return refuse(m, table->offset, "expected file and guest in every volume", "");
    v = (struct workload_volume){ row.file, row.guest, row.key, row.size_max, row.read_only };
    return refuse_note(m, table, workload_volume_set(m->w, v, m->note));
}

static enum err volumes_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)into;
    return rows_read(m, v, volume_add);
}

static enum err snapshot_set(struct manifest *m, const struct toml_value *v, void *into)
{
    return truth_set(m, v, &((struct workload *)into)->pack_directories);
}

static enum err socket_add(struct manifest *m, const struct toml_value *table, bool listens)
{
    static const struct field fields[] = {
        { "name", TOML_STRING, row_name },
        { "address", TOML_STRING, row_address },
    };
    struct row row = { .name = "" };
    struct workload_socket s;

    TRY(table_read(m, table, fields, COUNT_OF(fields), &row));
    if (row.address == NULL)
        return refuse(m, table->offset, "expected an address in every socket", "");
    s = (struct workload_socket){ row.name, row.address, listens };
    return refuse_note(m, table, workload_socket_set(m->w, s, m->note));
}

static enum err listen_add(struct manifest *m, const struct toml_value *table)
{
    return socket_add(m, table, true);
}

static enum err connect_add(struct manifest *m, const struct toml_value *table)
{
    return socket_add(m, table, false);
}

static enum err listen_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)into;
    return rows_read(m, v, listen_add);
}

static enum err connect_set(struct manifest *m, const struct toml_value *v, void *into)
{
    (void)into;
    return rows_read(m, v, connect_add);
}

static enum err name_set(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct workload *)into)->name);
}

static enum err module_set(struct manifest *m, const struct toml_value *v, void *into)
{
    return path_set(m, v, &((struct workload *)into)->module);
}

static enum err invoke_set(struct manifest *m, const struct toml_value *v, void *into)
{
    return text_set(m, v, &((struct workload *)into)->invoke);
}

static enum err deterministic_set(struct manifest *m, const struct toml_value *v, void *into)
{
    return truth_set(m, v, &((struct workload *)into)->deterministic);
}

static const struct field top[] = {
    { "name", TOML_STRING, name_set },
    { "module", TOML_STRING, module_set },
    { "args", TOML_ARRAY, args_set },
    { "env", TOML_TABLE, env_set },
    { "dirs", TOML_ARRAY, dirs_set },
    { "memory-dirs", TOML_ARRAY, memory_dirs_set },
    { "snapshot-dirs", TOML_BOOL, snapshot_set },
    { "volumes", TOML_ARRAY, volumes_set },
    { "limits", TOML_TABLE, limits_set },
    { "listen", TOML_ARRAY, listen_set },
    { "connect", TOML_ARRAY, connect_set },
    { "invoke", TOML_STRING, invoke_set },
    { "deterministic", TOML_BOOL, deterministic_set },
};

enum err manifest_parse(struct workload *w, struct bytes raw, const char *path, const char *base,
                        struct note *note)
{
    struct manifest m = { w, raw, path, base, note };
    struct toml_error error = { 0 };
    struct toml_value *root = NULL;
    enum err e = toml_parse(&root, w->arena, raw, &error);

    if (e != ERR_OK) {
        (void)refuse(&m, error.offset, "expected ", error.expected);
        return e;
    }
    return table_read(&m, root, top, COUNT_OF(top), w);
}

enum err manifest_read(struct workload *w, struct bytes *raw, const char *path, struct note *note)
{
    const char *slash = strrchr(path, '/');
    struct bytes folder = { (const uint8_t *)path, slash ? (size_t)(slash - path) + 1 : 0 };
    const char *base = workload_text(w, folder);
    enum err e = files_read(raw, path, MANIFEST_SIZE_MAX, note);

    if (e != ERR_OK)
        return e;
    if (base == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    return manifest_parse(w, *raw, path, base, note);
}
