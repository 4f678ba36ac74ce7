/* stress_memory.c: mappings that change while other threads use them.
 *
 * What one thread has taken away, no other may reach from the moment the call
 * returned: a stale translation on another processor is a hole in every wall. */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static _Thread_local sigjmp_buf back;
static _Thread_local volatile bool expected;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    if (!expected)
        stress_fail("a fault at memory that is ours");
    siglongjmp(back, 1);
}

static void faults_take(void)
{
    struct sigaction a = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

    sigaction(SIGSEGV, &a, NULL);
}

/* Whether one byte there can be read or written; no system call when it can. */
static bool reach(volatile uint8_t *at, bool write)
{
    volatile bool good = true;

    expected = true;
    if (sigsetjmp(back, 0) == 0) {
        if (write)
            *at = 1;
        else
            (void)*at;
    } else {
        good = false;
    }
    expected = false;
    return good;
}

/* --- Each thread maps, fills, checks and unmaps its own. */

static void private_body(size_t me)
{
    uint32_t seed = (uint32_t)me + 1;
    uint64_t count = 0;

    while (!stress_over()) {
        size_t pages;
        uint8_t *at;
        long got;

        seed = seed * 1664525u + 1013904223u;
        pages = 1 + (seed >> 20) % 32;
        got = call(SYS_mmap, 0, pages * PAGE, RW, PRIVATE, -1, 0);
        if (got < 0)
            stress_fail("mmap: %s after %lu", error_name(got), (unsigned long)count);
        at = (uint8_t *)(uintptr_t)got;
        for (size_t i = 0; i < pages; i++) {
            if (at[i * PAGE] != 0 || at[i * PAGE + PAGE - 1] != 0)
                stress_fail("a fresh page that is not zero");
            at[i * PAGE] = (uint8_t)(me + 1);
            at[i * PAGE + PAGE - 1] = (uint8_t)i;
        }
        if (call(SYS_mprotect, at + pages / 2 * PAGE, PAGE, PROT_READ) != 0)
            stress_fail("mprotect");
        for (size_t i = 0; i < pages; i++)
            if (at[i * PAGE] != me + 1 || at[i * PAGE + PAGE - 1] != (uint8_t)i)
                stress_fail("a page of another");
        if (reach(at + pages / 2 * PAGE, true))
            stress_fail("a write to what is to be read");
        if (call(SYS_munmap, at, pages * PAGE) != 0)
            stress_fail("munmap");
        count++;
    }
    fprintf(stderr, "mapped by %zu: %lu\n", me, (unsigned long)count);
}

void stress_private(void)
{
    faults_take();
    stress_threads(private_body);
}

/* --- One thread takes rights away, the others try them. */

enum right { RIGHT_ALL, RIGHT_READ, RIGHT_NONE, RIGHT_GONE, RIGHT_STOP };

static struct {
    uint8_t *page;
    volatile uint32_t generation; /* even: the right is `now`; odd: it changes */
    volatile uint32_t now;
} shared;

static void right_set(enum right r)
{
    static const int prot[] = { RW, PROT_READ, PROT_NONE };
    long got;

    __atomic_fetch_add(&shared.generation, 1, __ATOMIC_SEQ_CST);
    if (r == RIGHT_GONE)
        got = call(SYS_munmap, shared.page, PAGE);
    else if (shared.now == RIGHT_GONE)
        got = call(SYS_mmap, shared.page, PAGE, prot[r], PRIVATE | MAP_FIXED, -1, 0) < 0;
    else
        got = call(SYS_mprotect, shared.page, PAGE, prot[r]);
    if (got != 0)
        stress_fail("a right could not be changed: %ld", got);
    shared.now = r;
    __atomic_fetch_add(&shared.generation, 1, __ATOMIC_SEQ_CST);
}

static uint64_t revoked;

static void revoke_one(void)
{
    uint32_t seed = 12345;

    while (!stress_over()) {
        seed = seed * 1664525u + 1013904223u;
        right_set((enum right)((seed >> 16) % 4));
        revoked++;
        /* Long enough for the others to fill their translations. */
        for (int i = 0; i < 2000; i++)
            __builtin_ia32_pause();
    }
    right_set(RIGHT_ALL);
    shared.now = RIGHT_STOP;
}

static void revoke_body(size_t me)
{
    uint64_t judged = 0;

    if (me == 0) {
        revoke_one();
        return;
    }
    for (;;) {
        const uint32_t before = __atomic_load_n(&shared.generation, __ATOMIC_SEQ_CST);
        const uint32_t now = shared.now;
        const bool write = judged % 2 == 0;
        const bool good = reach(shared.page + 64 * me, write);

        if (now == RIGHT_STOP)
            break;
        /* Judged only where nothing changed from before the touch to after it. */
        if (before % 2 == 0 && __atomic_load_n(&shared.generation, __ATOMIC_SEQ_CST) == before) {
            const bool want = now == RIGHT_ALL || (now == RIGHT_READ && !write);

            if (good != want)
                stress_fail("thread %zu %s with right %u, and should%s", me,
                            write ? "wrote" : "read", now, want ? "" : " not");
            judged++;
        }
    }
    fprintf(stderr, "judged by %zu: %lu\n", me, (unsigned long)judged);
}

void stress_revoke(void)
{
    faults_take();
    shared.page = pages_new(1, RW);
    shared.now = RIGHT_ALL;
    stress_threads(revoke_body);
    fprintf(stderr, "rights changed: %lu\n", (unsigned long)revoked);
}

/* --- One thread maps over a page that the kernel writes and reads for the others: no
 * call may fail, and none may be told of what was there before. */

static uint8_t *copied;

static void copies_body(size_t me)
{
    uint64_t count = 0;

    for (; !stress_over(); count++) {
        long got;

        if (me == 0)
            got = call(SYS_mmap, copied, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) < 0;
        else if (me == 1)
            got = call(SYS_clock_gettime, 1, copied);
        else /* the word is 0 at all times */
            got = call(SYS_futex, copied + 64, 128, 1, 0, 0, 0) != -EAGAIN;
        if (got != 0)
            stress_fail("call %lu of thread %zu: %ld", (unsigned long)count, me, got);
    }
    fprintf(stderr, "calls of %zu: %lu\n", me, (unsigned long)count);
}

void stress_copies(void)
{
    copied = pages_new(1, RW);
    stress_threads(copies_body);
}

/* --- Code that is written, made executable, run by all, and written again. */

static struct {
    uint8_t *page;
    pthread_barrier_t all;
    volatile uint32_t value;
    volatile bool over;
} code;

static void code_write(uint32_t value)
{
    const uint8_t text[] = { 0xb8, 0, 0, 0, 0, 0xc3 }; /* mov $value, %eax; ret */

    if (call(SYS_mprotect, code.page, PAGE, RW) != 0)
        stress_fail("code could not be made writable");
    memcpy(code.page, text, sizeof text);
    memcpy(code.page + 1, &value, sizeof value);
    if (call(SYS_mprotect, code.page, PAGE, PROT_READ | PROT_EXEC) != 0)
        stress_fail("code could not be made executable");
    code.value = value;
}

static void code_body(size_t me)
{
    uint32_t (*run)(void);

    memcpy(&run, &(void *){ code.page }, sizeof run);
    for (uint32_t round = 0;; round++) {
        pthread_barrier_wait(&code.all);
        if (code.over)
            break;
        if (run() != code.value)
            stress_fail("old code ran");
        if (reach(code.page, true))
            stress_fail("code was written");
        pthread_barrier_wait(&code.all);
        if (me == round % STRESS_THREADS) {
            code_write(round * 31 + 7);
            code.over = stress_over();
        }
    }
}

void stress_code(void)
{
    faults_take();
    code.page = pages_new(1, RW);
    code.over = false;
    code_write(1);
    pthread_barrier_init(&code.all, NULL, STRESS_THREADS);
    stress_threads(code_body);
}

/* --- A reservation that grows under everybody's eyes, as a memory of wasm does. */

static struct {
    uint8_t *at;
    volatile size_t pages;
} grown;

#define GROWN_MOST 4096

static void growth_body(size_t me)
{
    while (!stress_over()) {
        size_t pages = __atomic_load_n(&grown.pages, __ATOMIC_ACQUIRE);

        if (me != 0) {
            if (pages > 0 && grown.at[(pages - 1) * PAGE + me] > 1)
                stress_fail("a grown page that is not zero");
            if (reach(grown.at + (size_t)GROWN_MOST * PAGE + PAGE, false))
                stress_fail("the guard could be read");
            continue;
        }
        if (pages == GROWN_MOST)
            continue;
        if (call(SYS_mprotect, grown.at + pages * PAGE, PAGE, RW) != 0)
            stress_fail("growth was refused at %zu", pages);
        grown.at[pages * PAGE + 100] = 9;
        __atomic_store_n(&grown.pages, pages + 1, __ATOMIC_RELEASE);
    }
}

void stress_growth(void)
{
    faults_take();
    grown.at = (uint8_t *)(uintptr_t)call(SYS_mmap, 0, (size_t)8 << 30, PROT_NONE,
                                          PRIVATE | MAP_NORESERVE, -1, 0);
    grown.pages = 0;
    stress_threads(growth_body);
    for (size_t i = 0; i < grown.pages; i++)
        if (grown.at[i * PAGE + 100] != 9)
            stress_fail("a page lost its byte");
    call(SYS_munmap, grown.at, (size_t)8 << 30);
}
