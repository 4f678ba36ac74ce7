/* exception.c: exceptions, in the form of core 3.0 (try_table) and in the legacy
 * form that toolchains still emit (exception handling proposal, "legacy"). */
#include <string.h>

#include "wasm/validate/body.h"

static enum err tag_type(struct body *b, uint32_t tag, struct wasm_signature *out)
{
    if (tag >= b->m->tag_count)
        return body_unknown(b, "unknown tag", tag, b->m->tag_count);
    *out = b->m->types[b->m->tags[tag]].signature;
    return ERR_OK;
}

/* What a catch clause hands over must be what its label takes: the tag's
 * parameters, then the reference where it is asked for. */
static enum err check_catch(struct body *b, struct wasm_catch clause)
{
    bool has_ref = clause.kind == WASM_CATCH_REF || clause.kind == WASM_CATCH_ALL_REF;
    struct wasm_signature tag = { 0 };
    const struct frame *target;
    struct label label;

    if (clause.kind == WASM_CATCH || clause.kind == WASM_CATCH_REF)
        TRY(tag_type(b, clause.tag, &tag));
    target = body_label_frame(b, clause.label);
    if (target == NULL)
        return ERR_INVALID;
    label = body_label_of(target);
    if (label.count != tag.param_count + has_ref ||
        (tag.param_count != 0 && memcmp(label.types, tag.params, tag.param_count) != 0) ||
        (has_ref && label.types[tag.param_count] != WASM_EXNREF))
        return body_refuse(b, "type mismatch", "a catch clause and its label");
    return ERR_OK;
}

/* The labels of the clauses count from outside the block. */
static enum err try_table(struct body *b)
{
    struct wasm_signature type;

    TRY(body_block_type(b, &type));
    TRY(body_pop_list(b, type.params, type.param_count));
    for (uint32_t k = 0; k < b->i.b; k++)
        TRY(check_catch(b, wasm_instr_next_catch(&b->i)));
    return body_open(b, b->i.op, type);
}

static enum err throw_tag(struct body *b)
{
    struct wasm_signature tag;

    TRY(tag_type(b, b->i.a, &tag));
    TRY(body_pop_list(b, tag.params, tag.param_count));
    body_end_reachable(b);
    return ERR_OK;
}

/* --- The legacy form */

/* catch and catch_all end the part before them; catch_all is the last. */
static enum err legacy_catch(struct body *b)
{
    uint16_t before = body_top(b)->op;
    struct wasm_signature tag = { 0 };
    struct frame frame;

    if (before != WASM_OP_TRY && before != WASM_OP_CATCH)
        return note_at(b->note, ERR_MALFORMED, b->i.offset, "unexpected token",
                       "catch outside of try");
    if (b->i.op == WASM_OP_CATCH)
        TRY(tag_type(b, b->i.a, &tag));
    TRY(body_close(b, &frame));
    TRY(body_open(b, b->i.op,
                  (struct wasm_signature){ .results = frame.type.results,
                                           .result_count = frame.type.result_count }));
    return body_push_list(b, tag.params, tag.param_count);
}

static enum err legacy_delegate(struct body *b)
{
    struct frame frame;

    if (body_top(b)->op != WASM_OP_TRY)
        return note_at(b->note, ERR_MALFORMED, b->i.offset, "unexpected token",
                       "delegate outside of try");
    TRY(body_close(b, &frame));
    if (body_label_frame(b, b->i.a) == NULL)
        return ERR_INVALID;
    return body_push_list(b, frame.type.results, frame.type.result_count);
}

static enum err legacy_rethrow(struct body *b)
{
    const struct frame *target = body_label_frame(b, b->i.a);

    if (target == NULL)
        return ERR_INVALID;
    if (target->op != WASM_OP_CATCH && target->op != WASM_OP_CATCH_ALL)
        return body_refuse(b, "invalid rethrow label", "the label of no catch");
    body_end_reachable(b);
    return ERR_OK;
}

enum err body_exception(struct body *b)
{
    switch (b->i.op) {
    case WASM_OP_TRY_TABLE: return try_table(b);
    case WASM_OP_THROW: return throw_tag(b);
    case WASM_OP_THROW_REF:
        TRY(body_pop(b, WASM_EXNREF));
        body_end_reachable(b);
        return ERR_OK;
    case WASM_OP_TRY: return body_block_open(b);
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL: return legacy_catch(b);
    case WASM_OP_DELEGATE: return legacy_delegate(b);
    case WASM_OP_RETHROW: return legacy_rethrow(b);
    default: return ERR_USAGE;
    }
}
