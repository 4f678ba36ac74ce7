/* wait.h: memory.atomic.wait and notify (threads proposal), over futexes.
 *
 * Waiters queue in the order they came, by address, in a fixed number of lists;
 * the comparison and the queueing are one step under the list's lock, so that no
 * notify is lost. A wait ends early, as timed out, once deadline_passed(): the
 * guest is then stopped where it goes on. */
#ifndef BROCH_EXEC_WAIT_H
#define BROCH_EXEC_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* As struct wasm_host has them. */
int wait_for(void *context, const void *at, uint64_t expected, bool is64, int64_t timeout_ns);
uint32_t wait_notify(void *context, const void *at, uint32_t count);

#endif
