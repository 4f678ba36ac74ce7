/* trap.h: exceptions as signals (core_trap is in syscall.h). */
#ifndef BROCH_SHIM_CORE_TRAP_H
#define BROCH_SHIM_CORE_TRAP_H

#include <stdint.h>

#include "shim/core/frame.h"
#include "shim/core/memory.h"

/* From entry.S: an exception of the core itself; changes where it goes on. */
void core_trap_inside(struct frame *f, uint64_t cr2);

/* What to make of a fault on exec's memory; wanted: one LINUX_PROT_…. Another vCPU
 * may have been changing the page: Linux would look again, and so do we. */
enum memory_fault trap_judge(uint64_t address, uint32_t wanted);

/* From entry.S: exec has changed GS, and left for the core. Ends the keep. */
_Noreturn void core_lost(void);

/* The si_code of a floating-point exception: flags and masks as in x87's status and
 * control word. */
int trap_float_code(uint32_t flagged, uint32_t masked);

#endif
