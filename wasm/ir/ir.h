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

enum ir_type { /* what the value is in a register; IR_VOID: nothing */
    IR_VOID = 0,
    IR_I32,
    IR_I64,
    IR_F32,
    IR_F64,
    IR_V128,
    IR_REF, /* a 64-bit word */
};

/* Conditions, for integers and floats (a float comparison with a NaN is false, except NE). */
enum ir_cc { IR_EQ, IR_NE, IR_LT_S, IR_LT_U, IR_GT_S, IR_GT_U, IR_LE_S, IR_LE_U, IR_GE_S, IR_GE_U,
             IR_LT, IR_GT, IR_LE, IR_GE };

/* How memory is read or written. The type of the value says the register's
 * width; the access says the memory's. */
enum ir_access { IR_ACCESS_8U, IR_ACCESS_8S, IR_ACCESS_16U, IR_ACCESS_16S, IR_ACCESS_32U,
                 IR_ACCESS_32S, IR_ACCESS_64, IR_ACCESS_F32, IR_ACCESS_F64, IR_ACCESS_128 };

/* OP(name, flags): operands in a, b, c unless said otherwise. `type` is the
 * result's; aux is a second type or small immediate (of an IR_REF value: 1 where it is an externref); sub a small immediate.
 * Flags: P pure (may be numbered, moved, dropped), T may trap (keeps its place;
 * has an offset), S has other side effects or order, X is a terminator. */
#define IR_OPS(OP)                                                                          \
    OP(NOP, 0)             /* dropped; skipped by every pass */                              \
    OP(COPY, P)            /* a: an alias, to be looked through (ir_resolve) */              \
    OP(CONST, P)           /* bits: b:a as 64 bits (float bits too); i32 zero-extended */    \
    OP(CONST_V128, P)      /* a: index of 4 words in extra */                                \
    OP(PARAM, S)           /* sub: number; in the entry block */                             \
    OP(PHI, S)             /* a: index in extra of one value per predecessor, in order of preds */ \
    OP(ADD, P) OP(SUB, P) OP(MUL, P) OP(AND, P) OP(OR, P) OP(XOR, P) /* i32, i64 */          \
    OP(SHL, P) OP(SHR_S, P) OP(SHR_U, P) OP(ROTL, P) OP(ROTR, P)  /* count taken modulo width */ \
    OP(DIV_S, T) OP(DIV_U, T) OP(REM_S, T) OP(REM_U, T)  /* sub bit 0: divisor known not 0; bit 1: known not -1 */ \
    OP(CLZ, P) OP(CTZ, P) OP(POPCNT, P)                                                      \
    OP(EXTEND8_S, P) OP(EXTEND16_S, P)  /* within the type */                                \
    OP(EXTEND32_S, P)      /* i64 from the low half of i64 */                                \
    OP(EXTEND_S, P) OP(EXTEND_U, P) /* i32 to i64 */                                         \
    OP(WRAP, P)            /* i64 to i32 */                                                  \
    OP(ICMP, P)            /* sub: cc; aux: type of the operands; result i32 */              \
    OP(FCMP, P)            /* sub: cc; aux: type of the operands; result i32 */              \
    OP(FADD, P) OP(FSUB, P) OP(FMUL, P) OP(FDIV, P) OP(FMIN, P) OP(FMAX, P) OP(FCOPYSIGN, P) \
    OP(FABS, P) OP(FNEG, P) OP(FSQRT, P) OP(FCEIL, P) OP(FFLOOR, P) OP(FTRUNC, P) OP(FNEAREST, P) \
    OP(PROMOTE, P) OP(DEMOTE, P)                                                             \
    OP(CONVERT_S, P) OP(CONVERT_U, P)      /* aux: integer type of a; type: float */         \
    OP(TRUNC_S, T) OP(TRUNC_U, T)          /* aux: float type of a; type: integer; traps */  \
    OP(TRUNC_SAT_S, P) OP(TRUNC_SAT_U, P)                                                    \
    OP(BITS, P)            /* reinterpret; aux: type of a */                                 \
    OP(CANON, P)           /* a: float or vector, its NaNs made canonical (deterministic mode); aux: lane type */ \
    OP(SELECT, P)          /* a: i32 condition, b: value if not 0, c: value if 0 */          \
    /* Memory: a = address (i32, or i64 already checked by BOUND); sub = enum ir_access;     \
       mem = memory index; offset = 32-bit constant offset. */                               \
    OP(LOAD, T)            /* a address, b offset */                                         \
    OP(STORE, TS)          /* a address, b value, c offset; aux: type of the value */        \
    OP(BOUND, T)           /* yields a once it is known to be inside; mem. b:c (64 bits) is 0: a (i64, of a  \
                              64-bit memory) is not above the view's bound. Explicit mode, i32 or i64:       \
                              a + b:c (the offset and size of accesses) does not pass the view's size */     \
    OP(MEMORY_SIZE, S)     /* pages, of mem */                                               \
    OP(GLOBAL_GET, S)      /* a: index. Immutable ones are P by ir_flags_of */               \
    OP(GLOBAL_SET, S)      /* a: index, b: value */                                          \
    OP(TABLE_GET, T)       /* a: index value, b: table */                                    \
    OP(TABLE_SET, TS)      /* a: index value, b: table, c: value */                          \
    OP(TABLE_SIZE, S)      /* a: table */                                                    \
    OP(REF_FUNC, P)        /* a: function index */                                           \
    OP(LOCAL_GET, S)       /* a: local, of a function whose locals stay in its frame (ir_func.frame_locals) */ \
    OP(LOCAL_SET, S)       /* a: local, b: value */                                          \
    /* Calls: a = index in extra of the argument list, b = argument count, c = what is called. \
       The value is the first result; RESULT takes the others. */                            \
    OP(CALL, TS)           /* c: function index (imported or not) */                         \
    OP(CALL_INDIRECT, TS)  /* args[0] = table index value (i32 or i64), then the arguments; c: type index; sub: table */ \
    OP(CALL_BUILTIN, TS)   /* sub: enum wasm_builtin; arguments as its table says, without the context; I64 or REF */ \
    OP(RESULT, S)          /* a: call, sub: number (from 1) */                               \
    OP(EXCEPTION, S)       /* first in a landing pad block: the exception caught (IR_REF) */ \
    OP(EXCEPTION_IS, S)    /* a: exception, b: tag index; i32 */                             \
    OP(EXCEPTION_GET, S)   /* a: exception, b: payload number */                             \
    OP(EXCEPTION_PUT, S)   /* a: exception, b: payload number, c: value */                   \
    /* Atomics: address aligned or trap (WASM_TRAP_UNALIGNED). sub = access, mem, aux = type of the value. */ \
    OP(ATOMIC_LOAD, TS)    /* a address, b offset */                                         \
    OP(ATOMIC_STORE, TS)   /* a address, b value, c offset */                                \
    OP(ATOMIC_RMW, TS)     /* a address, b value, c: extra { offset, enum ir_rmw } */        \
    OP(ATOMIC_CMPXCHG, TS) /* a address, b expected, c: extra { offset, replacement value } */ \
    OP(FENCE, S)                                                                             \
    /* Vectors: sub = the WebAssembly opcode (enum wasm_op); operands a, b, c vectors or scalars as \
       it has them. */                                                                       \
    OP(VECTOR, P)          /* aux: lane where it has one, with operands a, b(, c)  */        \
    OP(SHUFFLE, P)         /* i8x16.shuffle: a, b; c: 4 words of lanes in extra */           \
    OP(VECTOR_LOAD, T)     /* v128.load*_splat, _zero, 8x8_s …: a address, b offset */       \
    OP(VECTOR_LOAD_LANE, T)   /* a address, b vector, c offset, aux lane */                  \
    OP(VECTOR_STORE_LANE, TS) /* a address, b vector, c offset, aux lane */                  \
    OP(FUEL, TS)           /* a: units to take; traps below 0 */                             \
    OP(SAFEPOINT, TS)      /* loop header: look at the interrupt word */                     \
    /* Terminators. The block's succ list has the targets. */                                \
    OP(JUMP, X)            /* succ[0] */                                                     \
    OP(BRANCH, X)          /* a: i32; succ[0] if not 0, succ[1] if 0; sub: IR_LIKELY/UNLIKELY hints */ \
    OP(SWITCH, X)          /* a: i32 index; succ[i], the last one for all others */          \
    OP(RETURN, X)          /* a: index in extra of the results, b: count */                  \
    OP(UNREACHABLE, X)     /* sub: enum wasm_trap */                                         \
    OP(RETURN_CALL, X)     /* as CALL */                                                     \
    OP(RETURN_CALL_INDIRECT, X) /* as CALL_INDIRECT */                                       \
    OP(INVOKE, X)          /* ends a block whose last operation is a call in a try: a = that CALL* value (only \
                              its RESULTs stand between); succ[0] goes on, succ[1] is the landing pad: a block \
                              of its own for each INVOKE, with no other predecessor, no phis, EXCEPTION first */

enum ir_op {
#define OP(name, flags) IR_##name,
    IR_OPS(OP)
#undef OP
    IR_OP_COUNT
};

enum { IR_FLAG_PURE = 1, IR_FLAG_TRAP = 2, IR_FLAG_EFFECT = 4, IR_FLAG_END = 8 };
extern const uint8_t ir_op_flags[IR_OP_COUNT];
extern const char *const ir_op_names[IR_OP_COUNT];

/* BRANCH.sub: what is expected of the condition; 0: nothing. */
enum { IR_LIKELY = 1, IR_UNLIKELY = 2 };

enum ir_rmw { IR_RMW_ADD, IR_RMW_SUB, IR_RMW_AND, IR_RMW_OR, IR_RMW_XOR, IR_RMW_XCHG };

typedef uint32_t ir_value; /* index into values */
typedef uint32_t ir_block; /* index into blocks */

struct ir_val {
    uint8_t op;    /* enum ir_op */
    uint8_t type;  /* enum ir_type */
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
    uint32_t succ;       /* index in extra */
    uint32_t succ_count;
    uint32_t pred;       /* index in extra */
    uint32_t pred_count; /* phis have as many operands, in this order */
    ir_block idom;       /* immediate dominator; the entry's is itself */
    uint32_t loop;       /* innermost loop's number, 0: none */
    uint16_t depth;      /* of loops */
    bool is_loop_header;
    bool cold;           /* ends in a trap or throw, or a landing pad */
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

    uint32_t frame_locals; /* > 0: locals live in the frame (LOCAL_GET/SET): too many to name */
    uint8_t *frame_local_types;
    bool has_call; /* any call, built-in included */
    bool has_try;
};

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
void ir_count_uses(struct ir_func *f);
/* ir_op_flags with what is known of this one: a division that cannot trap and an immutable
 * global are pure. */
uint8_t ir_flags_of(const struct ir_func *f, const struct ir_val *v);
/* Checks every rule of this header (types, dominance, order, phi counts); a sentence or NULL.
 * For tests and `--config check`. */
const char *ir_check(const struct ir_func *f, struct arena *scratch);
/* One line of text for each block and value. */
void ir_print(const struct ir_func *f, const struct wasm_dump *dump);

/* opt/: each pass leaves a function that ir_check accepts. */
enum err opt_run(struct ir_func *f, struct wasm_note *note);

#endif
