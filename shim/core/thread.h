/* thread.h: threads of exec: one vCPU each, as long as they live. */
#ifndef BROCH_SHIM_CORE_THREAD_H
#define BROCH_SHIM_CORE_THREAD_H

#include <stdint.h>

#include "shim/core/cpu.h"

/* The first thread: 1, as in a container. */
void thread_begin_first(void);
/* The vCPU on which a thread runs; NULL: no such thread. */
struct cpu *thread_find(uint32_t tid);
/* Whether the calling thread is the only one. */
bool thread_is_alone(void);
/* Ends the calling thread, and the keep with the last one. */
_Noreturn void thread_end(uint32_t code);

#endif
