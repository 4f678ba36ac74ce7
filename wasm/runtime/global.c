#include "wasm/runtime/runtime.h"

enum err wasm_global_new(struct wasm_global **out, struct wasm_store *store, enum wasm_type type,
                         bool is_mutable, union wasm_value value)
{
    struct wasm_global *g = wasm_heap_take(&store->engine->host, sizeof *g);

    if (g == NULL)
        return ERR_NOMEM;
    g->own = wasm_value_clean(type, value);
    g->store = store;
    g->value = &g->own;
    g->type = type;
    g->is_mutable = is_mutable;
    g->next = store->globals;
    store->globals = g;
    *out = g;
    return ERR_OK;
}

enum wasm_type wasm_global_type(const struct wasm_global *global) { return global->type; }

union wasm_value wasm_global_get(const struct wasm_global *global)
{
    union wasm_value value = wasm_value_clean(global->type, *global->value);

    if (global->type == WASM_EXNREF)
        wasm_exception_pin(value.exception);
    return value;
}

union wasm_value wasm_value_clean(enum wasm_type type, union wasm_value value)
{
    if (type == WASM_I32 || type == WASM_F32)
        value.words[0] &= UINT32_MAX;
    if (type != WASM_V128)
        value.words[1] = 0;
    return value;
}
