/* signals_end.c: faults and signals that end the process: the exit code is the result. */
#define _GNU_SOURCE
#include "signals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "faults.h"

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    say("handler of %d", number);
}

static void on_fault_again(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    say("handler of %d", number);
    fault_load((void *)16);
}

static void handler_set(int number, int flags, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

    sigaction(number, &a, NULL);
}

void end_default(void) { fault_load((void *)16); }
void end_divide(void) { fault_divide(NULL); }
void end_illegal(void) { fault_ud2(NULL); }
void end_trap(void) { fault_int3(NULL); }
void end_abort(void) { abort(); }
void end_terminated(void) { call(SYS_tgkill, getpid(), gettid(), SIGTERM); }

void end_blocked(void)
{
    sigset_t all;

    handler_set(SIGSEGV, 0, on_signal);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    fault_load((void *)16);
}

void end_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    call(SYS_tgkill, getpid(), gettid(), SIGSEGV);
    say("sent, and ignored");
    fault_load((void *)16);
}

void end_nested(void)
{
    handler_set(SIGSEGV, 0, on_fault_again);
    fault_load((void *)16);
}

void end_reset(void)
{
    handler_set(SIGSEGV, (int)SA_RESETHAND, on_signal);
    fault_load((void *)16);
}

/* The stack for handlers is there, and has no room. */
void end_stack_full(void)
{
    uint8_t *room = pages_new(4, PROT_READ | PROT_WRITE);

    handler_set(SIGSEGV, SA_ONSTACK, on_signal);
    sigaltstack(&(stack_t){ .ss_sp = room, .ss_size = 4 * PAGE }, NULL);
    mprotect(room, 4 * PAGE, PROT_READ);
    fault_load((void *)16);
}

__attribute__((noinline)) static int deep(int n)
{
    volatile char room[512];

    room[n % 512] = (char)n;
    return n <= 0 ? 0 : deep(n + 1) + room[n % 512];
}

static void on_overflow(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    say("handler of %d", number);
    deep(1);
}

/* A handler that uses up its own stack. */
void end_stack_overflow(void)
{
    handler_set(SIGSEGV, SA_ONSTACK, on_overflow);
    sigaltstack(&(stack_t){ .ss_sp = pages_new(8, PROT_READ | PROT_WRITE), .ss_size = 8 * PAGE },
                NULL);
    fault_load((void *)16);
}

/* An overflow, and no stack for its handler. */
void end_no_stack(void)
{
    handler_set(SIGSEGV, 0, on_signal);
    deep(1);
}

static void *fault_here(void *unused)
{
    fault_ud2(NULL);
    return unused;
}

/* A fault of one thread ends all of them. */
void end_thread(void)
{
    pthread_t t;

    pthread_create(&t, NULL, fault_here, NULL);
    for (;;)
        sleep_ms(1000);
}

/* --- Frames that a handler spoiled. */

enum spoil { SPOIL_MXCSR, SPOIL_STATE, SPOIL_POINTER, SPOIL_SEGMENT, SPOIL_PLACE };
static enum spoil spoil;

static void on_spoil(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;

    (void)number;
    (void)info;
    r[REG_RIP] += 2;
    if (spoil == SPOIL_MXCSR)
        u->uc_mcontext.fpregs->mxcsr = 0xffffffff;
    else if (spoil == SPOIL_STATE)
        memset((uint8_t *)u->uc_mcontext.fpregs + 512, 0xff, 64);
    else if (spoil == SPOIL_POINTER)
        u->uc_mcontext.fpregs = (void *)hole_new(4);
    else if (spoil == SPOIL_SEGMENT)
        r[REG_CSGSFS] = (r[REG_CSGSFS] & ~0xffffl) | 0x10;
    else
        r[REG_RIP] = (greg_t)0x8000000000000000;
}

static void spoil_run(enum spoil what)
{
    spoil = what;
    handler_set(SIGILL, 0, on_spoil);
    fault_ud2(NULL);
    say("it went on");
}

void end_bad_mxcsr(void) { spoil_run(SPOIL_MXCSR); }
void end_bad_state(void) { spoil_run(SPOIL_STATE); }
void end_bad_pointer(void) { spoil_run(SPOIL_POINTER); }
void end_bad_segment(void) { spoil_run(SPOIL_SEGMENT); }
void end_bad_place(void) { spoil_run(SPOIL_PLACE); }

/* A return from a signal that never was, on a stack that is not there. */
void end_bad_frame(void)
{
    __asm__ volatile("mov $64, %%rsp\n mov $15, %%eax\n syscall" ::: "memory");
}
