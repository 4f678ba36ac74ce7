#include "wasm/x86_64/lower_vector.h"

/* Float lanes: what is more than one instruction. size: 16 for f32x4, 8 for f64x2. */

enum { CMP_EQ = 0, CMP_UNORDERED = 3, CMP_NOT_LESS = 5 };

static uint64_t each_float(float number)
{
    union {
        float f;
        uint32_t u;
    } bits = { number };

    return VEC_EACH32(bits.u);
}

static uint64_t each_double(double number)
{
    union {
        double f;
        uint64_t u;
    } bits = { number };

    return bits.u;
}

#define SIGN32 VEC_EACH32(0x80000000u)
#define SIGN64 0x8000000000000000u

/* --- Minimum and maximum */

/* Takes away the payload of the quiet NaNs in d, whose lanes are all ones in nan_mask: that mask,
 * shifted right past the sign, the exponent and the first bit of the fraction, is the
 * payload. */
static mach_operand quiet(struct lower *l, unsigned size, mach_operand d, mach_operand nan_mask)
{
    mach_operand payload = size == 8 ? vec_imm(l, MOP_PSRLQI, nan_mask, MACH_NONE, 13)
                                     : vec_imm(l, MOP_PSRLDI, nan_mask, MACH_NONE, 10);

    return vec_2(l, MOP_PANDN, payload, d);
}

/* minps yields its second operand for a NaN or two zeros: take it both ways. Together (or)
 * they have the sign of -0, and any NaN. */
static mach_operand minimum(struct lower *l, unsigned size, mach_operand a, mach_operand b)
{
    mach_operand ab = vec_sized(l, MOP_MINP, size, a, b);
    mach_operand ba = vec_sized(l, MOP_MINP, size, b, a);
    mach_operand both = vec_2(l, MOP_POR, ab, ba);
    mach_operand nan = vec_imm_sized(l, MOP_CMPP, size, both, both, CMP_UNORDERED);

    return quiet(l, size, vec_2(l, MOP_POR, both, nan), nan);
}

/* Where the two ways differ (zeros of both signs, or a NaN), subtracting the difference makes
 * -0 - -0 = +0, and a quiet NaN. */
static mach_operand maximum(struct lower *l, unsigned size, mach_operand a, mach_operand b)
{
    mach_operand ab = vec_sized(l, MOP_MAXP, size, a, b);
    mach_operand ba = vec_sized(l, MOP_MAXP, size, b, a);
    mach_operand differ = vec_2(l, MOP_PXOR, ba, ab);
    mach_operand both = vec_sized(l, MOP_SUBP, size, vec_2(l, MOP_POR, ab, differ), differ);
    mach_operand nan = vec_imm_sized(l, MOP_CMPP, size, both, both, CMP_UNORDERED);

    return quiet(l, size, both, nan);
}

/* --- To integers */

/* x >= 2^31, of numbers. */
static mach_operand is_large(struct lower *l, mach_operand x)
{
    mach_operand d = vec_pool(l, MOP_CMPP, x, each_float(2147483648.0f));

    l->tile[l->tile_count - 1].imm = CMP_NOT_LESS;
    return d;
}

/* NaN lanes become 0; cvttps2dq says 0x80000000 for all that does not fit: turned round
 * for what is too large. */
static mach_operand trunc32_s(struct lower *l, mach_operand a)
{
    mach_operand number = vec_imm(l, MOP_CMPP, a, a, CMP_EQ);
    mach_operand x = vec_2(l, MOP_PAND, a, number);
    mach_operand large = is_large(l, x);

    return vec_2(l, MOP_PXOR, vec_1(l, MOP_CVTTPS2DQ, x), large);
}

/* x, at least 0, is what fits a signed lane plus what is above 2^31: for a small x the
 * first alone, for a large one 0x80000000 and the rest, saturated to 0x7fffffff. */
static mach_operand trunc32_u(struct lower *l, mach_operand a)
{
    mach_operand zero = vec_zero(l);
    mach_operand x = vec_2(l, MOP_MAXP, a, zero); /* 0 for a NaN */
    mach_operand low = vec_1(l, MOP_CVTTPS2DQ, x);
    mach_operand above = vec_pool(l, MOP_SUBP, x, each_float(2147483648.0f));
    mach_operand large = is_large(l, above);
    mach_operand rest = vec_2(l, MOP_PXOR, vec_1(l, MOP_CVTTPS2DQ, above), large);

    rest = vec_2(l, MOP_PMAXSD, rest, zero); /* of a small x: negative */
    return vec_2(l, MOP_PADDD, low, rest);
}

/* minpd yields its second operand for a NaN: 0 there. What is too small converts to
 * 0x80000000, as it should; the upper half of the result is 0. */
static mach_operand trunc64_s(struct lower *l, mach_operand a)
{
    mach_operand limit = vec_imm_sized(l, MOP_CMPP, 8, a, a, CMP_EQ);

    limit = vec_pool(l, MOP_PAND, limit, each_double(2147483647.0));
    return vec_1(l, MOP_CVTTPD2DQ, vec_sized(l, MOP_MINP, 8, a, limit));
}

/* 2^52 added to a whole number below 2^32 leaves it in the low half of the lane. */
static mach_operand trunc64_u(struct lower *l, mach_operand a)
{
    mach_operand zero = vec_zero(l);
    mach_operand x = vec_sized(l, MOP_MAXP, 8, a, zero); /* 0 for a NaN */

    x = vec_pool_sized(l, MOP_MINP, 8, x, each_double(4294967295.0));
    x = vec_imm_sized(l, MOP_ROUNDP, 8, x, MACH_NONE, 11);
    x = vec_pool_sized(l, MOP_ADDP, 8, x, each_double(4503599627370496.0));
    return vec_imm(l, MOP_SHUFP, x, zero, 0x88);
}

/* --- From integers */

/* Both halves convert exactly, and so does the upper one times 2^16: the sum rounds once. */
static mach_operand convert32_u(struct lower *l, mach_operand a)
{
    mach_operand low = vec_1(l, MOP_CVTDQ2PS, vec_pool(l, MOP_PAND, a, VEC_EACH32(0xffff)));
    mach_operand high = vec_1(l, MOP_CVTDQ2PS, vec_imm(l, MOP_PSRLDI, a, MACH_NONE, 16));

    high = vec_pool(l, MOP_MULP, high, each_float(65536.0f));
    return vec_2(l, MOP_ADDP, high, low);
}

/* Below the upper half of 2^52 a number is 2^52 and itself. */
static mach_operand convert64_u(struct lower *l, mach_operand a)
{
    a = vec_pool(l, MOP_PUNPCKLDQ, a, VEC_EACH32(0x43300000u));
    return vec_pool_sized(l, MOP_SUBP, 8, a, each_double(4503599627370496.0));
}

mach_operand lower_vector_canon(struct lower *l, const struct ir_val *value)
{
    unsigned size = value->aux == IR_F64 ? 8 : 16;
    mach_operand a = lower_use(l, value->a);
    mach_operand nan = vec_imm_sized(l, MOP_CMPP, size, a, a, CMP_UNORDERED);
    mach_operand rest = vec_2(l, MOP_PANDN, nan, a);

    nan = vec_pool(l, MOP_PAND, nan, size == 8 ? 0x7ff8000000000000u : VEC_EACH32(0x7fc00000u));
    return vec_2(l, MOP_POR, rest, nan);
}

static mach_operand lower_extreme(struct lower *l, const struct ir_val *value)
{
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);

    switch (value->sub) {
    case WASM_OP_F32X4_MIN: return minimum(l, 16, a, b);
    case WASM_OP_F64X2_MIN: return minimum(l, 8, a, b);
    case WASM_OP_F32X4_MAX: return maximum(l, 16, a, b);
    default: return maximum(l, 8, a, b);
    }
}

mach_operand lower_vector_float(struct lower *l, const struct ir_val *value)
{
    switch (value->sub) {
    case WASM_OP_F32X4_MIN:
    case WASM_OP_F64X2_MIN:
    case WASM_OP_F32X4_MAX:
    case WASM_OP_F64X2_MAX: return lower_extreme(l, value);
    case WASM_OP_F32X4_ABS: return vec_pool(l, MOP_ANDP, lower_use(l, value->a), ~SIGN32);
    case WASM_OP_F64X2_ABS: return vec_pool(l, MOP_ANDP, lower_use(l, value->a), ~SIGN64);
    case WASM_OP_F32X4_NEG: return vec_pool(l, MOP_XORP, lower_use(l, value->a), SIGN32);
    case WASM_OP_F64X2_NEG: return vec_pool(l, MOP_XORP, lower_use(l, value->a), SIGN64);
    case WASM_OP_I32X4_TRUNC_SAT_F32X4_S: return trunc32_s(l, lower_use(l, value->a));
    case WASM_OP_I32X4_TRUNC_SAT_F32X4_U: return trunc32_u(l, lower_use(l, value->a));
    case WASM_OP_I32X4_TRUNC_SAT_F64X2_S_ZERO: return trunc64_s(l, lower_use(l, value->a));
    case WASM_OP_I32X4_TRUNC_SAT_F64X2_U_ZERO: return trunc64_u(l, lower_use(l, value->a));
    case WASM_OP_F32X4_CONVERT_I32X4_U: return convert32_u(l, lower_use(l, value->a));
    case WASM_OP_F64X2_CONVERT_LOW_I32X4_U: return convert64_u(l, lower_use(l, value->a));
    default: return MACH_NONE;
    }
}
