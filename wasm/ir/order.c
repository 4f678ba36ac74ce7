#include "wasm/ir/order.h"

/* Brings the blocks into the order that ir.h promises, and finds what follows from
 * it: dominators, loops, what is cold. Linear but for a logarithm. */

#define NOWHERE UINT32_MAX

struct dom {
    uint32_t depth;
    ir_block jump;
};

static uint32_t *reach_list(struct ir_func *f, uint32_t *count)
{
    uint32_t *stack = arena_array(f->arena, f->block_count, sizeof *stack);
    uint32_t top = 0;

    *count = 0;
    if (stack == NULL)
        return NULL;
    for (ir_block k = 0; k < f->block_count; k++)
        f->blocks[k].reachable = false;
    f->blocks[0].reachable = true;
    stack[top++] = 0;
    while (top > 0) {
        const struct ir_blk *k = &f->blocks[stack[--top]];

        for (uint32_t i = 0; i < k->succ_count; i++) {
            ir_block s = f->extra[k->succ + i];

            if (!f->blocks[s].reachable) {
                f->blocks[s].reachable = true;
                stack[top++] = s;
            }
        }
    }
    for (ir_block k = 0; k < f->block_count; k++)
        if (f->blocks[k].reachable)
            stack[(*count)++] = k;
    return stack;
}

/* Predecessors that nothing reaches go, and with them their operands in the phis. */
static void drop_preds(struct ir_func *f, struct ir_blk *k)
{
    uint32_t kept = 0;
    bool all = true;

    for (uint32_t i = 0; i < k->pred_count && all; i++)
        all = f->blocks[f->extra[k->pred + i]].reachable;
    if (all)
        return;
    for (ir_value v = k->first; v != 0; v = f->values[v].next) {
        uint32_t at = 0;

        if (f->values[v].op != IR_PHI)
            continue;
        for (uint32_t i = 0; i < k->pred_count; i++)
            if (f->blocks[f->extra[k->pred + i]].reachable)
                f->extra[f->values[v].a + at++] = f->extra[f->values[v].a + i];
    }
    for (uint32_t i = 0; i < k->pred_count; i++)
        if (f->blocks[f->extra[k->pred + i]].reachable)
            f->extra[k->pred + kept++] = f->extra[k->pred + i];
    k->pred_count = kept;
}

/* Puts each block in its place, along the cycles of the permutation: what stood
 * there is carried on to its own. Blocks that are dropped have no place. */
static void permute(struct ir_func *f, uint32_t *number, uint32_t count)
{
    for (ir_block b = 0; b < f->block_count; b++) {
        struct ir_blk carried = f->blocks[b];
        uint32_t to = number[b];

        number[b] = NOWHERE;
        while (to != NOWHERE) {
            struct ir_blk next = f->blocks[to];
            uint32_t after = number[to];

            f->blocks[to] = carried;
            number[to] = NOWHERE;
            carried = next;
            to = after;
        }
    }
    f->block_count = count;
}

static enum err renumber(struct ir_func *f, const uint32_t *order, uint32_t count)
{
    uint32_t *number = arena_array(f->arena, f->block_count, sizeof *number);

    if (number == NULL)
        return ERR_NOMEM;
    for (ir_block b = 0; b < f->block_count; b++)
        number[b] = NOWHERE;
    for (uint32_t i = 0; i < count; i++) {
        number[order[i]] = i;
        drop_preds(f, &f->blocks[order[i]]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct ir_blk *k = &f->blocks[order[i]];

        for (uint32_t j = 0; j < k->succ_count; j++)
            f->extra[k->succ + j] = number[f->extra[k->succ + j]];
        for (uint32_t j = 0; j < k->pred_count; j++)
            f->extra[k->pred + j] = number[f->extra[k->pred + j]];
    }
    permute(f, number, count);
    return ERR_OK;
}

static ir_block dom_common(const struct ir_func *f, const struct dom *d, ir_block x, ir_block y)
{
    while (x != y) {
        /* The deeper one goes up, by a jump where that does not pass the other. */
        if (d[x].depth < d[y].depth)
            ir_swap(&x, &y);
        if (d[x].depth > d[y].depth)
            x = d[d[x].jump].depth >= d[y].depth ? d[x].jump : f->blocks[x].idom;
        else if (d[x].jump != d[y].jump) {
            x = d[x].jump;
            y = d[y].jump;
        } else {
            x = f->blocks[x].idom;
            y = f->blocks[y].idom;
        }
    }
    return x;
}

static enum err find_dominators(struct ir_func *f)
{
    struct dom *d = arena_array(f->arena, f->block_count, sizeof *d);

    if (d == NULL)
        return ERR_NOMEM;
    f->blocks[0].idom = 0;
    for (ir_block at = 1; at < f->block_count; at++) {
        const struct ir_blk *k = &f->blocks[at];
        ir_block idom = IR_NO_BLOCK;
        const struct dom *jump;

        for (uint32_t i = 0; i < k->pred_count; i++) {
            ir_block p = f->extra[k->pred + i];

            if (p < at)
                idom = idom == IR_NO_BLOCK ? p : dom_common(f, d, idom, p);
        }
        if (idom == IR_NO_BLOCK)
            return ERR_USAGE; /* the order was no order */
        f->blocks[at].idom = idom;
        jump = &d[d[idom].jump];
        d[at].depth = d[idom].depth + 1;
        d[at].jump =
            d[idom].depth - jump->depth == jump->depth - d[jump->jump].depth ? jump->jump : idom;
    }
    return ERR_OK;
}

/* The loop of a header ends after its last latch, and no earlier than the loops
 * that begin in it. Headers come from the last to the first, so those are known. */
static ir_block loop_end(struct ir_func *f, ir_block header, const uint32_t *loop_at)
{
    const struct ir_blk *k = &f->blocks[header];
    ir_block end = header;

    for (uint32_t i = 0; i < k->pred_count; i++) {
        ir_block p = f->extra[k->pred + i];

        if (p >= header && p + 1 > end)
            end = p + 1;
    }
    /* loop_at[b]: the number of the loop whose header is the first at or after b. */
    for (uint32_t inner = loop_at[header + 1]; inner != 0 && f->loops[inner].header < end;
         inner = loop_at[f->loops[inner].end])
        if (f->loops[inner].end > end)
            end = f->loops[inner].end;
    return end;
}

static enum err find_loops(struct ir_func *f)
{
    uint32_t *loop_at = arena_array(f->arena, f->block_count + (size_t)1, sizeof *loop_at);
    uint32_t count = 0;
    uint32_t next;

    if (loop_at == NULL)
        return ERR_NOMEM;
    for (ir_block b = 0; b < f->block_count; b++) {
        struct ir_blk *k = &f->blocks[b];

        k->is_loop_header = false;
        for (uint32_t i = 0; i < k->pred_count; i++)
            k->is_loop_header = k->is_loop_header || f->extra[k->pred + i] >= b;
        count += k->is_loop_header;
    }
    f->loop_room = f->loop_count = count + 1;
    f->loops = arena_array(f->arena, f->loop_count, sizeof *f->loops);
    if (f->loops == NULL)
        return ERR_NOMEM;
    next = count;
    for (ir_block b = f->block_count; b-- > 0;) {
        loop_at[b] = loop_at[b + 1];
        if (!f->blocks[b].is_loop_header)
            continue;
        f->loops[next].header = b;
        f->loops[next].preheader = f->blocks[b].idom;
        f->loops[next].end = loop_end(f, b, loop_at);
        loop_at[b] = next--;
    }
    return ERR_OK;
}

static void assign_loops(struct ir_func *f)
{
    uint32_t at = 0, next = 1;

    for (ir_block b = 0; b < f->block_count; b++) {
        struct ir_blk *k = &f->blocks[b];

        while (at != 0 && b >= f->loops[at].end)
            at = f->loops[at].parent;
        if (k->is_loop_header) {
            f->loops[next].parent = at;
            at = next++;
        }
        k->loop = at;
        k->depth = 0;
        if (at != 0) {
            uint32_t up = f->loops[at].parent;
            uint32_t depth = up == 0 ? 1u : f->blocks[f->loops[up].header].depth + 1u;

            k->depth = (uint16_t)(depth > UINT16_MAX ? UINT16_MAX : depth);
        }
    }
}

static void note_effects(struct ir_func *f)
{
    for (ir_block b = 0; b < f->block_count; b++) {
        struct ir_loop *l = &f->loops[f->blocks[b].loop];

        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next) {
            switch (f->values[v].op) {
            case IR_CALL ... IR_CALL_BUILTIN:
            case IR_ATOMIC_LOAD ... IR_FENCE: l->has_call = true; break;
            case IR_STORE:
            case IR_VECTOR_STORE_LANE: l->has_store = true; break;
            default: break;
            }
        }
    }
    for (uint32_t i = f->loop_count; i-- > 1;) {
        struct ir_loop *up = &f->loops[f->loops[i].parent];

        up->has_call = up->has_call || f->loops[i].has_call;
        up->has_store = up->has_store || f->loops[i].has_store;
    }
}

/* Cold is what can only end in a trap or a throw, and where exceptions land. */
static void find_cold(struct ir_func *f)
{
    for (ir_block b = f->block_count; b-- > 0;) {
        struct ir_blk *k = &f->blocks[b];
        struct ir_val *end = &f->values[k->last];
        bool all = k->succ_count > 0;

        for (uint32_t i = 0; i < k->succ_count; i++) {
            ir_block s = f->extra[k->succ + i];

            all = all && s > b && f->blocks[s].cold;
        }
        k->cold = all || end->op == IR_UNREACHABLE || f->values[k->first].op == IR_EXCEPTION;
        if (end->op == IR_BRANCH) {
            bool yes = f->blocks[f->extra[k->succ]].cold;
            bool no = f->blocks[f->extra[k->succ + 1]].cold;

            end->sub = yes == no ? 0 : yes ? IR_UNLIKELY : IR_LIKELY;
        }
    }
}

enum err ir_order_as(struct ir_func *f, const uint32_t *order, uint32_t count)
{
    TRY(renumber(f, order, count));
    TRY(find_dominators(f));
    TRY(find_loops(f));
    assign_loops(f);
    note_effects(f);
    find_cold(f);
    return ERR_OK;
}

enum err ir_order(struct ir_func *f)
{
    uint32_t count;
    uint32_t *order = reach_list(f, &count);

    return order == NULL ? ERR_NOMEM : ir_order_as(f, order, count);
}
