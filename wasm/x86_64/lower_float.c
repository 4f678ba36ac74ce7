#include "wasm/x86_64/lower.h"

static enum mach_op form(const struct lower *l, enum mach_op legacy)
{
    return (enum mach_op)(legacy + (l->avx ? 1 : 0)); /* mops.def: PAIR */
}

static uint64_t sign_bit(unsigned size) { return size == 4 ? 0x80000000u : 1ull << 63; }

static void lower_arithmetic(struct lower *l, ir_value v, enum mach_op op, bool commutes)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    ir_value a = value->a, b = value->b;

    /* A constant or a load stands best on the right, where it may be memory. */
    if (commutes && (lower_val(l, a)->op == IR_CONST || lower_val(l, a)->op == IR_LOAD) &&
        lower_val(l, b)->op != IR_CONST && lower_val(l, b)->op != IR_LOAD)
        ir_swap(&a, &b);
    mach_operand ra = lower_use(l, a);
    struct lower_operand rb = lower_operand(l, b, size);

    lower_2m(l, form(l, op), size, lower_def(l, v), ra, &rb);
}

/* One operand, which may be memory. */
static struct mach_instr *lower_unary(struct lower *l, ir_value v, enum mach_op op, unsigned size)
{
    struct lower_operand a = lower_operand(l, lower_val(l, v)->a, size);
    struct mach_instr *in;

    if (a.is_mem) {
        in = lower_2(l, op, size, lower_def(l, v), MACH_NONE, MACH_NONE);
        lower_mem_put(in, &a.mem);
        return in;
    }
    return lower_2(l, form(l, op), size, lower_def(l, v), a.reg, MACH_NONE);
}

static void with_pool(struct lower *l, enum mach_op op, mach_operand d, mach_operand a,
                      uint64_t low, uint64_t high)
{
    struct mach_instr *in = lower_2(l, form(l, op), 4, d, a, MACH_NONE);

    in->mem = MEM_POOL;
    in->disp = (int32_t)lower_pool(l, low, high);
}

static void lower_sign(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    uint64_t bit = sign_bit(lower_size(value->type));
    mach_operand a = lower_use(l, value->a);

    if (value->op == IR_FNEG)
        with_pool(l, MOP_XORP, lower_def(l, v), a, bit, 0);
    else
        with_pool(l, MOP_ANDP, lower_def(l, v), a, bit - 1, 0);
}

static void lower_copysign(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    uint64_t bit = sign_bit(lower_size(value->type));
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);
    struct mach_instr *in =
        lower_2(l, MOP_COPYSIGN, lower_size(value->type), lower_def(l, v), a, b);

    in->disp = (int32_t)lower_pool(l, bit - 1, 0);
    in->imm = (int32_t)lower_pool(l, bit, 0);
}

static void lower_extreme(struct lower *l, ir_value v, enum mach_op op)
{
    struct ir_val *value = lower_val(l, v);
    mach_operand a = lower_use(l, value->a), b = lower_use(l, value->b);

    lower_2(l, op, lower_size(value->type), lower_def(l, v), a, b);
}

/* --- Conversions */

static void lower_convert(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool from32 = value->aux == IR_I32, is_unsigned = value->op == IR_CONVERT_U;
    mach_operand a = from32 && !is_unsigned ? lower_use_low(l, value->a) : lower_use(l, value->a);
    struct mach_instr *in;

    /* An unsigned i32 is a small i64: its upper half is zero. */
    in = lower_2(l, is_unsigned && !from32 ? MOP_CVT_U64 : MOP_CVT_SI,
                 from32 && !is_unsigned ? 4 : 8, lower_def(l, v), a, MACH_NONE);
    in->sub = (uint8_t)lower_size(value->type);
}

static uint64_t float_bits(unsigned size, double number)
{
    union {
        float f;
        uint32_t u;
    } narrow = { (float)number };
    union {
        double f;
        uint64_t u;
    } wide = { number };

    return size == 4 ? narrow.u : wide.u;
}

/* The pool number that a slow path compares with: the largest float that is too small for a
 * signed result (or, where floats are coarse, the smallest that is not), or 2^63. */
static uint32_t trunc_bound(struct lower *l, bool is_unsigned, unsigned to, unsigned from)
{
    if (is_unsigned)
        return lower_pool(l, float_bits(from, 9223372036854775808.0), 0);
    if (to == 8)
        return lower_pool(l, float_bits(from, -9223372036854775808.0), 0);
    return lower_pool(l, float_bits(from, from == 4 ? -2147483648.0 : -2147483649.0), 0);
}

static void lower_trunc(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool is_unsigned = value->op == IR_TRUNC_U || value->op == IR_TRUNC_SAT_U;
    bool saturates = value->op == IR_TRUNC_SAT_S || value->op == IR_TRUNC_SAT_U;
    unsigned to = lower_size(value->type), from = lower_size(value->aux);
    mach_operand a = lower_use(l, value->a);
    uint32_t bound = trunc_bound(l, is_unsigned, to, from);
    struct mach_instr *in = lower_imm(l, is_unsigned ? MOP_TRUNC_U : MOP_TRUNC_S, to,
                                      lower_def(l, v), a, (int32_t)bound);

    in->sub = (uint8_t)from;
    in->cc = saturates;
    in->offset = value->offset;
}

static void lower_bits(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);
    bool to_float = lower_kind(value->type) >= MACH_F32;
    struct lower_mem m;

    if (lower_fold(l, value->a, size, &m)) {
        lower_mem_put(lower_2(l, to_float ? MOP_LOADF : MOP_LOAD, size, lower_def(l, v), MACH_NONE,
                              MACH_NONE),
                      &m);
        return;
    }
    mach_operand a = to_float && size == 4 ? lower_use_low(l, value->a) : lower_use(l, value->a);

    lower_2(l, to_float ? MOP_MOVD_XR : MOP_MOVD_RX, size, lower_def(l, v), a, MACH_NONE);
}

static void lower_canon(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    if (value->type == IR_V128) {
        lower_vector(l, v);
        return;
    }
    unsigned size = lower_size(value->type);
    mach_operand a = lower_use(l, value->a);

    lower_imm(l, MOP_CANON, size, lower_def(l, v), a,
              (int32_t)lower_pool(l, size == 4 ? 0x7fc00000u : 0x7ff8000000000000u, 0));
}

void lower_float(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = lower_size(value->type);

    switch ((enum ir_op)value->op) {
    case IR_FADD: lower_arithmetic(l, v, MOP_ADDS, true); break;
    case IR_FSUB: lower_arithmetic(l, v, MOP_SUBS, false); break;
    case IR_FMUL: lower_arithmetic(l, v, MOP_MULS, true); break;
    case IR_FDIV: lower_arithmetic(l, v, MOP_DIVS, false); break;
    case IR_FMIN: lower_extreme(l, v, MOP_FMIN); break;
    case IR_FMAX: lower_extreme(l, v, MOP_FMAX); break;
    case IR_FCOPYSIGN: lower_copysign(l, v); break;
    case IR_FABS:
    case IR_FNEG: lower_sign(l, v); break;
    case IR_FSQRT: lower_unary(l, v, MOP_SQRTS, size); break;
    case IR_FNEAREST:
        lower_unary(l, v, MOP_ROUNDS, size)->imm = 8 | 0; /* bit 3: no inexact exception */
        break;
    case IR_FFLOOR: lower_unary(l, v, MOP_ROUNDS, size)->imm = 8 | 1; break;
    case IR_FCEIL: lower_unary(l, v, MOP_ROUNDS, size)->imm = 8 | 2; break;
    case IR_FTRUNC: lower_unary(l, v, MOP_ROUNDS, size)->imm = 8 | 3; break;
    case IR_PROMOTE: lower_unary(l, v, MOP_PROMOTE, 4); break;
    case IR_DEMOTE: lower_unary(l, v, MOP_DEMOTE, 8); break;
    case IR_CONVERT_S:
    case IR_CONVERT_U: lower_convert(l, v); break;
    case IR_TRUNC_S:
    case IR_TRUNC_U:
    case IR_TRUNC_SAT_S:
    case IR_TRUNC_SAT_U: lower_trunc(l, v); break;
    case IR_BITS: lower_bits(l, v); break;
    case IR_CANON: lower_canon(l, v); break;
    default: l->unsupported = ir_op_names[value->op];
    }
}
