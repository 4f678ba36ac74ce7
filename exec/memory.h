/* memory.h: the engine's memory, of a Linux process.
 *
 * Fills in a struct wasm_host: the heap is malloc's, pages are mmap's, and both
 * count towards one ceiling, so that a module cannot make its compiler take what
 * it may not take itself. Reserved addresses cost nothing and count nothing.
 * No page is ever writable and executable: seal takes the one when it gives the
 * other. Any thread may call. */
#ifndef BROCH_EXEC_MEMORY_H
#define BROCH_EXEC_MEMORY_H

#include "broch/wasm.h"

/* A limit below this is for the guest's memories alone: the engine itself, and
 * the code of a small module, have to fit somewhere. */
#define MEMORY_LEAST (96ull << 20)

/* Before the first allocation: the heap grows in few large steps, which cost a keep
 * that maps memory explicitly less than many small ones. */
void memory_begin(void);

/* One per process. limit: what the launch record sets. */
void memory_host(struct wasm_host *out, uint64_t limit);
/* Whether anything was refused because of the ceiling. */
bool memory_refused(void);
/* Bytes that were made executable so far. */
uint64_t memory_code_size(void);

#endif
