/* xstate_form.h: the extended state's bytes (Intel SDM vol. 1 §10.5.1 and §13.4). */
#ifndef BROCH_SHIM_CORE_XSTATE_FORM_H
#define BROCH_SHIM_CORE_XSTATE_FORM_H

#include "shim/core/xstate.h"

#define XSTATE_CONTROL_AT 0u /* x87's control word */
#define XSTATE_MXCSR_AT 24u
#define XSTATE_MXCSR_MASK_AT 28u
#define XSTATE_SOFTWARE_AT 464u /* 48 bytes that the processor leaves alone */

/* The initial values of x87 and SSE into a zeroed legacy area. */
void xstate_first(uint8_t *area);

#endif
