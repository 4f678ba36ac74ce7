/* alloc_check.h: between the two halves of the allocation checker. It shares
 * nothing with the allocators but mach.h, so that a misreading of a constraint
 * there is seen here. */
#ifndef BROCH_WASM_X86_64_ALLOC_CHECK_H
#define BROCH_WASM_X86_64_ALLOC_CHECK_H

#include "wasm/x86_64/mach.h"

/* Which virtual registers are live into each block, phis of the block included:
 * list[first[b]] .. list[first[b + 1] - 1], numbers from 1. */
struct alloc_check_live {
    uint32_t *first;
    uint32_t *list;
};

/* ERR_NOMEM is the only failure. */
enum err alloc_check_live_compute(struct alloc_check_live *out, const struct mach_func *f,
                                  const struct mach_instr *before, struct arena *arena);

/* One operand of an instruction as mach.h describes it. */
struct alloc_check_operand {
    mach_operand before, after;
    enum { CHECK_USE_A, CHECK_USE_B, CHECK_USE_X, CHECK_USE_C, CHECK_TEMP_C, CHECK_DEF } role;
};
/* Those that are virtual before; 5 at most, the definition last. */
unsigned alloc_check_operands(const struct mach_instr *before, const struct mach_instr *after,
                              struct alloc_check_operand out[static 5]);
bool alloc_check_has_args(const struct mach_instr *in);

#endif
