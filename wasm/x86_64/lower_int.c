#include "wasm/x86_64/lower.h"

static mach_operand use_sized(struct lower *l, ir_value v, unsigned size)
{
    return size == 4 ? lower_use_low(l, v) : lower_use(l, v);
}

/* A value that only the one being lowered wants: it may be swallowed. */
static bool is_own(const struct lower *l, ir_value v)
{
    return lower_val(l, v)->uses == 1 && l->reg[v] == 0;
}

static bool is_any_const(const struct lower *l, ir_value v)
{
    return lower_val(l, v)->op == IR_CONST;
}

static bool could_fold(const struct lower *l, ir_value v, unsigned size)
{
    const struct ir_val *value = lower_val(l, v);

    return value->op == IR_LOAD && is_own(l, v) && l->epoch[v] == l->epoch_now &&
           value->sub == (size == 4 ? IR_ACCESS_32U : IR_ACCESS_64);
}

/* Puts operands that commute in the better order: constants and loads to the
 * right, and to the left what nobody needs afterwards. */
static void order(struct lower *l, ir_value *a, ir_value *b, unsigned size)
{
    bool exchange = is_any_const(l, *a) && !is_any_const(l, *b);

    if (!is_any_const(l, *b) && !could_fold(l, *b, size))
        exchange = exchange || could_fold(l, *a, size) ||
                   (lower_lives_on(l, *a) && !lower_lives_on(l, *b));
    if (exchange)
        ir_swap(a, b);
}

/* --- Addition, with lea */

/* x * scale, where v is a shift by 1 to 3 that nobody else wants. */
static bool is_scaled(const struct lower *l, ir_value v, ir_value *x, uint8_t *scale)
{
    uint64_t count;
    const struct ir_val *value = lower_val(l, v);

    if (value->op != IR_SHL || !is_own(l, v) || !lower_is_const(l, value->b, &count) || count < 1 ||
        count > 3)
        return false;
    *x = value->a;
    *scale = (uint8_t)(1u << count);
    return true;
}

static void lea(struct lower *l, ir_value v, mach_operand a, mach_operand x, uint8_t scale,
                int32_t disp)
{
    struct mach_instr *in =
        lower_2(l, MOP_LEA, lower_size(lower_val(l, v)->type), lower_def(l, v), a, MACH_NONE);

    in->mem = a == MACH_NONE && scale == 1 ? MEM_BASE : MEM_INDEX;
    in->x = x;
    in->scale = scale;
    in->disp = disp;
}

/* a + imm, where a may itself be a sum or a scaled value. */
static void add_imm(struct lower *l, ir_value v, ir_value a, int32_t imm)
{
    unsigned size = lower_size(lower_val(l, v)->type);
    const struct ir_val *value = lower_val(l, a);
    ir_value x;
    uint8_t scale;

    if (is_scaled(l, a, &x, &scale)) {
        lea(l, v, MACH_NONE, use_sized(l, x, size), scale, imm);
    } else if (value->op == IR_ADD && is_own(l, a) && !is_any_const(l, value->b) &&
               !is_any_const(l, value->a)) {
        ir_value base = value->a, index = value->b;

        scale = 1;
        if (!is_scaled(l, index, &index, &scale) && is_scaled(l, base, &base, &scale))
            ir_swap(&base, &index);
        mach_operand rb = use_sized(l, base, size), ri = use_sized(l, index, size);

        lea(l, v, rb, ri, scale, imm);
    } else if (lower_lives_on(l, a)) {
        lea(l, v, MACH_NONE, use_sized(l, a, size), 1, imm);
    } else {
        mach_operand ra = use_sized(l, a, size);

        lower_imm(l, MOP_ADDI, size, lower_def(l, v), ra, imm);
    }
}

static void lower_add(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    ir_value a = value->a, b = value->b, x;
    uint8_t scale;
    int32_t imm;

    order(l, &a, &b, size);
    if (lower_is_imm(l, b, size, &imm)) {
        add_imm(l, v, a, imm);
        return;
    }
    if (is_scaled(l, a, &x, &scale) && !could_fold(l, b, size))
        ir_swap(&a, &b);
    if (a != b && is_scaled(l, b, &x, &scale)) {
        mach_operand ra = use_sized(l, a, size), rx = use_sized(l, x, size);

        lea(l, v, ra, rx, scale, 0);
        return;
    }
    if (lower_lives_on(l, a) && lower_lives_on(l, b)) {
        mach_operand ra = use_sized(l, a, size), rb = use_sized(l, b, size);

        lea(l, v, ra, rb, 1, 0);
        return;
    }
    mach_operand ra = use_sized(l, a, size);
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, MOP_ADD, size, lower_def(l, v), ra, &rb);
}

/* --- The other two-operand operations */

static void lower_plain(struct lower *l, ir_value v, enum mach_op op, enum mach_op imm_op,
                        bool commutes)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    ir_value a = value->a, b = value->b;
    int32_t imm;

    if (commutes)
        order(l, &a, &b, size);
    mach_operand ra = use_sized(l, a, size);

    if (lower_is_imm(l, b, size, &imm)) {
        lower_imm(l, imm_op, size, lower_def(l, v), ra, imm);
        return;
    }
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, op, size, lower_def(l, v), ra, &rb);
}

static void lower_sub(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    uint64_t bits;
    int32_t imm;

    if (lower_is_const(l, value->a, &bits) && bits == 0) {
        mach_operand b = use_sized(l, value->b, size);

        lower_2(l, MOP_NEG, size, lower_def(l, v), b, MACH_NONE);
    } else if (lower_is_imm(l, value->b, size, &imm) && imm != INT32_MIN) {
        add_imm(l, v, value->a, -imm);
    } else {
        lower_plain(l, v, MOP_SUB, MOP_SUBI, false);
    }
}

/* Operations whose result is the low part of a, zero-extended. */
static bool and_mask(struct lower *l, ir_value v, ir_value a, uint64_t mask)
{
    unsigned size = lower_size(lower_val(l, v)->type);
    enum mach_op op = mask == 0xff ? MOP_MOVZX8 : mask == 0xffff ? MOP_MOVZX16 : MOP_MOV32;

    if (mask != 0xff && mask != 0xffff && !(mask == UINT32_MAX && size == 8))
        return false;
    mach_operand ra = lower_use_low(l, a);

    lower_2(l, op, 4, lower_def(l, v), ra, MACH_NONE);
    return true;
}

/* ~a & b */
static bool and_not(struct lower *l, ir_value v, ir_value a, ir_value b)
{
    const struct ir_val *value = lower_val(l, a);
    unsigned size = lower_size(value->type);
    int32_t imm;

    if (!l->bmi || value->op != IR_XOR || !is_own(l, a) || !lower_is_imm(l, value->b, size, &imm) ||
        imm != -1 || is_any_const(l, b))
        return false;
    mach_operand ra = use_sized(l, value->a, size);
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, MOP_ANDN, size, lower_def(l, v), ra, &rb);
    return true;
}

static void lower_and(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    ir_value a = value->a, b = value->b;
    uint64_t bits;

    order(l, &a, &b, lower_size(value->type));
    if (lower_is_const(l, b, &bits) && and_mask(l, v, a, bits))
        return;
    if (lower_is_const(l, b, &bits) && value->type == IR_I64 && bits <= INT32_MAX) {
        mach_operand ra = lower_use_low(l, a); /* the upper half becomes zero either way */

        lower_imm(l, MOP_ANDI, 4, lower_def(l, v), ra, (int32_t)bits);
        return;
    }
    if (and_not(l, v, a, b) || and_not(l, v, b, a))
        return;
    lower_plain(l, v, MOP_AND, MOP_ANDI, true);
}

static void lower_xor(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    int32_t imm;

    if (lower_is_imm(l, value->b, size, &imm) && imm == -1) {
        mach_operand a = use_sized(l, value->a, size);

        lower_2(l, MOP_NOT, size, lower_def(l, v), a, MACH_NONE);
        return;
    }
    lower_plain(l, v, MOP_XOR, MOP_XORI, true);
}

static void mul_imm(struct lower *l, ir_value v, ir_value a, int32_t imm, unsigned size)
{
    struct lower_mem m;

    if (imm == 3 || imm == 5 || imm == 9) {
        mach_operand ra = use_sized(l, a, size);

        lea(l, v, ra, ra, (uint8_t)(imm - 1), 0);
    } else if (imm > 0 && (imm & (imm - 1)) == 0) {
        mach_operand ra = use_sized(l, a, size);

        lower_imm(l, MOP_SHLI, size, lower_def(l, v), ra, __builtin_ctz((unsigned)imm));
    } else if (lower_fold(l, a, size, &m)) {
        lower_mem_put(lower_imm(l, MOP_IMULI, size, lower_def(l, v), MACH_NONE, imm), &m);
    } else {
        mach_operand ra = use_sized(l, a, size);

        lower_imm(l, MOP_IMULI, size, lower_def(l, v), ra, imm);
    }
}

static void lower_mul(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    ir_value a = value->a, b = value->b;
    int32_t imm;

    order(l, &a, &b, size);
    if (lower_is_imm(l, b, size, &imm)) {
        mul_imm(l, v, a, imm, size);
        return;
    }
    mach_operand ra = use_sized(l, a, size);
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, MOP_IMUL, size, lower_def(l, v), ra, &rb);
}

/* --- Shifts */

static void shift_imm(struct lower *l, ir_value v, enum mach_op op, unsigned count)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    bool live = lower_lives_on(l, value->a);
    mach_operand a = use_sized(l, value->a, size);

    if (op == MOP_SHLI && count >= 1 && count <= 3 && live) {
        if (count == 1)
            lea(l, v, a, a, 1, 0);
        else
            lea(l, v, MACH_NONE, a, (uint8_t)(1u << count), 0);
        return;
    }
    if (op == MOP_ROLI && l->bmi && live) {
        op = MOP_RORX;
        count = (size * 8 - count) & (size * 8 - 1);
    }
    lower_imm(l, op, size, lower_def(l, v), a, (int32_t)count);
}

static void lower_shift(struct lower *l, ir_value v)
{
    static const struct {
        uint16_t by_cl, by_imm, by_register;
    } forms[] = {
        { MOP_SHL, MOP_SHLI, MOP_SHLX }, { MOP_SAR, MOP_SARI, MOP_SARX },
        { MOP_SHR, MOP_SHRI, MOP_SHRX }, { MOP_ROL, MOP_ROLI, MOP_NOP },
        { MOP_ROR, MOP_RORI, MOP_NOP },
    };
    struct ir_val *value = lower_val(l, v);
    unsigned which = value->op - (unsigned)IR_SHL, size = lower_size(value->type);
    uint64_t count;

    if (lower_is_const(l, value->b, &count)) {
        shift_imm(l, v, (enum mach_op)forms[which].by_imm, (unsigned)count & (size * 8 - 1));
        return;
    }
    mach_operand a = use_sized(l, value->a, size), b = lower_use_low(l, value->b);
    bool any_register = l->bmi && forms[which].by_register != MOP_NOP;

    lower_2(l, (enum mach_op)(any_register ? forms[which].by_register : forms[which].by_cl), size,
            lower_def(l, v), a, b);
}

/* --- Bits and widths */

static void lower_unary(struct lower *l, ir_value v, enum mach_op op, unsigned size,
                        unsigned source)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m;

    if (op != MOP_CLZ_BSR && op != MOP_CTZ_BSF && lower_fold(l, value->a, source, &m)) {
        lower_mem_put(lower_2(l, op, size, lower_def(l, v), MACH_NONE, MACH_NONE), &m);
        return;
    }
    mach_operand a = source == 8 ? lower_use(l, value->a) : lower_use_low(l, value->a);

    lower_2(l, op, size, lower_def(l, v), a, MACH_NONE);
}

static void lower_popcnt(struct lower *l, ir_value v, unsigned size)
{
    struct mach_instr *in;

    if (l->popcnt) {
        lower_unary(l, v, MOP_POPCNT, size, size);
        return;
    }
    mach_operand a = use_sized(l, lower_val(l, v)->a, size), c = lower_temp(l, MACH_I64);

    in = lower_2(l, MOP_POPCNT_SLOW, size, lower_def(l, v), a, MACH_NONE);
    in->c = c;
}

static void lower_wrap(struct lower *l, ir_value v)
{
    mach_operand a = lower_use(l, lower_val(l, v)->a);

    lower_2(l, MOP_MOV32, 4, lower_def(l, v), a, MACH_NONE);
}

void lower_int(struct lower *l, ir_value v)
{
    unsigned size = lower_size(lower_val(l, v)->type);

    switch ((enum ir_op)lower_val(l, v)->op) {
    case IR_ADD: lower_add(l, v); break;
    case IR_SUB: lower_sub(l, v); break;
    case IR_MUL: lower_mul(l, v); break;
    case IR_AND: lower_and(l, v); break;
    case IR_OR: lower_plain(l, v, MOP_OR, MOP_ORI, true); break;
    case IR_XOR: lower_xor(l, v); break;
    case IR_CLZ: lower_unary(l, v, l->bmi ? MOP_LZCNT : MOP_CLZ_BSR, size, size); break;
    case IR_CTZ: lower_unary(l, v, l->bmi ? MOP_TZCNT : MOP_CTZ_BSF, size, size); break;
    case IR_POPCNT: lower_popcnt(l, v, size); break;
    case IR_EXTEND8_S: lower_unary(l, v, MOP_MOVSX8, size, 1); break;
    case IR_EXTEND16_S: lower_unary(l, v, MOP_MOVSX16, size, 2); break;
    case IR_EXTEND32_S:
    case IR_EXTEND_S: lower_unary(l, v, MOP_MOVSX32, 8, 4); break;
    case IR_WRAP: lower_wrap(l, v); break;
    default: lower_shift(l, v);
    }
}
