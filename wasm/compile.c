#include "wasm/compile.h"

#include "wasm/ir/ir.h"
#include "wasm/note.h"
#include "wasm/x86_64/mach.h"

static enum err allocate(struct mach_func *m, uint64_t config, struct wasm_note *note)
{
    return config & WASM_CONFIG_NAIVE_ALLOC ? mach_alloc_naive(m, note) : mach_alloc(m, note);
}

static enum err optimize(struct ir_func *f, struct wasm_note *note)
{
    if (!(f->unit->config & WASM_CONFIG_NO_OPTIMIZE))
        TRY(opt_run(f, note));
    return ir_clean(f);
}

enum err wasm_compile_function(struct wasm_code *out, const struct wasm_unit *unit,
                               uint32_t function, struct arena *arena, struct wasm_note *note)
{
    struct ir_func f;
    struct mach_func m;

    TRY(ir_build(&f, unit, function, arena, note));
    TRY(optimize(&f, note));
    TRY(mach_lower(&m, &f, note));
    TRY(allocate(&m, unit->config, note));
    return mach_emit(out, &m, note);
}

enum err wasm_compile_dump(const struct wasm_unit *unit, uint32_t function, struct arena *arena,
                           const struct wasm_dump *dump, struct wasm_note *note)
{
    struct ir_func f;
    struct mach_func m;

    TRY(ir_build(&f, unit, function, arena, note));
    if (dump->stage == WASM_STAGE_IR) {
        ir_print(&f, dump);
        return ERR_OK;
    }
    TRY(optimize(&f, note));
    if (dump->stage == WASM_STAGE_OPTIMIZED) {
        ir_print(&f, dump);
        return ERR_OK;
    }
    TRY(mach_lower(&m, &f, note));
    if (dump->stage == WASM_STAGE_ALLOCATED)
        TRY(allocate(&m, unit->config, note));
    mach_print(&m, dump);
    return ERR_OK;
}
