/* deadline.c: the time limit of a launch. */
#define _GNU_SOURCE
#include "exec/deadline.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "codec/launch.h"
#include "exec/message.h"

#define NUDGE_NS 5000000L /* between two signals to a thread that may wait */
#define NUDGES 200        /* a second of them */

static struct {
    uint64_t time_ms;
    pthread_t main_thread;
    volatile sig_atomic_t passed;
    _Atomic(struct wasm_store *) store;
    pthread_mutex_t held;
} deadline = { .held = PTHREAD_MUTEX_INITIALIZER };

bool deadline_passed(void) { return deadline.passed != 0; }

const volatile sig_atomic_t *deadline_flag(void) { return &deadline.passed; }

void deadline_hold(void) { pthread_mutex_lock(&deadline.held); }

void deadline_release(void) { pthread_mutex_unlock(&deadline.held); }

static void on_nudge(int number) { (void)number; /* the call that it interrupts is what matters */ }

static void pause_for(struct timespec t)
{
    while (nanosleep(&t, &t) != 0)
        ;
}

static void *watch(void *unused)
{
    struct timespec limit = { .tv_sec = (time_t)(deadline.time_ms / 1000),
                              .tv_nsec = (long)(deadline.time_ms % 1000) * 1000000 };
    struct wasm_store *store;

    (void)unused;
    pause_for(limit);
    deadline.passed = 1;
    store = atomic_load(&deadline.store);
    if (store != NULL)
        wasm_store_interrupt(store);
    for (int i = 0; store != NULL && i < NUDGES; i++) {
        pthread_kill(deadline.main_thread, SIGALRM);
        pause_for((struct timespec){ .tv_nsec = NUDGE_NS });
    }
    deadline_hold(); /* not in the middle of what is being kept, nor after the end */
    message_time_limit(deadline.time_ms);
    _exit(LAUNCH_EXIT_TRAP);
}

enum err deadline_start(uint64_t time_ms)
{
    const struct sigaction on_alarm = { .sa_handler = on_nudge, .sa_flags = SA_ONSTACK };
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    int error;

    deadline.time_ms = time_ms;
    deadline.main_thread = pthread_self();
    /* No SA_RESTART: a call that waits comes back with EINTR. */
    if (sigaction(SIGALRM, &on_alarm, NULL) != 0)
        return ERR_IO;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? ERR_OK : ERR_IO;
}

void deadline_guard(struct wasm_store *store)
{
    atomic_store(&deadline.store, store);
    /* The limit may have been reached just before. */
    if (store != NULL && deadline_passed())
        wasm_store_interrupt(store);
}
