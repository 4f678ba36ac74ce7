/* syscall.h: the Linux system calls that the shim answers.
 *
 * core/calls.def is the one list: number, name, function, what it is answered
 * with. Everything else is ENOSYS. tools/syscalls makes docs/syscalls.md from it.
 * Each call_X takes the raw arguments and gives a result, or minus an errno. */
#ifndef BROCH_SHIM_CORE_SYSCALL_H
#define BROCH_SHIM_CORE_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/core/frame.h"

struct call {
    uint64_t a[6];
    struct frame *frame; /* for the few that change registers: sigreturn, clone */
};

/* From entry.S, with the frame complete; result in frame->rax. */
void core_syscall(struct frame *f);
/* From entry.S, for every exception and the kick. */
void core_trap(struct frame *f, uint64_t cr2);
/* The first C of a keep (vCPU 0), and of another vCPU. Neither returns. */
_Noreturn void core_start(void);
_Noreturn void core_start_vcpu(void);

/* Before going back to exec: pending signals are delivered by changing the frame.
 * `restart` is what an interrupted call wants, -ERESTART… as Linux has it. */
void signal_deliver(struct frame *f);
/* A fault of exec itself: delivered now, or the keep ends as Linux would. */
void signal_fault(struct frame *f, int number, int code, uint64_t address, uint64_t cr2);
/* Whether the thread has a signal that it does not block. */
bool signal_waiting(void);

#define CALL(number, name, function, generation, how) int64_t function(const struct call *c);
#include "shim/core/calls.def"
#undef CALL

#endif
