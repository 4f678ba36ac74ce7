/* trap.c: exceptions: exec's become Linux's signals; the core's own are either
 * foreseen (core_faults) or the end of the keep. */
#include "shim/core/trap.h"
#include "gate/boot.h"
#include "shim/core/cpu.h"
#include "shim/core/debug.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/report.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"

/* si_code of faults, man 2 sigaction. */
enum fault_code {
    FPE_INTDIV = 1,
    FPE_FLTDIV = 3,
    FPE_FLTOVF = 4,
    FPE_FLTUND = 5,
    FPE_FLTRES = 6,
    FPE_FLTINV = 7,
    ILL_ILLOPN = 2,
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    TRAP_TRACE = 2,
};

#define RFLAGS_TRAP 0x100ull
#define MENDED_MAX 1000u
#define PF_PRESENT 1u
#define PF_WRITE 2u
#define PF_FETCH 16u
#define ADDRESS_END 0x7ffffffff000ull /* of what Linux calls a program's */

/* Intel SDM vol. 1 §8.1.3 and §10.2.3: the unmasked exceptions that are flagged, in
 * the order in which Linux names one. */
int trap_float_code(uint32_t flagged, uint32_t masked)
{
    uint32_t open = flagged & ~masked & 0x3f;

    if ((open & 0x01) != 0)
        return FPE_FLTINV;
    if ((open & 0x04) != 0)
        return FPE_FLTDIV;
    if ((open & 0x08) != 0)
        return FPE_FLTOVF;
    if ((open & 0x12) != 0) /* denormal operand, underflow */
        return FPE_FLTUND;
    if ((open & 0x20) != 0)
        return FPE_FLTRES;
    return 0;
}

static int x87_code(void)
{
    uint16_t status, control;

    __asm__ volatile("fnstsw %0" : "=m"(status));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    return trap_float_code(status, control);
}

static int sse_code(void)
{
    uint32_t control;

    __asm__ volatile("stmxcsr %0" : "=m"(control));
    return trap_float_code(control, control >> 7);
}

/* The processor forgot the translation by faulting (Intel SDM vol. 3 §4.10.4.1), so
 * the same fault again is another change, or else nothing that would ever end. */
enum memory_fault trap_judge(uint64_t address, uint32_t wanted)
{
    struct cpu *c = cpu_here();
    uint64_t changes = memory_changes();
    enum memory_fault fault = memory_fault_at(address, wanted);

    if (fault != MEMORY_PERMITTED)
        return fault;
    if (c->fault_address != address || c->fault_changes != changes)
        c->fault_repeats = 0;
    c->fault_address = address;
    c->fault_changes = changes;
    return c->fault_repeats++ < MENDED_MAX ? MEMORY_PERMITTED : MEMORY_DENIED;
}

static void page_signal(struct frame *f, uint64_t cr2)
{
    enum memory_fault fault = trap_judge(cr2, (f->error & PF_FETCH) != 0   ? LINUX_PROT_EXEC
                                              : (f->error & PF_WRITE) != 0 ? LINUX_PROT_WRITE
                                                                           : LINUX_PROT_READ);

    if (fault == MEMORY_PERMITTED)
        return;
    if (fault == MEMORY_BEHIND_INPUT) /* as behind the end of a file */
        return signal_fault(f, LINUX_SIGBUS, BUS_ADRERR, cr2, cr2);
    /* Linux does not tell what of the kernel's half is mapped: the code says nothing
     * is, and the error that all of it is. */
    if (cr2 >= ADDRESS_END)
        f->error |= PF_PRESENT;
    signal_fault(f, LINUX_SIGSEGV, fault == MEMORY_HOLE ? SEGV_MAPERR : SEGV_ACCERR, cr2, cr2);
}

/* Which signal Linux makes of which exception: arch/x86/kernel/traps.c's table, as
 * programs see it. */
static void trap_signal(struct frame *f, uint64_t cr2)
{
    switch (f->vector) {
    case 0: return signal_fault(f, LINUX_SIGFPE, FPE_INTDIV, f->rip, cr2);
    case 1: return signal_fault(f, LINUX_SIGTRAP, TRAP_TRACE, f->rip, cr2);
    case 3: return signal_fault(f, LINUX_SIGTRAP, SIGNAL_KERNEL, 0, cr2);
    case 6: return signal_fault(f, LINUX_SIGILL, ILL_ILLOPN, f->rip, cr2);
    case 11:
    case 12: return signal_fault(f, LINUX_SIGBUS, SIGNAL_KERNEL, 0, cr2);
    case 14: return page_signal(f, cr2);
    case 16: return signal_fault(f, LINUX_SIGFPE, x87_code(), f->rip, cr2);
    case 17: return signal_fault(f, LINUX_SIGBUS, BUS_ADRALN, 0, cr2);
    case 19: return signal_fault(f, LINUX_SIGFPE, sse_code(), f->rip, cr2);
    default: return signal_fault(f, LINUX_SIGSEGV, SIGNAL_KERNEL, 0, cr2);
    }
}

/* How many vCPUs are on their way out. More than there are: what the way out needs is
 * broken itself, and only ring 0 is left to end the keep. */
static uint32_t ending;

static void ending_begins(void)
{
    if (__atomic_add_fetch(&ending, 1, __ATOMIC_RELAXED) > GATE_VCPUS_MAX)
        stub_halt();
}

static _Noreturn void trap_bug(const struct frame *f, uint64_t cr2)
{
    struct report r = { .size = 0 };

    ending_begins();
    report_text(&r, "the shim: an exception in the core");
    report_frame(&r, f, cr2);
    cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, r.text);
}

void core_trap(struct frame *f, uint64_t cr2)
{
    switch (f->vector) {
    case GATE_VECTOR_KICK: return core_kicked(f);
    case 1:
    case 3:
        if (!debug_trap(f))
            trap_signal(f, cr2);
        return;
    case 2: /* NMI, double fault, machine check: what the frame says is of another trap */
    case 8:
    case 18: trap_bug(f, cr2);
    default: return trap_signal(f, cr2);
    }
}

/* The probe's SYSCALL in the flat world: a fetch of the stub's page in user mode.
 * RCX and R11 are as after SYSCALL. */
static bool is_flat_syscall(const struct frame *f, uint64_t cr2)
{
    const struct boot *boot = (const struct boot *)PLACE_BOOT_VA;

    return f->vector == 14 && f->rip == boot->syscall_stub && cr2 == f->rip;
}

/* The exceptions that instructions of the core can raise: any other is the host's
 * doing, and of some of those the frame says nothing (stub.S, TRAP_LAST). */
static bool is_ours(uint64_t vector)
{
    return vector == 1 || vector == 6 || vector == 13 || vector == 14;
}

void core_trap_inside(struct frame *f, uint64_t cr2)
{
    if (!is_ours(f->vector))
        trap_bug(f, cr2);
    if (is_flat_syscall(f, cr2)) {
        f->rip = f->rcx;
        f->rflags = f->r11;
        f->rax = 1;
        return;
    }
    if (f->vector == 1 && debug_trap_inside(f))
        return;
    if (f->vector == 1) { /* exec steps through a direct call: not in here */
        f->rflags &= ~RFLAGS_TRAP;
        return;
    }
    for (unsigned i = 0; core_faults[i][0] != 0; i++) {
        if (core_faults[i][0] == f->rip) {
            cpu_here()->copy_address = f->vector == 14 ? cr2 : UINT64_MAX;
            f->rip = core_faults[i][1];
            return;
        }
    }
    trap_bug(f, cr2);
}

_Noreturn void core_lost(void)
{
    ending_begins();
    cpu_end(128 + LINUX_SIGSEGV, GATE_END_SIGNAL, "GS is the shim's, and was changed");
}
