/* constexpr.c: constant expressions (core 3.3.10). They are ordinary bodies of
 * which few instructions are allowed. */
#include "wasm/validate/body.h"

static enum err check_global(struct body *b, uint32_t globals)
{
    if (b->i.a >= globals)
        return body_unknown(b, "unknown global", b->i.a, globals);
    if (b->m->globals[b->i.a].is_mutable)
        return body_refuse(b, "constant expression required", "the global is mutable");
    if (b->i.a >= b->m->imported_global_count)
        b->features |= WASM_FEATURE_EXTENDED_CONST;
    return ERR_OK;
}

static enum err check_allowed(struct body *b, uint32_t globals)
{
    switch (b->i.op) {
    case WASM_OP_I32_CONST ... WASM_OP_F64_CONST:
    case WASM_OP_V128_CONST:
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_END: return ERR_OK;
    case WASM_OP_I32_ADD ... WASM_OP_I32_MUL:
    case WASM_OP_I64_ADD ... WASM_OP_I64_MUL:
        b->features |= WASM_FEATURE_EXTENDED_CONST;
        return ERR_OK;
    case WASM_OP_GLOBAL_GET: return check_global(b, globals);
    default: return body_refuse(b, "constant expression required", NULL);
    }
}

enum err body_check_constexpr(struct body *b, const struct wasm_constexpr *e, enum wasm_type result,
                              uint32_t globals)
{
    uint8_t type = (uint8_t)result;
    struct wasm_signature frame = { .results = &type, .result_count = 1 };

    b->r = reader_of(e->code);
    b->base = e->offset;
    b->i = (struct wasm_instr){ .offset = e->offset };
    b->count = 0;
    b->depth = 0;
    TRY(body_open(b, WASM_OP_BLOCK, frame));
    while (b->depth != 0) {
        TRY(wasm_instr_read(&b->i, &b->r, b->base, b->note));
        b->features |= wasm_op_feature(b->i.op);
        TRY(check_allowed(b, globals));
        TRY(body_step(b));
        if (b->count > WASM_CONSTEXPR_OPERANDS)
            return note_at(b->note, ERR_LIMIT, e->offset, "constant expression",
                           "more than 64 operands at one time");
    }
    return ERR_OK;
}
