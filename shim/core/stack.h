/* stack.h: exec's first stack: arguments, environment and auxiliary vector. */
#ifndef BROCH_SHIM_CORE_STACK_H
#define BROCH_SHIM_CORE_STACK_H

#include <stdint.h>

#include "gate/boot.h"

#define STACK_SIZE (8ull << 20)
#define STACK_GUARD (1ull << 20)  /* below it, where nothing is ever placed by itself */
#define AT_BROCH_CALL 0x62726f63u /* "broc": the address of the direct entry */

/* Maps the stack and fills its end; what RSP starts with, or 0 where there is no
 * memory. call_entry 0: no direct entry is advertised. */
uint64_t exec_stack_build(const struct boot *boot, uint64_t call_entry);

/* In it: where exec tells a debugger of the guest's functions (gate/debug.h). */
uint64_t exec_stack_symbols(void);

#endif
