/* futex.h: sleeping until a word of exec's memory is said to have changed.
 *
 * Waiters hang in hashed queues, each with its lock; the word is compared under
 * it, and who wakes takes it too, so no wake is lost. There is one process, so
 * private and shared futexes are the same, keyed by the address. */
#ifndef BROCH_SHIM_CORE_FUTEX_H
#define BROCH_SHIM_CORE_FUTEX_H

#include <stdint.h>

/* Wakes up to `most` waiters of which `bits` match: how many. */
uint32_t futex_wake(uint64_t at, uint32_t most, uint32_t bits);
/* What a thread's end does to the robust mutexes it held. */
void futex_robust_end(uint64_t head, uint32_t tid);

#define FUTEX_ALL 0xffffffffu

#endif
