/* backtrace.c: the frames of a trap's report. It reads the guest's stack and changes
 * nothing but the report: what it gets wrong is a line of text. */
#include "wasm/runtime/frame.h"

_Static_assert(COUNT_OF(((struct wasm_trap_report *)0)->frames) == LIMIT_BACKTRACE, "limits.h");

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

void wasm_backtrace(struct wasm_trap_report *report, struct frame_walk *w)
{
    while (frame_find(w) == FRAME_GUEST) {
        const struct wasm_decoded *m = &w->region->module->decoded;
        uint32_t function = m->imported_func_count + w->function;
        struct wasm_site_entry site = wasm_trap_site(w);

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
