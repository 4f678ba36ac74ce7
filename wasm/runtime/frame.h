/* frame.h: walking the guest's stack, from a pc and its frame outwards.
 *
 * Frames have no links: the function that holds the pc says how large its frame
 * is and which registers it pushed. The walk ends where the guest was entered
 * from C, and at anything that does not look like one of our frames. */
#ifndef BROCH_WASM_RUNTIME_FRAME_H
#define BROCH_WASM_RUNTIME_FRAME_H

#include "wasm/runtime/runtime.h"

enum frame_end { FRAME_GUEST, FRAME_ENTRY, FRAME_UNKNOWN };

struct frame_walk {
    const struct wasm_store *store;
    uint64_t pc; /* a return address, or (at_pc) an instruction of its own */
    uint64_t sp; /* the frame's rsp */
    bool at_pc;
    uint64_t rbx, rbp, r12, r13; /* as the frame has them */
    /* By frame_find: */
    const struct wasm_code_region *region;
    uint32_t function; /* imports not counted */
};

/* Looks up the function of pc. */
enum frame_end frame_find(struct frame_walk *w);
/* Goes to the caller of the found frame; false where the stack does not allow it. */
bool frame_leave(struct frame_walk *w);
/* The word at an address of the guest's stack; false where it is none. */
bool frame_word(uint64_t *out, const struct frame_walk *w, uint64_t at);

/* trap.c: the site of a frame, whatever its kind; also for one without (a lazy stub's caller
 * has a call's). The module offset of the function's body stands in then. */
struct wasm_site_entry wasm_trap_site(const struct frame_walk *w);
/* link/backtrace.c: the frames from here outwards. */
void wasm_backtrace(struct wasm_trap_report *report, struct frame_walk *w);

#endif
