/* remap.c: exec's address space: growing, moving and emptying what is there.
 *
 * Errors and their order are Linux's (mm/mremap.c, mm/madvise.c, mm/mmap.c; man 2
 * mremap, madvise, brk). */
#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/map.h"
#include "shim/core/memory.h"
#include "shim/core/ram.h"
#include "shim/core/supply.h"
#include "shim/linux.h"

#define READ_WRITE (LINUX_PROT_READ | LINUX_PROT_WRITE)

static struct {
    uint64_t start;
    uint64_t now; /* need not be at a page's end */
} heap;

void remap_init(uint64_t brk)
{
    /* From a large page on, so that a heap that grows in large steps has large entries. */
    heap.start = heap.now = (brk + PLACE_PAGE_LARGE - 1) & ~(uint64_t)(PLACE_PAGE_LARGE - 1);
}

/* --- mremap. */

struct remap {
    uint64_t at;
    uint64_t size;
    uint64_t new_size;
    uint32_t flags;
    uint64_t new_at;
};

static int64_t remap_check(struct remap *r)
{
    const uint32_t known = LINUX_MREMAP_MAYMOVE | LINUX_MREMAP_FIXED;

    if ((r->flags & ~known) != 0 ||
        ((r->flags & LINUX_MREMAP_FIXED) != 0 && (r->flags & LINUX_MREMAP_MAYMOVE) == 0))
        return -LINUX_EINVAL;
    if (r->at % PLACE_PAGE != 0 || !map_align(&r->size) || !map_align(&r->new_size) ||
        r->new_size == 0 || r->new_size > PLACE_USER_END)
        return -LINUX_EINVAL;
    return 0;
}

static int64_t remap_check_fixed(const struct remap *r)
{
    if (r->new_at % PLACE_PAGE != 0 || r->new_at > PLACE_USER_END - r->new_size ||
        r->size > PLACE_USER_END - r->at)
        return -LINUX_EINVAL;
    if (r->at < r->new_at + r->new_size && r->new_at < r->at + r->size)
        return -LINUX_EINVAL;
    return r->new_at < PLACE_USER_START ? -LINUX_EPERM : 0;
}

/* What is behind the old size, at its old place or at the new one. */
static void need_more(struct map_need *need, const struct area *a, uint64_t more)
{
    if (a->protection == 0 || more == 0)
        return;
    need->tables = true;
    if ((a->flags & AREA_INPUT) == 0 || (a->protection & LINUX_PROT_WRITE) != 0)
        need->pages += more / PLACE_PAGE;
    if ((a->flags & AREA_INPUT) == 0)
        need->blocks += more / PLACE_PAGE_LARGE;
}

static bool fits_behind(const struct remap *r, const struct area *a)
{
    uint64_t more = r->new_size - r->size;

    return r->at + r->size == a->end && more <= PLACE_USER_END - a->end &&
           map_is_free(a->end, more);
}

static int64_t grow_in_place(const struct remap *r, const struct area *old)
{
    struct area more = *old;
    struct map_need need = { 0 };

    more.start = old->end;
    more.end = r->at + r->new_size;
    more.gpa += old->end - old->start;
    need_more(&need, old, r->new_size - r->size);
    if (!area_room(1) || !map_reserve(&need, more.start, more.end, 0))
        return -LINUX_ENOMEM;
    area_add(&more);
    if (map_allow(&more, more.start, more.end))
        cpu_flush(more.start, more.end - more.start);
    return (int64_t)r->at;
}

/* The entries go to the new place; the bytes stay where they are. */
static int64_t move_to(const struct remap *r, const struct area *old, uint64_t to)
{
    uint64_t kept = r->size < r->new_size ? r->size : r->new_size;
    struct area moved = *old;
    struct map_need need = { .tables = true };

    moved.gpa += r->at - old->start;
    moved.start = to;
    moved.end = to + r->new_size;
    need_more(&need, old, r->new_size - kept);
    /* Entries that do not fit the new place as they are get split: a table each. */
    need.pages += table_cost(r->at, r->at + kept);
    if (!area_room(3) || !map_reserve(&need, moved.start, moved.end, 0))
        return -LINUX_ENOMEM;
    if (!map_is_free(to, r->new_size)) {
        map_drop(to, moved.end);
        area_cut(to, moved.end);
    }
    if (table_move(r->at, to, kept))
        cpu_flush(r->at, kept);
    table_sweep(r->at, r->at + kept);
    area_cut(r->at, r->at + kept);
    area_add(&moved);
    if (map_allow(&moved, to, moved.end))
        cpu_flush(to, r->new_size);
    return (int64_t)to;
}

/* A tail that the new size has no place for goes last: by then nothing refuses. */
static int64_t remap_fixed(const struct remap *r)
{
    uint64_t kept = r->size < r->new_size ? r->size : r->new_size;
    const struct area a = *area_find(r->at);
    int64_t result = remap_check_fixed(r);

    if (result != 0)
        return result;
    if (r->size == 0)
        return -LINUX_EINVAL;
    if (kept > a.end - r->at)
        return -LINUX_EFAULT;
    result = move_to(r, &a, r->new_at);
    if (result >= 0 && r->size > kept && map_remove(r->at + kept, r->size - kept) != 0)
        supply_bug("memory: a tail that cannot be unmapped");
    return result;
}

static int64_t remap_grow(const struct remap *r)
{
    const struct area a = *area_find(r->at);
    uint64_t to;

    if (r->size == 0)
        return -LINUX_EINVAL;
    if (r->size > a.end - r->at)
        return -LINUX_EFAULT;
    if (fits_behind(r, &a))
        return grow_in_place(r, &a);
    if ((r->flags & LINUX_MREMAP_MAYMOVE) == 0)
        return -LINUX_ENOMEM;
    to = map_place(r->new_size, PLACE_MAP_TOP, r->at);
    return to != 0 ? move_to(r, &a, to) : -LINUX_ENOMEM;
}

static int64_t remap(struct remap *r)
{
    const struct area *a;
    int64_t result = remap_check(r);

    if (result != 0)
        return result;
    a = area_find(r->at);
    if (a == NULL || a->start > r->at)
        return -LINUX_EFAULT;
    if ((r->flags & LINUX_MREMAP_FIXED) != 0)
        return remap_fixed(r);
    if (r->size > r->new_size)
        result = map_remove(r->at + r->new_size, r->size - r->new_size);
    if (r->size >= r->new_size)
        return result != 0 ? result : (int64_t)r->at;
    return remap_grow(r);
}

int64_t memory_remap(uint64_t at, uint64_t size, uint64_t new_size, uint32_t flags, uint64_t new_at)
{
    struct remap r = { at, size, new_size, flags, new_at };
    int64_t result;

    map_lock();
    result = remap(&r);
    map_unlock();
    return result;
}

/* --- brk. */

static bool heap_grow(uint64_t from, uint64_t to)
{
    /* Linux leaves a page between the heap and what comes behind it. */
    return map_is_free(from, to - from + PLACE_PAGE) &&
           map_anonymous(from, to - from, READ_WRITE, LINUX_MAP_PRIVATE | LINUX_MAP_FIXED) >= 0;
}

static void heap_set(uint64_t to)
{
    uint64_t from = heap.now, end = to;

    if (to < heap.start || to > PLACE_USER_END - PLACE_PAGE)
        return;
    (void)map_align(&from);
    (void)map_align(&end);
    if (end > from && !heap_grow(from, end))
        return;
    if (end < from && map_remove(end, from - end) != 0)
        return;
    heap.now = to;
}

int64_t memory_brk(uint64_t to)
{
    int64_t result;

    map_lock();
    heap_set(to);
    result = (int64_t)heap.now;
    map_unlock();
    return result;
}

/* --- madvise. */

static bool advice_known(uint32_t advice)
{
    return advice <= LINUX_MADV_DONTNEED || advice == LINUX_MADV_FREE ||
           (advice >= LINUX_MADV_DONTFORK && advice <= LINUX_MADV_POPULATE_WRITE);
}

/* An input's pages come back in place of exec's copies. */
static int64_t empty_input(const struct area *a, uint64_t at, uint64_t end)
{
    struct map_need need = { .tables = true };
    struct table_survey old;

    table_look(at, end, &old);
    if ((a->protection & LINUX_PROT_WRITE) != 0)
        need.pages = (end - at) / PLACE_PAGE;
    if (!map_reserve(&need, at, end, old.owned))
        return -LINUX_ENOMEM;
    map_drop(at, end);
    if (map_allow(a, at, end))
        cpu_flush(at, end - at);
    return 0;
}

/* Pages that may be touched stay, zeroed: without demand faults new ones would
 * have to be there at once, and these need no flush. */
static int64_t area_empty(const struct area *a, uint64_t at, uint64_t end, uint32_t advice)
{
    if ((a->flags & AREA_IMAGE) != 0)
        return -LINUX_EINVAL;
    if ((a->flags & AREA_INPUT) != 0)
        return advice == LINUX_MADV_FREE ? -LINUX_EINVAL : empty_input(a, at, end);
    if (a->protection != 0) {
        table_zero(at, end);
        return 0;
    }
    if (!ram_reserve(2, 0))
        return -LINUX_ENOMEM;
    map_drop(at, end);
    return 0;
}

/* Holes do not stop it, and are told at the end. */
static int64_t advise_range(uint64_t at, uint64_t end, uint32_t advice)
{
    bool empties = advice == LINUX_MADV_DONTNEED || advice == LINUX_MADV_FREE;
    int64_t result = 0;

    for (uint64_t pos = at; pos < end;) {
        const struct area *found = area_find(pos);
        struct area a;
        uint64_t stop;
        int64_t one = 0;

        if (found == NULL || found->start >= end)
            return -LINUX_ENOMEM;
        a = *found;
        if (a.start > pos)
            result = -LINUX_ENOMEM;
        pos = a.start > pos ? a.start : pos;
        stop = a.end < end ? a.end : end;
        if (empties)
            one = area_empty(&a, pos, stop, advice);
        if (one != 0)
            return one;
        pos = stop;
    }
    return result;
}

int64_t memory_advise(uint64_t at, uint64_t size, uint32_t advice)
{
    uint64_t end;
    int64_t result;

    if (!advice_known(advice) || at % PLACE_PAGE != 0 || !map_align(&size) ||
        __builtin_add_overflow(at, size, &end))
        return -LINUX_EINVAL;
    if (size == 0)
        return 0;
    map_lock();
    result = advise_range(at, end, advice);
    ram_trim();
    map_unlock();
    return result;
}
