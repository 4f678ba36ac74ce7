/* The regions of all live modules, for whoever has only an address: the fault
 * handler and the walkers of frames. Readers take no lock, since a signal may
 * have stopped anybody anywhere; who removes a region waits until the readers that
 * may still see it are gone. That wait is for a few instructions of another thread. */
#include "wasm/runtime/runtime.h"

static struct wasm_code_region *list_head;
static uint32_t list_readers;
static bool list_lock;

static void lock(void)
{
    while (__atomic_test_and_set(&list_lock, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static void unlock(void) { __atomic_clear(&list_lock, __ATOMIC_RELEASE); }

void wasm_code_list_add(struct wasm_code_region *r)
{
    lock();
    r->next = list_head;
    __atomic_store_n(&list_head, r, __ATOMIC_RELEASE);
    r->listed = true;
    unlock();
}

void wasm_code_list_remove(struct wasm_code_region *r)
{
    struct wasm_code_region **link = &list_head;

    if (!r->listed)
        return;
    lock();
    while (*link != r)
        link = &(*link)->next;
    __atomic_store_n(link, r->next, __ATOMIC_SEQ_CST);
    unlock();
    while (__atomic_load_n(&list_readers, __ATOMIC_SEQ_CST) != 0)
        __builtin_ia32_pause();
    r->listed = false;
}

struct wasm_code_region *wasm_code_find(uint64_t pc)
{
    struct wasm_code_region *r;

    __atomic_fetch_add(&list_readers, 1, __ATOMIC_SEQ_CST);
    r = __atomic_load_n(&list_head, __ATOMIC_SEQ_CST);
    while (r != NULL && pc - (uint64_t)(uintptr_t)r->base >= r->reserved)
        r = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE);
    __atomic_fetch_sub(&list_readers, 1, __ATOMIC_SEQ_CST);
    return r;
}
