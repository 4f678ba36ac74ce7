/* The scan: intervals by their starts; each gets a free register, or one whose
 * owner is needed later than itself, or stays in memory until it is needed.
 * Each register has one owner at a time, and perhaps others around it whose values
 * are not alive for as long; so the work for an interval is that of looking at the
 * registers. */
#include "wasm/x86_64/alloc_scan.h"

enum {
    FIXED_STEPS = 256, /* fixed ranges looked at for one interval */
    MEMORY_DISTANCE = 8 * ALLOC_POS,
    WEIGHT_USES = 16,
    PHI_HOPS = 4,
};

struct scan {
    struct alloc_scan *s;
    uint32_t active[MACH_REG_COUNT]; /* intervals, 0: free */
    uint32_t fixed_at[2];            /* first that ends after now */
    uint32_t now;
    uint32_t until[MACH_REG_COUNT]; /* for the current interval: start of the next fixed use */
};

/* By preference: no REX prefix, not kept by the callee. */
static const uint8_t preference[] = {
    RAX,  RCX,  RDX,  RSI,  RDI,  R8,   R9,   R10,  RBX,   RBP,   R12,   R13,   XMM0,  XMM1,
    XMM2, XMM3, XMM4, XMM5, XMM6, XMM7, XMM8, XMM9, XMM10, XMM11, XMM12, XMM13, XMM14,
};

static struct alloc_interval *at(const struct scan *n, uint32_t id) { return &n->s->intervals[id]; }

static struct alloc_value *value_of(const struct scan *n, const struct alloc_interval *i)
{
    return &n->s->values[i->value];
}

/* --- Where to cut */

/* The place in [low, high] to cut that runs least often: before the outermost loop that
 * starts there. */
static uint32_t cheapest(const struct alloc_scan *s, uint32_t low, uint32_t high)
{
    uint32_t best = high, block;

    if (high >= s->hot_end || low >= high)
        return high;
    block = alloc_block_at(s, high);
    for (uint32_t h = s->loop[block]; h != 0; h = s->outer[h - 1]) {
        if (s->is_cold[h - 1] || alloc_block_pos(s, h - 1) < low)
            break;
        if (alloc_block_pos(s, h - 1) <= high)
            best = alloc_block_pos(s, h - 1);
    }
    return best;
}

/* --- Memory */

/* A use that takes its value from memory where another does not follow soon, or it is too
 * late to do better. */
static bool is_served(const struct scan *n, const struct alloc_interval *i,
                      const struct alloc_use *u, uint32_t from)
{
    const struct alloc_use *end = n->s->uses + value_of(n, i)->use_end;

    if (u->want == ALLOC_WANT_BETTER &&
        (alloc_down(u->pos) <= alloc_down(from) || value_of(n, i)->wide))
        return true;
    return u->want == ALLOC_WANT_BETTER &&
           !(u + 1 < end && u[1].pos < u->pos + MEMORY_DISTANCE && u[1].want != ALLOC_WANT_ANY);
}

/* Where a register is needed again, or ALLOC_FAR. */
static uint32_t reload_of(const struct scan *n, const struct alloc_interval *i, uint32_t from)
{
    const struct alloc_value *v = value_of(n, i);
    const struct alloc_use *u = alloc_use_from(n->s, i, from);
    const struct alloc_use *end = n->s->uses + v->use_end;
    uint32_t reload, before;

    while (u != NULL && u < end && u->pos < i->end &&
           (u->want == ALLOC_WANT_ANY || is_served(n, i, u, from)))
        u++;
    if (u == NULL || u == end || u->pos >= i->end)
        return ALLOC_FAR;
    reload = alloc_down(u->pos);
    before = cheapest(n->s, alloc_down(from) + ALLOC_POS, reload);
    return !v->wide && before > i->start ? before : reload;
}

/* The interval stays in memory from its start until a register is needed after `from`. */
static void spill(struct scan *n, uint32_t id, uint32_t from)
{
    struct alloc_scan *s = n->s;
    struct alloc_interval *i = at(n, id);
    struct alloc_value *v = value_of(n, i);
    uint32_t reload = reload_of(n, i, from), child;

    if (reload <= i->start) { /* after a hole, and needed at once */
        alloc_heap_push(s, id);
        return;
    }
    i->reg = ALLOC_NO_REG;
    v->spilled = true;
    v->spill_cost += 1u << alloc_weight(s, alloc_block_at(s, i->start));
    if (reload == ALLOC_FAR)
        return;
    child = alloc_split(s, id, reload);
    if (child != 0)
        alloc_heap_push(s, child);
}

/* --- Registers for the current interval */

static void look_at_fixed(struct scan *n, const struct alloc_interval *cur, unsigned which,
                          uint32_t regs)
{
    const struct alloc_fixed *list = n->s->fixed[which];
    uint32_t count = n->s->fixed_count[which], steps = 0;

    while (n->fixed_at[which] < count && list[n->fixed_at[which]].to <= n->now)
        n->fixed_at[which]++;
    for (uint32_t k = n->fixed_at[which]; k < count && list[k].from < cur->end && regs != 0; k++) {
        uint32_t hit = ++steps > FIXED_STEPS ? regs : regs & list[k].mask;

        regs &= ~hit;
        for (; hit != 0; hit &= hit - 1) {
            uint32_t reg = (uint32_t)__builtin_ctz(hit);

            if (list[k].from < n->until[reg])
                n->until[reg] = list[k].from;
        }
    }
}

static uint32_t class_of(const struct scan *n, const struct alloc_interval *i)
{
    return alloc_class(n->s->f->kinds[i->value]);
}

static void find_until(struct scan *n, const struct alloc_interval *cur)
{
    uint32_t class = class_of(n, cur);

    for (uint32_t reg = 0; reg < MACH_REG_COUNT; reg++)
        n->until[reg] = ALLOC_FAR;
    look_at_fixed(n, cur, 0, class);
    look_at_fixed(n, cur, 1, class);
}

/* How much the uses in the interval weigh, the first ones. */
static uint32_t weight_of(const struct scan *n, const struct alloc_interval *i)
{
    const struct alloc_value *v = value_of(n, i);
    uint32_t sum = 0;

    uint32_t first = alloc_use_index(n->s, i, i->start);

    for (uint32_t u = first;
         u < v->use_end && u < first + WEIGHT_USES && n->s->uses[u].pos < i->end; u++)
        sum += 1u << n->s->uses[u].weight;
    return sum;
}

static void assign(struct scan *n, uint32_t id, uint32_t reg)
{
    struct alloc_interval *i = at(n, id);
    struct alloc_value *v = value_of(n, i);

    i->reg = (uint8_t)reg;
    i->around = n->active[reg];
    v->last_reg = (uint8_t)reg;
    n->active[reg] = id;
    n->s->kept_used |= 1u << reg & MACH_KEPT;
    if (v->feeds != 0)
        n->s->values[v->feeds].likes_reg = (uint8_t)reg;
}

/* Cuts what has just been given `reg` where something fixed needs that. */
static void cut_at_fixed(struct scan *n, uint32_t id, uint32_t limit)
{
    struct alloc_interval *i = at(n, id);
    uint32_t high = alloc_down(limit), low, child;
    const struct alloc_use *u, *need;

    if (limit >= i->end)
        return;
    u = alloc_use_from(n->s, i, high);
    need = alloc_need_from(n->s, i, high);
    if (u != NULL && u->pos == high && limit > high &&
        (need == NULL || need->pos >= high + ALLOC_POS)) {
        /* An input of the very instruction: it stays for that, and is in memory after. */
        if ((child = alloc_split(n->s, id, limit)) != 0)
            spill(n, child, limit);
        return;
    }
    low = alloc_up(alloc_used_until(n->s, i, high));
    child = alloc_split(n->s, id, low <= high && low > i->start ? cheapest(n->s, low, high) : high);
    if (child != 0)
        alloc_heap_push(n->s, child);
}

/* Is the register any good for the interval before `until`? */
static bool is_usable(const struct scan *n, const struct alloc_interval *i, uint32_t until)
{
    const struct alloc_use *u;

    if (until >= i->end)
        return true;
    if (alloc_down(until) <= i->start)
        return false;
    u = alloc_need_from(n->s, i, i->start);
    return u == NULL || u->pos < alloc_down(until);
}

/* The register of a phi, or what the phi that it goes on to has, or what it would like. */
static uint8_t wish_of_phi(const struct scan *n, uint32_t value)
{
    uint8_t likes = n->s->values[value].likes_reg;

    for (unsigned hops = 0; value != 0 && hops < PHI_HOPS; hops++) {
        if (n->s->values[value].last_reg != ALLOC_NO_REG)
            return n->s->values[value].last_reg;
        value = n->s->values[value].feeds;
    }
    return likes;
}

static uint32_t wishes(const struct scan *n, const struct alloc_interval *i, uint8_t out[static 6])
{
    const struct alloc_value *v = value_of(n, i);
    uint32_t count = 0;

    if (v->last_reg != ALLOC_NO_REG)
        out[count++] = v->last_reg;
    if (v->come_reg != ALLOC_NO_REG)
        out[count++] = v->come_reg;
    if (v->feeds != 0)
        out[count++] = wish_of_phi(n, v->feeds);
    if (v->copy_of != 0)
        out[count++] = n->s->values[v->copy_of].last_reg;
    if (v->likes_reg != ALLOC_NO_REG)
        out[count++] = v->likes_reg;
    if (v->want_reg != ALLOC_NO_REG)
        out[count++] = v->want_reg;
    return count;
}

/* A register kept by callees costs a push and a pop, once. */
static bool is_worth(const struct scan *n, const struct alloc_interval *i, uint32_t reg)
{
    return !(MACH_KEPT >> reg & 1) || (n->s->kept_used >> reg & 1) || weight_of(n, i) > 128;
}

/* Does all of the interval lie in a hole of the register's owner? */
static bool fits_hole(const struct scan *n, const struct alloc_interval *i, uint32_t reg)
{
    const struct alloc_interval *owner = at(n, n->active[reg]);
    const struct alloc_value *v = value_of(n, owner);
    uint32_t range;

    if (n->active[reg] == 0 || n->until[reg] < i->end)
        return false;
    range = alloc_range_at(n->s, v, i->start);
    return range < v->range_end && n->s->ranges[range].from >= i->end;
}

static bool is_free(const struct scan *n, const struct alloc_interval *i, uint32_t reg)
{
    return n->active[reg] == 0 ? n->until[reg] >= i->end : fits_hole(n, i, reg);
}

static uint32_t find_free(struct scan *n, struct alloc_interval *i)
{
    uint32_t class = class_of(n, i), best = ALLOC_NO_REG;
    uint8_t wished[6];
    uint32_t count = wishes(n, i, wished);

    for (uint32_t w = 0; w < count; w++)
        if (wished[w] < MACH_REG_COUNT && (class >> wished[w] & 1) && is_free(n, i, wished[w]))
            return wished[w];
    for (uint32_t k = 0; k < sizeof preference; k++) {
        uint32_t reg = preference[k];

        if (!(class >> reg & 1) || n->active[reg] != 0 || !is_worth(n, i, reg))
            continue;
        if (n->until[reg] >= i->end)
            return reg;
        if (best == ALLOC_NO_REG || n->until[reg] > n->until[best])
            best = reg;
    }
    for (uint32_t k = 0; k < sizeof preference; k++)
        if ((class >> preference[k] & 1) && fits_hole(n, i, preference[k]))
            return preference[k];
    /* None lasts: a wished one is as good as another if it lasts as long. */
    for (uint32_t w = 0; w < count && best != ALLOC_NO_REG; w++)
        if (wished[w] < MACH_REG_COUNT && (class >> wished[w] & 1) && n->active[wished[w]] == 0 &&
            n->until[wished[w]] >= n->until[best])
            best = wished[w];
    return best != ALLOC_NO_REG && is_usable(n, i, n->until[best]) ? best : ALLOC_NO_REG;
}

/* The next use from now that reads the value. Those that could as well be served from memory
 * count: a register that dies into its tied result costs nothing at all. */
static const struct alloc_use *next_read(const struct scan *n, const struct alloc_interval *i)
{
    const struct alloc_use *u = alloc_use_from(n->s, i, n->now);
    const struct alloc_use *end = n->s->uses + value_of(n, i)->use_end;

    while (u != NULL && u < end && u->is_def)
        u++;
    return u != NULL && u < end && u->pos < i->end ? u : NULL;
}

/* How far away the next use is, seen from now: through the way back of the
 * innermost loop too. What the loop does not need at all is farthest. */
static uint64_t distance(const struct scan *n, const struct alloc_interval *i)
{
    const struct alloc_scan *s = n->s;
    const struct alloc_value *v = value_of(n, i);
    const struct alloc_use *u = next_read(n, i);
    uint64_t next = u != NULL ? u->pos : i->end;
    uint32_t header, head, until, before;

    if (n->now >= s->hot_end)
        return next;
    header = s->loop[alloc_block_at(s, n->now)];
    if (header == 0 || s->is_cold[--header])
        return next;
    head = alloc_block_pos(s, header);
    until = ALLOC_POS * s->hot_before[s->f->blocks[header].loop_end];
    if (u != NULL && next < until)
        return next;
    before = alloc_use_index(n->s, i, n->now);
    if (s->uses[v->use_first].pos < head && before > v->use_first &&
        s->uses[before - 1].pos >= head)
        return (uint64_t)until + (s->uses[before - 1].pos - head);
    return next + 2 * (uint64_t)until;
}

static bool can_leave(const struct scan *n, const struct alloc_interval *i)
{
    const struct alloc_use *u = alloc_need_from(n->s, i, n->now);
    uint32_t instr = alloc_down(n->now);

    /* Neither needed by this very instruction nor made by it. */
    return i->start <= instr && (u == NULL || alloc_down(u->pos) != instr);
}

/* Those in whose holes the interval lies may come back too early for what follows it: each
 * goes on as a new interval. */
static void leave(struct scan *n, const struct alloc_interval *i)
{
    uint32_t reg = i->reg;

    for (uint32_t id = i->around; id != 0; id = at(n, id)->around) {
        uint32_t child = at(n, id)->end > n->now ? alloc_split(n->s, id, n->now) : 0;

        if (child != 0)
            alloc_heap_push(n->s, child);
    }
    n->active[reg] = 0;
}

static void evict(struct scan *n, uint32_t id)
{
    struct alloc_interval *i;
    uint32_t instr = alloc_down(n->now), until, child;

    leave(n, at(n, id));
    i = at(n, id);
    if (n->s->ranges[alloc_range_at(n->s, value_of(n, i), n->now)].from > n->now) {
        child = alloc_split(n->s, id, n->now); /* not alive: it goes on after the hole */
        if (child != 0)
            alloc_heap_push(n->s, child);
        return;
    }
    until = alloc_used_until(n->s, i, n->now);
    if (i->start == instr && until <= instr) {
        spill(n, id, n->now);
        return;
    }
    child = until > instr ? alloc_split(n->s, id, n->now)
                          : alloc_split(n->s, id,
                                        cheapest(n->s,
                                                 alloc_up(until) > i->start ? alloc_up(until)
                                                                            : i->start + ALLOC_POS,
                                                 instr));
    if (child != 0)
        spill(n, child, n->now);
}

/* False only where an instruction wants more registers than there are. */
static bool take_one(struct scan *n, uint32_t id)
{
    uint32_t class = class_of(n, at(n, id)), best = ALLOC_NO_REG;
    bool must = alloc_must_have(n->s, at(n, id));
    uint64_t farthest = must ? 0 : distance(n, at(n, id));

    for (uint32_t k = 0; k < sizeof preference; k++) {
        uint32_t reg = preference[k];
        struct alloc_interval *i = at(n, n->active[reg]);
        uint64_t d;

        if (!(class >> reg & 1) || !is_usable(n, at(n, id), n->until[reg]))
            continue;
        if (n->active[reg] == 0 && must) { /* not worth it before, but now */
            best = reg;
            break;
        }
        if (n->active[reg] == 0 || !can_leave(n, i))
            continue;
        d = distance(n, i);
        if (d > farthest) {
            farthest = d;
            best = reg;
        }
    }
    if (best == ALLOC_NO_REG && must)
        return false;
    if (best == ALLOC_NO_REG) {
        spill(n, id, n->now);
        return true;
    }
    if (n->active[best] != 0)
        evict(n, n->active[best]);
    assign(n, id, best);
    cut_at_fixed(n, id, n->until[best]);
    return true;
}

/* A wide value has a register for one instruction only. True: this one needs none. */
static bool narrow(struct scan *n, uint32_t id)
{
    uint32_t start = at(n, id)->start, end = alloc_down(start) + ALLOC_POS, child;
    const struct alloc_use *u = alloc_need_from(n->s, at(n, id), start);

    if (u == NULL || u->pos >= end) {
        spill(n, id, start);
        return true;
    }
    if (at(n, id)->end <= end || (child = alloc_split(n->s, id, end)) == 0)
        return false;
    if (alloc_must_have(n->s, at(n, child)))
        alloc_heap_push(n->s, child);
    else
        spill(n, child, end);
    return false;
}

static bool allocate(struct scan *n, uint32_t id)
{
    struct alloc_interval *i;
    uint32_t reg;

    for (reg = 0; reg < MACH_REG_COUNT; reg++)
        while (n->active[reg] != 0 && at(n, n->active[reg])->end <= n->now)
            n->active[reg] = at(n, n->active[reg])->around;
    i = at(n, id);
    i->use_at = alloc_use_index(n->s, i, i->start);
    if (value_of(n, i)->wide && narrow(n, id))
        return true;
    i = at(n, id);
    find_until(n, i);
    reg = find_free(n, i);
    if (reg == ALLOC_NO_REG)
        return take_one(n, id);
    assign(n, id, reg);
    cut_at_fixed(n, id, n->until[reg]);
    return true;
}

/* --- All */

enum err alloc_scan_run(struct alloc_scan *s)
{
    struct scan n = { .s = s };

    if (!alloc_intervals_make(s))
        return ERR_NOMEM;
    while (s->heap_count != 0 && !s->full) {
        uint32_t id = alloc_heap_pop(s);

        n.now = s->intervals[id].start;
        if (!allocate(&n, id))
            return ERR_UNSUPPORTED;
    }
    return s->full ? ERR_NOMEM : ERR_OK;
}
