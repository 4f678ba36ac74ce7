/* ram.c: blocks and pages of RAM.
 *
 * What is known of a block is in a record of 136 bytes; records of one GiB lie
 * together in 17 pages at the start of what was first there of that GiB. A record
 * of zeroes is a block that was never used, so none is touched before its block.
 * Blocks behind `fresh` are such; all others are in a list, or full. */
#include "shim/core/ram.h"

#include <string.h>

#include "shim/core/memory.h"
#include "shim/core/supply.h"
#include "shim/core/table.h"

#define BLOCK_PAGES 512u
#define BLOCK_WORDS 8u
#define GIB_BLOCKS 512u
#define GIBS_MAX ((PLACE_RAM_END - PLACE_RAM_GPA) >> 30)
#define RECORDS_PAGES 17u
/* A step of growth: what there is already, between these; a slot of the host's
 * costs time in proportion to its size. */
#define GROW_LEAST (32ull << 20)
#define GROW_MOST (1ull << 30)
/* Free whole blocks that are kept warm, and how many there are before any is given
 * back: memory that comes and goes must not go over the gate each time. */
#define TRIM_KEEP 16u
#define TRIM_FROM 48u

enum block_state {
    BLOCK_FRESH = 0, /* never used: in no list */
    BLOCK_PARTIAL,   /* some pages free */
    BLOCK_WHOLE,     /* all free, used before */
    BLOCK_GONE,      /* all free, and the host has taken its contents */
    BLOCK_FULL,      /* none free: in no list */
};
#define LISTS 4u

struct block {
    uint64_t used[BLOCK_WORDS];
    uint64_t dirty[BLOCK_WORDS];
    uint16_t next; /* block numbers, +1 */
    uint16_t previous;
    uint16_t free;
    uint16_t state;
};
_Static_assert(sizeof(struct block) * GIB_BLOCKS == RECORDS_PAGES * PLACE_PAGE, "fills its pages");
_Static_assert(GIBS_MAX *GIB_BLOCKS < UINT16_MAX, "a number, +1, fits the list");

static struct {
    uint64_t records[GIBS_MAX]; /* gpa; 0: nothing of that GiB is there */
    uint32_t fresh;             /* first block that may never have been used */
    uint32_t end;               /* blocks there are */
    uint32_t fresh_count;       /* of those from `fresh` on, how many are BLOCK_FRESH */
    uint64_t free;              /* pages */
    uint32_t list[LISTS];       /* first of each state, +1 */
    uint32_t count[LISTS];
    uint64_t spare; /* a page for the table that growing into a new GiB needs */
    bool fresh_zero;
    bool growing;
    bool refused; /* the host gave less than we would have liked */
} ram;

static void page_zero(uint64_t gpa, uint64_t size) { memset(memory_direct(gpa), 0, (size_t)size); }

static struct block *block_at(uint32_t number)
{
    struct block *records = memory_direct(ram.records[number / GIB_BLOCKS]);

    return &records[number % GIB_BLOCKS];
}

static uint64_t block_gpa(uint32_t number)
{
    return PLACE_RAM_GPA + (uint64_t)number * PLACE_PAGE_LARGE;
}

static uint32_t block_of(uint64_t gpa)
{
    if (!ram_has(gpa))
        supply_bug("memory: a page that is no RAM");
    return (uint32_t)((gpa - PLACE_RAM_GPA) / PLACE_PAGE_LARGE);
}

static bool state_listed(uint32_t state) { return state != BLOCK_FRESH && state != BLOCK_FULL; }

static void list_remove(struct block *b)
{
    if (!state_listed(b->state))
        return;
    if (b->previous != 0)
        block_at(b->previous - 1u)->next = b->next;
    else
        ram.list[b->state] = b->next;
    if (b->next != 0)
        block_at(b->next - 1u)->previous = b->previous;
    ram.count[b->state]--;
}

static void state_set(uint32_t number, struct block *b, enum block_state state)
{
    if (b->state == state)
        return;
    list_remove(b);
    b->state = (uint16_t)state;
    b->next = b->previous = 0;
    if (!state_listed(state))
        return;
    b->next = (uint16_t)ram.list[state];
    if (b->next != 0)
        block_at(b->next - 1u)->previous = (uint16_t)(number + 1);
    ram.list[state] = number + 1;
    ram.count[state]++;
}

/* The first `count` pages of a block that was never used are taken. */
static void block_begin(uint32_t number, uint32_t count)
{
    struct block *b = block_at(number);

    for (uint32_t i = 0; i < count; i++) {
        b->used[i / 64] |= 1ull << i % 64;
        b->dirty[i / 64] |= 1ull << i % 64;
    }
    b->free = (uint16_t)(BLOCK_PAGES - count);
    state_set(number, b, count == BLOCK_PAGES ? BLOCK_FULL : BLOCK_PARTIAL);
}

/* --- Growing. */

static void block_add(uint32_t number)
{
    table_map_direct(block_gpa(number));
    ram.end = number + 1;
}

/* A GiB of which nothing was there: its records go to its first block. */
static void records_begin(uint32_t number)
{
    ram.records[number / GIB_BLOCKS] = block_gpa(number);
    if (!ram.fresh_zero)
        page_zero(block_gpa(number), RECORDS_PAGES * PLACE_PAGE);
    block_begin(number, RECORDS_PAGES);
    ram.free += BLOCK_PAGES - RECORDS_PAGES;
}

static void blocks_add(uint64_t size)
{
    for (uint64_t left = size / PLACE_PAGE_LARGE; left > 0; left--) {
        uint32_t number = ram.end;

        block_add(number);
        if (ram.records[number / GIB_BLOCKS] == 0) {
            records_begin(number);
            continue;
        }
        ram.fresh_count++;
        ram.free += BLOCK_PAGES;
    }
}

static bool grow_by(uint64_t size)
{
    uint64_t room = (PLACE_RAM_END - PLACE_RAM_GPA) - ram_size();

    if (size == 0 || size > room || !supply_grow(PLACE_RAM_GPA + ram_size(), size))
        return false;
    ram.growing = true;
    blocks_add(size);
    ram.growing = false;
    if (ram.spare == 0)
        ram.spare = ram_take(false);
    return true;
}

static uint64_t grow_step(uint64_t need)
{
    uint64_t step = ram_size() < GROW_MOST ? ram_size() : GROW_MOST;
    uint64_t room = (PLACE_RAM_END - PLACE_RAM_GPA) - ram_size();

    step = step > GROW_LEAST ? step : GROW_LEAST;
    step = step > need ? step : need;
    return step < room ? step : room;
}

/* `need` in bytes: first a good step, then what is needed and no more. */
static bool grow(uint64_t need)
{
    if (need > PLACE_RAM_END - PLACE_RAM_GPA)
        return false;
    need = (need + PLACE_PAGE_LARGE - 1) & ~(uint64_t)(PLACE_PAGE_LARGE - 1);
    if (grow_by(grow_step(need)))
        return true;
    return grow_by(need);
}

static uint64_t blocks_free(void)
{
    return (uint64_t)ram.fresh_count + ram.count[BLOCK_WHOLE] + ram.count[BLOCK_GONE];
}

bool ram_reserve(uint64_t pages, uint64_t blocks)
{
    /* The records of a new GiB, and the spare page, come out of what is grown. */
    if (pages > ram.free) {
        uint64_t need = (pages - ram.free) * PLACE_PAGE;

        if (need > PLACE_RAM_END - PLACE_RAM_GPA)
            return false;
        need += ((need >> 30) + 2) * (RECORDS_PAGES + 1) * PLACE_PAGE + PLACE_PAGE;
        if (!grow(need))
            return false;
    }
    if (blocks > blocks_free() && !ram.refused)
        ram.refused = !grow((blocks - blocks_free()) * PLACE_PAGE_LARGE);
    return pages <= ram.free;
}

/* --- Taking. */

/* Memory that the host has behind it already is cheapest, dirty or not: zeroing a
 * page costs a tenth of its first touch. */
static uint32_t block_whole(void)
{
    uint32_t number;

    if (ram.list[BLOCK_WHOLE] != 0)
        return ram.list[BLOCK_WHOLE];
    if (ram.fresh_count == 0)
        return ram.list[BLOCK_GONE];
    while (block_at(ram.fresh)->state != BLOCK_FRESH)
        ram.fresh++;
    number = ram.fresh++;
    ram.fresh_count--;
    return number + 1;
}

static int word_pick(uint64_t used, uint64_t dirty)
{
    uint64_t can = ~used & dirty;

    if (can == 0)
        can = ~used;
    return can != 0 ? __builtin_ctzll(can) : -1;
}

static uint32_t page_pick(const struct block *b)
{
    for (uint32_t w = 0; w < BLOCK_WORDS; w++) {
        int bit = word_pick(b->used[w], b->dirty[w]);

        if (bit >= 0)
            return w * 64 + (uint32_t)bit;
    }
    supply_bug("memory: a block that is said to have a free page");
}

static uint64_t page_from(uint32_t number, bool zero)
{
    struct block *b = block_at(number);
    uint32_t page = page_pick(b);
    uint64_t gpa = block_gpa(number) + (uint64_t)page * PLACE_PAGE;
    uint64_t bit = 1ull << page % 64;
    bool was_dirty = (b->dirty[page / 64] & bit) != 0;

    b->used[page / 64] |= bit;
    b->dirty[page / 64] |= bit;
    b->free--;
    if (b->free == 0)
        state_set(number, b, BLOCK_FULL);
    ram.free--;
    if (zero && (was_dirty || !ram.fresh_zero))
        page_zero(gpa, PLACE_PAGE);
    return gpa;
}

uint64_t ram_take(bool zero)
{
    uint32_t found = ram.list[BLOCK_PARTIAL];

    if (found == 0) {
        found = block_whole();
        if (found != 0 && block_at(found - 1)->state == BLOCK_FRESH)
            block_begin(found - 1, 0);
        else if (found != 0)
            state_set(found - 1, block_at(found - 1), BLOCK_PARTIAL);
    }
    if (found != 0)
        return page_from(found - 1, zero);
    if (ram.spare == 0 || !ram.growing)
        supply_bug("memory: taken without being reserved");

    uint64_t gpa = ram.spare;

    ram.spare = 0;
    if (zero)
        page_zero(gpa, PLACE_PAGE);
    return gpa;
}

uint64_t ram_take_block(void)
{
    uint32_t found = block_whole();
    struct block *b;
    bool was_fresh;

    if (found == 0)
        return 0;
    b = block_at(found - 1);
    was_fresh = b->state == BLOCK_FRESH;
    state_set(found - 1, b, BLOCK_FULL);
    memset(b->used, 0xff, sizeof b->used);
    memset(b->dirty, 0xff, sizeof b->dirty);
    b->free = 0;
    ram.free -= BLOCK_PAGES;
    if (!was_fresh || !ram.fresh_zero)
        page_zero(block_gpa(found - 1), PLACE_PAGE_LARGE);
    return block_gpa(found - 1);
}

/* --- Giving. */

void ram_give(uint64_t gpa)
{
    uint32_t number = block_of(gpa);
    struct block *b = block_at(number);
    uint32_t page = (uint32_t)(gpa % PLACE_PAGE_LARGE / PLACE_PAGE);
    uint64_t bit = 1ull << page % 64;

    if ((b->used[page / 64] & bit) == 0)
        supply_bug("memory: a page is given twice");
    b->used[page / 64] &= ~bit;
    b->free++;
    ram.free++;
    state_set(number, b, b->free == BLOCK_PAGES ? BLOCK_WHOLE : BLOCK_PARTIAL);
}

void ram_give_block(uint64_t gpa)
{
    uint32_t number = block_of(gpa);
    struct block *b = block_at(number);

    if (b->state != BLOCK_FULL || gpa % PLACE_PAGE_LARGE != 0)
        supply_bug("memory: a block is given that is not one");
    memset(b->used, 0, sizeof b->used);
    b->free = BLOCK_PAGES;
    ram.free += BLOCK_PAGES;
    state_set(number, b, BLOCK_WHOLE);
}

/* The contents are dropped, but not believed to be zero afterwards: that the host
 * may say so wrongly is why these pages stay dirty. */
static void run_give_back(uint32_t first, uint32_t count)
{
    supply_shrink(block_gpa(first), (uint64_t)count * PLACE_PAGE_LARGE);
    for (uint32_t i = first; i < first + count; i++)
        state_set(i, block_at(i), BLOCK_GONE);
}

void ram_trim(void)
{
    uint32_t whole = ram.count[BLOCK_WHOLE];
    uint64_t used = ram_size() / PLACE_PAGE - ram.free;
    uint32_t run = 0;

    if (whole < TRIM_FROM || (uint64_t)whole * BLOCK_PAGES < used / 2)
        return;
    /* From the top, so that what stays warm is low and together. */
    for (uint32_t i = ram.fresh; i > 0 && whole > TRIM_KEEP; i--) {
        bool is_whole = block_at(i - 1)->state == BLOCK_WHOLE;

        if (is_whole) {
            run++;
            whole--;
        }
        if (run > 0 && (!is_whole || whole == TRIM_KEEP || i == 1)) {
            run_give_back(is_whole ? i - 1 : i, run);
            run = 0;
        }
    }
}

/* --- The whole. */

uint64_t ram_init(const struct boot *boot, uint64_t pages)
{
    uint64_t used = (boot->ram_used + PLACE_PAGE - 1) / PLACE_PAGE;
    uint64_t taken = used + RECORDS_PAGES + pages;
    uint64_t first = PLACE_RAM_GPA + used * PLACE_PAGE;

    memset(&ram, 0, sizeof ram);
    ram.fresh_zero = (boot->flags & BOOT_FRESH_ZERO) != 0;
    ram.end = (uint32_t)(boot->ram_size / PLACE_PAGE_LARGE);
    if (taken >= boot->ram_size / PLACE_PAGE || taken >= GIB_BLOCKS * BLOCK_PAGES ||
        boot->ram_size > PLACE_RAM_END - PLACE_RAM_GPA)
        supply_bug("memory: the image leaves no RAM");
    ram.records[0] = first;
    /* boot.h: what follows the head is zero. A start with more than one GiB brings
     * the records of the others. */
    for (uint32_t n = GIB_BLOCKS; n < ram.end; n += GIB_BLOCKS)
        records_begin(n);
    ram.fresh_count = ram.end - (ram.end - 1) / GIB_BLOCKS;
    ram.free += (uint64_t)ram.fresh_count * BLOCK_PAGES - taken;
    for (uint64_t left = taken; left > 0; ram.fresh++, ram.fresh_count--) {
        uint64_t count = left < BLOCK_PAGES ? left : BLOCK_PAGES;

        block_begin(ram.fresh, (uint32_t)count);
        left -= count;
    }
    ram.spare = ram_take(false);
    return first + RECORDS_PAGES * PLACE_PAGE;
}

bool ram_has(uint64_t gpa) { return gpa >= PLACE_RAM_GPA && gpa - PLACE_RAM_GPA < ram_size(); }

uint64_t ram_size(void) { return (uint64_t)ram.end * PLACE_PAGE_LARGE; }

uint64_t ram_free(void) { return ram.free; }
