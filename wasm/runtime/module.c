#include <string.h>

#include "wasm/cache/cache.h"
#include "wasm/runtime/runtime.h"

enum {
    /* What decoding may take: the largest record for each byte that can call for one. */
    DECODE_PER_BYTE = 160,
    DECODE_FLOOR = 1 << 20,
    VALIDATE_CEILING = 512 << 20, /* LIMIT_OPERANDS and LIMIT_NESTING bound it first */
};

static enum err copy_raw(struct wasm_module *m, struct bytes raw, struct wasm_note *note)
{
    if (raw.size > LIMIT_MODULE_SIZE)
        return note_at(note, ERR_LIMIT, LIMIT_MODULE_SIZE, "module size",
                       "the module is too large");
    m->raw_size = num_max(raw.size, 1);
    m->raw = m->engine->host.heap_take(m->engine->host.context, m->raw_size);
    if (m->raw == NULL)
        return ERR_NOMEM;
    if (raw.size != 0)
        memcpy(m->raw, raw.data, raw.size);
    return ERR_OK;
}

static enum err module_read(struct wasm_module *m, struct bytes raw, struct wasm_note *note)
{
    struct arena scratch;
    enum err e;

    TRY(copy_raw(m, raw, note));
    TRY(wasm_decode(&m->decoded, (struct bytes){ m->raw, raw.size }, &m->arena, note));
    arena_init(&scratch, wasm_heap_source(&m->engine->host), VALIDATE_CEILING);
    e = wasm_validate(&m->decoded, &scratch, note);
    arena_done(&scratch);
    TRY(e);
    TRY(wasm_constexpr_check(&m->decoded, note));
    e = wasm_layout_of(&m->layout, &m->decoded);
    if (e != ERR_OK)
        return note_at(note, e, 0, "instance size", "too many definitions for one instance");
    return wasm_code_init(&m->code, m);
}

enum err wasm_module_new(struct wasm_module **out, struct wasm_engine *engine, struct bytes raw,
                         struct wasm_note *note)
{
    struct wasm_module *m = wasm_heap_take(&engine->host, sizeof *m);
    enum err e;

    if (m == NULL)
        return ERR_NOMEM;
    m->engine = engine;
    arena_init(&m->arena, wasm_heap_source(&engine->host),
               DECODE_FLOOR + num_min(raw.size, LIMIT_MODULE_SIZE) * DECODE_PER_BYTE);
    e = module_read(m, raw, note);
    if (e != ERR_OK) {
        wasm_module_free(m);
        return e;
    }
    *out = m;
    return ERR_OK;
}

void wasm_module_free(struct wasm_module *module)
{
    const struct wasm_host *host;

    if (module == NULL)
        return;
    host = &module->engine->host;
    wasm_code_done(&module->code);
    arena_done(&module->arena);
    wasm_heap_give(host, module->raw, module->raw_size);
    wasm_heap_give(host, module, sizeof *module);
}

/* --- Compiling */

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

/* --- Imports and exports */

struct wasm_extern_type wasm_module_type_of(const struct wasm_module *module, enum wasm_extern kind,
                                            uint32_t index)
{
    const struct wasm_decoded *m = &module->decoded;
    struct wasm_extern_type t = { .kind = kind };

    switch (kind) {
    case WASM_EXTERN_FUNCTION: t.signature = m->types[m->funcs[index].type].signature; break;
    case WASM_EXTERN_TABLE:
        t.type = m->tables[index].type;
        t.limits = m->tables[index].limits;
        break;
    case WASM_EXTERN_MEMORY: t.limits = m->memories[index].limits; break;
    case WASM_EXTERN_GLOBAL:
        t.type = m->globals[index].type;
        t.is_mutable = m->globals[index].is_mutable;
        break;
    case WASM_EXTERN_TAG: t.signature = m->types[m->tags[index]].signature; break;
    }
    return t;
}

uint32_t wasm_module_import_count(const struct wasm_module *module)
{
    return module->decoded.import_count;
}

struct wasm_extern_type wasm_module_import(const struct wasm_module *module, uint32_t index)
{
    const struct wasm_import *i = &module->decoded.imports[index];
    struct wasm_extern_type t = wasm_module_type_of(module, i->kind, i->index);

    t.module = i->module;
    t.name = i->name;
    return t;
}

uint32_t wasm_module_export_count(const struct wasm_module *module)
{
    return module->decoded.export_count;
}

struct wasm_extern_type wasm_module_export(const struct wasm_module *module, uint32_t index)
{
    const struct wasm_export *x = &module->decoded.exports[index];
    struct wasm_extern_type t = wasm_module_type_of(module, x->kind, x->index);

    t.name = x->name;
    return t;
}
