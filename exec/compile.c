/* compile.c: a whole module compiled, on every core that there is. */
#define _GNU_SOURCE
#include "exec/compile.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 32
/* Fewer functions than this for each thread are done before it has started. */
#define FUNCTIONS_LEAST 32
/* When progress is told first, and again. */
#define TELL_FIRST_MS 500
#define TELL_AGAIN_MS 100

struct job {
    struct wasm_module *module;
    uint32_t function_count;
    atomic_uint next;
    uint64_t tell_ms; /* the main thread's: when to say something again */
    bool told;
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

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void line_write(const char *line, size_t size)
{
    if (write(STDERR_FILENO, line, size) < 0)
        return; /* nobody listens */
}

static void tell(struct job *j, uint32_t done)
{
    uint64_t now = now_ms();
    char line[64];
    int size;

    if (now < j->tell_ms)
        return;
    size = snprintf(line, sizeof line, "\rbroch: compiling %u%%\033[K",
                    (unsigned)((uint64_t)done * 100 / j->function_count));
    line_write(line, (size_t)size);
    j->tell_ms = now + TELL_AGAIN_MS;
    j->told = true;
}

static void work(struct job *j, bool tells)
{
    struct wasm_worker *worker;
    enum err e = wasm_worker_new(&worker, j->module);

    if (e != ERR_OK) /* the functions are left for others, or for the main thread */
        return;
    for (;;) {
        uint32_t function = atomic_fetch_add(&j->next, 1);
        struct wasm_note note = { .function = -1 };

        if (function >= j->function_count)
            break;
        e = wasm_worker_compile(worker, function, &note);
        if (e != ERR_OK)
            job_failed(j, function, e, &note);
        if (tells)
            tell(j, function);
    }
    wasm_worker_free(worker);
}

static void *work_beside(void *context)
{
    work(context, false);
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

static void work_on_all(struct job *j, uint32_t count, bool tells)
{
    pthread_t threads[THREADS_MAX];
    uint32_t started = 0;
    sigset_t all;
    sigset_t before;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started + 1 < count && pthread_create(&threads[started], NULL, work_beside, j) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(j, tells);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

enum err compile_module(struct wasm_module *module, uint64_t config, bool tells,
                        struct wasm_note *note)
{
    struct job j = {
        .module = module,
        .function_count = wasm_module_function_count(module),
        .tell_ms = now_ms() + TELL_FIRST_MS,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    uint32_t count = thread_count(j.function_count);

    if ((config & WASM_CONFIG_LAZY) == 0 && count > 1)
        work_on_all(&j, count, tells);
    if (j.told)
        line_write("\r\033[K", 4);
    if (j.error != ERR_OK) {
        *note = j.note;
        return j.error;
    }
    return wasm_module_compile(module, note);
}
