#include "wasm/ir/fold.h"

/* Division by a constant without dividing: shifts for powers of two, and for
 * 32 bits a 64-bit product with the reciprocal (Granlund and Montgomery,
 * "Division by Invariant Integers using Multiplication", 1994). */

static ir_value konst(struct builder *b, uint8_t type, uint64_t bits)
{
    return emit_const(b, type, bits & type_mask(type));
}

static ir_value shift(struct builder *b, uint8_t op, ir_value x, unsigned count)
{
    uint8_t type = type_at(b, x);

    return emit_op(b, op, type, x, konst(b, type, count));
}

/* The smallest l with 2^l >= d. */
static unsigned ceil_log2(uint32_t d) { return d <= 1 ? 0 : 32u - (unsigned)__builtin_clz(d - 1); }

/* The high part of x * m, shifted right by p, as i32. */
static ir_value scaled(struct builder *b, ir_value wide, uint64_t m, uint8_t op, unsigned p)
{
    ir_value product = emit_op(b, IR_MUL, IR_I64, wide, konst(b, IR_I64, m));

    return emit_op(b, IR_WRAP, IR_I32, shift(b, op, product, p), 0);
}

/* d is neither 0 nor a power of two. */
static ir_value quotient_u32(struct builder *b, ir_value x, uint32_t d)
{
    ir_value wide = emit_op(b, IR_EXTEND_U, IR_I64, x, 0);
    unsigned l = ceil_log2(d);
    uint64_t m;
    ir_value t, half;

    /* A reciprocal m = floor(2^p / d) + 1 is exact for all 32-bit x if its error
     * m * d - 2^p is at most 2^(p - 32). */
    for (unsigned p = 32; p < 32 + l; p++) {
        uint64_t power = (uint64_t)1 << p;

        m = power / d + 1;
        if (m <= UINT32_MAX && m * d - power <= (uint64_t)1 << (p - 32))
            return scaled(b, wide, m, IR_SHR_U, p);
    }
    /* It needs 33 bits: the 33rd is added by hand. floor(2^(32 + l) / d) - 2^32 + 1. */
    m = (uint64_t)((((unsigned __int128)1 << (32 + l)) / d + 1) & UINT32_MAX);
    t = scaled(b, wide, m, IR_SHR_U, 32);
    half = shift(b, IR_SHR_U, emit_op(b, IR_SUB, IR_I32, x, t), 1);
    return shift(b, IR_SHR_U, emit_op(b, IR_ADD, IR_I32, half, t), l - 1);
}

/* d >= 3, no power of two: floor(x * m / 2^p), one more where x is negative. */
static ir_value quotient_s32(struct builder *b, ir_value x, uint32_t d)
{
    ir_value wide = emit_op(b, IR_EXTEND_S, IR_I64, x, 0);
    unsigned p = 31 + ceil_log2(d);
    uint64_t m = ((uint64_t)1 << p) / d + 1;
    ir_value q = scaled(b, wide, m, IR_SHR_S, p);

    return emit_op(b, IR_SUB, IR_I32, q, shift(b, IR_SHR_S, x, 31));
}

/* x with 2^k - 1 added where it is negative: shifting that rounds towards zero. */
static ir_value biased(struct builder *b, ir_value x, unsigned k)
{
    unsigned width = type_width(type_at(b, x));
    ir_value sign = shift(b, IR_SHR_S, x, width - 1);

    return emit_op(b, IR_ADD, type_at(b, x), x, shift(b, IR_SHR_U, sign, width - k));
}

static ir_value divide_unsigned(struct builder *b, const struct ir_val *v, uint64_t d)
{
    unsigned k = (unsigned)__builtin_ctzll(d);
    ir_value q;

    if ((d & (d - 1)) == 0) {
        if (v->op == IR_DIV_U)
            return k == 0 ? v->a : shift(b, IR_SHR_U, v->a, k);
        return emit_op(b, IR_AND, v->type, v->a, konst(b, v->type, d - 1));
    }
    if (v->type != IR_I32)
        return 0;
    q = quotient_u32(b, v->a, (uint32_t)d);
    if (v->op == IR_DIV_U)
        return q;
    q = emit_op(b, IR_MUL, IR_I32, q, v->b);
    return emit_op(b, IR_SUB, IR_I32, v->a, q);
}

static ir_value divide_signed(struct builder *b, const struct ir_val *v, uint64_t bits)
{
    int64_t d = v->type == IR_I32 ? (int32_t)bits : (int64_t)bits;
    uint64_t size = d < 0 ? 0 - (uint64_t)d : (uint64_t)d;
    unsigned k = (unsigned)__builtin_ctzll(size);
    bool power = (size & (size - 1)) == 0;
    ir_value q;

    if (d == 1 || d == -1) {
        if (v->op == IR_REM_S)
            return konst(b, v->type, 0);
        return d == 1 ? v->a : 0; /* -1 traps for the least number */
    }
    if (k == type_width(v->type) - 1 || (!power && v->type != IR_I32))
        return 0;
    if (power && v->op == IR_REM_S) {
        q = emit_op(b, IR_AND, v->type, biased(b, v->a, k), konst(b, v->type, 0 - size));
        return emit_op(b, IR_SUB, v->type, v->a, q);
    }
    if (power)
        q = shift(b, IR_SHR_S, biased(b, v->a, k), k);
    else
        q = quotient_s32(b, v->a, (uint32_t)size);
    if (d < 0)
        q = emit_op(b, IR_SUB, v->type, konst(b, v->type, 0), q);
    if (v->op == IR_DIV_S)
        return q;
    return emit_op(b, IR_SUB, v->type, v->a, emit_op(b, IR_MUL, v->type, q, v->b));
}

static ir_value divide_consts(struct builder *b, const struct ir_val *v, uint64_t x, uint64_t y)
{
    bool narrow = v->type == IR_I32;
    int64_t s = narrow ? (int32_t)x : (int64_t)x;
    int64_t t = narrow ? (int32_t)y : (int64_t)y;

    if (v->op == IR_DIV_U || v->op == IR_REM_U)
        return konst(b, v->type, v->op == IR_DIV_U ? x / y : x % y);
    if (t == -1)
        return 0;
    return konst(b, v->type, (uint64_t)(v->op == IR_DIV_S ? s / t : s % t));
}

ir_value fold_divide(struct builder *b, const struct ir_val *v)
{
    uint64_t d;

    if (!is_const(b, v->b) || bits_at(b, v->b) == 0)
        return 0;
    d = bits_at(b, v->b);
    if (is_const(b, v->a)) {
        ir_value q = divide_consts(b, v, bits_at(b, v->a), d);

        if (q != 0)
            return q;
    }
    return v->op == IR_DIV_U || v->op == IR_REM_U ? divide_unsigned(b, v, d)
                                                  : divide_signed(b, v, d);
}
