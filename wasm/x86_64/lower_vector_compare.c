#include "wasm/x86_64/lower_vector.h"

/* Integer comparisons that are more than one instruction. The hardware has "equal" and "greater,
 * signed"; the others come from a minimum or maximum that equals an operand. */

struct compare {
    uint16_t extreme; /* a minimum or maximum; 0: none */
    uint16_t equal;   /* extreme(a, b) == a, or a == b */
    bool turned;      /* not that */
};

#define BY(name, mop, eq, turned) [WASM_OP_##name & 0xff] = { MOP_##mop, MOP_##eq, turned }
#define NOT(name, eq) [WASM_OP_##name & 0xff] = { 0, MOP_##eq, true }
/* x: the lane's letter in the names of the operations. */
#define ALL(T, x)                                                                           \
    NOT(T##_NE, PCMPEQ##x), BY(T##_LT_U, PMAXU##x, PCMPEQ##x, true),                        \
        BY(T##_GT_U, PMINU##x, PCMPEQ##x, true), BY(T##_LE_S, PMINS##x, PCMPEQ##x, false),  \
        BY(T##_LE_U, PMINU##x, PCMPEQ##x, false), BY(T##_GE_S, PMAXS##x, PCMPEQ##x, false), \
        BY(T##_GE_U, PMAXU##x, PCMPEQ##x, false)

static const struct compare compares[256] = {
    ALL(I8X16, B),
    ALL(I16X8, W),
    ALL(I32X4, D),
    NOT(I64X2_NE, PCMPEQQ),
};
#undef BY
#undef NOT
#undef ALL

/* a > b, signed, without pcmpgtq: by the upper halves, and where these are equal by
 * the borrow of b - a, whose upper half is then 0 or -1. */
static mach_operand greater64(struct lower *l, mach_operand a, mach_operand b)
{
    mach_operand borrow, upper;

    if (l->avx) {
        upper = vec_temp(l);
        lower_2(l, MOP_VPCMPGTQ, 16, upper, a, b);
        return upper;
    }
    borrow = vec_2(l, MOP_PSUBQ, b, a);
    borrow = vec_2(l, MOP_PAND, borrow, vec_2(l, MOP_PCMPEQD, a, b));
    upper = vec_2(l, MOP_POR, vec_2(l, MOP_PCMPGTD, a, b), borrow);
    return vec_imm(l, MOP_PSHUFD, upper, MACH_NONE, 0xf5);
}

static mach_operand compare64(struct lower *l, const struct ir_val *value)
{
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);

    switch (value->sub) {
    case WASM_OP_I64X2_LT_S: return greater64(l, b, a);
    case WASM_OP_I64X2_GT_S: return greater64(l, a, b);
    case WASM_OP_I64X2_LE_S: return vec_not(l, greater64(l, a, b));
    default: return vec_not(l, greater64(l, b, a));
    }
}

mach_operand lower_vector_compare(struct lower *l, const struct ir_val *value)
{
    const struct compare *c = &compares[value->sub & 0xff];
    mach_operand a, b, d;

    if (value->sub >= WASM_OP_I64X2_LT_S && value->sub <= WASM_OP_I64X2_GE_S)
        return compare64(l, value);
    if (c->equal == 0)
        return MACH_NONE;
    a = lower_use(l, value->a);
    b = lower_use(l, value->b);
    d = c->extreme == 0 ? b : vec_2(l, (enum mach_op)c->extreme, a, b);
    d = vec_2(l, (enum mach_op)c->equal, d, a);
    return c->turned ? vec_not(l, d) : d;
}
