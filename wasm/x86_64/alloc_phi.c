/* Lowering leaves out the move of a phi to itself: along that edge it keeps its
 * value. Here every edge gets all moves of its block, so that the passes after need
 * not think of it. */
#include "wasm/x86_64/alloc_scan.h"

struct phis {
    struct alloc_scan *s;
    mach_operand *list; /* of one block */
    uint32_t count, room;
    uint32_t *mark; /* per value: the block whose phi it is, or the predecessor that moves to it */
};

static enum err collect(struct phis *p, uint32_t block)
{
    const struct mach_func *f = p->s->f;
    const struct mach_block *b = &f->blocks[block];

    p->count = 0;
    for (uint32_t k = 0; k < b->pred_count; k++) {
        const struct mach_block *pred = &f->blocks[b->preds[k]];

        for (uint32_t m = 0; m < pred->move_count; m++) {
            uint32_t *mark = &p->mark[alloc_number(pred->moves[m].d)];

            if (*mark == 2 * block + 1)
                continue;
            *mark = 2 * block + 1;
            if (!ARENA_RESERVE(p->s->arena, p->list, p->room, (size_t)p->count + 1))
                return ERR_NOMEM;
            p->list[p->count++] = pred->moves[m].d;
        }
    }
    return ERR_OK;
}

static enum err complete(struct phis *p, uint32_t block)
{
    struct mach_block *b = &p->s->f->blocks[block];
    struct mach_edge_move *moves;
    uint32_t count = b->move_count;

    if (count == p->count)
        return ERR_OK;
    moves = arena_array(p->s->arena, p->count, sizeof *moves);
    if (moves == NULL)
        return ERR_NOMEM;
    for (uint32_t m = 0; m < count; m++) {
        moves[m] = b->moves[m];
        p->mark[alloc_number(moves[m].d)] = 2 * block + 2;
    }
    for (uint32_t k = 0; k < p->count; k++)
        if (p->mark[alloc_number(p->list[k])] != 2 * block + 2)
            moves[count++] = (struct mach_edge_move){ p->list[k], p->list[k] };
    b->moves = moves;
    b->move_count = count;
    return ERR_OK;
}

enum err alloc_phis_complete(struct alloc_scan *s)
{
    struct phis p = { .s = s, .mark = s->per_value };
    const struct mach_func *f = s->f;

    for (uint32_t b = 0; b < f->block_count; b++) {
        TRY(collect(&p, b));
        for (uint32_t k = 0; p.count != 0 && k < f->blocks[b].pred_count; k++)
            TRY(complete(&p, f->blocks[b].preds[k]));
    }
    return ERR_OK;
}
