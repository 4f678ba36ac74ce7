#define _GNU_SOURCE

#include "host/backend/kvm/loader.h"

#include <errno.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/kvm/confine.h"
#include "host/backend/kvm/run.h"
#include "host/backend/kvm/template.h"

/* Inputs that cost no call to KVM when they are mapped: a module of the usual size. */
#define INPUTS_AT_FIRST ((uint64_t)64 << 20)
/* Of the head of RAM: tables, exec's data that is written when it starts. */
#define HEAD_USUAL ((uint64_t)512 << 10)

static struct loader self;

void loader_tell(const struct loader *l, enum kvm_step step, bool fatal, int error,
                 const char *text)
{
    struct kvm_word word = { .step = step, .fatal = fatal, .error = error };

    if (text != NULL)
        strncpy(word.text, text, sizeof word.text - 1);
    /* Where the parent is gone there is nobody to tell. */
    if (write(l->plan->word_fd, &word, sizeof word) != (ssize_t)sizeof word)
        _exit(LAUNCH_EXIT_SOFTWARE);
}

_Noreturn static void loader_fail(const struct loader *l, enum kvm_step step, int error,
                                  const char *text)
{
    loader_tell(l, step, true, error, text);
    _exit(LAUNCH_EXIT_SOFTWARE);
}

static void step(const struct loader *l, enum kvm_step which, int error)
{
    if (error != 0)
        loader_fail(l, which, error, NULL);
}

uint32_t loader_boot_flags(const struct kvm_plan *plan)
{
    return BOOT_FRESH_ZERO | (plan->debug != NULL ? BOOT_DEBUG : 0);
}

/* --- Building. */

static int file_take(struct bytes *out, int fd)
{
    struct stat st;
    void *at;

    if (fstat(fd, &st) != 0)
        return errno;
    if (st.st_size <= 0)
        return ENOEXEC;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return errno;
    *out = (struct bytes){ at, (size_t)st.st_size };
    return 0;
}

static void memory_make(struct loader *l)
{
    step(l, KVM_STEP_MEMORY, vm_gate(&l->vm));
    step(l, KVM_STEP_MEMORY,
         vm_ram(&l->vm, IMAGE_RAM_SIZE, num_max(l->plan->memory_max, IMAGE_RAM_SIZE), HEAD_USUAL));
    step(l, KVM_STEP_MEMORY, vm_inputs(&l->vm, INPUTS_AT_FIRST));
}

/* Where everything is: the head of RAM is written to its place. */
static void image_make(struct loader *l)
{
    struct bytes shim = { 0 }, exec = { 0 };
    int error = file_take(&shim, l->plan->shim_fd);

    if (error == 0)
        error = file_take(&exec, l->plan->exec_fd);
    step(l, KVM_STEP_IMAGE, error);
    if (image_plan(&l->image, l->vm.ram, shim, exec, IMAGE_RAM_SIZE, loader_boot_flags(l->plan)) !=
        ERR_OK)
        loader_fail(l, KVM_STEP_IMAGE, ENOEXEC, l->image.wrong);
    step(l, KVM_STEP_MEMORY,
         vm_file(&l->vm, PLACE_SHIM_GPA, shim.data, num_align(shim.size, PLACE_PAGE)));
    step(l, KVM_STEP_MEMORY,
         vm_file(&l->vm, PLACE_EXEC_GPA, exec.data, num_align(exec.size, PLACE_PAGE)));
}

/* The doorbell stays in the kernel: a write to the port makes bell_fd readable and
 * the vCPU goes on. */
static int bell_make(struct loader *l)
{
    struct kvm_ioeventfd bell = {
        .addr = GATE_PORT_BELL,
        .len = 1,
        .flags = KVM_IOEVENTFD_FLAG_PIO,
    };

    l->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->server_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->watch_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->bell_fd < 0 || l->server_fd < 0 || l->watch_fd < 0)
        return errno;
    bell.fd = l->bell_fd;
    return ioctl(l->vm.vm_fd, KVM_IOEVENTFD, &bell) == 0 ? 0 : errno;
}

struct gate_port *loader_port_at(const struct loader *l, uint32_t index)
{
    return (struct gate_port *)(void *)(l->vm.gate + (size_t)index * GATE_PORT_SIZE);
}

static void vcpu_make(struct loader *l)
{
    struct vcpu *v = &l->vcpu[0];

    if (l->go.cpuid.count > 0)
        cpuid_take(&l->cpuid, &l->go.cpuid);
    else
        step(l, KVM_STEP_FEATURES, cpuid_get(&l->cpuid, l->plan->system_fd));
    step(l, KVM_STEP_FEATURES, vcpu_features(v, l->cpuid));
    step(l, KVM_STEP_REGISTERS, vcpu_registers(v, &l->image.registers, l->cpuid));
    vcpu_clock(v);
    step(l, KVM_STEP_BELL, bell_make(l));
    step(l, KVM_STEP_BELL,
         port_init(&l->port[0], 0, loader_port_at(l, 0), l->plan->debug != NULL,
                   &l->server_is_awake, &loader_ops, l));
}

static void machine_make(struct loader *l)
{
    pthread_mutex_init(&l->memory_lock, NULL);
    pthread_mutex_init(&l->vcpu_lock, NULL);
    step(l, KVM_STEP_VM, vm_open(&l->vm, l->plan->system_fd));
    memory_make(l);
    image_make(l);
    step(l, KVM_STEP_VCPU, vcpu_open(&l->vcpu[0], &l->vm, 0));
}

static void claims_take(struct loader *l, struct launch *launch)
{
    static const int stdio[3] = { 0, 1, 2 };
    struct note note = { 0 };
    int error = claims_make(&l->claims, launch, stdio, &l->vm, &l->streams, &note);

    if (error != 0)
        loader_fail(l, KVM_STEP_CLAIMS, error, note.text);
    atomic_store(&l->has_claims, true);
}

_Noreturn void loader_run(const struct kvm_plan *plan)
{
    struct loader *l = &self;

    l->plan = plan;
    kvm_confine_birth(l);
    machine_make(l);
    stream_table_init(&l->streams);
    /* The record is the caller's in its own process; here it is our copy of it, and
     * copying the whole of it once more would cost more than all of the above. */
    atomic_store(&l->client_fd, -1);
    if (plan->launch == NULL)
        template_prepare();
    else
        claims_take(l, (struct launch *)(uintptr_t)plan->launch);
    kvm_confine_go(l);
    vcpu_make(l);
    step(l, KVM_STEP_SIGNALS, kvm_signals_take(l));
    kvm_confine(l);
    if (plan->debug != NULL && plan->debug->started != NULL)
        plan->debug->started(plan->debug->context, &kvm_run_debug_keep);
    kvm_keep_run(l);
}
