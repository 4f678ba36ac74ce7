/* After the scan: operands become registers and slots, and moves are made where
 * a value changes its place: at a cut, along an edge, into fixed and tied
 * operands, out of fixed results, into the slot at the definition.
 *
 * Moves before one instruction happen in groups, each at once:
 *   ENTER   at the start of a block: what its one predecessor left elsewhere
 *   ARRIVE  cuts; results of the instruction before; stores at definitions
 *   INPUT   into the operands of the instruction itself
 *   LEAVE   before a jump: phis, and what the successor wants elsewhere */
#include "wasm/x86_64/alloc_scan.h"

enum group { GROUP_ENTER, GROUP_ARRIVE, GROUP_INPUT, GROUP_LEAVE, GROUP_COUNT };
enum { NOWHERE = 0xfffffffe }; /* of a rematerialised value: it is made where needed */

struct request {
    uint32_t key; /* instruction * GROUP_COUNT + group */
    mach_operand d, a;
    uint8_t kind, from_kind, remat;
};

struct resolve {
    struct alloc_scan *s;
    struct mach_func *f;
    struct request *list;
    uint32_t count, room;
    uint32_t *current; /* per value: the interval at the place that is rewritten */
    bool full;
};

static void request(struct resolve *r, uint32_t instr, enum group group, struct request q)
{
    if (!ARENA_RESERVE(r->s->arena, r->list, r->room, (size_t)r->count + 1)) {
        r->full = true;
        return;
    }
    q.key = instr * GROUP_COUNT + (uint32_t)group;
    r->list[r->count++] = q;
}

/* --- Places */

static mach_operand place_of(const struct resolve *r, uint32_t interval)
{
    const struct alloc_interval *i = &r->s->intervals[interval];
    const struct alloc_value *v = &r->s->values[i->value];

    if (i->reg != ALLOC_NO_REG)
        return i->reg;
    return v->remat != 0 ? NOWHERE : MACH_SLOT + v->slot;
}

/* The interval that covers pos; asked for positions that only grow. */
static uint32_t interval_at(struct resolve *r, uint32_t value, uint32_t pos)
{
    uint32_t i = r->current[value];

    while (r->s->intervals[i].end <= pos && r->s->intervals[i].next != 0)
        i = r->s->intervals[i].next;
    r->current[value] = i;
    return i;
}

/* A move of what `from` holds to d. */
static void carry(struct resolve *r, uint32_t instr, enum group group, uint8_t kind, mach_operand d,
                  uint32_t from)
{
    struct alloc_interval *i = &r->s->intervals[from];
    mach_operand a = place_of(r, from);
    const struct alloc_value *v = &r->s->values[i->value];

    if (d == a || d == NOWHERE)
        return;
    if (a == NOWHERE) {
        request(r, instr, group,
                (struct request){ .d = d, .a = v->remat - 1, .kind = kind, .remat = 1 });
        return;
    }
    i->read = true;
    request(r, instr, group,
            (struct request){ .d = d, .a = a, .kind = kind, .from_kind = r->f->kinds[i->value] });
}

/* From one part of a value to another. The slot may need to be written in few places. */
static void change(struct resolve *r, uint32_t instr, enum group group, uint32_t to, uint32_t from)
{
    const struct alloc_value *v = &r->s->values[r->s->intervals[to].value];
    mach_operand d = place_of(r, to);

    if (!mach_is_slot(d) || (!v->store_at_def && (v->store_part == 0 || v->store_part == to ||
                                                  r->s->intervals[to].start >= r->s->hot_end)))
        carry(r, instr, group, r->f->kinds[r->s->intervals[to].value], d, from);
}

/* A result that appears in a fixed register goes to its place, and to its slot. */
static void deliver(struct resolve *r, uint32_t instr, uint32_t value, uint32_t interval,
                    mach_operand from)
{
    const struct alloc_value *v = &r->s->values[value];
    struct request q = { .a = from, .kind = r->f->kinds[value], .from_kind = r->f->kinds[value] };
    mach_operand places[] = { place_of(r, interval), MACH_SLOT + v->slot };

    for (unsigned k = 0; k < 2; k++) {
        if (places[k] == from || (k == 1 && (!v->store_at_def || places[0] == places[1])))
            continue;
        q.d = places[k];
        request(r, instr, GROUP_ARRIVE, q);
    }
}

/* --- Instructions */

static void rewrite_args(struct resolve *r, const struct mach_instr *in, uint32_t instr,
                         uint32_t pos, bool defs)
{
    for (uint32_t k = 0; k < (uint32_t)in->disp; k++) {
        const struct mach_arg *arg = &r->f->args[(uint32_t)in->imm + k];
        uint32_t value = alloc_number(arg->value);

        if ((arg->is_def != 0) != defs)
            continue;
        if (defs)
            deliver(r, instr + 1, value, r->s->values[value].interval, arg->reg);
        else
            carry(r, instr, GROUP_INPUT, r->f->kinds[value], arg->reg, interval_at(r, value, pos));
    }
}

static void rewrite_operand(struct resolve *r, const struct alloc_operand *o, uint32_t instr,
                            uint32_t pos, mach_operand tied)
{
    uint32_t value = alloc_number(*o->at), interval;
    const struct alloc_value *v = &r->s->values[value];

    if (o->role == ALLOC_DEF && o->fixed != ALLOC_ANY) {
        deliver(r, instr + 1, value, v->interval, o->fixed);
        *o->at = o->fixed;
    } else if (o->role == ALLOC_DEF) {
        *o->at = place_of(r, v->interval);
        if (v->store_at_def)
            request(r, instr + 1, GROUP_ARRIVE,
                    (struct request){ .d = MACH_SLOT + v->slot,
                                      .a = *o->at,
                                      .kind = r->f->kinds[value],
                                      .from_kind = r->f->kinds[value] });
    } else if (o->role == ALLOC_TEMP) {
        *o->at = place_of(r, v->interval);
    } else if (o->fixed != ALLOC_ANY || o->tied) {
        mach_operand to = o->fixed != ALLOC_ANY ? o->fixed : tied;

        carry(r, instr, GROUP_INPUT, r->f->kinds[value], to, interval_at(r, value, pos));
        *o->at = to;
    } else {
        interval = interval_at(r, value, pos + 2);
        r->s->intervals[interval].read = true;
        *o->at = place_of(r, interval);
    }
}

static void rewrite_instr(struct resolve *r, uint32_t instr, uint32_t pos)
{
    struct mach_instr *in = &r->f->code[instr];
    struct alloc_operand operands[5];
    unsigned count = alloc_operands(in, operands);
    bool has_args = alloc_has_args(in);
    mach_operand tied = MACH_NONE;

    for (unsigned k = 0; k < count; k++)
        if (operands[k].role == ALLOC_DEF && operands[k].tied && operands[k].fixed == ALLOC_ANY)
            tied = place_of(r, r->s->values[alloc_number(*operands[k].at)].interval);
    if (has_args)
        rewrite_args(r, in, instr, pos, false);
    for (unsigned k = 0; k < count; k++)
        rewrite_operand(r, &operands[k], instr, pos, tied);
    if (has_args)
        rewrite_args(r, in, instr, pos, true);
}

/* --- Cuts and edges */

static uint32_t instr_at(const struct resolve *r, uint32_t ordinal, bool *is_first)
{
    uint32_t block = r->s->block_of[ordinal];

    *is_first = ordinal == r->s->base[block];
    return r->f->blocks[block].first + (ordinal - r->s->base[block]);
}

/* A wide value comes from its slot at the start of a block. */
static void fetch(struct resolve *r, uint32_t instr, uint32_t to)
{
    uint32_t value = r->s->intervals[to].value;
    const struct alloc_value *v = &r->s->values[value];
    struct request q = { .d = place_of(r, to),
                         .kind = r->f->kinds[value],
                         .from_kind = r->f->kinds[value] };

    if (!mach_is_reg(q.d))
        return;
    q.remat = v->remat != 0;
    q.a = q.remat ? v->remat - 1 : MACH_SLOT + v->slot;
    request(r, instr, GROUP_ARRIVE, q);
}

/* Does the value leave for its slot in the middle of the instruction before which it came? */
static bool is_short(const struct resolve *r, uint32_t from, uint32_t to)
{
    uint32_t pos = r->s->intervals[to].start;

    return pos % ALLOC_POS != 0 && pos / ALLOC_POS == r->s->intervals[from].start / ALLOC_POS;
}

static void resolve_cut(struct resolve *r, const uint32_t *parts, uint32_t k)
{
    uint32_t from = parts[k - 1], to = parts[k], pos = r->s->intervals[to].start;
    bool is_first;
    uint32_t instr;

    instr = instr_at(r, pos / ALLOC_POS, &is_first);
    /* At the start of a block the edges see to it; a hole always ends there. */
    if (is_first && pos % ALLOC_POS == 0) {
        if (r->s->values[r->s->intervals[to].value].wide)
            fetch(r, instr, to);
        return;
    }
    /* Both moves are made at once: the second takes the value from where the first does. */
    if (is_short(r, from, to) && !is_first && k >= 2)
        from = parts[k - 2];
    change(r, instr, GROUP_ARRIVE, to, from);
}

/* The part of the value that covers pos, among `count` in order; 0: none. */
static uint32_t part_at(const struct resolve *r, const uint32_t *parts, uint32_t count,
                        uint32_t pos)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (r->s->intervals[parts[middle]].end <= pos)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && r->s->intervals[parts[low]].start <= pos ? parts[low] : 0;
}

static void resolve_edge(struct resolve *r, uint32_t pred, uint32_t block, uint32_t from,
                         uint32_t to)
{
    const struct mach_block *p = &r->f->blocks[pred];

    if (place_of(r, from) == place_of(r, to))
        return;
    if (p->succ_count == 1)
        change(r, p->end - 1, GROUP_LEAVE, to, from);
    else
        change(r, r->f->blocks[block].first, GROUP_ENTER, to, from);
}

/* Every block that the value is live into, and has places that may differ. */
static void resolve_edges(struct resolve *r, uint32_t value, const uint32_t *parts, uint32_t count)
{
    const struct alloc_scan *s = r->s;
    const struct alloc_value *v = &s->values[value];

    for (uint32_t k = v->range_first; k < v->range_end; k++) {
        const struct alloc_range *range = &s->ranges[k];
        uint32_t block = alloc_block_at(s, range->from);
        uint32_t pos = alloc_block_pos(s, block);

        if (pos == range->from && v->is_phi && block == v->def_block)
            pos = alloc_block_end_pos(s, block);
        else if (pos < range->from)
            pos = alloc_block_end_pos(s, block);
        while (pos < range->to) {
            const struct mach_block *b;
            uint32_t to = part_at(r, parts, count, pos);

            block = alloc_block_at(s, pos);
            b = &r->f->blocks[block];
            for (uint32_t p = 0; p < b->pred_count && to != 0 && !b->is_pad; p++) {
                uint32_t from = part_at(r, parts, count, alloc_block_end_pos(s, b->preds[p]) - 1);

                if (from != 0)
                    resolve_edge(r, b->preds[p], block, from, to);
            }
            pos = alloc_block_end_pos(s, block);
        }
    }
}

/* --- Where the slot is written */

/* Does every way to what follows pos in the value's life lead through pos? Cold blocks do not
 * count, as long as none comes back: what moves to the slot there is stored there. */
static bool all_pass(const struct resolve *r, const struct alloc_value *v, uint32_t pos)
{
    const struct alloc_scan *s = r->s;

    for (uint32_t k = v->range_first; k < v->range_end; k++) {
        uint32_t at = s->ranges[k].from > pos ? s->ranges[k].from : pos;

        while (at < s->ranges[k].to) {
            uint32_t block = alloc_block_at(s, at);
            const struct mach_block *b = &r->f->blocks[block];

            if (at >= s->hot_end)
                return true;
            if (alloc_block_pos(s, block) >= at && at > pos)
                for (uint32_t p = 0; p < b->pred_count; p++)
                    if (alloc_block_end_pos(s, b->preds[p]) <= pos || s->is_cold[b->preds[p]])
                        return false;
            at = alloc_block_end_pos(s, block);
        }
    }
    return true;
}

/* At the definition, at the first move to the slot where that comes before all others, or
 * at each such move: what runs least often. */
static void choose_stores(struct resolve *r, struct alloc_value *v, const uint32_t *parts,
                          uint32_t count)
{
    uint32_t cost = v->spill_cost, at_def = 1u << alloc_weight(r->s, v->def_block), k = 0;
    uint32_t first, start;

    if (!v->spilled || v->remat != 0)
        return;
    while (k < count && r->s->intervals[parts[k]].reg != ALLOC_NO_REG)
        k++;
    if (k != 0 && k < count && !v->wide) {
        start = r->s->intervals[parts[k]].start;
        first = 1u << alloc_weight(r->s, alloc_block_at(r->s, start));
        if (first < at_def && first < cost && all_pass(r, v, start)) {
            v->store_part = parts[k];
            cost = first;
        }
    }
    v->store_at_def = v->wide || at_def <= cost;
    /* From a fixed register straight to the slot: that is a store at the definition. */
    if (count >= 2 && is_short(r, parts[0], parts[1]))
        v->store_at_def = true;
}

static void resolve_value(struct resolve *r, uint32_t value, uint32_t *parts)
{
    uint32_t count = 0;

    for (uint32_t i = r->s->values[value].interval; i != 0; i = r->s->intervals[i].next)
        parts[count++] = i;
    choose_stores(r, &r->s->values[value], parts, count);
    if (count < 2)
        return;
    for (uint32_t k = 1; k < count; k++)
        resolve_cut(r, parts, k);
    if (!r->s->values[value].wide) /* else it is in its slot between all blocks */
        resolve_edges(r, value, parts, count);
}

static void resolve_phis(struct resolve *r, uint32_t block)
{
    const struct mach_block *b = &r->f->blocks[block];
    uint32_t end = alloc_block_end_pos(r->s, block);

    for (uint32_t m = 0; m < b->move_count; m++) {
        uint32_t d = alloc_number(b->moves[m].d), a = alloc_number(b->moves[m].a);

        carry(r, b->end - 1, GROUP_LEAVE, r->f->kinds[d], place_of(r, r->s->values[d].interval),
              interval_at(r, a, end - 1));
    }
}

/* A phi in a register whose slot is filled once. */
static void store_phis(struct resolve *r)
{
    for (uint32_t v = 1; v <= r->f->virtual_count; v++) {
        const struct alloc_value *value = &r->s->values[v];
        mach_operand a;

        if (!value->is_phi || !value->store_at_def || value->interval == 0)
            continue;
        a = place_of(r, value->interval);
        if (mach_is_reg(a))
            request(r, r->f->blocks[value->def_block].first, GROUP_ARRIVE,
                    (struct request){ .d = MACH_SLOT + value->slot,
                                      .a = a,
                                      .kind = r->f->kinds[v],
                                      .from_kind = r->f->kinds[v] });
    }
}

/* --- Order */

/* By key, keeping the order of equals: rounds of counting, a byte of the key each. */
static enum err sort_requests(struct resolve *r)
{
    struct request *other = arena_array(r->s->arena, r->count, sizeof *other);
    uint64_t top = ((uint64_t)r->f->code_count + 1) * GROUP_COUNT;

    if (other == NULL)
        return ERR_NOMEM;
    for (unsigned shift = 0; shift < 32 && top >> shift != 0; shift += 8) {
        struct request *from = r->list;
        uint32_t start[257] = { 0 };

        for (uint32_t k = 0; k < r->count; k++)
            start[(from[k].key >> shift & 0xff) + 1]++;
        for (uint32_t k = 1; k <= 256; k++)
            start[k] += start[k - 1];
        for (uint32_t k = 0; k < r->count; k++)
            other[start[from[k].key >> shift & 0xff]++] = from[k];
        r->list = other;
        other = from;
    }
    return ERR_OK;
}

static enum err emit_requests(struct resolve *r, uint32_t spare)
{
    struct alloc_moves out = { .arena = r->s->arena };
    struct alloc_parallel parallel;

    TRY(sort_requests(r));
    TRY(alloc_parallel_init(&parallel, r->s->arena, r->f->slot_size, spare));
    for (uint32_t k = 0; k < r->count; k++) {
        const struct request *q = &r->list[k];

        if (q->remat)
            alloc_parallel_remat(&parallel, q->kind, q->d, q->a);
        else
            alloc_parallel_add(&parallel, q->kind, q->d, q->from_kind, q->a);
        if (k + 1 == r->count || r->list[k + 1].key != q->key)
            alloc_parallel_emit(&parallel, &out, q->key / GROUP_COUNT);
    }
    r->f->moves = out.list;
    r->f->move_count = out.count;
    if (!parallel.spare_used)
        r->f->slot_size = spare;
    return out.full || parallel.full ? ERR_NOMEM : ERR_OK;
}

enum err alloc_resolve_run(struct alloc_scan *s, uint32_t spare)
{
    struct resolve r = { .s = s, .f = s->f };
    uint32_t *parts = arena_array(s->arena, (size_t)s->interval_count + 1, sizeof *parts);

    r.current = s->per_value;
    if (parts == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 1; v <= s->f->virtual_count; v++) {
        r.current[v] = s->values[v].interval;
        resolve_value(&r, v, parts);
    }
    store_phis(&r);
    for (uint32_t k = 0; k < s->f->block_count; k++) {
        uint32_t block = s->order[k], pos = alloc_block_pos(s, block);
        const struct mach_block *b = &s->f->blocks[block];

        for (uint32_t i = b->first; i < b->end; i++, pos += ALLOC_POS)
            rewrite_instr(&r, i, pos);
        resolve_phis(&r, block);
    }
    return r.full ? ERR_NOMEM : emit_requests(&r, spare);
}
