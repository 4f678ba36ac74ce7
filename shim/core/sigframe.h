/* sigframe.h: what a signal handler finds on its stack, and what it leaves there.
 *
 * struct rt_sigframe of Linux's x86-64: the restorer's address, a ucontext, a
 * siginfo; the extended state lies above it, with Linux's magic numbers in its
 * software words (arch/x86/include/uapi/asm/sigcontext.h). Pure. What comes back
 * is exec's to have written: everything in it is masked or ignored. */
#ifndef BROCH_SHIM_CORE_SIGFRAME_H
#define BROCH_SHIM_CORE_SIGFRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/core/frame.h"
#include "shim/core/xstate.h"
#include "shim/linux.h"

struct sigframe_context { /* struct sigcontext_64 */
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2;
    uint64_t extended; /* user address of the extended state, or 0 */
    uint64_t reserved[8];
};

struct sigframe_ucontext { /* struct ucontext */
    uint64_t flags;
    uint64_t link;
    struct linux_stack stack;
    struct sigframe_context context;
    uint64_t mask;
};

struct sigframe {
    uint64_t restorer;
    struct sigframe_ucontext ucontext;
    struct linux_siginfo info;
};

struct sigframe_software { /* struct _fpx_sw_bytes */
    uint32_t magic;        /* SIGFRAME_MAGIC_FIRST: an XSAVE area, SIGFRAME_MAGIC_LAST behind it */
    uint32_t whole_size;
    uint64_t features;
    uint32_t size;
    uint32_t padding[7];
};
#define SIGFRAME_MAGIC_FIRST 0x46505853u
#define SIGFRAME_MAGIC_LAST 0x46505845u

#define SIGFRAME_RED_ZONE 128u
#define SIGFRAME_HAS_XSTATE 1u /* UC_FP_XSTATE */
#define SIGFRAME_HAS_SS 6u     /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */

struct sigframe_place {
    uint64_t frame;    /* congruent to 8 modulo 16: as after a CALL */
    uint64_t extended; /* a multiple of 64 */
};

_Static_assert(sizeof(struct sigframe_context) == 256, "as Linux has it");
_Static_assert(sizeof(struct sigframe_ucontext) == 304, "as Linux has it");
_Static_assert(sizeof(struct sigframe) == 440, "as Linux has it");
_Static_assert(sizeof(struct sigframe_software) == 48, "as Linux has it");

/* Below sp. false: there is no room between sp and the lowest address. */
bool sigframe_place(struct sigframe_place *out, uint64_t sp, const struct xstate *info);
/* How much is at `extended`: the state and the last magic. */
uint32_t sigframe_extended_size(const struct xstate *info);

/* The registers of f; error, trap and cr2 of an exception. */
void sigframe_put_registers(struct sigframe_context *c, const struct frame *f, uint64_t cr2);
/* Back: general registers and the flags that user mode may set. false: RIP is
 * where no program can be. */
bool sigframe_take_registers(struct frame *f, const struct sigframe_context *c);

/* Writes the software words of a saved state; the caller adds MAGIC_LAST. */
void sigframe_put_software(uint8_t *area, const struct xstate *info);
/* How many bytes of a state that begins like this are to be read: the whole, with
 * *whole set where the last magic is to be looked for; else the legacy part. */
uint32_t sigframe_software_size(const uint8_t legacy[static XSTATE_LEGACY_SIZE],
                                const struct xstate *info, bool *whole);
/* Of a state that has only its legacy part: a header that says so. */
void sigframe_legacy_only(uint8_t *area, const struct xstate *info);

#endif
