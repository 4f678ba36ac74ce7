/* cpu_area.h: the pages of another vCPU, as measure/image.c makes them for the first:
 * trap page with its IRET frame, TSS, stacks, struct cpu. */
#ifndef BROCH_SHIM_CORE_CPU_AREA_H
#define BROCH_SHIM_CORE_CPU_AREA_H

#include <stdbool.h>
#include <stdint.h>

/* May be called again where a vCPU could not be started. false: no memory; what
 * was mapped until then stays, for the next time. */
bool cpu_area_make(uint32_t index);

#endif
