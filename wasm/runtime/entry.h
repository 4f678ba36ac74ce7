/* entry.h: the hand-written crossings between C and compiled code (entry.S).
 *
 * C always runs on the embedder's stack and guest code always on the store's:
 * every crossing here switches. While guest code runs, thread->host_sp is where
 * its wasm_enter left the embedder's stack; while C runs on its behalf,
 * thread->guest_sp is where the guest's stops. This file is read by the
 * assembler too: constants first, C below. */
#ifndef BROCH_WASM_RUNTIME_ENTRY_H
#define BROCH_WASM_RUNTIME_ENTRY_H

#define ENTRY_CONTEXT_MEMORY0 16
#define ENTRY_CONTEXT_THREAD 24
#define ENTRY_THREAD_HOST_SP 0
#define ENTRY_THREAD_GUEST_SP 8

/* struct entry_area */
#define ENTRY_AREA_INTS 0
#define ENTRY_AREA_FLOATS 48
#define ENTRY_AREA_SIZE 176

/* struct entry_resume */
#define ENTRY_RESUME_PC 0
#define ENTRY_RESUME_SP 8
#define ENTRY_RESUME_RAX 16
#define ENTRY_RESUME_RBX 24
#define ENTRY_RESUME_RBP 32
#define ENTRY_RESUME_R12 40
#define ENTRY_RESUME_R13 48
#define ENTRY_RESUME_R14 56
#define ENTRY_RESUME_R15 64

#ifndef __ASSEMBLER__

#include "wasm/abi.h"

/* Argument registers on the way in, result registers on the way out: results
 * take the first two places of each kind. */
struct entry_area {
    uint64_t ints[WASM_ABI_INT_ARGS];        /* rdi rsi rdx rcx r8 r9; rax rdx */
    uint64_t floats[WASM_ABI_FLOAT_ARGS][2]; /* xmm0..xmm7; xmm0 xmm1 */
};

/* What the thunks push below the return address into guest code. */
struct entry_saved {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t pc; /* the return address; the frame that called lies above it */
};

/* What a host function's thunk leaves on the guest's stack. */
struct entry_host_frame {
    struct entry_area area;
    struct entry_saved saved;
};

/* Where to go on after an exception was caught. */
struct entry_resume {
    uint64_t pc, sp, rax, rbx, rbp, r12, r13, r14, r15;
};

_Static_assert(offsetof(struct wasm_context, memory0) == ENTRY_CONTEXT_MEMORY0, "entry.S");
_Static_assert(offsetof(struct wasm_context, thread) == ENTRY_CONTEXT_THREAD, "entry.S");
_Static_assert(offsetof(struct wasm_thread, host_sp) == ENTRY_THREAD_HOST_SP, "entry.S");
_Static_assert(offsetof(struct wasm_thread, guest_sp) == ENTRY_THREAD_GUEST_SP, "entry.S");
_Static_assert(offsetof(struct entry_area, floats) == ENTRY_AREA_FLOATS, "entry.S");
_Static_assert(sizeof(struct entry_area) == ENTRY_AREA_SIZE, "entry.S");
_Static_assert(offsetof(struct entry_resume, r15) == ENTRY_RESUME_R15, "entry.S");

/* Calls compiled code. 0 where it came back (results in the area), 1 where it
 * left by a trap, which is then recorded in the store. */
int wasm_enter(struct entry_area *area, void *code, struct wasm_context *context,
               struct wasm_thread *thread);

/* Only ever reached from compiled code, or as a place to resume; no C calls them. */
extern const uint8_t wasm_enter_return[]; /* where guest code returns to */
extern const uint8_t wasm_trap_exit[];
extern const uint8_t wasm_trap_fault[]; /* rdi: pc that faulted, rsi: its rsp */
extern const uint8_t wasm_host_thunk[];
extern void *const wasm_builtin_thunks[WASM_BUILTIN_COUNT];

/* What entry.S calls. A built-in gives its word, and in rdx a trap or 0: in the
 * second case it has recorded the trap and the guest is left. */
struct builtin_result {
    uint64_t word;
    uint64_t trap;
};
void wasm_trap_taken(struct wasm_context *context, uint64_t pc, uint64_t sp, int fault);
enum wasm_trap wasm_host_dispatch(struct wasm_context *context, struct entry_host_frame *frame);
const struct entry_resume *wasm_exception_throw(struct wasm_context *context, uint64_t exception,
                                                const struct entry_saved *saved);
void *wasm_lazy_compile(struct wasm_context *context, uint32_t function,
                        const struct entry_saved *saved);

#endif
#endif
