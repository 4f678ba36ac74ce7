/* fault.h: hardware faults, on their way to the engine.
 *
 * SIGSEGV and SIGBUS are taken on a stack of their own and shown to
 * wasm_fault(). What it does not know is a fault of ours: it is said in one
 * line, and the signal then ends the process as it would have. */
#ifndef BROCH_EXEC_FAULT_H
#define BROCH_EXEC_FAULT_H

#include "base/err.h"

/* For the thread that runs guests. */
enum err fault_take(void);

#endif
