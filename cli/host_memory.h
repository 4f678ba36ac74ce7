/* host_memory.h: a struct wasm_host over malloc and mmap, and the signal handler
 * that hands hardware faults to the engine. For tools that run modules in their own
 * process (`broch wast`); exec has its own. */
#ifndef BROCH_CLI_HOST_MEMORY_H
#define BROCH_CLI_HOST_MEMORY_H

#include "include/broch/wasm.h"

/* Good for any number of engines. Its wait never blocks for long: it is for
 * programs of one thread, in which nobody could wake a waiter. */
extern const struct wasm_host host_memory;

/* Takes SIGSEGV and SIGBUS on a stack of their own. Once, before guest code runs. */
bool host_faults_open(void);

#endif
