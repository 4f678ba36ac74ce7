#include "wasm/runtime/runtime.h"

uint64_t wasm_word_null(enum wasm_type type)
{
    return type == WASM_EXTERNREF ? WASM_EXTERN_NULL : 0;
}

uint64_t wasm_word_of(enum wasm_type type, union wasm_value value)
{
    switch (type) {
    case WASM_FUNCREF: return (uint64_t)(uintptr_t)value.function;
    case WASM_EXNREF: return (uint64_t)(uintptr_t)value.exception;
    default: return value.externref;
    }
}

/* The base never moves, because compiled code may keep it across a call. A table
 * that cannot grow lies in the heap; another one reserves what it may grow to. */
static enum err table_open(struct wasm_table *t)
{
    const struct wasm_host *host = &t->store->engine->host;

    if (t->most == t->limits.least) {
        t->view.base = wasm_heap_take(host, num_max(t->most, 1) * sizeof *t->view.base);
    } else {
        t->reserved = num_align(t->most * sizeof *t->view.base, HOST_PAGE_SIZE);
        t->view.base = host->reserve(host->context, t->reserved);
    }
    return t->view.base == NULL ? ERR_NOMEM : ERR_OK;
}

enum err wasm_table_new(struct wasm_table **out, struct wasm_store *store, enum wasm_type type,
                        struct wasm_limits limits, union wasm_value fill)
{
    uint64_t cap = store->limits.table_elements;
    struct wasm_table *t;
    enum err e;

    if (limits.has_most && limits.most < limits.least)
        return ERR_USAGE;
    if (cap == 0 || cap > LIMIT_TABLE_ELEMENTS)
        cap = LIMIT_TABLE_ELEMENTS;
    if (limits.least > cap)
        return ERR_LIMIT;
    t = wasm_heap_take(&store->engine->host, sizeof *t);
    if (t == NULL)
        return ERR_NOMEM;
    t->store = store;
    t->type = type;
    t->limits = limits;
    t->most = limits.has_most ? num_min(limits.most, cap) : cap;
    e = table_open(t);
    if (e == ERR_OK && wasm_table_grow(t, limits.least, wasm_word_of(type, fill)) == UINT64_MAX)
        e = ERR_NOMEM; /* the elements are within their limit */
    if (e != ERR_OK) {
        wasm_table_free(t);
        return e;
    }
    t->next = store->tables;
    store->tables = t;
    *out = t;
    return ERR_OK;
}

void wasm_table_free(struct wasm_table *table)
{
    const struct wasm_host *host = &table->store->engine->host;

    table->store->memory_used -= table->view.size * sizeof *table->view.base;
    if (table->reserved != 0 && table->view.base != NULL)
        host->release(host->context, table->view.base, table->reserved);
    else
        wasm_heap_give(host, table->view.base, num_max(table->most, 1) * sizeof *table->view.base);
    wasm_heap_give(host, table, sizeof *table);
}

/* Makes `size` bytes from the base usable. */
static bool table_commit(struct wasm_table *t, size_t size)
{
    const struct wasm_host *host = &t->store->engine->host;

    size = num_align(size, HOST_PAGE_SIZE);
    if (t->reserved == 0 || size <= t->committed)
        return true;
    if (!host->commit(host->context, (uint8_t *)t->view.base + t->committed, size - t->committed))
        return false;
    t->committed = size;
    return true;
}

uint64_t wasm_table_grow(struct wasm_table *table, uint64_t count, uint64_t fill)
{
    uint64_t before = table->view.size;

    if (count > table->most - before)
        return UINT64_MAX;
    if (!wasm_store_charge(table->store, count * sizeof fill))
        return UINT64_MAX;
    if (!table_commit(table, (before + count) * sizeof fill)) {
        table->store->memory_used -= count * sizeof fill;
        return UINT64_MAX;
    }
    for (uint64_t i = 0; i < count; i++)
        table->view.base[before + i] = fill;
    table->view.size = before + count;
    return before;
}
