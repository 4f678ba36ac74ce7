/* Slots for spilled values, shared where two values are never alive together. A
 * value has one slot for all its life, of its own size, aligned to that. */
#include "wasm/x86_64/alloc_scan.h"

enum { NO_SLOT = UINT32_MAX };

struct slots {
    struct alloc_scan *s;
    uint32_t *list; /* spilled values by start */
    uint32_t count;
    uint32_t *busy; /* heap of values with a slot, by end */
    uint32_t busy_count;
    uint32_t *free[3]; /* stacks of slots, for 4, 8 and 16 bytes; some are taken again */
    uint32_t free_count[3];
    uint8_t *is_free[3]; /* per slot */
    uint32_t *likes;     /* per phi: 1 + the slot of a value it takes */
    uint32_t size[3];    /* slots of each class so far */
};

static uint32_t start_of(const struct slots *p, uint32_t value)
{
    return p->s->ranges[p->s->values[value].range_first].from;
}

static uint32_t end_of(const struct slots *p, uint32_t value)
{
    return p->s->ranges[p->s->values[value].range_end - 1].to;
}

static unsigned class_of(const struct slots *p, uint32_t value)
{
    uint32_t width = alloc_width(p->s->f->kinds[value]);

    return width == 4 ? 0 : width == 8 ? 1 : 2;
}

static void sort_by_start(const struct slots *p)
{
    uint32_t gap = 1;

    while (gap < p->count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (uint32_t i = gap; i < p->count; i++) {
            uint32_t value = p->list[i], start = start_of(p, value), j = i;

            for (; j >= gap && start_of(p, p->list[j - gap]) > start; j -= gap)
                p->list[j] = p->list[j - gap];
            p->list[j] = value;
        }
}

static void busy_push(struct slots *p, uint32_t value)
{
    uint32_t i = p->busy_count++, end = end_of(p, value);

    for (; i > 0 && end_of(p, p->busy[(i - 1) / 2]) > end; i = (i - 1) / 2)
        p->busy[i] = p->busy[(i - 1) / 2];
    p->busy[i] = value;
}

static uint32_t busy_pop(struct slots *p)
{
    uint32_t first = p->busy[0], value = p->busy[--p->busy_count], i = 0;
    uint32_t end = end_of(p, value);

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= p->busy_count)
            break;
        if (child + 1 < p->busy_count && end_of(p, p->busy[child + 1]) < end_of(p, p->busy[child]))
            child++;
        if (end_of(p, p->busy[child]) >= end)
            break;
        p->busy[i] = p->busy[child];
        i = child;
    }
    p->busy[i] = value;
    return first;
}

static void release(struct slots *p, uint32_t now)
{
    while (p->busy_count != 0 && end_of(p, p->busy[0]) <= now) {
        uint32_t value = busy_pop(p);
        unsigned class = class_of(p, value);

        p->free[class][p->free_count[class]++] = p->s->values[value].slot;
        p->is_free[class][p->s->values[value].slot] = 1;
    }
}

static bool take(struct slots *p, unsigned class, uint32_t slot)
{
    if (slot >= p->size[class] || !p->is_free[class][slot])
        return false;
    p->is_free[class][slot] = 0;
    return true;
}

/* The slot of the phi that the value goes to, or comes from, saves a move along an edge. */
static uint32_t choose(struct slots *p, uint32_t value, unsigned class)
{
    const struct alloc_value *v = &p->s->values[value];
    const struct alloc_value *phi = &p->s->values[v->feeds];

    if (p->likes[value] != 0 && take(p, class, p->likes[value] - 1))
        return p->likes[value] - 1;
    if (v->feeds != 0 && phi->spilled && phi->slot != NO_SLOT && class_of(p, v->feeds) == class &&
        take(p, class, phi->slot))
        return phi->slot;
    while (p->free_count[class] != 0) {
        uint32_t slot = p->free[class][--p->free_count[class]];

        if (take(p, class, slot))
            return slot;
    }
    return p->size[class]++;
}

static enum err collect(struct slots *p)
{
    struct alloc_scan *s = p->s;

    for (uint32_t v = 1; v <= s->f->virtual_count; v++)
        p->count += s->values[v].spilled && s->values[v].remat == 0;
    p->list = arena_array(s->arena, p->count, sizeof *p->list);
    p->busy = arena_array(s->arena, (size_t)p->count + 1, sizeof *p->busy);
    for (unsigned c = 0; c < 3; c++) {
        p->free[c] = arena_array(s->arena, p->count, sizeof *p->free[c]);
        p->is_free[c] = arena_array(s->arena, p->count, sizeof *p->is_free[c]);
        if (p->free[c] == NULL || p->is_free[c] == NULL)
            return ERR_NOMEM;
    }
    if (p->list == NULL || p->busy == NULL)
        return ERR_NOMEM;
    p->count = 0;
    for (uint32_t v = 1; v <= s->f->virtual_count; v++) {
        p->likes[v] = 0;
        s->values[v].slot = NO_SLOT;
        if (s->values[v].spilled && s->values[v].remat == 0)
            p->list[p->count++] = v;
    }
    sort_by_start(p);
    return ERR_OK;
}

enum err alloc_slots_place(struct alloc_scan *s, uint32_t *spare)
{
    struct slots p = { .s = s, .likes = s->per_value };
    uint32_t first[3];

    TRY(collect(&p));
    for (uint32_t i = 0; i < p.count; i++) {
        uint32_t value = p.list[i];
        unsigned class = class_of(&p, value);

        release(&p, start_of(&p, value));
        s->values[value].slot = choose(&p, value, class);
        if (s->values[value].feeds != 0 && class_of(&p, s->values[value].feeds) == class)
            p.likes[s->values[value].feeds] = s->values[value].slot + 1;
        busy_push(&p, value);
    }
    /* Numbers to offsets, the widest first. The spare one is last: often it is not used. */
    if ((uint64_t)p.size[0] + p.size[1] + p.size[2] > UINT32_MAX / 64)
        return ERR_LIMIT;
    first[2] = 0;
    first[1] = p.size[2] * 16;
    first[0] = first[1] + p.size[1] * 8;
    for (uint32_t i = 0; i < p.count; i++) {
        unsigned class = class_of(&p, p.list[i]);

        s->values[p.list[i]].slot = first[class] + (s->values[p.list[i]].slot << (class + 2));
    }
    *spare = (first[0] + p.size[0] * 4 + 7) & ~7u;
    s->f->slot_size = *spare + 16;
    return ERR_OK;
}
