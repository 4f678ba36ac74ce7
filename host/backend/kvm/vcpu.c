#define _GNU_SOURCE

#include "host/backend/kvm/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "gate/abi.h"

/* MSRs (Intel SDM vol. 4, AMD APM vol. 2, appendix A). */
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SYSCALL_MASK 0xc0000084u
#define MSR_KERNEL_GS_BASE 0xc0000102u

int vcpu_open(struct vcpu *v, const struct kvm_vm *vm, uint32_t index)
{
    void *at;

    v->fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, (unsigned long)index);
    if (v->fd < 0)
        return errno;
    at = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (at == MAP_FAILED)
        return errno;
    v->run = at;
    return 0;
}

static struct kvm_segment segment_of(const struct image_segment_register *r)
{
    return (struct kvm_segment){
        .base = r->base,
        .limit = r->limit,
        .selector = r->selector,
        .type = r->attributes & 15,
        .s = r->attributes >> 4 & 1,
        .dpl = r->attributes >> 5 & 3,
        .present = r->attributes >> 7 & 1,
        .avl = r->attributes >> 8 & 1,
        .l = r->attributes >> 9 & 1,
        .db = r->attributes >> 10 & 1,
        .g = r->attributes >> 11 & 1,
        .unusable = (r->attributes >> 7 & 1) == 0,
    };
}

static int special_set(const struct vcpu *v, const struct image_registers *r, uint64_t cr4)
{
    struct kvm_sregs s;

    if (ioctl(v->fd, KVM_GET_SREGS, &s) != 0)
        return errno;
    s.cs = segment_of(&r->cs);
    s.ss = segment_of(&r->ss);
    s.ds = segment_of(&r->ds);
    s.es = segment_of(&r->es);
    s.fs = segment_of(&r->fs);
    s.gs = segment_of(&r->gs);
    s.tr = segment_of(&r->tr);
    /* VMX wants a busy TSS; SVM does not show the flag (the state save area has type 9),
     * and QEMU's emulation of it lets user mode use the I/O bitmap of type 9 alone. */
    if (cpuid_has_svm())
        s.tr.type = 9;
    s.ldt = segment_of(&r->ldt);
    s.gdt = (struct kvm_dtable){ .base = r->gdt.base, .limit = r->gdt.limit };
    s.idt = (struct kvm_dtable){ .base = r->idt.base, .limit = r->idt.limit };
    s.cr0 = r->cr0;
    s.cr3 = r->cr3;
    s.cr4 = cr4;
    s.efer = r->efer;
    return ioctl(v->fd, KVM_SET_SREGS, &s) == 0 ? 0 : errno;
}

static int msrs_set(const struct vcpu *v, const struct image_registers *r)
{
    const struct kvm_msr_entry entries[] = {
        { .index = MSR_STAR, .data = r->star },
        { .index = MSR_LSTAR, .data = r->lstar },
        { .index = MSR_SYSCALL_MASK, .data = r->sfmask },
        { .index = MSR_KERNEL_GS_BASE, .data = r->kernel_gs_base },
    };
    union {
        struct kvm_msrs head;
        uint8_t room[sizeof(struct kvm_msrs) + sizeof entries];
    } m = { .head = { .nmsrs = COUNT_OF(entries) } };
    int done;

    memcpy(m.room + sizeof m.head, entries, sizeof entries);
    done = ioctl(v->fd, KVM_SET_MSRS, &m);
    if (done == (int)COUNT_OF(entries))
        return 0;
    return done < 0 ? errno : EINVAL;
}

static int xcr0_set(const struct vcpu *v, uint64_t xcr0)
{
    struct kvm_xcrs x = { .nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = xcr0 } } };

    return xcr0 == 0 || ioctl(v->fd, KVM_SET_XCRS, &x) == 0 ? 0 : errno;
}

int vcpu_features(const struct vcpu *v, const struct cpuid *cpuid)
{
    return ioctl(v->fd, KVM_SET_CPUID2, cpuid->table) == 0 ? 0 : errno;
}

int vcpu_registers(const struct vcpu *v, const struct image_registers *r, const struct cpuid *cpuid)
{
    struct kvm_regs regs = { .rip = r->rip, .rsp = r->rsp, .rflags = r->rflags };
    int error = special_set(v, r, r->cr4 | cpuid->cr4);

    if (error == 0)
        error = xcr0_set(v, cpuid->xcr0);
    if (error == 0)
        error = msrs_set(v, r);
    if (error == 0 && ioctl(v->fd, KVM_SET_REGS, &regs) != 0)
        error = errno;
    return error;
}

void vcpu_clock(const struct vcpu *v)
{
    uint64_t offset = 0;
    struct kvm_device_attr a = {
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = (uintptr_t)&offset,
    };

    /* guest TSC = host TSC + offset (Documentation/virt/kvm/devices/vcpu.rst, 4.1).
     * Kernels before 5.16 do not know it, and then the claim of CLOCK is off by
     * what KVM chose; the keep sees that from its own reading and asks each time. */
    (void)ioctl(v->fd, KVM_SET_DEVICE_ATTR, &a);
}

uint64_t vcpu_tsc_khz(const struct vcpu *v)
{
    int khz = ioctl(v->fd, KVM_GET_TSC_KHZ, 0);

    return khz > 0 && cpuid_tsc_is_constant() ? (uint64_t)khz : 0;
}

/* --- Kicks. */

static _Thread_local struct kvm_run *here;

static void kicked(int number)
{
    (void)number;
    /* KVM_RUN that comes after this instruction returns at once; one that has
     * begun returns by the signal itself. */
    if (here != NULL)
        __atomic_store_n(&here->immediate_exit, 1, __ATOMIC_RELAXED);
}

int vcpu_kicks_take(void)
{
    struct sigaction a = { .sa_handler = kicked }; /* no SA_RESTART: calls come back */

    sigemptyset(&a.sa_mask);
    return sigaction(VCPU_KICK_SIGNAL, &a, NULL) == 0 ? 0 : errno;
}

void vcpu_thread_is_here(struct vcpu *v)
{
    here = v->run;
    atomic_store(&v->tid, (int)syscall(SYS_gettid));
}

/* By number: libc's own idea of the first thread is from before we were cloned. One
 * that has no number yet will look at what it is wanted for before it runs. */
void vcpu_kick(struct vcpu *v)
{
    int tid = atomic_load(&v->tid);

    if (tid != 0)
        syscall(SYS_tgkill, getpid(), tid, VCPU_KICK_SIGNAL);
}

/* --- Running. */

/* KVM takes an interrupt for a processor only when it could take it at once; else
 * it is asked to say when that is. */
static int interrupt_inject(struct vcpu *v)
{
    struct kvm_interrupt interrupt = { .irq = GATE_VECTOR_KICK };

    v->run->request_interrupt_window = 0;
    if (!atomic_load(&v->wants_interrupt))
        return 0;
    if (v->run->ready_for_interrupt_injection == 0) {
        v->run->request_interrupt_window = 1;
        return 0;
    }
    atomic_store(&v->wants_interrupt, false);
    return ioctl(v->fd, KVM_INTERRUPT, &interrupt) == 0 ? 0 : errno;
}

static enum vcpu_exit died(struct note *why, const char *text, uint64_t number)
{
    note_set(why, "%s (%llu)", text, (unsigned long long)number);
    return VCPU_DIED;
}

static enum vcpu_exit port_read(const struct kvm_run *run, struct note *why)
{
    const bool is_park = run->io.direction == KVM_EXIT_IO_OUT && run->io.port == GATE_PORT_PARK &&
                         run->io.size == 1 && run->io.count == 1;

    return is_park ? VCPU_PARKED
                   : died(why, "the keep used an I/O port that is not the gate's", run->io.port);
}

static enum vcpu_exit exit_read(const struct kvm_run *run, struct note *why)
{
    switch (run->exit_reason) {
    case KVM_EXIT_IO: return port_read(run, why);
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN: return VCPU_KICKED;
    case KVM_EXIT_SHUTDOWN:
        return died(why, "the processor shut down: a fault in the handling of a fault", 0);
    case KVM_EXIT_INTERNAL_ERROR:
        return died(why, "KVM could not go on: internal error", run->internal.suberror);
    case KVM_EXIT_FAIL_ENTRY:
        return died(why, "KVM could not enter the keep: hardware entry failure reason",
                    run->fail_entry.hardware_entry_failure_reason);
    case KVM_EXIT_MMIO:
        return died(why, "the keep touched memory that it does not have, at physical address",
                    run->mmio.phys_addr);
    case KVM_EXIT_HLT: return died(why, "the keep halted its processor", 0);
    default:
        return died(why, "the keep left by an exit that the gate does not have: KVM exit reason",
                    run->exit_reason);
    }
}

enum vcpu_exit vcpu_run(struct vcpu *v, struct note *why)
{
    int error = interrupt_inject(v);

    if (error == 0) {
        v->exits++;
        if (ioctl(v->fd, KVM_RUN, 0) == 0)
            return exit_read(v->run, why);
        error = errno;
    }
    /* Cleared before the caller looks at what it was kicked for: a kick that comes
     * after this line makes the next KVM_RUN return. */
    __atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    if (error == EINTR || error == EAGAIN)
        return VCPU_KICKED;
    if (error == EFAULT) /* an address in a slot that has no memory behind it */
        note_set(why, "the keep touched memory that it does not have");
    else
        note_set_errno(why, error, "KVM_RUN");
    return VCPU_DIED;
}
