/* forbidden_calls.c: system calls with numbers and arguments drawn by lot, and calls
 * for more than there is. */
#define _GNU_SOURCE
#include "forbidden.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/keep/guests/places.h"

static uint64_t lot_state = 0x9e3779b97f4a7c15;

static uint64_t lot(void)
{
    lot_state ^= lot_state << 13;
    lot_state ^= lot_state >> 7;
    lot_state ^= lot_state << 17;
    return lot_state;
}

/* Those that end, wait for ever, or take away the ground that this program stands on. */
static bool left_out(long number)
{
    static const long all[] = {
        SYS_exit,
        SYS_exit_group,
        SYS_rt_sigreturn,
        SYS_futex,
        SYS_nanosleep,
        SYS_clock_nanosleep,
        SYS_poll,
        SYS_ppoll,
        SYS_rt_sigsuspend,
        SYS_rt_sigtimedwait,
        SYS_kill,
        SYS_tkill,
        SYS_tgkill,
        SYS_clone,
        SYS_clone3,
        SYS_seccomp,
        SYS_arch_prctl,
        SYS_prctl,
        SYS_rt_sigaction,
        SYS_sigaltstack,
        SYS_munmap,
        SYS_mprotect,
        SYS_mremap,
        SYS_madvise,
        SYS_brk,
        SYS_mmap,
        SYS_rt_sigprocmask,
    };

    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i] == number)
            return true;
    return false;
}

/* Every number there is: most are none. */
void keep_wild_calls(void)
{
    for (long number = 0; number < 2000; number++)
        if (!left_out(number))
            (void)call(number, -1, 16, 16, 16, -1, 16);
    for (int i = 0; i < 2000; i++) {
        long number = (long)(lot() | 0x1000);

        if (call(number, -1, 16, 16) != -ENOSYS)
            forbidden_wrong("call %lx exists", (unsigned long)number);
    }
}

static uint8_t *arena;
#define ARENA_PAGES 32

static unsigned long argument(void)
{
    static const unsigned long numbers[] = {
        0,  1,    3,     4,          7,          8,          16,
        77, 4096, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff
    };

    switch (lot() % 5) {
    case 0: return places[lot() % COUNT_OF(places)].at + lot() % 4096;
    case 1: return (unsigned long)(uintptr_t)arena + lot() % (ARENA_PAGES * PAGE);
    case 2: return -(lot() % 5000);
    case 3: return lot();
    default: return numbers[lot() % COUNT_OF(numbers)];
    }
}

/* Descriptors 1 and 2 are how this program speaks. */
static bool speaks(unsigned long a) { return (uint32_t)a <= 2; }

static void arguments_once(long number)
{
    unsigned long a[6];

    for (size_t i = 0; i < 6; i++)
        a[i] = argument();
    if (speaks(a[0]))
        a[0] = 3;
    if (number == SYS_close && a[0] == 3)
        a[0] = 4;
    (void)guest_call(number, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4],
                     (long)a[5]);
}

/* Mappings by lot, but inside of what is ours to lose. */
static void mappings_once(void)
{
    static const long kinds[] = { SYS_munmap, SYS_mprotect, SYS_madvise, SYS_mmap, SYS_mremap };
    const long number = kinds[lot() % COUNT_OF(kinds)];
    const unsigned long page = lot() % ARENA_PAGES;
    const unsigned long at = lot() % 4 == 0 ? places[lot() % COUNT_OF(places)].at
                                            : (unsigned long)(uintptr_t)arena + page * PAGE;
    const unsigned long size = lot() % ((ARENA_PAGES - page) * PAGE);

    if (number == SYS_mmap)
        (void)call(number, at, size, lot() % 8, (lot() % 64) | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    else if (number == SYS_mremap)
        (void)call(number, at, size, lot() % (4 * PAGE), lot() % 2, at);
    else
        (void)call(number, at, size, lot() % 32);
}

void keep_wild_arguments(void)
{
    static uint8_t canary[16384];

    memset(canary, 0x6b, sizeof canary);
    arena = pages_new(ARENA_PAGES, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 60000; i++) {
        long number = (long)(lot() % 450);

        if (i % 4 == 0)
            mappings_once();
        else if (!left_out(number))
            arguments_once(number);
    }
    for (size_t i = 0; i < sizeof canary; i++)
        if (canary[i] != 0x6b) {
            forbidden_wrong("memory of ours changed");
            break;
        }
}

/* --- All the memory there is, and then some. */

#define CHUNK ((size_t)1 << 20)
#define CHUNKS_MOST 16384

static uint64_t *chunks[CHUNKS_MOST];

/* Takes chunks until it is told that there are no more; writes to each page. */
static size_t chunks_take(void)
{
    for (size_t n = 0; n < CHUNKS_MOST; n++) {
        long at =
            call(SYS_mmap, 0, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at < 0) {
            if (at != -ENOMEM)
                forbidden_wrong("no memory is %s", error_name(at));
            return n;
        }
        chunks[n] = (uint64_t *)(uintptr_t)at;
        for (size_t i = 0; i < CHUNK / 8; i += PAGE / 8) {
            if (chunks[n][i] != 0)
                forbidden_wrong("a chunk that is not zero");
            chunks[n][i] = n * 1000 + i;
        }
    }
    return CHUNKS_MOST;
}

static void chunks_give(size_t count)
{
    for (size_t n = 0; n < count; n++) {
        for (size_t i = 0; i < CHUNK / 8; i += PAGE / 8)
            if (chunks[n][i] != n * 1000 + i) {
                forbidden_wrong("chunk %zu changed", n);
                break;
            }
        if (call(SYS_munmap, chunks[n], CHUNK) != 0)
            forbidden_wrong("chunk %zu could not be given back", n);
    }
}

/* What a call does when there is nothing left: says so, and changes nothing. */
static void calls_without_memory(void)
{
    const size_t size = (size_t)64 << 20;
    uint8_t *none = (uint8_t *)(uintptr_t)call(SYS_mmap, 0, size, PROT_NONE,
                                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const long heap = call(SYS_brk, 0);

    if ((long)(intptr_t)none < 0) {
        forbidden_wrong("addresses alone cost memory");
        return;
    }
    if (call(SYS_mprotect, none, size, PROT_READ | PROT_WRITE) != -ENOMEM)
        forbidden_wrong("a reservation became memory");
    if (touch(none, ACCESS_READ) != 'a' || touch(none + size - 1, ACCESS_READ) != 'a')
        forbidden_wrong("a part of it did");
    if (call(SYS_brk, heap + (long)size) != heap)
        forbidden_wrong("the heap grew");
    if (call(SYS_mremap, chunks[0], CHUNK, size, MREMAP_MAYMOVE) != -ENOMEM)
        forbidden_wrong("a mapping grew");
    if (call(SYS_munmap, none, size) != 0)
        forbidden_wrong("a reservation stays");
}

void keep_exhaust(void)
{
    const size_t first = chunks_take();

    if (first < 16 || first == CHUNKS_MOST)
        forbidden_wrong("%zu MiB of memory", first);
    calls_without_memory();
    chunks_give(first);
    for (int round = 0; round < 3; round++) {
        const size_t again = chunks_take();

        if (again + 4 < first)
            forbidden_wrong("%zu MiB, and %zu MiB the next time", first, again);
        chunks_give(again);
    }
}

/* --- More threads than a keep can have. */

#define THREADS_MOST 4096

static volatile uint32_t gate_open;
static uint32_t waiting;

static void *thread_wait(void *unused)
{
    __atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
    while (gate_open == 0)
        (void)call(SYS_futex, &gate_open, 128, 0, 0);
    return unused;
}

void keep_threads(void)
{
    static pthread_t threads[THREADS_MOST];
    uint32_t first = 0;

    for (int round = 0; round < 4; round++) {
        uint32_t count = 0;
        int error = 0;

        gate_open = waiting = 0;
        while (count < THREADS_MOST &&
               (error = pthread_create(&threads[count], NULL, thread_wait, NULL)) == 0)
            count++;
        if (error != EAGAIN || count < 8)
            forbidden_wrong("%u threads, then %s", count, error_name(-error));
        if (round > 0 && count != first)
            forbidden_wrong("%u threads, and then %u", first, count);
        first = count;
        gate_open = 1;
        (void)call(SYS_futex, &gate_open, 129, THREADS_MOST);
        for (uint32_t i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
        if (waiting != count)
            forbidden_wrong("%u threads ran, of %u", waiting, count);
        say("round %d", round);
    }
}
