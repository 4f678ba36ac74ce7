/* memory.c: the engine's memory, of a Linux process. */
#define _GNU_SOURCE
#include "exec/memory.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "exec/wait.h"

#define HEAP_STEP (4 << 20)

static struct {
    uint64_t ceiling;
    atomic_uint_least64_t used;
    atomic_uint_least64_t code;
    atomic_bool refused;
} memory;

static bool charge(size_t size)
{
    uint64_t used = atomic_load(&memory.used);

    do {
        if (size > memory.ceiling - used) {
            atomic_store(&memory.refused, true);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&memory.used, &used, used + size));
    return true;
}

static void discharge(size_t size) { atomic_fetch_sub(&memory.used, size); }

static void *heap_take(void *context, size_t size)
{
    void *at;

    (void)context;
    if (!charge(size))
        return NULL;
    at = malloc(size); /* aligned to 16 on this target */
    if (at == NULL)
        discharge(size);
    return at;
}

static void heap_give(void *context, void *at, size_t size)
{
    (void)context;
    if (at == NULL)
        return;
    discharge(size);
    free(at);
}

/* What is committed in each reservation: release has to give it back. There are
 * few: memories, tables, stacks, code. */
struct reservation {
    struct reservation *next;
    uintptr_t at;
    size_t size;
    size_t committed;
};

static struct reservation *reservations;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void committed_add(const void *at, size_t added, size_t taken)
{
    uintptr_t a = (uintptr_t)at;

    pthread_mutex_lock(&lock);
    for (struct reservation *r = reservations; r != NULL; r = r->next)
        if (a - r->at < r->size)
            r->committed += added - taken;
    pthread_mutex_unlock(&lock);
}

static size_t reservation_end(const void *at)
{
    size_t committed = 0;

    pthread_mutex_lock(&lock);
    for (struct reservation **r = &reservations; *r != NULL; r = &(*r)->next) {
        struct reservation *gone = *r;

        if (gone->at != (uintptr_t)at)
            continue;
        committed = gone->committed;
        *r = gone->next;
        free(gone);
        break;
    }
    pthread_mutex_unlock(&lock);
    return committed;
}

static void *reserve(void *context, size_t size)
{
    void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct reservation *r = malloc(sizeof *r);

    (void)context;
    if (at == MAP_FAILED || r == NULL) {
        free(r);
        if (at != MAP_FAILED)
            munmap(at, size);
        return NULL;
    }
    pthread_mutex_lock(&lock);
    *r = (struct reservation){ .next = reservations, .at = (uintptr_t)at, .size = size };
    reservations = r;
    pthread_mutex_unlock(&lock);
    return at;
}

static bool commit(void *context, void *at, size_t size)
{
    (void)context;
    if (!charge(size))
        return false;
    if (mprotect(at, size, PROT_READ | PROT_WRITE) == 0) {
        committed_add(at, size, 0);
        return true;
    }
    discharge(size);
    return false;
}

/* New pages in place of the old ones: no access, and zero if committed again. */
static bool decommit(void *context, void *at, size_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

    (void)context;
    if (mmap(at, size, PROT_NONE, flags, -1, 0) == MAP_FAILED)
        return false;
    committed_add(at, 0, size);
    discharge(size);
    return true;
}

static bool seal(void *context, void *at, size_t size)
{
    (void)context;
    if (mprotect(at, size, PROT_READ | PROT_EXEC) != 0)
        return false;
    atomic_fetch_add(&memory.code, size);
    return true;
}

static void release(void *context, void *at, size_t size)
{
    (void)context;
    discharge(reservation_end(at));
    munmap(at, size);
}

void memory_begin(void)
{
    mallopt(M_TOP_PAD, HEAP_STEP);
    mallopt(M_MMAP_THRESHOLD, HEAP_STEP);
}

void memory_host(struct wasm_host *out, uint64_t limit)
{
    memory.ceiling = limit > MEMORY_LEAST ? limit : MEMORY_LEAST;
    *out = (struct wasm_host){
        .heap_take = heap_take,
        .heap_give = heap_give,
        .reserve = reserve,
        .commit = commit,
        .decommit = decommit,
        .seal = seal,
        .release = release,
        .wait = wait_for,
        .notify = wait_notify,
    };
}

bool memory_refused(void) { return atomic_load(&memory.refused); }

uint64_t memory_code_size(void) { return atomic_load(&memory.code); }
