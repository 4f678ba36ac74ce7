/* build.h: the builder's own state, shared by the files that make the IR from
 * bytecode. Nothing outside ir/ includes this.
 *
 * One pass over the body, after a scan that finds which locals each construct
 * assigns. Memory stays linear in the size of the body: where phis would not
 * (many locals times many constructs), the pass is begun again with all
 * locals in the frame.
 *
 * Errors stick: a failed allocation sets `err`, everything after it gives value
 * 0, and the main loop stops at the next instruction. */
#ifndef BROCH_WASM_IR_BUILD_H
#define BROCH_WASM_IR_BUILD_H

#include "wasm/decode/instr.h"
#include "wasm/ir/order.h"

#define IR_NO_EDGE UINT32_MAX
#define IR_NO_HANDLER UINT32_MAX

/* --- What the scan finds (scan.c) */

/* A block, loop, if or try, numbered in the order in which they open. */
struct construct {
    uint32_t first; /* in scan.assigned */
    uint16_t count; /* locals assigned inside, each once */
    bool has_else;
};

struct scan {
    struct construct *constructs;
    uint32_t construct_count, construct_room;
    uint16_t *assigned;
    uint32_t assigned_count, assigned_room;
    uint32_t *versions; /* per local: how many entries its history can have */
    bool *is_read;      /* per local */
    uint32_t depth;     /* how deep constructs nest */
    uint32_t blocks;    /* about how many blocks there will be */
    bool has_try;
    bool too_big; /* locals times constructs: they go to the frame */
};

/* --- Locals (locals.c): each has its history of values, in the order in which
 * blocks are filled. The value at the end of a block is the last entry at or
 * before that block. Value 0: not yet asked for; the entry's block says how to
 * find it (from its predecessors). */
struct version {
    ir_block block;
    ir_value value;
};

/* A phi in a loop header whose back edges are not all known yet. */
struct pending_phi {
    ir_value phi;
    uint32_t local;
    ir_block header;
    uint32_t next;
};

/* --- Control */

/* A branch to a label: from which block, and with which values (in `args`). */
struct edge {
    ir_block from;
    uint32_t args;
    uint32_t next;
};

enum frame_kind {
    FRAME_FUNCTION,
    FRAME_BLOCK,
    FRAME_LOOP,
    FRAME_IF,
    FRAME_ELSE,
    FRAME_TRY,
    FRAME_CATCH,
    FRAME_TRY_TABLE,
};

/* What a constant condition made of an `if`. */
enum frame_known { KNOWN_NOT, KNOWN_THEN, KNOWN_ELSE };

struct frame {
    uint8_t kind;
    uint8_t known;
    uint16_t param_count;
    uint16_t result_count;
    const uint8_t *params; /* enum wasm_type */
    const uint8_t *results;
    uint32_t height; /* of the operand stack below the parameters */
    uint32_t construct;
    ir_block label;             /* where branches go; IR_NO_BLOCK: nobody asked yet */
    uint32_t edges;             /* to the label */
    ir_block entry;             /* the block in which the construct began */
    ir_block other;             /* the else arm; the dispatch of a try */
    uint32_t saved;             /* args: the parameters, for the else arm; a loop: first phi */
    uint32_t raises;            /* edges to the dispatch, each with the exception as argument */
    ir_value exception;         /* in a catch: what was caught, for rethrow */
    uint32_t handler;           /* the frame of the try around it, or IR_NO_HANDLER */
    struct wasm_instr *catches; /* of a try_table */
};

/* Beside each block while it is built. */
struct block_info {
    uint32_t sequence; /* order of filling, from 1; 0: not begun */
    uint32_t depth;    /* in the dominator tree */
    ir_block jump;     /* an ancestor far up, for logarithmic questions */
    uint32_t pending;  /* a loop header that is not sealed: its pending phis */
};

/* What is known to lie in memory or a global, within an extended basic block. */
struct known_cell {
    ir_value base; /* 0: constant address, all of it in offset */
    uint64_t offset;
    uint8_t memory;
    uint8_t access;
    uint8_t type;
    uint8_t size;
    ir_value value; /* 0: empty */
};
struct known_global {
    uint32_t index;
    ir_value value;
};
struct known_bound {
    ir_value value; /* a BOUND of explicit mode */
    ir_block block;
    uint32_t effects; /* the builder's count when it was made */
};
/* An access that was made at `base`, which is root + delta modulo 2^32: where it
 * dominates, base + extent is known to be inside the memory. */
struct known_reach {
    ir_value root; /* 0: empty */
    ir_value base;
    uint32_t delta;
    uint32_t extent;
    ir_block block;
    uint32_t memory;
};
enum { KNOWN_CELLS = 12, KNOWN_GLOBALS = 4, KNOWN_BOUNDS = 8, KNOWN_VECTORS = 8 };

struct number_slot {
    ir_value value;
    ir_block block;
};

struct builder {
    struct ir_func *f;
    const struct wasm_unit *unit;
    const struct wasm_decoded *m;
    struct arena *arena;
    struct wasm_note *note;
    enum err err;
    bool too_big; /* begin again with the locals in the frame */

    struct reader r;
    uint32_t base;   /* offset in the module of the reader's first byte */
    uint32_t offset; /* of the instruction at hand */
    uint32_t body_size;
    bool optimize, fuel, interrupt, deterministic, explicit_bounds, in_frame;

    const struct scan *scan;
    uint32_t next_construct;
    uint32_t local_count;
    const uint8_t *local_types; /* enum wasm_type */
    uint32_t *local_slots;      /* frame mode */
    uint32_t *version_first;    /* per local, in versions */
    uint32_t *version_count;
    struct version *versions;
    struct pending_phi *pending;
    uint32_t pending_count, pending_room;
    uint32_t late;    /* phis of sealed headers that still need their operands */
    uint32_t *search; /* work list of locals.c */
    uint32_t search_room;
    uint64_t operand_count; /* of phis */
    ir_value zeros[WASM_EXNREF + 1];

    struct frame *frames;
    uint32_t frame_count, frame_room;
    uint32_t handler; /* the frame of the innermost try that is around, or IR_NO_HANDLER */
    ir_value *stack;
    uint32_t stack_count, stack_room;
    struct edge *edges;
    uint32_t edge_count, edge_room;
    ir_value *args;
    uint32_t arg_count, arg_room;

    ir_block block; /* being filled; IR_NO_BLOCK: unreachable code */
    uint32_t sequence;
    struct block_info *info;
    uint32_t info_room;
    uint32_t skipped; /* constructs opened in unreachable code */

    struct number_slot *numbers;
    uint32_t number_mask;
    struct known_cell cells[KNOWN_CELLS];
    uint32_t cell_next;
    struct known_reach *reaches; /* hashed by root */
    uint32_t reach_mask;
    struct known_global globals[KNOWN_GLOBALS];
    uint32_t global_next;
    struct known_bound bounds[KNOWN_BOUNDS];
    uint32_t bound_next;
    struct number_slot vectors[KNOWN_VECTORS]; /* vector constants */
    uint32_t vector_next;
    uint32_t effects; /* counts what no memory trap may be moved before */
    ir_value fuel_op; /* of the stretch at hand */
    uint32_t fuel_count;
};

static inline uint8_t ir_type_of(uint8_t type)
{
    static const uint8_t types[] = {
        [WASM_NONE] = IR_VOID,   [WASM_I32] = IR_I32,       [WASM_I64] = IR_I64,
        [WASM_F32] = IR_F32,     [WASM_F64] = IR_F64,       [WASM_V128] = IR_V128,
        [WASM_FUNCREF] = IR_REF, [WASM_EXTERNREF] = IR_REF, [WASM_EXNREF] = IR_REF,
    };
    return types[type];
}

/* References: aux says which null is theirs. */
static inline uint8_t ref_aux(uint8_t type) { return type == WASM_EXTERNREF; }

static inline struct ir_val *val(struct builder *b, ir_value v) { return &b->f->values[v]; }
static inline uint8_t type_at(struct builder *b, ir_value v) { return b->f->values[v].type; }
static inline bool is_const(const struct builder *b, ir_value v)
{
    return b->f->values[v].op == IR_CONST;
}
static inline uint64_t bits_at(const struct builder *b, ir_value v)
{
    return ir_const_bits(&b->f->values[v]);
}

/* scan.c: reads the whole body once. `r` stands at the first instruction. */
enum err scan_body(struct scan *out, const struct builder *b, struct reader r);

/* emit.c: values and extra words at the end of the block at hand. */
void build_fail(struct builder *b, enum err error);
/* Room for `count` of an array; false, and the error noted, where there is no memory. */
#define BUILD_RESERVE(b, array, room, count) \
    (ARENA_RESERVE((b)->arena, array, room, count) || (build_fail(b, ERR_NOMEM), false))
/* A value in no block yet. */
ir_value emit_loose(struct builder *b, struct ir_val v);
ir_value emit(struct builder *b, struct ir_val v);
uint32_t emit_extra(struct builder *b, const uint32_t *words, uint32_t count);
/* Folds, looks for an equal value that dominates, else appends. */
ir_value emit_pure(struct builder *b, struct ir_val v);
ir_value emit_op(struct builder *b, uint8_t op, uint8_t type, ir_value x, ir_value y);
ir_value emit_const(struct builder *b, uint8_t type, uint64_t bits);
ir_value emit_icmp(struct builder *b, uint8_t cc, ir_value x, ir_value y);
void push(struct builder *b, ir_value v);
ir_value pop(struct builder *b);

/* fold.c: an existing value that equals v, or 0; may rewrite v to something cheaper. */
ir_value fold(struct builder *b, struct ir_val *v);
/* The upper half of what EXTEND_U would give is zero anyway, or the bits that may be set. */
uint64_t fold_bits(const struct builder *b, ir_value v);
/* fold_divide.c: division and remainder by a constant; 0: no rule. */
ir_value fold_divide(struct builder *b, const struct ir_val *v);

/* number.c */
enum err number_init(struct builder *b);
ir_value number_find(struct builder *b, const struct ir_val *v);
void number_add(struct builder *b, ir_value v);
bool block_dominates(const struct builder *b, ir_block above, ir_block below);
ir_block block_common(const struct builder *b, ir_block x, ir_block y);

/* locals.c */
enum err locals_init(struct builder *b);
ir_value local_read(struct builder *b, uint32_t local);
void local_write(struct builder *b, uint32_t local, ir_value v);
/* The block at hand begins: what the construct assigns is to be looked up anew. */
void locals_forget(struct builder *b, uint32_t construct);
/* All predecessors of a loop header are known. */
void locals_seal(struct builder *b, ir_block header);
/* A phi of the block; its operands are still to come. */
ir_value emit_phi(struct builder *b, ir_block block, uint8_t wasm_type);
void phi_settle(struct builder *b, ir_value phi, uint32_t count);
uint32_t operands_reserve(struct builder *b, uint32_t count);

/* flow.c */
ir_block block_new(struct builder *b);
/* Begins to fill a block whose forward predecessors are those of the list. */
void block_begin(struct builder *b, ir_block block, uint32_t edges);
void block_begin_after(struct builder *b, ir_block block, ir_block pred);
/* Ends the block at hand. */
void end_block(struct builder *b, struct ir_val terminator, const ir_block *succ, uint32_t count);
void end_jump(struct builder *b, ir_block to);
void edge_add(struct builder *b, uint32_t *list, ir_block from, const ir_value *values,
              uint32_t count);
struct frame *frame_at(struct builder *b, uint32_t label);
ir_block frame_label(struct builder *b, struct frame *t);
uint32_t frame_arity(const struct frame *t);
void frame_branch(struct builder *b, uint32_t label);
void frame_branch_if(struct builder *b, uint32_t label, ir_value condition);
struct frame *frame_open(struct builder *b, uint8_t kind, const struct wasm_instr *i);
void frame_merge(struct builder *b);
void flow_block(struct builder *b, const struct wasm_instr *i);
void flow_loop(struct builder *b, const struct wasm_instr *i);
void flow_if(struct builder *b, const struct wasm_instr *i);
void flow_else(struct builder *b);
void flow_end(struct builder *b);
void flow_br_if(struct builder *b, uint32_t label);
void flow_br_table(struct builder *b, struct wasm_instr *i);
void flow_return(struct builder *b);
void flow_unreachable(struct builder *b, uint16_t trap);
/* Fuel: closes the stretch at hand; the next instruction begins another. */
void fuel_close(struct builder *b);

/* memory.c */
void known_forget(struct builder *b); /* a new block, or a call */
void build_load(struct builder *b, const struct wasm_instr *i);
void build_store(struct builder *b, const struct wasm_instr *i);
/* An index that is another one plus a constant becomes that other, where the sum is
 * known not to wrap; the constant goes into the offset. To be asked before every access. */
void memory_fold(struct builder *b, ir_value *index, uint64_t *offset, uint32_t memory,
                 uint32_t size);
enum err memory_init(struct builder *b);
/* The address that a LOAD or STORE may use, and the offset it is to have. */
ir_value memory_address(struct builder *b, ir_value index, uint8_t memory, uint64_t offset,
                        uint32_t size, uint32_t *out_offset);
/* index + offset as a 64-bit word, for a built-in. */
ir_value memory_effective(struct builder *b, ir_value index, uint64_t offset, uint32_t memory);
void memory_clobber(struct builder *b);
void build_global_get(struct builder *b, uint32_t index);
void build_global_set(struct builder *b, uint32_t index);

/* call.c */
void build_call(struct builder *b, uint32_t function);
void build_call_indirect(struct builder *b, uint32_t type, uint32_t table);
void build_return_call(struct builder *b, const struct wasm_instr *i);
ir_value emit_builtin(struct builder *b, enum wasm_builtin builtin, const ir_value *args,
                      uint32_t count);
bool build_bulk(struct builder *b, const struct wasm_instr *i);
ir_value emit_word(struct builder *b, ir_value v);

/* try.c */
void try_open(struct builder *b, struct wasm_instr *i);
void try_table_open(struct builder *b, struct wasm_instr *i);
void try_catch(struct builder *b, const struct wasm_instr *i);
void try_delegate(struct builder *b, uint32_t label);
void try_end(struct builder *b);
void build_throw(struct builder *b, uint32_t tag);
void build_rethrow(struct builder *b, uint32_t label);
void build_throw_ref(struct builder *b);
/* The call just made may throw: in a try of this function, INVOKE ends the block. */
void try_guard(struct builder *b, ir_value call);

/* vector.c, atomic.c: true where the instruction was theirs. */
bool build_vector(struct builder *b, const struct wasm_instr *i);
bool build_atomic(struct builder *b, const struct wasm_instr *i);
/* numeric.c */
bool build_numeric(struct builder *b, const struct wasm_instr *i);

#endif
