/* alloc_scan.h: the linear scan's data, between its passes:
 *
 *   alloc_order.c    positions of blocks, loops
 *   alloc_phi.c      phis that keep their value along an edge
 *   alloc_live.c     positions, uses and live ranges of every value
 *   alloc_hint.c     which register each value would rather have
 *   alloc_interval.c intervals, their uses and order, cutting them
 *   alloc_scan.c     intervals to registers, in order of their starts, splitting them
 *   alloc_slot.c     slots for what was spilled
 *   alloc_resolve.c  operands rewritten, moves at splits, edges and constraints
 *
 * Positions: instructions are numbered in the order hot blocks, then cold ones
 * (ordinals). Ordinal n has four positions: at 4n split values arrive; from 4n + 1 on fixed
 * inputs and tied results are in place; at 4n + 2 registers are read; at 4n + 3 results appear.
 * Ranges are half-open. */
#ifndef BROCH_WASM_X86_64_ALLOC_SCAN_H
#define BROCH_WASM_X86_64_ALLOC_SCAN_H

#include "wasm/x86_64/alloc.h"

enum { ALLOC_POS = 4, ALLOC_NO_REG = 0xff };

static inline uint32_t alloc_down(uint32_t pos) { return pos & ~(uint32_t)(ALLOC_POS - 1); }
static inline uint32_t alloc_up(uint32_t pos) { return alloc_down(pos + ALLOC_POS - 1); }
#define ALLOC_FAR UINT32_MAX

/* How a use wants its value: anywhere (a move fetches it), better in a register,
 * or in one. A definition by an instruction is such a use too, the first. */
enum alloc_want { ALLOC_WANT_ANY, ALLOC_WANT_BETTER, ALLOC_WANT_REG };

struct alloc_use {
    uint32_t pos;
    uint8_t want;   /* enum alloc_want */
    uint8_t weight; /* log2 of how often */
    uint8_t reach;  /* the value lives up to pos + reach */
    bool is_def;
};

struct alloc_range {
    uint32_t from, to;
};

struct alloc_value {
    uint32_t use_first, use_end;     /* in uses, by position */
    uint32_t range_first, range_end; /* in ranges, by position, none adjacent */
    uint32_t interval;               /* the first one, 0: never live */
    uint32_t remat; /* 1 + the instruction that makes it, which needs nothing; 0: none */
    uint32_t feeds; /* a phi that it should share a register with, 0: none */
    uint32_t slot;  /* byte offset, where spilled */
    uint32_t def_block;
    uint32_t spill_cost;  /* of storing at each move to the slot */
    uint32_t store_part;  /* the only hot interval whose start is such a move, 0: all are */
    uint32_t copy_of;     /* the value it is tied to or moved from, 0: none */
    uint8_t come_reg;     /* a fixed register that it comes in */
    uint8_t want_reg;     /* one that it goes to */
    uint8_t likes_reg;    /* of a phi: that of a value it takes */
    uint8_t last_reg;     /* that some part of it was given */
    uint8_t feeds_weight; /* log2 of how often */
    bool spilled : 1, store_at_def : 1, is_phi : 1;
    bool wide : 1; /* live in too many blocks: in its slot but for single instructions */
};

/* A part of a value's life, in one place. */
struct alloc_interval {
    uint32_t start, end;
    uint32_t value;
    uint32_t next;   /* later part of the value, 0: none */
    uint32_t use_at; /* no use of the value before this one is in the interval */
    uint8_t reg;     /* or ALLOC_NO_REG: in the slot, or nowhere for a rematerialised value */
    uint32_t around; /* while active: another in the same register, in whose hole this lies */
    bool read;       /* somebody takes the value out of the register */
};

/* Registers that an instruction needs for itself. */
struct alloc_fixed {
    uint32_t from, to, mask;
};

struct alloc_scan {
    struct mach_func *f;
    struct arena *arena;
    uint32_t *base;       /* per block: ordinal of its first instruction */
    uint32_t *order;      /* blocks by position */
    uint32_t *block_of;   /* per ordinal */
    uint32_t *hot_before; /* per block and one more: hot instructions in the blocks before it */
    uint32_t *loop;       /* per block: 1 + the header of the innermost loop, 0: none */
    uint32_t *outer;      /* per loop header: likewise of the loop around it */
    uint8_t *is_cold;
    uint32_t hot_end;    /* position where the cold blocks start */
    uint32_t *per_value; /* scratch of whichever pass runs, from 1; zero at first */

    struct alloc_value *values; /* from 1 */
    struct alloc_use *uses;
    struct alloc_range *ranges;
    uint32_t range_count, range_room;
    struct alloc_interval *intervals; /* from 1 */
    uint32_t interval_count, interval_room;
    struct alloc_fixed *fixed[2]; /* 0: without kept registers; 1: with them */
    uint32_t fixed_count[2], fixed_room[2];
    uint32_t *heap; /* intervals to come */
    uint32_t heap_count, heap_room;
    uint32_t kept_used;
    bool full;
};

/* alloc_order.c. ERR_UNSUPPORTED: the blocks are not in an order that the scan knows. */
enum err alloc_order_compute(struct alloc_scan *s);
/* log2 of how often the block runs, roughly. */
uint32_t alloc_weight(const struct alloc_scan *s, uint32_t block);
/* alloc_phi.c */
enum err alloc_phis_complete(struct alloc_scan *s);
/* alloc_live.c */
enum err alloc_live_compute(struct alloc_scan *s);
/* The block of a position. */
static inline uint32_t alloc_block_at(const struct alloc_scan *s, uint32_t pos)
{
    return s->block_of[pos / ALLOC_POS];
}
static inline uint32_t alloc_block_pos(const struct alloc_scan *s, uint32_t block)
{
    return ALLOC_POS * s->base[block];
}
static inline uint32_t alloc_block_end_pos(const struct alloc_scan *s, uint32_t block)
{
    return ALLOC_POS * (s->base[block] + s->f->blocks[block].end - s->f->blocks[block].first);
}
/* alloc_hint.c: before alloc_live.c; finds definitions too, and swaps operands that commute. */
enum err alloc_hints_compute(struct alloc_scan *s);
/* alloc_interval.c */
/* One or more for each value, all of them in the heap. False: no memory. */
bool alloc_intervals_make(struct alloc_scan *s);
void alloc_heap_push(struct alloc_scan *s, uint32_t interval);
uint32_t alloc_heap_pop(struct alloc_scan *s); /* the one that starts first */
/* Cuts the interval in two at pos, inside it; returns the later part, which is in nobody's
 * list yet, or 0: no memory. Pointers into intervals are stale after. */
uint32_t alloc_split(struct alloc_scan *s, uint32_t interval, uint32_t pos);
/* The first range of the value that ends after pos. */
uint32_t alloc_range_at(const struct alloc_scan *s, const struct alloc_value *v, uint32_t pos);
/* The value's first use from pos on, as an index. */
uint32_t alloc_use_index(const struct alloc_scan *s, const struct alloc_interval *i, uint32_t pos);
/* The interval's first use from pos on; the first that wants a
 * register, unless many others come before it; or NULL. */
const struct alloc_use *alloc_use_from(const struct alloc_scan *s, const struct alloc_interval *i,
                                       uint32_t pos);
const struct alloc_use *alloc_need_from(const struct alloc_scan *s, const struct alloc_interval *i,
                                        uint32_t pos);
/* The end of the reach of the interval's last use before pos, or its start. */
uint32_t alloc_used_until(const struct alloc_scan *s, const struct alloc_interval *i, uint32_t pos);
/* Must it be in a register in the instruction at whose place it starts? */
bool alloc_must_have(const struct alloc_scan *s, const struct alloc_interval *i);
/* alloc_scan.c */
enum err alloc_scan_run(struct alloc_scan *s);
/* alloc_slot.c */
enum err alloc_slots_place(struct alloc_scan *s, uint32_t *spare);
/* alloc_resolve.c */
enum err alloc_resolve_run(struct alloc_scan *s, uint32_t spare);

#endif
