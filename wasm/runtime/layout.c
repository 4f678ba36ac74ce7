#include "base/num.h"
#include "wasm/abi.h"
#include "wasm/module.h"

/* Reserves an array; the offset of its first byte. Past 2^31 `at` stays there. */
static uint32_t place(uint64_t *at, uint64_t count, uint64_t size, uint64_t unit)
{
    uint64_t start = (*at + unit - 1) & ~(unit - 1);

    *at = start + count * size; /* counts are 32-bit, sizes small: no overflow */
    return (uint32_t)start;
}

enum err wasm_layout_of(struct wasm_layout *out, const struct wasm_decoded *m)
{
    struct wasm_layout l = { 0 };
    uint32_t functions = m->func_count - m->imported_func_count;
    uint32_t globals = m->global_count - m->imported_global_count;
    uint64_t at = sizeof(struct wasm_context);

    l.memories = place(&at, m->memory_count, 8, 8);
    l.tables = place(&at, m->table_count, 8, 8);
    l.tags = place(&at, m->tag_count, 8, 8);
    l.global_pointers = place(&at, m->imported_global_count, 8, 8);
    l.globals = place(&at, globals, sizeof(union wasm_value), 16);
    l.signatures = place(&at, m->type_count, 4, 8);
    l.imports = place(&at, m->imported_func_count, 8, 8);
    l.functions = place(&at, functions, sizeof(struct wasm_function), 8);
    at = (at + 15) & ~(uint64_t)15;
    if (at > INT32_MAX)
        return ERR_LIMIT;
    l.size = (uint32_t)at;
    *out = l;
    return ERR_OK;
}
