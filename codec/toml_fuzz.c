/* Covers: toml_parse toml_get toml_place */
#include <stdlib.h>

#include "codec/toml.h"

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

/* Every member is found under its key, lies inside the document and no deeper
 * than promised. */
static void value_check(const struct toml_value *v, size_t size)
{
    uint32_t count = 0;

    if (v->depth > TOML_DEPTH_MAX || v->offset > size)
        abort();
    for (const struct toml_value *m = v->first; m != NULL; m = m->next, count++) {
        if (m->depth != v->depth + 1)
            abort();
        if (v->type == TOML_TABLE && toml_get(v, m->key) != m)
            abort();
        value_check(m, size);
    }
    if (count != v->count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toml_error error = { 0 };
    struct toml_value *root = NULL;
    struct arena arena;
    uint32_t line, column;
    enum err e;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    e = toml_parse(&root, &arena, (struct bytes){ data, size }, &error);
    if (e == ERR_OK) {
        value_check(root, size);
    } else {
        if (error.expected == NULL || error.offset > size)
            abort();
        toml_place((struct bytes){ data, size }, error.offset, &line, &column);
        if (line == 0 || column == 0)
            abort();
    }
    arena_done(&arena);
    return 0;
}
