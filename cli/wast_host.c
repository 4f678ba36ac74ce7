#include "cli/wast_host.h"

#include "base/num.h"

#define SPECTEST BYTES_TEXT("spectest")

/* What they print is of no interest to anybody. */
static enum wasm_trap print(void *context, struct wasm_instance *caller, union wasm_value *slots)
{
    (void)context;
    (void)caller;
    (void)slots;
    return WASM_TRAP_NONE;
}

static enum err define_functions(struct wasm_linker *linker)
{
    static const struct {
        struct bytes name;
        uint8_t params[2];
        uint32_t param_count;
    } functions[] = {
        { BYTES_TEXT("print"), { 0 }, 0 },
        { BYTES_TEXT("print_i32"), { WASM_I32 }, 1 },
        { BYTES_TEXT("print_i64"), { WASM_I64 }, 1 },
        { BYTES_TEXT("print_f32"), { WASM_F32 }, 1 },
        { BYTES_TEXT("print_f64"), { WASM_F64 }, 1 },
        { BYTES_TEXT("print_i32_f32"), { WASM_I32, WASM_F32 }, 2 },
        { BYTES_TEXT("print_f64_f64"), { WASM_F64, WASM_F64 }, 2 },
    };

    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        struct wasm_signature g = { functions[i].params, NULL, functions[i].param_count, 0 };

        TRY(wasm_linker_function(linker, SPECTEST, functions[i].name, g, print, NULL));
    }
    return ERR_OK;
}

static enum err define_global(struct wasm_linker *linker, struct wasm_store *store,
                              struct bytes name, enum wasm_type type, union wasm_value value)
{
    struct wasm_global *g;

    TRY(wasm_global_new(&g, store, type, false, value));
    return wasm_linker_global(linker, SPECTEST, name, g);
}

static enum err define_table(struct wasm_linker *linker, struct wasm_store *store,
                             struct bytes name, bool is64)
{
    struct wasm_limits limits = { .least = 10, .most = 20, .has_most = true, .is64 = is64 };
    struct wasm_table *t;

    TRY(wasm_table_new(&t, store, WASM_FUNCREF, limits, (union wasm_value){ 0 }));
    return wasm_linker_table(linker, SPECTEST, name, t);
}

static enum err define_memory(struct wasm_linker *linker, struct wasm_store *store,
                              struct bytes name, bool shared)
{
    struct wasm_limits limits = { .least = 1, .most = 2, .has_most = true, .shared = shared };
    struct wasm_memory *m;

    TRY(wasm_memory_new(&m, store, limits));
    return wasm_linker_memory(linker, SPECTEST, name, m);
}

enum err wast_host_define(struct wasm_linker *linker, struct wasm_store *store)
{
    TRY(define_functions(linker));
    TRY(define_global(linker, store, BYTES_TEXT("global_i32"), WASM_I32,
                      (union wasm_value){ .i32 = 666 }));
    TRY(define_global(linker, store, BYTES_TEXT("global_i64"), WASM_I64,
                      (union wasm_value){ .i64 = 666 }));
    TRY(define_global(linker, store, BYTES_TEXT("global_f32"), WASM_F32,
                      (union wasm_value){ .f32 = 666.6f }));
    TRY(define_global(linker, store, BYTES_TEXT("global_f64"), WASM_F64,
                      (union wasm_value){ .f64 = 666.6 }));
    TRY(define_table(linker, store, BYTES_TEXT("table"), false));
    TRY(define_table(linker, store, BYTES_TEXT("table64"), true));
    TRY(define_memory(linker, store, BYTES_TEXT("memory"), false));
    return define_memory(linker, store, BYTES_TEXT("shared_memory"), true);
}
