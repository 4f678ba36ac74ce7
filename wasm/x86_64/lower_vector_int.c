#include "wasm/x86_64/lower_vector.h"

/* Integer lanes: what is more than one instruction. Comparisons and shifts have files of
 * their own. */

static mach_operand negate(struct lower *l, enum mach_op sub, mach_operand a)
{
    return vec_2(l, sub, vec_zero(l), a);
}

/* The sign of each 64-bit lane, in all its bits. */
static mach_operand signs64(struct lower *l, mach_operand a)
{
    return vec_imm(l, MOP_PSHUFD, vec_imm(l, MOP_PSRADI, a, MACH_NONE, 31), MACH_NONE, 0xf5);
}

static mach_operand abs64(struct lower *l, mach_operand a)
{
    mach_operand s = signs64(l, a);

    return vec_2(l, MOP_PSUBQ, vec_2(l, MOP_PXOR, a, s), s);
}

/* Each half of a byte picks its count from a table of 16. */
static mach_operand popcnt8(struct lower *l, mach_operand a)
{
    mach_operand table = vec_temp(l), low, high;
    struct mach_instr *in = lower_2(l, MOP_LOADF_CONST, 16, table, MACH_NONE, MACH_NONE);

    in->mem = MEM_POOL;
    in->disp = (int32_t)lower_pool(l, 0x0302020102010100u, 0x0403030203020201u);
    low = vec_pool(l, MOP_PAND, a, VEC_EACH8(0x0f));
    high = vec_imm(l, MOP_PSRLWI, a, MACH_NONE, 4);
    high = vec_pool(l, MOP_PAND, high, VEC_EACH8(0x0f));
    low = vec_2(l, MOP_PSHUFB, table, low);
    high = vec_2(l, MOP_PSHUFB, table, high);
    return vec_2(l, MOP_PADDB, low, high);
}

/* --- Products */

/* a * b mod 2^64 = al * bl + ((ah * bl + al * bh) << 32). */
static mach_operand mul64(struct lower *l, mach_operand a, mach_operand b)
{
    mach_operand ah = vec_imm(l, MOP_PSRLQI, a, MACH_NONE, 32);
    mach_operand bh = vec_imm(l, MOP_PSRLQI, b, MACH_NONE, 32);
    mach_operand x = vec_2(l, MOP_PMULUDQ, ah, b), y = vec_2(l, MOP_PMULUDQ, bh, a);
    mach_operand cross = vec_2(l, MOP_PADDQ, x, y);

    cross = vec_imm(l, MOP_PSLLQI, cross, MACH_NONE, 32);
    return vec_2(l, MOP_PADDQ, vec_2(l, MOP_PMULUDQ, a, b), cross);
}

/* pmulhrsw gives -2^15 for (-2^15) squared, and never else: that one saturates. */
static mach_operand q15mulr(struct lower *l, mach_operand a, mach_operand b)
{
    mach_operand product = vec_2(l, MOP_PMULHRSW, a, b);

    return vec_2(l, MOP_PXOR, product, vec_pool(l, MOP_PCMPEQW, product, VEC_EACH16(0x8000)));
}

/* The upper half of the lanes, made wide: by the operation for the lower half. */
static mach_operand extend_high(struct lower *l, enum mach_op extend, mach_operand a)
{
    return vec_1(l, extend, vec_imm(l, MOP_PSHUFD, a, MACH_NONE, 0xee));
}

static mach_operand extmul8(struct lower *l, enum mach_op extend, bool high, mach_operand a,
                            mach_operand b)
{
    a = high ? extend_high(l, extend, a) : vec_1(l, extend, a);
    b = high ? extend_high(l, extend, b) : vec_1(l, extend, b);
    return vec_2(l, MOP_PMULLW, a, b);
}

static mach_operand extmul16(struct lower *l, enum mach_op upper, bool high, mach_operand a,
                             mach_operand b)
{
    mach_operand low_words = vec_2(l, MOP_PMULLW, a, b);

    return vec_2(l, high ? MOP_PUNPCKHWD : MOP_PUNPCKLWD, low_words, vec_2(l, upper, a, b));
}

static mach_operand extmul32(struct lower *l, enum mach_op mul, bool high, mach_operand a,
                             mach_operand b)
{
    int pick = high ? 0xfa : 0x50; /* lanes 2 2 3 3, or 0 0 1 1 */
    mach_operand x = vec_imm(l, MOP_PSHUFD, a, MACH_NONE, pick);

    return vec_2(l, mul, x, vec_imm(l, MOP_PSHUFD, b, MACH_NONE, pick));
}

/* --- Sums of neighbours */

/* pmaddubsw takes its first operand as unsigned, the second as signed. */
static mach_operand extadd8_s(struct lower *l, mach_operand a)
{
    return vec_2(l, MOP_PMADDUBSW, vec_const(l, VEC_EACH8(1)), a);
}

/* Unsigned words become signed ones for pmaddwd: each is less by 2^15, the sum by 2^16. */
static mach_operand extadd16_u(struct lower *l, mach_operand a)
{
    a = vec_pool(l, MOP_PXOR, a, VEC_EACH16(0x8000));
    a = vec_pool(l, MOP_PMADDWD, a, VEC_EACH16(1));
    return vec_pool(l, MOP_PADDD, a, VEC_EACH32(0x10000));
}

/* --- To a scalar */

static uint8_t test_all(struct lower *l, enum mach_op equal, ir_value v)
{
    mach_operand a = lower_use(l, v);
    mach_operand zeroes = vec_2(l, equal, a, vec_zero(l));

    lower_2(l, vec_form(l, MOP_PTEST), 16, MACH_NONE, zeroes, zeroes);
    return CC_E;
}

static uint8_t test_any(struct lower *l, ir_value v)
{
    mach_operand a = lower_use(l, v);

    lower_2(l, vec_form(l, MOP_PTEST), 16, MACH_NONE, a, a);
    return CC_NE;
}

bool lower_vector_flags(struct lower *l, ir_value v, uint8_t *cc)
{
    const struct ir_val *value = lower_val(l, v);

    switch (value->sub) {
    case WASM_OP_V128_ANY_TRUE: *cc = test_any(l, value->a); return true;
    case WASM_OP_I8X16_ALL_TRUE: *cc = test_all(l, MOP_PCMPEQB, value->a); return true;
    case WASM_OP_I16X8_ALL_TRUE: *cc = test_all(l, MOP_PCMPEQW, value->a); return true;
    case WASM_OP_I32X4_ALL_TRUE: *cc = test_all(l, MOP_PCMPEQD, value->a); return true;
    case WASM_OP_I64X2_ALL_TRUE: *cc = test_all(l, MOP_PCMPEQQ, value->a); return true;
    default: return false;
    }
}

static mach_operand bitmask16(struct lower *l, mach_operand a)
{
    return vec_to_int(l, MOP_PMOVMSKB, 4, vec_2(l, MOP_PACKSSWB, a, vec_zero(l)), 0);
}

static mach_operand lower_test(struct lower *l, const struct ir_val *value)
{
    uint8_t cc;
    mach_operand d;

    if (!lower_vector_flags(l, (ir_value)(value - l->f->values), &cc))
        return MACH_NONE;
    d = lower_temp(l, MACH_I32);
    lower_2(l, MOP_SETCC, 4, d, MACH_NONE, MACH_NONE)->cc = cc;
    return d;
}

/* (b and not c) or (a and c), as b ^ ((a ^ b) & c). */
static mach_operand bitselect(struct lower *l, mach_operand a, mach_operand b, mach_operand c)
{
    return vec_2(l, MOP_PXOR, vec_2(l, MOP_PAND, vec_2(l, MOP_PXOR, a, b), c), b);
}

/* --- All */

static mach_operand lower_extmul(struct lower *l, const struct ir_val *value)
{
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);

    switch (value->sub) {
    case WASM_OP_I16X8_EXTMUL_LOW_I8X16_S: return extmul8(l, MOP_PMOVSXBW, false, a, b);
    case WASM_OP_I16X8_EXTMUL_HIGH_I8X16_S: return extmul8(l, MOP_PMOVSXBW, true, a, b);
    case WASM_OP_I16X8_EXTMUL_LOW_I8X16_U: return extmul8(l, MOP_PMOVZXBW, false, a, b);
    case WASM_OP_I16X8_EXTMUL_HIGH_I8X16_U: return extmul8(l, MOP_PMOVZXBW, true, a, b);
    case WASM_OP_I32X4_EXTMUL_LOW_I16X8_S: return extmul16(l, MOP_PMULHW, false, a, b);
    case WASM_OP_I32X4_EXTMUL_HIGH_I16X8_S: return extmul16(l, MOP_PMULHW, true, a, b);
    case WASM_OP_I32X4_EXTMUL_LOW_I16X8_U: return extmul16(l, MOP_PMULHUW, false, a, b);
    case WASM_OP_I32X4_EXTMUL_HIGH_I16X8_U: return extmul16(l, MOP_PMULHUW, true, a, b);
    case WASM_OP_I64X2_EXTMUL_LOW_I32X4_S: return extmul32(l, MOP_PMULDQ, false, a, b);
    case WASM_OP_I64X2_EXTMUL_HIGH_I32X4_S: return extmul32(l, MOP_PMULDQ, true, a, b);
    case WASM_OP_I64X2_EXTMUL_LOW_I32X4_U: return extmul32(l, MOP_PMULUDQ, false, a, b);
    default: return extmul32(l, MOP_PMULUDQ, true, a, b);
    }
}

static mach_operand lower_with_two(struct lower *l, const struct ir_val *value)
{
    mach_operand a, b;

    switch (value->sub) {
    case WASM_OP_I64X2_MUL:
        a = lower_use(l, value->a), b = lower_use(l, value->b);
        return mul64(l, a, b);
    case WASM_OP_I16X8_Q15MULR_SAT_S:
        a = lower_use(l, value->a), b = lower_use(l, value->b);
        return q15mulr(l, a, b);
    case WASM_OP_V128_BITSELECT:
        a = lower_use(l, value->a), b = lower_use(l, value->b);
        return bitselect(l, a, b, lower_use(l, value->c));
    case WASM_OP_I16X8_EXTMUL_LOW_I8X16_S ... WASM_OP_I16X8_EXTMUL_HIGH_I8X16_U:
    case WASM_OP_I32X4_EXTMUL_LOW_I16X8_S ... WASM_OP_I32X4_EXTMUL_HIGH_I16X8_U:
    case WASM_OP_I64X2_EXTMUL_LOW_I32X4_S ... WASM_OP_I64X2_EXTMUL_HIGH_I32X4_U:
        return lower_extmul(l, value);
    default: return MACH_NONE;
    }
}

static mach_operand lower_scalar(struct lower *l, const struct ir_val *value)
{
    switch (value->sub) {
    case WASM_OP_I8X16_BITMASK: return vec_to_int(l, MOP_PMOVMSKB, 4, lower_use(l, value->a), 0);
    case WASM_OP_I16X8_BITMASK: return bitmask16(l, lower_use(l, value->a));
    case WASM_OP_I32X4_BITMASK: return vec_to_int(l, MOP_MOVMSKP, 4, lower_use(l, value->a), 0);
    case WASM_OP_I64X2_BITMASK: return vec_to_int(l, MOP_MOVMSKP, 8, lower_use(l, value->a), 0);
    default: return lower_test(l, value);
    }
}

static mach_operand lower_with_one(struct lower *l, const struct ir_val *value)
{
    switch (value->sub) {
    case WASM_OP_V128_NOT: return vec_not(l, lower_use(l, value->a));
    case WASM_OP_I8X16_NEG: return negate(l, MOP_PSUBB, lower_use(l, value->a));
    case WASM_OP_I16X8_NEG: return negate(l, MOP_PSUBW, lower_use(l, value->a));
    case WASM_OP_I32X4_NEG: return negate(l, MOP_PSUBD, lower_use(l, value->a));
    case WASM_OP_I64X2_NEG: return negate(l, MOP_PSUBQ, lower_use(l, value->a));
    case WASM_OP_I64X2_ABS: return abs64(l, lower_use(l, value->a));
    case WASM_OP_I8X16_POPCNT: return popcnt8(l, lower_use(l, value->a));
    case WASM_OP_I16X8_EXTEND_HIGH_I8X16_S:
        return extend_high(l, MOP_PMOVSXBW, lower_use(l, value->a));
    case WASM_OP_I16X8_EXTEND_HIGH_I8X16_U:
        return extend_high(l, MOP_PMOVZXBW, lower_use(l, value->a));
    case WASM_OP_I32X4_EXTEND_HIGH_I16X8_S:
        return extend_high(l, MOP_PMOVSXWD, lower_use(l, value->a));
    case WASM_OP_I32X4_EXTEND_HIGH_I16X8_U:
        return extend_high(l, MOP_PMOVZXWD, lower_use(l, value->a));
    case WASM_OP_I64X2_EXTEND_HIGH_I32X4_S:
        return extend_high(l, MOP_PMOVSXDQ, lower_use(l, value->a));
    case WASM_OP_I64X2_EXTEND_HIGH_I32X4_U:
        return extend_high(l, MOP_PMOVZXDQ, lower_use(l, value->a));
    case WASM_OP_I16X8_EXTADD_PAIRWISE_I8X16_S: return extadd8_s(l, lower_use(l, value->a));
    case WASM_OP_I16X8_EXTADD_PAIRWISE_I8X16_U:
        return vec_pool(l, MOP_PMADDUBSW, lower_use(l, value->a), VEC_EACH8(1));
    case WASM_OP_I32X4_EXTADD_PAIRWISE_I16X8_S:
        return vec_pool(l, MOP_PMADDWD, lower_use(l, value->a), VEC_EACH16(1));
    case WASM_OP_I32X4_EXTADD_PAIRWISE_I16X8_U: return extadd16_u(l, lower_use(l, value->a));
    default: return MACH_NONE;
    }
}

mach_operand lower_vector_int(struct lower *l, const struct ir_val *value)
{
    mach_operand d = lower_with_one(l, value);

    if (d == MACH_NONE)
        d = lower_with_two(l, value);
    return d != MACH_NONE ? d : lower_scalar(l, value);
}
