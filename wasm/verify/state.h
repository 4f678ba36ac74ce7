/* state.h: what is known, at one point of the code, of the registers and of some words of
 * memory: a kind for each. Kinds only ever become weaker where paths meet, so that the
 * verifier's walk ends. */
#ifndef BROCH_WASM_VERIFY_STATE_H
#define BROCH_WASM_VERIFY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wasm/verify/decode.h"

/* A kind: a tag, and what it speaks of in the low 56 bits. */
typedef uint64_t kind;

enum kind_tag {
    KIND_ANY, /* any word: never part of an address */
    /* Numbers. Those that are "low" have their upper 32 bits zero. */
    KIND_LOW,
    KIND_SUM,      /* at most the sum of two low ones */
    KIND_CONST,    /* this number, below 2^56 */
    KIND_HUGE,     /* a number above, larger than any memory; n is 1 for all ones */
    KIND_INDEX,    /* below the size of table n; low */
    KIND_BOUND,    /* at most the view's bound of each memory in a set; perhaps low */
    KIND_EXTENT,   /* it plus an extent is at most a memory's size: set n (extent.c); perhaps low */
    KIND_AT_LEAST, /* of a memory, not of a register: its size (guarded: bound) is at least n */
    /* References. */
    KIND_FUNCREF,  /* null or a struct wasm_function */
    KIND_FUNCTION, /* one whose type is n */
    KIND_LOCAL,    /* one whose type is n, of the instance at hand */
    KIND_EXTERN,
    KIND_EXCEPTION, /* null or an exception; copies with one number are one exception */
    KIND_CAUGHT,    /* an exception of tag n */
    KIND_TAG_OF,    /* the tag of the exception with number n */
    /* Pointers of the runtime's. */
    KIND_CONTEXT,
    KIND_MEMORY0,       /* base of the context's memory 0 */
    KIND_OTHER,         /* the context of the function in r11 */
    KIND_OTHER_MEMORY0, /* and its memory 0 */
    KIND_VIEW,          /* of memory n */
    KIND_BASE,
    KIND_SIZE,       /* the size of memory n, less an extent that it has */
    KIND_TABLE_VIEW, /* of table n */
    KIND_TABLE_BASE,
    KIND_GLOBAL, /* imported global n */
    KIND_SPILL,
    KIND_FUEL,
    KIND_SIGNATURE, /* the store's number of type n; low */
};

/* KIND_BOUND: a set of memories, and whether low. KIND_SIZE: extent and memory. */
enum { BOUND_MEMORIES = 48, EXTENT_BITS = 48 };
#define KIND_VALUE_MASK ((UINT64_C(1) << 56) - 1)
#define BOUND_LOW (UINT64_C(1) << BOUND_MEMORIES)
#define EXTENT_LOW (UINT64_C(1) << 55)

static inline kind kind_of(enum kind_tag tag, uint64_t value)
{
    return (uint64_t)tag << 56 | (value & KIND_VALUE_MASK);
}
static inline enum kind_tag kind_tag(kind k) { return (enum kind_tag)(k >> 56); }
static inline uint64_t kind_value(kind k) { return k & KIND_VALUE_MASK; }
static inline bool kind_is(kind k, enum kind_tag tag) { return kind_tag(k) == tag; }

static inline uint32_t kind_memory(kind k) { return (uint32_t)(k >> EXTENT_BITS & 0x7f); }
static inline uint64_t kind_extent(kind k) { return k & ((UINT64_C(1) << EXTENT_BITS) - 1); }
/* extent < 2^48, memory < 128 */
static inline kind kind_of_size(uint32_t memory, uint64_t extent)
{
    return kind_of(KIND_SIZE, extent | (uint64_t)memory << EXTENT_BITS);
}

bool kind_is_low(kind k);
/* The largest number that it can be. */
uint64_t kind_most(kind k);
bool kind_is_function(kind k);
bool kind_is_exception(kind k);
bool kind_is_extern(kind k);
/* The strongest kind that both are, neither being KIND_EXTENT. */
kind kind_meet(kind a, kind b);

/* Words of memory that are followed, each a cell: frame slots, words of the spill area, and
 * what is known of memory sizes. A cell's number is found in `numbers` under its key. */
struct cells {
    uint32_t *numbers; /* by key: 1 + the cell's number, 0: not followed */
    uint32_t *keys;    /* by number */
    uint32_t count;
};

struct state {
    kind regs[REG_COUNT];
    uint32_t links[REG_COUNT]; /* 1 + the frame slot that holds the same word now, 0: none */
    kind *cells;
    uint32_t cell_count; /* further ones are KIND_ANY */
};

#endif
