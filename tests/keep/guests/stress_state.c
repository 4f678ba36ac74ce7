/* stress_state.c: what belongs to a thread stays with it, whoever runs in between. */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "faults.h"

/* --- Vector and x87 registers across calls and while others run. */

static bool wide, wider;

static void vectors_body(size_t me)
{
    uint8_t from[2112] __attribute__((aligned(64))), to[2112] __attribute__((aligned(64)));
    static const struct timespec_ {
        long s, ns;
    } soon = { 0, 50000 };
    const long sleep[3] = { (long)(intptr_t)&soon, 0, 0 }, none[3] = { 0 };
    uint64_t count = 0;

    while (!stress_over()) {
        const size_t size = wider ? sizeof from : wide ? 512 : 256;
        const long number = count % 64 == 0  ? SYS_nanosleep
                            : count % 2 == 0 ? SYS_sched_yield
                                             : SYS_getpid;

        memset(from, (int)(me * 64 + count % 60 + 1), size);
        for (size_t i = 0; i < size; i += 8)
            from[i] = (uint8_t)(count + i);
        (wider  ? vectors_zmm
         : wide ? vectors_ymm
                : vectors_xmm)(from, to, number, number == SYS_nanosleep ? sleep : none);
        if (memcmp(from, to, size) != 0)
            stress_fail("thread %zu: vectors of another after call %ld", me, number);
        count++;
    }
    fprintf(stderr, "filled by %zu: %lu\n", me, (unsigned long)count);
}

/* No system call in between: only the clock takes the processor away. */
static void pattern_body(size_t me)
{
    double x[8], y[8];

    for (size_t i = 0; i < 8; i++)
        x[i] = y[i] = (double)(me + 1) + (double)i / 8;
    while (!stress_over()) {
        for (int k = 0; k < 20000; k++)
            for (size_t i = 0; i < 8; i++) {
                x[i] = x[i] * 1.0000001 + 0.25;
                y[i] = y[i] * 1.0000001 + 0.25;
                if (x[i] > 1e6)
                    x[i] = y[i] = (double)(me + 1);
            }
        if (memcmp(x, y, sizeof x) != 0)
            stress_fail("thread %zu: sums that part", me);
    }
}

static void vectors_both(size_t me)
{
    if (me % 2 == 0)
        vectors_body(me);
    else
        pattern_body(me);
}

void stress_vectors(void)
{
    __builtin_cpu_init();
    wide = __builtin_cpu_supports("avx2");
    wider = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    stress_threads(vectors_both);
}

/* --- Thread-local memory. */

static _Thread_local uint64_t local[64];

static void local_body(size_t me)
{
    for (size_t i = 0; i < COUNT_OF(local); i++)
        local[i] = me * 1000 + i;
    while (!stress_over()) {
        for (size_t i = 0; i < COUNT_OF(local); i++)
            if (local[i] != me * 1000 + i)
                stress_fail("thread %zu sees another's memory", me);
        call(SYS_sched_yield);
    }
}

void stress_local(void) { stress_threads(local_body); }

/* --- Signals between threads, each counted where it arrives. */

static _Thread_local volatile uint64_t arrived;
static volatile long ids[STRESS_THREADS];
static volatile uint64_t answered[STRESS_THREADS];
static pthread_barrier_t ready;
static uint64_t sent;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    arrived = arrived + 1;
}

/* Thread 0 sends to each and waits until it says that it got it: none may be lost. */
static void signals_send(void)
{
    for (size_t to = 1; !stress_over(); to = to % (STRESS_THREADS - 1) + 1) {
        const uint64_t before = answered[to];
        const uint64_t end = now_ns() + 20000000000u;

        if (call(SYS_tgkill, getpid(), ids[to], SIGUSR1) != 0)
            stress_fail("tgkill");
        sent++;
        while (answered[to] == before) {
            __builtin_ia32_pause();
            if (now_ns() > end)
                stress_fail("thread %zu did not get its signal", to);
        }
    }
}

static volatile bool signals_end;

static void signals_body(size_t me)
{
    ids[me] = call(SYS_gettid);
    pthread_barrier_wait(&ready);
    if (me == 0) {
        signals_send();
        signals_end = true;
        return;
    }
    while (!signals_end) {
        /* One spins, one makes calls, one sleeps: a signal finds them all. */
        if (me == 2)
            call(SYS_getpid);
        else if (me == 3)
            sleep_ms(1);
        answered[me] = arrived;
    }
}

void stress_signals(void)
{
    struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

    sigaction(SIGUSR1, &a, NULL);
    pthread_barrier_init(&ready, NULL, STRESS_THREADS);
    signals_end = false;
    stress_threads(signals_body);
    fprintf(stderr, "signals: %lu\n", (unsigned long)sent);
}

/* --- A process's signal when the one thread that takes it blocks it, and ends. */

static volatile uint32_t handed, stage;

static void on_handed(int number)
{
    (void)number;
    __atomic_fetch_add(&handed, 1, __ATOMIC_SEQ_CST);
}

static void *handed_run(void *set)
{
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
    stage = 1;
    while (stage == 1)
        __builtin_ia32_pause();
    pthread_sigmask(SIG_BLOCK, set, NULL);
    return NULL;
}

void stress_handed(void)
{
    uint32_t count = 0;
    pthread_t thread;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    signal(SIGUSR2, on_handed);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    while (!stress_over()) {
        stage = 0;
        if (pthread_create(&thread, NULL, handed_run, &set) != 0)
            stress_fail("no thread");
        while (stage == 0)
            __builtin_ia32_pause();
        stage = 2;
        kill(getpid(), SIGUSR2);
        pthread_join(thread, NULL);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        if (++count != handed)
            stress_fail("%u sent, %u came", count, handed);
    }
    fprintf(stderr, "handed: %u\n", count);
}

/* --- Every thread faults as fast as it can, on its own stack for handlers. */

static _Thread_local volatile uint64_t faults;

static void on_ud2(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    faults = faults + 1;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void faults_body(size_t me)
{
    static uint8_t rooms[STRESS_THREADS][65536];
    stack_t stack = { .ss_sp = rooms[me], .ss_size = sizeof rooms[me] };
    uint64_t count = 0;

    sigaltstack(&stack, NULL);
    while (!stress_over()) {
        fault_ud2(NULL);
        count++;
        if (faults != count)
            stress_fail("thread %zu: %lu faults, %lu signals", me, (unsigned long)count,
                        (unsigned long)faults);
    }
    fprintf(stderr, "faults of %zu: %lu\n", me, (unsigned long)count);
}

void stress_faults(void)
{
    struct sigaction a = { .sa_sigaction = on_ud2, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaction(SIGILL, &a, NULL);
    stress_threads(faults_body);
}
