/* map.c: exec's address space: placing, protecting, unmapping.
 *
 * Every call first finds out whether it can be done, whole, and makes ram.c reserve
 * what it takes; after that nothing refuses. Errors and their order are Linux's
 * (mm/mmap.c, mm/mprotect.c; man 2 mmap, mprotect, munmap). */
#include "shim/core/map.h"

#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/lock.h"
#include "shim/core/memory.h"
#include "shim/core/ram.h"
#include "shim/core/supply.h"
#include "shim/linux.h"

#define PROTECTION (LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC)
/* MAP_32BIT: the first 2 GiB. */
#define TOP_32BIT 0x80000000ull
#define SIZE_OF_NO_STACK (1ull << 30)

static struct lock map_lock_;
static uint64_t changes; /* atomic */

void map_lock(void)
{
    lock_take(&map_lock_);
    __atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED);
}

void map_unlock(void) { lock_give(&map_lock_); }

/* --- The start. */

/* exec as the image has it: its pages are in the tables already. */
static void image_add(const struct boot *boot)
{
    uint64_t end = 0;

    for (uint64_t i = 0; i < boot->segments_count && i < BOOT_SEGMENTS_MAX; i++) {
        const struct boot_segment *s = &boot->segment[i];
        struct area a = { .start = s->va > end ? s->va : end,
                          .end = s->va + s->size,
                          .protection = (uint32_t)s->protection & PROTECTION,
                          .flags = AREA_IMAGE };

        if (a.start >= a.end)
            continue;
        area_add(&a);
        end = a.end;
    }
}

void memory_init(const struct boot *boot)
{
    table_init(boot);
    area_init(ram_init(boot, AREA_INDEX_PAGES));
    image_add(boot);
    remap_init(boot->exec_end);
}

/* --- Sizes and costs. */

bool map_align(uint64_t *size)
{
    uint64_t up;

    if (__builtin_add_overflow(*size, PLACE_PAGE - 1, &up))
        return false;
    *size = up & ~(uint64_t)(PLACE_PAGE - 1);
    return true;
}

bool map_both(uint32_t protection)
{
    return (protection & LINUX_PROT_WRITE) != 0 && (protection & LINUX_PROT_EXEC) != 0;
}

bool map_reserve(const struct map_need *need, uint64_t at, uint64_t end, uint64_t freed)
{
    uint64_t pages = need->pages + (need->tables ? table_cost(at, end) : 0);

    pages = (pages > freed ? pages - freed : 0) + AREA_PAGES + MAP_SLACK;
    if (ram_reserve(pages, need->blocks))
        return true;
    /* The last that there is: tables that were kept for later. */
    if (table_drop_kept())
        cpu_flush(0, 0);
    table_sweep(0, 0);
    return ram_reserve(pages, 0);
}

/* The end of what an area's part can have contents up to: behind the last page of
 * an input nothing is ever mapped. */
static uint64_t content_end(const struct area *a, uint64_t at, uint64_t end)
{
    uint64_t gpa = a->gpa + (at - a->start);

    if ((a->flags & AREA_INPUT) == 0)
        return end;
    if (gpa >= a->gpa_end)
        return at;
    return a->gpa_end - gpa < end - at ? at + (a->gpa_end - gpa) : end;
}

void map_lack(struct map_need *need, const struct area *a, uint64_t at, uint64_t end,
              uint32_t protection)
{
    bool is_input = (a->flags & AREA_INPUT) != 0;
    struct table_survey s;

    if (protection == 0)
        return;
    table_look(at, content_end(a, at, end), &s);
    need->tables |= s.absent != 0;
    if ((protection & LINUX_PROT_WRITE) != 0) {
        need->pages += s.foreign;
        need->tables |= s.foreign != 0;
    }
    if (is_input && (protection & LINUX_PROT_WRITE) == 0)
        return;
    need->pages += s.absent;
    need->blocks += is_input ? 0 : s.blocks;
}

bool map_allow(const struct area *a, uint64_t at, uint64_t end)
{
    struct table_source source = {
        .is_input = (a->flags & AREA_INPUT) != 0,
        .gpa = a->gpa + (at - a->start),
        .end = a->gpa_end,
    };

    return table_allow(at, content_end(a, at, end), a->protection, &source);
}

void map_drop(uint64_t at, uint64_t end)
{
    if (table_drop(at, end))
        cpu_flush(at, end - at);
    table_sweep(at, end);
}

/* --- Where. */

bool map_is_free(uint64_t at, uint64_t size)
{
    const struct area *a = area_find(at);

    return a == NULL || a->start >= at + size;
}

/* From 2 MiB on it is worth having the right address for entries of 2 MiB. */
uint64_t map_place(uint64_t size, uint64_t top, uint64_t phase)
{
    uint64_t at = 0;

    if (size >= PLACE_PAGE_LARGE)
        at = area_gap(size, top, PLACE_PAGE_LARGE, phase);
    return at != 0 ? at : area_gap(size, top, PLACE_PAGE, 0);
}

static int64_t place_fixed(uint64_t at, uint64_t size, uint32_t flags)
{
    if (at > PLACE_USER_END - size)
        return -LINUX_ENOMEM;
    if (at % PLACE_PAGE != 0)
        return -LINUX_EINVAL;
    if (at < PLACE_USER_START)
        return -LINUX_EPERM;
    if ((flags & LINUX_MAP_FIXED_NOREPLACE) != 0 && !map_is_free(at, size))
        return -LINUX_EEXIST;
    return (int64_t)at;
}

/* Where in 2 MiB a place should start, so that most of it is whole 2 MiB: an input
 * where its pages do; what is small enough for a stack so that its end does, as its
 * guard is at the start; and what is larger at its start. */
static uint64_t phase_of(const struct area *a, uint64_t size)
{
    if ((a->flags & AREA_INPUT) != 0)
        return a->gpa;
    return size < SIZE_OF_NO_STACK ? 0 - size : 0;
}

/* A hint counts where there is room at it. */
static int64_t place_any(uint64_t at, uint64_t size, uint32_t flags, uint64_t phase)
{
    uint64_t top = (flags & LINUX_MAP_32BIT) != 0 ? TOP_32BIT : PLACE_MAP_TOP;

    at &= ~(uint64_t)(PLACE_PAGE - 1);
    if (at != 0 && at < PLACE_USER_START)
        at = PLACE_USER_START;
    if (at != 0 && (flags & LINUX_MAP_32BIT) == 0 && at <= PLACE_USER_END - size &&
        map_is_free(at, size))
        return (int64_t)at;
    at = map_place(size, top, phase);
    return at != 0 ? (int64_t)at : -LINUX_ENOMEM;
}

/* --- mmap. */

#define FLAGS_FIXED (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE)

/* What an area takes that has nothing yet. */
static void need_whole(struct map_need *need, const struct area *a)
{
    uint64_t size = content_end(a, a->start, a->end) - a->start;
    bool is_input = (a->flags & AREA_INPUT) != 0;

    if (a->protection == 0)
        return;
    need->tables = true;
    if (is_input && (a->protection & LINUX_PROT_WRITE) == 0)
        return;
    need->pages = size / PLACE_PAGE;
    need->blocks = is_input ? 0 : size / PLACE_PAGE_LARGE;
}

/* Puts the area where it says, in place of what is there. */
static int64_t area_put(const struct area *a)
{
    uint64_t size = a->end - a->start;
    struct map_need need = { 0 };
    struct table_survey old;

    need_whole(&need, a);
    table_look(a->start, a->end, &old);
    if (!area_room(2) || !map_reserve(&need, a->start, a->end, old.owned))
        return -LINUX_ENOMEM;
    if (!map_is_free(a->start, size)) {
        map_drop(a->start, a->end);
        area_cut(a->start, a->end);
        ram_trim();
    }
    area_add(a);
    if (map_allow(a, a->start, a->end))
        cpu_flush(a->start, size);
    return (int64_t)a->start;
}

static int64_t map_at(uint64_t at, uint64_t size, uint32_t flags, struct area *a)
{
    int64_t placed;

    if (size == 0)
        return -LINUX_EINVAL;
    if (!map_align(&size) || size > PLACE_USER_END)
        return -LINUX_ENOMEM;
    placed = (flags & FLAGS_FIXED) != 0 ? place_fixed(at, size, flags)
                                        : place_any(at, size, flags, phase_of(a, size));
    if (placed < 0)
        return placed;
    if ((flags & LINUX_MAP_TYPE) == 0 || (flags & LINUX_MAP_TYPE) > LINUX_MAP_SHARED_VALIDATE)
        return -LINUX_EINVAL;
    if (map_both(a->protection) ||
        ((a->flags & AREA_NO_WRITE) != 0 && (a->protection & LINUX_PROT_WRITE) != 0))
        return -LINUX_EACCES;
    a->start = (uint64_t)placed;
    a->end = a->start + size;
    return area_put(a);
}

int64_t map_anonymous(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags)
{
    struct area a = { .protection = protection & PROTECTION };

    if ((flags & LINUX_MAP_TYPE) == LINUX_MAP_SHARED_VALIDATE)
        return -LINUX_EINVAL;
    if ((flags & LINUX_MAP_HUGETLB) != 0)
        return -LINUX_ENOMEM;
    return map_at(at, size, flags, &a);
}

int64_t memory_map(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags)
{
    int64_t result;

    map_lock();
    result = map_anonymous(at, size, protection, flags);
    map_unlock();
    return result;
}

/* The window is judged once more: an entry of exec's may lead into nothing else. */
static bool input_inside(uint64_t gpa, uint64_t size)
{
    return gpa % PLACE_PAGE == 0 && gpa >= PLACE_INPUT_GPA && gpa <= PLACE_INPUT_END &&
           size <= PLACE_INPUT_END - gpa;
}

int64_t memory_map_input(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags,
                         uint64_t gpa, uint64_t input_size)
{
    struct area a = { .gpa = gpa, .protection = protection & PROTECTION, .flags = AREA_INPUT };
    int64_t result;

    if (!map_align(&input_size) || !input_inside(gpa, input_size) ||
        (flags & LINUX_MAP_HUGETLB) != 0)
        return -LINUX_EINVAL;
    /* It asks for what is newer than this. */
    if ((flags & LINUX_MAP_TYPE) == LINUX_MAP_SHARED_VALIDATE)
        return -LINUX_EOPNOTSUPP;
    a.gpa_end = gpa + input_size;
    if ((flags & LINUX_MAP_TYPE) != LINUX_MAP_PRIVATE)
        a.flags |= AREA_NO_WRITE;
    map_lock();
    result = map_at(at, size, flags, &a);
    map_unlock();
    return result;
}

/* --- munmap. */

int64_t map_remove(uint64_t at, uint64_t size)
{
    const struct area *a;

    if (at % PLACE_PAGE != 0 || at > PLACE_USER_END || size > PLACE_USER_END - at ||
        !map_align(&size) || size == 0)
        return -LINUX_EINVAL;
    a = area_find(at);
    if (a == NULL || a->start >= at + size)
        return 0;
    if (a->start < at && a->end > at + size && !area_room(1))
        return -LINUX_ENOMEM;
    if (!ram_reserve(AREA_PAGES + 2, 0))
        return -LINUX_ENOMEM;
    map_drop(at, at + size);
    area_cut(at, at + size);
    ram_trim();
    return 0;
}

int64_t memory_unmap(uint64_t at, uint64_t size)
{
    int64_t result;

    map_lock();
    result = map_remove(at, size);
    map_unlock();
    return result;
}

/* --- mprotect. */

/* How far the range can be given that right: up to a hole, or an area that may not
 * have it. */
static int64_t protect_check(uint64_t at, uint64_t *end, uint32_t protection, struct map_need *need)
{
    uint64_t pos = at;
    int64_t result = 0;

    while (pos < *end) {
        const struct area *a = area_find(pos);
        uint64_t stop;

        if (a == NULL || a->start > pos) {
            result = -LINUX_ENOMEM;
            break;
        }
        if ((protection & LINUX_PROT_WRITE) != 0 && (a->flags & AREA_NO_WRITE) != 0) {
            result = -LINUX_EACCES;
            break;
        }
        stop = a->end < *end ? a->end : *end;
        map_lack(need, a, pos, stop, protection);
        pos = stop;
    }
    *end = pos;
    return result;
}

/* Whole areas of [at, end), which has no holes. */
static void protect_do(uint64_t at, uint64_t end, uint32_t protection)
{
    bool flush = false;

    for (uint64_t pos = at; pos < end;) {
        struct area a = *area_find(pos);
        uint64_t stop = a.end < end ? a.end : end;

        if (a.protection != protection) {
            if ((a.flags & AREA_INPUT) != 0)
                a.gpa += pos - a.start;
            a.start = pos;
            a.end = stop;
            a.protection = protection;
            area_cut(pos, stop);
            area_add(&a);
            flush |= map_allow(&a, pos, stop);
        }
        pos = stop;
    }
    if (flush)
        cpu_flush(at, end - at);
}

static int64_t protect(uint64_t at, uint64_t size, uint32_t protection)
{
    const uint32_t grows = protection & (LINUX_PROT_GROWSDOWN | LINUX_PROT_GROWSUP);
    struct map_need need = { 0 };
    uint64_t end;
    int64_t result;

    if (grows == (LINUX_PROT_GROWSDOWN | LINUX_PROT_GROWSUP) || at % PLACE_PAGE != 0)
        return -LINUX_EINVAL;
    if (size == 0)
        return 0;
    if (!map_align(&size) || __builtin_add_overflow(at, size, &end) || end <= at)
        return -LINUX_ENOMEM;
    protection &= ~grows;
    if ((protection & ~(PROTECTION | LINUX_PROT_SEM)) != 0)
        return -LINUX_EINVAL;
    protection &= PROTECTION;
    if (map_both(protection))
        return -LINUX_EACCES;
    result = protect_check(at, &end, protection, &need);
    if (result == 0 && grows != 0)
        return -LINUX_EINVAL; /* no area of ours grows */
    if (end == at)
        return result;
    /* Where nothing lacks, two entries of 2 MiB may still have to be split. */
    if (!area_room(2) || !map_reserve(&need, at, end, 0))
        return -LINUX_ENOMEM;
    protect_do(at, end, protection);
    return result;
}

int64_t memory_protect(uint64_t at, uint64_t size, uint32_t protection)
{
    int64_t result;

    map_lock();
    result = protect(at, size, protection);
    map_unlock();
    return result;
}

/* --- Questions, and pages for the shim. */

int memory_protection_at(uint64_t at)
{
    const struct area *a;
    int protection = -1;

    lock_take(&map_lock_);
    a = area_find(at);
    if (a != NULL && a->start <= at)
        protection = (int)a->protection;
    lock_give(&map_lock_);
    return protection;
}

/* What the processor permits: whoever may write or execute may read. */
static enum memory_fault fault_in(const struct area *a, uint64_t at, uint32_t wanted)
{
    const uint64_t page = at & ~(uint64_t)(PLACE_PAGE - 1);

    if (a == NULL || a->start > at)
        return MEMORY_HOLE;
    if (a->protection == 0 || (wanted != LINUX_PROT_READ && (a->protection & wanted) == 0))
        return MEMORY_DENIED;
    return content_end(a, page, page + PLACE_PAGE) == page ? MEMORY_BEHIND_INPUT : MEMORY_PERMITTED;
}

enum memory_fault memory_fault_at(uint64_t at, uint32_t wanted)
{
    enum memory_fault fault;

    lock_take(&map_lock_);
    fault = fault_in(area_find(at), at, wanted);
    lock_give(&map_lock_);
    return fault;
}

uint64_t memory_changes(void) { return __atomic_load_n(&changes, __ATOMIC_RELAXED); }

uint64_t memory_page_take(void)
{
    uint64_t gpa = 0;

    map_lock();
    if (ram_reserve(1 + MAP_SLACK, 0))
        gpa = ram_take(true);
    map_unlock();
    return gpa;
}

bool memory_page_map(uint64_t va, uint64_t gpa, bool user, bool write)
{
    bool done;

    map_lock();
    done = ram_has(gpa) && ram_reserve(3 + MAP_SLACK, 0) && table_map_shim(va, gpa, user, write);
    map_unlock();
    return done;
}

uint64_t memory_ram_size(void)
{
    uint64_t size;

    map_lock();
    size = ram_size();
    map_unlock();
    return size;
}

uint64_t memory_ram_used(void)
{
    uint64_t used;

    map_lock();
    used = ram_size() - ram_free() * PLACE_PAGE;
    map_unlock();
    return used;
}
