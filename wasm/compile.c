#include "wasm/compile.h"

#include "base/num.h"
#include "wasm/ir/ir.h"
#include "wasm/note.h"
#include "wasm/x86_64/mach.h"

/* From this many bytes of body on, a function's stages get memory of their own,
 * which is given back as soon as the next stage has what it needs. */
enum { LARGE_BODY = 8192 };

static enum err allocate(struct mach_func *m, uint64_t config, struct wasm_note *note)
{
    return config & WASM_CONFIG_NAIVE_ALLOC ? mach_alloc_naive(m, note) : mach_alloc(m, note);
}

static enum err build(struct ir_func *f, const struct wasm_unit *unit, uint32_t function,
                      struct arena *arena, struct wasm_note *note)
{
    TRY(ir_build(f, unit, function, arena, note));
    if (!(unit->config & WASM_CONFIG_NO_OPTIMIZE))
        TRY(opt_run(f, note));
    return ir_clean(f);
}

/* --- Large functions */

static void stage_begin(struct arena *stage, const struct arena *whole)
{
    arena_init(stage, whole->source, whole->ceiling - whole->held);
}

static void stage_end(struct arena *stage, struct arena *whole)
{
    whole->peak = num_max(whole->peak, whole->held + stage->held);
    arena_done(stage);
}

/* The IR is gone when this returns: m->ir keeps its unit and index. */
static enum err lower_staged(struct mach_func *m, struct ir_func *f, const struct wasm_unit *unit,
                             uint32_t function, struct arena *arena, struct wasm_note *note)
{
    size_t ceiling = arena->ceiling, rest;
    struct arena stage;
    enum err e;

    stage_begin(&stage, arena);
    e = build(f, unit, function, &stage, note);
    if (e == ERR_OK) {
        /* Both grow now: the result, and what lowering needs beside the IR. */
        rest = ceiling - arena->held - stage.held;
        stage.ceiling = stage.held + rest / 4;
        arena->ceiling = arena->held + (rest - rest / 4);
        e = mach_lower(m, f, arena, note);
        arena->ceiling = ceiling;
    }
    stage_end(&stage, arena);
    return e;
}

/* What allocation leaves behind is copied out of its stage. */
static enum err keep_moves(struct mach_func *m, struct arena *arena, struct wasm_note *note)
{
    struct mach_move *moves = arena_array(arena, m->move_count, sizeof *moves);

    if (moves == NULL)
        return note_at(note, ERR_NOMEM, 0, "compile memory", "moves");
    for (uint32_t i = 0; i < m->move_count; i++)
        moves[i] = m->moves[i];
    m->moves = moves;
    return ERR_OK;
}

static enum err allocate_staged(struct mach_func *m, uint64_t config, struct arena *arena,
                                struct wasm_note *note)
{
    struct arena stage;
    enum err e;

    stage_begin(&stage, arena);
    stage.ceiling -= stage.ceiling / 4; /* the rest is for the copy of the moves */
    m->arena = &stage;
    e = allocate(m, config, note);
    m->arena = arena;
    if (e == ERR_OK)
        e = keep_moves(m, arena, note);
    stage_end(&stage, arena);
    return e;
}

enum err wasm_compile_function(struct wasm_code *out, const struct wasm_unit *unit,
                               uint32_t function, struct arena *arena, struct wasm_note *note)
{
    struct ir_func f;
    struct mach_func m;

    if (unit->module->funcs[function].body.size >= LARGE_BODY) {
        TRY(lower_staged(&m, &f, unit, function, arena, note));
        TRY(allocate_staged(&m, unit->config, arena, note));
    } else {
        TRY(build(&f, unit, function, arena, note));
        TRY(mach_lower(&m, &f, arena, note));
        TRY(allocate(&m, unit->config, note));
    }
    TRY(mach_emit(out, &m, note));
    if (unit->config & WASM_CONFIG_NO_VERIFY)
        return ERR_OK;
    return wasm_verify_function(unit, function, out, arena, note);
}
