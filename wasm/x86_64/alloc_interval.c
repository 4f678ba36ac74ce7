/* Intervals: one or more for each value, waiting in a heap for the scan, which cuts
 * them further. */
#include "wasm/x86_64/alloc_scan.h"

enum {
    HOLE_MIN = 16 * ALLOC_POS, /* a hole this long makes two intervals of one */
    NEED_STEPS = 64,           /* a need farther away than so many uses is none */
};

static const struct alloc_value *value_of(const struct alloc_scan *s,
                                          const struct alloc_interval *i)
{
    return &s->values[i->value];
}

static bool comes_before(const struct alloc_scan *s, uint32_t a, uint32_t b)
{
    uint32_t at_a = s->intervals[a].start, at_b = s->intervals[b].start;

    return at_a < at_b || (at_a == at_b && a < b);
}

void alloc_heap_push(struct alloc_scan *s, uint32_t id)
{
    uint32_t i = s->heap_count;

    if (!ARENA_RESERVE(s->arena, s->heap, s->heap_room, (size_t)i + 1)) {
        s->full = true;
        return;
    }
    s->heap_count++;
    for (; i > 0 && comes_before(s, id, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = id;
}

uint32_t alloc_heap_pop(struct alloc_scan *s)
{
    uint32_t first = s->heap[0], id = s->heap[--s->heap_count], i = 0;

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= s->heap_count)
            break;
        if (child + 1 < s->heap_count && comes_before(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!comes_before(s, s->heap[child], id))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = id;
    return first;
}

static uint32_t interval_new(struct alloc_scan *s, uint32_t value, uint32_t start, uint32_t end)
{
    if (!ARENA_RESERVE(s->arena, s->intervals, s->interval_room, (size_t)s->interval_count + 2)) {
        s->full = true;
        return 0;
    }
    s->intervals[++s->interval_count] = (struct alloc_interval){
        .start = start,
        .end = end,
        .value = value,
        .reg = ALLOC_NO_REG,
        .use_at = s->values[value].use_first,
    };
    return s->interval_count;
}

/* The range of the value that ends after pos. */
uint32_t alloc_range_at(const struct alloc_scan *s, const struct alloc_value *v, uint32_t pos)
{
    uint32_t low = v->range_first, high = v->range_end;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s->ranges[middle].to <= pos)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Cuts the interval in two at pos, inside it; returns the later part, which nobody has yet. */
uint32_t alloc_split(struct alloc_scan *s, uint32_t id, uint32_t pos)
{
    const struct alloc_value *v = value_of(s, &s->intervals[id]);
    uint32_t range = alloc_range_at(s, v, pos), child;
    uint32_t from = s->ranges[range].from > pos ? s->ranges[range].from : pos;

    child = interval_new(s, s->intervals[id].value, from, s->intervals[id].end);
    if (child == 0)
        return 0;
    s->intervals[child].next = s->intervals[id].next;
    s->intervals[child].use_at = s->intervals[id].use_at;
    s->intervals[id].next = child;
    s->intervals[id].end = pos;
    if (from > pos)
        s->intervals[id].end = s->ranges[range - 1].to;
    return child;
}

/* Index of the value's first use from pos on, looked for from the interval's start. */
uint32_t alloc_use_index(const struct alloc_scan *s, const struct alloc_interval *i, uint32_t pos)
{
    uint32_t low = i->use_at, high = value_of(s, i)->use_end;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s->uses[middle].pos < pos)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct alloc_use *alloc_use_from(const struct alloc_scan *s, const struct alloc_interval *i,
                                       uint32_t pos)
{
    uint32_t k = alloc_use_index(s, i, pos);

    return k < value_of(s, i)->use_end && s->uses[k].pos < i->end ? &s->uses[k] : NULL;
}

/* The next use from pos that wants a register, or NULL. */
const struct alloc_use *alloc_need_from(const struct alloc_scan *s, const struct alloc_interval *i,
                                        uint32_t pos)
{
    const struct alloc_use *u = alloc_use_from(s, i, pos);
    const struct alloc_use *end = s->uses + value_of(s, i)->use_end;

    if (u == NULL)
        return NULL;
    for (unsigned steps = 0; u < end && u->pos < i->end && steps < NEED_STEPS; u++, steps++)
        if (u->want != ALLOC_WANT_ANY)
            return u;
    return NULL;
}

/* The last use before pos within the interval: the end of its reach, or the start. */
uint32_t alloc_used_until(const struct alloc_scan *s, const struct alloc_interval *i, uint32_t pos)
{
    uint32_t k = alloc_use_index(s, i, pos);

    if (k > value_of(s, i)->use_first && s->uses[k - 1].pos >= i->start)
        return s->uses[k - 1].pos + s->uses[k - 1].reach;
    return i->start;
}

/* Must it be in a register in the instruction at whose place it starts? */
bool alloc_must_have(const struct alloc_scan *s, const struct alloc_interval *i)
{
    const struct alloc_use *u = alloc_use_from(s, i, i->start);
    const struct alloc_use *end = s->uses + value_of(s, i)->use_end;

    for (; u != NULL && u < end && u->pos < alloc_down(i->start) + ALLOC_POS; u++)
        if (u->want == ALLOC_WANT_REG)
            return true;
    return false;
}

static bool is_call_between(const struct alloc_scan *s, uint32_t from, uint32_t to)
{
    uint32_t low = 0, high = s->fixed_count[0];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s->fixed[0][middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    /* A call is worth a cut, a division is not. */
    for (uint32_t steps = 0; low < s->fixed_count[0] && steps < 8; low++, steps++)
        if (s->fixed[0][low].from < to && (s->fixed[0][low].mask & 1u << R10))
            return true;
    return false;
}

bool alloc_intervals_make(struct alloc_scan *s)
{
    size_t room = (size_t)s->range_count + s->range_count / 4 + 16;

    if (!ARENA_RESERVE(s->arena, s->intervals, s->interval_room, room) ||
        !ARENA_RESERVE(s->arena, s->heap, s->heap_room, room))
        return false;
    for (uint32_t v = 1; v <= s->f->virtual_count && !s->full; v++) {
        struct alloc_value *value = &s->values[v];
        uint32_t last = 0;

        for (uint32_t r = value->range_first; r < value->range_end; r++) {
            const struct alloc_range *range = &s->ranges[r];
            uint32_t end = last != 0 ? s->intervals[last].end : 0, id;

            if (last != 0 && range->from - end < HOLE_MIN &&
                !(range->from >= s->hot_end && end <= s->hot_end) &&
                !is_call_between(s, end, range->from)) {
                s->intervals[last].end = range->to;
                continue;
            }
            id = interval_new(s, v, range->from, range->to);
            if (id == 0)
                return false;
            if (last != 0)
                s->intervals[last].next = id;
            else
                value->interval = id;
            last = id;
        }
    }
    for (uint32_t id = 1; id <= s->interval_count; id++)
        alloc_heap_push(s, id);
    return !s->full;
}
