/* area.c: a sorted list in leaves of a page.
 *
 * The index has for each leaf its page and the largest gap before one of its
 * areas, so that looking for room reads the index and one leaf. */
#include "shim/core/area.h"

#include "gate/place.h"
#include "shim/core/memory.h"
#include "shim/core/ram.h"
#include "shim/core/supply.h"

#define LEAF_AREAS 102u
#define LEAVES_MAX (AREA_INDEX_PAGES * PLACE_PAGE / 8u)

struct leaf {
    uint64_t count;
    uint64_t zero;
    struct area area[LEAF_AREAS];
};
_Static_assert(sizeof(struct leaf) <= PLACE_PAGE, "a leaf is a page");

struct reference {
    uint32_t page; /* gpa / PLACE_PAGE */
    uint32_t gap;  /* pages; UINT32_MAX: that or more */
};

static struct {
    struct reference *leaf;
    uint32_t leaves;
    uint32_t count;
} list;

/* A place in the list: before `slot` of `leaf`. */
struct place {
    uint32_t leaf;
    uint32_t slot;
};

static struct leaf *leaf_at(uint32_t index)
{
    return memory_direct((uint64_t)list.leaf[index].page * PLACE_PAGE);
}

static struct area *leaf_last(uint32_t index)
{
    struct leaf *l = leaf_at(index);

    return &l->area[l->count - 1];
}

void area_init(uint64_t index_gpa)
{
    list.leaf = memory_direct(index_gpa);
    list.leaves = 0;
    list.count = 0;
}

uint32_t area_count(void) { return list.count; }

bool area_room(uint32_t more)
{
    return list.count + more <= AREA_COUNT_MAX && list.leaves + AREA_PAGES <= LEAVES_MAX;
}

/* --- Finding. */

/* leaf == list.leaves: there is no such area. */
static struct place place_find(uint64_t va)
{
    uint32_t low = 0, high = list.leaves;
    struct place p = { 0 };
    const struct leaf *l;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (leaf_last(middle)->end > va)
            high = middle;
        else
            low = middle + 1;
    }
    p.leaf = low;
    if (low == list.leaves)
        return p;
    l = leaf_at(low);
    for (low = 0, high = (uint32_t)l->count; low < high;) {
        uint32_t middle = low + (high - low) / 2;

        if (l->area[middle].end > va)
            high = middle;
        else
            low = middle + 1;
    }
    p.slot = low;
    return p;
}

static struct area *area_in(struct place p)
{
    return p.leaf < list.leaves ? &leaf_at(p.leaf)->area[p.slot] : NULL;
}

const struct area *area_find(uint64_t va) { return area_in(place_find(va)); }

/* --- Gaps. */

static uint64_t end_before(uint32_t leaf) { return leaf == 0 ? 0 : leaf_last(leaf - 1)->end; }

static void gap_renew(uint32_t index)
{
    const struct leaf *l;
    uint64_t end, most = 0;

    if (index >= list.leaves)
        return;
    l = leaf_at(index);
    end = end_before(index);
    for (uint32_t i = 0; i < l->count; i++) {
        uint64_t gap = l->area[i].start - end;

        most = gap > most ? gap : most;
        end = l->area[i].end;
    }
    most /= PLACE_PAGE;
    list.leaf[index].gap = most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

/* After any change in a leaf: the gap behind it belongs to the next one. */
static void leaf_changed(uint32_t index)
{
    gap_renew(index);
    gap_renew(index + 1);
}

struct wish {
    uint64_t size;
    uint64_t top;
    uint64_t align;
    uint64_t phase;
};

static uint64_t gap_fit(const struct wish *w, uint64_t low, uint64_t high)
{
    uint64_t at;

    low = low > PLACE_USER_START ? low : PLACE_USER_START;
    high = high < w->top ? high : w->top;
    if (high < low || high - low < w->size)
        return 0;
    at = high - w->size;
    at -= (at - w->phase) & (w->align - 1);
    return at >= low && at <= high - w->size ? at : 0;
}

static uint64_t leaf_fit(const struct wish *w, uint32_t index)
{
    const struct leaf *l = leaf_at(index);

    for (uint32_t i = (uint32_t)l->count; i > 0; i--) {
        uint64_t low = i > 1 ? l->area[i - 2].end : end_before(index);
        uint64_t at = gap_fit(w, low, l->area[i - 1].start);

        if (at != 0)
            return at;
    }
    return 0;
}

uint64_t area_gap(uint64_t size, uint64_t top, uint64_t align, uint64_t phase)
{
    struct wish w = { size, top, align, phase };
    uint64_t at = gap_fit(&w, end_before(list.leaves), PLACE_USER_END);

    for (uint32_t i = list.leaves; i > 0 && at == 0; i--)
        if (list.leaf[i - 1].gap >= size / PLACE_PAGE || list.leaf[i - 1].gap == UINT32_MAX)
            at = leaf_fit(&w, i - 1);
    return at;
}

/* --- Leaves come and go. */

static void leaf_insert(uint32_t index)
{
    if (list.leaves == LEAVES_MAX)
        supply_bug("memory: no place for a leaf");
    for (uint32_t i = list.leaves; i > index; i--)
        list.leaf[i] = list.leaf[i - 1];
    list.leaf[index].page = (uint32_t)(ram_take(false) / PLACE_PAGE);
    list.leaves++;
    leaf_at(index)->count = 0;
}

static void leaf_remove(uint32_t index)
{
    ram_give((uint64_t)list.leaf[index].page * PLACE_PAGE);
    list.leaves--;
    for (uint32_t i = index; i < list.leaves; i++)
        list.leaf[i] = list.leaf[i + 1];
}

/* The upper half of a full leaf goes to a new one behind it. */
static void leaf_split(uint32_t index)
{
    struct leaf *low, *high;

    leaf_insert(index + 1);
    low = leaf_at(index);
    high = leaf_at(index + 1);
    high->count = low->count / 2;
    low->count -= high->count;
    for (uint64_t i = 0; i < high->count; i++)
        high->area[i] = low->area[low->count + i];
}

/* Two leaves that fit into one are one: no list of nearly empty leaves is left. */
static bool leaf_join(uint32_t index)
{
    struct leaf *low, *high;

    if (index + 1 >= list.leaves)
        return false;
    low = leaf_at(index);
    high = leaf_at(index + 1);
    if (low->count + high->count > LEAF_AREAS)
        return false;
    for (uint64_t i = 0; i < high->count; i++)
        low->area[low->count + i] = high->area[i];
    low->count += high->count;
    leaf_remove(index + 1);
    leaf_changed(index);
    return true;
}

/* --- Changing. */

static void slot_insert(struct place p, const struct area *a)
{
    struct leaf *l;

    if (list.leaves == 0)
        leaf_insert(0);
    if (p.leaf == list.leaves) { /* behind all others */
        p.leaf--;
        p.slot = (uint32_t)leaf_at(p.leaf)->count;
    }
    if (leaf_at(p.leaf)->count == LEAF_AREAS) {
        leaf_split(p.leaf);
        leaf_changed(p.leaf);
        if (p.slot > leaf_at(p.leaf)->count) {
            p.slot -= (uint32_t)leaf_at(p.leaf)->count;
            p.leaf++;
        }
    }
    l = leaf_at(p.leaf);
    for (uint64_t i = l->count; i > p.slot; i--)
        l->area[i] = l->area[i - 1];
    l->area[p.slot] = *a;
    l->count++;
    list.count++;
    leaf_changed(p.leaf);
}

static void slot_remove(struct place p)
{
    struct leaf *l = leaf_at(p.leaf);

    l->count--;
    list.count--;
    for (uint64_t i = p.slot; i < l->count; i++)
        l->area[i] = l->area[i + 1];
    if (l->count == 0) {
        leaf_remove(p.leaf);
        gap_renew(p.leaf);
        return;
    }
    leaf_changed(p.leaf);
    if (p.leaf > 0 && leaf_join(p.leaf - 1))
        p.leaf--;
    leaf_join(p.leaf);
}

static void start_move(struct area *a, uint64_t to)
{
    if ((a->flags & AREA_INPUT) != 0)
        a->gpa += to - a->start;
    a->start = to;
}

/* An area that reaches over both ends of what is cut out of it. */
static void area_split(struct place p, uint64_t start, uint64_t end)
{
    struct area *a = area_in(p);
    struct area tail = *a;

    start_move(&tail, end);
    a->end = start;
    p.slot++;
    slot_insert(p, &tail);
}

void area_cut(uint64_t start, uint64_t end)
{
    for (;;) {
        struct place p = place_find(start);
        struct area *a = area_in(p);

        if (a == NULL || a->start >= end)
            return;
        if (a->start < start && a->end > end) {
            area_split(p, start, end);
            return;
        }
        if (a->start >= start && a->end <= end) {
            slot_remove(p);
            continue;
        }
        if (a->start < start)
            a->end = start;
        else
            start_move(a, end);
        leaf_changed(p.leaf);
    }
}

static bool areas_join(const struct area *low, const struct area *high)
{
    if (low->end != high->start || low->protection != high->protection || low->flags != high->flags)
        return false;
    return (low->flags & AREA_INPUT) == 0 ||
           (low->gpa_end == high->gpa_end && low->gpa + (low->end - low->start) == high->gpa);
}

void area_add(const struct area *a)
{
    struct place p = place_find(a->start);
    struct area *next = area_in(p);
    struct area whole = *a;

    if (next != NULL && next->start < a->end)
        supply_bug("memory: two areas in one place");
    if (next != NULL && areas_join(&whole, next)) {
        whole.end = next->end;
        slot_remove(p);
    }
    if (a->start > 0) {
        struct place q = place_find(a->start - 1);
        struct area *previous = area_in(q);

        if (previous != NULL && areas_join(previous, &whole)) {
            previous->end = whole.end;
            leaf_changed(q.leaf);
            return;
        }
    }
    slot_insert(place_find(whole.start), &whole);
}
