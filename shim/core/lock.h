/* lock.h: a lock between vCPUs.
 *
 * Its holder may lose its processor to the host anywhere, so whoever waits spins a
 * little and then sleeps in the gate for a short time: nobody has to wake it. Not
 * recursive; never held over a call that waits for the host's answer to something
 * that another vCPU must do. A zeroed lock is free. */
#ifndef BROCH_SHIM_CORE_LOCK_H
#define BROCH_SHIM_CORE_LOCK_H

#include <stdint.h>

struct lock {
    uint32_t taken; /* atomic */
};

void lock_take(struct lock *l);
void lock_give(struct lock *l);

#endif
