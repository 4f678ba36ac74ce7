#include <string.h>

#include "wasm/runtime/runtime.h"

static enum err stack_new(struct wasm_store *s, uint64_t size)
{
    const struct wasm_host *host = &s->engine->host;

    if (size == 0)
        size = LIMIT_STACK_DEFAULT;
    if (size > LIMIT_STACK_MOST)
        return ERR_LIMIT;
    size = num_align(size, HOST_PAGE_SIZE);
    if (size < 2 * LIMIT_STACK_SLACK)
        size = 2 * LIMIT_STACK_SLACK;
    s->stack_size = size + HOST_PAGE_SIZE;
    s->stack = host->reserve(host->context, s->stack_size);
    if (s->stack == NULL || !host->commit(host->context, s->stack + HOST_PAGE_SIZE, size))
        return ERR_NOMEM;
    s->stack_limit = (uint64_t)(uintptr_t)s->stack + HOST_PAGE_SIZE + LIMIT_STACK_SLACK;
    s->thread.guest_sp = (uint64_t)(uintptr_t)s->stack + s->stack_size;
    return ERR_OK;
}

enum err wasm_store_new(struct wasm_store **out, struct wasm_engine *engine,
                        const struct wasm_store_limits *limits)
{
    struct wasm_store *s = wasm_heap_take(&engine->host, sizeof *s);
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    s->engine = engine;
    if (limits != NULL)
        s->limits = *limits;
    s->thread.fuel = num_min(s->limits.fuel, INT64_MAX);
    wasm_signature_set_init(&s->signatures, &engine->host);
    e = stack_new(s, s->limits.stack_size);
    if (e != ERR_OK) {
        wasm_store_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void wasm_store_free(struct wasm_store *store)
{
    const struct wasm_host *host;

    if (store == NULL)
        return;
    host = &store->engine->host;
    wasm_exception_heap_done(store);
    while (store->instances != NULL) {
        struct wasm_instance *i = WASM_POP(wasm_instance, store->instances);

        wasm_heap_give(host, i, i->size);
    }
    while (store->memories != NULL)
        wasm_memory_free(WASM_POP(wasm_memory, store->memories));
    while (store->tables != NULL)
        wasm_table_free(WASM_POP(wasm_table, store->tables));
    while (store->globals != NULL)
        wasm_heap_give(host, WASM_POP(wasm_global, store->globals), sizeof(struct wasm_global));
    while (store->tags != NULL)
        wasm_heap_give(host, WASM_POP(wasm_tag, store->tags), sizeof(struct wasm_tag));
    while (store->host_functions != NULL)
        wasm_heap_give(host, WASM_POP(wasm_host_function, store->host_functions),
                       sizeof(struct wasm_host_function));
    wasm_signature_set_done(&store->signatures);
    if (store->stack != NULL)
        host->release(host->context, store->stack, store->stack_size);
    wasm_heap_give(host, store, sizeof *store);
}

void wasm_store_head(struct wasm_store *store, struct wasm_context *head)
{
    head->stack_limit = store->stack_limit;
    head->trap_exit = (void *)(uintptr_t)wasm_trap_exit;
    head->thread = &store->thread;
    head->spill = store->thread.spill;
    head->fuel = &store->thread.fuel;
    memcpy(head->builtins, wasm_builtin_thunks, sizeof head->builtins);
}

void wasm_store_add(struct wasm_store *store, struct wasm_instance *instance)
{
    instance->next = store->instances;
    __atomic_store_n(&store->instances, instance, __ATOMIC_SEQ_CST);
    /* An interrupt that came before the line above has not seen it. */
    if (__atomic_load_n(&store->interrupted, __ATOMIC_SEQ_CST))
        __atomic_store_n(&instance->context.stack_limit, UINT64_MAX, __ATOMIC_SEQ_CST);
}

bool wasm_store_charge(struct wasm_store *store, uint64_t size)
{
    uint64_t most = store->limits.memory_size == 0 ? UINT64_MAX : store->limits.memory_size;

    if (size > most - store->memory_used)
        return false;
    store->memory_used += size;
    return true;
}

static void set_limits(struct wasm_store *store, uint64_t limit)
{
    struct wasm_instance *i = __atomic_load_n(&store->instances, __ATOMIC_SEQ_CST);

    for (; i != NULL; i = i->next)
        __atomic_store_n(&i->context.stack_limit, limit, __ATOMIC_SEQ_CST);
}

void wasm_store_interrupt(struct wasm_store *store)
{
    __atomic_store_n(&store->interrupted, true, __ATOMIC_SEQ_CST);
    set_limits(store, UINT64_MAX);
}

bool wasm_store_take_interrupt(struct wasm_store *store, const struct wasm_context *stopped)
{
    bool asked = __atomic_exchange_n(&store->interrupted, false, __ATOMIC_SEQ_CST);

    /* One that was answered before it had reached all instances goes on reaching them:
     * without the second look it would be taken for an exhausted stack, for ever. */
    if (!asked && __atomic_load_n(&stopped->stack_limit, __ATOMIC_SEQ_CST) != UINT64_MAX)
        return false;
    set_limits(store, store->stack_limit);
    /* Another interrupt may have come while the limits went back. */
    if (__atomic_load_n(&store->interrupted, __ATOMIC_SEQ_CST))
        set_limits(store, UINT64_MAX);
    return true;
}

uint64_t wasm_store_fuel(const struct wasm_store *store)
{
    return (int64_t)store->thread.fuel < 0 ? 0 : store->thread.fuel;
}

const struct wasm_trap_report *wasm_store_trap(const struct wasm_store *store)
{
    return &store->report;
}
