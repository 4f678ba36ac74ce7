/* ir.h: one function between WebAssembly and machine code, in SSA form.
 *
 * A function is an array of values and an array of blocks. A value is named by
 * its index (0: none). Every operation is a value, also those that yield
 * nothing. Blocks list their values through `next`, in the order of execution;
 * the last one is the terminator. Phis come first in their block.
 *
 * Blocks are numbered in reverse post-order: a block's forward predecessors and its
 * dominator have lower numbers; only a loop's back edges go to a lower or equal number. Loops are
 * contiguous: [header, loop end).
 *
 * A block's list of successors may name a block several times only where it ends in SWITCH;
 * the list of predecessors then names it once. Edges from a block with several successors to
 * one with several predecessors are left as they are: splitting them is the target's.
 * A loop header has one forward predecessor, the preheader, which ends in JUMP.
 *
 * The form is target-independent. An i32 value has no defined upper half here;
 * the target keeps it zero. Everything lies in the arena of the compile. */
#ifndef BROCH_WASM_IR_H
#define BROCH_WASM_IR_H

#include "base/arena.h"
#include "wasm/compile.h"

/* What a value is in a register. */
enum ir_type {
    IR_VOID = 0, /* nothing */
    IR_I32,
    IR_I64,
    IR_F32,
    IR_F64,
    IR_V128,
    IR_REF, /* a 64-bit word */
};

/* Conditions, for integers and floats (a float comparison with a NaN is false, except NE). */
enum ir_cc {
    IR_EQ,
    IR_NE,
    IR_LT_S,
    IR_LT_U,
    IR_GT_S,
    IR_GT_U,
    IR_LE_S,
    IR_LE_U,
    IR_GE_S,
    IR_GE_U,
    IR_LT,
    IR_GT,
    IR_LE,
    IR_GE
};

/* How memory is read or written. The type of the value says the register's
 * width; the access says the memory's. */
enum ir_access {
    IR_ACCESS_8U,
    IR_ACCESS_8S,
    IR_ACCESS_16U,
    IR_ACCESS_16S,
    IR_ACCESS_32U,
    IR_ACCESS_32S,
    IR_ACCESS_64,
    IR_ACCESS_F32,
    IR_ACCESS_F64,
    IR_ACCESS_128
};

/* OP(name, flags, operands) in ops.def, which says what each one's words mean. */
enum ir_op {
#define OP(name, flags, operands) IR_##name,
#include "wasm/ir/ops.def"
#undef OP
    IR_OP_COUNT
};

/* What an operation may do: P, T, S, X of ops.def. */
enum { IR_FLAG_PURE = 1, IR_FLAG_TRAP = 2, IR_FLAG_EFFECT = 4, IR_FLAG_END = 8 };
extern const uint8_t ir_op_flags[IR_OP_COUNT];
extern const char *const ir_op_names[IR_OP_COUNT];

/* BRANCH.sub: what is expected of the condition; 0: nothing. */
enum { IR_LIKELY = 1, IR_UNLIKELY = 2 };

enum ir_rmw { IR_RMW_ADD, IR_RMW_SUB, IR_RMW_AND, IR_RMW_OR, IR_RMW_XOR, IR_RMW_XCHG };

typedef uint32_t ir_value; /* index into values */
typedef uint32_t ir_block; /* index into blocks */

struct ir_val {
    uint8_t op;   /* enum ir_op */
    uint8_t type; /* enum ir_type */
    uint16_t sub;
    uint8_t aux;   /* operand type, lane */
    uint8_t mem;   /* memory index */
    uint16_t uses; /* saturating; filled by ir_count_uses before lowering */
    uint32_t a, b, c;
    uint32_t next;   /* in the block; 0: last */
    uint32_t offset; /* in the module */
};

struct ir_blk {
    ir_value first, last;
    uint32_t succ; /* index in extra */
    uint32_t succ_count;
    uint32_t pred;       /* index in extra */
    uint32_t pred_count; /* phis have as many operands, in this order */
    ir_block idom;       /* immediate dominator; the entry's is itself */
    uint32_t loop;       /* innermost loop's number, 0: none */
    uint16_t depth;      /* of loops */
    bool is_loop_header;
    bool cold; /* ends in a trap or throw, or a landing pad */
    bool reachable;
};

struct ir_loop {
    ir_block header;
    ir_block preheader; /* the one forward predecessor; ends in JUMP header */
    ir_block end;       /* blocks [header, end) are the loop */
    uint32_t parent;    /* loop number, 0: none */
    bool has_call;      /* or another thing that may write memory or globals unseen */
    bool has_store;
};

struct ir_func {
    const struct wasm_unit *unit;
    uint32_t index;
    struct arena *arena;

    struct ir_val *values;
    uint32_t value_count, value_room;
    struct ir_blk *blocks; /* 0 is the entry */
    uint32_t block_count, block_room;
    struct ir_loop *loops; /* 0 unused */
    uint32_t loop_count, loop_room;
    uint32_t *extra;
    uint32_t extra_count, extra_room;
    uint32_t *scratch; /* a word for each value, for the pass at work (ir_scratch) */
    uint32_t scratch_room;

    uint32_t frame_locals; /* > 0: locals live in the frame (LOCAL_GET/SET): too many to name */
    uint8_t *frame_local_types;
    bool has_call; /* any call, built-in included */
    bool has_try;
};

static inline void ir_swap(ir_value *x, ir_value *y)
{
    ir_value t = *x;

    *x = *y;
    *y = t;
}

static inline uint64_t ir_const_bits(const struct ir_val *v) { return v->a | (uint64_t)v->b << 32; }

/* ir/build.c: from validated bytes. Simplifies and numbers values as it goes
 * (ir/fold.c, ir/number.c) unless config says NO_OPTIMIZE. */
enum err ir_build(struct ir_func *out, const struct wasm_unit *unit, uint32_t function,
                  struct arena *arena, struct wasm_note *note);
/* Looks through COPY. */
ir_value ir_resolve(struct ir_func *f, ir_value v);
/* Fills uses and turns what nobody uses (pure or PHI cycles) into NOP; resolves COPYs in
 * all operands; unlinks NOPs. Linear. */
enum err ir_clean(struct ir_func *f);
/* value_count words, contents of any kind, that the next call of this gives again; NULL where
 * there is no memory. */
uint32_t *ir_scratch(struct ir_func *f);
void ir_count_uses(struct ir_func *f);
/* ir_op_flags with what is known of this one: a division that cannot trap and an immutable
 * global are pure. */
uint8_t ir_flags_of(const struct ir_func *f, const struct ir_val *v);
/* Checks every rule of this header (types, dominance, order, phi counts); a sentence or NULL.
 * For tests: no program has it. */
const char *ir_check(const struct ir_func *f, struct arena *scratch);

/* opt/: each pass leaves a function that ir_check accepts. */
enum err opt_run(struct ir_func *f, struct wasm_note *note);

#endif
