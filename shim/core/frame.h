/* frame.h: the registers of exec as they were when it left for the shim.
 *
 * Written by core/entry.S on the core's stack, for system calls and traps alike,
 * and what exec goes on with when the core returns. Offsets are known there. */
#ifndef BROCH_SHIM_CORE_FRAME_H
#define BROCH_SHIM_CORE_FRAME_H

#include <stdint.h>

struct frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector; /* of the exception, or FRAME_… */
    uint64_t error;  /* the exception's error code; of a system call its number, for a restart */
    /* As IRETQ takes them. */
    uint64_t rip, cs, rflags, rsp, ss;
};

#define FRAME_SYSCALL 256u  /* by SYSCALL: rcx and r11 are free */
#define FRAME_CALL 257u     /* by a call of the advertised entry */
#define FRAME_RETURNED 258u /* registers whole, from a signal handler: nothing to restart */

#endif
