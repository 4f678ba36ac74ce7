/* signal.h: what the rest of the core asks of signals. */
#ifndef BROCH_SHIM_CORE_SIGNAL_H
#define BROCH_SHIM_CORE_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/core/cpu.h"
#include "shim/core/frame.h"

/* A signal mask as user mode gives it: bit 0 is signal 1. */
#define SIGNAL_BIT(number) (1ull << ((number)-1))

/* si_code, man 2 sigaction. */
enum signal_code {
    SIGNAL_USER = 0,
    SIGNAL_KERNEL = 0x80,
    SIGNAL_TKILL = -6,
    SIGNAL_SECCOMP = 1, /* of SIGSYS */
};

/* Makes it pending for the calling thread, as the kernel would (SI_KERNEL). */
void signal_raise(int number);
/* Makes it pending for that thread, if it still runs there; its vCPU looks at it soon. */
void signal_send(struct cpu *c, uint32_t tid, int number, int code);
/* For kill: to any thread that takes it, or to wait for one. */
void signal_send_process(int number);
/* For a fault, or a system call that a filter refused (SIGSYS, with its own
 * words in siginfo): delivered now, or the keep ends as Linux would. */
void signal_force(struct frame *f, const struct linux_siginfo *info, uint64_t cr2);
/* Whether SIGPIPE and the like would have no effect. */
bool signal_ignored(int number);
/* Until the call returns to exec, or a handler is entered: another mask
 * (rt_sigsuspend, ppoll). The old one comes back by itself. */
void signal_mask_for_call(uint64_t mask);
/* A new thread's: its creator's mask, nothing pending. */
void signal_thread_begin(struct thread *to, uint64_t blocked);
/* The calling thread's mask. What it blocks from now on, another may take. */
void signal_block(uint64_t mask);
/* From entry.S: a kick was noticed on the way to exec. */
void core_kicked(struct frame *f);

#endif
