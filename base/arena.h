/* arena.h: memory that is given out in order and taken back all at once.
 *
 * The arena asks its owner for chunks through `source` and never holds more than
 * `ceiling` bytes of them. It does no locking and knows no operating system.
 * arena_alloc gives zeroed memory, aligned to 16 bytes, or NULL at the ceiling:
 * every caller handles NULL. */
#ifndef BROCH_BASE_ARENA_H
#define BROCH_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/* Where chunks come from. `take` gives `size` bytes, aligned to 16, contents of
 * any kind, or NULL; `give` takes one back with the size it was taken at. */
struct arena_source {
    void *(*take)(void *context, size_t size);
    void (*give)(void *context, void *chunk, size_t size);
    void *context;
};

struct arena {
    struct arena_source source;
    struct arena_chunk *chunk; /* the newest; older ones behind it */
    size_t ceiling;            /* bytes, all chunks together */
    size_t held;               /* bytes in chunks now */
    size_t peak;               /* the most ever held */
};

void arena_init(struct arena *a, struct arena_source source, size_t ceiling);
/* Gives every chunk back. The arena may be used again. */
void arena_done(struct arena *a);
/* Forgets all allocations but keeps the largest chunk, for the next function. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
/* count elements of size bytes; NULL also where the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Grows an allocation of old bytes to new bytes: in place where it is the last
 * one, else by a copy. The added bytes are zero. */
void *arena_grow(struct arena *a, void *at, size_t old_size, size_t new_size);

/* Makes room for at least `need` elements in a growing array (pointer, capacity
 * in elements); false where the arena has no more. */
#define ARENA_RESERVE(arena, array, capacity, need) \
    ((need) <= (capacity) ||                        \
     arena_reserve_(arena, (void **)&(array), &(capacity), (need), sizeof *(array)))
int arena_reserve_(struct arena *a, void **array, uint32_t *capacity, size_t need, size_t size);

#endif
