/* Linear scan over values in SSA form, with splitting (C. Wimmer, M. Franz,
 * "Linear Scan Register Allocation on SSA Form", CGO 2010; C. Wimmer, H.
 * Mössenböck, "Optimized Interval Splitting in a Linear Scan Register Allocator",
 * VEE 2005). See alloc_scan.h for the passes. */
#include "wasm/x86_64/alloc.h"
#include "wasm/x86_64/alloc_scan.h"

static enum err scan(struct mach_func *f)
{
    struct alloc_scan s = { .f = f, .arena = f->arena };
    uint32_t spare;

    s.values = arena_array(s.arena, (size_t)f->virtual_count + 1, sizeof *s.values);
    s.per_value = arena_array(s.arena, (size_t)f->virtual_count + 1, sizeof *s.per_value);
    if (s.values == NULL || s.per_value == NULL)
        return ERR_NOMEM;
    TRY(alloc_order_compute(&s));
    TRY(alloc_phis_complete(&s));
    TRY(alloc_hints_compute(&s));
    TRY(alloc_live_compute(&s));
    TRY(alloc_scan_run(&s));
    TRY(alloc_slots_place(&s, &spare));
    TRY(alloc_resolve_run(&s, spare));
    f->kept_used = s.kept_used;
    for (uint32_t i = 0; i < f->code_count; i++)
        if (alloc_clobbers(&f->code[i]) & MACH_KEPT)
            f->kept_used = MACH_KEPT;
    return ERR_OK;
}

enum err mach_alloc(struct mach_func *f, struct wasm_note *note)
{
    enum err e = scan(f);

    if (e == ERR_UNSUPPORTED) /* nothing is rewritten yet */
        return mach_alloc_naive(f, note);
    if (e != ERR_OK)
        return note_at(note, e, 0, "function too large", "no room for register allocation");
    return ERR_OK;
}
