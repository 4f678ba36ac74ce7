/* Covers: xml_parse xml_canonical rim_parse rim_describe rim_is */
#include <stdlib.h>

#include "attest/nvidia/form.h"
#include "attest/nvidia/rim.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct bytes canonical(struct arena *arena, const struct xml_document *d)
{
    size_t size = 8 * d->size + 64;
    struct writer w = writer_of(arena_alloc(arena, size), size);

    if (w.start == NULL)
        abort();
    xml_canonical(&w, d->root, NULL);
    if (!writer_ok(&w))
        abort();
    return writer_bytes(&w);
}

/* The canonical form of a document is a document, and its own canonical form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exhibit e = { .raw = { data, size }, .name = "" };
    struct xml_document first, second;
    struct bytes once, twice;
    struct arena arena;
    struct fields f;
    size_t offset;

    (void)rim_is(e.raw);
    if (size > 1 << 16)
        return 0;
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    if (xml_parse(&first, &arena, e.raw, &offset) == ERR_OK) {
        once = canonical(&arena, &first);
        if (xml_parse(&second, &arena, once, &offset) != ERR_OK)
            abort();
        twice = canonical(&arena, &second);
        if (!bytes_equal(once, twice))
            abort();
    }
    fields_init(&f, &arena);
    (void)!rim_describe(&f, &e);
    arena_done(&arena);
    return 0;
}
