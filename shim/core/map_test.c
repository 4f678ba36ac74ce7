/* map_test.c: the address space against a model by the page, and what it promises
 * beside: nothing changed where RAM ends, large entries, no page lost, W^X.
 * lesson E25 */
#include "shim/core/map_model_test.h"
#include "shim/core/syscall.h"
#include "tests/check.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define READ 1u
#define WRITE 2u
#define EXECUTE 4u
#define ANONYMOUS 0x22u
#define HERE 0x32u
#define BASE MODEL_BASE

static uint64_t random_state = 1;

static uint64_t number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* exec's two areas, the records, the index, the spare page and the list's leaf. */
#define PAGES_AT_REST (FAKE_HEAD_PAGES + 17 + AREA_INDEX_PAGES + 1 + 1)

static void check_nothing_lost(void)
{
    memory_unmap(BASE, 1ull << 40);
    model_forget();
    model_walk_all();
    CHECK_EQ(model_walk.leaves, FAKE_DATA_PAGES);
    CHECK_EQ(model_walk.tables, 3);
    if (memory_ram_size() <= GIB)
        CHECK_EQ(memory_ram_used() / 4096, PAGES_AT_REST);
}

static void test_model(const char *name, uint64_t start, uint64_t limit, uint32_t flags)
{
    CASE(name);
    fake_begin(start, limit, flags);
    model_begin();
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t r = number(), more = number();
        struct model_step s = { .what = (uint8_t)more,
                                .protection = (uint8_t)(more >> 8),
                                .at = (uint16_t)r,
                                .size = (uint16_t)(r >> 16),
                                .other = (uint16_t)(r >> 32) };

        model_do(&s);
        model_compare();
    }
    check_nothing_lost();
}

static void test_models(void)
{
    for (unsigned i = 1; i <= 3; i++) {
        random_state = i * 0x9e3779b97f4a7c15ull;
        test_model("random calls do what the model does", 32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
        test_model("and where RAM ends nothing has changed", 6 * MIB, 10 * MIB, BOOT_FRESH_ZERO);
        test_model("and where fresh RAM is not zero", 4 * MIB, 14 * MIB, 0);
    }
}

/* --- Entries of 2 MiB. */

static unsigned large_entries(uint64_t at, uint64_t size)
{
    const uint64_t *entries;
    unsigned count = 0;

    for (uint64_t va = at; va < at + size; va += 2 * MIB) {
        entries = memory_direct(PLACE_RAM_GPA);
        for (unsigned level = 4; level > 2 && entries != NULL; level--) {
            uint64_t entry = entries[(va >> (12 + 9 * (level - 1))) & 511];

            entries = entry != 0 ? memory_direct(entry & 0xffffffffff000ull) : NULL;
        }
        count += entries != NULL && (entries[(va >> 21) & 511] & 0x80) != 0;
    }
    return count;
}

static void test_large(void)
{
    int64_t at;

    CASE("whole 2 MiB are one entry, and split where they must be");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    at = memory_map(0, 8 * MIB, READ | WRITE, ANONYMOUS);
    CHECK_EQ(at % (int64_t)(2 * MIB), 0);
    CHECK_EQ(large_entries((uint64_t)at, 8 * MIB), 4);
    CHECK_EQ(memory_protect((uint64_t)at, 4096, 0), 0); /* a guard page */
    CHECK_EQ(large_entries((uint64_t)at, 8 * MIB), 3);
    CHECK_EQ(memory_unmap((uint64_t)at + 4 * MIB + 4096, 4096), 0);
    CHECK_EQ(large_entries((uint64_t)at, 8 * MIB), 2);
    CHECK_EQ(memory_remap((uint64_t)at + 6 * MIB, 2 * MIB, 2 * MIB, 3, BASE), (int64_t)BASE);
    CHECK_EQ(large_entries(BASE, 2 * MIB), 1);
    CHECK_EQ(memory_remap(BASE, 2 * MIB, 2 * MIB, 3, BASE + 4 * MIB + 4096),
             (int64_t)(BASE + 4 * MIB + 4096));
    CHECK_EQ(large_entries(BASE + 4 * MIB, 4 * MIB), 0);
    CHECK_EQ(memory_unmap((uint64_t)at, 8 * MIB), 0);
    check_nothing_lost();
}

/* From the middle of a large entry to the start of one, and contents go along. */
static void test_large_moved(void)
{
    CASE("2 MiB entries move whole where they fit, and in pages where not");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    model_begin();
    model_map(BASE, 6 * MIB, READ | WRITE);
    model_compare();
    model_write(BASE, 6 * MIB);
    model_remap(BASE + MIB, 4 * MIB, 4 * MIB, BASE + 8 * MIB);
    model_compare();
    model_remap(BASE + 8 * MIB, 2 * MIB, 2 * MIB, BASE + 6 * MIB + 4096);
    model_compare();
    model_remap(BASE, MIB, 2 * MIB, 0);
    model_compare();
    check_nothing_lost();
}

/* As the engine does: 8 GiB that nobody may touch, then what grows, by 64 KiB. */
static void test_reservation(void)
{
    int64_t at;
    uint64_t used;

    CASE("a reservation costs nothing, and is filled as it grows");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    used = memory_ram_used();
    at = memory_map(0, 64 * GIB, 0, ANONYMOUS | 0x4000);
    CHECK(at > 0);
    CHECK_EQ(memory_ram_used(), used);
    CHECK_EQ(memory_protect((uint64_t)at, 6 * MIB, READ | WRITE), 0);
    CHECK_EQ(large_entries((uint64_t)at, 8 * MIB), 3);
    for (uint64_t done = 6 * MIB; done < 8 * MIB; done += 65536)
        CHECK_EQ(memory_protect((uint64_t)at + done, 65536, READ | WRITE), 0);
    CHECK_EQ(area_count(), 4);
    CHECK_EQ(memory_protection_at((uint64_t)at + 8 * MIB - 1), READ | WRITE);
    CHECK_EQ(memory_protection_at((uint64_t)at + 8 * MIB), 0);
    CHECK_EQ(memory_fault_at((uint64_t)at, WRITE), MEMORY_PERMITTED);
    CHECK_EQ(memory_fault_at((uint64_t)at, EXECUTE), MEMORY_DENIED);
    CHECK_EQ(memory_fault_at((uint64_t)at + 8 * MIB, READ), MEMORY_DENIED);
    CHECK_EQ(memory_fault_at(UINT64_MAX, READ), MEMORY_HOLE);
    CHECK_EQ(memory_map((uint64_t)at, 64 * GIB, 0, HERE), at);
    CHECK_EQ(memory_ram_used(), used);
    CHECK_EQ(memory_unmap((uint64_t)at, 64 * GIB), 0);
    CHECK_EQ(memory_protection_at((uint64_t)at), -1);
    check_nothing_lost();
}

/* --- RAM. */

/* Blocks of exec's whose first page, or one in the middle, is not zero. */
static unsigned dirty_blocks(void)
{
    unsigned dirty = 0;

    model_walk_all();
    for (uint64_t i = 1; i < fake.granted / PLACE_PAGE_LARGE; i++) {
        const uint64_t *words = memory_direct(PLACE_RAM_GPA + i * PLACE_PAGE_LARGE);

        /* A block in which both are taken is exec's, or its records are behind. */
        if ((model_walk.seen[i * 64] & 1) != 0 && (model_walk.seen[i * 64 + 32] & 1) != 0)
            dirty += (words[0] | words[256 * 512]) != 0;
    }
    return dirty;
}

static void test_growth(void)
{
    CASE("RAM grows to what is asked for, and over the records of a GiB");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    CHECK_EQ(memory_map(BASE, 5 * GIB, READ | WRITE, HERE), (int64_t)BASE);
    CHECK_EQ(large_entries(BASE, 5 * GIB), 5 * 512);
    CHECK(memory_ram_size() >= 5 * GIB);
    CHECK_EQ(memory_map(BASE + 8 * GIB, 60 * GIB, READ | WRITE, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_map(BASE + 8 * GIB, 1ull << 46, READ | WRITE, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_protection_at(BASE + 8 * GIB), -1);
    /* Page by page it is another matter, and none is lost either. */
    for (uint64_t i = 0; i < 4000; i++)
        CHECK_EQ(memory_map(BASE + 8 * GIB + i * 8192, 4096, READ, HERE),
                 (int64_t)(BASE + 8 * GIB + i * 8192));
    check_nothing_lost();
    CHECK(fake.shrunk > 4 * GIB);
    /* What the host said it dropped is zero all the same. */
    CHECK_EQ(memory_map(BASE, 128 * MIB, READ | WRITE, HERE), (int64_t)BASE);
    CHECK_EQ(dirty_blocks(), 0);
}

static void test_exhausted(void)
{
    uint64_t used, at = BASE;

    CASE("where RAM has ended, what takes some away still works");
    fake_begin(8 * MIB, 8 * MIB, BOOT_FRESH_ZERO);
    while (memory_map(at, 4096, READ | WRITE, HERE) > 0)
        at += 8192;
    CHECK_EQ(memory_map(at, 4096, READ | WRITE, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_protection_at(at), -1);
    CHECK_EQ(memory_brk(0), memory_brk((uint64_t)memory_brk(0) + MIB));
    used = memory_ram_used();
    CHECK_EQ(memory_remap(BASE, 4096, MIB, 1, 0), -LINUX_ENOMEM);
    CHECK_EQ(memory_protection_at(BASE), READ | WRITE);
    CHECK_EQ(memory_ram_used(), used);
    CHECK_EQ(memory_protect(BASE, 4096, 0), 0);
    for (uint64_t i = BASE; i < at; i += 8192)
        CHECK_EQ(memory_unmap(i, 4096), 0);
    check_nothing_lost();
}

/* RAM of which no block is whole: a call then takes a table for each 2 MiB. */
static void test_in_pieces(void)
{
    uint64_t at = BASE, pages;

    CASE("what tables take is reserved too");
    fake_begin(48 * MIB, 48 * MIB, BOOT_FRESH_ZERO);
    while (memory_map(at, 4096, READ | WRITE, HERE) > 0)
        at += 4096;
    for (uint64_t i = BASE; i < at; i += 256 * 4096)
        CHECK_EQ(memory_unmap(i + 4096, 255 * 4096), 0);
    pages = (memory_ram_size() - memory_ram_used()) / 4096;
    while (memory_map(BASE + GIB, pages * 4096, READ | WRITE, HERE) == -LINUX_ENOMEM)
        pages--;
    CHECK_EQ(large_entries(BASE + GIB, pages * 4096), 0);
    CHECK_EQ(memory_protection_at(BASE + GIB), READ | WRITE);
    check_nothing_lost();
}

static void test_not_fresh(void)
{
    CASE("RAM that a host gives with something in it is zeroed");
    fake_begin(4 * MIB, 16 * MIB, 0);
    model_begin();
    for (uint64_t i = 0; i < 2000; i++)
        model_map(BASE + i * 4096, 4096, i % 2 == 0 ? READ : READ | WRITE);
    CHECK(fake.granted > 8 * MIB);
    model_compare();
    check_nothing_lost();
}

/* One refusal at each place where memory could be asked for. */
static void test_refused_at_each_size(void)
{
    CASE("a limit at every page: a call does all or nothing");
    for (unsigned pages = 0; pages < 900; pages += 7) {
        fake_begin(4 * MIB, 4 * MIB, BOOT_FRESH_ZERO);
        model_begin();
        model_map(BASE, pages * 4096ull + 4096, READ | WRITE);
        model_write(BASE, 4096);
        model_map(BASE + 8 * MIB - 8192, 4096, READ | WRITE);
        model_map_input(BASE + 4 * MIB, 300 * 4096, READ, 5, false);
        model_protect(BASE + 4 * MIB, 290 * 4096, READ | WRITE);
        model_remap(BASE + 4 * MIB + 290 * 4096, 10 * 4096, 10 * 4096, BASE + 8 * MIB);
        model_compare();
        check_nothing_lost();
    }
}

/* --- What only we refuse, and inputs. */

static void test_both(void)
{
    CASE("nothing is writable and executable");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    CHECK_EQ(memory_map(0, 4096, WRITE | EXECUTE, ANONYMOUS), -LINUX_EACCES);
    CHECK_EQ(memory_map_input(0, 4096, READ | WRITE | EXECUTE, 2, PLACE_INPUT_GPA, 4096),
             -LINUX_EACCES);
    CHECK_EQ(memory_map(BASE, 8192, READ | WRITE, HERE), (int64_t)BASE);
    CHECK_EQ(memory_protect(BASE, 8192, READ | WRITE | EXECUTE), -LINUX_EACCES);
    CHECK_EQ(memory_protection_at(BASE), READ | WRITE);
    fake.flushes = 0;
    CHECK_EQ(memory_protect(BASE, 4096, READ | EXECUTE), 0);
    CHECK_EQ(fake.flushes, 1);
    model_walk_all();
    check_nothing_lost();
}

static void test_input(void)
{
    const uint64_t gpa = PLACE_INPUT_GPA;
    uint64_t used;
    int64_t at;

    CASE("an input is mapped as it is, from its window and no other place");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    used = memory_ram_used();
    at = memory_map_input(0, FAKE_INPUT_SIZE, READ, 2, gpa, FAKE_INPUT_SIZE);
    CHECK(at > 0);
    CHECK_EQ(large_entries((uint64_t)at, 4 * MIB), 2);
    CHECK_EQ((memory_ram_used() - used) / 4096, 3 + 1 - 1); /* its tables */
    CHECK_EQ(memory_map_input(0, 4096, READ, 2, gpa - 4096, 4096), -LINUX_EINVAL);
    CHECK_EQ(memory_map_input(0, 4096, READ, 2, gpa + 1, 4096), -LINUX_EINVAL);
    CHECK_EQ(memory_map_input(0, 4096, READ, 2, PLACE_RAM_GPA, 4096), -LINUX_EINVAL);
    CHECK_EQ(memory_map_input(0, 4096, READ, 2, PLACE_INPUT_END - 4096, 8192), -LINUX_EINVAL);
    CHECK_EQ(memory_map_input(0, 4096, READ, 2, gpa, UINT64_MAX - 5), -LINUX_EINVAL);
    CHECK_EQ(memory_map_input(0, 4096, READ | WRITE, 1, gpa, 4096), -LINUX_EACCES);
    CHECK_EQ(memory_map_input(0, 4096, READ, 3, gpa, 4096), -LINUX_EOPNOTSUPP);
    /* A mapping of 64 GiB of a small input takes no more than the input. */
    used = memory_ram_used();
    CHECK_EQ(memory_map_input(BASE, 64 * GIB, READ, 0x12, gpa, 4096), (int64_t)BASE);
    CHECK_EQ(memory_fault_at(BASE + 4095, READ), MEMORY_PERMITTED);
    CHECK_EQ(memory_fault_at(BASE + 4095, WRITE), MEMORY_DENIED);
    CHECK_EQ(memory_fault_at(BASE + 4096, READ), MEMORY_BEHIND_INPUT);
    CHECK_EQ(memory_fault_at(BASE + 64 * GIB - 1, READ), MEMORY_BEHIND_INPUT);
    CHECK_EQ(memory_fault_at(BASE + 64 * GIB, READ), MEMORY_HOLE);
    CHECK_EQ(memory_fault_at(BASE - 1, READ), MEMORY_HOLE);
    CHECK((memory_ram_used() - used) / 4096 <= 4);
    CHECK_EQ(memory_protect(BASE, 64 * GIB, READ | WRITE), 0);
    CHECK((memory_ram_used() - used) / 4096 <= 5);
    CHECK_EQ(memory_unmap((uint64_t)at, FAKE_INPUT_SIZE), 0);
    check_nothing_lost();
}

static void test_calls(void)
{
    struct call c = { .a = { 0, 8192, READ, 2, 3, 4096 } };
    int64_t at;

    CASE("the system calls find their arguments");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    at = call_mmap(&c);
    CHECK(at > 0);
    c = (struct call){ .a = { 0, 8192, READ, 2, 3, 1ull << 40 } };
    CHECK(call_mmap(&c) > 0); /* behind its end: nothing is there */
    c = (struct call){ .a = { 0, 8192, READ, 2, 1, 0 } };
    CHECK_EQ(call_mmap(&c), -LINUX_ENODEV);
    c = (struct call){ .a = { 0, 8192, READ, 2, 99, 0 } };
    CHECK_EQ(call_mmap(&c), -LINUX_EBADF);
    c = (struct call){ .a = { 0, 4096, READ, 0x62, UINT64_MAX, 0 } };
    at = call_mmap(&c);
    CHECK(at > 0 && at < 1ll << 31);
    c = (struct call){ .a = { (uint64_t)at, 4096, 4096 * 3, 1 } };
    at = call_mremap(&c);
    CHECK(at > 0 && memory_protection_at((uint64_t)at + 8192) == READ);
    c = (struct call){ .a = { 0, 4096, READ, 0x40022, UINT64_MAX, 0 } };
    CHECK_EQ(call_mmap(&c), -LINUX_ENOMEM); /* huge pages by name: none are set aside */
}

/* --- exec's image, its heap, the shim's pages. */

static void test_image(void)
{
    const uint64_t text = PLACE_EXEC_VA, data = text + FAKE_TEXT_PAGES * 4096ull;
    uint64_t used;

    CASE("exec's own pages can lose rights and be unmapped like others");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    CHECK_EQ(memory_protection_at(text), READ | EXECUTE);
    CHECK_EQ(memory_protection_at(data), READ | WRITE);
    CHECK_EQ(memory_protect(data, 4096, READ), 0);
    CHECK_EQ(memory_protect(text, 4096, READ | WRITE | EXECUTE), -LINUX_EACCES);
    CHECK_EQ(memory_advise(data, 4096, 4), -LINUX_EINVAL);
    used = memory_ram_used();
    CHECK_EQ(memory_protect(text, 4096, READ | WRITE), 0); /* a copy: the file is not ours */
    CHECK_EQ(memory_ram_used(), used + 4096);
    model_walk_all();
    CHECK_EQ(model_walk.leaves, FAKE_DATA_PAGES + 1);
    CHECK_EQ(memory_unmap(text, (FAKE_TEXT_PAGES + FAKE_DATA_PAGES) * 4096ull), 0);
    model_forget();
    model_walk_all();
    CHECK_EQ(model_walk.leaves + model_walk.tables, 0);
    /* Data and tables that the image had are RAM like all other now. */
    CHECK_EQ(memory_ram_used(), used - (FAKE_DATA_PAGES + 3 + 1) * 4096ull);
}

static void test_heap(void)
{
    CASE("the heap grows, shrinks, and stops at what is in its way");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);

    int64_t start = memory_brk(0);

    /* Behind exec's last page, from a large page on. */
    CHECK_EQ(start, PLACE_EXEC_VA + 2 * MIB);
    CHECK_EQ(memory_brk(5), start);
    CHECK_EQ(memory_brk(UINT64_MAX), start);
    CHECK_EQ(memory_brk((uint64_t)start + 100), start + 100);
    CHECK_EQ(memory_protection_at((uint64_t)start), READ | WRITE);
    CHECK_EQ(memory_brk((uint64_t)start + 3 * MIB), start + (int64_t)(3 * MIB));
    CHECK_EQ(memory_brk((uint64_t)start + 4096), start + 4096);
    CHECK_EQ(memory_protection_at((uint64_t)start + 4096), -1);
    CHECK_EQ(memory_map((uint64_t)start + 16384, 4096, 0, HERE), start + 16384);
    CHECK_EQ(memory_brk((uint64_t)start + 12288), start + 12288);
    CHECK_EQ(memory_brk((uint64_t)start + 12289), start + 12288);
    CHECK_EQ(memory_brk((uint64_t)start), start);
    CHECK_EQ(memory_protection_at((uint64_t)start), -1);
}

static void test_shim_pages(void)
{
    const uint64_t area = PLACE_CPU_VA + PLACE_CPU_STRIDE;
    uint64_t gpa;

    CASE("pages for the shim are zero, and mapped only in its own part");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    gpa = memory_page_take();
    CHECK(gpa != 0);
    CHECK_EQ(*(uint64_t *)memory_direct(gpa), 0);
    CHECK(memory_page_map(area, gpa, false, true));
    CHECK(memory_page_map(area + 4096, gpa, true, true));
    CHECK(!memory_page_map(area, gpa, true, true));
    CHECK(!memory_page_map(BASE, gpa, true, true));
    CHECK(!memory_page_map(PLACE_DIRECT_VA, gpa, true, true));
    CHECK(!memory_page_map(area + 8192, PLACE_SHIM_GPA, true, true));
    CHECK(!memory_page_map(area + 8192 + 1, gpa, true, true));
}

static void test_layout(void)
{
    int64_t first, second, third;

    CASE("without an address, mappings go down side by side, like Linux's");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    first = memory_map(0, 8192, READ, ANONYMOUS);
    second = memory_map(0, 4096, READ, ANONYMOUS);
    CHECK_EQ(first, PLACE_MAP_TOP - 8192);
    CHECK_EQ(second, first - 4096);
    CHECK_EQ(area_count(), 3); /* one area */
    CHECK_EQ(memory_unmap((uint64_t)first, 4096), 0);
    third = memory_map(0, 4096, WRITE, ANONYMOUS);
    CHECK_EQ(third, first);
    CHECK_EQ(memory_map((uint64_t)third + 1, 4096, READ, ANONYMOUS), second - 4096);
    CHECK_EQ(memory_map(PLACE_USER_END - 4096, 4096, READ, ANONYMOUS), PLACE_USER_END - 4096);
    CHECK_EQ(memory_map(PLACE_USER_END - 4096, 8192, READ, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_map(PLACE_SHIM_VA, 4096, READ, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_map(PLACE_USER_START - 4096, 4096, READ, HERE), -LINUX_EPERM);
    CHECK_EQ(memory_unmap(PLACE_SHIM_VA, 4096), -LINUX_EINVAL);
    CHECK_EQ(memory_unmap(PLACE_USER_END - 4096, 8192), -LINUX_EINVAL);
    CHECK_EQ(memory_protect(PLACE_CORE_VA, 4096, READ), -LINUX_ENOMEM);
    CHECK_EQ(memory_remap(PLACE_CORE_VA, 4096, 8192, 1, 0), -LINUX_EFAULT);
    CHECK_EQ(memory_remap((uint64_t)third, 4096, 4096, 3, PLACE_CORE_VA), -LINUX_EINVAL);
    CHECK_EQ(memory_advise(PLACE_CORE_VA, 4096, 4), -LINUX_ENOMEM);
}

static void test_ceiling(void)
{
    uint64_t at = BASE;

    CASE("as many areas as Linux allows, and ENOMEM at the next");
    fake_begin(32 * MIB, FAKE_ARENA, BOOT_FRESH_ZERO);
    while (memory_map(at, 4096, 0, HERE) > 0)
        at += 8192;
    CHECK(area_count() > AREA_COUNT_MAX - 4 && area_count() <= AREA_COUNT_MAX);
    CHECK_EQ(memory_map(BASE - 5 * 4096, 4096, 0, HERE), -LINUX_ENOMEM);
    CHECK_EQ(memory_unmap(BASE, at - BASE), 0);
    CHECK_EQ(memory_map(BASE, 3 * 4096, 0, HERE), (int64_t)BASE);
    check_nothing_lost();
}

int main(void)
{
    test_models();
    test_large();
    test_large_moved();
    test_reservation();
    test_growth();
    test_exhausted();
    test_in_pieces();
    test_not_fresh();
    test_refused_at_each_size();
    test_both();
    test_input();
    test_calls();
    test_image();
    test_heap();
    test_shim_pages();
    test_layout();
    test_ceiling();
    return check_done();
}
