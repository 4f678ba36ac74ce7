/* cpu.h: one vCPU, and the thread of exec that runs on it.
 *
 * A thread has a vCPU to itself as long as it lives: the host's scheduler is the
 * only one. struct cpu lies at PLACE_CPU_STATE of the vCPU's area and GS points to
 * it (exec uses FS alone). Another vCPU touches only what is said to be atomic. */
#ifndef BROCH_SHIM_CORE_CPU_H
#define BROCH_SHIM_CORE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/keep.h"
#include "gate/place.h"
#include "shim/core/frame.h"
#include "shim/linux.h"

enum cpu_state {
    CPU_ABSENT = 0, /* never started */
    CPU_RUNNING,    /* may use any translation: must be told of what goes away */
    CPU_PARKED,     /* flushes before it runs on, where one was wanted */
};

/* Of a pending signal: what siginfo says of its sender. */
struct signal_origin {
    int32_t code;
    int32_t pid;
};

struct thread {
    uint32_t tid; /* 0: none; atomic */
    uint64_t signals_blocked;
    uint64_t signals_pending; /* atomic: others set bits */
    struct signal_origin
        origin[LINUX_SIGNALS + 1]; /* of the pending ones; by the lock of signal.c */
    struct linux_stack alternate;
    uint64_t clear_tid; /* CLONE_CHILD_CLEARTID, set_tid_address: user address or 0 */
    uint64_t robust_list;
    uint64_t fs_base; /* what the thread starts with */
    uint64_t restore_mask;
    bool has_restore_mask; /* rt_sigsuspend, ppoll */
};

/* A vCPU's trap page as the core sees it: shim/core/layout.h. */
struct trap_page {
    uint64_t iret[5];
    uint8_t room[216];
    uint64_t syscall_rip;
    uint64_t syscall_flags;
    uint64_t flush_wanted; /* atomic: whoever flushes raises it */
    uint64_t flush_done;   /* atomic: raised by the stub's kick, and after a park */
    uint32_t kicked;       /* atomic: signals are to be looked at on the way back to exec */
};

/* One wait for a futex. */
struct futex_wait {
    struct futex_wait *next;
    struct cpu *cpu;
    uint64_t at; /* atomic: a requeue changes it, under the locks of both queues */
    uint32_t bits;
    uint32_t woken; /* atomic; whoever sets it no longer touches the wait */
};

struct cpu {
    /* entry.S knows the first fields by their offsets. */
    struct cpu *self;
    uint64_t user_rsp;
    uint64_t stack_top; /* of the core's stack */

    struct trap_page *trap;
    uint32_t index;
    uint32_t state; /* enum cpu_state, atomic */
    uint32_t idle;  /* atomic: no thread; whoever makes it 0 owns the vCPU */
    uint32_t go;    /* atomic: `first` is complete */
    struct frame first;
    struct gate gate;
    struct thread thread;
    struct futex_wait futex;
    /* The last fault that another vCPU's change had mended meanwhile, and how often
     * it came since that change. */
    uint64_t fault_address, fault_changes, fault_repeats;
    uint64_t copy_address; /* where the core's own last fault on exec's memory was */
};

static inline struct cpu *cpu_here(void)
{
    struct cpu *c;

    __asm__("mov %%gs:0, %0" : "=r"(c));
    return c;
}
struct cpu *cpu_at(uint32_t index);
/* How many have ever been started: indices below it may be looked at. */
uint32_t cpu_count(void);

/* The calling vCPU's own state, before anything else; index 0 is the first. */
void cpu_begin(uint32_t index);

/* A vCPU for a new thread: an idle one, or a new one that the host starts. NULL: none. */
struct cpu *cpu_take(void);
/* Gives one back that was taken and not used. */
void cpu_give_back(struct cpu *c);
/* Lets it run: it enters user mode with these registers, FS base from its thread. */
void cpu_go(struct cpu *c, const struct frame *first);
/* The calling vCPU has no thread any more: sleeps until it is given another. */
_Noreturn void cpu_idle(void);
/* The same for one that has just been started. */
_Noreturn void cpu_first(void);

/* Sleeps in the gate (state PARKED meanwhile; flushes after it where needed).
 * Returns when woken, at the deadline, or for no reason. UINT64_MAX: no end. */
void cpu_park(uint64_t ns);
/* Ends another's park, or its next one. */
void cpu_wake(struct cpu *c);
/* The same, and a running one leaves exec for the core to look at its signals. */
void cpu_kick(struct cpu *c);

/* Every vCPU forgets translations of [va, va+size) before this returns; size 0:
 * all. For entries that were removed or lost a right; new ones need none. One
 * caller at a time: the lock of the address space is held. */
void cpu_flush(uint64_t va, uint64_t size);

/* A sentence for a debug keep's operator; nothing in any other. */
void cpu_say(const char *text);
/* Ends the keep: by enum gate_end; never returns. `why` goes to a debug keep's log. */
_Noreturn void cpu_end(uint32_t code, uint32_t end, const char *why);

#endif
