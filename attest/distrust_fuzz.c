/* Covers: distrust_parse distrust_next distrust_write distrust_is distrust_describe */
#include <stdlib.h>
#include <string.h>

#include "attest/distrust.h"

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

#define ENTRIES 256

static struct distrust_entry entries[ENTRIES];
static uint8_t back[1 << 16];

/* A payload that is read and has one form alone: writing gives the same bytes. */
static void payload_look(struct bytes raw)
{
    struct distrust_list l;
    struct writer w = writer_of(back, sizeof back);
    uint32_t count = 0;

    if (distrust_parse(&l, raw) != ERR_OK || l.count > ENTRIES)
        return;
    while (distrust_next(&l, &entries[count]))
        if (++count > l.count)
            abort();
    if (count != l.count)
        abort();
    distrust_write(&w, l.issued, l.expires, entries, count);
    if (!writer_ok(&w) || w.size != raw.size || memcmp(back, raw.data, w.size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exhibit e = { .kind = EXHIBIT_DISTRUST, .raw = { data, size }, .name = "list" };
    struct arena arena;
    struct fields f;

    if (size > sizeof back)
        return 0;
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 16u << 20);
    payload_look(e.raw);
    fields_init(&f, &arena);
    if (distrust_is(e.raw) != (distrust_describe(&f, &e) == ERR_OK))
        abort();
    arena_done(&arena);
    return 0;
}
