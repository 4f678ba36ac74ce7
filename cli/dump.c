#include "cli/dump.h"

static enum err dump_allocated(struct ir_func *f, struct arena *arena, struct wasm_note *note)
{
    struct mach_func m;

    TRY(mach_lower(&m, f, arena, note));
    TRY(f->unit->config & WASM_CONFIG_NAIVE_ALLOC ? mach_alloc_naive(&m, note)
                                                  : mach_alloc(&m, note));
    dump_machine(&m);
    return ERR_OK;
}

enum err dump_function(const struct wasm_unit *unit, uint32_t function, enum dump_stage stage,
                       struct arena *arena, struct wasm_note *note)
{
    struct ir_func f;

    TRY(ir_build(&f, unit, function, arena, note));
    if (stage != DUMP_BUILT) {
        if (!(unit->config & WASM_CONFIG_NO_OPTIMIZE))
            TRY(opt_run(&f, note));
        TRY(ir_clean(&f));
    }
    if (stage == DUMP_ALLOCATED)
        return dump_allocated(&f, arena, note);
    dump_ir(&f);
    return ERR_OK;
}
