/* table.c: page tables, level by level.
 *
 * Each walk is a recursion over four levels at most. Levels count as Intel does:
 * 4 is the root, an entry of level 2 may be a leaf of 2 MiB. */
#include "shim/core/table.h"

#include <string.h>

#include "gate/place.h"
#include "shim/core/memory.h"
#include "shim/core/ram.h"
#include "shim/core/supply.h"
#include "shim/linux.h"

#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY 0x40ull
#define PTE_LARGE 0x80ull
/* Ours, in entries that are not present: all bits but 0 are free there. */
#define PTE_HELD 0x200ull
#define PTE_DYING 0x400ull
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

#define ENTRIES 512u
#define SPAN(level) (1ull << (12 + 9 * ((level)-1)))

static struct {
    uint64_t root;
    uint64_t set;    /* of private memory */
    uint64_t shared; /* of memory that the host has too */
} table;

/* Regions of 2 MiB, by their first address, whose table may be there and empty. One
 * drop makes two tables empty at most, one at each end. */
#define KEPT 16u

static struct {
    uint64_t region[KEPT];
    unsigned next;
    uint64_t leaving[KEPT + 2]; /* dropped, to be swept */
    unsigned leaving_count;
    bool closed;
} kept;

void table_init(const struct boot *boot)
{
    memset(&kept, 0, sizeof kept);
    table.root = boot->root_gpa;
    table.set = boot->pte_set;
    table.shared = boot->pte_shared;
}

static uint64_t entry_gpa(uint64_t entry)
{
    return entry & PTE_ADDRESS & ~(table.set | table.shared);
}

static uint64_t *entries_of(uint64_t entry) { return memory_direct(entry_gpa(entry)); }

/* A table's contents are there before the table is. */
static void entry_set(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static bool entry_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || (entry & PTE_LARGE) != 0;
}

static bool gpa_input(uint64_t gpa) { return gpa >= PLACE_INPUT_GPA && gpa < PLACE_INPUT_END; }

/* Accessed and dirty are set from the start, so that the processor never writes to
 * a table; dirty without write would be a shadow stack, were they on. */
static uint64_t leaf_of(uint64_t gpa, uint32_t protection, uint64_t large)
{
    uint64_t address = gpa | large | (gpa_input(gpa) ? table.shared : table.set);
    bool write = (protection & LINUX_PROT_WRITE) != 0;
    bool execute = (protection & LINUX_PROT_EXEC) != 0;

    if (write && execute)
        supply_bug("memory: writable and executable");
    if (protection == 0)
        return address | PTE_HELD;
    return address | PTE_PRESENT | PTE_USER | PTE_ACCESSED | (write ? PTE_WRITE | PTE_DIRTY : 0) |
           (execute ? 0 : PTE_NX);
}

static uint64_t link_of(uint64_t gpa)
{
    return gpa | table.set | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
}

/* The same pages at the next level down, with the same rights. */
static void entry_split(uint64_t *entry)
{
    uint64_t gpa = ram_take(false);
    uint64_t *below = memory_direct(gpa);
    uint64_t first = *entry & ~PTE_LARGE;

    for (unsigned i = 0; i < ENTRIES; i++)
        below[i] = first + i * SPAN(1);
    entry_set(entry, link_of(gpa));
}

static void entry_descend(uint64_t *entry)
{
    if (*entry == 0)
        entry_set(entry, link_of(ram_take(true)));
}

/* What part of a table a range touches. */
struct part {
    uint64_t *entry;
    uint64_t va;
    uint64_t end;
    unsigned level;
    bool covered;
};

/* The part of [va, end) that the entry at va decides about. */
static struct part part_at(uint64_t *entries, unsigned level, uint64_t va, uint64_t end)
{
    uint64_t start = va & ~(SPAN(level) - 1);
    uint64_t stop = start + SPAN(level);
    struct part p = { .entry = &entries[va / SPAN(level) % ENTRIES], .va = va, .level = level };

    p.end = stop < end ? stop : end;
    p.covered = va == start && p.end == stop;
    return p;
}

static void range_check(uint64_t va, uint64_t end)
{
    if (va > end || end > PLACE_USER_END || ((va | end) % PLACE_PAGE) != 0)
        supply_bug("memory: a range of pages that is none");
}

/* --- Looking. */

static void look_absent(uint64_t va, uint64_t end, struct table_survey *out)
{
    uint64_t first = (va + SPAN(2) - 1) / SPAN(2);

    out->absent += (end - va) / PLACE_PAGE;
    if (end / SPAN(2) > first)
        out->blocks += end / SPAN(2) - first;
}

static void look(uint64_t *entries, unsigned level, uint64_t va, uint64_t end,
                 struct table_survey *out)
{
    while (va < end) {
        struct part p = part_at(entries, level, va, end);
        uint64_t entry = *p.entry;

        va = p.end;
        if (entry == 0 && level == 1)
            out->absent++;
        else if (entry == 0)
            look_absent(p.va, p.end, out);
        else if (!entry_leaf(entry, level))
            look(entries_of(entry), level - 1, p.va, p.end, out);
        else if (ram_has(entry_gpa(entry)))
            out->owned += (p.end - p.va) / PLACE_PAGE;
        else
            out->foreign += (p.end - p.va) / PLACE_PAGE;
    }
}

void table_look(uint64_t va, uint64_t end, struct table_survey *out)
{
    range_check(va, end);
    *out = (struct table_survey){ 0 };
    look(memory_direct(table.root), 4, va, end, out);
}

uint64_t table_cost(uint64_t va, uint64_t end)
{
    uint64_t size = end - va;

    return size / SPAN(2) + size / SPAN(3) + size / SPAN(4) + 6;
}

/* --- Allowing. */

struct allow {
    uint32_t protection;
    const struct table_source *source;
    uint64_t start; /* what source->gpa belongs to */
    bool flush;
};

static uint64_t source_gpa(const struct allow *a, uint64_t va)
{
    return a->source->gpa + (va - a->start);
}

/* A page that is not ours, to be written: exec's own copy takes its place. To read
 * it, it must be there for a moment; execution is not asked for. */
static void page_copy(struct allow *a, uint64_t *entry, uint64_t va, uint64_t gpa)
{
    uint64_t copy = ram_take(false);

    if ((*entry & PTE_PRESENT) == 0)
        entry_set(entry, leaf_of(gpa, LINUX_PROT_READ, 0));
    supply_copy(memory_direct(copy), va, gpa);
    entry_set(entry, leaf_of(copy, a->protection, 0));
    a->flush = true;
}

static void page_fill(struct allow *a, uint64_t *entry, uint64_t va)
{
    if (!a->source->is_input)
        entry_set(entry, leaf_of(ram_take(true), a->protection, 0));
    else if (source_gpa(a, va) >= a->source->end)
        return;
    else if ((a->protection & LINUX_PROT_WRITE) != 0)
        page_copy(a, entry, va, source_gpa(a, va));
    else
        entry_set(entry, leaf_of(source_gpa(a, va), a->protection, 0));
}

/* A whole 2 MiB that is absent: as one entry, where there is a page for that. */
static bool block_fill(struct allow *a, uint64_t *entry, uint64_t va)
{
    uint64_t gpa;

    if (!a->source->is_input) {
        gpa = ram_take_block();
        if (gpa == 0)
            return false;
    } else {
        gpa = source_gpa(a, va);
        if (gpa % SPAN(2) != 0 || gpa >= a->source->end || a->source->end - gpa < SPAN(2) ||
            (a->protection & LINUX_PROT_WRITE) != 0)
            return false;
    }
    entry_set(entry, leaf_of(gpa, a->protection, PTE_LARGE));
    return true;
}

static bool must_copy(const struct allow *a, uint64_t entry)
{
    return (a->protection & LINUX_PROT_WRITE) != 0 && !ram_has(entry_gpa(entry));
}

static uint64_t leaf_wanted(const struct allow *a, uint64_t entry)
{
    return leaf_of(entry_gpa(entry), a->protection, entry & PTE_LARGE);
}

static void leaf_change(struct allow *a, uint64_t *entry, uint64_t va)
{
    if (must_copy(a, *entry)) {
        page_copy(a, entry, va, entry_gpa(*entry));
        return;
    }
    a->flush |= (*entry & PTE_PRESENT) != 0;
    entry_set(entry, leaf_wanted(a, *entry));
}

static void allow(uint64_t *entries, unsigned level, uint64_t va, uint64_t end, struct allow *a)
{
    while (va < end) {
        struct part p = part_at(entries, level, va, end);

        va = p.end;
        if (*p.entry == 0) {
            if (a->protection == 0)
                continue;
            if (level == 1) {
                page_fill(a, p.entry, p.va);
                continue;
            }
            if (level == 2 && p.covered && block_fill(a, p.entry, p.va))
                continue;
            entry_descend(p.entry);
        } else if (entry_leaf(*p.entry, level)) {
            if (!must_copy(a, *p.entry) && leaf_wanted(a, *p.entry) == *p.entry)
                continue;
            if (level == 1 || (p.covered && !must_copy(a, *p.entry))) {
                leaf_change(a, p.entry, p.va);
                continue;
            }
            entry_split(p.entry);
        }
        allow(entries_of(*p.entry), level - 1, p.va, p.end, a);
    }
}

bool table_allow(uint64_t va, uint64_t end, uint32_t protection, const struct table_source *source)
{
    struct allow a = { .protection = protection, .source = source, .start = va };

    range_check(va, end);
    allow(memory_direct(table.root), 4, va, end, &a);
    return a.flush;
}

/* --- Dropping. */

static bool table_dead(const uint64_t *entries)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if (entries[i] != 0 && (entries[i] & PTE_DYING) == 0)
            return false;
    return true;
}

/* Not present, and kept for the sweep. A link that dies takes all below along. */
static void entry_kill(uint64_t *entry, bool *flush)
{
    *flush |= (*entry & PTE_PRESENT) != 0;
    entry_set(entry, (*entry & ~(PTE_PRESENT | PTE_HELD)) | PTE_DYING);
}

/* Whether the empty table of va's 2 MiB stays; an older one leaves for it. */
static bool kept_add(uint64_t va)
{
    uint64_t region = va & ~(SPAN(2) - 1);

    if (kept.closed || region == 0)
        return false;
    for (unsigned i = 0; i < KEPT; i++)
        if (kept.region[i] == region)
            return true;
    if (kept.region[kept.next] != 0)
        kept.leaving[kept.leaving_count++] = kept.region[kept.next];
    kept.region[kept.next] = region;
    kept.next = (kept.next + 1) % KEPT;
    return true;
}

static void drop(uint64_t *entries, unsigned level, uint64_t va, uint64_t end, bool *flush)
{
    while (va < end) {
        struct part p = part_at(entries, level, va, end);

        va = p.end;
        if (*p.entry == 0)
            continue;
        if (p.covered) {
            entry_kill(p.entry, flush);
            continue;
        }
        if (entry_leaf(*p.entry, level))
            entry_split(p.entry);
        drop(entries_of(*p.entry), level - 1, p.va, p.end, flush);
        if (table_dead(entries_of(*p.entry)) && !(level == 2 && kept_add(p.va)))
            entry_kill(p.entry, flush);
    }
}

/* The entry that decides about va at the lowest level there is, and that level. */
static uint64_t *entry_find(uint64_t va, unsigned *level)
{
    uint64_t *entries = memory_direct(table.root);

    for (*level = 4;; --*level) {
        uint64_t *entry = &entries[va / SPAN(*level) % ENTRIES];

        if (*entry == 0 || entry_leaf(*entry, *level))
            return entry;
        entries = entries_of(*entry);
    }
}

/* Tables that were kept and now are not, if they are empty still. */
static void kept_leave(bool *flush)
{
    kept.closed = true;
    for (unsigned i = 0; i < kept.leaving_count; i++) {
        uint64_t va = kept.leaving[i];
        unsigned level;
        const uint64_t *entry = entry_find(va, &level);

        /* A drop of a page that is not there drops the table. */
        if (level == 1 && table_dead(entry))
            drop(memory_direct(table.root), 4, va, va + SPAN(1), flush);
    }
    kept.closed = false;
}

bool table_drop(uint64_t va, uint64_t end)
{
    bool flush = false;

    range_check(va, end);
    drop(memory_direct(table.root), 4, va, end, &flush);
    kept_leave(&flush);
    return flush;
}

bool table_drop_kept(void)
{
    bool flush = false;

    for (unsigned i = 0; i < KEPT; i++) {
        if (kept.region[i] != 0)
            kept.leaving[kept.leaving_count++] = kept.region[i];
        kept.region[i] = 0;
    }
    kept_leave(&flush);
    return flush;
}

/* Gives back what an entry stands for, to the last page. */
static void entry_free(uint64_t entry, unsigned level)
{
    uint64_t gpa = entry_gpa(entry);

    if (entry_leaf(entry, level)) {
        if (ram_has(gpa) && level == 2)
            ram_give_block(gpa);
        else if (ram_has(gpa))
            ram_give(gpa);
        return;
    }
    for (unsigned i = 0; i < ENTRIES; i++)
        if (entries_of(entry)[i] != 0)
            entry_free(entries_of(entry)[i], level - 1);
    ram_give(gpa);
}

static void sweep(uint64_t *entries, unsigned level, uint64_t va, uint64_t end)
{
    while (va < end) {
        struct part p = part_at(entries, level, va, end);
        uint64_t entry = *p.entry;

        va = p.end;
        if ((entry & PTE_DYING) != 0 && (entry & PTE_PRESENT) == 0) {
            entry_set(p.entry, 0);
            entry_free(entry, level);
        } else if (entry != 0 && !entry_leaf(entry, level)) {
            sweep(entries_of(entry), level - 1, p.va, p.end);
        }
    }
}

void table_sweep(uint64_t va, uint64_t end)
{
    range_check(va, end);
    sweep(memory_direct(table.root), 4, va, end);
    while (kept.leaving_count > 0) {
        uint64_t left = kept.leaving[--kept.leaving_count];

        sweep(memory_direct(table.root), 4, left, left + SPAN(1));
    }
}

/* --- Moving. */

/* The entry of that level, with the tables that it needs. */
static uint64_t *entry_make(uint64_t va, unsigned level)
{
    uint64_t *entries = memory_direct(table.root);

    for (unsigned l = 4; l > level; l--) {
        uint64_t *entry = &entries[va / SPAN(l) % ENTRIES];

        entry_descend(entry);
        entries = entries_of(*entry);
    }
    return &entries[va / SPAN(level) % ENTRIES];
}

bool table_move(uint64_t from, uint64_t to, uint64_t size)
{
    bool flush = false;
    uint64_t done = 0;

    range_check(from, from + size);
    range_check(to, to + size);
    while (done < size) {
        unsigned level;
        uint64_t *entry = entry_find(from + done, &level);
        uint64_t span = SPAN(level) - (from + done) % SPAN(level);
        uint64_t *other;

        if (*entry == 0) {
            done += span;
            continue;
        }
        if (level > 1 && (span != SPAN(level) || size - done < span ||
                          (to + done) % SPAN(level) != 0 || *entry_make(to + done, level) != 0)) {
            entry_split(entry);
            continue;
        }
        other = entry_make(to + done, level);
        flush |= (*entry & PTE_PRESENT) != 0;
        entry_set(other, *entry);
        entry_set(entry, 0);
        done += span;
    }
    /* The tables that are empty now. */
    return table_drop(from, from + size) || flush;
}

/* --- Zeroing. */

static void zero(uint64_t *entries, unsigned level, uint64_t va, uint64_t end)
{
    while (va < end) {
        struct part p = part_at(entries, level, va, end);
        uint64_t entry = *p.entry;

        va = p.end;
        if (entry == 0)
            continue;
        if (!entry_leaf(entry, level))
            zero(entries_of(entry), level - 1, p.va, p.end);
        else if (ram_has(entry_gpa(entry)))
            memset((uint8_t *)memory_direct(entry_gpa(entry)) + p.va % SPAN(level), 0,
                   (size_t)(p.end - p.va));
    }
}

void table_zero(uint64_t va, uint64_t end)
{
    range_check(va, end);
    zero(memory_direct(table.root), 4, va, end);
}

/* --- The shim's half. */

void table_map_direct(uint64_t gpa)
{
    uint64_t *entry = entry_make(PLACE_DIRECT_VA + (gpa - PLACE_RAM_GPA), 2);

    if (*entry != 0)
        supply_bug("memory: the direct map has that already");
    entry_set(entry, leaf_of(gpa, LINUX_PROT_READ | LINUX_PROT_WRITE, PTE_LARGE));
}

bool table_map_shim(uint64_t va, uint64_t gpa, bool user, bool write)
{
    uint32_t protection = LINUX_PROT_READ | (write ? LINUX_PROT_WRITE : 0u);
    uint64_t *entry;

    if (va < PLACE_SHIM_VA || va >= PLACE_DIRECT_VA || va % PLACE_PAGE != 0 ||
        gpa % PLACE_PAGE != 0)
        return false;
    entry = entry_make(va, 1);
    if (*entry != 0)
        return false;
    entry_set(entry, leaf_of(gpa, protection, 0) & ~(user ? 0 : PTE_USER));
    return true;
}
