/* map_model_test.h: what the address space must be, told by the page: for map_test.c and
 * map_fuzz.c. A window of exec's addresses as an array; the calls as Linux defines
 * them, on that array; and a walk over the page tables, written from the Intel SDM
 * alone, that compares. A difference aborts. */
#ifndef BROCH_SHIM_CORE_MAP_MODEL_TEST_H
#define BROCH_SHIM_CORE_MAP_MODEL_TEST_H

#include "shim/core/area.h"
#include "shim/core/map_fake_test.h"
#include "shim/core/table.h"

#define MODEL_BASE 0x300000000000ull
#define MODEL_PAGES 3072u /* six blocks */
#define MODEL_END (MODEL_BASE + MODEL_PAGES * 4096ull)

enum model_kind { MODEL_NONE = 0, MODEL_ANONYMOUS, MODEL_INPUT };

struct model_page {
    uint8_t kind;
    uint8_t protection;
    uint8_t no_write;
    bool copied;         /* an input's page that has become exec's own */
    uint32_t input_page; /* may be behind the input's end */
    uint64_t tag;        /* what it holds */
};

static struct {
    struct model_page page[MODEL_PAGES];
    uint64_t entry[MODEL_PAGES]; /* what the tables said last time, per page */
    uint64_t tag;
} model;

static uint64_t model_input_tag(uint32_t input_page)
{
    return input_page % 251 * 0x0101010101010101ull + 0x0101010101010101ull;
}

static void model_begin(void) { memset(&model, 0, sizeof model); }

static uint64_t model_va(unsigned page) { return MODEL_BASE + page * 4096ull; }

/* --- The walk. */

struct walk {
    uint64_t leaves; /* pages of RAM that exec has */
    uint64_t tables; /* below the root */
    uint64_t empty;  /* of these, those that are kept for what comes next */
    uint8_t *seen;   /* pages of RAM, by number */
    uint64_t entry[MODEL_PAGES];
};

static struct walk model_walk;

static void walk_claim(uint64_t gpa, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t number = (gpa - PLACE_RAM_GPA) / 4096 + i;

        if (number >= fake.granted / 4096)
            fake_fail("an entry leads behind RAM");
        if (model_walk.seen[number / 8] & 1 << number % 8)
            fake_fail("a page is in two places");
        model_walk.seen[number / 8] |= (uint8_t)(1 << number % 8);
    }
}

static void walk_leaf(uint64_t entry, uint64_t va, unsigned level)
{
    uint64_t gpa = entry & 0x000ffffffffff000ull, pages = level == 2 ? 512 : 1;

    if (entry & 1) {
        if ((entry & 2) && !(entry >> 63))
            fake_fail("an entry is writable and executable");
        if (!(entry & 4) || !(entry & 0x20))
            fake_fail("an entry that exec cannot use, or that the processor would write");
    } else if (!(entry & 0x200) || (entry & 0x400)) {
        fake_fail("an entry that is neither there nor held");
    }
    if (level == 2 && (gpa % PLACE_PAGE_LARGE != 0 || !(entry & 0x80)))
        fake_fail("a large entry that is none");
    if (gpa >= PLACE_RAM_GPA && gpa < PLACE_RAM_END) {
        walk_claim(gpa, pages);
        model_walk.leaves += pages;
    } else {
        if ((entry & 3) == 3)
            fake_fail("somebody else's page is writable");
        (void)fake_page(gpa);
        (void)fake_page(gpa + pages * 4096 - 1);
    }
    for (uint64_t i = 0; i < pages; i++)
        if (va + i * 4096 >= MODEL_BASE && va + i * 4096 < MODEL_END)
            model_walk.entry[(va + i * 4096 - MODEL_BASE) / 4096] = (entry & ~0x80ull) + i * 4096;
}

static void walk_table(uint64_t gpa, uint64_t va, unsigned level, unsigned count)
{
    const uint64_t *entries = memory_direct(gpa);
    unsigned used = 0;

    walk_claim(gpa, 1);
    for (unsigned i = 0; i < count; i++) {
        uint64_t below = va + ((uint64_t)i << (12 + 9 * (level - 1)));

        if (entries[i] == 0)
            continue;
        used++;
        if (level == 1 || (level == 2 && (entries[i] & 0x80))) {
            walk_leaf(entries[i], below, level);
            continue;
        }
        if ((entries[i] & 0x27) != 0x27 || (entries[i] & 0x80))
            fake_fail("a link that is none");
        model_walk.tables++;
        walk_table(entries[i] & 0x000ffffffffff000ull, below, level - 1, 512);
    }
    if (used == 0 && level == 1)
        model_walk.empty++;
    else if (used == 0 && level < 4)
        fake_fail("an empty table of tables is kept");
    if (model_walk.empty > 16)
        fake_fail("too many empty tables are kept");
}

static void model_walk_all(void)
{
    size_t size = fake.granted / 4096 / 8;

    free(model_walk.seen);
    memset(&model_walk, 0, sizeof model_walk);
    model_walk.seen = calloc(1, size);
    if (model_walk.seen == NULL)
        fake_fail("no memory");
    walk_table(PLACE_RAM_GPA, 0, 4, 255);
}

/* What was kept for later goes as well. */
static void model_forget(void)
{
    if (table_drop_kept())
        cpu_flush(0, 0);
    table_sweep(0, 0);
}

/* --- Comparing. */

static void compare_content(const struct model_page *p, uint64_t gpa)
{
    const uint8_t *at = fake_page(gpa);
    uint64_t first, last;

    memcpy(&first, at, 8);
    memcpy(&last, at + 4088, 8);
    if (first != p->tag || last != p->tag)
        fake_fail("a page holds what it should not");
}

static bool model_behind(const struct model_page *p)
{
    return p->kind == MODEL_INPUT && p->input_page >= FAKE_INPUT_PAGES;
}

static void compare_page(const struct model_page *p, uint64_t entry)
{
    uint64_t gpa = entry & 0x000ffffffffff000ull;
    bool is_ours = gpa >= PLACE_RAM_GPA && gpa < PLACE_RAM_END;

    if (p->kind == MODEL_NONE || model_behind(p)) {
        if (entry != 0)
            fake_fail("something is mapped where nothing is");
        return;
    }
    if (p->protection == 0) {
        if (entry & 1)
            fake_fail("PROT_NONE can be touched");
        if (entry == 0 &&
            p->tag != (p->kind == MODEL_INPUT && !p->copied ? model_input_tag(p->input_page) : 0))
            fake_fail("PROT_NONE has lost its contents");
    } else {
        if (!(entry & 1))
            fake_fail("a page is not there");
        if (((entry & 2) != 0) != ((p->protection & 2) != 0))
            fake_fail("writable or not, wrongly");
        if ((entry >> 63 == 0) != ((p->protection & 4) != 0))
            fake_fail("executable or not, wrongly");
    }
    if (entry != 0 && p->kind == MODEL_ANONYMOUS && !is_ours)
        fake_fail("an anonymous page is not exec's own");
    if (entry != 0 && p->kind == MODEL_INPUT && is_ours != p->copied)
        fake_fail("an input's page is a copy, or should be one");
    if (entry != 0)
        compare_content(p, gpa);
}

/* An entry that was present and is another now was flushed. */
static void compare_flush(unsigned i)
{
    uint64_t old = model.entry[i], now = model_walk.entry[i];

    if ((old & 1) && now != old && !fake_flushed(model_va(i)))
        fake_fail("a translation changed without a flush");
    model.entry[i] = now;
}

static void compare_list(void)
{
    uint64_t at = 0;
    unsigned count = 0;

    for (const struct area *a = area_find(0); a != NULL; a = area_find(at)) {
        if (a->start < at || a->end <= a->start || a->start % 4096 || a->end % 4096)
            fake_fail("the list is out of order");
        at = a->end;
        count++;
        if (a->start < MODEL_BASE || a->end > MODEL_END)
            continue;
        for (uint64_t va = a->start; va < a->end; va += 4096) {
            const struct model_page *p = &model.page[(va - MODEL_BASE) / 4096];

            if (p->kind == MODEL_NONE || p->protection != a->protection)
                fake_fail("the list says something else");
        }
    }
    if (count != area_count())
        fake_fail("areas are counted wrongly");
}

static void model_compare(void)
{
    model_walk_all();
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        compare_flush(i);
        compare_page(&model.page[i], model_walk.entry[i]);
        if ((model.page[i].kind != MODEL_NONE ? model.page[i].protection : -1) !=
            memory_protection_at(model_va(i)))
            fake_fail("memory_protection_at");
    }
    compare_list();
    fake.flushes = 0;
}

/* --- The calls, on the array. at and size are whole pages inside of the window. */

static struct model_page *model_at(uint64_t va) { return &model.page[(va - MODEL_BASE) / 4096]; }

/* Whether RAM ran out: then nothing has changed. */
static bool model_refused(int64_t got, int64_t want)
{
    if (got == want)
        return false;
    if (got != -LINUX_ENOMEM || fake.limit >= FAKE_ARENA)
        fake_fail("a call answered something else");
    return true;
}

static void model_page_allow(struct model_page *p, uint32_t protection)
{
    p->protection = (uint8_t)protection;
    if (p->kind == MODEL_INPUT && (protection & 2) && !model_behind(p))
        p->copied = true;
}

static void model_map(uint64_t at, uint64_t size, uint32_t protection)
{
    if (model_refused(memory_map(at, size, protection, 0x32), (int64_t)at))
        return;
    for (uint64_t va = at; va < at + size; va += 4096)
        *model_at(va) =
            (struct model_page){ .kind = MODEL_ANONYMOUS, .protection = (uint8_t)protection };
}

static void model_map_input(uint64_t at, uint64_t size, uint32_t protection, uint32_t page,
                            bool shared)
{
    uint64_t left = page < FAKE_INPUT_PAGES ? FAKE_INPUT_SIZE - page * 4096ull : 0;
    uint64_t gpa = PLACE_INPUT_GPA + (left != 0 ? page : FAKE_INPUT_PAGES) * 4096ull;
    bool is_refused = shared && (protection & 2);
    int64_t got = memory_map_input(at, size, protection, shared ? 0x11 : 0x12, gpa, left);

    if (model_refused(got, is_refused ? -LINUX_EACCES : (int64_t)at) || is_refused)
        return;
    for (uint64_t i = 0; i < size / 4096; i++) {
        struct model_page *p = model_at(at + i * 4096);
        uint32_t number = (left != 0 ? page : FAKE_INPUT_PAGES) + (uint32_t)i;

        *p = (struct model_page){ .kind = MODEL_INPUT,
                                  .no_write = shared,
                                  .input_page = number,
                                  .tag = model_input_tag(number) };
        model_page_allow(p, protection);
    }
}

static void model_unmap(uint64_t at, uint64_t size)
{
    int64_t got;

    fake.unmaps = true;
    got = memory_unmap(at, size);
    fake.unmaps = false;
    if (model_refused(got, 0))
        return;
    memset(model_at(at), 0, size / 4096 * sizeof(struct model_page));
}

static void model_protect(uint64_t at, uint64_t size, uint32_t protection)
{
    uint64_t end = at;
    int64_t want = 0, got;

    for (; end < at + size && want == 0; end += want == 0 ? 4096 : 0) {
        if (model_at(end)->kind == MODEL_NONE)
            want = -LINUX_ENOMEM;
        else if ((protection & 2) && model_at(end)->no_write)
            want = -LINUX_EACCES;
    }
    got = memory_protect(at, size, protection);
    if (model_refused(got, want))
        return;
    /* A hole and a lack of RAM give the same number. */
    for (uint64_t va = at; va < end && got == -LINUX_ENOMEM; va += 4096)
        if (memory_protection_at(va) != (int)protection)
            return;
    for (uint64_t va = at; va < end; va += 4096)
        model_page_allow(model_at(va), protection);
}

/* Where the area that va is in ends: pages that differ in nothing but contents. */
static uint64_t model_area_end(uint64_t va)
{
    const struct model_page *p = model_at(va);

    for (va += 4096; va < MODEL_END; va += 4096, p++) {
        const struct model_page *q = p + 1;

        if (q->kind != p->kind || q->protection != p->protection || q->no_write != p->no_write ||
            (p->kind == MODEL_INPUT && q->input_page != p->input_page + 1))
            break;
    }
    return va;
}

static struct model_page model_next_page(const struct model_page *p)
{
    struct model_page next = { .kind = p->kind, .no_write = p->no_write };

    if (p->kind == MODEL_INPUT) {
        next.input_page = p->input_page + 1;
        next.tag = model_input_tag(next.input_page);
    }
    model_page_allow(&next, p->protection);
    return next;
}

static bool model_is_free(uint64_t at, uint64_t size)
{
    for (uint64_t va = at; va < at + size; va += 4096)
        if (va >= MODEL_END || model_at(va)->kind != MODEL_NONE)
            return false;
    return true;
}

/* `to` 0: in place. Sizes are not 0, and all of it is inside of the window. */
static void model_remap(uint64_t at, uint64_t size, uint64_t new_size, uint64_t to)
{
    uint64_t kept = size < new_size ? size : new_size;
    static struct model_page moved[MODEL_PAGES];
    int64_t want = to != 0 ? (int64_t)to : (int64_t)at, got;

    if (model_at(at)->kind == MODEL_NONE)
        want = -LINUX_EFAULT;
    else if (to != 0 && at < to + new_size && to < at + size)
        want = -LINUX_EINVAL;
    else if ((to != 0 || new_size > size) && kept > model_area_end(at) - at)
        want = -LINUX_EFAULT;
    else if (to == 0 && new_size > size &&
             (at + size != model_area_end(at) || !model_is_free(at + size, new_size - size)))
        want = -LINUX_ENOMEM;
    /* Linux shrinks first, and finds out about the rest then: not looked at here. */
    if (want == -LINUX_EFAULT && size > new_size && model_at(at)->kind != MODEL_NONE)
        return;
    got = memory_remap(at, size, new_size, to != 0 ? 3 : 0, to);
    if (model_refused(got, want) || want < 0)
        return;
    memcpy(moved, model_at(at), kept / 4096 * sizeof moved[0]);
    for (uint64_t i = kept / 4096; i < new_size / 4096; i++)
        moved[i] = model_next_page(&moved[i - 1]);
    memset(model_at(at), 0, size / 4096 * sizeof moved[0]);
    memcpy(model_at((uint64_t)want), moved, new_size / 4096 * sizeof moved[0]);
}

static void model_empty(uint64_t at, uint64_t size, bool free_later)
{
    int64_t want = 0, got;
    uint64_t end = at + size;

    for (uint64_t va = at; va < end && want != -LINUX_EINVAL; va += 4096) {
        if (model_at(va)->kind == MODEL_NONE)
            want = -LINUX_ENOMEM;
        else if (free_later && model_at(va)->kind == MODEL_INPUT) {
            want = -LINUX_EINVAL;
            end = va;
        }
    }
    got = memory_advise(at, size, free_later ? 8 : 4);
    if (model_refused(got, want))
        fake_fail("emptying lacks memory");
    for (uint64_t va = at; va < end; va += 4096) {
        struct model_page *p = model_at(va);

        p->tag = p->kind == MODEL_INPUT ? model_input_tag(p->input_page) : 0;
        p->copied = false;
        model_page_allow(p, p->protection);
    }
}

/* What exec does: writes to what it may write to. */
static void model_write(uint64_t at, uint64_t size)
{
    for (uint64_t va = at; va < at + size; va += 4096) {
        struct model_page *p = model_at(va);
        uint64_t entry = model.entry[(va - MODEL_BASE) / 4096];
        uint8_t *page;

        if (p->kind == MODEL_NONE || !(p->protection & 2) || !(entry & 1))
            continue;
        p->tag = ++model.tag;
        page = fake_page(entry & 0x000ffffffffff000ull);
        memcpy(page, &p->tag, 8);
        memcpy(page + 4088, &p->tag, 8);
    }
}

/* --- One step from numbers that somebody made up. */

struct model_step {
    uint8_t what;
    uint8_t protection;
    uint16_t at;
    uint16_t size;
    uint16_t other;
};

static void model_do(const struct model_step *s)
{
    static const uint8_t protections[] = { 0, 1, 3, 5, 2, 4, 3, 3 };
    uint32_t protection = protections[s->protection % 8];
    /* Most steps are small; some are of whole blocks, and a few sweep the window. */
    bool is_large = s->what >= 216;
    uint64_t unit = is_large ? 512 : 1;
    uint64_t first = s->at % MODEL_PAGES / unit * unit;
    uint64_t most = s->what >= 253 ? MODEL_PAGES : is_large ? 1024 : 24;
    uint64_t pages = 1 + s->size % most;
    uint64_t at = MODEL_BASE + first * 4096, size;

    if (is_large)
        pages = (pages + 511) / 512 * 512;
    pages = pages < MODEL_PAGES - first ? pages : MODEL_PAGES - first;
    size = pages * 4096;
    switch (s->what % 12) {
    case 0:
    case 1: model_map(at, size, protection); break;
    case 2:
        model_map_input(at, size, protection, is_large ? s->other % 3 * 512u : s->other % 1200u,
                        (s->protection & 32) != 0);
        break;
    case 3:
    case 4: model_unmap(at, size); break;
    case 5:
    case 6:
    case 7: model_protect(at, size, protection); break;
    case 8: {
        uint64_t new_pages = 1 + s->other % 64, to = s->other % MODEL_PAGES / unit * unit;

        if (is_large)
            new_pages = pages;
        if (to + new_pages <= MODEL_PAGES)
            model_remap(at, size, new_pages * 4096, MODEL_BASE + to * 4096);
        break;
    }
    case 9: {
        uint64_t new_pages = 1 + s->other % (2 * pages);

        if (model_at(at)->kind != MODEL_NONE && (s->protection & 64))
            size = model_area_end(at) - at;
        if (first + new_pages <= MODEL_PAGES)
            model_remap(at, size, new_pages * 4096, 0);
        break;
    }
    case 10:
        if (fake.limit == FAKE_ARENA)
            model_empty(at, size, (s->protection & 32) != 0);
        break;
    default: model_write(at, size); break;
    }
}

#endif
