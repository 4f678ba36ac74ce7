/* places.h: the addresses of a keep that are not exec's, and what must not work there.
 *
 * Core and exec share a ring (the inner wall for WebAssembly is the engine), so not
 * every touch of a place faults; what is named in `never` must. Given to a system
 * call as a pointer, every one of them is EFAULT. On Linux nothing is mapped there
 * as long as addresses are not random. */
#ifndef BROCH_TESTS_KEEP_PLACES_H
#define BROCH_TESTS_KEEP_PLACES_H

#include "gate/place.h"

#define NEVER_LOAD 1u
#define NEVER_STORE 2u
#define NEVER_EXECUTE 4u
#define NEVER_ANY 7u
/* Pages that an attacker of the core itself could use: no code runs there. */
#define NEVER_CODE NEVER_EXECUTE

static const struct place {
    const char *name;
    unsigned long at;
    unsigned never;
} places[] = {
    { "page 0", 0x10, NEVER_ANY },
    { "below the first address", PLACE_USER_START - 16, NEVER_ANY },
    { "stub", PLACE_STUB_VA, NEVER_ANY },
    { "stub, second page", PLACE_STUB_VA + PLACE_PAGE, NEVER_ANY },
    { "core text", PLACE_CORE_VA + 0x40, NEVER_STORE },
    { "end of the core", PLACE_CORE_END - 16, NEVER_ANY },
    { "boot page", PLACE_BOOT_VA, NEVER_STORE | NEVER_CODE },
    { "trap page", PLACE_CPU_VA + PLACE_CPU_TRAP, NEVER_ANY },
    { "task state", PLACE_CPU_VA + PLACE_CPU_TSS, NEVER_ANY },
    { "interrupt stacks", PLACE_CPU_VA + PLACE_CPU_IST, NEVER_ANY },
    { "trap page, the user's", PLACE_CPU_VA + PLACE_CPU_TRAP_USER, NEVER_CODE },
    { "vCPU state", PLACE_CPU_VA + PLACE_CPU_STATE, NEVER_CODE },
    { "trap stack", PLACE_CPU_VA + PLACE_CPU_TRAP_STACK + 0x1000, NEVER_CODE },
    { "core stack", PLACE_CPU_VA + PLACE_CPU_STACK + 0xf000, NEVER_CODE },
    { "an absent vCPU's state", PLACE_CPU_VA + 60 * PLACE_CPU_STRIDE + PLACE_CPU_STATE, NEVER_ANY },
    { "behind all vCPUs", PLACE_CPU_VA + 64 * PLACE_CPU_STRIDE, NEVER_ANY },
    { "gate", PLACE_GATE_VA, NEVER_CODE },
    { "gate, a port's data", PLACE_GATE_VA + 0x2000, NEVER_CODE },
    { "behind the gate", PLACE_GATE_VA + 0x1000000, NEVER_ANY },
    { "direct map", PLACE_DIRECT_VA, NEVER_CODE },
    { "end of the direct map", PLACE_SHIM_END - 0x1000, NEVER_ANY },
    { "not canonical", 0x800000000000, NEVER_ANY },
    { "not canonical, high", 0xffff7ffffffff000, NEVER_ANY },
    { "the kernel's half", 0xffff800000000000, NEVER_ANY },
    { "the kernel's text", 0xffffffff81000000, NEVER_ANY },
    { "the last bytes", 0xfffffffffffffff0, NEVER_ANY },
};

#endif
