/* control.c: blocks and branches (core 3.4.1, 3.4.2). */
#include <string.h>

#include "wasm/validate/body.h"

/* A block type that is a value type: its one result, to point at. */
static const uint8_t singles[] = {
    WASM_NONE, WASM_I32,     WASM_I64,       WASM_F32,    WASM_F64,
    WASM_V128, WASM_FUNCREF, WASM_EXTERNREF, WASM_EXNREF,
};

enum err body_block_type(struct body *b, struct wasm_signature *out)
{
    if (!b->i.block_has_type) {
        *out = (struct wasm_signature){ .results = &singles[b->i.type],
                                        .result_count = b->i.type != WASM_NONE };
        return ERR_OK;
    }
    if (b->i.a >= b->m->type_count)
        return body_unknown(b, "unknown type", b->i.a, b->m->type_count);
    *out = b->m->types[b->i.a].signature;
    if (out->param_count != 0 || out->result_count > 1)
        b->features |= WASM_FEATURE_MULTI_VALUE;
    return ERR_OK;
}

enum err body_block_open(struct body *b)
{
    struct wasm_signature type;

    TRY(body_block_type(b, &type));
    if (b->i.op == WASM_OP_IF)
        TRY(body_pop(b, WASM_I32));
    TRY(body_pop_list(b, type.params, type.param_count));
    return body_open(b, b->i.op, type);
}

static enum err block_else(struct body *b)
{
    struct frame frame;

    if (body_top(b)->op != WASM_OP_IF)
        return note_at(b->note, ERR_MALFORMED, b->i.offset, "unexpected token",
                       "else outside of if");
    TRY(body_close(b, &frame));
    return body_open(b, WASM_OP_ELSE, frame.type);
}

static enum err block_end(struct body *b)
{
    struct frame frame;
    const struct wasm_signature *type = &frame.type;

    TRY(body_close(b, &frame));
    /* The empty else that is not there must turn parameters into results. */
    if (frame.op == WASM_OP_IF &&
        (type->param_count != type->result_count ||
         (type->param_count != 0 && memcmp(type->params, type->results, type->param_count) != 0)))
        return body_refuse(b, "type mismatch", "if without else changes its operands");
    if (b->depth == 0)
        return ERR_OK; /* the end of the body itself */
    return body_push_list(b, type->results, type->result_count);
}

static enum err branch(struct body *b)
{
    struct frame *target;
    struct label label;

    if (b->i.op == WASM_OP_BR_IF)
        TRY(body_pop(b, WASM_I32));
    target = body_label_frame(b, b->i.a);
    if (target == NULL)
        return ERR_INVALID;
    label = body_label_of(target);
    TRY(body_pop_list(b, label.types, label.count));
    if (b->i.op == WASM_OP_BR_IF)
        return body_push_list(b, label.types, label.count);
    body_end_reachable(b);
    return ERR_OK;
}

/* Labels of the same block, and labels of the same type one after the other, are
 * judged once. */
static enum err branch_table(struct body *b)
{
    struct label last = { 0 };
    uint32_t labels = b->i.a + 1;

    TRY(body_pop(b, WASM_I32));
    b->stamp++;
    for (uint32_t k = 0; k < labels; k++) {
        struct frame *target = body_label_frame(b, wasm_instr_next_label(&b->i));
        struct label label;

        if (target == NULL)
            return ERR_INVALID;
        if (target->stamp == b->stamp)
            continue;
        target->stamp = b->stamp;
        label = body_label_of(target);
        if (k != 0 && label.count != last.count)
            return body_refuse(b, "type mismatch", "labels take different numbers of operands");
        if (k == 0 || label.types != last.types)
            TRY(body_check_list(b, label.types, label.count));
        last = label;
    }
    body_end_reachable(b);
    return ERR_OK;
}

enum err body_control(struct body *b)
{
    switch (b->i.op) {
    case WASM_OP_UNREACHABLE: body_end_reachable(b); return ERR_OK;
    case WASM_OP_NOP: return ERR_OK;
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF: return body_block_open(b);
    case WASM_OP_ELSE: return block_else(b);
    case WASM_OP_END: return block_end(b);
    case WASM_OP_BR:
    case WASM_OP_BR_IF: return branch(b);
    case WASM_OP_BR_TABLE: return branch_table(b);
    default: return ERR_USAGE;
    }
}
