/* signal_state.h: what signal.c, signal_deliver.c and signal_call.c share: actions of
 * the process, and what is pending. */
#ifndef BROCH_SHIM_CORE_SIGNAL_STATE_H
#define BROCH_SHIM_CORE_SIGNAL_STATE_H

#include "shim/core/signal.h"

#define SA_SIGINFO 4ull
#define SA_RESTORER 0x04000000ull
#define SA_ONSTACK 0x08000000ull
#define SA_RESTART 0x10000000ull
#define SA_NODEFER 0x40000000ull
#define SA_RESETHAND 0x80000000ull

#define SIGNAL_DEFAULT 0ull /* SIG_DFL */
#define SIGNAL_IGNORE 1ull  /* SIG_IGN */
#define SIGNAL_NEVER_BLOCKED (SIGNAL_BIT(LINUX_SIGKILL) | SIGNAL_BIT(LINUX_SIGSTOP))

#define SIGNAL_STACK_ON 1                         /* SS_ONSTACK */
#define SIGNAL_STACK_DISABLE 2                    /* SS_DISABLE */
#define SIGNAL_STACK_DISARM ((int32_t)0x80000000) /* SS_AUTODISARM */
#define SIGNAL_STACK_LEAST 2048u                  /* MINSIGSTKSZ */

struct signal_action { /* struct kernel_sigaction */
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

struct signal_action signal_action_of(int number);
/* Also forgets pending ones that are ignored from now on. */
void signal_action_set(int number, const struct signal_action *a);
/* Whether the default is to end the process. */
bool signal_default_ends(int number);

/* Takes the first pending signal of the thread or the process that is in `from`:
 * its number, with siginfo filled in; 0: none. Faults' signals come first. */
int signal_take(uint64_t from, struct linux_siginfo *info);
uint64_t signal_pending(void);
/* Puts a rt_sigsuspend's mask back where no handler did. */
void signal_mask_restore(void);

/* Where sp is on the alternate stack of the calling thread, SIGNAL_STACK_…. */
int32_t signal_stack_state(uint64_t sp);

/* Ends the keep by a signal's default action. */
_Noreturn void signal_die(struct frame *f, int number, uint64_t address, uint64_t cr2);

#endif
