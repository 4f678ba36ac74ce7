/* link.c: the WASI functions, as a linker wants them. */
#include <stdlib.h>

#include "exec/wasi/call.h"

#define PARAMETERS_MAX 9

static const struct {
    const char *name;
    const char *parameters;
    wasi_function function;
} functions[] = {
#define WASI_CALL(name, parameters) { #name, parameters, wasi_##name },
#include "exec/wasi/calls.def"
#undef WASI_CALL
};
#define FUNCTION_COUNT (sizeof functions / sizeof functions[0])
_Static_assert(FUNCTION_COUNT == 46, "preview 1 has 46 functions");

struct wasi_bound {
    struct wasi *wasi;
    wasi_function function;
    bool old;
    bool no_result;
};

static enum wasm_trap enter(void *context, struct wasm_instance *caller, union wasm_value *slots)
{
    const struct wasi_bound *b = context;
    struct wasi_call c = {
        .wasi = b->wasi,
        .memory = wasm_instance_memory0(caller),
        .args = slots,
        .old = b->old,
    };
    enum wasi_errno e = b->function(&c);

    if (c.trap != WASM_TRAP_NONE)
        return c.trap;
    if (b->wasi->stop != NULL && *b->wasi->stop != 0)
        return WASM_TRAP_INTERRUPTED;
    if (!b->no_result)
        slots[0] = (union wasm_value){ .words = { (uint32_t)e, 0 } };
    return WASM_TRAP_NONE;
}

wasi_function wasi_find(const char *name)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].function;
    return NULL;
}

static enum err link_as(struct wasi_bound *bound, struct wasm_linker *linker, struct bytes module)
{
    static const uint8_t result = WASM_I32;

    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        const char *name = functions[i].name;
        uint8_t types[PARAMETERS_MAX];
        uint32_t count = (uint32_t)strlen(functions[i].parameters);
        struct wasm_signature s = {
            .params = types,
            .results = &result,
            .param_count = count,
            .result_count = bound[i].no_result ? 0 : 1,
        };

        for (uint32_t p = 0; p < count; p++)
            types[p] = functions[i].parameters[p] == 'I' ? WASM_I64 : WASM_I32;
        TRY(wasm_linker_function(linker, module,
                                 (struct bytes){ (const uint8_t *)name, strlen(name) }, s, enter,
                                 &bound[i]));
    }
    return ERR_OK;
}

enum err wasi_link(struct wasi *w, struct wasm_linker *linker)
{
    if (w->bound == NULL)
        w->bound = calloc(2 * FUNCTION_COUNT, sizeof *w->bound);
    if (w->bound == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < 2 * FUNCTION_COUNT; i++)
        w->bound[i] = (struct wasi_bound){
            .wasi = w,
            .function = functions[i % FUNCTION_COUNT].function,
            .old = i >= FUNCTION_COUNT,
            .no_result = functions[i % FUNCTION_COUNT].function == wasi_proc_exit,
        };
    TRY(link_as(w->bound, linker, BYTES_TEXT("wasi_snapshot_preview1")));
    return link_as(w->bound + FUNCTION_COUNT, linker, BYTES_TEXT("wasi_unstable"));
}
