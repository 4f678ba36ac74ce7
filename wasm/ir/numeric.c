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
/* T is the type of the opcode's name and of its operands; CONVERTS has a pair of those. */
#define COMPARE(T, op, cc) [SLOT(T##_##cc)] = { op, IR_I32, IR_##cc, IR_##T, 2 }
#define UNARY(T, name, op) [SLOT(T##_##name)] = { op, IR_##T, 0, 0, 1 }
#define BINARY(T, name, op) [SLOT(T##_##name)] = { op, IR_##T, 0, 0, 2 }
#define CONVERT(T, name, op, from) [SLOT(T##_##name)] = { op, IR_##T, 0, from, 1 }

#define INTEGERS(T)                                                                             \
    [SLOT(T##_EQZ)] = { IR_ICMP, IR_I32, IR_EQ, IR_##T, 1 },                                    \
    COMPARE(T, IR_ICMP, EQ), COMPARE(T, IR_ICMP, NE),                                           \
    COMPARE(T, IR_ICMP, LT_S), COMPARE(T, IR_ICMP, LT_U),                                       \
    COMPARE(T, IR_ICMP, GT_S), COMPARE(T, IR_ICMP, GT_U),                                       \
    COMPARE(T, IR_ICMP, LE_S), COMPARE(T, IR_ICMP, LE_U),                                       \
    COMPARE(T, IR_ICMP, GE_S), COMPARE(T, IR_ICMP, GE_U),                                       \
    UNARY(T, CLZ, IR_CLZ), UNARY(T, CTZ, IR_CTZ), UNARY(T, POPCNT, IR_POPCNT),                  \
    BINARY(T, ADD, IR_ADD), BINARY(T, SUB, IR_SUB), BINARY(T, MUL, IR_MUL),                     \
    BINARY(T, DIV_S, IR_DIV_S), BINARY(T, DIV_U, IR_DIV_U),                                     \
    BINARY(T, REM_S, IR_REM_S), BINARY(T, REM_U, IR_REM_U),                                     \
    BINARY(T, AND, IR_AND), BINARY(T, OR, IR_OR), BINARY(T, XOR, IR_XOR),                       \
    BINARY(T, SHL, IR_SHL), BINARY(T, SHR_S, IR_SHR_S), BINARY(T, SHR_U, IR_SHR_U),             \
    BINARY(T, ROTL, IR_ROTL), BINARY(T, ROTR, IR_ROTR),                                         \
    UNARY(T, EXTEND8_S, IR_EXTEND8_S), UNARY(T, EXTEND16_S, IR_EXTEND16_S)

#define FLOATS(T)                                                                               \
    COMPARE(T, IR_FCMP, EQ), COMPARE(T, IR_FCMP, NE), COMPARE(T, IR_FCMP, LT),                  \
    COMPARE(T, IR_FCMP, GT), COMPARE(T, IR_FCMP, LE), COMPARE(T, IR_FCMP, GE),                  \
    UNARY(T, ABS, IR_FABS), UNARY(T, NEG, IR_FNEG), UNARY(T, SQRT, IR_FSQRT),                   \
    UNARY(T, CEIL, IR_FCEIL), UNARY(T, FLOOR, IR_FFLOOR),                                       \
    UNARY(T, TRUNC, IR_FTRUNC), UNARY(T, NEAREST, IR_FNEAREST),                                 \
    BINARY(T, ADD, IR_FADD), BINARY(T, SUB, IR_FSUB), BINARY(T, MUL, IR_FMUL),                  \
    BINARY(T, DIV, IR_FDIV), BINARY(T, MIN, IR_FMIN), BINARY(T, MAX, IR_FMAX),                  \
    BINARY(T, COPYSIGN, IR_FCOPYSIGN)

#define CONVERTS(I, F)                                                                          \
    CONVERT(I, TRUNC_##F##_S, IR_TRUNC_S, IR_##F),                                              \
    CONVERT(I, TRUNC_##F##_U, IR_TRUNC_U, IR_##F),                                              \
    CONVERT(I, TRUNC_SAT_##F##_S, IR_TRUNC_SAT_S, IR_##F),                                      \
    CONVERT(I, TRUNC_SAT_##F##_U, IR_TRUNC_SAT_U, IR_##F),                                      \
    CONVERT(F, CONVERT_##I##_S, IR_CONVERT_S, IR_##I),                                          \
    CONVERT(F, CONVERT_##I##_U, IR_CONVERT_U, IR_##I)

static const struct row rows[0x108] = {
    INTEGERS(I32), INTEGERS(I64), FLOATS(F32), FLOATS(F64),
    CONVERTS(I32, F32), CONVERTS(I32, F64), CONVERTS(I64, F32), CONVERTS(I64, F64),
    UNARY(I64, EXTEND32_S, IR_EXTEND32_S), UNARY(I32, WRAP_I64, IR_WRAP),
    UNARY(I64, EXTEND_I32_S, IR_EXTEND_S), UNARY(I64, EXTEND_I32_U, IR_EXTEND_U),
    UNARY(F32, DEMOTE_F64, IR_DEMOTE), UNARY(F64, PROMOTE_F32, IR_PROMOTE),
    CONVERT(I32, REINTERPRET_F32, IR_BITS, IR_F32), CONVERT(F32, REINTERPRET_I32, IR_BITS, IR_I32),
    CONVERT(I64, REINTERPRET_F64, IR_BITS, IR_F64), CONVERT(F64, REINTERPRET_I64, IR_BITS, IR_I64),
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
    return (op >= IR_FADD && op <= IR_FMAX) || (op >= IR_FSQRT && op <= IR_FNEAREST) ||
           op == IR_PROMOTE || op == IR_DEMOTE;
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
