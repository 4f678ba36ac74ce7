#include "wasm/x86_64/lower.h"

/* Conditions of integers: hardware code, and the one for exchanged operands. */
static const uint8_t int_cc[10] = {
    CC_E, CC_NE, CC_L, CC_B, CC_G, CC_A, CC_LE, CC_BE, CC_GE, CC_AE
};
static const uint8_t swapped[10] = { IR_EQ,   IR_NE,   IR_GT_S, IR_GT_U, IR_LT_S,
                                     IR_LT_U, IR_GE_S, IR_GE_U, IR_LE_S, IR_LE_U };

static bool is_zero(const struct lower *l, ir_value v)
{
    uint64_t bits;

    return lower_is_const(l, v, &bits) && bits == 0;
}

/* A value that nobody else wants and that may be made again here. */
static bool is_own(const struct lower *l, ir_value v)
{
    return lower_val(l, v)->uses == 1 && l->reg[v] == 0;
}

static mach_operand use_sized(struct lower *l, ir_value v, unsigned size)
{
    return size == 4 ? lower_use_low(l, v) : lower_use(l, v);
}

/* a & b against 0. */
static void emit_test(struct lower *l, ir_value a, ir_value b, unsigned size)
{
    int32_t imm;

    if (lower_is_imm(l, b, size, &imm)) {
        lower_imm(l, MOP_TESTI, size, MACH_NONE, use_sized(l, a, size), imm);
        return;
    }
    mach_operand ra = use_sized(l, a, size), rb = use_sized(l, b, size);

    lower_2(l, MOP_TEST, size, MACH_NONE, ra, rb);
}

/* a & (1 << b): one bit, asked for in the carry. */
static bool emit_bit_test(struct lower *l, ir_value a, ir_value b, unsigned size)
{
    struct ir_val *shift = lower_val(l, b);
    uint64_t bits;

    if (shift->op == IR_SHL && is_own(l, b) && lower_is_const(l, shift->a, &bits) && bits == 1) {
        mach_operand ra = use_sized(l, a, size), rb = use_sized(l, shift->b, size);

        lower_2(l, MOP_BT, size, MACH_NONE, ra, rb);
        return true;
    }
    return false;
}

/* v against 0. The result says which of the flags' conditions stands for cc. */
static struct lower_cc compare_zero(struct lower *l, ir_value v, unsigned cc, unsigned size)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m;
    struct lower_cc out = { int_cc[cc], 0 };

    if (cc == IR_LT_S || cc == IR_GE_S)
        out.cc = cc == IR_LT_S ? CC_S : CC_NS;
    if (value->op == IR_AND && is_own(l, v)) {
        if (cc <= IR_NE && (emit_bit_test(l, value->a, value->b, size) ||
                            emit_bit_test(l, value->b, value->a, size)))
            out.cc = cc == IR_EQ ? CC_AE : CC_B;
        else
            emit_test(l, value->a, value->b, size);
        return out;
    }
    if (value->op == IR_VECTOR && cc <= IR_NE && is_own(l, v) &&
        lower_vector_flags(l, v, &out.cc)) {
        out.cc ^= cc == IR_EQ; /* the hardware's codes come in pairs */
        return out;
    }
    if (lower_fold(l, v, size, &m)) {
        lower_mem_put(lower_imm(l, MOP_CMPI, size, MACH_NONE, MACH_NONE, 0), &m);
        out.cc = int_cc[cc];
        return out;
    }
    mach_operand a = use_sized(l, v, size);

    lower_2(l, MOP_TEST, size, MACH_NONE, a, a);
    return out;
}

/* A load of one or two unsigned bytes against a constant of that width. */
static bool compare_narrow(struct lower *l, ir_value v, unsigned cc, int32_t imm)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m;
    bool is_byte = value->op == IR_LOAD && value->sub == IR_ACCESS_8U;

    if (!is_byte || imm < 0 || imm > 0xff ||
        !(cc == IR_EQ || cc == IR_NE || cc == IR_LT_U || cc == IR_GT_U || cc == IR_LE_U ||
          cc == IR_GE_U) ||
        !lower_fold(l, v, 1, &m))
        return false;
    lower_mem_put(lower_imm(l, MOP_CMPI, 1, MACH_NONE, MACH_NONE, (int8_t)imm), &m);
    return true;
}

static void compare_imm(struct lower *l, ir_value v, unsigned size, int32_t imm)
{
    struct lower_mem m;

    if (lower_fold(l, v, size, &m))
        lower_mem_put(lower_imm(l, MOP_CMPI, size, MACH_NONE, MACH_NONE, imm), &m);
    else
        lower_imm(l, MOP_CMPI, size, MACH_NONE, use_sized(l, v, size), imm);
}

static struct lower_cc flags_icmp(struct lower *l, const struct ir_val *value)
{
    ir_value a = value->a, b = value->b;
    unsigned cc = value->sub, size = lower_size(value->aux);
    uint64_t bits;
    int32_t imm;

    if (lower_is_const(l, a, &bits) || lower_val(l, a)->op == IR_LOAD) {
        /* Constants and loads stand best on the right. */
        if (!lower_is_const(l, b, &bits) && lower_val(l, b)->op != IR_LOAD) {
            ir_swap(&a, &b);
            cc = swapped[cc];
        }
    }
    if (is_zero(l, b) && cc != IR_LT_U && cc != IR_GE_U && cc != IR_GT_S && cc != IR_LE_S) {
        if (!compare_narrow(l, a, cc, 0))
            return compare_zero(l, a, cc, size);
        return (struct lower_cc){ int_cc[cc], 0 };
    }
    if (lower_is_imm(l, b, size, &imm)) {
        if (!compare_narrow(l, a, cc, imm))
            compare_imm(l, a, size, imm);
        return (struct lower_cc){ int_cc[cc], 0 };
    }
    mach_operand ra = use_sized(l, a, size);
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, MOP_CMP, size, MACH_NONE, ra, &rb);
    return (struct lower_cc){ int_cc[cc], 0 };
}

/* ucomis sets ZF PF CF: all three for unordered, CF for less, ZF for equal. Only
 * "above" and "above or equal" are false for unordered, so less-than exchanges
 * its operands. */
static struct lower_cc flags_fcmp(struct lower *l, const struct ir_val *value)
{
    bool exchange = value->sub == IR_LT || value->sub == IR_LE;
    unsigned size = lower_size(value->aux);
    mach_operand a = lower_use(l, exchange ? value->b : value->a);
    struct lower_operand b = lower_operand(l, exchange ? value->a : value->b, size);

    lower_2m(l, MOP_UCOMIS, size, MACH_NONE, a, &b);
    switch ((enum ir_cc)value->sub) {
    case IR_EQ: return (struct lower_cc){ CC_E, 1 };
    case IR_NE: return (struct lower_cc){ CC_NE, 2 };
    case IR_LT:
    case IR_GT: return (struct lower_cc){ CC_A, 0 };
    default: return (struct lower_cc){ CC_AE, 0 };
    }
}

static struct lower_cc flags_exception_is(struct lower *l, const struct ir_val *value)
{
    mach_operand tag = lower_temp(l, MACH_I64), exception = lower_use(l, value->a);
    struct mach_instr *in = lower_2(l, MOP_LOAD, 8, tag, MACH_NONE, MACH_NONE);

    in->mem = MEM_BASE;
    in->x = exception;
    in->disp = WASM_EXCEPTION_TAG;
    in = lower_2(l, MOP_CMP, 8, MACH_NONE, tag, MACH_NONE);
    in->mem = MEM_CONTEXT;
    in->disp = (int32_t)(l->unit->layout->tags + 8 * value->b);
    return (struct lower_cc){ CC_E, 0 };
}

static struct lower_cc flags_of(struct lower *l, const struct ir_val *value)
{
    if (value->op == IR_ICMP)
        return flags_icmp(l, value);
    if (value->op == IR_FCMP)
        return flags_fcmp(l, value);
    return flags_exception_is(l, value);
}

static bool makes_flags(const struct ir_val *v)
{
    return v->op == IR_ICMP || v->op == IR_FCMP || v->op == IR_EXCEPTION_IS;
}

/* v != 0, where v is `x == 0`: x, with the answer turned round. */
static ir_value negated(const struct lower *l, ir_value v)
{
    const struct ir_val *value = lower_val(l, v);

    if (value->op == IR_ICMP && value->sub == IR_EQ && value->aux == IR_I32 && is_own(l, v) &&
        is_zero(l, value->b) && makes_flags(lower_val(l, value->a)) && is_own(l, value->a))
        return value->a;
    return 0;
}

struct lower_cc lower_flags(struct lower *l, ir_value v)
{
    bool turned = false;
    struct lower_cc out;

    for (ir_value inner; (inner = negated(l, v)) != 0; v = inner)
        turned = !turned;
    if (makes_flags(lower_val(l, v)) && is_own(l, v))
        out = flags_of(l, lower_val(l, v));
    else
        out = compare_zero(l, v, IR_NE, 4);
    if (turned) {
        out.cc ^= 1; /* the hardware's codes come in pairs */
        out.sub = out.sub == 0 ? 0 : 3 - out.sub;
    }
    return out;
}

void lower_condition(struct lower *l, ir_value v)
{
    struct lower_cc cc = flags_of(l, lower_val(l, v));
    struct mach_instr *in = lower_2(l, MOP_SETCC, 4, lower_def(l, v), MACH_NONE, MACH_NONE);

    in->cc = cc.cc;
    in->sub = cc.sub;
}

/* --- Select */

static void cmov(struct lower *l, unsigned size, mach_operand d, mach_operand a, mach_operand b,
                 unsigned cc)
{
    lower_2(l, MOP_CMOV, size, d, a, b)->cc = (uint8_t)cc;
}

static void select_int(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    mach_operand d = lower_def(l, v);
    mach_operand b = use_sized(l, value->b, size), c = use_sized(l, value->c, size);
    struct lower_cc cc = lower_flags(l, value->a);

    if (cc.sub == 0) {
        cmov(l, size, d, c, b, cc.cc);
        return;
    }
    /* Float equality is two conditions: keep b unless "not equal" or "unordered" says c. */
    mach_operand between = lower_temp(l, lower_kind(value->type));

    if (cc.sub == 1) {
        cmov(l, size, between, b, c, CC_NE);
        cmov(l, size, d, between, c, CC_P);
    } else {
        cmov(l, size, between, c, b, CC_NE);
        cmov(l, size, d, between, b, CC_P);
    }
}

void lower_select(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    if (lower_kind(value->type) < MACH_F32) {
        select_int(l, v);
        return;
    }
    mach_operand d = lower_def(l, v), b = lower_use(l, value->b), c = lower_use(l, value->c);
    struct lower_cc cc = lower_flags(l, value->a);
    struct mach_instr *in = lower_2(l, MOP_FSELECT, lower_size(value->type), d, c, b);

    in->cc = cc.cc;
    in->sub = cc.sub;
}
