#include "wasm/runtime/runtime.h"

/* Beyond the largest index and the largest folded offset lies no more than one
 * access of 16 bytes; a whole WebAssembly page is reserved for it. */
#define GUARD_OFFSET (UINT64_C(2) << 30)
#define GUARD_SIZE UINT64_C(65536)
#define RESERVE_32 (UINT64_C(8) << 30)

/* Address space for a memory, so that base + index + offset stays inside for
 * any index that compiled code does not compare (abi.h). Where it compares them all,
 * no more is reserved than the memory may grow to. */
static uint64_t reservation(const struct wasm_memory *m)
{
    uint64_t most = m->most_pages * WASM_PAGE_SIZE;

    if ((m->store->engine->config & WASM_CONFIG_EXPLICIT) != 0)
        return most + GUARD_SIZE;
    return (m->limits.is64 ? most + GUARD_OFFSET : RESERVE_32) + GUARD_SIZE;
}

static enum err memory_open(struct wasm_memory *m)
{
    const struct wasm_host *host = &m->store->engine->host;

    m->reserved = reservation(m);
    m->view.base = host->reserve(host->context, m->reserved);
    m->view.bound = m->limits.is64 ? m->most_pages * WASM_PAGE_SIZE : UINT64_C(1) << 32;
    if (m->view.base == NULL)
        return ERR_NOMEM;
    return wasm_memory_grow(m, m->limits.least) == UINT64_MAX ? ERR_LIMIT : ERR_OK;
}

enum err wasm_memory_new(struct wasm_memory **out, struct wasm_store *store,
                         struct wasm_limits limits)
{
    uint64_t cap = limits.is64 ? LIMIT_MEMORY64_PAGES : LIMIT_MEMORY32_PAGES;
    struct wasm_memory *m;
    enum err e;

    if (limits.has_most && limits.most < limits.least)
        return ERR_USAGE;
    if (store->limits.memory_size != 0)
        cap = num_min(cap, store->limits.memory_size / WASM_PAGE_SIZE);
    if (limits.least > cap)
        return ERR_LIMIT;
    m = wasm_heap_take(&store->engine->host, sizeof *m);
    if (m == NULL)
        return ERR_NOMEM;
    m->store = store;
    m->limits = limits;
    m->most_pages = limits.has_most ? num_min(limits.most, cap) : cap;
    /* The compiler counts on it that a 32-bit memory does not grow to all 4 GiB
     * (wasm/ir/memory.c, never_whole); growing may always fail (core 4.5.3.6). */
    if (!limits.is64 && limits.least < LIMIT_MEMORY32_PAGES)
        m->most_pages = num_min(m->most_pages, LIMIT_MEMORY32_PAGES - 1);
    e = memory_open(m);
    if (e != ERR_OK) {
        wasm_memory_free(m);
        return e;
    }
    m->next = store->memories;
    store->memories = m;
    *out = m;
    return ERR_OK;
}

void wasm_memory_free(struct wasm_memory *memory)
{
    const struct wasm_host *host = &memory->store->engine->host;

    memory->store->memory_used -= memory->view.size;
    if (memory->view.base != NULL)
        host->release(host->context, memory->view.base, memory->reserved);
    wasm_heap_give(host, memory, sizeof *memory);
}

uint64_t wasm_memory_pages(const struct wasm_memory *memory)
{
    return memory->view.size / WASM_PAGE_SIZE;
}

uint64_t wasm_memory_size(const struct wasm_memory *memory) { return memory->view.size; }

uint64_t wasm_memory_grow(struct wasm_memory *memory, uint64_t pages)
{
    struct wasm_store *store = memory->store;
    const struct wasm_host *host = &store->engine->host;
    uint64_t before = wasm_memory_pages(memory);
    uint64_t size = pages * WASM_PAGE_SIZE; /* used only after the next line */

    if (pages > memory->most_pages - before)
        return UINT64_MAX;
    if (!wasm_store_charge(store, size))
        return UINT64_MAX;
    if (pages != 0 && !host->commit(host->context, memory->view.base + memory->view.size, size)) {
        store->memory_used -= size;
        return UINT64_MAX;
    }
    memory->view.size += size;
    return before;
}

void *wasm_memory_at(struct wasm_memory *memory, uint64_t address, uint64_t size)
{
    return wasm_inside(address, size, memory->view.size) ? memory->view.base + address : NULL;
}
