/* alloc.h: what the register allocators share: how the operands of an instruction
 * are constrained, the list of inserted moves, and parallel moves.
 *
 * Nothing here is for other parts; they see mach.h. */
#ifndef BROCH_WASM_X86_64_ALLOC_H
#define BROCH_WASM_X86_64_ALLOC_H

#include "wasm/note.h"
#include "wasm/x86_64/mach.h"

/* Scratch registers, in nobody's allocation: between instructions they are ours. */
enum { ALLOC_SCRATCH_GENERAL = R11, ALLOC_SCRATCH_VECTOR = XMM15, ALLOC_ANY = 0xff };

#define ALLOC_ALL (MACH_ALLOCATABLE_GENERAL | MACH_ALLOCATABLE_VECTOR)

static inline bool alloc_is_vector(uint8_t kind) { return kind >= MACH_F32; }
static inline uint32_t alloc_class(uint8_t kind)
{
    return alloc_is_vector(kind) ? MACH_ALLOCATABLE_VECTOR : MACH_ALLOCATABLE_GENERAL;
}
static inline uint32_t alloc_width(uint8_t kind)
{
    return kind == MACH_V128 ? 16 : kind == MACH_F32 ? 4 : 8; /* I32: see mach.h */
}
static inline bool alloc_has_args(const struct mach_instr *in)
{
    return (mach_op_flags[in->op] & MOP_CALL) || in->op == MOP_ENTRY || in->op == MOP_RETURN ||
           in->op == MOP_EXCEPTION;
}
static inline uint32_t alloc_number(mach_operand o) { return o - MACH_VIRTUAL; }

/* --- alloc_operand.c: operands and constraints of one instruction */

enum alloc_role { ALLOC_USE, ALLOC_TEMP, ALLOC_DEF };

struct alloc_operand {
    mach_operand *at; /* in the instruction; names a virtual register */
    uint8_t role;     /* enum alloc_role */
    uint8_t fixed;    /* the real register it must have, or ALLOC_ANY */
    bool slot;        /* a use: may be in its slot */
    bool late;        /* a use: still read after d is written */
    bool tied;        /* the use that d shares a register with, and d itself */
};

/* The virtual registers of d, a, b, x and c, uses first, d last; not those in
 * `args`. Returns how many, 5 at most. */
unsigned alloc_operands(struct mach_instr *in, struct alloc_operand out[static 5]);
/* Is the operand's slot, of that kind, one the instruction can read itself? */
bool alloc_slot_fits(const struct mach_instr *in, const struct alloc_operand *o, uint8_t kind);
/* Real registers that the instruction destroys besides its results, those of a
 * call included. */
uint32_t alloc_clobbers(const struct mach_instr *in);

/* --- alloc_move.c: inserted moves */

struct alloc_moves {
    struct arena *arena;
    struct mach_move *list;
    uint32_t count, room;
    bool full; /* the arena had no more: what was added since is lost */
};

/* d and a: real registers or slots, of one class, not the same, with their kinds. A
 * move between slots becomes two, through the scratch register. */
void alloc_move_add(struct alloc_moves *m, uint32_t before, uint8_t kind, mach_operand d,
                    uint8_t from_kind, mach_operand a);
/* Issues the constant instruction `instr` again, into d: a register or slot. */
void alloc_move_remat(struct alloc_moves *m, uint32_t before, uint8_t kind, mach_operand d,
                      uint32_t instr);

/* Moves that happen at once. */
struct alloc_parallel {
    struct alloc_parallel_move {
        mach_operand d, a; /* real register or slot; of a remat: a is an instruction's index */
        uint8_t kind, from_kind, remat;
    } * list;
    uint32_t count, room;
    struct arena *arena;
    uint32_t *writer;  /* per place: 1 + index of the move that writes it */
    uint32_t *readers; /* per place: moves that have yet to read it */
    uint32_t *ready;   /* stack of places */
    uint32_t ready_room;
    uint32_t place_count;
    uint32_t spare; /* byte offset of a 16-byte slot that is nobody's, for cycles */
    bool spare_used;
    bool full;
};

/* All slots, the spare one too, end at slot_size; those that overlap are the same. */
enum err alloc_parallel_init(struct alloc_parallel *p, struct arena *arena, uint32_t slot_size,
                             uint32_t spare);
/* kind: what d is; from_kind: what a is. An i32 and its zero extension may differ in that. */
void alloc_parallel_add(struct alloc_parallel *p, uint8_t kind, mach_operand d, uint8_t from_kind,
                        mach_operand a);
void alloc_parallel_remat(struct alloc_parallel *p, uint8_t kind, mach_operand d, uint32_t instr);
/* Emits what was added, in an order that keeps the meaning, and empties the list. */
void alloc_parallel_emit(struct alloc_parallel *p, struct alloc_moves *out, uint32_t before);

#endif
