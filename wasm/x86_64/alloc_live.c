/* Uses of every value in order, and from them the ranges where it lives: from
 * each use up the blocks to the definition. The work is that of the ranges
 * found; when a function has too many, further values get one range from the
 * definition to the last use, drawn out over loops, and live in their slots. */
#include "wasm/x86_64/alloc_scan.h"

enum { LIVE_STEPS = 64, LIVE_STEPS_LEAST = 1 << 20 };

struct live {
    struct alloc_scan *s;
    bool filling; /* else counting */
    uint64_t budget;
    uint32_t *live_in;  /* per block: the value last found live into it */
    uint32_t *live_out; /* likewise out of it */
    uint32_t *blocks;   /* stack, then the blocks of one value */
    uint32_t block_count;
};

/* --- Uses */

static void use(struct live *l, mach_operand value, struct alloc_use u)
{
    struct alloc_value *v = &l->s->values[alloc_number(value)];

    if (!l->filling)
        v->use_end++;
    else
        l->s->uses[v->use_end++] = u;
}

static void add_fixed(struct alloc_scan *s, uint32_t from, uint32_t to, uint32_t mask)
{
    unsigned which = (mask & MACH_KEPT) != 0;

    if (mask == 0)
        return;
    if (!ARENA_RESERVE(s->arena, s->fixed[which], s->fixed_room[which],
                       (size_t)s->fixed_count[which] + 1)) {
        s->full = true;
        return;
    }
    s->fixed[which][s->fixed_count[which]++] = (struct alloc_fixed){ from, to, mask };
}

static void visit_operand(struct live *l, const struct mach_instr *in,
                          const struct alloc_operand *o, uint32_t pos, uint8_t weight)
{
    struct alloc_value *v = &l->s->values[alloc_number(*o->at)];
    struct alloc_use u = { .pos = pos + 2, .weight = weight, .want = ALLOC_WANT_REG };

    switch ((enum alloc_role)o->role) {
    case ALLOC_USE:
        if (o->tied || o->fixed != ALLOC_ANY) {
            u.pos = pos;
            u.reach = 1;
            u.want = ALLOC_WANT_ANY;
        } else {
            u.reach = o->late ? 2 : 1;
            if (alloc_slot_fits(in, o, l->s->f->kinds[alloc_number(*o->at)]) && v->remat == 0)
                u.want = ALLOC_WANT_BETTER;
        }
        break;
    case ALLOC_TEMP:
        u.pos = pos + 1;
        u.reach = 3;
        u.is_def = true;
        break;
    case ALLOC_DEF:
        u.is_def = true;
        u.pos = o->fixed != ALLOC_ANY ? pos + ALLOC_POS : pos + (o->tied ? 1 : 3);
        u.want = o->fixed != ALLOC_ANY ? ALLOC_WANT_ANY : ALLOC_WANT_REG;
        u.reach = o->tied ? 3 : 1;
        break;
    }
    use(l, *o->at, u);
}

static void visit_args(struct live *l, const struct mach_instr *in, uint32_t pos, uint8_t weight,
                       bool defs)
{
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        const struct mach_arg *arg = &l->s->f->args[(uint32_t)in->imm + i];

        if ((arg->is_def != 0) != defs)
            continue;
        use(l, arg->value,
            (struct alloc_use){ .pos = pos + (defs ? ALLOC_POS : 0),
                                .reach = 1,
                                .weight = weight,
                                .is_def = defs });
    }
}

static void visit_instr(struct live *l, struct mach_instr *in, uint32_t pos, uint8_t weight)
{
    struct alloc_operand operands[5];
    unsigned count = alloc_operands(in, operands);
    bool has_args = alloc_has_args(in);
    uint32_t mask = alloc_clobbers(in);

    if (has_args)
        visit_args(l, in, pos, weight, false);
    for (unsigned i = 0; i < count; i++)
        visit_operand(l, in, &operands[i], pos, weight);
    if (has_args)
        visit_args(l, in, pos, weight, true);
    if (!l->filling)
        return;
    for (unsigned i = 0; i < count; i++)
        if (operands[i].fixed != ALLOC_ANY)
            mask |= 1u << operands[i].fixed;
    add_fixed(l->s, pos + 1, pos + ALLOC_POS, mask);
}

/* Where two edges lead to a block, each brings the phi; it is defined once. */
static void visit_phis(struct live *l, uint32_t block)
{
    const struct mach_block *b = &l->s->f->blocks[block];
    const struct mach_block *pred = b->pred_count != 0 ? &l->s->f->blocks[b->preds[0]] : NULL;

    for (uint32_t m = 0; pred != NULL && m < pred->move_count; m++) {
        use(l, pred->moves[m].d,
            (struct alloc_use){ .pos = alloc_block_pos(l->s, block),
                                .reach = 1,
                                .weight = (uint8_t)alloc_weight(l->s, block),
                                .is_def = true });
    }
}

static void visit_all(struct live *l)
{
    struct alloc_scan *s = l->s;
    struct mach_func *f = s->f;

    for (uint32_t n = 0; n < f->block_count; n++) {
        uint32_t block = s->order[n], pos = alloc_block_pos(s, block);
        const struct mach_block *b = &f->blocks[block];
        uint8_t weight = (uint8_t)alloc_weight(s, block);

        visit_phis(l, block);
        if (l->filling && b->is_pad)
            add_fixed(s, pos, pos + ALLOC_POS, ALLOC_ALL);
        for (uint32_t i = b->first; i < b->end; i++, pos += ALLOC_POS)
            visit_instr(l, &f->code[i], pos, weight);
        for (uint32_t m = 0; m < b->move_count; m++)
            use(l, b->moves[m].a,
                (struct alloc_use){
                    .pos = alloc_block_end_pos(s, block) - 1, .reach = 1, .weight = weight });
    }
}

/* Counts, makes room for each value's uses, fills. */
static enum err collect_uses(struct live *l)
{
    struct alloc_scan *s = l->s;
    size_t total = 0;

    visit_all(l);
    for (uint32_t v = 1; v <= s->f->virtual_count; v++) {
        uint32_t count = s->values[v].use_end;

        s->values[v].use_first = s->values[v].use_end = (uint32_t)total;
        total += count;
    }
    s->uses = total <= UINT32_MAX / 2 ? arena_array(s->arena, total, sizeof *s->uses) : NULL;
    if (s->uses == NULL)
        return ERR_NOMEM;
    l->filling = true;
    visit_all(l);
    return s->full ? ERR_NOMEM : ERR_OK;
}

/* --- Ranges */

static void add_range(struct alloc_scan *s, struct alloc_value *v, uint32_t from, uint32_t to)
{
    if (v->range_end > v->range_first && s->ranges[v->range_end - 1].to == from &&
        from != s->hot_end) {
        s->ranges[v->range_end - 1].to = to;
        return;
    }
    if (!ARENA_RESERVE(s->arena, s->ranges, s->range_room, (size_t)s->range_count + 1)) {
        s->full = true;
        return;
    }
    s->ranges[s->range_count++] = (struct alloc_range){ from, to };
    v->range_end = s->range_count;
}

static void reach_block(struct live *l, uint32_t value, uint32_t block)
{
    l->live_in[block] = value;
    l->blocks[l->block_count++] = block;
}

/* All blocks that the value is live into. False when that is too much work. */
static bool walk_up(struct live *l, uint32_t value)
{
    struct alloc_scan *s = l->s;
    const struct alloc_value *v = &s->values[value];
    uint32_t last = UINT32_MAX;

    l->block_count = 0;
    for (uint32_t u = v->use_first; u < v->use_end; u++) {
        uint32_t block;

        if (s->uses[u].is_def)
            continue;
        if (last != UINT32_MAX && s->uses[u].pos < alloc_block_end_pos(s, last))
            continue;
        block = last = alloc_block_at(s, s->uses[u].pos);
        if (block != v->def_block && l->live_in[block] != value)
            reach_block(l, value, block);
    }
    for (uint32_t i = 0; i < l->block_count; i++) {
        const struct mach_block *b = &s->f->blocks[l->blocks[i]];

        if (l->budget < b->pred_count + 1u) {
            l->budget = 0; /* the next ones need not try */
            return false;
        }
        l->budget -= b->pred_count + 1u;
        for (uint32_t p = 0; p < b->pred_count; p++) {
            uint32_t pred = b->preds[p];

            l->live_out[pred] = value;
            if (pred != v->def_block && l->live_in[pred] != value)
                reach_block(l, value, pred);
        }
    }
    return true;
}

/* By place in the order (Shell's method: few, and nearly sorted). */
static void sort_blocks(const struct alloc_scan *s, uint32_t *list, uint32_t count)
{
    uint32_t gap = 1;

    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (uint32_t i = gap; i < count; i++) {
            uint32_t block = list[i], j = i;

            for (; j >= gap && s->base[list[j - gap]] > s->base[block]; j -= gap)
                list[j] = list[j - gap];
            list[j] = block;
        }
}

static void make_ranges(struct live *l, uint32_t value)
{
    struct alloc_scan *s = l->s;
    struct alloc_value *v = &s->values[value];
    uint32_t u = v->use_first;

    l->blocks[l->block_count++] = v->def_block;
    sort_blocks(s, l->blocks, l->block_count);
    for (uint32_t i = 0; i < l->block_count; i++) {
        uint32_t block = l->blocks[i], end = alloc_block_end_pos(s, block);
        uint32_t from = alloc_block_pos(s, block), to = 0;

        if (block == v->def_block)
            from = s->uses[v->use_first].pos;
        for (; u < v->use_end && s->uses[u].pos < end; u++)
            to = s->uses[u].pos + s->uses[u].reach;
        add_range(s, v, from, l->live_out[block] == value ? end : to);
    }
}

/* From the definition to the end of the last block that the value can be live in. */
static void make_hull(struct live *l, uint32_t value)
{
    struct alloc_scan *s = l->s;
    struct alloc_value *v = &s->values[value];
    uint32_t first = v->def_block, last = first, count = s->f->block_count;
    uint32_t from = s->uses[v->use_first].pos, cold_from, cold_to;

    for (uint32_t u = v->use_first; u < v->use_end; u++) {
        uint32_t block = alloc_block_at(s, s->uses[u].pos), reach = block;

        for (uint32_t h = s->loop[block]; h != 0 && h - 1 > first; h = s->outer[h - 1])
            reach = s->f->blocks[h - 1].loop_end - 1;
        last = reach > last ? reach : last;
    }
    if (!s->is_cold[first])
        add_range(s, v, from, ALLOC_POS * s->hot_before[last + 1]);
    /* Cold instructions before a block: all before it less the hot ones. */
    cold_from = s->hot_end + ALLOC_POS * (s->f->blocks[first].first - s->hot_before[first]);
    cold_to = s->hot_end +
              ALLOC_POS * ((last + 1 < count ? s->f->blocks[last + 1].first : s->f->code_count) -
                           s->hot_before[last + 1]);
    if (s->is_cold[first])
        cold_from = from;
    if (cold_from < cold_to)
        add_range(s, v, cold_from, cold_to);
}

enum err alloc_live_compute(struct alloc_scan *s)
{
    struct live l = { .s = s };
    size_t blocks = s->f->block_count;

    l.budget = LIVE_STEPS * ((uint64_t)s->f->code_count + blocks) + LIVE_STEPS_LEAST;
    l.live_in = arena_array(s->arena, blocks, sizeof *l.live_in);
    l.live_out = arena_array(s->arena, blocks, sizeof *l.live_out);
    l.blocks = arena_array(s->arena, blocks + 1, sizeof *l.blocks);
    if (l.live_in == NULL || l.live_out == NULL || l.blocks == NULL)
        return ERR_NOMEM;
    TRY(collect_uses(&l));
    for (uint32_t v = 1; v <= s->f->virtual_count; v++) {
        struct alloc_value *value = &s->values[v];

        value->range_first = value->range_end = s->range_count;
        if (value->use_first == value->use_end)
            continue;
        if (!s->uses[value->use_first].is_def)
            return ERR_UNSUPPORTED;
        value->wide = !walk_up(&l, v);
        if (value->wide)
            make_hull(&l, v);
        else
            make_ranges(&l, v);
        if (s->full)
            return ERR_NOMEM;
    }
    return ERR_OK;
}
