/* deadline.h: the time limit of a launch.
 *
 * One thread sleeps until the limit, then stops the guest: the word of its store
 * is set, and the main thread gets signals until it has ended, so that a call
 * which waits comes back. Where there is no store yet (the module compiles), or
 * where the guest does not end within a second, the process ends itself. */
#ifndef BROCH_EXEC_DEADLINE_H
#define BROCH_EXEC_DEADLINE_H

#include <signal.h>

#include "broch/wasm.h"

/* Starts the clock; call it on the main thread. */
enum err deadline_start(uint64_t time_ms);
/* From now on there is a store to stop; NULL: no more. */
void deadline_guard(struct wasm_store *store);
bool deadline_passed(void);
/* For the worlds: becomes true when the limit is reached. */
const volatile sig_atomic_t *deadline_flag(void);
/* While it is held, no time limit ends the process; the guest is still interrupted. */
void deadline_hold(void);
void deadline_release(void);

#endif
