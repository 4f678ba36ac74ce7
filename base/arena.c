#include "arena.h"

#include <string.h>

#include "num.h"

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of the chunk, this header included */
    size_t used; /* likewise */
    size_t pad;
};

/* Under AddressSanitizer what is not given out is poisoned, so that an overrun or
 * a use after a reset is found as it would be in malloc'ed memory. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
void __asan_poison_memory_region(void const volatile *at, size_t size);
void __asan_unpoison_memory_region(void const volatile *at, size_t size);
#define arena_shut(at, size) __asan_poison_memory_region((at), (size))
#define arena_open(at, size) __asan_unpoison_memory_region((at), (size))
#else
#define arena_shut(at, size) ((void)(at))
#define arena_open(at, size) ((void)(at))
#endif

enum { ARENA_UNIT = 16, ARENA_CHUNK_SIZE = 64 << 10 };

void arena_init(struct arena *a, struct arena_source source, size_t ceiling)
{
    *a = (struct arena){ .source = source, .ceiling = ceiling };
}

static void release(struct arena *a, struct arena_chunk *chunk)
{
    a->held -= chunk->size;
    arena_open(chunk, chunk->size);
    a->source.give(a->source.context, chunk, chunk->size);
}

void arena_done(struct arena *a)
{
    while (a->chunk != NULL) {
        struct arena_chunk *older = a->chunk->older;

        release(a, a->chunk);
        a->chunk = older;
    }
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *keep = a->chunk;
    struct arena_chunk *chunk = a->chunk;

    for (struct arena_chunk *c = chunk; c != NULL; c = c->older)
        if (c->size > keep->size)
            keep = c;
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;

        if (chunk != keep)
            release(a, chunk);
        chunk = older;
    }
    if (keep != NULL) {
        keep->older = NULL;
        keep->used = sizeof *keep;
        arena_shut(keep + 1, keep->size - sizeof *keep);
    }
    a->chunk = keep;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
    struct arena_chunk *chunk;
    size_t least, size;

    if (!num_add(&least, need, sizeof *chunk) || least > a->ceiling - a->held)
        return NULL;
    /* Chunks grow with what is held, so that their number stays logarithmic; the
     * last one before the ceiling is all that is left. */
    size = num_max(least, num_max(ARENA_CHUNK_SIZE, num_min(a->held / 4, (size_t)16 << 20)));
    size = num_min(size, a->ceiling - a->held);
    chunk = a->source.take(a->source.context, size);
    if (chunk == NULL)
        return NULL;
    arena_open(chunk, size); /* it may have been another arena's that was never ended */
    *chunk = (struct arena_chunk){ .older = a->chunk, .size = size, .used = sizeof *chunk };
    arena_shut(chunk + 1, size - sizeof *chunk);
    a->chunk = chunk;
    a->held += size;
    a->peak = num_max(a->peak, a->held);
    return chunk;
}

void *arena_alloc(struct arena *a, size_t size)
{
    struct arena_chunk *chunk = a->chunk;
    uint8_t *at;
    size_t room;

    if (size > SIZE_MAX - ARENA_UNIT)
        return NULL;
    room = num_align(num_max(size, 1), ARENA_UNIT);
    if (chunk == NULL || room > chunk->size - chunk->used)
        chunk = add_chunk(a, room);
    if (chunk == NULL)
        return NULL;
    at = (uint8_t *)chunk + chunk->used;
    chunk->used += room;
    arena_open(at, room);
    memset(at, 0, room);
    arena_shut(at + size, room - size);
    return at;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;

    return num_mul(&total, count, size) ? arena_alloc(a, total) : NULL;
}

void *arena_grow(struct arena *a, void *at, size_t old_size, size_t new_size)
{
    struct arena_chunk *chunk = a->chunk;
    size_t old_room = num_align(num_max(old_size, 1), ARENA_UNIT);
    size_t extra;
    void *moved;

    if (new_size > SIZE_MAX - ARENA_UNIT)
        return NULL;
    if (at != NULL && new_size <= old_room) {
        arena_open(at, num_max(old_size, new_size));
        return at;
    }
    extra = num_align(new_size, ARENA_UNIT) - old_room;
    if (at != NULL && (uint8_t *)at + old_room == (uint8_t *)chunk + chunk->used &&
        extra <= chunk->size - chunk->used) {
        arena_open(at, old_room + extra);
        memset((uint8_t *)chunk + chunk->used, 0, extra);
        chunk->used += extra;
        arena_shut((uint8_t *)at + new_size, old_room + extra - new_size);
        return at;
    }
    moved = arena_alloc(a, new_size);
    if (moved != NULL && at != NULL)
        memcpy(moved, at, old_size);
    return moved;
}

/* The macro hands over the address of a pointer to any type as a void **; both
 * compilers let void * alias every pointer. */
int arena_reserve_(struct arena *a, void **array, uint32_t *capacity, size_t need, size_t size)
{
    size_t wanted = num_max(need, (size_t)*capacity + *capacity / 2 + 8);
    void *grown = NULL;
    size_t total;

    if (need > UINT32_MAX)
        return 0;
    wanted = num_min(wanted, UINT32_MAX);
    if (num_mul(&total, wanted, size))
        grown = arena_grow(a, *array, *capacity * size, total);
    if (grown == NULL && wanted > need && num_mul(&total, need, size)) {
        wanted = need; /* near the ceiling, without the spare room */
        grown = arena_grow(a, *array, *capacity * size, total);
    }
    if (grown == NULL)
        return 0;
    *array = grown;
    *capacity = (uint32_t)wanted;
    return 1;
}
