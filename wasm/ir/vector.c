#include "wasm/ir/build.h"

#include <string.h>

/* Vector instructions. What type their operands have is in the same table that the
 * validator reads. Relaxed ones become what the deterministic profile of core 3.0
 * (appendix "Profiles") says: always the first choice. */

struct shape {
    uint8_t result;
    uint8_t operands[3];
};

enum {
    SHAPE_NONE = IR_VOID,
    SHAPE_I32 = IR_I32,
    SHAPE_I64 = IR_I64,
    SHAPE_F32 = IR_F32,
    SHAPE_F64 = IR_F64,
    SHAPE_V128 = IR_V128,
    SHAPE_ADDR = 0x40,
    SHAPE_REF = IR_REF,
};

static const struct shape shapes[WASM_OP_SLOTS] = {
#define SIG(first, last, align, result, x, y, z)    \
    [WASM_OP_SLOT(WASM_OP_##first)... WASM_OP_SLOT( \
        WASM_OP_##last)] = { SHAPE_##result, { SHAPE_##x, SHAPE_##y, SHAPE_##z } },
#include "wasm/validate/signatures.def"
#undef SIG
};

static ir_value emit_vector(struct builder *b, uint16_t op, ir_value x, ir_value y, ir_value z)
{
    return emit_pure(b, (struct ir_val){ .op = IR_VECTOR,
                                         .type = shapes[wasm_op_slot(op)].result,
                                         .sub = op,
                                         .a = x,
                                         .b = y,
                                         .c = z });
}

/* A constant is looked for among the last few: they come in runs. */
static void build_const(struct builder *b, const struct wasm_instr *i)
{
    uint32_t words[4];
    ir_value v;

    memcpy(words, i->v128, sizeof words);
    for (uint32_t k = 0; k < KNOWN_VECTORS && b->optimize; k++) {
        const struct number_slot *s = &b->vectors[k];

        if (s->value != 0 && block_dominates(b, s->block, b->block) &&
            memcmp(&b->f->extra[val(b, s->value)->a], words, sizeof words) == 0) {
            push(b, s->value);
            return;
        }
    }
    v = emit(b,
             (struct ir_val){ .op = IR_CONST_V128, .type = IR_V128, .a = emit_extra(b, words, 4) });
    b->vectors[b->vector_next] = (struct number_slot){ v, b->block };
    b->vector_next = (b->vector_next + 1) % KNOWN_VECTORS;
    push(b, v);
}

static void build_shuffle(struct builder *b, const struct wasm_instr *i)
{
    struct ir_val v = { .op = IR_SHUFFLE, .type = IR_V128 };
    uint32_t words[4];

    memcpy(words, i->v128, sizeof words);
    v.b = pop(b);
    v.a = pop(b);
    v.c = emit_extra(b, words, 4);
    push(b, emit(b, v));
}

static uint32_t access_bytes(uint16_t op)
{
    switch (op) {
    case WASM_OP_V128_LOAD8_SPLAT:
    case WASM_OP_V128_LOAD8_LANE:
    case WASM_OP_V128_STORE8_LANE: return 1;
    case WASM_OP_V128_LOAD16_SPLAT:
    case WASM_OP_V128_LOAD16_LANE:
    case WASM_OP_V128_STORE16_LANE: return 2;
    case WASM_OP_V128_LOAD32_SPLAT:
    case WASM_OP_V128_LOAD32_LANE:
    case WASM_OP_V128_STORE32_LANE:
    case WASM_OP_V128_LOAD32_ZERO: return 4;
    default: return 8;
    }
}

static void build_vector_load(struct builder *b, const struct wasm_instr *i)
{
    struct ir_val v = { .op = IR_VECTOR_LOAD, .type = IR_V128, .sub = i->op, .mem = (uint8_t)i->a };
    uint64_t at = i->value;

    v.a = pop(b);
    memory_fold(b, &v.a, &at, i->a, access_bytes(i->op));
    v.a = memory_address(b, v.a, v.mem, at, access_bytes(i->op), &v.b);
    push(b, emit(b, v));
}

static void build_lane_access(struct builder *b, const struct wasm_instr *i)
{
    bool load = i->op < WASM_OP_V128_STORE8_LANE;
    struct ir_val v = { .op = load ? IR_VECTOR_LOAD_LANE : IR_VECTOR_STORE_LANE,
                        .type = load ? IR_V128 : IR_VOID,
                        .sub = i->op,
                        .aux = i->lane,
                        .mem = (uint8_t)i->a };
    uint64_t at = i->value;

    v.b = pop(b);
    v.a = pop(b);
    memory_fold(b, &v.a, &at, i->a, access_bytes(i->op));
    v.a = memory_address(b, v.a, v.mem, at, access_bytes(i->op), &v.c);
    if (!load)
        memory_clobber(b);
    v.a = emit(b, v);
    if (load)
        push(b, v.a);
}

/* 0: its lanes are no floats that could be a new NaN. */
static uint8_t nan_lanes(uint16_t op)
{
    switch (op) {
    case WASM_OP_F32X4_SQRT ... WASM_OP_F32X4_MAX:
    case WASM_OP_F32X4_CEIL ... WASM_OP_F32X4_NEAREST:
    case WASM_OP_F32X4_DEMOTE_F64X2_ZERO: return IR_F32;
    case WASM_OP_F64X2_SQRT ... WASM_OP_F64X2_MAX:
    case WASM_OP_F64X2_CEIL:
    case WASM_OP_F64X2_FLOOR:
    case WASM_OP_F64X2_TRUNC:
    case WASM_OP_F64X2_NEAREST:
    case WASM_OP_F64X2_PROMOTE_LOW_F32X4: return IR_F64;
    default: return 0;
    }
}

static ir_value canonical(struct builder *b, uint16_t op, ir_value v)
{
    uint8_t lanes = b->deterministic ? nan_lanes(op) : 0;

    if (lanes == 0)
        return v;
    return emit_pure(b, (struct ir_val){ .op = IR_CANON, .type = IR_V128, .aux = lanes, .a = v });
}

static ir_value emit_canonical(struct builder *b, uint16_t op, ir_value x, ir_value y)
{
    return canonical(b, op, emit_vector(b, op, x, y, 0));
}

/* The relaxed instructions that are another instruction. */
static uint16_t relaxed_same(uint16_t op)
{
    switch (op) {
    case WASM_OP_I8X16_RELAXED_SWIZZLE: return WASM_OP_I8X16_SWIZZLE;
    case WASM_OP_I32X4_RELAXED_TRUNC_F32X4_S: return WASM_OP_I32X4_TRUNC_SAT_F32X4_S;
    case WASM_OP_I32X4_RELAXED_TRUNC_F32X4_U: return WASM_OP_I32X4_TRUNC_SAT_F32X4_U;
    case WASM_OP_I32X4_RELAXED_TRUNC_F64X2_S_ZERO: return WASM_OP_I32X4_TRUNC_SAT_F64X2_S_ZERO;
    case WASM_OP_I32X4_RELAXED_TRUNC_F64X2_U_ZERO: return WASM_OP_I32X4_TRUNC_SAT_F64X2_U_ZERO;
    case WASM_OP_I8X16_RELAXED_LANESELECT:
    case WASM_OP_I16X8_RELAXED_LANESELECT:
    case WASM_OP_I32X4_RELAXED_LANESELECT:
    case WASM_OP_I64X2_RELAXED_LANESELECT: return WASM_OP_V128_BITSELECT;
    case WASM_OP_F32X4_RELAXED_MIN: return WASM_OP_F32X4_MIN;
    case WASM_OP_F32X4_RELAXED_MAX: return WASM_OP_F32X4_MAX;
    case WASM_OP_F64X2_RELAXED_MIN: return WASM_OP_F64X2_MIN;
    case WASM_OP_F64X2_RELAXED_MAX: return WASM_OP_F64X2_MAX;
    case WASM_OP_I16X8_RELAXED_Q15MULR_S: return WASM_OP_I16X8_Q15MULR_SAT_S;
    default: return op;
    }
}

/* Not fused: the product is rounded. */
static ir_value relaxed_madd(struct builder *b, uint16_t op, ir_value x, ir_value y, ir_value z)
{
    bool wide = op == WASM_OP_F64X2_RELAXED_MADD || op == WASM_OP_F64X2_RELAXED_NMADD;

    if (op == WASM_OP_F32X4_RELAXED_NMADD || op == WASM_OP_F64X2_RELAXED_NMADD)
        x = emit_vector(b, wide ? WASM_OP_F64X2_NEG : WASM_OP_F32X4_NEG, x, 0, 0);
    x = emit_canonical(b, wide ? WASM_OP_F64X2_MUL : WASM_OP_F32X4_MUL, x, y);
    return emit_canonical(b, wide ? WASM_OP_F64X2_ADD : WASM_OP_F32X4_ADD, x, z);
}

/* Products of signed bytes, neighbours added with saturation to 16 bits. */
static ir_value relaxed_dot(struct builder *b, ir_value x, ir_value y)
{
    ir_value low = emit_vector(b, WASM_OP_I16X8_EXTMUL_LOW_I8X16_S, x, y, 0);
    ir_value high = emit_vector(b, WASM_OP_I16X8_EXTMUL_HIGH_I8X16_S, x, y, 0);

    low = emit_vector(b, WASM_OP_I32X4_EXTADD_PAIRWISE_I16X8_S, low, 0, 0);
    high = emit_vector(b, WASM_OP_I32X4_EXTADD_PAIRWISE_I16X8_S, high, 0, 0);
    return emit_vector(b, WASM_OP_I16X8_NARROW_I32X4_S, low, high, 0);
}

static bool build_relaxed(struct builder *b, uint16_t op)
{
    ir_value x, y, z;

    switch (op) {
    case WASM_OP_F32X4_RELAXED_MADD:
    case WASM_OP_F32X4_RELAXED_NMADD:
    case WASM_OP_F64X2_RELAXED_MADD:
    case WASM_OP_F64X2_RELAXED_NMADD:
        z = pop(b);
        y = pop(b);
        x = pop(b);
        push(b, relaxed_madd(b, op, x, y, z));
        return true;
    case WASM_OP_I16X8_RELAXED_DOT_I8X16_I7X16_S:
        y = pop(b);
        x = pop(b);
        push(b, relaxed_dot(b, x, y));
        return true;
    case WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S:
        z = pop(b);
        y = pop(b);
        x = relaxed_dot(b, pop(b), y);
        x = emit_vector(b, WASM_OP_I32X4_EXTADD_PAIRWISE_I16X8_S, x, 0, 0);
        push(b, emit_vector(b, WASM_OP_I32X4_ADD, x, z, 0));
        return true;
    default: return false;
    }
}

static void build_plain(struct builder *b, const struct wasm_instr *i, uint16_t op)
{
    const struct shape *shape = &shapes[wasm_op_slot(op)];
    struct ir_val v = { .op = IR_VECTOR, .type = shape->result, .sub = op, .aux = i->lane };

    if (shape->operands[2] != SHAPE_NONE)
        v.c = pop(b);
    if (shape->operands[1] != SHAPE_NONE)
        v.b = pop(b);
    v.a = pop(b);
    push(b, canonical(b, op, emit_pure(b, v)));
}

bool build_vector(struct builder *b, const struct wasm_instr *i)
{
    if ((i->op & 0xff00) != 0xfd00 && (i->op & 0xff00) != 0xfb00)
        return false;
    if (i->op == WASM_OP_V128_LOAD)
        build_load(b, i);
    else if (i->op == WASM_OP_V128_STORE)
        build_store(b, i);
    else if (i->op == WASM_OP_V128_CONST)
        build_const(b, i);
    else if (i->op == WASM_OP_I8X16_SHUFFLE)
        build_shuffle(b, i);
    else if ((i->op >= WASM_OP_V128_LOAD8X8_S && i->op <= WASM_OP_V128_LOAD64_SPLAT) ||
             i->op == WASM_OP_V128_LOAD32_ZERO || i->op == WASM_OP_V128_LOAD64_ZERO)
        build_vector_load(b, i);
    else if (i->op >= WASM_OP_V128_LOAD8_LANE && i->op <= WASM_OP_V128_STORE64_LANE)
        build_lane_access(b, i);
    else if (!build_relaxed(b, i->op))
        build_plain(b, i, relaxed_same(i->op));
    return true;
}
