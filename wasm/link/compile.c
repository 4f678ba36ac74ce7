/* compile.c: which functions of a module are compiled when, and by whom. Each passes
 * the checks of runtime/code.c before it is placed, whatever is done here. */
#include "wasm/compile.h"
#include "wasm/cache/cache.h"
#include "wasm/runtime/runtime.h"

/* The ceiling belongs to the function, not to the worker: a large one before it
 * must not lend it memory, or the outcome would depend on the order. */
static void arena_prepare(struct arena *arena, const struct wasm_func *f)
{
    size_t ceiling =
        num_min(LIMIT_COMPILE_MOST, LIMIT_COMPILE_FLOOR + f->body.size * LIMIT_COMPILE_PER_BYTE);

    arena_reset(arena);
    if (arena->held > LIMIT_COMPILE_FLOOR)
        arena_done(arena);
    arena->ceiling = ceiling;
}

/* The arena's own source, asked through a record of whether it refused. */
struct noted_source {
    struct arena_source source;
    bool refused;
};

static void *noted_take(void *context, size_t size)
{
    struct noted_source *n = context;
    void *at = n->source.take(n->source.context, size);

    n->refused |= at == NULL;
    return at;
}

static void noted_give(void *context, void *chunk, size_t size)
{
    struct noted_source *n = context;

    n->source.give(n->source.context, chunk, size);
}

/* A function that hits its own ceiling is refused by a limit; only where the host
 * gives nothing is memory short. */
static enum err compile_within(struct wasm_code *code, const struct wasm_unit *unit, uint32_t index,
                               struct arena *arena, struct wasm_note *note)
{
    struct noted_source noted = { .source = arena->source };
    enum err e;

    arena->source = (struct arena_source){ noted_take, noted_give, &noted };
    e = wasm_compile_function(code, unit, index, arena, note);
    arena->source = noted.source;
    if (e != ERR_NOMEM || noted.refused)
        return e;
    if (note != NULL)
        *note = (struct wasm_note){ .function = index };
    return note_at(note, ERR_LIMIT, unit->module->funcs[index].body_offset, "compile memory",
                   "this function needs more than its size allows for");
}

enum err wasm_code_compile(struct wasm_code_region *r, uint32_t function, struct arena *arena,
                           struct wasm_note *note)
{
    const struct wasm_decoded *m = &r->module->decoded;
    const struct wasm_unit unit = { m, &r->module->layout, r->module->engine->config };
    struct wasm_code code = { 0 };
    uint32_t index;

    if (!m->validated || function >= r->count)
        return ERR_USAGE;
    if (__atomic_load_n(&r->pieces[function], __ATOMIC_ACQUIRE) != NULL ||
        r->functions[function].size != 0)
        return ERR_OK;
    index = m->imported_func_count + function;
    arena_prepare(arena, &m->funcs[index]);
    TRY(compile_within(&code, &unit, index, arena, note));
    arena->ceiling = SIZE_MAX; /* its table is packed there: less than it has taken already */
    return wasm_code_put(r, function, &code, arena, note);
}

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
