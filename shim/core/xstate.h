/* xstate.h: the processor's extended state (x87, SSE, AVX and what follows), which the
 * core itself never touches: what is in the registers is always exec's. */
#ifndef BROCH_SHIM_CORE_XSTATE_H
#define BROCH_SHIM_CORE_XSTATE_H

#include <stdbool.h>
#include <stdint.h>

#define XSTATE_LEGACY_SIZE 512u
#define XSTATE_HEADER_SIZE 64u
#define XSTATE_SIZE_MAX 0x4000u /* PLACE_CPU_XSAVE's pages */

struct xstate {
    uint64_t mask;       /* XCR0; 0: no XSAVE, FXSAVE alone */
    uint32_t size;       /* of the whole */
    uint32_t mxcsr_mask; /* bits that MXCSR may have */
};

/* Asks the processor, once. */
void xstate_begin(void);
const struct xstate *xstate_info(void);

/* The calling vCPU's registers into its own area, which is returned. */
uint8_t *xstate_save(void);
/* From that area; has been made safe. */
void xstate_load(void);
/* The calling thread's registers, for another vCPU that has nothing to keep: it loads
 * them before it goes to exec. */
struct cpu;
void xstate_copy(struct cpu *to);
/* What a program starts with, and a signal handler. */
void xstate_reset(void);

/* Pure: makes `area` (of `size` bytes, at least XSTATE_LEGACY_SIZE) something that
 * XRSTOR takes without a fault (Intel SDM vol. 1 §13.8.1): reserved bits cleared. */
void xstate_sanitise(uint8_t *area, uint32_t size, const struct xstate *info);

#endif
