#define _GNU_SOURCE

#include "cli/wast_source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"

static struct bytes bundle;

void wast_source_bundle(struct bytes b) { bundle = b; }

static bool bundle_find(struct bytes *out, const char *path)
{
    struct reader r = reader_of(bundle);
    uint64_t count = reader_u64le(&r);

    for (uint64_t i = 0; i < count && reader_ok(&r); i++) {
        uint64_t path_size = reader_u64le(&r), size = reader_u64le(&r);
        struct bytes name = reader_take(&r, path_size);

        *out = reader_take(&r, size);
        if (reader_ok(&r) &&
            bytes_equal(name, (struct bytes){ (const uint8_t *)path, strlen(path) }))
            return true;
    }
    return false;
}

static bool copy(struct bytes *out, struct bytes from)
{
    uint8_t *room = malloc(from.size + 1);

    if (room == NULL)
        return false;
    memcpy(room, from.data, from.size);
    *out = (struct bytes){ room, from.size };
    return true;
}

static bool file_read(struct bytes *out, const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *room = NULL;
    size_t size = 0;
    long end;
    bool good;

    if (f == NULL)
        return false;
    fseek(f, 0, SEEK_END);
    end = ftell(f);
    rewind(f);
    size = end > 0 ? (size_t)end : 0;
    room = malloc(size + 1);
    good = room != NULL && fread(room, 1, size, f) == size;
    fclose(f);
    *out = (struct bytes){ room, size };
    return good;
}

bool wast_source_read(struct bytes *out, const char *path)
{
    struct bytes found;

    if (bundle.data == NULL)
        return file_read(out, path);
    return bundle_find(&found, path) && copy(out, found);
}

char *wast_source_beside(const char *script, const char *name)
{
    const char *slash = strrchr(script, '/');
    char *path = NULL;

    return asprintf(&path, "%.*s%s", slash != NULL ? (int)(slash - script + 1) : 0, script, name) <
                   0
               ? NULL
               : path;
}

struct pack {
    FILE *out;
    uint64_t count;
};

static void number_put(FILE *f, uint64_t n)
{
    uint8_t raw[8];

    for (unsigned i = 0; i < 8; i++)
        raw[i] = (uint8_t)(n >> (8 * i));
    fwrite(raw, 1, sizeof raw, f);
}

static void file_put(struct pack *p, const char *path, struct bytes contents)
{
    number_put(p->out, strlen(path));
    number_put(p->out, contents.size);
    fputs(path, p->out);
    fwrite(contents.data, 1, contents.size, p->out);
    p->count++;
}

/* A command may name a file that is not there; its own error comes when it runs. */
static void command_put(struct pack *p, const char *script, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "filename"));
    char *path = name != NULL ? wast_source_beside(script, name) : NULL;
    struct bytes contents = { 0 };

    if (path != NULL && file_read(&contents, path))
        file_put(p, path, contents);
    free((void *)(uintptr_t)contents.data);
    free(path);
}

static enum err script_put(struct pack *p, const char *script, struct note *note)
{
    struct bytes text = { 0 };
    json_t *root, *command;
    size_t i;

    if (!file_read(&text, script)) {
        note_set(note, "%s: cannot be read", script);
        return ERR_USAGE;
    }
    file_put(p, script, text);
    root = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, NULL);
    json_array_foreach(json_object_get(root, "commands"), i, command)
        command_put(p, script, command);
    json_decref(root);
    free((void *)(uintptr_t)text.data);
    return ERR_OK;
}

enum err wast_source_pack(struct bytes *out, char *const *scripts, int count, struct note *note)
{
    char *room = NULL;
    size_t size = 0;
    struct pack p = { .out = open_memstream(&room, &size) };
    enum err e = p.out != NULL ? ERR_OK : ERR_NOMEM;

    if (e == ERR_OK)
        number_put(p.out, 0);
    for (int i = 0; e == ERR_OK && i < count; i++)
        e = script_put(&p, scripts[i], note);
    if (p.out != NULL && fclose(p.out) != 0)
        e = ERR_NOMEM;
    if (e != ERR_OK) {
        free(room);
        return e;
    }
    memcpy(room, &p.count, sizeof p.count);
    *out = (struct bytes){ (const uint8_t *)room, size };
    return ERR_OK;
}
