/* stress_lock.c: locks, queues and bare futexes whose counts must be exact. */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

static void did(const char *what, uint64_t count)
{
    fprintf(stderr, "%s: %lu\n", what, (unsigned long)count);
}

/* --- A lock around a number that nothing else protects. */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t guarded, counts[STRESS_THREADS];

static void mutex_body(size_t me)
{
    uint64_t mine = 0;

    while (!stress_over())
        for (int i = 0; i < 200; i++) {
            pthread_mutex_lock(&lock);
            guarded = guarded + 1;
            pthread_mutex_unlock(&lock);
            mine++;
        }
    counts[me] = mine;
}

void stress_mutex(void)
{
    uint64_t sum = 0;

    stress_threads(mutex_body);
    for (size_t i = 0; i < STRESS_THREADS; i++)
        sum += counts[i];
    if (sum != guarded)
        stress_fail("%lu locked, %lu counted", (unsigned long)sum, (unsigned long)guarded);
    did("locked", sum);
}

/* --- Two put, two take, through a queue of eight. */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t room, filled;
    uint64_t item[8], put, taken, sum_put, sum_taken;
    unsigned producers;
} queue = { PTHREAD_MUTEX_INITIALIZER,
            PTHREAD_COND_INITIALIZER,
            PTHREAD_COND_INITIALIZER,
            { 0 },
            0,
            0,
            0,
            0,
            STRESS_THREADS / 2 };

static void queue_put(size_t me)
{
    uint64_t value = me;

    while (!stress_over()) {
        pthread_mutex_lock(&queue.lock);
        while (queue.put - queue.taken == 8)
            pthread_cond_wait(&queue.room, &queue.lock);
        queue.item[queue.put++ % 8] = value;
        queue.sum_put += value;
        value += 7;
        pthread_cond_signal(&queue.filled);
        pthread_mutex_unlock(&queue.lock);
    }
    pthread_mutex_lock(&queue.lock);
    queue.producers--;
    pthread_cond_broadcast(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static void queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        while (queue.put == queue.taken && queue.producers > 0)
            pthread_cond_wait(&queue.filled, &queue.lock);
        if (queue.put == queue.taken)
            break;
        queue.sum_taken += queue.item[queue.taken++ % 8];
        pthread_cond_signal(&queue.room);
    }
    pthread_mutex_unlock(&queue.lock);
}

static void queue_body(size_t me)
{
    if (me % 2 == 0)
        queue_put(me);
    else
        queue_take();
}

void stress_queue(void)
{
    stress_threads(queue_body);
    if (queue.sum_put != queue.sum_taken || queue.put != queue.taken)
        stress_fail("%lu put, %lu taken", (unsigned long)queue.put, (unsigned long)queue.taken);
    did("through the queue", queue.put);
}

/* --- A token that goes around, each thread waiting on its own word. */

static uint32_t token[STRESS_THREADS];
static uint64_t rounds;

static void token_wait(size_t me)
{
    static const struct timespec long_time = { .tv_sec = 20 };

    while (__atomic_load_n(&token[me], __ATOMIC_ACQUIRE) == 0) {
        long got = call(SYS_futex, &token[me], FUTEX_WAIT_PRIVATE, 0, &long_time);

        if (got == -ETIMEDOUT)
            stress_fail("a wake was lost at thread %zu", me);
        if (got != 0 && got != -EAGAIN && got != -EINTR)
            stress_fail("futex: %s", error_name(got));
    }
}

static void token_give(size_t to, uint32_t value)
{
    __atomic_store_n(&token[to], value, __ATOMIC_RELEASE);
    call(SYS_futex, &token[to], FUTEX_WAKE_PRIVATE, 1);
}

/* 1: it goes on. 2: it is over. */
static void futex_body(size_t me)
{
    const size_t next = (me + 1) % STRESS_THREADS;

    for (;;) {
        uint32_t value;

        token_wait(me);
        value = __atomic_exchange_n(&token[me], 0, __ATOMIC_ACQ_REL);
        if (me == 0 && value == 1) {
            rounds++;
            value = stress_over() ? 2 : 1;
        } else if (me == 0) {
            return;
        }
        token_give(next, value);
        if (value == 2 && me != 0)
            return;
        if (value == 2) {
            token_wait(me);
            return;
        }
    }
}

void stress_futex(void)
{
    for (size_t i = 0; i < STRESS_THREADS; i++)
        token[i] = 0;
    rounds = 0;
    token[0] = 1;
    stress_threads(futex_body);
    did("rounds of the token", rounds);
}

/* --- Threads that come and go. */

static uint64_t born;

static void *newborn(void *at)
{
    static _Thread_local uint64_t mine = 5;

    if (mine != 5)
        stress_fail("a new thread with an old thread's memory");
    mine = 6;
    __atomic_fetch_add(&born, 1, __ATOMIC_RELAXED);
    return at;
}

static void create_body(size_t me)
{
    void *back;

    while (!stress_over()) {
        pthread_t t[4];

        for (size_t i = 0; i < COUNT_OF(t); i++)
            if (pthread_create(&t[i], NULL, newborn, (void *)(uintptr_t)(me * 100 + i)) != 0)
                stress_fail("no thread after %lu", (unsigned long)born);
        for (size_t i = 0; i < COUNT_OF(t); i++)
            if (pthread_join(t[i], &back) != 0 || (uintptr_t)back != me * 100 + i)
                stress_fail("a thread came back as another");
    }
}

void stress_create(void)
{
    stress_threads(create_body);
    if (born % 4 != 0)
        stress_fail("%lu threads", (unsigned long)born);
    did("threads", born);
}

/* --- Waits that must end in time, and not before. */

static void timed_body(size_t me)
{
    static const uint64_t waits[] = { 100000, 1000000, 5000000, 20000000 };
    uint32_t word = 0;

    for (size_t i = me; !stress_over(); i++) {
        const uint64_t ns = waits[i % COUNT_OF(waits)], before = now_ns();
        const struct timespec t = { .tv_nsec = (long)ns };
        uint64_t took;
        long got = i % 3 == 0 ? call(SYS_nanosleep, &t, 0)
                              : call(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t);

        took = now_ns() - before;
        if (got != (i % 3 == 0 ? 0 : -ETIMEDOUT))
            stress_fail("a wait gave %s", error_name(got));
        if (took < ns || took > ns + 5000000000u)
            stress_fail("a wait of %lu ns took %lu", (unsigned long)ns, (unsigned long)took);
    }
}

void stress_timed(void) { stress_threads(timed_body); }
