/* map_linux_test.c: the calls of the address space beside the ones of the Linux that
 * this test runs on: same arguments, same answers, same layout afterwards. Not
 * compared: W and X together (refused here), and what depends on where things are. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/core/map_fake_test.h"
#include "shim/core/syscall.h"
#include "tests/check.h"

#define BASE 0x300000000000ull
#define PAGES 512u
#define END (BASE + PAGES * 4096ull)

static uint64_t random_state = 1;
static int input_fd = -1;

static uint64_t number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

struct compared {
    const char *name;
    long number;
    int64_t (*ours)(const struct call *c);
    uint64_t a[6];
};

static int64_t linux_call(const struct compared *c)
{
    uint64_t flags = c->a[3], fd = c->a[4];
    long result;

    if (c->number == SYS_mmap) {
        /* Accounting would keep areas apart that differ in nothing else. */
        flags |= MAP_NORESERVE;
        fd = fd == 3 ? (uint64_t)input_fd : fd;
    }
    errno = 0;
    result = syscall(c->number, c->a[0], c->a[1], c->a[2], flags, fd, c->a[5]);
    return result == -1 && errno != 0 ? -errno : result;
}

static bool answers_agree(const struct compared *c)
{
    struct call ours = { 0 };
    int64_t got, want;

    memcpy(ours.a, c->a, sizeof ours.a);
    want = linux_call(c);
    got = c->ours(&ours);
    /* Linux may have emptied the new place before it refused; we never do. */
    if (c->number == SYS_mremap && (c->a[3] & MREMAP_FIXED) != 0 && want < 0 && got < 0) {
        munmap((void *)(uintptr_t)(c->a[4] & ~4095ull), c->a[2]);
        memory_unmap(c->a[4] & ~4095ull, c->a[2]);
    }
    if (got == want)
        return true;
    /* Which of two rules that are broken is told first has changed over time. */
    if (c->number == SYS_mremap && got < 0 && want < 0)
        return true;
    printf("# %s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %" PRId64 ", %#" PRIx64
           "): %" PRId64 ", Linux says %" PRId64 "\n",
           c->name, c->a[0], c->a[1], c->a[2], c->a[3], (int64_t)c->a[4], c->a[5], got, want);
    return false;
}

/* Of each page of the window: its protection as Linux shows it, or -1. */
static void linux_layout(int layout[PAGES])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long long start, end;
    char line[512], r, w, x;

    for (unsigned i = 0; i < PAGES; i++)
        layout[i] = -1;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%llx-%llx %c%c%c", &start, &end, &r, &w, &x) != 5)
            continue;
        for (uint64_t at = start < BASE ? BASE : start; at < end && at < END; at += 4096)
            layout[(at - BASE) / 4096] =
                (r == 'r' ? 1 : 0) | (w == 'w' ? 2 : 0) | (x == 'x' ? 4 : 0);
    }
    if (maps != NULL)
        fclose(maps);
}

static bool layouts_agree(void)
{
    int layout[PAGES];

    linux_layout(layout);
    for (unsigned i = 0; i < PAGES; i++)
        if (layout[i] != memory_protection_at(BASE + i * 4096ull)) {
            printf("# page %u: %d, Linux has %d\n", i, memory_protection_at(BASE + i * 4096ull),
                   layout[i]);
            return false;
        }
    return true;
}

static void begin(void)
{
    munmap((void *)(uintptr_t)BASE, END - BASE);
    fake_begin(32u << 20, FAKE_ARENA, BOOT_FRESH_ZERO);
}

/* --- Random calls, with a few that make no sense among them. */

static uint64_t any_at(void) { return BASE + number() % PAGES * 4096 + (number() % 64 == 0); }

static uint64_t any_size(uint64_t at)
{
    uint64_t left = END - at, size = 1 + number() % (number() % 8 == 0 ? left : 8 * 4096);

    if (number() % 2 == 0)
        size = (size + 4095) & ~4095ull;
    if (number() % 64 == 0)
        return 0;
    if (number() % 128 == 0)
        return UINT64_MAX - number() % 8192;
    return size < left ? size : left;
}

static uint64_t any_protection(void)
{
    static const uint8_t protections[] = { 0, 1, 3, 5, 4, 2, 3, 3 };

    return protections[number() % 8];
}

static struct compared any_mmap(void)
{
    struct compared c = { "mmap", SYS_mmap, call_mmap, { any_at() } };

    c.a[1] = any_size(c.a[0]);
    c.a[2] = any_protection();
    c.a[3] = MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE;
    if (number() % 8 == 0)
        c.a[3] = MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_PRIVATE;
    if (number() % 32 == 0)
        c.a[3] &= ~(uint64_t)MAP_PRIVATE;
    c.a[4] = UINT64_MAX;
    if (number() % 4 == 0) {
        c.a[3] &= ~(uint64_t)MAP_ANONYMOUS;
        if ((c.a[2] & 2) == 0 && number() % 4 == 0)
            c.a[3] = MAP_FIXED | MAP_SHARED;
        c.a[4] = number() % 16 == 0 ? 77777 : 3;
        c.a[5] = number() % 40 * 4096 + (number() % 64 == 0);
    }
    return c;
}

static struct compared any_mremap(void)
{
    struct compared c = { "mremap", SYS_mremap, call_mremap, { any_at() } };

    c.a[1] = any_size(c.a[0]);
    c.a[2] = any_size(c.a[0]);
    if (number() % 2 == 0) {
        c.a[3] = MREMAP_MAYMOVE | MREMAP_FIXED;
        c.a[4] = any_at();
        /* The new place must not lie over the test itself. */
        if (c.a[2] > END - c.a[4])
            c.a[2] = END - c.a[4];
        /* From 6.17 on Linux moves several areas at once. */
        if (((c.a[1] + 4095) & ~4095ull) == ((c.a[2] + 4095) & ~4095ull))
            c.a[1] = c.a[2] = 4096;
    }
    if (number() % 64 == 0)
        c.a[3] |= MREMAP_FIXED | 64;
    if (c.a[1] == 0)
        c.a[1] = 4096; /* Linux makes another view of shared memory of it */
    return c;
}

static struct compared any_call(void)
{
    /* None that Linux notes down: areas that differ in that are two there. */
    static const uint8_t advices[] = { 0, 3, 4, 4, 4, 8, 8, 99, 7, 5 };
    struct compared c = { "munmap", SYS_munmap, call_munmap, { any_at() } };

    switch (number() % 8) {
    case 0:
    case 1:
    case 2: return any_mmap();
    case 3: c.a[1] = any_size(c.a[0]); return c;
    case 4:
    case 5:
        c = (struct compared){ "mprotect", SYS_mprotect, call_mprotect, { any_at() } };
        c.a[1] = any_size(c.a[0]);
        c.a[2] = number() % 64 == 0 ? number() & ~6ull : any_protection();
        return c;
    case 6: return any_mremap();
    default:
        c = (struct compared){ "madvise", SYS_madvise, call_madvise, { any_at() } };
        c.a[1] = any_size(c.a[0]);
        c.a[2] = advices[number() % sizeof advices];
        return c;
    }
}

static void test_random(void)
{
    bool agree = true;

    CASE("random calls are answered as by Linux, and leave the same layout");
    begin();
    for (unsigned i = 0; i < 20000 && agree; i++) {
        struct compared c = any_call();

        agree = answers_agree(&c) && (i % 16 != 0 || layouts_agree());
    }
    CHECK(agree);
}

/* --- Calls that are easy to answer wrongly. */

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define HERE (ANONYMOUS | MAP_FIXED)

static const struct compared plain[] = {
    { "mmap", SYS_mmap, call_mmap, { BASE, 0, 3, HERE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE + 1, 4096, 3, HERE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 3, HERE, -1ull, 1 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, -1ull, 3, HERE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { 0, -1ull, 3, ANONYMOUS, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { 0, 1ull << 47, 3, ANONYMOUS, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { -4096ull, 4096, 3, HERE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 3, MAP_ANONYMOUS | MAP_FIXED, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 3, MAP_PRIVATE | MAP_FIXED, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 1, MAP_PRIVATE | MAP_FIXED, 77777, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 3, MAP_SHARED | MAP_FIXED, 3, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 8192, 1, MAP_PRIVATE | MAP_FIXED, 3, -4096ull } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 1, MAP_SHARED | MAP_FIXED, 3, 4096 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 3 } }, /* shared: EACCES */
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 16384, 3, HERE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE, 4096, 3, ANONYMOUS | MAP_FIXED_NOREPLACE, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE + 16384, 4096, 1, ANONYMOUS, -1ull, 0 } },
    { "mmap", SYS_mmap, call_mmap, { BASE + 20481, 4096, 1, ANONYMOUS, -1ull, 0 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE + 1, 4096, 3 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 0, 99 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 16 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 1ull << 40 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 0x01000001 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 0x02000001 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 0x03000001 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 4096, 9 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, -1ull, 1 } },
    { "mprotect", SYS_mprotect, call_mprotect, { BASE, 65536, 1 } }, /* ENOMEM, and done */
    { "mprotect", SYS_mprotect, call_mprotect, { BASE + 65536, 4096, 1 } },
    { "mprotect", SYS_mprotect, call_mprotect, { -4096ull, 4096, 1 } },
    { "munmap", SYS_munmap, call_munmap, { BASE, 0 } },
    { "munmap", SYS_munmap, call_munmap, { BASE + 1, 4096 } },
    { "munmap", SYS_munmap, call_munmap, { BASE, -1ull } },
    { "munmap", SYS_munmap, call_munmap, { -4096ull, 4096 } },
    { "munmap", SYS_munmap, call_munmap, { BASE + 4096, 1 } },
    { "munmap", SYS_munmap, call_munmap, { BASE + 4096, 1 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 0, 0 } },
    { "mremap", SYS_mremap, call_mremap, { BASE + 1, 4096, 4096, 0 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 4096, 8 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 4096, MREMAP_FIXED, BASE } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 4096, 3, BASE } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 4096, 3, BASE + 99 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, -4096ull, 3, BASE + 65536 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 0, 4096, 1 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 4096, 1ull << 48, 1 } },
    { "mremap", SYS_mremap, call_mremap, { BASE + 4096, 4096, 4096, 0 } },
    { "mremap", SYS_mremap, call_mremap, { BASE, 16384, 32768, 1 } },
    { "madvise", SYS_madvise, call_madvise, { BASE, 4096, 6 } },
    { "madvise", SYS_madvise, call_madvise, { BASE, 4096, 1000 } },
    { "madvise", SYS_madvise, call_madvise, { BASE + 1, 4096, 0 } },
    { "madvise", SYS_madvise, call_madvise, { BASE, 0, 4 } },
    { "madvise", SYS_madvise, call_madvise, { BASE + 4096, 0, 4 } },
    { "madvise", SYS_madvise, call_madvise, { BASE, 16384, 4 } },
    { "madvise", SYS_madvise, call_madvise, { BASE + 4096, 4096, 4 } },
    { "madvise", SYS_madvise, call_madvise, { BASE, -1ull, 4 } },
};

static void test_plain(void)
{
    char name[80];

    begin();
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        snprintf(name, sizeof name, "%zu: %s", i, plain[i].name);
        CASE(name);
        CHECK(answers_agree(&plain[i]));
        CHECK(layouts_agree());
    }
}

static int input_make(void)
{
    char path[64];
    int fd = (int)syscall(SYS_memfd_create, "input", 1u), again;

    if (fd < 0 || ftruncate(fd, (off_t)FAKE_INPUT_SIZE) != 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_RDONLY | O_CLOEXEC); /* so that shared mappings stay readable only */
    close(fd);
    return again;
}

int main(void)
{
    input_fd = input_make();
    if (input_fd < 0) {
        CASE("calls beside Linux's");
        CASE_SKIP("no memfd");
        return check_done();
    }
    test_plain();
    for (unsigned i = 1; i <= 5; i++) {
        random_state = i * 0x9e3779b97f4a7c15ull;
        test_random();
    }
    close(input_fd);
    return check_done();
}
