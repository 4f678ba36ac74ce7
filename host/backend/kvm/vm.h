/* vm.h: the virtual machine of one keep: its memory.
 *
 * A struct kvm_vm belongs to the process that made it (KVM binds a machine to an
 * address space). All memory is placed before the keep runs, except for what
 * vm_grow adds; after that the loader looks at `gate` alone, never at the rest.
 * Functions give 0 or an errno. Not for use by two threads at a time, except for
 * vm_shrink. */
#ifndef BROCH_HOST_BACKEND_KVM_VM_H
#define BROCH_HOST_BACKEND_KVM_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "gate/abi.h"
#include "gate/place.h"

/* Of all inputs together: record, module, images. */
#define VM_INPUTS_MAX ((uint64_t)16 << 30)

struct kvm_vm {
    int system_fd; /* /dev/kvm */
    int vm_fd;
    size_t run_size; /* of a vCPU's struct kvm_run */
    uint32_t slots;  /* used */
    uint32_t slots_max;
    bool has_read_only;
    uint8_t *gate; /* GATE_REGION_SIZE bytes, shared with the keep */
    uint8_t *ram;  /* room for ram_max bytes; the first ram_size are memory */
    uint64_t ram_size;
    uint64_t ram_slotted; /* KVM knows of so many: the rest of it cannot be touched yet */
    uint64_t ram_max;
    uint8_t *inputs; /* address space for them, from PLACE_INPUT_GPA on */
    uint64_t inputs_slotted;
};

/* system_fd stays the caller's. */
int vm_open(struct kvm_vm *vm, int system_fd);
/* The shared region. */
int vm_gate(struct kvm_vm *vm);
/* size bytes at `at` (both whole pages; mapped by the caller, who keeps them there)
 * become read-only memory. */
int vm_file(struct kvm_vm *vm, uint64_t gpa, const void *at, size_t size);
/* Address space for inputs: read-only memory of the keep, nothing in it yet; the
 * first `size` bytes of it known to KVM, so that filling them costs no call. */
int vm_inputs(struct kvm_vm *vm, uint64_t size);
/* Where in this process the input of that guest-physical address is to be mapped. */
int vm_input_at(struct kvm_vm *vm, uint64_t gpa, uint64_t size, uint8_t **out);
/* RAM of `size` bytes, all zero: vm->ram, to be filled before the keep runs. The
 * first `soon` bytes will be written at once. It may grow to `most`. */
int vm_ram(struct kvm_vm *vm, uint64_t size, uint64_t most, uint64_t soon);

/* MEMORY_GROW: ERR_MALFORMED where the keep asks for what calls.def does not
 * permit, ERR_NOMEM where it or the host has had enough. */
enum err vm_grow(struct kvm_vm *vm, uint64_t gpa, uint64_t size);
/* MEMORY_SHRINK: ERR_MALFORMED as above. */
enum err vm_shrink(struct kvm_vm *vm, uint64_t gpa, uint64_t size);

#endif
