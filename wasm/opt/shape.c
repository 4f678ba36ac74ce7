#include "wasm/ir/order.h"
#include "wasm/opt/opt.h"

/* The control flow graph made smaller. Three steps, each linear: branches whose
 * outcome is known; empty blocks, which their successors skip; a block that only
 * follows one other is joined to it. ir_order then numbers what is left. */

enum {
    SWITCH_SEARCH = 64, /* successors of a SWITCH that are looked through */
    PHI_GROWTH = 64,    /* phi operands that skipping one block may add */
};

struct shape {
    struct ir_func *f;
    uint32_t *stamp;  /* per block: the block for which it was seen, plus 1 */
    ir_block *joined; /* per block: the block it is now part of */
    bool *lost;       /* per block: a predecessor may be gone */
    bool changed;
};

static struct ir_val *end_of(struct ir_func *f, ir_block b)
{
    return &f->values[f->blocks[b].last];
}

/* --- Branches whose outcome is known */

static void become_jump(struct shape *s, ir_block b, uint32_t chosen)
{
    struct ir_func *f = s->f;
    struct ir_blk *k = &f->blocks[b];
    struct ir_val *end = end_of(f, b);
    ir_block to = f->extra[k->succ + chosen];

    for (uint32_t i = 0; i < k->succ_count; i++)
        if (f->extra[k->succ + i] != to)
            s->lost[f->extra[k->succ + i]] = true;
    f->extra[k->succ] = to;
    k->succ_count = 1;
    end->op = IR_JUMP;
    end->sub = 0;
    end->a = 0;
    s->changed = true;
}

static void decide(struct shape *s, ir_block b)
{
    struct ir_func *f = s->f;
    const struct ir_blk *k = &f->blocks[b];
    const struct ir_val *end = end_of(f, b);
    const struct ir_val *on;

    if (end->op != IR_BRANCH && end->op != IR_SWITCH)
        return;
    on = &f->values[ir_resolve(f, end->a)];
    if (on->op != IR_CONST)
        return;
    if (end->op == IR_BRANCH)
        become_jump(s, b, on->a != 0 ? 0 : 1);
    else
        become_jump(s, b, on->a < k->succ_count ? on->a : k->succ_count - 1);
}

static bool still_goes(const struct ir_func *f, ir_block from, ir_block to)
{
    const struct ir_blk *k = &f->blocks[from];

    if (k->succ_count > 2)
        return true; /* only what became a JUMP lost a successor */
    for (uint32_t i = 0; i < k->succ_count; i++)
        if (f->extra[k->succ + i] == to)
            return true;
    return false;
}

static void drop_lost(struct ir_func *f, ir_block b)
{
    struct ir_blk *k = &f->blocks[b];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < k->pred_count; i++) {
        if (!still_goes(f, f->extra[k->pred + i], b))
            continue;
        for (ir_value v = k->first; v != 0 && f->values[v].op <= IR_PHI; v = f->values[v].next)
            if (f->values[v].op == IR_PHI)
                f->extra[f->values[v].a + kept] = f->extra[f->values[v].a + i];
        f->extra[k->pred + kept++] = f->extra[k->pred + i];
    }
    k->pred_count = kept;
}

/* --- Empty blocks */

static bool is_empty(const struct ir_func *f, ir_block b)
{
    const struct ir_blk *k = &f->blocks[b];

    return b != 0 && k->first == k->last && f->values[k->last].op == IR_JUMP &&
           !k->is_loop_header && k->pred_count > 0;
}

/* May the predecessors of the empty block go straight to `to`? */
static bool may_skip(const struct shape *s, ir_block empty, ir_block to, uint32_t phis)
{
    const struct ir_func *f = s->f;
    const struct ir_blk *k = &f->blocks[empty];

    if (!is_empty(f, empty) || to == empty)
        return false;
    if (f->blocks[to].is_loop_header && empty < to)
        return false; /* a preheader */
    if ((uint64_t)k->pred_count * phis > PHI_GROWTH && k->pred_count > 1)
        return false;
    for (uint32_t i = 0; i < k->pred_count; i++) {
        ir_block p = f->extra[k->pred + i];
        const struct ir_blk *from = &f->blocks[p];
        uint8_t op = f->values[from->last].op;

        if (s->stamp[p] == to + 1 || from->succ_count > SWITCH_SEARCH ||
            (op != IR_JUMP && op != IR_BRANCH && op != IR_SWITCH))
            return false;
    }
    return true;
}

static void redirect(struct ir_func *f, ir_block from, ir_block old, ir_block to)
{
    const struct ir_blk *k = &f->blocks[from];

    for (uint32_t i = 0; i < k->succ_count; i++)
        if (f->extra[k->succ + i] == old)
            f->extra[k->succ + i] = to;
}

struct rebuilt {
    uint32_t *froms; /* new predecessors */
    uint32_t *olds;  /* index of the old predecessor that each stands for */
    uint32_t count, from_room, old_room;
};

static enum err rebuilt_add(struct ir_func *f, struct rebuilt *r, ir_block from, uint32_t old)
{
    if (!ARENA_RESERVE(f->arena, r->froms, r->from_room, r->count + 1u) ||
        !ARENA_RESERVE(f->arena, r->olds, r->old_room, r->count + 1u))
        return ERR_NOMEM;
    r->froms[r->count] = from;
    r->olds[r->count++] = old;
    return ERR_OK;
}

static enum err rebuilt_store(struct ir_func *f, ir_block b, const struct rebuilt *r, uint32_t phis)
{
    struct ir_blk *k = &f->blocks[b];
    uint32_t at = f->extra_count;

    if (!ARENA_RESERVE(f->arena, f->extra, f->extra_room, at + (size_t)r->count * (phis + 1)))
        return ERR_NOMEM;
    f->extra_count += r->count * (phis + 1);
    for (ir_value v = k->first; v != 0 && f->values[v].op <= IR_PHI; v = f->values[v].next) {
        if (f->values[v].op != IR_PHI)
            continue;
        for (uint32_t i = 0; i < r->count; i++)
            f->extra[at + i] = f->extra[f->values[v].a + r->olds[i]];
        f->values[v].a = at;
        at += r->count;
    }
    for (uint32_t i = 0; i < r->count; i++)
        f->extra[at + i] = r->froms[i];
    k->pred = at;
    k->pred_count = r->count;
    return ERR_OK;
}

static enum err skip_empty(struct shape *s, ir_block b, struct rebuilt *r)
{
    struct ir_func *f = s->f;
    const struct ir_blk k = f->blocks[b];
    bool any = false;
    uint32_t phis = 0;

    for (uint32_t i = 0; i < k.pred_count; i++) {
        s->stamp[f->extra[k.pred + i]] = b + 1;
        any = any || is_empty(f, f->extra[k.pred + i]);
    }
    if (!any)
        return ERR_OK;
    for (ir_value v = k.first; v != 0 && f->values[v].op <= IR_PHI; v = f->values[v].next)
        phis += f->values[v].op == IR_PHI;
    any = false;
    r->count = 0;
    for (uint32_t i = 0; i < k.pred_count; i++) {
        ir_block p = f->extra[k.pred + i];
        struct ir_blk *empty = &f->blocks[p];

        if (!may_skip(s, p, b, phis)) {
            TRY(rebuilt_add(f, r, p, i));
            continue;
        }
        any = true;
        for (uint32_t j = 0; j < empty->pred_count; j++) {
            ir_block from = f->extra[empty->pred + j];

            redirect(f, from, p, b);
            s->stamp[from] = b + 1;
            TRY(rebuilt_add(f, r, from, i));
        }
        empty->pred_count = 0;
        empty->succ_count = 0;
    }
    s->changed = s->changed || any;
    return any ? rebuilt_store(f, b, r, phis) : ERR_OK;
}

/* --- Straight lines */

static void join(struct shape *s, ir_block a)
{
    struct ir_func *f = s->f;
    struct ir_blk *k = &f->blocks[a];

    for (;;) {
        struct ir_blk *next;
        ir_block b;
        ir_value v;

        if (k->succ_count != 1 || end_of(f, a)->op != IR_JUMP)
            return;
        b = f->extra[k->succ];
        next = &f->blocks[b];
        if (b == a || b == 0 || next->pred_count != 1 || next->last == 0)
            return;
        for (v = next->first; v != 0; v = f->values[v].next)
            if (f->values[v].op == IR_PHI) { /* of one operand */
                f->values[v].op = IR_COPY;
                f->values[v].a = f->extra[f->values[v].a];
            }
        /* The JUMP stays in the middle, as nothing. */
        end_of(f, a)->op = IR_NOP;
        f->values[k->last].next = next->first;
        k->last = next->last;
        k->succ = next->succ;
        k->succ_count = next->succ_count;
        next->succ_count = next->pred_count = 0;
        next->first = next->last = 0;
        s->joined[b] = a;
        s->changed = true;
    }
}

static ir_block joined_to(struct shape *s, ir_block b)
{
    while (s->joined[b] != b) {
        s->joined[b] = s->joined[s->joined[b]];
        b = s->joined[b];
    }
    return b;
}

static void unlink_dropped(struct ir_func *f, ir_block b)
{
    ir_value *link = &f->blocks[b].first;

    while (*link != 0) {
        struct ir_val *v = &f->values[*link];

        if (v->op == IR_NOP || v->op == IR_COPY)
            *link = v->next;
        else
            link = &v->next;
    }
}

static enum err shape_init(struct shape *s, struct ir_func *f)
{
    *s = (struct shape){ .f = f };
    s->stamp = arena_array(f->arena, f->block_count, sizeof *s->stamp);
    s->joined = arena_array(f->arena, f->block_count, sizeof *s->joined);
    s->lost = arena_array(f->arena, f->block_count, sizeof *s->lost);
    if (s->stamp == NULL || s->joined == NULL || s->lost == NULL)
        return ERR_NOMEM;
    for (ir_block b = 0; b < f->block_count; b++)
        s->joined[b] = b;
    return ERR_OK;
}

enum err opt_shape(struct ir_func *f)
{
    struct rebuilt r = { 0 };
    struct shape s;

    TRY(shape_init(&s, f));
    for (ir_block b = 0; b < f->block_count; b++)
        decide(&s, b);
    for (ir_block b = 0; b < f->block_count && s.changed; b++)
        if (s.lost[b])
            drop_lost(f, b);
    for (ir_block b = 0; b < f->block_count; b++)
        TRY(skip_empty(&s, b, &r));
    for (ir_block b = 0; b < f->block_count; b++)
        join(&s, b);
    if (!s.changed)
        return ERR_OK;
    for (ir_block b = 0; b < f->block_count; b++) {
        for (uint32_t i = 0; i < f->blocks[b].pred_count; i++)
            f->extra[f->blocks[b].pred + i] = joined_to(&s, f->extra[f->blocks[b].pred + i]);
        unlink_dropped(f, b);
    }
    return ir_order(f);
}
