/* debug.h: the keep's half of a debugger (gate/debug.h says what goes over the wall).
 *
 * All of it does nothing in a keep that is not for debugging: debug_init is told by
 * the measured boot page, and nothing a host says later turns it on. In a debug keep
 * the host may read and change whatever exec has; it cannot change the core's text.
 * The frame is always exec's own, at the top of the core's stack, and what a function
 * changes in it exec goes on with. */
#ifndef BROCH_SHIM_CORE_DEBUG_H
#define BROCH_SHIM_CORE_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/boot.h"
#include "shim/core/frame.h"

void debug_init(const struct boot *boot);

/* vCPU 0, before exec's first instruction, which f will run. */
void debug_start(struct frame *f);
/* #BP and #DB of exec. True: done with; false: it is the program's own SIGTRAP. */
bool debug_trap(struct frame *f);
/* #DB inside of the core, where a step goes through it: true, and it just goes on. */
bool debug_trap_inside(const struct frame *f);
/* A fault that would become this signal. What to deliver in its place: 0 for none. */
int debug_signal(struct frame *f, int number, uint64_t address);
/* The same signal is about to end the keep. */
void debug_dying(struct frame *f, int number, uint64_t address);
/* Whether that interrupt is due: the calling vCPU was kicked, and has to leave whatever
 * it waits in. */
bool debug_is_asked(void);
/* After the kick, on the way back to exec. */
void debug_kicked(struct frame *f);

#endif
