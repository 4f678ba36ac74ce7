/* compile.c: a whole module compiled, on every core that there is. */
#define _GNU_SOURCE
#include "exec/compile.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#define THREADS_MAX 32
/* Fewer functions than this for each thread are done before it has started. */
#define FUNCTIONS_LEAST 32

struct job {
    struct wasm_module *module;
    uint32_t function_count;
    atomic_uint next;
    pthread_mutex_t lock;
    /* Of the functions that failed, the first: the same in every run. */
    uint32_t failed;
    enum err error;
    struct wasm_note note;
};

static void job_failed(struct job *j, uint32_t function, enum err e, const struct wasm_note *note)
{
    pthread_mutex_lock(&j->lock);
    if (j->error == ERR_OK || function < j->failed) {
        j->failed = function;
        j->error = e;
        j->note = *note;
    }
    pthread_mutex_unlock(&j->lock);
}

static void *work(void *context)
{
    struct job *j = context;
    struct wasm_worker *worker;
    enum err e = wasm_worker_new(&worker, j->module);

    if (e != ERR_OK) /* the functions are left for others, or for the main thread */
        return NULL;
    for (;;) {
        uint32_t function = atomic_fetch_add(&j->next, 1);
        struct wasm_note note = { .function = -1 };

        if (function >= j->function_count)
            break;
        e = wasm_worker_compile(worker, function, &note);
        if (e != ERR_OK)
            job_failed(j, function, e, &note);
    }
    wasm_worker_free(worker);
    return NULL;
}

static uint32_t thread_count(uint32_t function_count)
{
    uint32_t wanted = function_count / FUNCTIONS_LEAST;
    cpu_set_t set;
    int cores;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    cores = CPU_COUNT(&set);
    if (wanted > (uint32_t)cores)
        wanted = (uint32_t)cores;
    return wanted > THREADS_MAX ? THREADS_MAX : wanted;
}

static void work_on_all(struct job *j, uint32_t count)
{
    pthread_t threads[THREADS_MAX];
    uint32_t started = 0;
    sigset_t all;
    sigset_t before;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started + 1 < count && pthread_create(&threads[started], NULL, work, j) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(j);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

enum err compile_module(struct wasm_module *module, uint64_t config, struct wasm_note *note)
{
    struct job j = {
        .module = module,
        .function_count = wasm_module_function_count(module),
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    uint32_t count = thread_count(j.function_count);

    if ((config & WASM_CONFIG_LAZY) == 0 && count > 1)
        work_on_all(&j, count);
    if (j.error != ERR_OK) {
        *note = j.note;
        return j.error;
    }
    return wasm_module_compile(module, note);
}
