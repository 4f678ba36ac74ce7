#include <string.h>

#include "wasm/runtime/runtime.h"

static uint64_t element(struct wasm_instance *instance, const struct wasm_elem *e, uint32_t n)
{
    if (e->functions == NULL)
        return wasm_constexpr_value(instance, e->exprs[n]).words[0];
    if (e->functions[n] == UINT32_MAX)
        return 0;
    return (uint64_t)(uintptr_t)wasm_instance_function_index(instance, e->functions[n]);
}

enum wasm_trap wasm_elem_init(struct wasm_instance *instance, uint32_t table, uint32_t segment,
                              uint64_t to, uint64_t from, uint64_t count)
{
    const struct wasm_elem *e = &instance->module->decoded.elems[segment];
    struct wasm_table *t = wasm_instance_table_index(instance, table);
    uint64_t have = instance->elems_dropped[segment] ? 0 : e->count;

    if (!wasm_inside(from, count, have) || !wasm_inside(to, count, t->view.size))
        return WASM_TRAP_TABLE;
    for (uint64_t i = 0; i < count; i++)
        t->view.base[to + i] = element(instance, e, (uint32_t)(from + i));
    return WASM_TRAP_NONE;
}

enum wasm_trap wasm_data_init(struct wasm_instance *instance, uint32_t memory, uint32_t segment,
                              uint64_t to, uint64_t from, uint64_t size)
{
    const struct wasm_data *d = &instance->module->decoded.datas[segment];
    struct wasm_memory *m = wasm_instance_memory_index(instance, memory);
    uint64_t have = instance->datas_dropped[segment] ? 0 : d->bytes.size;

    if (!wasm_inside(from, size, have) || !wasm_inside(to, size, m->view.size))
        return WASM_TRAP_MEMORY;
    if (size != 0)
        memcpy(m->view.base + to, d->bytes.data + from, size);
    return WASM_TRAP_NONE;
}
