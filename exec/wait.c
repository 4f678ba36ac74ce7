/* wait.c: memory.atomic.wait and notify. */
#define _GNU_SOURCE
#include "exec/wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "exec/deadline.h"

enum { LISTS = 64, INTERRUPTED = -1, WOKEN = 0, NOT_EQUAL = 1, TIMED_OUT = 2 };

struct waiter {
    struct waiter *next;
    const void *at;
    atomic_uint woken; /* the futex: 1 once notified */
};

static struct list {
    pthread_mutex_t lock;
    struct waiter *first;
} lists[LISTS] = { [0 ... LISTS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER } };

static struct list *list_of(const void *at)
{
    uintptr_t n = (uintptr_t)at >> 2;

    return &lists[(n ^ (n >> 10)) % LISTS];
}

static bool equal(const void *at, uint64_t expected, bool is64)
{
    if (is64)
        return __atomic_load_n((const uint64_t *)at, __ATOMIC_SEQ_CST) == expected;
    return __atomic_load_n((const uint32_t *)at, __ATOMIC_SEQ_CST) == (uint32_t)expected;
}

static void append(struct list *l, struct waiter *w)
{
    struct waiter **end = &l->first;

    while (*end != NULL)
        end = &(*end)->next;
    *end = w;
}

static void remove_from(struct list *l, const struct waiter *w)
{
    for (struct waiter **at = &l->first; *at != NULL; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            return;
        }
    }
}

static struct timespec end_of(int64_t timeout_ns)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(timeout_ns / 1000000000);
    t.tv_nsec += (long)(timeout_ns % 1000000000);
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Until notified or until the end; an absolute time, so that a signal in
 * between changes nothing. */
static int sleep_until(struct waiter *w, const struct timespec *end)
{
    while (atomic_load(&w->woken) == 0) {
        long r = syscall(SYS_futex, &w->woken, FUTEX_WAIT_BITSET_PRIVATE, 0, end, NULL,
                         FUTEX_BITSET_MATCH_ANY);

        if (r != 0 && errno == ETIMEDOUT)
            return TIMED_OUT;
        if (r != 0 && errno == EINTR && deadline_passed())
            return INTERRUPTED;
    }
    return WOKEN;
}

int wait_for(void *context, const void *at, uint64_t expected, bool is64, int64_t timeout_ns)
{
    struct list *l = list_of(at);
    struct waiter w = { .at = at };
    struct timespec end;
    int ended;

    (void)context;
    if (timeout_ns >= 0)
        end = end_of(timeout_ns);
    pthread_mutex_lock(&l->lock);
    if (!equal(at, expected, is64)) {
        pthread_mutex_unlock(&l->lock);
        return NOT_EQUAL;
    }
    append(l, &w);
    pthread_mutex_unlock(&l->lock);
    ended = sleep_until(&w, timeout_ns >= 0 ? &end : NULL);
    pthread_mutex_lock(&l->lock);
    if (atomic_load(&w.woken) == 0)
        remove_from(l, &w);
    pthread_mutex_unlock(&l->lock);
    return atomic_load(&w.woken) != 0 ? WOKEN : ended;
}

uint32_t wait_notify(void *context, const void *at, uint32_t count)
{
    struct list *l = list_of(at);
    struct waiter **from = &l->first;
    uint32_t woken = 0;

    (void)context;
    pthread_mutex_lock(&l->lock);
    while (*from != NULL && woken < count) {
        struct waiter *w = *from;

        if (w->at != at) {
            from = &w->next;
            continue;
        }
        *from = w->next;
        atomic_store(&w->woken, 1);
        syscall(SYS_futex, &w->woken, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        woken++;
    }
    pthread_mutex_unlock(&l->lock);
    return woken;
}
