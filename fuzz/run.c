/* Our side of fuzz/differential: instantiates each module and calls its exports.
 *
 * usage: fuzz-run CONFIG MODULE...     CONFIG: words of cli/config.c with commas, or "native"
 *
 * Prints `# MODULE`, then a line for each exported function without parameters: its name and
 * `i32:N`, `i64:N` (floats and vectors: their bits) or `trap:CLASS`, as fuzz/node-run.mjs does
 * for V8. Imported functions do nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/config.h"
#include "exec/fault.h"
#include "exec/memory.h"
#include "include/broch/wasm.h"

static const char *const trap_classes[WASM_TRAP_COUNT] = {
    [WASM_TRAP_UNREACHABLE] = "unreachable",
    [WASM_TRAP_MEMORY] = "memory",
    [WASM_TRAP_TABLE] = "table",
    [WASM_TRAP_INDIRECT_NULL] = "indirect",
    [WASM_TRAP_INDIRECT_TYPE] = "indirect",
    [WASM_TRAP_UNDEFINED_ELEMENT] = "indirect",
    [WASM_TRAP_DIVIDE_BY_ZERO] = "divide",
    [WASM_TRAP_INTEGER_OVERFLOW] = "convert",
    [WASM_TRAP_INVALID_CONVERSION] = "convert",
    [WASM_TRAP_STACK] = "stack",
};

/* "native": as it is. */
static uint64_t config_parse(const char *words)
{
    struct config config = { 0 };
    struct note note = { 0 };

    if (strcmp(words, "native") != 0 &&
        config_add(&config, words, CONFIG_FOR_ENGINEERS, &note) != ERR_OK) {
        fprintf(stderr, "fuzz-run: %s\n", note.text);
        exit(64);
    }
    return config_word(&config);
}

static enum wasm_trap nothing(void *context, struct wasm_instance *caller, union wasm_value *slots)
{
    (void)context;
    (void)caller;
    memset(slots, 0, sizeof *slots);
    return WASM_TRAP_NONE;
}

static struct bytes file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(64u << 20);
    size_t size;

    if (file == NULL || data == NULL) {
        perror(path);
        exit(66);
    }
    size = fread(data, 1, 64u << 20, file);
    fclose(file);
    return (struct bytes){ data, size };
}

static void call(struct wasm_store *store, struct wasm_instance *instance,
                 struct wasm_extern_type export)
{
    union wasm_value slots[16] = { 0 };
    struct wasm_function *function = wasm_instance_function(instance, export.name);
    enum wasm_type result =
        export.signature.result_count == 0 ? WASM_NONE : export.signature.results[0];
    enum err e;

    if (export.signature.param_count != 0 || export.signature.result_count > COUNT_OF(slots))
        return;
    e = wasm_function_call(function, slots);
    printf("%.*s", (int)export.name.size, (const char *)export.name.data);
    if (e == ERR_TRAP) {
        enum wasm_trap trap = wasm_store_trap(store)->trap;

        printf(" trap:%s", trap_classes[trap] == NULL ? wasm_trap_text(trap) : trap_classes[trap]);
    } else if (e != ERR_OK) {
        printf(" error:%d", (int)e);
    } else if (result == WASM_V128) {
        printf(" v128:%016llx%016llx", (unsigned long long)slots[0].words[1],
               (unsigned long long)slots[0].words[0]);
    } else if (result == WASM_I64 || result == WASM_F64) {
        printf(" %s:%llu", result == WASM_I64 ? "i64" : "f64", (unsigned long long)slots[0].i64);
    } else if (result != WASM_NONE) {
        printf(" %s:%u", result == WASM_F32 ? "f32" : "i32", slots[0].i32);
    }
    putchar('\n');
}

static enum err run(struct wasm_engine *engine, struct bytes raw, struct wasm_note *note)
{
    struct wasm_store_limits limits = { .stack_size = 8u << 20, .fuel = 1000000000 };
    struct wasm_module *module = NULL;
    struct wasm_store *store = NULL;
    struct wasm_linker *linker = NULL;
    struct wasm_instance *instance = NULL;
    enum err e = wasm_module_new(&module, engine, raw, note);

    if (e == ERR_OK)
        e = wasm_module_compile(module, note);
    if (e == ERR_OK)
        e = wasm_store_new(&store, engine, &limits);
    if (e == ERR_OK)
        e = wasm_linker_new(&linker, store);
    for (uint32_t i = 0; e == ERR_OK && i < wasm_module_import_count(module); i++) {
        struct wasm_extern_type import = wasm_module_import(module, i);

        if (import.kind == WASM_EXTERN_FUNCTION)
            e = wasm_linker_function(linker, import.module, import.name, import.signature, nothing,
                                     NULL);
    }
    if (e == ERR_OK)
        e = wasm_instance_new(&instance, linker, module, note);
    for (uint32_t i = 0; e == ERR_OK && i < wasm_module_export_count(module); i++) {
        struct wasm_extern_type export = wasm_module_export(module, i);

        if (export.kind == WASM_EXTERN_FUNCTION)
            call(store, instance, export);
    }
    wasm_linker_free(linker);
    wasm_store_free(store);
    wasm_module_free(module);
    return e;
}

int main(int argc, char **argv)
{
    struct wasm_engine *engine = NULL;
    struct wasm_host host;

    if (argc < 3) {
        fputs("usage: fuzz-run CONFIG MODULE...\n", stderr);
        return 64;
    }
    memory_host(&host, UINT64_MAX);
    if (fault_take() != ERR_OK ||
        wasm_engine_new(&engine, &host, config_parse(argv[1])) != ERR_OK) {
        fputs("fuzz-run: the engine does not start\n", stderr);
        return 70;
    }
    for (int i = 2; i < argc; i++) {
        struct wasm_note note = { 0 };
        struct bytes raw = file_read(argv[i]);

        printf("# %s\n", argv[i]);
        fflush(stdout);
        if (run(engine, raw, &note) != ERR_OK)
            printf("refused: %s: %s\n", note.rule, note.detail);
        fflush(stdout);
        free((void *)(uintptr_t)raw.data);
    }
    wasm_engine_free(engine);
    return 0;
}
