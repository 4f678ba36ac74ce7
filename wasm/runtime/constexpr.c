/* Constant expressions, evaluated (core 4.7.1). The module is validated: operands
 * are there, types fit, and only the operations below occur (core 3.3.10). */
#include <string.h>

#include "wasm/decode/instr.h"
#include "wasm/runtime/runtime.h"

struct machine {
    union wasm_value stack[WASM_CONSTEXPR_OPERANDS];
    uint32_t depth;
};

static void push(struct machine *m, union wasm_value v)
{
    if (m->depth < WASM_CONSTEXPR_OPERANDS)
        m->stack[m->depth++] = v;
}

static uint64_t binary(uint16_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case WASM_OP_I32_ADD: return (uint32_t)(a + b);
    case WASM_OP_I32_SUB: return (uint32_t)(a - b);
    case WASM_OP_I32_MUL: return (uint32_t)(a * b);
    case WASM_OP_I64_ADD: return a + b;
    case WASM_OP_I64_SUB: return a - b;
    default: /* I64_MUL */ return a * b;
    }
}

static union wasm_value word(uint64_t w) { return (union wasm_value){ .words = { w, 0 } }; }

static void step(struct machine *m, struct wasm_instance *instance, const struct wasm_instr *i)
{
    union wasm_value v = { 0 };

    switch (i->op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_F32_CONST: push(m, word((uint32_t)i->value)); break;
    case WASM_OP_I64_CONST:
    case WASM_OP_F64_CONST: push(m, word(i->value)); break;
    case WASM_OP_V128_CONST:
        memcpy(v.v128, i->v128, sizeof v.v128);
        push(m, v);
        break;
    case WASM_OP_REF_NULL: push(m, word(wasm_word_null(i->type))); break;
    case WASM_OP_REF_FUNC:
        push(m, word((uint64_t)(uintptr_t)wasm_instance_function_index(instance, i->a)));
        break;
    case WASM_OP_GLOBAL_GET: push(m, *instance->globals[i->a]->value); break;
    default:
        if (m->depth >= 2) {
            m->depth--;
            m->stack[m->depth - 1] =
                word(binary(i->op, m->stack[m->depth - 1].words[0], m->stack[m->depth].words[0]));
        }
        break;
    }
}

union wasm_value wasm_constexpr_value(struct wasm_instance *instance, struct wasm_constexpr expr)
{
    struct reader r = reader_of(expr.code);
    struct machine m = { .depth = 0 };
    struct wasm_instr i;

    while (r.left != 0 && wasm_instr_read(&i, &r, expr.offset, NULL) == ERR_OK &&
           i.op != WASM_OP_END)
        step(&m, instance, &i);
    return m.stack[0];
}
