#define _GNU_SOURCE

#include "host/backend/kvm/vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/num.h"

/* Where an Intel processor without "unrestricted guest" wants four pages of its
 * own (Documentation/virt/kvm/api.rst, 4.44 and 4.45): nothing of ours is there. */
#define TSS_GPA 0xfffbd000u
#define IDENTITY_GPA 0xfffbc000u
/* What most programs never outgrow; its cost at the start is some 60 us. */
#define RAM_SLOT_LEAST ((uint64_t)256 << 20)

int vm_open(struct kvm_vm *vm, int system_fd)
{
    uint64_t identity = IDENTITY_GPA;
    int size = ioctl(system_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

    *vm = (struct kvm_vm){ .system_fd = system_fd, .vm_fd = -1 };
    if (size < (int)sizeof(struct kvm_run))
        return size < 0 ? errno : EPROTO;
    vm->run_size = (size_t)size;
    vm->vm_fd = ioctl(system_fd, KVM_CREATE_VM, 0);
    if (vm->vm_fd < 0)
        return errno;
    /* Both matter to some Intel processors alone; others refuse them or do not care. */
    (void)ioctl(vm->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    (void)ioctl(vm->vm_fd, KVM_SET_TSS_ADDR, TSS_GPA);
    vm->has_read_only = ioctl(vm->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) > 0;
    size = ioctl(vm->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);
    vm->slots_max = size > 0 ? (uint32_t)size : 32;
    return 0;
}

static int slot_add(struct kvm_vm *vm, uint64_t gpa, const void *at, uint64_t size, uint32_t flags)
{
    struct kvm_userspace_memory_region region = {
        .slot = vm->slots,
        .flags = flags,
        .guest_phys_addr = gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)at,
    };

    if (vm->slots >= vm->slots_max)
        return ENOMEM;
    if (ioctl(vm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) != 0)
        return errno;
    vm->slots++;
    return 0;
}

int vm_gate(struct kvm_vm *vm)
{
    void *at = mmap(NULL, GATE_REGION_SIZE, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return errno;
    vm->gate = at;
    return slot_add(vm, PLACE_GATE_GPA, at, GATE_REGION_SIZE, 0);
}

static uint32_t read_only(const struct kvm_vm *vm)
{
    return vm->has_read_only ? KVM_MEM_READONLY : 0;
}

int vm_file(struct kvm_vm *vm, uint64_t gpa, const void *at, size_t size)
{
    return slot_add(vm, gpa, at, size, read_only(vm));
}

static int inputs_slot(struct kvm_vm *vm, uint64_t size)
{
    int error = slot_add(vm, PLACE_INPUT_GPA + vm->inputs_slotted, vm->inputs + vm->inputs_slotted,
                         size, read_only(vm));

    if (error == 0)
        vm->inputs_slotted += size;
    return error;
}

int vm_inputs(struct kvm_vm *vm, uint64_t size)
{
    void *at =
        mmap(NULL, VM_INPUTS_MAX, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return errno;
    vm->inputs = at;
    return inputs_slot(vm, size);
}

int vm_input_at(struct kvm_vm *vm, uint64_t gpa, uint64_t size, uint8_t **out)
{
    uint64_t at = gpa - PLACE_INPUT_GPA, end = num_align(at + size, PLACE_PAGE_LARGE);
    int error = 0;

    if (gpa < PLACE_INPUT_GPA || at > VM_INPUTS_MAX || size > VM_INPUTS_MAX - at)
        return EFBIG;
    if (end > vm->inputs_slotted)
        error = inputs_slot(vm, end - vm->inputs_slotted);
    *out = vm->inputs + at;
    return error;
}

/* Address space for all that RAM may become, so that a guest-physical address is
 * one addition away from ours; aligned, for large pages. */
static int ram_reserve(struct kvm_vm *vm, uint64_t most)
{
    size_t size = (size_t)most + PLACE_PAGE_LARGE;
    uint8_t *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return errno;
    vm->ram = at + (num_align((uintptr_t)at, PLACE_PAGE_LARGE) - (uintptr_t)at);
    vm->ram_max = most;
    return 0;
}

/* A slot of a machine that runs sometimes costs milliseconds (KVM waits until no
 * vCPU can see the old list), whatever its size; so it is made larger than what is
 * asked for, and most growing needs none. */
static int ram_slot(struct kvm_vm *vm, uint64_t size)
{
    uint64_t more = num_max(num_max(size, vm->ram_slotted), RAM_SLOT_LEAST);
    int error;

    more = num_min(more, vm->ram_max - vm->ram_slotted);
    error = slot_add(vm, PLACE_RAM_GPA + vm->ram_slotted, vm->ram + vm->ram_slotted, more, 0);
    if (error == 0)
        vm->ram_slotted += more;
    return error;
}

/* What becomes writable counts against RLIMIT_DATA, which the loader has set to
 * the keep's limit: the kernel has the last word. */
static int ram_add(struct kvm_vm *vm, uint64_t size)
{
    uint64_t want = vm->ram_size + size;
    int error = want > vm->ram_slotted ? ram_slot(vm, want - vm->ram_slotted) : 0;

    if (error == 0 && mprotect(vm->ram + vm->ram_size, (size_t)size, PROT_READ | PROT_WRITE) != 0)
        error = errno;
    if (error == 0)
        vm->ram_size = want;
    return error;
}

int vm_ram(struct kvm_vm *vm, uint64_t size, uint64_t most, uint64_t soon)
{
    int error = ram_reserve(vm, most);

    if (error == 0)
        error = ram_add(vm, size);
    /* One call instead of a fault for each page; a kernel before 5.14 has it not. */
    if (error == 0)
        (void)madvise(vm->ram, (size_t)soon, MADV_POPULATE_WRITE);
    return error;
}

enum err vm_grow(struct kvm_vm *vm, uint64_t gpa, uint64_t size)
{
    if (gpa != PLACE_RAM_GPA + vm->ram_size || size == 0 || size % PLACE_PAGE_LARGE != 0)
        return ERR_MALFORMED;
    if (size > vm->ram_max - vm->ram_size || ram_add(vm, size) != 0)
        return ERR_NOMEM;
    return ERR_OK;
}

enum err vm_shrink(struct kvm_vm *vm, uint64_t gpa, uint64_t size)
{
    uint64_t at = gpa - PLACE_RAM_GPA;

    if (gpa < PLACE_RAM_GPA || gpa % PLACE_PAGE != 0 || size == 0 || size % PLACE_PAGE != 0 ||
        at > vm->ram_size || size > vm->ram_size - at)
        return ERR_MALFORMED;
    /* Anonymous memory: this gives it back at once and reads as zero afterwards. */
    (void)madvise(vm->ram + at, (size_t)size, MADV_DONTNEED);
    return ERR_OK;
}
