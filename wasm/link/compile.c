/* compile.c: which functions of a module are compiled when, and by whom. Each passes
 * the checks of runtime/code.c before it is placed, whatever is done here. */
#include "wasm/cache/cache.h"
#include "wasm/runtime/runtime.h"

struct wasm_worker {
    struct wasm_module *module;
    struct arena arena;
};

enum err wasm_worker_new(struct wasm_worker **out, struct wasm_module *module)
{
    struct wasm_worker *w = wasm_heap_take(&module->engine->host, sizeof *w);

    if (w == NULL)
        return ERR_NOMEM;
    w->module = module;
    arena_init(&w->arena, wasm_heap_source(&module->engine->host), 0);
    *out = w;
    return ERR_OK;
}

enum err wasm_worker_compile(struct wasm_worker *worker, uint32_t function, struct wasm_note *note)
{
    if (worker->module->code.sealed)
        return ERR_USAGE;
    return wasm_code_compile(&worker->module->code, function, &worker->arena, note);
}

void wasm_worker_free(struct wasm_worker *worker)
{
    if (worker == NULL)
        return;
    arena_done(&worker->arena);
    wasm_heap_give(&worker->module->engine->host, worker, sizeof *worker);
}

uint32_t wasm_module_function_count(const struct wasm_module *module) { return module->code.count; }

/* All that is not there yet, one after the other. */
static enum err compile_rest(struct wasm_module *module, struct wasm_note *note)
{
    struct arena arena;
    enum err e = ERR_OK;

    if ((module->engine->config & WASM_CONFIG_LAZY) != 0)
        return ERR_OK;
    arena_init(&arena, wasm_heap_source(&module->engine->host), 0);
    for (uint32_t i = 0; i < module->code.count && e == ERR_OK; i++)
        e = wasm_code_compile(&module->code, i, &arena, note);
    arena_done(&arena);
    return e;
}

enum err wasm_module_compile(struct wasm_module *module, struct wasm_note *note)
{
    if (!module->decoded.validated)
        return ERR_USAGE;
    if (module->code.sealed)
        return ERR_OK;
    TRY(compile_rest(module, note));
    return wasm_code_seal(&module->code, note);
}

enum err wasm_module_compile_cached(struct wasm_module *module, const struct wasm_cache *cache,
                                    struct wasm_note *note)
{
    if (!module->decoded.validated || module->code.sealed)
        return ERR_USAGE;
    if ((module->engine->config & WASM_CONFIG_LAZY) != 0)
        return wasm_module_compile(module, note);
    if (!wasm_cache_load(module, cache)) {
        TRY(compile_rest(module, note));
        wasm_cache_store(module, cache);
    }
    return wasm_code_seal(&module->code, note);
}
