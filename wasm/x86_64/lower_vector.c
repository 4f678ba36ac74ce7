#include "wasm/x86_64/lower_vector.h"

/* --- Instructions */

enum mach_op vec_form(const struct lower *l, enum mach_op legacy)
{
    return (enum mach_op)(legacy + (l->avx ? 1 : 0)); /* mops.def: PAIR */
}

mach_operand vec_temp(struct lower *l) { return lower_temp(l, MACH_V128); }

mach_operand vec_imm_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                           mach_operand b, int imm)
{
    mach_operand d = vec_temp(l);

    lower_2(l, vec_form(l, op), size, d, a, b)->imm = imm;
    return d;
}

mach_operand vec_imm(struct lower *l, enum mach_op op, mach_operand a, mach_operand b, int imm)
{
    return vec_imm_sized(l, op, 16, a, b, imm);
}

mach_operand vec_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                       mach_operand b)
{
    return vec_imm_sized(l, op, size, a, b, 0);
}

mach_operand vec_2(struct lower *l, enum mach_op op, mach_operand a, mach_operand b)
{
    return vec_imm_sized(l, op, 16, a, b, 0);
}

mach_operand vec_1(struct lower *l, enum mach_op op, mach_operand a)
{
    return vec_imm_sized(l, op, 16, a, MACH_NONE, 0);
}

static mach_operand with_pool(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                              uint64_t low, uint64_t high)
{
    mach_operand d = vec_temp(l);
    struct mach_instr *in = lower_2(l, vec_form(l, op), size, d, a, MACH_NONE);

    in->mem = MEM_POOL;
    in->disp = (int32_t)lower_pool(l, low, high);
    return d;
}

mach_operand vec_pool(struct lower *l, enum mach_op op, mach_operand a, uint64_t each)
{
    return with_pool(l, op, 16, a, each, each);
}

mach_operand vec_pool_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                            uint64_t each)
{
    return with_pool(l, op, size, a, each, each);
}

mach_operand vec_pool_2(struct lower *l, enum mach_op op, mach_operand a, uint64_t low,
                        uint64_t high)
{
    return with_pool(l, op, 16, a, low, high);
}

mach_operand vec_const(struct lower *l, uint64_t each)
{
    mach_operand d = vec_temp(l);
    struct mach_instr *in = lower_2(l, MOP_LOADF_CONST, 16, d, MACH_NONE, MACH_NONE);

    in->mem = MEM_POOL;
    in->disp = (int32_t)lower_pool(l, each, each);
    return d;
}

mach_operand vec_zero(struct lower *l)
{
    mach_operand d = vec_temp(l);

    lower_2(l, MOP_ZEROF, 16, d, MACH_NONE, MACH_NONE);
    return d;
}

mach_operand vec_not(struct lower *l, mach_operand a) { return vec_pool(l, MOP_PXOR, a, VEC_ONES); }

mach_operand vec_from_int(struct lower *l, unsigned size, mach_operand a)
{
    mach_operand d = vec_temp(l);

    lower_2(l, MOP_MOVD_XR, size, d, a, MACH_NONE);
    return d;
}

mach_operand vec_to_int(struct lower *l, enum mach_op op, unsigned size, mach_operand a, int imm)
{
    mach_operand d = lower_temp(l, MACH_I32);

    lower_2(l, vec_form(l, op), size, d, a, MACH_NONE)->imm = imm;
    return d;
}

/* --- Operations that are one instruction */

enum {
    BINARY = 1, /* a, b */
    SWAPPED,    /* b, a */
    UNARY,
};

struct single {
    uint16_t op; /* legacy name of a PAIR */
    uint8_t shape;
    uint8_t size; /* 16, or 8 for f64x2 */
    uint8_t imm;
};

#define ONE_OF(name, mop, shape, size, imm) \
    [WASM_OP_##name & 0xff] = { MOP_##mop, shape, size, imm }
#define ONE(name, mop, shape) ONE_OF(name, mop, shape, 16, 0)

/* Predicates of cmpps and cmppd; modes of roundps and roundpd, bit 3: nothing is said
 * of an inexact result. */
enum { CMP_EQ = 0, CMP_LT = 1, CMP_LE = 2, CMP_NE = 4 };
enum { ROUND_NEAREST = 8, ROUND_DOWN = 9, ROUND_UP = 10, ROUND_ZERO = 11 };

/* The same for lanes of 8, 16 and 32 bits, by the letter in the operation's name; for 8 and 16;
 * for both kinds of floats. */
#define INTS(name, mop, shape) SMALL(name, mop, shape), ONE(I32X4_##name, mop##D, shape)
#define SMALL(name, mop, shape) ONE(I8X16_##name, mop##B, shape), ONE(I16X8_##name, mop##W, shape)
#define FLOATS(name, mop, shape, imm) \
    ONE_OF(F32X4_##name, mop, shape, 16, imm), ONE_OF(F64X2_##name, mop, shape, 8, imm)

/* By the low byte of the opcode: all have the high byte FD. */
static const struct single singles[256] = {
    INTS(EQ, PCMPEQ, BINARY),
    INTS(LT_S, PCMPGT, SWAPPED),
    INTS(GT_S, PCMPGT, BINARY),
    INTS(ADD, PADD, BINARY),
    INTS(SUB, PSUB, BINARY),
    INTS(MIN_S, PMINS, BINARY),
    INTS(MIN_U, PMINU, BINARY),
    INTS(MAX_S, PMAXS, BINARY),
    INTS(MAX_U, PMAXU, BINARY),
    INTS(ABS, PABS, UNARY),
    SMALL(ADD_SAT_S, PADDS, BINARY),
    SMALL(ADD_SAT_U, PADDUS, BINARY),
    SMALL(SUB_SAT_S, PSUBS, BINARY),
    SMALL(SUB_SAT_U, PSUBUS, BINARY),
    SMALL(AVGR_U, PAVG, BINARY),
    ONE(I64X2_EQ, PCMPEQQ, BINARY),
    ONE(V128_AND, PAND, BINARY),
    ONE(V128_ANDNOT, PANDN, SWAPPED), /* a & ~b */
    ONE(V128_OR, POR, BINARY),
    ONE(V128_XOR, PXOR, BINARY),
    ONE(I8X16_NARROW_I16X8_S, PACKSSWB, BINARY),
    ONE(I8X16_NARROW_I16X8_U, PACKUSWB, BINARY),
    ONE(I16X8_NARROW_I32X4_S, PACKSSDW, BINARY),
    ONE(I16X8_NARROW_I32X4_U, PACKUSDW, BINARY),
    ONE(I16X8_EXTEND_LOW_I8X16_S, PMOVSXBW, UNARY),
    ONE(I16X8_EXTEND_LOW_I8X16_U, PMOVZXBW, UNARY),
    ONE(I32X4_EXTEND_LOW_I16X8_S, PMOVSXWD, UNARY),
    ONE(I32X4_EXTEND_LOW_I16X8_U, PMOVZXWD, UNARY),
    ONE(I64X2_EXTEND_LOW_I32X4_S, PMOVSXDQ, UNARY),
    ONE(I64X2_EXTEND_LOW_I32X4_U, PMOVZXDQ, UNARY),
    ONE(I16X8_MUL, PMULLW, BINARY),
    ONE(I32X4_MUL, PMULLD, BINARY),
    ONE(I32X4_DOT_I16X8_S, PMADDWD, BINARY),
    ONE(I64X2_ADD, PADDQ, BINARY),
    ONE(I64X2_SUB, PSUBQ, BINARY),
    ONE(F32X4_CONVERT_I32X4_S, CVTDQ2PS, UNARY),
    ONE(F64X2_CONVERT_LOW_I32X4_S, CVTDQ2PD, UNARY),
    ONE(F32X4_DEMOTE_F64X2_ZERO, CVTPD2PS, UNARY),
    ONE(F64X2_PROMOTE_LOW_F32X4, CVTPS2PD, UNARY),

    FLOATS(EQ, CMPP, BINARY, CMP_EQ),
    FLOATS(NE, CMPP, BINARY, CMP_NE),
    FLOATS(LT, CMPP, BINARY, CMP_LT),
    FLOATS(GT, CMPP, SWAPPED, CMP_LT),
    FLOATS(LE, CMPP, BINARY, CMP_LE),
    FLOATS(GE, CMPP, SWAPPED, CMP_LE),
    FLOATS(CEIL, ROUNDP, UNARY, ROUND_UP),
    FLOATS(FLOOR, ROUNDP, UNARY, ROUND_DOWN),
    FLOATS(TRUNC, ROUNDP, UNARY, ROUND_ZERO),
    FLOATS(NEAREST, ROUNDP, UNARY, ROUND_NEAREST),
    FLOATS(SQRT, SQRTP, UNARY, 0),
    FLOATS(ADD, ADDP, BINARY, 0),
    FLOATS(SUB, SUBP, BINARY, 0),
    FLOATS(MUL, MULP, BINARY, 0),
    FLOATS(DIV, DIVP, BINARY, 0),
    /* pmin is `b < a ? b : a`, minps `first < second ? first : second`. */
    FLOATS(PMIN, MINP, SWAPPED, 0),
    FLOATS(PMAX, MAXP, SWAPPED, 0),
};
#undef INTS
#undef SMALL
#undef FLOATS
#undef ONE
#undef ONE_OF

/* Second operand: the pool holds constants on 16 bytes, so any form may read them from there; an
 * access of the heap is aligned to nothing, which only the VEX forms accept. */
static struct lower_operand second_operand(struct lower *l, ir_value v)
{
    const struct ir_val *value = lower_val(l, v);
    struct lower_operand o = { .is_mem = false };

    if (value->op == IR_CONST_V128) {
        const uint32_t *w = &l->f->extra[value->a];
        uint64_t low = w[0] | (uint64_t)w[1] << 32, high = w[2] | (uint64_t)w[3] << 32;

        if (low != 0 || high != 0) {
            o.is_mem = true;
            o.mem = (struct lower_mem){ .mem = MEM_POOL,
                                        .x = MACH_NONE,
                                        .disp = (int32_t)lower_pool(l, low, high) };
            return o;
        }
    }
    if (l->avx)
        return lower_operand(l, v, 16);
    o.reg = lower_use(l, v);
    return o;
}

static bool wants_right(const struct lower *l, ir_value v)
{
    unsigned op = lower_val(l, v)->op;

    return op == IR_CONST_V128 || (op == IR_LOAD && l->avx);
}

static mach_operand lower_single(struct lower *l, const struct ir_val *value)
{
    const struct single *s = &singles[value->sub & 0xff];
    ir_value a = value->a, b = value->b;

    if (s->shape == UNARY)
        return vec_imm_sized(l, (enum mach_op)s->op, s->size, lower_use(l, a), MACH_NONE, s->imm);
    if (s->shape == SWAPPED ||
        ((mach_op_flags[s->op] & MOP_COMMUTES) && wants_right(l, a) && !wants_right(l, b))) {
        a = value->b;
        b = value->a;
    }
    mach_operand first = lower_use(l, a), d = vec_temp(l);
    struct lower_operand second = second_operand(l, b);

    lower_2m(l, vec_form(l, (enum mach_op)s->op), s->size, d, first, &second)->imm = s->imm;
    return d;
}

/* --- All */

static mach_operand lower_plain(struct lower *l, const struct ir_val *value)
{
    static mach_operand (*const parts[])(struct lower *, const struct ir_val *) = {
        lower_vector_compare, lower_vector_shift, lower_vector_int,
        lower_vector_float,   lower_vector_lane,
    };

    if ((value->sub & 0xff00) != 0xfd00) /* the relaxed ones have become others in ir/ */
        return MACH_NONE;
    if (singles[value->sub & 0xff].shape != 0)
        return lower_single(l, value);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        mach_operand d = parts[i](l, value);

        if (d != MACH_NONE)
            return d;
    }
    return MACH_NONE;
}

static mach_operand lower_any(struct lower *l, const struct ir_val *value)
{
    switch ((enum ir_op)value->op) {
    case IR_SHUFFLE: return lower_vector_shuffle(l, value);
    case IR_VECTOR_LOAD: return lower_vector_load(l, value);
    case IR_VECTOR_LOAD_LANE: return lower_vector_load_lane(l, value);
    case IR_CANON: return lower_vector_canon(l, value);
    default: return lower_plain(l, value);
    }
}

void lower_vector(struct lower *l, ir_value v)
{
    const struct ir_val *value = lower_val(l, v);
    struct mach_instr *last;
    mach_operand d;

    if (value->op == IR_VECTOR_STORE_LANE) {
        lower_vector_store_lane(l, value);
        return;
    }
    d = lower_any(l, value);
    if (d == MACH_NONE) {
        l->unsupported = "vector";
        return;
    }
    last = l->tile_count > 0 ? &l->tile[l->tile_count - 1] : NULL;
    if (last != NULL && last->d == d && last->op != MOP_LOADF_CONST && last->op != MOP_ZEROF)
        last->d = lower_def(l, v);
    else /* it is another value */
        lower_2(l, MOP_MOVF, 16, lower_def(l, v), d, MACH_NONE);
}
