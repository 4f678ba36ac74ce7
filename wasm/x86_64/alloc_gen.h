/* alloc_gen.h: random functions of machine instructions, for the allocator's tests.
 *
 * They are structured (loops, diamonds, switches, calls with landing pads) and in
 * SSA form, so that every rule of mach.h holds. Operations are picked by their
 * flags from mops.def, whatever it holds: the result means nothing, but every
 * constraint occurs. The same seed gives the same function. */
#ifndef BROCH_WASM_X86_64_ALLOC_GEN_H
#define BROCH_WASM_X86_64_ALLOC_GEN_H

#include "wasm/x86_64/mach.h"

struct alloc_gen_shape {
    uint64_t seed;
    uint32_t size;     /* instructions, roughly */
    uint32_t pressure; /* values kept alive at once, roughly */
    bool calls, pads, vectors;
};

/* False where the arena is too small. */
bool alloc_gen_make(struct mach_func *out, const struct alloc_gen_shape *shape,
                    struct arena *arena);

#endif
