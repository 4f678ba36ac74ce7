#include "wasm/runtime/frame.h"

_Static_assert(COUNT_OF(((struct wasm_trap_report *)0)->frames) == LIMIT_BACKTRACE, "limits.h");

/* The site of a frame, whatever its kind; also for one without (a lazy stub's caller
 * has a call's). The module offset of the function's body stands in then. */
static struct wasm_site_entry site_of(const struct frame_walk *w)
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

static bool is_return_address(const struct frame_walk *w, uint64_t pc)
{
    struct frame_walk caller = { .store = w->store, .pc = pc, .region = w->region };
    struct wasm_site_entry site;

    switch (frame_find(&caller)) {
    case FRAME_ENTRY: return true;
    case FRAME_GUEST:
        return wasm_code_site(&site, caller.region, caller.function, pc, WASM_SITE_CALL);
    default: return false;
    }
}

/* A stack check fails before the frame is made: the return address is still
 * on top, or above the registers pushed so far. */
static bool leave_unmade(struct frame_walk *w)
{
    for (uint64_t at = w->sp; at <= w->sp + 4 * 8; at += 8) {
        uint64_t pc;

        if (frame_word(&pc, w, at) && is_return_address(w, pc)) {
            w->pc = pc;
            w->sp = at + 8;
            w->at_pc = false;
            return true;
        }
    }
    return frame_leave(w);
}

static void report_frames(struct wasm_trap_report *report, struct frame_walk *w)
{
    while (frame_find(w) == FRAME_GUEST) {
        const struct wasm_decoded *m = &w->region->module->decoded;
        uint32_t function = m->imported_func_count + w->function;
        struct wasm_site_entry site = site_of(w);

        if (report->frame_count == LIMIT_BACKTRACE) {
            report->frames_cut = true;
            return;
        }
        report->frames[report->frame_count++] = (struct wasm_frame){
            .function = function,
            .offset = site.offset,
            .name = wasm_decoded_function_name(m, function),
            .module = m->module_name,
        };
        if (!(site.kind == WASM_SITE_TRAP && site.trap == WASM_TRAP_STACK ? leave_unmade(w)
                                                                          : frame_leave(w)))
            return;
    }
}

void wasm_trap_record(struct wasm_store *store, enum wasm_trap trap, uint64_t pc, uint64_t sp,
                      bool at_pc)
{
    struct frame_walk w = { .store = store, .pc = pc, .sp = sp, .at_pc = at_pc };

    store->report.trap = trap;
    store->report.frame_count = 0;
    store->report.frames_cut = false;
    if (pc != 0)
        report_frames(&store->report, &w);
}

void wasm_trap_taken(struct wasm_context *context, uint64_t pc, uint64_t sp, int fault)
{
    struct wasm_store *store = wasm_store_of(context);
    struct frame_walk w = { .store = store, .pc = pc, .sp = sp, .at_pc = fault != 0 };
    enum wasm_trap trap = WASM_TRAP_UNREACHABLE;

    if (frame_find(&w) == FRAME_GUEST)
        trap = site_of(&w).trap;
    if (trap == WASM_TRAP_NONE)
        trap = WASM_TRAP_MEMORY; /* what a fault is where its site says nothing else */
    /* Function entries and loops look at one word for both. */
    if ((trap == WASM_TRAP_STACK || trap == WASM_TRAP_INTERRUPTED) &&
        wasm_store_take_interrupt(store, context))
        trap = WASM_TRAP_INTERRUPTED;
    wasm_trap_record(store, trap, pc, sp, fault != 0);
}
