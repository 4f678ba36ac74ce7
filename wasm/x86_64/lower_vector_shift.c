#include "wasm/x86_64/lower_vector.h"

/* Shifts: the count is a scalar, modulo the lane's width (core 4.3.3, ishl and the like
 * over lanes). The hardware has none for bytes, and no arithmetic one for 64-bit lanes. */

/* A count: a number, or a register that holds it in its low 64 bits, already reduced. */
struct count {
    bool is_const;
    int number;
    mach_operand general; /* 32 bits, reduced */
    mach_operand vector;
};

static struct count count_of(struct lower *l, ir_value v, unsigned width)
{
    struct count c = { .general = MACH_NONE, .vector = MACH_NONE };
    uint64_t bits;

    if (lower_is_const(l, v, &bits)) {
        c.is_const = true;
        c.number = (int)(bits & (width - 1));
        return c;
    }
    mach_operand a = lower_use_low(l, v);

    c.general = lower_temp(l, MACH_I32);
    lower_imm(l, MOP_ANDI, 4, c.general, a, (int32_t)width - 1);
    c.vector = vec_from_int(l, 4, c.general);
    return c;
}

/* The operation by a register; the one by an immediate. */
struct shift {
    enum mach_op by, by_imm;
};

static mach_operand shift(struct lower *l, struct shift s, mach_operand a, const struct count *c)
{
    if (c->is_const)
        return vec_imm(l, s.by_imm, a, MACH_NONE, c->number);
    return vec_2(l, s.by, a, c->vector);
}

/* --- Bytes: as words, then what came from the neighbour is cut off */

static const struct shift left16 = { MOP_PSLLW, MOP_PSLLWI };
static const struct shift right16 = { MOP_PSRLW, MOP_PSRLWI };
static const struct shift arithmetic16 = { MOP_PSRAW, MOP_PSRAWI };

static mach_operand left8(struct lower *l, mach_operand a, const struct count *c)
{
    mach_operand mask, d = shift(l, left16, a, c);

    if (c->is_const)
        return vec_pool(l, MOP_PAND, d, VEC_EACH8((uint8_t)(0xff << c->number)));
    /* The low byte of the shifted ones, in every byte. */
    mask = shift(l, left16, vec_const(l, VEC_ONES), c);
    mask = vec_2(l, MOP_PSHUFB, mask, vec_zero(l));
    return vec_2(l, MOP_PAND, d, mask);
}

static mach_operand right8(struct lower *l, mach_operand a, const struct count *c)
{
    mach_operand mask, d = shift(l, right16, a, c);

    if (c->is_const)
        return vec_pool(l, MOP_PAND, d, VEC_EACH8(0xff >> c->number));
    mask = shift(l, right16, vec_const(l, VEC_ONES), c);
    mask = vec_pool(l, MOP_PSHUFB, mask, VEC_EACH8(1)); /* the high byte */
    return vec_2(l, MOP_PAND, d, mask);
}

/* Each byte in the upper half of a word. */
static mach_operand arithmetic8(struct lower *l, mach_operand a, struct count c)
{
    mach_operand low, high;

    if (c.is_const && c.number == 7) /* only the sign is left */
        return vec_2(l, MOP_PCMPGTB, vec_zero(l), a);
    if (c.is_const) {
        c.number += 8;
    } else {
        mach_operand more = lower_temp(l, MACH_I32);

        lower_imm(l, MOP_ADDI, 4, more, c.general, 8);
        c.vector = vec_from_int(l, 4, more);
    }
    low = shift(l, arithmetic16, vec_2(l, MOP_PUNPCKLBW, a, a), &c);
    high = shift(l, arithmetic16, vec_2(l, MOP_PUNPCKHBW, a, a), &c);
    return vec_2(l, MOP_PACKSSWB, low, high);
}

/* By 32 and more: the upper halves, shifted further, and their signs. */
static mach_operand far64(struct lower *l, mach_operand a, int number)
{
    mach_operand low = vec_imm(l, MOP_PSHUFD, a, MACH_NONE, 0xf5);
    mach_operand sign = vec_imm(l, MOP_PSRADI, low, MACH_NONE, 31);

    if (number == 63)
        return sign;
    if (number > 32)
        low = vec_imm(l, MOP_PSRADI, low, MACH_NONE, number - 32);
    return vec_imm(l, MOP_PBLENDW, low, sign, 0xcc);
}

/* The sign bit is shifted along as any other; (x ^ sign) - sign then spreads it. */
static mach_operand arithmetic64(struct lower *l, mach_operand a, const struct count *c)
{
    static const struct shift right64 = { MOP_PSRLQ, MOP_PSRLQI };
    mach_operand sign, d;

    if (c->is_const && c->number >= 32)
        return far64(l, a, c->number);
    d = shift(l, right64, a, c);
    if (c->is_const)
        sign = vec_const(l, (uint64_t)1 << 63 >> c->number);
    else
        sign = shift(l, right64, vec_const(l, (uint64_t)1 << 63), c);
    return vec_2(l, MOP_PSUBQ, vec_2(l, MOP_PXOR, d, sign), sign);
}

mach_operand lower_vector_shift(struct lower *l, const struct ir_val *value)
{
    struct shift s = { MOP_NOP, MOP_NOP };
    unsigned width;
    mach_operand a;

    switch (value->sub) {
    case WASM_OP_I8X16_SHL:
    case WASM_OP_I8X16_SHR_S:
    case WASM_OP_I8X16_SHR_U: width = 8; break;
    case WASM_OP_I16X8_SHL: width = 16, s = left16; break;
    case WASM_OP_I16X8_SHR_S: width = 16, s = arithmetic16; break;
    case WASM_OP_I16X8_SHR_U: width = 16, s = right16; break;
    case WASM_OP_I32X4_SHL: width = 32, s = (struct shift){ MOP_PSLLD, MOP_PSLLDI }; break;
    case WASM_OP_I32X4_SHR_S: width = 32, s = (struct shift){ MOP_PSRAD, MOP_PSRADI }; break;
    case WASM_OP_I32X4_SHR_U: width = 32, s = (struct shift){ MOP_PSRLD, MOP_PSRLDI }; break;
    case WASM_OP_I64X2_SHL: width = 64, s = (struct shift){ MOP_PSLLQ, MOP_PSLLQI }; break;
    case WASM_OP_I64X2_SHR_U: width = 64, s = (struct shift){ MOP_PSRLQ, MOP_PSRLQI }; break;
    case WASM_OP_I64X2_SHR_S: width = 64; break;
    default: return MACH_NONE;
    }
    struct count c = count_of(l, value->b, width);

    a = lower_use(l, value->a);
    if (c.is_const && c.number == 0)
        return a;
    if (s.by != MOP_NOP)
        return shift(l, s, a, &c);
    if (value->sub == WASM_OP_I8X16_SHL)
        return left8(l, a, &c);
    if (value->sub == WASM_OP_I8X16_SHR_U)
        return right8(l, a, &c);
    if (value->sub == WASM_OP_I8X16_SHR_S)
        return arithmetic8(l, a, c);
    return arithmetic64(l, a, &c);
}
