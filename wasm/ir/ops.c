#include "wasm/ir/operand.h"

enum {
    P = IR_FLAG_PURE,
    T = IR_FLAG_TRAP,
    S = IR_FLAG_EFFECT,
    TS = IR_FLAG_TRAP | IR_FLAG_EFFECT,
    X = IR_FLAG_END,
};

enum {
    A = IR_USES_A,
    B = IR_USES_B,
    AB = IR_USES_A | IR_USES_B,
    AC = IR_USES_A | IR_USES_C,
    ABC = IR_USES_A | IR_USES_B | IR_USES_C,
    LIST = IR_USES_LIST,
    PHI = IR_USES_PHI,
    SWAP = IR_USES_A | IR_USES_B | IR_USES_SWAP,
};

const uint8_t ir_op_flags[IR_OP_COUNT] = {
#define OP(name, flags, operands) [IR_##name] = (flags),
#include "wasm/ir/ops.def"
#undef OP
};

const uint8_t ir_op_operands[IR_OP_COUNT] = {
#define OP(name, flags, operands) [IR_##name] = (operands),
#include "wasm/ir/ops.def"
#undef OP
};

const char *const ir_op_names[IR_OP_COUNT] = {
#define OP(name, flags, operands) [IR_##name] = #name,
#include "wasm/ir/ops.def"
#undef OP
};

uint8_t ir_flags_of(const struct ir_func *f, const struct ir_val *v)
{
    switch (v->op) {
    case IR_DIV_U:
    case IR_REM_U:
    case IR_REM_S: return (v->sub & 1) != 0 ? IR_FLAG_PURE : IR_FLAG_TRAP;
    case IR_DIV_S: return (v->sub & 3) == 3 ? IR_FLAG_PURE : IR_FLAG_TRAP;
    case IR_GLOBAL_GET:
        return f->unit->module->globals[v->a].is_mutable ? IR_FLAG_EFFECT : IR_FLAG_PURE;
    default: return ir_op_flags[v->op];
    }
}

ir_value ir_resolve(struct ir_func *f, ir_value v)
{
    ir_value end = v;

    while (f->values[end].op == IR_COPY)
        end = f->values[end].a;
    /* Shorten the way for the next who asks. */
    while (f->values[v].op == IR_COPY && f->values[v].a != end) {
        ir_value next = f->values[v].a;

        f->values[v].a = end;
        v = next;
    }
    return end;
}

uint32_t *ir_scratch(struct ir_func *f)
{
    return ARENA_RESERVE(f->arena, f->scratch, f->scratch_room, f->value_count) ? f->scratch : NULL;
}
