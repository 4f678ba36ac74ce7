#include "wasm/x86_64/lower.h"

/* Division traps where the divisor is 0, and the signed quotient where it does
 * not fit. Whatever is known of a constant divisor is not asked again. */

static unsigned checks(const struct lower *l, const struct ir_val *value)
{
    bool is_signed = value->op == IR_DIV_S || value->op == IR_REM_S;
    unsigned sub = value->op == IR_REM_S || value->op == IR_REM_U ? 1 : 0;
    uint64_t bits;

    if (lower_is_const(l, value->b, &bits)) {
        uint64_t minus_one = value->type == IR_I32 ? UINT32_MAX : UINT64_MAX;

        return sub | (bits == 0 ? 2u : 0) | (is_signed && bits == minus_one ? 4u : 0);
    }
    if (!(value->sub & 1))
        sub |= 2;
    if (is_signed && !(value->sub & 2))
        sub |= 4;
    return sub;
}

/* Unsigned, by a power of two. */
static bool divide_by_shift(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    uint64_t bits;

    if ((value->op != IR_DIV_U && value->op != IR_REM_U) || !lower_is_const(l, value->b, &bits) ||
        bits == 0 || (bits & (bits - 1)) != 0 || bits > (1u << 30))
        return false;
    mach_operand a = lower_use(l, value->a);

    if (value->op == IR_DIV_U)
        lower_imm(l, MOP_SHRI, size, lower_def(l, v), a, __builtin_ctzll(bits));
    else
        lower_imm(l, MOP_ANDI, size, lower_def(l, v), a, (int32_t)(bits - 1));
    return true;
}

void lower_div(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool is_signed = value->op == IR_DIV_S || value->op == IR_REM_S;
    unsigned size = lower_size(value->type);

    if (divide_by_shift(l, v))
        return;
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);
    struct mach_instr *in =
        lower_2(l, is_signed ? MOP_DIV_S : MOP_DIV_U, size, lower_def(l, v), a, b);

    in->sub = (uint8_t)checks(l, value);
    in->offset = value->offset;
}
