/* fault.c: hardware faults, on their way to the engine. */
#define _GNU_SOURCE
#include "exec/fault.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include "broch/wasm.h"

/* The kernel saves the vector registers here too: AVX-512 state is some 2.5 KiB,
 * AMX 8 KiB more. */
#define STACK_SIZE (64u << 10)

static void not_ours(int number)
{
    static const char text[] = "broch: internal error: a fault outside of compiled code\n";
    const struct sigaction usual = { .sa_handler = SIG_DFL };

    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        return;
    /* The instruction is run again, and its fault is then the process's end. */
    sigaction(number, &usual, NULL);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;
    struct wasm_fault f = {
        .pc = (uint64_t)r[REG_RIP],
        .sp = (uint64_t)r[REG_RSP],
        .address = (uint64_t)(uintptr_t)info->si_addr,
        .context = (uint64_t)r[REG_R15],
    };

    /* A signal that somebody sent is no fault, whatever the program counter says. */
    if (info->si_code <= 0 || !wasm_fault(&f)) {
        not_ours(number);
        return;
    }
    r[REG_RIP] = (greg_t)f.pc;
    r[REG_RSP] = (greg_t)f.sp;
    r[REG_RDI] = (greg_t)f.first;
    r[REG_RSI] = (greg_t)f.second;
}

enum err fault_take(void)
{
    static uint8_t room[STACK_SIZE];
    const stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigfillset(&action.sa_mask);
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGSEGV, &action, NULL) != 0 ||
        sigaction(SIGBUS, &action, NULL) != 0)
        return ERR_IO;
    return ERR_OK;
}
