/* The order of the scan, and loops. */
#include "wasm/x86_64/alloc_scan.h"

/* What only cold blocks lead to is cold: so a definition never comes after its uses. False
 * where an edge goes back to a block that is no header of a loop around its start, or is
 * critical. */
static bool mark_cold(struct alloc_scan *s)
{
    const struct mach_func *f = s->f;

    for (uint32_t b = 0; b < f->block_count; b++) {
        const struct mach_block *block = &f->blocks[b];
        uint32_t forward = 0, cold = 0;

        for (uint32_t p = 0; p < block->pred_count; p++) {
            /* A critical edge has no place for moves. */
            if (f->blocks[block->preds[p]].succ_count > 1 &&
                (block->preds[p] != block->preds[0] ||
                 block->preds[p] != block->preds[block->pred_count - 1]))
                return false;
            if (block->preds[p] < b) {
                forward++;
                cold += s->is_cold[block->preds[p]];
            } else if (block->loop_end <= block->preds[p]) {
                return false;
            }
        }
        s->is_cold[b] = b != 0 && (block->cold || (forward != 0 && cold == forward));
    }
    return true;
}

static void find_loops(struct alloc_scan *s)
{
    const struct mach_func *f = s->f;
    uint32_t now = 0;

    for (uint32_t b = 0; b < f->block_count; b++) {
        while (now != 0 && f->blocks[now - 1].loop_end <= b)
            now = s->outer[now - 1];
        if (f->blocks[b].loop_end > b) {
            s->outer[b] = now;
            now = b + 1;
        }
        s->loop[b] = now;
    }
}

enum err alloc_order_compute(struct alloc_scan *s)
{
    const struct mach_func *f = s->f;
    uint32_t ordinal = 0, count = 0;

    s->block_of = arena_array(s->arena, (size_t)f->code_count + 1, sizeof *s->block_of);
    s->base = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->base);
    s->order = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->order);
    s->hot_before = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->hot_before);
    s->loop = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->loop);
    s->outer = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->outer);
    s->is_cold = arena_array(s->arena, (size_t)f->block_count + 1, sizeof *s->is_cold);
    if (s->block_of == NULL || s->base == NULL || s->order == NULL || s->hot_before == NULL ||
        s->loop == NULL || s->outer == NULL || s->is_cold == NULL)
        return ERR_NOMEM;
    if (!mark_cold(s))
        return ERR_UNSUPPORTED;
    find_loops(s);
    for (uint8_t cold = 0; cold < 2; cold++) {
        for (uint32_t b = 0; b < f->block_count; b++) {
            if (!cold)
                s->hot_before[b] = ordinal;
            if (s->is_cold[b] != cold)
                continue;
            s->order[count++] = b;
            s->base[b] = ordinal;
            for (uint32_t i = f->blocks[b].first; i < f->blocks[b].end; i++)
                s->block_of[ordinal++] = b;
        }
        if (!cold) {
            s->hot_before[f->block_count] = ordinal;
            s->hot_end = ALLOC_POS * ordinal;
        }
    }
    return ERR_OK;
}

uint32_t alloc_weight(const struct alloc_scan *s, uint32_t block)
{
    uint32_t depth = s->f->blocks[block].depth;

    return s->is_cold[block] ? 0 : 6 + 3 * (depth < 5 ? depth : 5);
}
