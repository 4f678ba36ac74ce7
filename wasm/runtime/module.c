#include <string.h>

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
