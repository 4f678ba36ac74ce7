/* lower.h: from IR to machine operations over virtual registers: what the files
 * lower*.c share.
 *
 * Blocks and values are visited backwards, so that a value is made only if
 * somebody later asked for it (lower_use gives it a register), and so that a
 * consumer can swallow its producer. What is made for one value, a tile, is
 * written forwards with lower_emit. No pass looks at a value twice. */
#ifndef BROCH_WASM_X86_64_LOWER_H
#define BROCH_WASM_X86_64_LOWER_H

#include "wasm/note.h"
#include "wasm/x86_64/mach.h"

struct lower {
    struct mach_func *out;
    struct ir_func *f;
    struct arena *arena;   /* for what stays */
    struct arena *scratch; /* for what does not */
    const struct wasm_unit *unit;
    bool avx, avx2, bmi,
        popcnt; /* what the configuration allows; avx: 0 or 1, added to a PAIR's name */

    uint32_t *reg;   /* per IR value: its virtual register's number, 0: none yet, or LOWER_FOLDED */
    uint32_t *epoch; /* per IR value: equal for two values of a block with nothing between them that
                        a load must not be moved over */
    uint32_t epoch_now;    /* of the value being lowered */
    uint32_t *block_epoch; /* per IR block: the first in it */
    uint32_t loop_epoch;   /* of the innermost loop's header: what is older lives on */

    struct mach_instr *tile;
    uint32_t tile_count, tile_room;
    uint32_t code_room; /* out->code is filled backwards and turned round at the end */
    uint32_t kinds_room, args_room;
    uint32_t jump_table_count, jump_table_room;

    ir_value try_call; /* the call that the block's INVOKE is about, else 0 */
    uint32_t *mach_of; /* per IR block: its machine block */
    uint32_t *phi_of;  /* per machine block: which operand its successor's phis take from it; */
    uint32_t *ir_of;   /* UINT32_MAX: none. ir_of: IR block, UINT32_MAX for split edges */
    bool full;         /* the arena had no more: what came since is lost */
    const char *unsupported; /* an operation that lowering does not know: our own bug */
};

#define LOWER_FOLDED 0xffffffffu

/* Hardware condition codes. */
enum {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G
};

/* A condition in the flags; sub as SETCC has it: 0, 1 (float equal), 2 (float not equal). */
struct lower_cc {
    uint8_t cc, sub;
};

/* A memory operand, ready to be put into an instruction. */
struct lower_mem {
    uint8_t mem, scale;
    mach_operand x;
    int32_t disp;
    uint32_t offset; /* in the module */
};

/* An operand that is in a register or in memory. */
struct lower_operand {
    bool is_mem;
    mach_operand reg;
    struct lower_mem mem;
};

/* --- lower.c */
struct mach_instr *lower_emit(struct lower *l, enum mach_op op, unsigned size);
mach_operand lower_temp(struct lower *l, enum mach_kind kind);
/* The register of a value; constants are made on the spot, so ask before the
 * instruction that wants it is emitted. */
mach_operand lower_use(struct lower *l, ir_value v);
/* The same where only the low 32 bits are read: looks through WRAP. */
mach_operand lower_use_low(struct lower *l, ir_value v);
/* The register that the value being lowered is to be put in. */
mach_operand lower_def(struct lower *l, ir_value v);
/* A value that has a register: somebody later in the code uses it. */
static inline bool lower_is_live(const struct lower *l, ir_value v)
{
    return l->reg[v] != 0 && l->reg[v] != LOWER_FOLDED;
}
/* A value that is needed after the one being lowered: later, or in the loop's next round. */
static inline bool lower_lives_on(const struct lower *l, ir_value v)
{
    return lower_is_live(l, v) || l->epoch[v] < l->loop_epoch;
}
static inline struct ir_val *lower_val(const struct lower *l, ir_value v)
{
    return &l->f->values[v];
}
bool lower_is_const(const struct lower *l, ir_value v, uint64_t *bits);
/* A constant that fits a sign-extended 32-bit immediate of an operation of `size`. */
bool lower_is_imm(const struct lower *l, ir_value v, unsigned size, int32_t *imm);
enum mach_kind lower_kind(unsigned type);
unsigned lower_size(unsigned type); /* 4 8 16 */
uint32_t lower_pool(struct lower *l, uint64_t low, uint64_t high);
uint32_t lower_arg(struct lower *l, mach_operand value, uint32_t reg, bool is_def);

/* Shapes of instructions. lower_2: d = a op b; with b NONE, a unary one. */
struct mach_instr *lower_2(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                           mach_operand a, mach_operand b);
struct mach_instr *lower_imm(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                             mach_operand a, int32_t imm);
/* d = a op b where b may be memory. */
struct mach_instr *lower_2m(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                            mach_operand a, const struct lower_operand *b);
void lower_mem_put(struct mach_instr *in, const struct lower_mem *m);

/* --- lower_mem.c */
struct lower_mem lower_address(struct lower *l, ir_value address, uint32_t offset, unsigned memory);
/* Takes over the load that v is, if v is one of exactly `size` bytes, used here alone,
 * with nothing between that it must not be moved over. */
bool lower_fold(struct lower *l, ir_value v, unsigned size, struct lower_mem *out);
/* A register or a folded load. */
struct lower_operand lower_operand(struct lower *l, ir_value v, unsigned size);
void lower_memory(struct lower *l, ir_value v); /* loads, stores, globals, tables … */
void lower_atomic(struct lower *l, ir_value v);

/* --- lower_int.c, lower_div.c, lower_float.c */
void lower_int(struct lower *l, ir_value v);
void lower_div(struct lower *l, ir_value v);
void lower_float(struct lower *l, ir_value v);

/* --- lower_flags.c: conditions */
/* Emits what sets the flags for `v != 0`; the next thing emitted must read them. */
struct lower_cc lower_flags(struct lower *l, ir_value v);
void lower_condition(struct lower *l, ir_value v); /* ICMP, FCMP, EXCEPTION_IS as a value */
void lower_select(struct lower *l, ir_value v);

/* --- lower_call.c */
void lower_call(struct lower *l, ir_value v);
void lower_entry(struct lower *l, ir_value first_of_block);
void lower_return(struct lower *l, ir_value v);
void lower_tail_call(struct lower *l, ir_value v);
void lower_exception(struct lower *l, ir_value v);

/* --- lower_flow.c: terminators, and the blocks of the machine function */
enum err lower_blocks(struct lower *l);
void lower_end(struct lower *l, uint32_t block, ir_value v);
void lower_moves(struct lower *l, uint32_t block);

/* --- lower_vector.c: VECTOR, SHUFFLE, VECTOR_LOAD, VECTOR_LOAD_LANE, VECTOR_STORE_LANE, CANON of
 * vectors. */
void lower_vector(struct lower *l, ir_value v);
/* Emits what sets the flags for `v != 0`, and says the condition, if v is an any_true or
 * all_true. */
bool lower_vector_flags(struct lower *l, ir_value v, uint8_t *cc);

#endif
