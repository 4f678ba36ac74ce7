#define _GNU_SOURCE

#include "cli/heap.h"

#include <stdlib.h>
#include <string.h>

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

static void chunk_wipe(void *context, void *chunk, size_t size)
{
    explicit_bzero(chunk, size);
    chunk_give(context, chunk, size);
}

struct arena_source heap_source(void)
{
    return (struct arena_source){ chunk_take, chunk_give, NULL };
}

struct arena_source heap_source_wiped(void)
{
    return (struct arena_source){ chunk_take, chunk_wipe, NULL };
}
