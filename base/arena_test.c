#include "arena.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"

/* A source that counts, checks sizes, fails at the n-th take, and gives memory
 * full of rubbish. */
struct bank {
    size_t takes;
    size_t fail_at; /* 0: never */
    size_t chunks_out;
    size_t bytes_out;
};

static void *bank_take(void *context, size_t size)
{
    struct bank *b = context;
    void *chunk;

    if (++b->takes == b->fail_at)
        return NULL;
    chunk = aligned_alloc(16, num_align(size, 16));
    if (chunk == NULL)
        return NULL;
    memset(chunk, 0xa5, size);
    b->chunks_out++;
    b->bytes_out += size;
    return chunk;
}

static void bank_give(void *context, void *chunk, size_t size)
{
    struct bank *b = context;

    b->chunks_out--;
    b->bytes_out -= size;
    free(chunk);
}

static struct arena_source source_of(struct bank *b)
{
    return (struct arena_source){ bank_take, bank_give, b };
}

static bool all_zero(const void *at, size_t size)
{
    const uint8_t *p = at;

    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void test_alloc(void)
{
    struct bank bank = { 0 };
    struct arena a;
    uint8_t *p, *q;

    arena_init(&a, source_of(&bank), 1 << 20);

    CASE("zeroed, aligned, apart from each other");
    p = arena_alloc(&a, 5);
    q = arena_alloc(&a, 0);
    if (!CHECK(p != NULL && q != NULL))
        return;
    CHECK(all_zero(p, 5));
    CHECK_EQ((uintptr_t)p % 16, 0);
    CHECK_EQ((uintptr_t)q % 16, 0);
    CHECK(q >= p + 5);

    CASE("memory given out again after a reset is zeroed again");
    memset(p, 0xff, 5);
    arena_reset(&a);
    p = arena_alloc(&a, 5);
    CHECK(p != NULL && all_zero(p, 5));

    CASE("sizes that wrap are refused");
    CHECK_NULL(arena_alloc(&a, SIZE_MAX));
    CHECK_NULL(arena_alloc(&a, SIZE_MAX - 15));
    CHECK_NULL(arena_alloc(&a, SIZE_MAX - 64));
    CHECK_NULL(arena_array(&a, SIZE_MAX / 2, 3));
    CHECK_NULL(arena_grow(&a, p, 5, SIZE_MAX));

    CASE("everything goes back");
    arena_done(&a);
    CHECK_EQ(bank.chunks_out, 0);
    CHECK_EQ(bank.bytes_out, 0);
    CHECK_EQ(a.held, 0);
}

static void test_ceiling(void)
{
    struct bank bank = { 0 };
    struct arena a;
    size_t given = 0;

    CASE("never holds more than the ceiling, and uses most of it");
    arena_init(&a, source_of(&bank), 1000000);
    while (arena_alloc(&a, 1000) != NULL) {
        given += 1000;
        if (!CHECK(bank.bytes_out <= 1000000))
            break;
    }
    CHECK(given > 900000);
    CHECK(a.peak <= 1000000);
    CHECK_EQ(a.held, bank.bytes_out);
    arena_done(&a);

    CASE("one allocation of exactly what a ceiling allows, and one byte more");
    arena_init(&a, source_of(&bank), 4096);
    CHECK_NULL(arena_alloc(&a, 4096));
    CHECK(arena_alloc(&a, 4096 - 32) != NULL);
    CHECK_NULL(arena_alloc(&a, 1));
    arena_done(&a);

    CASE("a ceiling of nothing");
    arena_init(&a, source_of(&bank), 0);
    CHECK_NULL(arena_alloc(&a, 1));
    arena_reset(&a);
    arena_done(&a);
    CHECK_EQ(bank.chunks_out, 0);
}

static void test_reset(void)
{
    struct bank bank = { 0 };
    struct arena a;

    CASE("a reset keeps one chunk, the largest");
    arena_init(&a, source_of(&bank), 64 << 20);
    CHECK(arena_alloc(&a, 10) != NULL);
    CHECK(arena_alloc(&a, 1 << 20) != NULL);
    CHECK(arena_alloc(&a, 300 << 10) != NULL);
    arena_reset(&a);
    CHECK_EQ(bank.chunks_out, 1);
    CHECK(a.held > 1 << 20);
    CHECK(arena_alloc(&a, 1 << 20) != NULL);
    CHECK_EQ(bank.chunks_out, 1);
    arena_done(&a);
    CHECK_EQ(bank.chunks_out, 0);
}

static void test_grow(void)
{
    struct bank bank = { 0 };
    struct arena a;
    uint8_t *p, *q;

    CASE("the last allocation grows where it is");
    arena_init(&a, source_of(&bank), 1 << 20);
    p = arena_alloc(&a, 10);
    if (!CHECK(p != NULL))
        return;
    memset(p, 7, 10);
    q = arena_grow(&a, p, 10, 5000);
    CHECK(q == p);
    CHECK(all_zero(p + 10, 4990));

    CASE("another one moves, with what it holds and zeroes behind");
    CHECK(arena_alloc(&a, 1) != NULL);
    q = arena_grow(&a, p, 5000, 6000);
    if (CHECK(q != NULL && q != p)) {
        CHECK(q[0] == 7 && q[9] == 7);
        CHECK(all_zero(q + 10, 5990));
    }

    CASE("from nothing");
    p = arena_grow(&a, NULL, 0, 3);
    CHECK(p != NULL && all_zero(p, 3));
    arena_done(&a);
    CHECK_EQ(bank.chunks_out, 0);
}

/* A growing array and some single allocations: what a pass of the engine does. */
static bool work(struct arena *a)
{
    uint32_t *numbers = NULL;
    uint32_t capacity = 0;

    for (uint32_t i = 0; i < 60000; i++) {
        if (!ARENA_RESERVE(a, numbers, capacity, i + 1))
            return false;
        numbers[i] = i;
        if (i % 1000 == 0 && arena_array(a, i, 7) == NULL)
            return false;
    }
    for (uint32_t i = 0; i < 60000; i++)
        if (numbers[i] != i)
            return false;
    return true;
}

static void test_failing_source(void)
{
    size_t n = 0;
    bool done = false;

    CASE("a source that fails at the n-th take, for every n");
    while (!done) {
        struct bank bank = { .fail_at = ++n };
        struct arena a;

        arena_init(&a, source_of(&bank), 64 << 20);
        done = work(&a);
        /* Near the ceiling a reserve asks again, for less: either the work ended
         * without a failing take, or it met one and survived or said so. */
        CHECK(done || bank.takes >= n);
        CHECK_EQ(a.held, bank.bytes_out);
        arena_done(&a);
        CHECK_EQ(bank.chunks_out, 0);
        if (bank.takes >= n)
            done = false;
        if (!CHECK(n < 10000))
            break;
    }
    CHECK(n > 3);
}

static void test_reserve(void)
{
    static const size_t too_many[] = { 600, (size_t)UINT32_MAX + 1, SIZE_MAX };
    struct bank bank = { 0 };
    struct arena a;
    uint64_t *array = NULL;
    uint32_t capacity = 0;

    CASE("a reserve near the ceiling gives what was needed, if no more");
    arena_init(&a, source_of(&bank), 4096);
    CHECK(ARENA_RESERVE(&a, array, capacity, 300));
    CHECK(ARENA_RESERVE(&a, array, capacity, 500));
    CHECK(capacity >= 500);

    CASE("a reserve that fails leaves the array alone");
    array[0] = 42;
    for (size_t i = 0; i < COUNT_OF(too_many); i++)
        CHECK(!ARENA_RESERVE(&a, array, capacity, too_many[i]));
    CHECK_EQ(array[0], 42);
    CHECK(capacity >= 500 && capacity < 600);
    arena_done(&a);
}

int main(void)
{
    test_alloc();
    test_ceiling();
    test_reset();
    test_grow();
    test_failing_source();
    test_reserve();
    return check_done();
}
