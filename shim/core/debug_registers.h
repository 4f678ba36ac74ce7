/* debug_registers.h: exec's registers between its frame, the processor, and the form
 * in which a debugger gets them. The core uses general registers alone, so those of
 * x87, SSE and AVX are still exec's while it runs. */
#ifndef BROCH_SHIM_CORE_DEBUG_REGISTERS_H
#define BROCH_SHIM_CORE_DEBUG_REGISTERS_H

#include <stdbool.h>

#include "gate/debug.h"
#include "shim/core/frame.h"

/* Both want *regs on a boundary of 64 bytes. */
void debug_registers_get(struct debug_registers *regs, const struct frame *f);
/* False, and nothing changed, where exec cannot run on with these. */
bool debug_registers_set(struct frame *f, const struct debug_registers *regs);

#endif
