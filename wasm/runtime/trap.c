#include "wasm/runtime/frame.h"

struct wasm_site_entry wasm_trap_site(const struct frame_walk *w)
{
    static const uint8_t kinds[] = { WASM_SITE_TRAP, WASM_SITE_CALL, WASM_SITE_MEMORY };
    const struct wasm_decoded *m = &w->region->module->decoded;
    struct wasm_site_entry site = { 0 };

    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        if ((kinds[i] == WASM_SITE_MEMORY) == w->at_pc &&
            wasm_code_site(&site, w->region, w->function, w->pc, kinds[i]))
            return site;
    site.offset = m->funcs[m->imported_func_count + w->function].body_offset;
    return site;
}

void wasm_trap_record(struct wasm_store *store, enum wasm_trap trap, uint64_t pc, uint64_t sp,
                      bool at_pc)
{
    struct frame_walk w = { .store = store, .pc = pc, .sp = sp, .at_pc = at_pc };

    store->report.trap = trap;
    store->report.frame_count = 0;
    store->report.frames_cut = false;
    if (pc != 0)
        wasm_backtrace(&store->report, &w);
}

void wasm_trap_taken(struct wasm_context *context, uint64_t pc, uint64_t sp, int fault)
{
    struct wasm_store *store = wasm_store_of(context);
    struct frame_walk w = { .store = store, .pc = pc, .sp = sp, .at_pc = fault != 0 };
    enum wasm_trap trap = WASM_TRAP_UNREACHABLE;

    if (frame_find(&w) == FRAME_GUEST)
        trap = wasm_trap_site(&w).trap;
    if (trap == WASM_TRAP_NONE)
        trap = WASM_TRAP_MEMORY; /* what a fault is where its site says nothing else */
    /* Function entries and loops look at one word for both. */
    if ((trap == WASM_TRAP_STACK || trap == WASM_TRAP_INTERRUPTED) &&
        wasm_store_take_interrupt(store, context))
        trap = WASM_TRAP_INTERRUPTED;
    wasm_trap_record(store, trap, pc, sp, fault != 0);
}
