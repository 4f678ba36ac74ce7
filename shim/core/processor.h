/* processor.h: what CPUID says, asked once: it is slow where it traps. */
#ifndef BROCH_SHIM_CORE_PROCESSOR_H
#define BROCH_SHIM_CORE_PROCESSOR_H

#include <stdint.h>

/* CPUID 1 EDX: what Linux gives as AT_HWCAP. */
uint32_t processor_hwcap(void);

#endif
