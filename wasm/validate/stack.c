#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "wasm/validate/body.h"

enum err body_make_room(struct body *b, uint32_t more)
{
    if (more > LIMIT_OPERANDS - b->count)
        return note_at(b->note, ERR_LIMIT, b->i.offset, "too many operands", "LIMIT_OPERANDS");
    if (!ARENA_RESERVE(b->arena, b->operands, b->room, (size_t)b->count + more))
        return ERR_NOMEM;
    b->room = (uint32_t)num_min(b->room, LIMIT_OPERANDS); /* so that the limit is asked for */
    return ERR_OK;
}

enum err body_push_list(struct body *b, const uint8_t *types, uint32_t count)
{
    if (count == 0)
        return ERR_OK;
    if (count > b->room - b->count)
        TRY(body_make_room(b, count));
    memcpy(&b->operands[b->count], types, count);
    b->count += count;
    return ERR_OK;
}

/* Marks the bytes that are not zero; types are below 0x80. */
static inline uint64_t not_zero(uint64_t x)
{
    return (x + 0x7f7f7f7f7f7f7f7f) & 0x8080808080808080;
}

/* Every operand is of the type wanted, or unknown. */
static bool list_matches(const uint8_t *operands, const uint8_t *types, uint32_t count)
{
    uint32_t i = 0;

    for (; i + 8 <= count; i += 8) {
        uint64_t found;
        uint64_t want;

        memcpy(&found, &operands[i], 8);
        memcpy(&want, &types[i], 8);
        if ((not_zero(found ^ want) & not_zero(found)) != 0)
            return false;
    }
    for (; i < count; i++)
        if (operands[i] != types[i] && operands[i] != TYPE_UNKNOWN)
            return false;
    return true;
}

enum err body_check_list(struct body *b, const uint8_t *types, uint32_t count)
{
    const struct frame *top = body_top(b);
    uint32_t here = (uint32_t)num_min(count, b->count - top->height);
    const uint8_t *operands = b->operands;

    if (here != 0 && !list_matches(&operands[b->count - here], &types[count - here], here)) {
        uint32_t i = 1; /* the topmost that is wrong */

        while (operands[b->count - i] == types[count - i] || operands[b->count - i] == TYPE_UNKNOWN)
            i++;
        return body_mismatch(b, (enum wasm_type)types[count - i],
                             (enum wasm_type)operands[b->count - i]);
    }
    if (here < count && !top->unreachable)
        return body_mismatch(b, (enum wasm_type)types[count - here - 1], WASM_NONE);
    return ERR_OK;
}

enum err body_pop_list(struct body *b, const uint8_t *types, uint32_t count)
{
    if (count == 0)
        return ERR_OK;
    TRY(body_check_list(b, types, count));
    b->count -= (uint32_t)num_min(count, b->count - body_top(b)->height);
    return ERR_OK;
}

enum err body_open(struct body *b, uint16_t op, struct wasm_signature type)
{
    if (b->depth == b->frame_room) {
        if (b->depth >= LIMIT_NESTING)
            return note_at(b->note, ERR_LIMIT, b->i.offset, "blocks nested too deeply",
                           "LIMIT_NESTING");
        if (!ARENA_RESERVE(b->arena, b->frames, b->frame_room, b->depth + 1))
            return ERR_NOMEM;
        b->frame_room = (uint32_t)num_min(b->frame_room, LIMIT_NESTING);
    }
    b->frames[b->depth++] = (struct frame){ .type = type, .height = b->count, .op = op };
    return body_push_list(b, type.params, type.param_count);
}

enum err body_close(struct body *b, struct frame *out)
{
    const struct frame *top = body_top(b);

    TRY(body_pop_list(b, top->type.results, top->type.result_count));
    if (b->count != top->height)
        return body_refuse(b, "type mismatch", "operands are left over at the end of a block");
    *out = *top;
    b->depth--;
    return ERR_OK;
}

void body_end_reachable(struct body *b)
{
    struct frame *top = body_top(b);

    b->count = top->height;
    top->unreachable = true;
}

struct frame *body_label_frame(struct body *b, uint32_t relative)
{
    enum err refusal;

    if (relative < b->depth)
        return &b->frames[b->depth - 1 - relative];
    refusal = body_unknown(b, "unknown label", relative, b->depth);
    (void)refusal; /* the caller returns ERR_INVALID, which this is */
    return NULL;
}

struct label body_label_of(const struct frame *f)
{
    if (f->op == WASM_OP_LOOP)
        return (struct label){ f->type.params, f->type.param_count };
    return (struct label){ f->type.results, f->type.result_count };
}
