/* syscalls_memory.c: mmap, munmap, mprotect, mremap, madvise, brk against Linux. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define TOP 0x7ffffffff000ul
#define GIB ((size_t)1 << 30)

static long map(const void *at, size_t size, int prot, int flags)
{
    return call(SYS_mmap, at, size, prot, flags, -1, 0);
}

/* The result of an mmap: an error, where it is relative to `base`, or "elsewhere". */
static void mapped(const char *name, long got, const void *base)
{
    if (got < 0 && got > -4096)
        say("%s: %s", name, error_name(got));
    else if (got == (long)(intptr_t)base)
        say("%s: there", name);
    else
        say("%s: elsewhere", name);
}

static bool all_are(const uint8_t *at, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != value)
            return false;
    return true;
}

static void map_refused(void)
{
    uint8_t *a = pages_new(4, RW);
    static const struct {
        const char *name;
        size_t size;
        int prot, flags;
        size_t offset;
    } cases[] = {
        { "no size", 0, RW, PRIVATE, 0 },
        { "a size that wraps", SIZE_MAX, RW, PRIVATE, 0 },
        { "a size that wraps when rounded", SIZE_MAX - 4000, RW, PRIVATE, 0 },
        { "all that there is", TOP + PAGE, PROT_NONE, PRIVATE | MAP_NORESERVE, 0 },
        { "256 TiB", (size_t)1 << 48, PROT_NONE, PRIVATE | MAP_NORESERVE, 0 },
        { "neither private nor shared", PAGE, RW, MAP_ANONYMOUS, 0 },
        { "an offset inside a page", PAGE, RW, PRIVATE, 1 },
        { "no descriptor", PAGE, PROT_READ, MAP_PRIVATE, 0 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        mapped(cases[i].name,
               call(SYS_mmap, 0, cases[i].size, cases[i].prot, cases[i].flags, -1, cases[i].offset),
               NULL);
    mapped("fixed inside a page", map(a + 1, PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed over the top", map((void *)(TOP - PAGE), 2 * PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed at the top", map((void *)TOP, PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed beyond", map((void *)0x800000000000, PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed in the kernel's half",
           map((void *)0xffff800000000000, PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed in the last page", map((void *)0xfffffffffffff000, PAGE, RW, PRIVATE | MAP_FIXED),
           a);
    mapped("fixed, no size", map(a, 0, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed, a size that wraps", map(a, SIZE_MAX - PAGE, RW, PRIVATE | MAP_FIXED), a);
    mapped("fixed no replace inside a page", map(a + 8, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE),
           a);
    say("nothing happened: %s", map_letters(a - PAGE, 6));
}

static void map_fixed(void)
{
    uint8_t *a = pages_new(8, RW);

    memset(a, 0x55, 8 * PAGE);
    mapped("fixed over a middle", map(a + 2 * PAGE, 2 * PAGE, RW, PRIVATE | MAP_FIXED),
           a + 2 * PAGE);
    holds("it is zero", all_are(a + 2 * PAGE, 2 * PAGE, 0));
    holds("before it is not", all_are(a, 2 * PAGE, 0x55));
    holds("behind it is not", all_are(a + 4 * PAGE, 4 * PAGE, 0x55));
    mapped("fixed without access", map(a + 5 * PAGE, PAGE, PROT_NONE, PRIVATE | MAP_FIXED),
           a + 5 * PAGE);
    mapped("fixed, to be read", map(a + 6 * PAGE, PAGE, PROT_READ, PRIVATE | MAP_FIXED),
           a + 6 * PAGE);
    say("letters: %s", map_letters(a - PAGE, 10));
    holds("it is zero too", all_are(a + 6 * PAGE, PAGE, 0));
    mapped("a size within a page", map(a + PAGE, 1, PROT_READ, PRIVATE | MAP_FIXED), a + PAGE);
    say("takes it whole: %s", map_letters(a - PAGE, 10));
    mapped("fixed over two kinds", map(a + 4 * PAGE, 3 * PAGE, RW, PRIVATE | MAP_FIXED),
           a + 4 * PAGE);
    say("letters: %s", map_letters(a - PAGE, 10));
    mapped("no replace over a mapping", map(a, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE), a);
    mapped("no replace over an end", map(a - PAGE, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE), a);
    result("a hole", call(SYS_munmap, a + 3 * PAGE, 2 * PAGE));
    mapped("no replace into a hole", map(a + 3 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE),
           a + 3 * PAGE);
    mapped("no replace, half a hole",
           map(a + 4 * PAGE, 2 * PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE), a + 4 * PAGE);
    say("letters: %s", map_letters(a - PAGE, 10));
    mapped("fixed into the rest", map(a + 4 * PAGE, PAGE, RX, PRIVATE | MAP_FIXED), a + 4 * PAGE);
    say("letters: %s", map_letters(a - PAGE, 10));
}

static void map_hints(void)
{
    uint8_t *free_at = hole_new(8), *used = pages_new(1, RW);
    long one, two;

    mapped("a hint with room", map(free_at, 2 * PAGE, RW, PRIVATE), free_at);
    mapped("a hint inside a page", map(free_at + 4 * PAGE + 5, PAGE, RW, PRIVATE),
           free_at + 4 * PAGE);
    mapped("a hint without room", map(used, PAGE, RW, PRIVATE), used);
    mapped("a hint with too little room", map(free_at + 7 * PAGE, 2 * PAGE, RW, PRIVATE),
           free_at + 7 * PAGE);
    mapped("a hint beyond the top", map((void *)TOP, PAGE, RW, PRIVATE), (void *)TOP);
    mapped("a hint in the kernel's half", map((void *)0xffff900000000000, PAGE, RW, PRIVATE), NULL);
    one = map(NULL, PAGE, RW, PRIVATE);
    two = map(NULL, PAGE, RW, PRIVATE);
    holds("two are two", one > 0 && two > 0 && one != two);
    holds("fresh memory is zero", all_are((uint8_t *)(uintptr_t)one, PAGE, 0));
    memset((uint8_t *)(uintptr_t)one, 7, PAGE);
    result("unmap it", call(SYS_munmap, one, PAGE));
    mapped("map it again", map((void *)(uintptr_t)one, PAGE, RW, PRIVATE | MAP_FIXED),
           (void *)(uintptr_t)one);
    holds("zero again", all_are((uint8_t *)(uintptr_t)one, PAGE, 0));
}

static void map_kinds(void)
{
    static const struct {
        const char *name;
        int prot;
        int flags;
    } cases[] = {
        { "none", PROT_NONE, PRIVATE },
        { "read", PROT_READ, PRIVATE },
        { "write", PROT_WRITE, PRIVATE },
        { "read and write", RW, PRIVATE },
        { "execute", PROT_EXEC, PRIVATE },
        { "read and execute", RX, PRIVATE },
        { "stack", RW, PRIVATE | MAP_STACK },
        { "no reserve", RW, PRIVATE | MAP_NORESERVE },
        { "populate", RW, PRIVATE | MAP_POPULATE },
        { "shared and anonymous", RW, MAP_SHARED | MAP_ANONYMOUS },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        long at = map(NULL, PAGE, cases[i].prot, cases[i].flags);

        say("map %s: %s", cases[i].name,
            at < 0 ? error_name(at) : map_letters((void *)(uintptr_t)at, 1));
    }
}

void family_map(void)
{
    map_refused();
    map_fixed();
    map_hints();
    map_kinds();
}

static void unmap(void)
{
    uint8_t *a = pages_new(10, RW), *gone;

    memset(a, 0x33, 10 * PAGE);
    result("munmap inside a page", call(SYS_munmap, a + 8, PAGE));
    result("munmap no size", call(SYS_munmap, a, 0));
    result("munmap wraps", call(SYS_munmap, a, SIZE_MAX));
    result("munmap beyond the top", call(SYS_munmap, TOP, 2 * PAGE));
    result("munmap the kernel's half", call(SYS_munmap, 0xffff800000000000, PAGE));
    say("munmap refused: %s", map_letters(a - PAGE, 12));
    result("munmap a middle", call(SYS_munmap, a + 4 * PAGE, PAGE));
    result("munmap it again", call(SYS_munmap, a + 4 * PAGE, PAGE));
    result("munmap a start", call(SYS_munmap, a, PAGE));
    result("munmap an end and the guard", call(SYS_munmap, a + 9 * PAGE, 2 * PAGE));
    say("munmap: %s", map_letters(a, 10));
    result("munmap part of a page", call(SYS_munmap, a + 6 * PAGE, 1));
    result("munmap over holes", call(SYS_munmap, a, 4 * PAGE));
    say("munmap: %s", map_letters(a, 10));
    holds("the rest is as it was", all_are(a + 7 * PAGE, 2 * PAGE, 0x33));
    gone = hole_new(3);
    result("munmap nothing", call(SYS_munmap, gone, 3 * PAGE));
}

static void protect_refused(void)
{
    uint8_t *a = pages_new(6, RW), *hole = hole_new(1);

    result("protect inside a page", call(SYS_mprotect, a + 1, PAGE, PROT_READ));
    result("protect no size", call(SYS_mprotect, a, 0, PROT_READ));
    result("protect wraps", call(SYS_mprotect, a, SIZE_MAX - PAGE, PROT_READ));
    result("protect nothing", call(SYS_mprotect, hole, PAGE, PROT_READ));
    result("protect the kernel's half", call(SYS_mprotect, 0xffff800000000000, PAGE, PROT_READ));
    result("protect unknown bits", call(SYS_mprotect, a, PAGE, 0x10000));
    say("protect refused: %s", map_letters(a, 6));
    call(SYS_munmap, a + 3 * PAGE, PAGE);
    result("protect over a hole", call(SYS_mprotect, a + PAGE, 4 * PAGE, PROT_READ));
    say("up to the hole: %s", map_letters(a, 6));
    result("protect from a hole", call(SYS_mprotect, a + 3 * PAGE, 2 * PAGE, PROT_READ));
    say("nothing: %s", map_letters(a, 6));
}

static void protect_pages(void)
{
    uint8_t *a = pages_new(8, RW);

    memset(a, 0xc3, 8 * PAGE);
    result("to be read", call(SYS_mprotect, a + PAGE, 2 * PAGE, PROT_READ));
    result("without access", call(SYS_mprotect, a + 4 * PAGE, PAGE, PROT_NONE));
    result("part of a page", call(SYS_mprotect, a + 6 * PAGE, 1, PROT_READ));
    say("letters: %s", map_letters(a - PAGE, 10));
    result("writable again", call(SYS_mprotect, a, 8 * PAGE, RW));
    say("letters: %s", map_letters(a - PAGE, 10));
    holds("contents stay", all_are(a, 8 * PAGE, 0xc3));
    say("execute data: %c", touch(a, ACCESS_EXECUTE));
    result("code", call(SYS_mprotect, a, PAGE, RX));
    say("execute code: %c", touch(a, ACCESS_EXECUTE));
    say("write code: %c", touch(a, ACCESS_WRITE));
    result("code no more", call(SYS_mprotect, a, PAGE, RW));
    say("execute data again: %c", touch(a, ACCESS_EXECUTE));
    result("execute only", call(SYS_mprotect, a, PAGE, PROT_EXEC));
    say("execute it: %c", touch(a, ACCESS_EXECUTE));
    result("none", call(SYS_mprotect, a, PAGE, PROT_NONE));
    say("execute nothing: %c", touch(a, ACCESS_EXECUTE));
    result("read", call(SYS_mprotect, a, PAGE, PROT_READ));
    say("execute what can be read: %c", touch(a, ACCESS_EXECUTE));
}

/* Every page another way than its neighbour, and then all alike: split and merge. */
static void protect_split(void)
{
    static const int ways[] = { PROT_NONE, PROT_READ, RW };
    uint8_t *a = pages_new(60, RW);
    long bad = 0;

    for (size_t i = 0; i < 60; i++)
        a[i * PAGE] = (uint8_t)i;
    for (size_t i = 0; i < 60; i++)
        bad |= call(SYS_mprotect, a + i * PAGE, PAGE, ways[i * 7 % 3]);
    result("sixty ways", bad);
    say("letters: %s", map_letters(a, 60));
    result("all alike", call(SYS_mprotect, a, 60 * PAGE, PROT_READ));
    say("letters: %s", map_letters(a, 60));
    for (size_t i = 0; i < 60; i++)
        bad |= a[i * PAGE] != (uint8_t)i;
    result("contents", bad);
    for (size_t i = 1; i < 60; i += 2)
        bad |= call(SYS_munmap, a + i * PAGE, PAGE);
    say("every second: %s", map_letters(a, 60));
    for (size_t i = 1; i < 60; i += 2)
        bad |= map(a + i * PAGE, PAGE, RW, PRIVATE | MAP_FIXED) < 0;
    say("filled again: %s", map_letters(a, 60));
    result("no error", bad);
}

static void write_and_execute(void)
{
    uint8_t *a = pages_new(2, RW);

    mapped("declared.wx map", map(NULL, PAGE, RW | PROT_EXEC, PRIVATE), NULL);
    mapped("declared.wx map, write and execute", map(NULL, PAGE, PROT_WRITE | PROT_EXEC, PRIVATE),
           NULL);
    result("declared.wx protect", call(SYS_mprotect, a, PAGE, RW | PROT_EXEC));
    result("declared.wx protect, write and execute",
           call(SYS_mprotect, a, PAGE, PROT_WRITE | PROT_EXEC));
}

void family_protect(void)
{
    unmap();
    protect_refused();
    protect_pages();
    protect_split();
    write_and_execute();
}

static void remap_refused(void)
{
    uint8_t *a = pages_new(4, RW), *hole = hole_new(4);

    mapped("remap inside a page", call(SYS_mremap, a + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE), a);
    mapped("remap to nothing", call(SYS_mremap, a, PAGE, 0, MREMAP_MAYMOVE), a);
    mapped("remap from nothing", call(SYS_mremap, a, 0, PAGE, MREMAP_MAYMOVE), a);
    mapped("remap a hole", call(SYS_mremap, hole, PAGE, 2 * PAGE, MREMAP_MAYMOVE), a);
    mapped("remap over the end of a mapping",
           call(SYS_mremap, hole - PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE), a);
    mapped("remap unknown flags", call(SYS_mremap, a, PAGE, 2 * PAGE, 0x80), a);
    mapped("remap fixed, may not move", call(SYS_mremap, a, PAGE, PAGE, MREMAP_FIXED, hole), a);
    mapped("remap fixed inside a page",
           call(SYS_mremap, a, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, hole + 1), a);
    mapped("remap fixed onto itself",
           call(SYS_mremap, a, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, a + PAGE), a);
    mapped("remap fixed beyond the top",
           call(SYS_mremap, a, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, TOP), a);
    mapped("remap far too large", call(SYS_mremap, a, PAGE, (size_t)1 << 48, MREMAP_MAYMOVE), a);
    mapped("remap no room to grow", call(SYS_mremap, a, 2 * PAGE, 5 * PAGE, 0), a);
    say("remap refused: %s", map_letters(a - PAGE, 6));
}

static void remap_moves(void)
{
    uint8_t *a = pages_new(4, RW), *hole = hole_new(8), *to;
    long got;

    memset(a, 0x11, 4 * PAGE);
    mapped("shrink", call(SYS_mremap, a, 4 * PAGE, 2 * PAGE, 0), a);
    say("letters: %s", map_letters(a - PAGE, 6));
    mapped("grow in place", call(SYS_mremap, a, 2 * PAGE, 4 * PAGE, 0), a);
    say("letters: %s", map_letters(a - PAGE, 6));
    holds("the old is there", all_are(a, 2 * PAGE, 0x11));
    holds("the new is zero", all_are(a + 2 * PAGE, 2 * PAGE, 0));
    mapped("the same size", call(SYS_mremap, a, 4 * PAGE, 4 * PAGE, 0), a);
    got = call(SYS_mremap, a, 4 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
    mapped("grow and move", got, a);
    to = (uint8_t *)(uintptr_t)got;
    holds("contents moved", got > 0 && all_are(to, 2 * PAGE, 0x11));
    holds("then zero", got > 0 && all_are(to + 2 * PAGE, 14 * PAGE, 0));
    say("the old place: %s", map_letters(a - PAGE, 6));
    mapped("move to a place",
           call(SYS_mremap, to, 16 * PAGE, 3 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, hole + PAGE),
           hole + PAGE);
    say("place: %s", map_letters(hole - PAGE, 10));
    holds("contents moved again", all_are(hole + PAGE, 2 * PAGE, 0x11));
    say("nothing left: %s", map_letters(to, 16));
    mapped(
        "move a part over the rest",
        call(SYS_mremap, hole + PAGE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, hole + 3 * PAGE),
        hole + 3 * PAGE);
    say("place: %s", map_letters(hole - PAGE, 10));
    holds("contents", all_are(hole + 3 * PAGE, PAGE, 0x11));
    call(SYS_mprotect, hole + 2 * PAGE, PAGE, PROT_READ);
    mapped("protection moves too",
           call(SYS_mremap, hole + 2 * PAGE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE,
                hole + 6 * PAGE),
           hole + 6 * PAGE);
    say("place: %s", map_letters(hole - PAGE, 10));
    mapped("grow what has no access", call(SYS_mremap, hole - PAGE, PAGE, 2 * PAGE, 0),
           hole - PAGE);
}

void family_remap(void)
{
    remap_refused();
    remap_moves();
}

static void reserve(const char *name, size_t size)
{
    long got = map(NULL, size, PROT_NONE, PRIVATE | MAP_NORESERVE);
    uint8_t *a = (uint8_t *)(uintptr_t)got;
    bool good = true;

    if (got < 0) {
        result(name, got);
        return;
    }
    say("%s: %c at its start, %c at its end", name, touch(a, ACCESS_READ),
        touch(a + size - 1, ACCESS_READ));
    /* One page in each sixteenth of it. */
    for (size_t i = 0; i < 16; i++) {
        uint8_t *page = a + size / 16 * i + 5 * PAGE;

        good = good && call(SYS_mprotect, page, PAGE, RW) == 0 && *page == 0;
        *page = (uint8_t)(i + 1);
    }
    holds("pages far apart", good);
    for (size_t i = 0; i < 16; i++)
        good = good && a[size / 16 * i + 5 * PAGE] == (uint8_t)(i + 1);
    holds("they keep their bytes", good);
    say("around one: %s", map_letters(a + size / 16 * 9 + 4 * PAGE, 3));
    result("all without access", call(SYS_mprotect, a, size, PROT_NONE));
    say("around one: %s", map_letters(a + size / 16 * 9 + 4 * PAGE, 3));
    result("one again", call(SYS_mprotect, a + size / 16 * 3 + 5 * PAGE, PAGE, PROT_READ));
    say("its byte: %u", a[size / 16 * 3 + 5 * PAGE]);
    result("give a half back", call(SYS_munmap, a, size / 2));
    say("its start and middle: %c%c", touch(a, ACCESS_READ), touch(a + size / 2, ACCESS_READ));
    result("give all back", call(SYS_munmap, a, size));
    say("its middle and end: %c%c", touch(a + size / 2, ACCESS_READ),
        touch(a + size - 1, ACCESS_READ));
}

void family_reserve(void)
{
    long many[8];
    bool good = true;

    reserve("8 GiB", 8 * GIB);
    reserve("64 GiB", 64 * GIB);
    reserve("10 GiB less 16 pages", 10 * GIB - 16 * PAGE);
    for (size_t i = 0; i < 8; i++) {
        many[i] = map(NULL, 8 * GIB, PROT_NONE, PRIVATE | MAP_NORESERVE);
        good = good && many[i] > 0;
        for (size_t k = 0; k < i; k++)
            good = good &&
                   (many[k] + (long)(8 * GIB) <= many[i] || many[i] + (long)(8 * GIB) <= many[k]);
    }
    holds("eight of them, apart", good);
    for (size_t i = 0; i < 8; i++)
        good = good && call(SYS_munmap, many[i], 8 * GIB) == 0;
    holds("and back", good);
    for (size_t i = 0; i < 200 && good; i++) {
        long at = map(NULL, 8 * GIB, PROT_NONE, PRIVATE | MAP_NORESERVE);

        good =
            at > 0 && call(SYS_mprotect, at, PAGE, RW) == 0 && call(SYS_munmap, at, 8 * GIB) == 0;
    }
    holds("two hundred times", good);
}

void family_advise(void)
{
    static const struct {
        const char *name;
        int advice;
    } cases[] = {
        { "normal", MADV_NORMAL },          { "random", MADV_RANDOM },
        { "sequential", MADV_SEQUENTIAL },  { "will need", MADV_WILLNEED },
        { "huge pages", MADV_HUGEPAGE },    { "no huge pages", MADV_NOHUGEPAGE },
        { "not in a dump", MADV_DONTDUMP }, { "in a dump", MADV_DODUMP },
    };
    uint8_t *a = pages_new(6, RW), *hole = hole_new(1);

    memset(a, 0x77, 6 * PAGE);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        say("advise %s: %s", cases[i].name,
            call(SYS_madvise, a, PAGE, cases[i].advice) == 0 ? "0" : "refused");
    result("advise unknown", call(SYS_madvise, a, PAGE, 9999));
    result("advise inside a page", call(SYS_madvise, a + 1, PAGE, MADV_DONTNEED));
    result("advise no size", call(SYS_madvise, a, 0, MADV_DONTNEED));
    result("advise wraps", call(SYS_madvise, a, SIZE_MAX - 5000, MADV_DONTNEED));
    result("advise a hole", call(SYS_madvise, hole, PAGE, MADV_DONTNEED));
    holds("nothing happened", all_are(a, 6 * PAGE, 0x77));
    result("not needed", call(SYS_madvise, a + PAGE, 2 * PAGE, MADV_DONTNEED));
    holds("they are zero", all_are(a + PAGE, 2 * PAGE, 0));
    holds("the others are not", all_are(a, PAGE, 0x77) && all_are(a + 3 * PAGE, 3 * PAGE, 0x77));
    result("part of a page", call(SYS_madvise, a, 1, MADV_DONTNEED));
    holds("counts as a whole", all_are(a, PAGE, 0));
    call(SYS_mprotect, a + 4 * PAGE, PAGE, PROT_NONE);
    result("not needed, no access", call(SYS_madvise, a + 4 * PAGE, PAGE, MADV_DONTNEED));
    say("letters: %s", map_letters(a, 6));
    call(SYS_mprotect, a + 4 * PAGE, PAGE, RW);
    holds("zero when it is back", all_are(a + 4 * PAGE, PAGE, 0));
    call(SYS_mprotect, a + 3 * PAGE, PAGE, PROT_READ);
    result("not needed, to be read", call(SYS_madvise, a + 3 * PAGE, PAGE, MADV_DONTNEED));
    holds("zero", all_are(a + 3 * PAGE, PAGE, 0));
    result("free", call(SYS_madvise, a + 5 * PAGE, PAGE, MADV_FREE));
    a[5 * PAGE] = 1;
    holds("a write after it stays", a[5 * PAGE] == 1);
    result("optional.mincore", call(SYS_mincore, a, PAGE, a));
    result("optional.msync", call(SYS_msync, a, PAGE, MS_SYNC));
    result("optional.mlock", call(SYS_mlock, a, PAGE));
    result("optional.munlock", call(SYS_munlock, a, PAGE));
}

void family_break(void)
{
    long start = call(SYS_brk, 0), now;
    uint8_t *at;

    /* The C library has moved it; from here on it is ours. */
    holds("there is one", start > 0);
    holds("it stays", call(SYS_brk, 0) == start);
    now = call(SYS_brk, start + 10 * (long)PAGE);
    holds("it grows", now == start + 10 * (long)PAGE);
    at = (uint8_t *)(uintptr_t)((start + (long)PAGE - 1) & -(long)PAGE);
    holds("zero", all_are(at, 9 * PAGE, 0));
    memset(at, 0x99, 9 * PAGE);
    holds("it grows by a byte", call(SYS_brk, now + 1) == now + 1);
    holds("it shrinks", call(SYS_brk, start + 2 * (long)PAGE) == start + 2 * (long)PAGE);
    say("behind it: %c", touch(at + 5 * PAGE, ACCESS_READ));
    holds("it grows again", call(SYS_brk, start + 10 * (long)PAGE) == start + 10 * (long)PAGE);
    holds("the old is there", all_are(at, PAGE, 0x99));
    holds("the new is zero", all_are(at + 3 * PAGE, 6 * PAGE, 0));
    now = call(SYS_brk, 0);
    holds("too far", call(SYS_brk, TOP) == now);
    holds("far too far", call(SYS_brk, -1) == now);
    holds("the kernel's half", call(SYS_brk, 0xffff800000000000) == now);
    holds("below its start", call(SYS_brk, 4096) == now);
    holds("back", call(SYS_brk, start) == start);
}
