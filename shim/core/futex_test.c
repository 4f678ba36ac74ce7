/* futex_test.c: waiting and waking, with threads of the test as vCPUs. */
#include "shim/core/futex.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"
#include "tests/check.h"

#define CPUS 6u

/* --- A world of vCPUs: a park is a condition with a latch, as in the loader. */

static struct world {
    struct cpu cpu;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool woken;
    bool signal;
    unsigned parks;
} world[CPUS];

static struct world *world_of(const struct cpu *c) { return &world[c->index]; }

static void be(uint32_t index)
{
    world[index].cpu.self = &world[index].cpu;
    world[index].cpu.index = index;
    syscall(SYS_arch_prctl, ARCH_SET_GS, &world[index].cpu);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t clock_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t clock_realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }

void cpu_park(uint64_t ns)
{
    struct world *w = world_of(cpu_here());
    struct timespec until;
    uint64_t end = clock_realtime_ns() + (ns < 1000000000 ? ns : 1000000000);

    until = (struct timespec){ (time_t)(end / 1000000000), (long)(end % 1000000000) };
    pthread_mutex_lock(&w->mutex);
    w->parks++;
    while (!w->woken && pthread_cond_timedwait(&w->condition, &w->mutex, &until) == 0)
        ;
    w->woken = false;
    pthread_mutex_unlock(&w->mutex);
}

void cpu_wake(struct cpu *c)
{
    struct world *w = world_of(c);

    pthread_mutex_lock(&w->mutex);
    w->woken = true;
    pthread_cond_signal(&w->condition);
    pthread_mutex_unlock(&w->mutex);
}

bool signal_waiting(void)
{
    return __atomic_load_n(&world_of(cpu_here())->signal, __ATOMIC_SEQ_CST);
}

/* Exec's memory is the test's; the first page is not there. */
bool user_range(uint64_t at, uint64_t size) { return at + size >= at; }

bool user_read(void *to, uint64_t from, size_t size)
{
    if (from < 4096)
        return false;
    memcpy(to, (const void *)from, size);
    return true;
}

bool user_load32(uint32_t *out, uint64_t at)
{
    if (at < 4096 || at % 4 != 0)
        return false;
    *out = __atomic_load_n((uint32_t *)at, __ATOMIC_SEQ_CST);
    return true;
}

bool user_cas32(uint64_t at, uint32_t expected, uint32_t wanted, uint32_t *found)
{
    if (at < 4096 || at % 4 != 0)
        return false;
    *found = expected;
    __atomic_compare_exchange_n((uint32_t *)at, found, wanted, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return true;
}

/* --- */

enum number {
    WAIT = 0,
    WAKE = 1,
    REQUEUE = 3,
    CMP_REQUEUE = 4,
    WAKE_OP = 5,
    WAIT_BITSET = 9,
    WAKE_BITSET = 10,
    PRIVATE = 128,
    REALTIME = 256,
};

static int64_t futex(const void *at, uint64_t op, uint64_t value, uint64_t timeout,
                     const void *other, uint64_t last)
{
    const struct call c = { .a = { (uint64_t)at, op, value, timeout, (uint64_t)other, last } };

    return call_futex(&c);
}

static uint32_t word, other_word;

static void test_refusals(void)
{
    const struct linux_timespec bad[] = { { -1, 0 }, { 0, 1000000000 }, { 0, -1 } };
    const struct linux_timespec none = { 0, 0 };
    const void *odd = (const char *)&word + 1;

    word = 5;
    CASE("another value is EAGAIN");
    CHECK_EQ(futex(&word, WAIT, 4, 0, NULL, 0), -LINUX_EAGAIN);
    CHECK_EQ(futex(&word, WAIT | PRIVATE, 4, 0, NULL, 0), -LINUX_EAGAIN);
    CASE("addresses that are not aligned, or not there");
    CHECK_EQ(futex(odd, WAIT, 5, 0, NULL, 0), -LINUX_EINVAL);
    CHECK_EQ(futex(odd, WAKE, 1, 0, NULL, 0), -LINUX_EINVAL);
    CHECK_EQ(futex((const void *)8, WAIT, 5, 0, NULL, 0), -LINUX_EFAULT);
    CHECK_EQ(futex(&word, WAIT, 5, 8, NULL, 0), -LINUX_EFAULT);
    CASE("no bits");
    CHECK_EQ(futex(&word, WAIT_BITSET, 5, 0, NULL, 0), -LINUX_EINVAL);
    CHECK_EQ(futex(&word, WAKE_BITSET, 1, 0, NULL, 0), -LINUX_EINVAL);
    CASE("operations that are not there");
    CHECK_EQ(futex(&word, 6, 0, 0, NULL, 0), -LINUX_ENOSYS);
    CHECK_EQ(futex(&word, WAKE | REALTIME, 1, 0, NULL, 0), -LINUX_ENOSYS);
    CASE("times that are none");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ(futex(&word, WAIT, 5, (uint64_t)&bad[i], NULL, 0), -LINUX_EINVAL);
    CASE("a time that is over");
    CHECK_EQ(futex(&word, WAIT, 5, (uint64_t)&none, NULL, 0), -LINUX_ETIMEDOUT);
    CHECK_EQ(futex(&word, WAIT_BITSET, 5, (uint64_t)&none, NULL, 1), -LINUX_ETIMEDOUT);
    CHECK_EQ(futex(&word, WAIT_BITSET | REALTIME, 5, (uint64_t)&none, NULL, 1), -LINUX_ETIMEDOUT);
    CASE("nobody is left in a queue");
    CHECK_EQ(futex(&word, WAKE, 10, 0, NULL, 0), 0);
}

/* --- Waiters. */

struct waiter {
    pthread_t thread;
    uint32_t index;
    uint32_t bits;
    int64_t result;
    uint32_t order;
};

static uint32_t order;

static void *wait_once(void *arg)
{
    struct waiter *w = arg;

    be(w->index);
    w->result = futex(&word, WAIT_BITSET, 5, 0, NULL, w->bits);
    w->order = __atomic_add_fetch(&order, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Started one after the other, each sleeping before the next. */
static void start(struct waiter *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct world *its = &world[i + 1];

        w[i].index = i + 1;
        its->parks = 0;
        pthread_create(&w[i].thread, NULL, wait_once, &w[i]);
        for (bool sleeps = false; !sleeps; usleep(100)) {
            pthread_mutex_lock(&its->mutex);
            sleeps = its->parks != 0;
            pthread_mutex_unlock(&its->mutex);
        }
    }
}

static void finish(struct waiter *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        pthread_join(w[i].thread, NULL);
}

static void test_waking(void)
{
    struct waiter w[4] = { { .bits = 1 }, { .bits = 2 }, { .bits = 1 }, { .bits = 3 } };

    CASE("bits choose who is woken, and how many are");
    word = 5;
    start(w, 4);
    CHECK_EQ(futex(&word, WAKE_BITSET, 1, 0, NULL, 2), 1);
    pthread_join(w[1].thread, NULL);
    CHECK_EQ(futex(&word, WAKE_BITSET, 9, 0, NULL, 4), 0);
    CHECK_EQ(futex(&word, WAKE, 2, 0, NULL, 0), 2);
    pthread_join(w[0].thread, NULL);
    pthread_join(w[2].thread, NULL);
    CHECK_EQ(futex(&word, WAKE, 9, 0, NULL, 0), 1);
    pthread_join(w[3].thread, NULL);
    for (size_t i = 0; i < 4; i++)
        CHECK_EQ(w[i].result, 0);
    CHECK_EQ(futex(&word, WAKE, 9, 0, NULL, 0), 0);
}

static void test_signal(void)
{
    struct waiter w = { .bits = 1 };

    CASE("a signal ends the wait, and a call without a time is made again");
    word = 5;
    start(&w, 1);
    __atomic_store_n(&world[1].signal, true, __ATOMIC_SEQ_CST);
    cpu_wake(&world[1].cpu);
    finish(&w, 1);
    __atomic_store_n(&world[1].signal, false, __ATOMIC_SEQ_CST);
    CHECK_EQ(w.result, -LINUX_ERESTARTSYS);
    CHECK_EQ(futex(&word, WAKE, 9, 0, NULL, 0), 0);
}

static void test_requeue(void)
{
    struct waiter w[4] = { { .bits = 1 }, { .bits = 1 }, { .bits = 1 }, { .bits = 1 } };

    CASE("a requeue compares, wakes and moves");
    word = 5;
    start(w, 4);
    CHECK_EQ(futex(&word, CMP_REQUEUE, 1, 9, &other_word, 6), -LINUX_EAGAIN);
    CHECK_EQ(futex(&word, CMP_REQUEUE, (uint64_t)-1, 9, &other_word, 5), -LINUX_EINVAL);
    CHECK_EQ(futex(&word, CMP_REQUEUE, 1, 2, &other_word, 5), 3);
    CHECK_EQ(futex(&other_word, WAKE, 9, 0, NULL, 0), 2);
    CHECK_EQ(futex(&word, REQUEUE, 0, 9, &other_word, 0), 1);
    CHECK_EQ(futex(&word, WAKE, 9, 0, NULL, 0), 0);
    CHECK_EQ(futex(&other_word, WAKE, 9, 0, NULL, 0), 1);
    finish(w, 4);

    CASE("who was moved leaves the queue it is in");
    start(w, 2);
    CHECK_EQ(futex(&word, REQUEUE, 0, 9, &other_word, 0), 2);
    __atomic_store_n(&world[1].signal, true, __ATOMIC_SEQ_CST);
    cpu_wake(&world[1].cpu);
    pthread_join(w[0].thread, NULL);
    __atomic_store_n(&world[1].signal, false, __ATOMIC_SEQ_CST);
    CHECK_EQ(w[0].result, -LINUX_ERESTARTSYS);
    CHECK_EQ(futex(&other_word, WAKE, 9, 0, NULL, 0), 1);
    pthread_join(w[1].thread, NULL);
}

static uint64_t op_of(uint32_t op, uint32_t comparison, uint32_t op_argument, uint32_t argument)
{
    return op << 28 | comparison << 24 | (op_argument & 0xfff) << 12 | (argument & 0xfff);
}

static void test_wake_op(void)
{
    static const struct {
        const char *name;
        uint32_t op, comparison, op_argument, argument;
        uint32_t before, after;
        int64_t want;
    } cases[] = {
        { "set, equal", 0, 0, 7, 3, 3, 7, 0 },
        { "add a negative", 1, 0, 0xfff, 3, 3, 2, 0 },
        { "or a shifted one", 2 | 8, 1, 4, 0, 1, 17, 0 },
        { "and not", 3, 2, 1, 0, 3, 2, 0 },
        { "xor", 4, 5, 6, 0, 3, 5, 0 },
        { "no such operation", 5, 0, 0, 0, 3, 3, -LINUX_ENOSYS },
        { "no such comparison", 0, 9, 7, 0, 3, 7, -LINUX_ENOSYS },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CASE(cases[i].name);
        other_word = cases[i].before;
        CHECK_EQ(
            futex(&word, WAKE_OP, 1, 1, &other_word,
                  op_of(cases[i].op, cases[i].comparison, cases[i].op_argument, cases[i].argument)),
            cases[i].want);
        CHECK_EQ(other_word, cases[i].after);
    }
    CASE("a word that is not there");
    CHECK_EQ(futex(&word, WAKE_OP, 1, 1, (const void *)8, 0), -LINUX_EFAULT);
}

/* --- No wake is lost: a mutex of three states (Drepper, "Futexes are tricky"). */

#define ROUNDS 20000u
static uint32_t mutex_word;
static uint64_t sum;

static void mutex_take(void)
{
    uint32_t seen = 0;

    if (__atomic_compare_exchange_n(&mutex_word, &seen, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&mutex_word, 2, __ATOMIC_ACQUIRE) != 0)
        (void)futex(&mutex_word, WAIT, 2, 0, NULL, 0);
}

static void mutex_give(void)
{
    if (__atomic_exchange_n(&mutex_word, 0, __ATOMIC_RELEASE) == 2)
        (void)futex(&mutex_word, WAKE, 1, 0, NULL, 0);
}

static void *count_up(void *arg)
{
    be(*(uint32_t *)arg);
    for (unsigned i = 0; i < ROUNDS; i++) {
        mutex_take();
        sum++;
        mutex_give();
    }
    return NULL;
}

static void test_stress(void)
{
    uint32_t index[4] = { 1, 2, 3, 4 };
    pthread_t threads[4];

    CASE("four threads, one mutex");
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_up, &index[i]);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(sum, 4 * ROUNDS);
}

/* --- Robust mutexes. */

struct robust {
    uint64_t next;
    uint32_t lock;
    uint32_t padding;
};

static void test_robust(void)
{
    struct robust entry[3] = { { .lock = 7 }, { .lock = 7 | 0x80000000u }, { .lock = 8 } };
    struct {
        uint64_t first;
        int64_t offset;
        uint64_t pending;
    } head = { (uint64_t)&entry[0], offsetof(struct robust, lock), 0 };

    CASE("the dead owner's mutexes are marked, and nobody else's");
    entry[0].next = (uint64_t)&entry[1];
    entry[1].next = (uint64_t)&entry[2];
    entry[2].next = (uint64_t)&head;
    futex_robust_end((uint64_t)&head, 7);
    CHECK_EQ(entry[0].lock, 0x40000000u);
    CHECK_EQ(entry[1].lock, 0xc0000000u);
    CHECK_EQ(entry[2].lock, 8);

    CASE("a list without an end, and one that leads nowhere");
    entry[2].next = (uint64_t)&entry[2];
    futex_robust_end((uint64_t)&head, 7);
    head.first = 16;
    futex_robust_end((uint64_t)&head, 7);
    futex_robust_end(16, 7);

    CASE("the mutex that was being taken");
    head.first = (uint64_t)&head;
    entry[0].lock = 7;
    head.pending = (uint64_t)&entry[0];
    futex_robust_end((uint64_t)&head, 7);
    CHECK_EQ(entry[0].lock, 0x40000000u);
}

int main(void)
{
    for (size_t i = 0; i < CPUS; i++) {
        pthread_mutex_init(&world[i].mutex, NULL);
        pthread_cond_init(&world[i].condition, NULL);
    }
    be(0);
    test_refusals();
    test_waking();
    test_signal();
    test_requeue();
    test_wake_op();
    test_stress();
    test_robust();
    return check_done();
}
