/* ask.c: calls through the gate of the calling vCPU. */
#include "shim/core/ask.h"

#include "shim/core/clock.h"
#include "shim/core/cpu.h"

void ask_lied(const char *why) { cpu_end(GATE_EXIT_HOST, GATE_END_HOST, why); }

static void ask_check(enum err e)
{
    if (e == ERR_OK)
        return;
    if (e == ERR_HOST)
        ask_lied("a reply that no honest host gives");
    cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "a call that breaks the gate's contract");
}

enum gate_refusal ask_host(struct gate_ask *a)
{
    uint64_t before = clock_counter();

    ask_check(gate_call(&cpu_here()->gate, a));
    clock_idle(clock_counter() - before);
    return a->refusal;
}

void ask_post(struct gate_ask *a) { ask_check(gate_post(&cpu_here()->gate, a)); }

int ask_errno(enum gate_refusal refusal)
{
    switch (refusal) {
    case GATE_OK: return 0;
    case GATE_REFUSED_AGAIN: return LINUX_EAGAIN;
    case GATE_REFUSED_PIPE: return LINUX_EPIPE;
    case GATE_REFUSED_RESET: return LINUX_ECONNRESET;
    case GATE_REFUSED_NOSPC: return LINUX_ENOSPC;
    case GATE_REFUSED_NOMEM: return LINUX_ENOMEM;
    case GATE_REFUSED_UNSUPPORTED: return LINUX_EOPNOTSUPP;
    case GATE_REFUSED_CANCELLED: return LINUX_ERESTARTSYS;
    case GATE_REFUSED_IO: break;
    }
    return LINUX_EIO;
}
