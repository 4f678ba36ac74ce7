#include "wasm/ir/build.h"

/* Numeric instructions (core 4.3.2 to 4.3.4): one table. */

struct row {
    uint8_t op;
    uint8_t type;
    uint8_t sub;
    uint8_t aux;
    uint8_t operands;
};

/* Opcodes below 0x100 at their value, 0xFC00.. behind them. */
#define SLOT(id) (WASM_OP_##id < 0x100 ? WASM_OP_##id : 0x100 + (WASM_OP_##id & 7))

/* clang-format off */
static const struct row rows[0x108] = {
    [SLOT(I32_EQZ)] = { IR_ICMP, IR_I32, IR_EQ, IR_I32, 1 },
    [SLOT(I32_EQ)] = { IR_ICMP, IR_I32, IR_EQ, IR_I32, 2 },
    [SLOT(I32_NE)] = { IR_ICMP, IR_I32, IR_NE, IR_I32, 2 },
    [SLOT(I32_LT_S)] = { IR_ICMP, IR_I32, IR_LT_S, IR_I32, 2 },
    [SLOT(I32_LT_U)] = { IR_ICMP, IR_I32, IR_LT_U, IR_I32, 2 },
    [SLOT(I32_GT_S)] = { IR_ICMP, IR_I32, IR_GT_S, IR_I32, 2 },
    [SLOT(I32_GT_U)] = { IR_ICMP, IR_I32, IR_GT_U, IR_I32, 2 },
    [SLOT(I32_LE_S)] = { IR_ICMP, IR_I32, IR_LE_S, IR_I32, 2 },
    [SLOT(I32_LE_U)] = { IR_ICMP, IR_I32, IR_LE_U, IR_I32, 2 },
    [SLOT(I32_GE_S)] = { IR_ICMP, IR_I32, IR_GE_S, IR_I32, 2 },
    [SLOT(I32_GE_U)] = { IR_ICMP, IR_I32, IR_GE_U, IR_I32, 2 },
    [SLOT(I64_EQZ)] = { IR_ICMP, IR_I32, IR_EQ, IR_I64, 1 },
    [SLOT(I64_EQ)] = { IR_ICMP, IR_I32, IR_EQ, IR_I64, 2 },
    [SLOT(I64_NE)] = { IR_ICMP, IR_I32, IR_NE, IR_I64, 2 },
    [SLOT(I64_LT_S)] = { IR_ICMP, IR_I32, IR_LT_S, IR_I64, 2 },
    [SLOT(I64_LT_U)] = { IR_ICMP, IR_I32, IR_LT_U, IR_I64, 2 },
    [SLOT(I64_GT_S)] = { IR_ICMP, IR_I32, IR_GT_S, IR_I64, 2 },
    [SLOT(I64_GT_U)] = { IR_ICMP, IR_I32, IR_GT_U, IR_I64, 2 },
    [SLOT(I64_LE_S)] = { IR_ICMP, IR_I32, IR_LE_S, IR_I64, 2 },
    [SLOT(I64_LE_U)] = { IR_ICMP, IR_I32, IR_LE_U, IR_I64, 2 },
    [SLOT(I64_GE_S)] = { IR_ICMP, IR_I32, IR_GE_S, IR_I64, 2 },
    [SLOT(I64_GE_U)] = { IR_ICMP, IR_I32, IR_GE_U, IR_I64, 2 },
    [SLOT(F32_EQ)] = { IR_FCMP, IR_I32, IR_EQ, IR_F32, 2 },
    [SLOT(F32_NE)] = { IR_FCMP, IR_I32, IR_NE, IR_F32, 2 },
    [SLOT(F32_LT)] = { IR_FCMP, IR_I32, IR_LT, IR_F32, 2 },
    [SLOT(F32_GT)] = { IR_FCMP, IR_I32, IR_GT, IR_F32, 2 },
    [SLOT(F32_LE)] = { IR_FCMP, IR_I32, IR_LE, IR_F32, 2 },
    [SLOT(F32_GE)] = { IR_FCMP, IR_I32, IR_GE, IR_F32, 2 },
    [SLOT(F64_EQ)] = { IR_FCMP, IR_I32, IR_EQ, IR_F64, 2 },
    [SLOT(F64_NE)] = { IR_FCMP, IR_I32, IR_NE, IR_F64, 2 },
    [SLOT(F64_LT)] = { IR_FCMP, IR_I32, IR_LT, IR_F64, 2 },
    [SLOT(F64_GT)] = { IR_FCMP, IR_I32, IR_GT, IR_F64, 2 },
    [SLOT(F64_LE)] = { IR_FCMP, IR_I32, IR_LE, IR_F64, 2 },
    [SLOT(F64_GE)] = { IR_FCMP, IR_I32, IR_GE, IR_F64, 2 },
    [SLOT(I32_CLZ)] = { IR_CLZ, IR_I32, 0, 0, 1 },
    [SLOT(I32_CTZ)] = { IR_CTZ, IR_I32, 0, 0, 1 },
    [SLOT(I32_POPCNT)] = { IR_POPCNT, IR_I32, 0, 0, 1 },
    [SLOT(I32_ADD)] = { IR_ADD, IR_I32, 0, 0, 2 },
    [SLOT(I32_SUB)] = { IR_SUB, IR_I32, 0, 0, 2 },
    [SLOT(I32_MUL)] = { IR_MUL, IR_I32, 0, 0, 2 },
    [SLOT(I32_DIV_S)] = { IR_DIV_S, IR_I32, 0, 0, 2 },
    [SLOT(I32_DIV_U)] = { IR_DIV_U, IR_I32, 0, 0, 2 },
    [SLOT(I32_REM_S)] = { IR_REM_S, IR_I32, 0, 0, 2 },
    [SLOT(I32_REM_U)] = { IR_REM_U, IR_I32, 0, 0, 2 },
    [SLOT(I32_AND)] = { IR_AND, IR_I32, 0, 0, 2 },
    [SLOT(I32_OR)] = { IR_OR, IR_I32, 0, 0, 2 },
    [SLOT(I32_XOR)] = { IR_XOR, IR_I32, 0, 0, 2 },
    [SLOT(I32_SHL)] = { IR_SHL, IR_I32, 0, 0, 2 },
    [SLOT(I32_SHR_S)] = { IR_SHR_S, IR_I32, 0, 0, 2 },
    [SLOT(I32_SHR_U)] = { IR_SHR_U, IR_I32, 0, 0, 2 },
    [SLOT(I32_ROTL)] = { IR_ROTL, IR_I32, 0, 0, 2 },
    [SLOT(I32_ROTR)] = { IR_ROTR, IR_I32, 0, 0, 2 },
    [SLOT(I64_CLZ)] = { IR_CLZ, IR_I64, 0, 0, 1 },
    [SLOT(I64_CTZ)] = { IR_CTZ, IR_I64, 0, 0, 1 },
    [SLOT(I64_POPCNT)] = { IR_POPCNT, IR_I64, 0, 0, 1 },
    [SLOT(I64_ADD)] = { IR_ADD, IR_I64, 0, 0, 2 },
    [SLOT(I64_SUB)] = { IR_SUB, IR_I64, 0, 0, 2 },
    [SLOT(I64_MUL)] = { IR_MUL, IR_I64, 0, 0, 2 },
    [SLOT(I64_DIV_S)] = { IR_DIV_S, IR_I64, 0, 0, 2 },
    [SLOT(I64_DIV_U)] = { IR_DIV_U, IR_I64, 0, 0, 2 },
    [SLOT(I64_REM_S)] = { IR_REM_S, IR_I64, 0, 0, 2 },
    [SLOT(I64_REM_U)] = { IR_REM_U, IR_I64, 0, 0, 2 },
    [SLOT(I64_AND)] = { IR_AND, IR_I64, 0, 0, 2 },
    [SLOT(I64_OR)] = { IR_OR, IR_I64, 0, 0, 2 },
    [SLOT(I64_XOR)] = { IR_XOR, IR_I64, 0, 0, 2 },
    [SLOT(I64_SHL)] = { IR_SHL, IR_I64, 0, 0, 2 },
    [SLOT(I64_SHR_S)] = { IR_SHR_S, IR_I64, 0, 0, 2 },
    [SLOT(I64_SHR_U)] = { IR_SHR_U, IR_I64, 0, 0, 2 },
    [SLOT(I64_ROTL)] = { IR_ROTL, IR_I64, 0, 0, 2 },
    [SLOT(I64_ROTR)] = { IR_ROTR, IR_I64, 0, 0, 2 },
    [SLOT(F32_ABS)] = { IR_FABS, IR_F32, 0, 0, 1 },
    [SLOT(F32_NEG)] = { IR_FNEG, IR_F32, 0, 0, 1 },
    [SLOT(F32_CEIL)] = { IR_FCEIL, IR_F32, 0, 0, 1 },
    [SLOT(F32_FLOOR)] = { IR_FFLOOR, IR_F32, 0, 0, 1 },
    [SLOT(F32_TRUNC)] = { IR_FTRUNC, IR_F32, 0, 0, 1 },
    [SLOT(F32_NEAREST)] = { IR_FNEAREST, IR_F32, 0, 0, 1 },
    [SLOT(F32_SQRT)] = { IR_FSQRT, IR_F32, 0, 0, 1 },
    [SLOT(F32_ADD)] = { IR_FADD, IR_F32, 0, 0, 2 },
    [SLOT(F32_SUB)] = { IR_FSUB, IR_F32, 0, 0, 2 },
    [SLOT(F32_MUL)] = { IR_FMUL, IR_F32, 0, 0, 2 },
    [SLOT(F32_DIV)] = { IR_FDIV, IR_F32, 0, 0, 2 },
    [SLOT(F32_MIN)] = { IR_FMIN, IR_F32, 0, 0, 2 },
    [SLOT(F32_MAX)] = { IR_FMAX, IR_F32, 0, 0, 2 },
    [SLOT(F32_COPYSIGN)] = { IR_FCOPYSIGN, IR_F32, 0, 0, 2 },
    [SLOT(F64_ABS)] = { IR_FABS, IR_F64, 0, 0, 1 },
    [SLOT(F64_NEG)] = { IR_FNEG, IR_F64, 0, 0, 1 },
    [SLOT(F64_CEIL)] = { IR_FCEIL, IR_F64, 0, 0, 1 },
    [SLOT(F64_FLOOR)] = { IR_FFLOOR, IR_F64, 0, 0, 1 },
    [SLOT(F64_TRUNC)] = { IR_FTRUNC, IR_F64, 0, 0, 1 },
    [SLOT(F64_NEAREST)] = { IR_FNEAREST, IR_F64, 0, 0, 1 },
    [SLOT(F64_SQRT)] = { IR_FSQRT, IR_F64, 0, 0, 1 },
    [SLOT(F64_ADD)] = { IR_FADD, IR_F64, 0, 0, 2 },
    [SLOT(F64_SUB)] = { IR_FSUB, IR_F64, 0, 0, 2 },
    [SLOT(F64_MUL)] = { IR_FMUL, IR_F64, 0, 0, 2 },
    [SLOT(F64_DIV)] = { IR_FDIV, IR_F64, 0, 0, 2 },
    [SLOT(F64_MIN)] = { IR_FMIN, IR_F64, 0, 0, 2 },
    [SLOT(F64_MAX)] = { IR_FMAX, IR_F64, 0, 0, 2 },
    [SLOT(F64_COPYSIGN)] = { IR_FCOPYSIGN, IR_F64, 0, 0, 2 },
    [SLOT(I32_WRAP_I64)] = { IR_WRAP, IR_I32, 0, 0, 1 },
    [SLOT(I32_TRUNC_F32_S)] = { IR_TRUNC_S, IR_I32, 0, IR_F32, 1 },
    [SLOT(I32_TRUNC_F32_U)] = { IR_TRUNC_U, IR_I32, 0, IR_F32, 1 },
    [SLOT(I32_TRUNC_F64_S)] = { IR_TRUNC_S, IR_I32, 0, IR_F64, 1 },
    [SLOT(I32_TRUNC_F64_U)] = { IR_TRUNC_U, IR_I32, 0, IR_F64, 1 },
    [SLOT(I64_EXTEND_I32_S)] = { IR_EXTEND_S, IR_I64, 0, 0, 1 },
    [SLOT(I64_EXTEND_I32_U)] = { IR_EXTEND_U, IR_I64, 0, 0, 1 },
    [SLOT(I64_TRUNC_F32_S)] = { IR_TRUNC_S, IR_I64, 0, IR_F32, 1 },
    [SLOT(I64_TRUNC_F32_U)] = { IR_TRUNC_U, IR_I64, 0, IR_F32, 1 },
    [SLOT(I64_TRUNC_F64_S)] = { IR_TRUNC_S, IR_I64, 0, IR_F64, 1 },
    [SLOT(I64_TRUNC_F64_U)] = { IR_TRUNC_U, IR_I64, 0, IR_F64, 1 },
    [SLOT(F32_CONVERT_I32_S)] = { IR_CONVERT_S, IR_F32, 0, IR_I32, 1 },
    [SLOT(F32_CONVERT_I32_U)] = { IR_CONVERT_U, IR_F32, 0, IR_I32, 1 },
    [SLOT(F32_CONVERT_I64_S)] = { IR_CONVERT_S, IR_F32, 0, IR_I64, 1 },
    [SLOT(F32_CONVERT_I64_U)] = { IR_CONVERT_U, IR_F32, 0, IR_I64, 1 },
    [SLOT(F32_DEMOTE_F64)] = { IR_DEMOTE, IR_F32, 0, 0, 1 },
    [SLOT(F64_CONVERT_I32_S)] = { IR_CONVERT_S, IR_F64, 0, IR_I32, 1 },
    [SLOT(F64_CONVERT_I32_U)] = { IR_CONVERT_U, IR_F64, 0, IR_I32, 1 },
    [SLOT(F64_CONVERT_I64_S)] = { IR_CONVERT_S, IR_F64, 0, IR_I64, 1 },
    [SLOT(F64_CONVERT_I64_U)] = { IR_CONVERT_U, IR_F64, 0, IR_I64, 1 },
    [SLOT(F64_PROMOTE_F32)] = { IR_PROMOTE, IR_F64, 0, 0, 1 },
    [SLOT(I32_REINTERPRET_F32)] = { IR_BITS, IR_I32, 0, IR_F32, 1 },
    [SLOT(I64_REINTERPRET_F64)] = { IR_BITS, IR_I64, 0, IR_F64, 1 },
    [SLOT(F32_REINTERPRET_I32)] = { IR_BITS, IR_F32, 0, IR_I32, 1 },
    [SLOT(F64_REINTERPRET_I64)] = { IR_BITS, IR_F64, 0, IR_I64, 1 },
    [SLOT(I32_EXTEND8_S)] = { IR_EXTEND8_S, IR_I32, 0, 0, 1 },
    [SLOT(I32_EXTEND16_S)] = { IR_EXTEND16_S, IR_I32, 0, 0, 1 },
    [SLOT(I64_EXTEND8_S)] = { IR_EXTEND8_S, IR_I64, 0, 0, 1 },
    [SLOT(I64_EXTEND16_S)] = { IR_EXTEND16_S, IR_I64, 0, 0, 1 },
    [SLOT(I64_EXTEND32_S)] = { IR_EXTEND32_S, IR_I64, 0, 0, 1 },
    [SLOT(I32_TRUNC_SAT_F32_S)] = { IR_TRUNC_SAT_S, IR_I32, 0, IR_F32, 1 },
    [SLOT(I32_TRUNC_SAT_F32_U)] = { IR_TRUNC_SAT_U, IR_I32, 0, IR_F32, 1 },
    [SLOT(I32_TRUNC_SAT_F64_S)] = { IR_TRUNC_SAT_S, IR_I32, 0, IR_F64, 1 },
    [SLOT(I32_TRUNC_SAT_F64_U)] = { IR_TRUNC_SAT_U, IR_I32, 0, IR_F64, 1 },
    [SLOT(I64_TRUNC_SAT_F32_S)] = { IR_TRUNC_SAT_S, IR_I64, 0, IR_F32, 1 },
    [SLOT(I64_TRUNC_SAT_F32_U)] = { IR_TRUNC_SAT_U, IR_I64, 0, IR_F32, 1 },
    [SLOT(I64_TRUNC_SAT_F64_S)] = { IR_TRUNC_SAT_S, IR_I64, 0, IR_F64, 1 },
    [SLOT(I64_TRUNC_SAT_F64_U)] = { IR_TRUNC_SAT_U, IR_I64, 0, IR_F64, 1 },
};
/* clang-format on */

static bool is_division(uint8_t op)
{
    return op == IR_DIV_S || op == IR_DIV_U || op == IR_REM_S || op == IR_REM_U;
}

static ir_value build_division(struct builder *b, struct ir_val v)
{
    if (b->optimize && is_const(b, v.b)) {
        uint64_t d = bits_at(b, v.b);
        ir_value q = fold_divide(b, &v);

        if (q != 0)
            return q;
        if (d != 0)
            v.sub |= 1;
        if (d != (v.type == IR_I32 ? UINT32_MAX : UINT64_MAX))
            v.sub |= 2;
    }
    if (b->optimize && (ir_flags_of(b->f, &v) & IR_FLAG_TRAP) == 0)
        return emit_pure(b, v);
    b->effects++;
    return emit(b, v);
}

/* Operations that may give a NaN whose payload or sign the specification leaves open. */
static bool makes_nan(uint8_t op)
{
    switch (op) {
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FMIN:
    case IR_FMAX:
    case IR_FSQRT:
    case IR_FCEIL:
    case IR_FFLOOR:
    case IR_FTRUNC:
    case IR_FNEAREST:
    case IR_PROMOTE:
    case IR_DEMOTE: return true;
    default: return false;
    }
}

bool build_numeric(struct builder *b, const struct wasm_instr *i)
{
    uint32_t slot = i->op < 0x100 ? i->op : 0x100 + (i->op & 7u);
    const struct row *row = &rows[slot];
    struct ir_val v = { .op = row->op, .type = row->type, .sub = row->sub, .aux = row->aux };
    ir_value made;

    if (row->operands == 0 || (i->op >= 0x100 && (i->op & 0xfff8) != 0xfc00))
        return false;
    if (row->operands == 2)
        v.b = pop(b);
    v.a = pop(b);
    if (row->op == IR_ICMP && row->operands == 1) /* eqz */
        v.b = emit_const(b, row->aux, 0);
    if (is_division(row->op)) {
        made = build_division(b, v);
    } else if (row->op == IR_TRUNC_S || row->op == IR_TRUNC_U) {
        b->effects++;
        made = emit(b, v);
    } else {
        made = emit_pure(b, v);
    }
    if (b->deterministic && makes_nan(row->op))
        made = emit_pure(
            b, (struct ir_val){ .op = IR_CANON, .type = row->type, .aux = row->type, .a = made });
    push(b, made);
    return true;
}
