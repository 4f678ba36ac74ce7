/* map_fake_test.h: the world of the address space for tests: an arena for RAM, a head as
 * measure/image.c makes it, a host with a limit that lies about what it dropped,
 * and flushes that are remembered. For one program each; everything is static. */
#ifndef BROCH_SHIM_CORE_MAP_FAKE_TEST_H
#define BROCH_SHIM_CORE_MAP_FAKE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/file.h"
#include "shim/core/lock.h"
#include "shim/core/memory.h"
#include "shim/core/ram.h"
#include "shim/core/supply.h"

#define FAKE_ARENA (8ull << 30)
#define FAKE_HEAD_PAGES 16u
#define FAKE_DATA_AT 8u /* pages of exec's data in the head */
#define FAKE_DATA_PAGES 4u
#define FAKE_TEXT_PAGES 3u
#define FAKE_INPUT_PAGES 1100u /* more than two blocks */
#define FAKE_INPUT_SIZE (FAKE_INPUT_PAGES * 4096ull - 100)

static struct {
    uint8_t *ram;
    uint8_t *input;
    uint8_t *file;
    uint64_t granted; /* bytes of RAM the keep was given */
    uint64_t limit;
    uint64_t grows;
    uint64_t refusals;
    uint64_t shrunk; /* bytes */
    uint64_t flushes;
    uint64_t flush_start, flush_end; /* since the last look; a hull */
    uint64_t free_before;            /* pages, at the start of a call */
    bool unmaps;                     /* the call does nothing else */
    bool held;
    struct boot boot;
} fake;

static _Noreturn void fake_fail(const char *why)
{
    fprintf(stderr, "# %s\n", why);
    abort();
}

void *memory_direct(uint64_t gpa)
{
    if (gpa < PLACE_RAM_GPA || gpa - PLACE_RAM_GPA >= fake.granted)
        fake_fail("a look at what is no RAM");
    return fake.ram + (gpa - PLACE_RAM_GPA);
}

/* What a page holds, wherever it is. */
static uint8_t *fake_page(uint64_t gpa)
{
    if (gpa >= PLACE_INPUT_GPA && gpa < PLACE_INPUT_GPA + FAKE_INPUT_PAGES * 4096ull)
        return fake.input + (gpa - PLACE_INPUT_GPA);
    if (gpa >= PLACE_EXEC_GPA && gpa < PLACE_EXEC_GPA + FAKE_TEXT_PAGES * 4096ull)
        return fake.file + (gpa - PLACE_EXEC_GPA);
    return memory_direct(gpa);
}

bool supply_grow(uint64_t gpa, uint64_t size)
{
    fake.grows++;
    if (size == 0 || size % PLACE_PAGE_LARGE != 0 || gpa != PLACE_RAM_GPA + fake.granted)
        fake_fail("growth that calls.def does not know");
    if (size > fake.limit || fake.granted > fake.limit - size) {
        fake.refusals++;
        return false;
    }
    if ((fake.boot.flags & BOOT_FRESH_ZERO) == 0)
        memset(fake.ram + fake.granted, 0xa5, size);
    fake.granted += size;
    return true;
}

void supply_shrink(uint64_t gpa, uint64_t size)
{
    (void)memory_direct(gpa + size - 1);
    madvise(memory_direct(gpa), size, MADV_DONTNEED);
    for (uint64_t at = 0; at < size; at += 64 * 4096)
        memset(memory_direct(gpa + at), 0x5a, 4096);
    fake.shrunk += size;
}

void supply_copy(void *to, uint64_t va, uint64_t gpa)
{
    (void)va;
    memcpy(to, fake_page(gpa), PLACE_PAGE);
}

void supply_bug(const char *why) { fake_fail(why); }

void cpu_flush(uint64_t va, uint64_t size)
{
    if (fake.flushes++ == 0) {
        fake.flush_start = va;
        fake.flush_end = va + size;
    }
    fake.flush_start = va < fake.flush_start ? va : fake.flush_start;
    fake.flush_end = va + size > fake.flush_end ? va + size : fake.flush_end;
    /* What goes away may not be free before the flush. */
    if (fake.unmaps && ram_free() > fake.free_before)
        fake_fail("pages given back before the flush");
}

[[maybe_unused]] static bool fake_flushed(uint64_t va)
{
    return fake.flushes > 0 && va >= fake.flush_start && va < fake.flush_end;
}

void lock_take(struct lock *l)
{
    (void)l;
    if (fake.held)
        fake_fail("the lock is taken twice");
    fake.held = true;
    fake.free_before = ram_free();
}

void lock_give(struct lock *l)
{
    (void)l;
    if (!fake.held)
        fake_fail("the lock is given twice");
    fake.held = false;
}

int64_t file_input(uint64_t fd, uint64_t *gpa, uint64_t *size)
{
    if (fd != 3)
        return fd == 1 ? -LINUX_ENODEV : -LINUX_EBADF;
    *gpa = PLACE_INPUT_GPA;
    *size = FAKE_INPUT_SIZE;
    return 0;
}

/* --- The head: root, links, direct map, exec's text and data. */

static uint64_t *fake_table(unsigned page)
{
    return (uint64_t *)(void *)(fake.ram + page * 4096ull);
}

static uint64_t fake_gpa(unsigned page) { return PLACE_RAM_GPA + page * 4096ull; }

static void fake_link(unsigned table, uint64_t va, unsigned level, unsigned below)
{
    fake_table(table)[(va >> (12 + 9 * (level - 1))) & 511] = fake_gpa(below) | 0x27;
}

static void fake_tables(uint64_t size)
{
    fake_link(0, PLACE_DIRECT_VA, 4, 1);
    for (uint64_t gib = 0; gib * (1ull << 30) < size; gib++) {
        if (gib > 0)
            fake_fail("the fake starts with one GiB at most");
        fake_link(1, PLACE_DIRECT_VA, 3, 2);
    }
    for (uint64_t i = 0; i < size / PLACE_PAGE_LARGE; i++)
        fake_table(2)[i] = (PLACE_RAM_GPA + i * PLACE_PAGE_LARGE) | 0xe7 | 1ull << 63;
    fake_link(0, PLACE_EXEC_VA, 4, 3);
    fake_link(3, PLACE_EXEC_VA, 3, 4);
    fake_link(4, PLACE_EXEC_VA, 2, 5);
    for (unsigned i = 0; i < FAKE_TEXT_PAGES; i++)
        fake_table(5)[i] = (PLACE_EXEC_GPA + i * 4096ull) | 0x65;
    for (unsigned i = 0; i < FAKE_DATA_PAGES; i++)
        fake_table(5)[FAKE_TEXT_PAGES + i] = fake_gpa(FAKE_DATA_AT + i) | 0x67 | 1ull << 63;
}

static void fake_boot(uint64_t size, uint32_t flags)
{
    fake.boot = (struct boot){
        .magic = BOOT_MAGIC,
        .flags = flags,
        .ram_size = size,
        .ram_used = FAKE_HEAD_PAGES * 4096ull,
        .root_gpa = PLACE_RAM_GPA,
        .exec_end = PLACE_EXEC_VA + (FAKE_TEXT_PAGES + FAKE_DATA_PAGES) * 4096ull - 10,
        .segments_count = 2,
        .segment = {
            { PLACE_EXEC_VA, FAKE_TEXT_PAGES * 4096ull, BOOT_READ | BOOT_EXECUTE },
            { PLACE_EXEC_VA + FAKE_TEXT_PAGES * 4096ull, FAKE_DATA_PAGES * 4096ull,
              BOOT_READ | BOOT_WRITE },
        },
    };
}

static void *fake_zeroes(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);

    if (at == MAP_FAILED)
        fake_fail("no arena");
    return at;
}

/* A keep that starts with `size` bytes of RAM and may have up to `limit`. */
static void fake_begin(uint64_t size, uint64_t limit, uint32_t flags)
{
    if (fake.ram != NULL)
        munmap(fake.ram, FAKE_ARENA);
    if (fake.input == NULL) {
        fake.input = fake_zeroes(FAKE_INPUT_PAGES * 4096ull);
        fake.file = fake_zeroes(FAKE_TEXT_PAGES * 4096ull);
    }
    fake.ram = fake_zeroes(FAKE_ARENA);
    for (uint64_t i = 0; i < FAKE_INPUT_PAGES; i++)
        memset(fake.input + i * 4096, (int)(i % 251) + 1, 4096);
    memset(fake.file, 0xcc, FAKE_TEXT_PAGES * 4096ull);
    fake.granted = size;
    fake.limit = limit < FAKE_ARENA ? limit : FAKE_ARENA;
    fake.grows = fake.refusals = fake.shrunk = 0;
    fake.held = false;
    fake_boot(size, flags);
    fake_tables(size);
    memory_init(&fake.boot);
}

#endif
