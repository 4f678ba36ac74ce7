/* call.c: calls, tail calls and returns (core 3.4.2). */
#include <string.h>

#include "wasm/validate/body.h"

static enum err callee_direct(struct body *b, struct wasm_signature *out)
{
    if (b->i.a >= b->m->func_count)
        return body_unknown(b, "unknown function", b->i.a, b->m->func_count);
    *out = b->m->types[b->m->funcs[b->i.a].type].signature;
    return ERR_OK;
}

static enum err callee_indirect(struct body *b, struct wasm_signature *out)
{
    const struct wasm_tabletype *table;

    if (b->i.b >= b->m->table_count)
        return body_unknown(b, "unknown table", b->i.b, b->m->table_count);
    table = &b->m->tables[b->i.b];
    if (table->type != WASM_FUNCREF)
        return body_mismatch(b, WASM_FUNCREF, table->type);
    if (b->i.a >= b->m->type_count)
        return body_unknown(b, "unknown type", b->i.a, b->m->type_count);
    if (b->i.b != 0)
        b->features |= WASM_FEATURE_REFERENCE_TYPES;
    *out = b->m->types[b->i.a].signature;
    return body_pop(b, limits_address(&table->limits));
}

static enum err call_ordinary(struct body *b, const struct wasm_signature *callee)
{
    TRY(body_pop_list(b, callee->params, callee->param_count));
    return body_push_list(b, callee->results, callee->result_count);
}

/* "The result type of the callee must match that of the caller." */
static enum err call_tail(struct body *b, const struct wasm_signature *callee)
{
    if (callee->result_count != b->type.result_count ||
        (callee->result_count != 0 &&
         memcmp(callee->results, b->type.results, callee->result_count) != 0))
        return body_refuse(b, "type mismatch", "results differ from those of the caller");
    TRY(body_pop_list(b, callee->params, callee->param_count));
    body_end_reachable(b);
    return ERR_OK;
}

enum err body_call(struct body *b)
{
    struct wasm_signature callee;

    switch (b->i.op) {
    case WASM_OP_CALL: TRY(callee_direct(b, &callee)); return call_ordinary(b, &callee);
    case WASM_OP_CALL_INDIRECT: TRY(callee_indirect(b, &callee)); return call_ordinary(b, &callee);
    case WASM_OP_RETURN_CALL: TRY(callee_direct(b, &callee)); return call_tail(b, &callee);
    case WASM_OP_RETURN_CALL_INDIRECT:
        TRY(callee_indirect(b, &callee));
        return call_tail(b, &callee);
    case WASM_OP_RETURN:
        TRY(body_pop_list(b, b->type.results, b->type.result_count));
        body_end_reachable(b);
        return ERR_OK;
    default: return ERR_USAGE;
    }
}
