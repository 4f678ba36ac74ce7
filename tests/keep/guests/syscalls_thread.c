/* syscalls_thread.c: threads as the C library makes them, and as nobody should. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8
#define THREAD_FLAGS \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static _Thread_local int mine = 41;
static volatile long ids[THREADS];
static int shared_count;

static void *work(void *at)
{
    size_t me = (size_t)(uintptr_t)at;

    ids[me] = call(SYS_gettid);
    mine += (int)me;
    __atomic_fetch_add(&shared_count, mine, __ATOMIC_SEQ_CST);
    return (void *)(uintptr_t)(me * 3);
}

static void threads_plain(void)
{
    pthread_t t[THREADS];
    bool good = true, apart = true;
    void *back;

    for (size_t i = 0; i < THREADS; i++)
        good = good && pthread_create(&t[i], NULL, work, (void *)(uintptr_t)i) == 0;
    for (size_t i = 0; i < THREADS; i++)
        good = good && pthread_join(t[i], &back) == 0 && (uintptr_t)back == i * 3;
    for (size_t i = 0; i < THREADS; i++)
        for (size_t k = 0; k < i; k++)
            apart = apart && ids[i] != ids[k];
    holds("threads come and go", good);
    holds("each has a number of its own", apart && ids[0] > 0);
    say("their sum: %d, ours: %d", shared_count, mine);
    holds("the first thread is the process", call(SYS_gettid) == call(SYS_getpid));
}

static void *take_and_die(void *lock)
{
    pthread_mutex_lock(lock);
    return NULL;
}

/* The kernel walks the list of a thread that dies with a lock. */
static void threads_robust(void)
{
    static pthread_mutex_t lock;
    pthread_mutexattr_t kind;
    pthread_t t;

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &kind);
    pthread_create(&t, NULL, take_and_die, &lock);
    pthread_join(t, NULL);
    result("a lock whose owner died", -pthread_mutex_lock(&lock));
    result("made whole", -pthread_mutex_consistent(&lock));
    result("given back", -pthread_mutex_unlock(&lock));
    result("taken again", -pthread_mutex_lock(&lock));
}

static void lists(void)
{
    uint64_t head[3] = { (uint64_t)(uintptr_t)head, 0, 0 }, old = 0, size = 0;

    result("robust list", call(SYS_get_robust_list, 0, &old, &size));
    say("its size: %lu", (unsigned long)size);
    result("robust list, size 8", call(SYS_set_robust_list, head, 8));
    result("robust list, set", call(SYS_set_robust_list, head, 24));
    size = 0;
    result("robust list, get", call(SYS_get_robust_list, 0, &size, &head[2]));
    holds("it is that", size == (uint64_t)(uintptr_t)head);
    result("robust list to a wild place", call(SYS_get_robust_list, 0, 16, &size));
    result("robust list of nobody", call(SYS_get_robust_list, 0x3ffffff, &size, &size));
    result("robust list, as it was", call(SYS_set_robust_list, old, 24));
    holds("thread id address", call(SYS_set_tid_address, &size) == call(SYS_gettid));
}

static void *yield(void *unused)
{
    for (int i = 0; i < 100; i++)
        call(SYS_sched_yield);
    return unused;
}

static void barrier_wait(pthread_barrier_t *b, int *serial)
{
    if (pthread_barrier_wait(b) == PTHREAD_BARRIER_SERIAL_THREAD)
        __atomic_fetch_add(serial, 1, __ATOMIC_SEQ_CST);
}

static pthread_barrier_t barrier;
static int serial;

static void *meet(void *unused)
{
    for (int i = 0; i < 20; i++)
        barrier_wait(&barrier, &serial);
    return unused;
}

static void threads_together(void)
{
    pthread_t t[4];
    pthread_attr_t attr;

    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, meet, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    say("met: %d", serial);
    result("yield", call(SYS_sched_yield));
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, yield, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, (size_t)1 << 20);
    result("detached", -pthread_create(&t[0], &attr, yield, NULL));
    pthread_attr_destroy(&attr);
}

void family_thread(void)
{
    threads_plain();
    threads_robust();
    threads_together();
    lists();
}

void family_clone(void)
{
    static uint64_t args[16];
    uint8_t *hole = hole_new(1);

    result("optional.clone3 of size 0", call(SYS_clone3, args, 0));
    result("optional.clone3 of size 63", call(SYS_clone3, args, 63));
    result("optional.clone3 of a size over a page", call(SYS_clone3, args, 5000));
    result("optional.clone3 from a hole", call(SYS_clone3, hole, 88));
    args[0] = 1ul << 62;
    result("optional.clone3, unknown flags", call(SYS_clone3, args, 88));
    args[0] = CLONE_THREAD;
    result("optional.clone3, a thread without its memory", call(SYS_clone3, args, 88));
    args[0] = CLONE_SIGHAND;
    result("optional.clone3, handlers without memory", call(SYS_clone3, args, 88));
    memset(args, 0, sizeof args);
    args[0] = THREAD_FLAGS;
    args[5] = 16; /* a stack */
    result("optional.clone3, a stack without size", call(SYS_clone3, args, 88));
    result("clone, a thread without its memory", call(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    result("clone, handlers without memory", call(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    result("clone, a thread without handlers",
           call(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
    result("clone, a TLS that is no address",
           call(SYS_clone, THREAD_FLAGS | CLONE_SETTLS, args, 0, 0, 1ul << 47));
}
