/* start.c: the core's first steps on each vCPU. */
#include "gate/boot.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/debug.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/stack.h"
#include "shim/core/syscall.h"
#include "shim/core/thread.h"
#include "shim/core/xstate.h"

#define RFLAGS_FIRST 0x202ull /* interrupts on */

/* Whether SYSCALL changes privilege is a property of the machine, not of a vCPU. */
static bool is_flat;

_Noreturn void core_start(void)
{
    const struct boot *boot = (const struct boot *)PLACE_BOOT_VA;
    struct frame *first = &cpu_at(0)->first;

    cpu_begin(0);
    if (boot->magic != BOOT_MAGIC)
        cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "the shim: the boot page is of another version");
    is_flat = core_probe() == 1;
    if (is_flat)
        stub_flat();
    memory_init(boot);
    xstate_begin();
    thread_begin_first();
    *first = (struct frame){
        .rip = boot->exec_entry,
        .cs = PLACE_SEL_USER_CS,
        .rflags = RFLAGS_FIRST,
        .rsp = exec_stack_build(boot, (uint64_t)core_call),
        .ss = PLACE_SEL_USER_SS,
    };
    if (first->rsp == 0)
        cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "the shim: no memory for exec's stack");
    debug_init(boot);
    debug_start(first);
    core_enter(first);
}

_Noreturn void core_start_vcpu(void)
{
    cpu_begin(cpu_here()->index);
    if (is_flat)
        stub_flat();
    cpu_first();
}
