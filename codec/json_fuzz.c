/* Covers: json_parse json_get json_write_text json_write_open json_write_close */
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static bool is_inside(struct bytes part, struct bytes whole)
{
    return part.data >= whole.data && part.size <= whole.size &&
           (size_t)(part.data - whole.data) <= whole.size - part.size;
}

/* Every value's bytes lie in its container's and are the value themselves: read alone they
 * give the same type and text. */
static void value_check(const struct json *v, struct arena *arena)
{
    struct json *again = NULL;
    uint32_t count = 0;

    if (json_parse(&again, arena, v->raw, NULL) != ERR_OK || again->type != v->type ||
        again->raw.size != v->raw.size || again->count != v->count ||
        !bytes_equal(again->text, v->text))
        abort();
    for (const struct json *m = v->first; m != NULL; m = m->next, count++)
        if (!is_inside(m->raw, v->raw))
            abort();
    if (count != v->count)
        abort();
}

static void value_write(struct json_write *j, const char *key, const struct json *v)
{
    bool is_object = v->type == JSON_OBJECT;

    switch (v->type) {
    case JSON_NULL: json_write_null(j, key); return;
    case JSON_BOOL: json_write_bool(j, key, v->truth); return;
    case JSON_NUMBER: json_write_int(j, key, v->integer); return;
    case JSON_STRING: json_write_text(j, key, v->text); return;
    default: break;
    }
    json_write_open(j, key, is_object ? '{' : '[');
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        char name[32] = { 0 };

        if (m->key.size > 0)
            memcpy(name, m->key.data, m->key.size < 31 ? m->key.size : 31);
        value_write(j, is_object ? name : NULL, m);
    }
    json_write_close(j, is_object ? '}' : ']');
}

/* Every string that was written can be read again and is the same. */
static void strings_check(const struct json *v, struct arena *arena, uint8_t *room, size_t size)
{
    struct writer w = writer_of(room, size);
    struct json_write j = json_write_to(&w, true);
    struct json *again = NULL;

    if (v->type == JSON_STRING) {
        json_write_text(&j, NULL, v->text);
        if (!writer_ok(&w) || json_parse(&again, arena, writer_bytes(&w), NULL) != ERR_OK ||
            !bytes_equal(again->text, v->text))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = { data, size };
    struct json_error error = { 0 };
    struct json *root = NULL, *again = NULL;
    uint8_t *room = malloc(64 * size + 64);
    struct writer w = writer_of(room, 64 * size + 64);
    struct json_write j = json_write_to(&w, (size & 1) != 0);
    struct arena arena;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    if (json_parse(&root, &arena, text, &error) != ERR_OK) {
        if (error.expected == NULL || error.offset > size)
            abort();
    } else {
        value_check(root, &arena);
        for (const struct json *m = root->first; m != NULL; m = m->next) {
            value_check(m, &arena);
            strings_check(m, &arena, room, 64 * size + 64);
        }
        value_write(&j, NULL, root);
        /* Names were cut: two may be one now, which is the only fault that there may be. */
        if (writer_ok(&w) && json_parse(&again, &arena, writer_bytes(&w), &error) != ERR_OK &&
            strncmp(error.expected, "an object", 9) != 0)
            abort();
    }
    arena_done(&arena);
    free(room);
    return 0;
}
