/* area_test.c: the list of areas against one that is too simple to be wrong. */
#include "shim/core/area.h"
#include "shim/core/map_fake_test.h"
#include "tests/check.h"

#define BASE 0x300000000000ull
#define PAGES 4096u

static uint64_t random_state = 88172645463325252ull;

static uint64_t number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A byte for each page of a window: its protection, +1. */
static uint8_t page[PAGES];

/* exec's own areas lie above the window: they are where the image puts them. */
static uint64_t gap_slowly(uint64_t size, uint64_t top, uint64_t align, uint64_t phase)
{
    unsigned first = (unsigned)((top - BASE) / 4096);

    for (unsigned high = first; high >= size / 4096; high--) {
        uint64_t at = BASE + high * 4096ull - size;
        bool is_free = ((at - phase) & (align - 1)) == 0;

        for (uint64_t i = 0; is_free && i < size / 4096; i++)
            is_free = page[(at - BASE) / 4096 + i] == 0;
        if (is_free)
            return at;
    }
    return 0;
}

static bool list_is_right(void)
{
    uint64_t at = BASE;
    unsigned i = 0, count = 2;

    while (i < PAGES) {
        const struct area *a = area_find(at);

        while (i < PAGES && page[i] == 0)
            i++;
        if (i == PAGES)
            return area_count() == count;
        if (a->start != BASE + i * 4096ull || a->protection + 1 != page[i])
            return false;
        for (uint8_t same = page[i]; i < PAGES && page[i] == same; i++)
            ;
        if (a->end != BASE + i * 4096ull)
            return false;
        at = a->end;
        count++;
    }
    return area_count() == count;
}

static void test_random(void)
{
    bool is_right = true, gaps_are_right = true;

    CASE("a random list has what was put into it, and the gaps between");
    fake_begin(32u << 20, FAKE_ARENA, BOOT_FRESH_ZERO);
    memset(page, 0, sizeof page);
    /* A wall below, so that the highest gap is in the window or nowhere. */
    for (unsigned step = 0; step < 60000 && is_right && gaps_are_right; step++) {
        unsigned first = (unsigned)(number() % PAGES), size = 1 + (unsigned)(number() % 6);
        uint8_t protection = (uint8_t)(number() % 4);

        size = size < PAGES - first ? size : PAGES - first;
        area_cut(BASE + first * 4096ull, BASE + (first + size) * 4096ull);
        memset(page + first, 0, size);
        if (number() % 8 < 6) {
            struct area a = { .start = BASE + first * 4096ull,
                              .end = BASE + (first + size) * 4096ull,
                              .protection = protection };

            area_add(&a);
            memset(page + first, protection + 1, size);
        }
        if (step % 16 == 0)
            is_right = list_is_right();
        if (step % 64 == 0) {
            uint64_t wanted = (1 + number() % 8) * 4096, align = 4096ull << number() % 4;
            uint64_t phase = number() % 8 * 4096, top = BASE + number() % PAGES * 4096;
            uint64_t got = area_gap(wanted, top, align, phase);
            uint64_t want = gap_slowly(wanted, top, align, phase);

            /* Below the window everything is free. */
            gaps_are_right = want != 0 ? got == want : got < BASE + 8 * 4096 * 8;
        }
    }
    CHECK(is_right);
    CHECK(gaps_are_right);
    area_cut(BASE, BASE + PAGES * 4096ull);
    CHECK_EQ(area_count(), 2);
}

static void test_ceiling(void)
{
    uint64_t used, at = BASE;

    CASE("as many areas as Linux allows, and what they cost");
    fake_begin(32u << 20, FAKE_ARENA, BOOT_FRESH_ZERO);
    used = ram_free();
    for (; area_room(1); at += 8192) {
        struct area a = { .start = at, .end = at + 4096, .protection = 0 };

        area_add(&a);
    }
    CHECK_EQ(area_count(), AREA_COUNT_MAX);
    CHECK(used - ram_free() < 1500);
    CHECK_EQ(area_gap(4096, at, 4096, 0), at - 4096);
    CHECK_EQ(area_gap(8192, at, 4096, 0), BASE - 8192);
    /* Every second one goes: leaves that are half empty become one. */
    for (uint64_t i = BASE; i < at; i += 16384)
        area_cut(i, i + 4096);
    CHECK_EQ(area_count(), (AREA_COUNT_MAX + 2) / 2);
    CHECK(used - ram_free() < 800);
    CHECK_EQ(area_gap(3 * 4096, at, 4096, 0), at - 4 * 4096 - 4096);
    area_cut(BASE, at);
    CHECK_EQ(area_count(), 2);
    CHECK_EQ(ram_free(), used);
}

static void test_inputs(void)
{
    struct area a = { .start = BASE,
                      .end = BASE + 10 * 4096,
                      .gpa = PLACE_INPUT_GPA,
                      .gpa_end = PLACE_INPUT_GPA + 10 * 4096,
                      .protection = 1,
                      .flags = AREA_INPUT };
    struct area b = a;

    CASE("an input's part knows which part it is");
    fake_begin(32u << 20, FAKE_ARENA, BOOT_FRESH_ZERO);
    area_add(&a);
    area_cut(BASE + 3 * 4096, BASE + 5 * 4096);
    CHECK_EQ(area_count(), 4);
    CHECK_EQ(area_find(BASE + 5 * 4096)->gpa, PLACE_INPUT_GPA + 5 * 4096);
    CHECK_EQ(area_find(BASE + 3 * 4096)->start, BASE + 5 * 4096);
    /* Pages that do not follow each other in the input are no one area. */
    b.start = BASE + 3 * 4096;
    b.end = BASE + 5 * 4096;
    b.gpa = PLACE_INPUT_GPA + 6 * 4096;
    area_add(&b);
    CHECK_EQ(area_count(), 5);
    area_cut(b.start, b.end);
    b.gpa = PLACE_INPUT_GPA + 3 * 4096;
    area_add(&b);
    CHECK_EQ(area_count(), 3);
    CHECK_EQ(area_find(BASE)->end, a.end);
}

int main(void)
{
    test_random();
    test_ceiling();
    test_inputs();
    return check_done();
}
