/* variable.c: locals, globals and the parametric instructions (core 3.4.3 to
 * 3.4.5). */
#include "wasm/validate/body.h"

static enum err local(struct body *b)
{
    enum wasm_type type;

    if (b->i.a >= b->locals.count)
        return body_unknown(b, "unknown local", b->i.a, b->locals.count);
    type = local_runs_type(&b->locals, b->i.a);
    if (b->i.op != WASM_OP_LOCAL_GET)
        TRY(body_pop(b, type));
    return b->i.op == WASM_OP_LOCAL_SET ? ERR_OK : body_push(b, type);
}

static enum err global(struct body *b)
{
    const struct wasm_globaltype *g;

    if (b->i.a >= b->m->global_count)
        return body_unknown(b, "unknown global", b->i.a, b->m->global_count);
    g = &b->m->globals[b->i.a];
    if (b->i.op == WASM_OP_GLOBAL_GET)
        return body_push(b, g->type);
    if (!g->is_mutable)
        return body_refuse(b, "immutable global", NULL);
    return body_pop(b, g->type);
}

/* Without a type: numbers and vectors only, so that no subtype is ever guessed. */
static enum err select_untyped(struct body *b)
{
    enum wasm_type second;
    enum wasm_type first;

    TRY(body_pop(b, WASM_I32));
    TRY(body_pop_any(b, &second));
    TRY(body_pop_any(b, &first));
    if (wasm_type_is_ref(first) || wasm_type_is_ref(second))
        return body_refuse(b, "type mismatch", "references need select with a type");
    if (first != second && first != TYPE_UNKNOWN && second != TYPE_UNKNOWN)
        return body_mismatch(b, first, second);
    return body_push(b, first == TYPE_UNKNOWN ? second : first);
}

static enum err select_typed(struct body *b)
{
    if (b->i.a != 1)
        return body_refuse(b, "invalid result arity", "exactly one type");
    TRY(body_pop(b, WASM_I32));
    TRY(body_pop(b, b->i.type));
    TRY(body_pop(b, b->i.type));
    return body_push(b, b->i.type);
}

enum err body_variable(struct body *b)
{
    enum wasm_type any;

    switch (b->i.op) {
    case WASM_OP_DROP: return body_pop_any(b, &any);
    case WASM_OP_SELECT: return select_untyped(b);
    case WASM_OP_SELECT_T: return select_typed(b);
    case WASM_OP_LOCAL_GET:
    case WASM_OP_LOCAL_SET:
    case WASM_OP_LOCAL_TEE: return local(b);
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_GLOBAL_SET: return global(b);
    default: return ERR_USAGE;
    }
}
