/* body.c: a function body, instruction by instruction. */
#include "wasm/validate/body.h"

void body_init(struct body *b, struct wasm_decoded *m, struct arena *arena, struct wasm_note *note)
{
    *b = (struct body){ .m = m, .arena = arena, .note = note };
}

/* Which family judges an opcode that is in no row of signatures.def. */
static enum err body_special(struct body *b)
{
    switch (b->i.op) {
    case WASM_OP_UNREACHABLE ... WASM_OP_ELSE:
    case WASM_OP_END ... WASM_OP_BR_TABLE: return body_control(b);
    case WASM_OP_RETURN ... WASM_OP_RETURN_CALL_INDIRECT: return body_call(b);
    case WASM_OP_TRY ... WASM_OP_THROW_REF:
    case WASM_OP_DELEGATE:
    case WASM_OP_CATCH_ALL:
    case WASM_OP_TRY_TABLE: return body_exception(b);
    case WASM_OP_DROP ... WASM_OP_SELECT_T:
    case WASM_OP_LOCAL_GET ... WASM_OP_GLOBAL_SET: return body_variable(b);
    case WASM_OP_MEMORY_INIT ... WASM_OP_MEMORY_COPY:
    case WASM_OP_TABLE_INIT ... WASM_OP_TABLE_COPY: return body_bulk(b);
    default: return body_reference(b);
    }
}

enum err body_step(struct body *b)
{
    return body_is_plain(b->i.op) ? body_plain(b) : body_special(b);
}

static enum err check_instructions(struct body *b)
{
    while (b->depth != 0) {
        if (b->r.left == 0)
            return note_at(b->note, ERR_MALFORMED, b->base + reader_offset(&b->r),
                           "unexpected end of section or function", "END opcode expected");
        TRY(wasm_instr_read(&b->i, &b->r, b->base, b->note));
        b->features |= wasm_op_feature(b->i.op);
        TRY(body_step(b));
    }
    if (b->r.left != 0)
        return note_at(b->note, ERR_MALFORMED, b->base + reader_offset(&b->r),
                       "section size mismatch", "bytes behind the end of a body");
    return ERR_OK;
}

static enum err check_function(struct body *b, const struct wasm_func *f)
{
    struct wasm_signature frame;

    b->r = reader_of(f->body);
    b->base = f->body_offset;
    b->i = (struct wasm_instr){ .offset = f->body_offset };
    b->type = b->m->types[f->type].signature;
    b->count = 0;
    b->depth = 0;
    TRY(local_runs_take(&b->locals, b->type, &b->r, b->base, b->arena, b->note));
    frame =
        (struct wasm_signature){ .results = b->type.results, .result_count = b->type.result_count };
    TRY(body_open(b, WASM_OP_BLOCK, frame));
    return check_instructions(b);
}

enum err body_check_function(struct body *b, uint32_t function)
{
    enum err e = check_function(b, &b->m->funcs[function]);

    if (e != ERR_OK && b->note != NULL)
        b->note->function = function;
    return e;
}
