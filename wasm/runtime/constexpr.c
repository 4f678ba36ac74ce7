/* Constant expressions, evaluated (core 4.7.1). The module is validated: operands
 * are there, types fit, and only the operations below occur (core 3.3.10). */
#include <string.h>

#include "wasm/decode/instr.h"
#include "wasm/runtime/runtime.h"

/* Operands at one time. Each comes from an instruction of two bytes at least, so that
 * only expressions longer than that can have more, and those are counted when the
 * module is read (wasm_constexpr_check). */
enum { STACK = 64, OPERAND_SIZE = 2 };

struct machine {
    union wasm_value stack[STACK];
    uint32_t depth;
};

static void push(struct machine *m, union wasm_value v)
{
    if (m->depth < STACK)
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

/* The depth that a validated expression needs: operators take two and give one. */
static bool fits(struct wasm_constexpr expr)
{
    struct reader r = reader_of(expr.code);
    struct wasm_instr i;
    uint32_t depth = 0;

    if (expr.code.size <= STACK * OPERAND_SIZE)
        return true;
    while (r.left != 0 && wasm_instr_read(&i, &r, expr.offset, NULL) == ERR_OK &&
           i.op != WASM_OP_END) {
        bool operator= i.op >= WASM_OP_I32_ADD && i.op <= WASM_OP_I64_MUL;

        depth = operator? depth - 1 : depth + 1;
        if (depth > STACK)
            return false;
    }
    return true;
}

static enum err check(struct wasm_constexpr expr, struct wasm_note *note)
{
    if (fits(expr))
        return ERR_OK;
    return note_at(note, ERR_LIMIT, expr.offset, "constant expression",
                   "more than 64 operands at one time");
}

enum err wasm_constexpr_check(const struct wasm_decoded *m, struct wasm_note *note)
{
    for (uint32_t i = 0; i < m->table_count; i++)
        TRY(check(m->tables[i].init, note));
    for (uint32_t i = m->imported_global_count; i < m->global_count; i++)
        TRY(check(m->globals[i].init, note));
    for (uint32_t i = 0; i < m->elem_count; i++) {
        TRY(check(m->elems[i].offset, note));
        for (uint32_t k = 0; k < m->elems[i].count && m->elems[i].functions == NULL; k++)
            TRY(check(m->elems[i].exprs[k], note));
    }
    for (uint32_t i = 0; i < m->data_segment_count; i++)
        TRY(check(m->datas[i].offset, note));
    return ERR_OK;
}
