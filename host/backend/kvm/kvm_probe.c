#define _GNU_SOURCE

#include "host/backend/kvm/kvm_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/num.h"

#define API_WANTED 12
#define TRY_SIZE 4096u
#define TRY_PORT 0x100u

const char *kvm_probe_device_cure(int error)
{
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return "load kvm_amd or kvm_intel (modprobe); turn virtualization on in the firmware; in a "
               "virtual machine, have its host permit nested virtualization";
    case EACCES:
    case EPERM:
        return "become a member of the group that owns /dev/kvm (usually kvm), or, in a container, "
               "hand the device in";
    default: return "see the kernel's log (dmesg)";
    }
}

static const struct {
    const char *name;
    int number;
    bool needed;
} capabilities[] = {
    { "kvm user memory", KVM_CAP_USER_MEMORY, true },
    { "kvm ioeventfd", KVM_CAP_IOEVENTFD, true },
    { "kvm immediate exit", KVM_CAP_IMMEDIATE_EXIT, true },
    { "kvm read-only memory", KVM_CAP_READONLY_MEM, false },
    { "kvm xcrs", KVM_CAP_XCRS, false },
    { "kvm tsc frequency", KVM_CAP_GET_TSC_KHZ, false },
};

static void probe_capabilities(struct probe_list *out, int device)
{
    for (size_t i = 0; i < COUNT_OF(capabilities); i++) {
        bool there = ioctl(device, KVM_CHECK_EXTENSION, capabilities[i].number) > 0;

        probe_add(out, capabilities[i].name, capabilities[i].needed, there ? 0 : EOPNOTSUPP,
                  "a newer kernel: 4.12 has all of them");
    }
}

/* A keep of two instructions, in real mode: mov $0x100,%dx; out %al,%dx. */
static const uint8_t two_instructions[] = { 0xba, TRY_PORT & 255, TRY_PORT >> 8, 0xee };

static int registers_try(int vcpu)
{
    struct kvm_sregs s;
    struct kvm_regs r = { .rflags = 2 };

    if (ioctl(vcpu, KVM_GET_SREGS, &s) != 0)
        return errno;
    s.cs.base = 0;
    s.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &s) != 0 || ioctl(vcpu, KVM_SET_REGS, &r) != 0)
        return errno;
    return 0;
}

static int run_try(int device, int vcpu)
{
    int size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
    struct kvm_run *run = MAP_FAILED;
    int error = registers_try(vcpu);

    if (size > 0)
        run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED)
        return errno;
    if (error == 0 && ioctl(vcpu, KVM_RUN, 0) != 0)
        error = errno;
    if (error == 0 && (run->exit_reason != KVM_EXIT_IO || run->io.port != TRY_PORT))
        error = EIO;
    munmap(run, (size_t)size);
    return error;
}

static int memory_try(int vm, void *at)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = TRY_SIZE,
        .userspace_addr = (uintptr_t)at,
    };

    __builtin_memcpy(at, two_instructions, sizeof two_instructions);
    return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0 ? 0 : errno;
}

static void probe_machine(struct probe_list *out, int device, int vm)
{
    static const char cure[] = "see the kernel's log (dmesg); in a virtual machine, its host must "
                               "permit nested virtualization";
    void *at = mmap(NULL, TRY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error = at == MAP_FAILED ? errno : memory_try(vm, at);
    int vcpu = error == 0 ? ioctl(vm, KVM_CREATE_VCPU, 0) : -1;

    if (error == 0 && vcpu < 0)
        error = errno;
    probe_add(out, "kvm virtual processor", true, error, cure);
    if (error == 0)
        probe_add(out, "kvm runs a program", true, run_try(device, vcpu), cure);
    if (vcpu >= 0)
        close(vcpu);
    if (at != MAP_FAILED)
        munmap(at, TRY_SIZE);
}

void kvm_probe(struct probe_list *out)
{
    int device = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, version;
    int error = device < 0 ? errno : 0;
    struct probe *p;

    probe_add(out, "/dev/kvm", true, error, kvm_probe_device_cure(error));
    if (device < 0)
        return;
    version = ioctl(device, KVM_GET_API_VERSION, 0);
    p = probe_add(out, "kvm interface", true, version == API_WANTED ? 0 : EPROTO,
                  "a kernel of this century");
    snprintf(p->detail, sizeof p->detail, "version %d", version);
    probe_capabilities(out, device);
    vm = ioctl(device, KVM_CREATE_VM, 0);
    probe_add(out, "kvm virtual machine", true, vm < 0 ? errno : 0,
              "free memory; another hypervisor on this machine may hold the processor");
    if (vm >= 0) {
        probe_machine(out, device, vm);
        close(vm);
    }
    close(device);
}
