/* syscalls_futex.c: waiting and waking on a word, alone and with threads. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#define WAITERS 5
/* futex(2): FUTEX_WAKE_OP's third value. The header's own macro is signed. */
#define OP(op, value, compare, with) \
    ((uint32_t)(op) << 28 | (uint32_t)(compare) << 24 | (uint32_t)(value) << 12 | (uint32_t)(with))

static long futex(const void *word, int op, uint32_t value, const void *timeout, const void *two,
                  uint32_t three)
{
    return call(SYS_futex, word, op, value, timeout, two, three);
}

static void futex_bad_words(void)
{
    static const struct timespec soon = { .tv_nsec = 1000000 };
    uint32_t *none = (uint32_t *)(void *)pages_new(1, PROT_NONE);
    uint32_t *hole = (uint32_t *)(void *)hole_new(1);
    uint32_t word[2] = { 0 };
    const void *kernel = (const void *)0xffff800000001000;
    static const struct {
        const char *name;
        int op;
    } ops[] = {
        { "wait", FUTEX_WAIT_PRIVATE },
        { "wait, shared", FUTEX_WAIT },
        { "wait bits", FUTEX_WAIT_BITSET_PRIVATE },
    };

    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        say("%s: a hole %s, no access %s, the kernel's %s, between %s", ops[i].name,
            error_name(futex(hole, ops[i].op, 0, NULL, NULL, ~0u)),
            error_name(futex(none, ops[i].op, 0, NULL, NULL, ~0u)),
            error_name(futex(kernel, ops[i].op, 0, NULL, NULL, ~0u)),
            error_name(futex((uint8_t *)word + 1, ops[i].op, 0, &soon, NULL, ~0u)));
    }
    result("wake between", futex((uint8_t *)word + 2, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    result("wake the kernel's", futex(kernel, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    result("wake a hole", futex(hole, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    result("requeue to between",
           futex(word, FUTEX_REQUEUE_PRIVATE, 1, (void *)1, (uint8_t *)word + 5, 0));
    result("compare and requeue, a hole",
           futex(hole, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, word, 0));
    result("operation on a hole", futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, hole, 0));
}

void family_futex(void)
{
    static const struct timespec soon = { .tv_nsec = 2000000 }, none = { 0 },
                                 bad = { .tv_nsec = 1000000000 }, below = { .tv_nsec = -1 },
                                 negative = { .tv_sec = -1 }, past = { .tv_sec = 1 };
    uint32_t word[2] = { 7, 9 };
    uint64_t before;

    result("another value", futex(word, FUTEX_WAIT_PRIVATE, 8, NULL, NULL, 0));
    result("another value, a time", futex(word, FUTEX_WAIT_PRIVATE, 8, &soon, NULL, 0));
    result("a bad time", futex(word, FUTEX_WAIT_PRIVATE, 8, &bad, NULL, 0));
    result("a time below zero", futex(word, FUTEX_WAIT_PRIVATE, 7, &below, NULL, 0));
    result("a negative time", futex(word, FUTEX_WAIT_PRIVATE, 7, &negative, NULL, 0));
    result("a wild time", futex(word, FUTEX_WAIT_PRIVATE, 7, (void *)16, NULL, 0));
    result("no time", futex(word, FUTEX_WAIT_PRIVATE, 7, &none, NULL, 0));
    before = now_ns();
    result("a time", futex(word, FUTEX_WAIT_PRIVATE, 7, &soon, NULL, 0));
    holds("it took it", now_ns() - before >= 2000000);
    result("a time, shared", futex(word, FUTEX_WAIT, 7, &soon, NULL, 0));
    result("no bits", futex(word, FUTEX_WAIT_BITSET_PRIVATE, 7, NULL, NULL, 0));
    result("bits, another value", futex(word, FUTEX_WAIT_BITSET_PRIVATE, 8, NULL, NULL, 1));
    result("bits, in the past", futex(word, FUTEX_WAIT_BITSET_PRIVATE, 7, &past, NULL, 1));
    result("bits, in the past by the other clock",
           futex(word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 7, &past, NULL, 1));
    result("wait by the other clock",
           futex(word, FUTEX_WAIT_PRIVATE | FUTEX_CLOCK_REALTIME, 7, &soon, NULL, 0));
    result("wake, the other clock",
           futex(word, FUTEX_WAKE_PRIVATE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
    result("wake nobody", futex(word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0));
    result("wake nobody, shared", futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
    result("wake no bits", futex(word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 0));
    result("wake bits", futex(word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 5));
    result("requeue nobody", futex(word, FUTEX_REQUEUE_PRIVATE, 1, (void *)1, word + 1, 0));
    result("compare, equal", futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, word + 1, 7));
    result("compare, unequal", futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, word + 1, 8));
    result("requeue a negative count",
           futex(word, FUTEX_REQUEUE_PRIVATE, 1, (void *)-1, word + 1, 0));
    result("an unknown operation", futex(word, 77, 0, NULL, NULL, 0));
    result("descriptors, which are gone", futex(word, 2, 0, NULL, NULL, 0));
    futex_bad_words();
}

/* FUTEX_WAKE_OP changes the second word whether or not somebody waits. */
void family_futex_op(void)
{
    static const struct {
        const char *name;
        uint32_t how;
    } cases[] = {
        { "set", OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0) },
        { "add", OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_NE, 0) },
        { "add below zero", OP(FUTEX_OP_ADD, 0xfffu, FUTEX_OP_CMP_LT, 0) },
        { "or", OP(FUTEX_OP_OR, 0xf0, FUTEX_OP_CMP_LE, 3) },
        { "and not", OP(FUTEX_OP_ANDN, 0x31, FUTEX_OP_CMP_GT, 3) },
        { "exclusive or", OP(FUTEX_OP_XOR, 0x7ff, FUTEX_OP_CMP_GE, 3) },
        { "or a bit", OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 31, FUTEX_OP_CMP_EQ, 0) },
        { "an unknown operation", OP(7u, 1, FUTEX_OP_CMP_EQ, 0) },
        { "an unknown comparison", OP(FUTEX_OP_SET, 1, 9u, 0) },
    };
    uint32_t word[2] = { 0, 0x33 };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        long got;

        word[1] = 0x33;
        got = futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, word + 1, cases[i].how);
        say("%s: %s, %x", cases[i].name, got < 0 ? error_name(got) : "0", word[1]);
    }
}

struct waiter {
    pthread_t thread;
    uint32_t *word;
    uint32_t bits;
    long got;
};

static void *wait_here(void *at)
{
    struct waiter *w = at;

    w->got = futex(w->word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, w->bits);
    return NULL;
}

static void waiters_start(struct waiter *all, uint32_t *word, const uint32_t *bits)
{
    for (size_t i = 0; i < WAITERS; i++) {
        all[i] = (struct waiter){ .word = word, .bits = bits[i] };
        if (pthread_create(&all[i].thread, NULL, wait_here, &all[i]) != 0)
            say("no thread");
    }
}

static void waiters_end(struct waiter *all)
{
    long worst = 0;

    for (size_t i = 0; i < WAITERS; i++) {
        pthread_join(all[i].thread, NULL);
        worst = all[i].got < worst ? all[i].got : worst;
    }
    result("what they got", worst);
}

/* Tries until `want` threads were told in all: a thread may be on its way yet. */
static void until(const char *name, uint32_t *word, int op, uint32_t most, uint32_t *other,
                  uint32_t three, long want)
{
    const void *second = other != NULL ? (const void *)(uintptr_t)1 : NULL;
    uint64_t end = now_ns() + 20000000000u;
    long told = 0, largest = 0;

    while (told < want && now_ns() < end) {
        long n = futex(word, op, most, second, other, three);

        if (n < 0) {
            result(name, n);
            return;
        }
        told += n;
        largest = n > largest ? n : largest;
        if (n == 0)
            sleep_ms(1);
    }
    say("%s: %ld, at most %u at once: %s", name, told, most,
        largest <= (long)most + (other != NULL) ? "yes" : "no");
}

void family_futex_threads(void)
{
    static const uint32_t all_bits[] = { ~0u, ~0u, ~0u, ~0u, ~0u }, bits[] = { 1, 2, 1, 2, 4 };
    struct waiter w[WAITERS];
    static uint32_t one, two;

    waiters_start(w, &one, all_bits);
    until("wake", &one, FUTEX_WAKE_PRIVATE, 1, NULL, 0, WAITERS);
    waiters_end(w);
    waiters_start(w, &one, all_bits);
    until("wake by two", &one, FUTEX_WAKE_PRIVATE, 2, NULL, 0, WAITERS);
    waiters_end(w);

    waiters_start(w, &one, bits);
    until("bits 1", &one, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, 1, 2);
    result("no more of them", futex(&one, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 1));
    until("bits 4", &one, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, 12, 1);
    until("the others", &one, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, ~0u, 2);
    waiters_end(w);

    waiters_start(w, &one, all_bits);
    until("requeue", &one, FUTEX_REQUEUE_PRIVATE, 0, &two, 0, WAITERS);
    result("nobody here", futex(&one, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    result("all there", futex(&two, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    waiters_end(w);

    waiters_start(w, &one, all_bits);
    until("compare and requeue", &one, FUTEX_CMP_REQUEUE_PRIVATE, 0, &two, 0, WAITERS);
    two = 3;
    result("wake there by an operation", futex(&one, FUTEX_WAKE_OP_PRIVATE, 9, (const void *)2,
                                               &two, OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 3)));
    say("the word: %u", two);
    result("not where it does not compare", futex(&one, FUTEX_WAKE_OP_PRIVATE, 9, (const void *)9,
                                                  &two, OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 3)));
    result("the rest", futex(&two, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    waiters_end(w);
}
