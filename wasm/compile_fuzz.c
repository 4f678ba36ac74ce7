/* Covers: wasm_compile_function mach_lower mach_alloc mach_alloc_naive mach_emit opt_run
 * wasm_verify_function mach_alloc_check */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "wasm/compile.h"
#include "wasm/ir/ir.h"
#include "wasm/x86_64/mach.h"

/* Whatever validates compiles, in every configuration, to code that the verifier accepts, or is
 * refused by a limit; within the memory that its size allows; to the same bytes each time; and
 * where memory ends earlier, it is refused and nothing else happens. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUNCTIONS_MOST = 8, STEPS_MOST = 12 };

static const uint64_t configs[] = {
    WASM_CONFIG_SSE41,
    WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_FMA | WASM_CONFIG_BMI |
        WASM_CONFIG_POPCNT,
    WASM_CONFIG_SSE41 | WASM_CONFIG_NO_OPTIMIZE | WASM_CONFIG_NAIVE_ALLOC,
    WASM_CONFIG_SSE41 | WASM_CONFIG_EXPLICIT | WASM_CONFIG_FUEL | WASM_CONFIG_INTERRUPT |
        WASM_CONFIG_DETERMINISTIC,
};

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

static const struct arena_source source = { take, give, NULL };

static size_t ceiling_of(const struct wasm_unit *unit, uint32_t function)
{
    size_t size = unit->module->funcs[function].body.size;

    return num_min(LIMIT_COMPILE_MOST, LIMIT_COMPILE_FLOOR + size * LIMIT_COMPILE_PER_BYTE);
}

/* The only ends there are. */
static bool refused(enum err e)
{
    if (e != ERR_OK && e != ERR_NOMEM && e != ERR_LIMIT)
        abort();
    return e != ERR_OK;
}

static void same(const struct wasm_code *a, const struct wasm_code *b)
{
    if (a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0 ||
        a->site_count != b->site_count || a->reloc_count != b->reloc_count ||
        a->frame_size != b->frame_size || a->saved != b->saved)
        abort();
}

static void verify(const struct wasm_unit *unit, uint32_t function, const struct wasm_code *code)
{
    struct wasm_note note = { 0 };
    struct arena scratch;

    arena_init(&scratch, source, (size_t)256 << 20);
    if (wasm_verify_function(unit, function, code, &scratch, &note) == ERR_INVALID)
        abort();
    arena_done(&scratch);
}

/* With less and less memory: every place that can run out of it, does. */
static void starve(const struct wasm_unit *unit, uint32_t function, size_t peak)
{
    for (size_t ceiling = peak, i = 0; ceiling > 0 && i < STEPS_MOST; i++) {
        struct wasm_note note = { 0 };
        struct wasm_code code = { 0 };
        struct arena arena;

        ceiling = ceiling > 128 << 10 ? ceiling - ceiling / 4 : ceiling / 2;
        arena_init(&arena, source, ceiling);
        (void)refused(wasm_compile_function(&code, unit, function, &arena, &note));
        if (arena.peak > ceiling)
            abort();
        arena_done(&arena);
    }
}

/* The allocation, replayed by a checker that shares nothing with the allocator. */
static void check_allocation(const struct wasm_unit *unit, uint32_t function)
{
    struct mach_instr *before;
    struct wasm_note note = { 0 };
    struct mach_func m;
    struct arena arena;
    struct ir_func f;

    arena_init(&arena, source, (size_t)256 << 20);
    if (!refused(ir_build(&f, unit, function, &arena, &note)) && !refused(opt_run(&f, &note)) &&
        !refused(ir_clean(&f)) && !refused(mach_lower(&m, &f, &arena, &note))) {
        before = arena_array(&arena, m.code_count + 1, sizeof *before);
        for (uint32_t i = 0; before != NULL && i < m.code_count; i++)
            before[i] = m.code[i];
        if (before != NULL && !refused(mach_alloc(&m, &note)) &&
            mach_alloc_check(&m, before, &arena) != NULL)
            abort();
    }
    arena_done(&arena);
}

static void compile(const struct wasm_unit *unit, uint32_t function, bool starved)
{
    struct wasm_note note = { 0 };
    struct wasm_code first = { 0 }, again = { 0 };
    struct arena arena, other;

    arena_init(&arena, source, ceiling_of(unit, function));
    arena_init(&other, source, ceiling_of(unit, function));
    if (!refused(wasm_compile_function(&first, unit, function, &arena, &note))) {
        if (refused(wasm_compile_function(&again, unit, function, &other, &note)))
            abort();
        same(&first, &again);
        verify(unit, function, &first);
    }
    if (starved) {
        starve(unit, function, arena.peak);
        check_allocation(unit, function);
    }
    arena_done(&other);
    arena_done(&arena);
}

static void compile_all(const struct wasm_decoded *m)
{
    uint32_t end = (uint32_t)num_min(m->func_count, m->imported_func_count + FUNCTIONS_MOST);
    struct wasm_layout layout = { 0 };

    if (wasm_layout_of(&layout, m) != ERR_OK)
        return;
    for (uint32_t i = m->imported_func_count; i < end; i++)
        for (size_t c = 0; c < COUNT_OF(configs); c++) {
            struct wasm_unit unit = { m, &layout, configs[c] };

            compile(&unit, i, i == m->imported_func_count);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena module, scratch;
    struct wasm_decoded m;
    struct wasm_note note = { 0 };

    arena_init(&module, source, (size_t)64 << 20);
    arena_init(&scratch, source, (size_t)64 << 20);
    if (wasm_decode(&m, (struct bytes){ data, size }, &module, &note) == ERR_OK &&
        wasm_validate(&m, &scratch, &note) == ERR_OK)
        compile_all(&m);
    arena_done(&scratch);
    arena_done(&module);
    return 0;
}
