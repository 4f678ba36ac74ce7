/* Covers: ir_build ir_check opt_run scan_body fold locals flow try */
#include <stdlib.h>

#include "wasm/ir/ir.h"

/* A module that validates is built, in several configurations, into IR that keeps
 * every rule, before and after optimisation, or refused for want of memory. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void give(void *context, void *at, size_t size)
{
    (void)context;
    (void)size;
    free(at);
}

static void build(const struct wasm_decoded *m, uint32_t function, uint64_t config,
                  struct arena *arena)
{
    struct wasm_unit unit = { .module = m, .config = config };
    struct wasm_note note = { 0 };
    struct ir_func f;
    enum err err = ir_build(&f, &unit, function, arena, &note);

    if (err == ERR_NOMEM || err == ERR_LIMIT)
        return;
    if (err != ERR_OK || ir_check(&f, arena) != NULL)
        abort();
    err = opt_run(&f, &note);
    if (err == ERR_NOMEM)
        return;
    if (err != ERR_OK || ir_check(&f, arena) != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t configs[] = { 0, WASM_CONFIG_NO_OPTIMIZE,
                                        WASM_CONFIG_EXPLICIT | WASM_CONFIG_FUEL |
                                            WASM_CONFIG_INTERRUPT | WASM_CONFIG_DETERMINISTIC };
    struct arena_source source = { take, give, NULL };
    struct arena module, scratch;
    struct wasm_decoded m;
    struct wasm_note note = { 0 };

    arena_init(&module, source, (size_t)64 << 20);
    arena_init(&scratch, source, (size_t)64 << 20);
    if (wasm_decode(&m, (struct bytes){ data, size }, &module, &note) == ERR_OK &&
        wasm_validate(&m, &scratch, &note) == ERR_OK) {
        for (uint32_t i = m.imported_func_count; i < m.func_count; i++)
            for (size_t c = 0; c < sizeof configs / sizeof *configs; c++) {
                arena_reset(&scratch);
                build(&m, i, configs[c], &scratch);
            }
    }
    arena_done(&scratch);
    arena_done(&module);
    return 0;
}
