#include "shim/core/lock.h"

#include <stdbool.h>

#include "shim/core/cpu.h"
#include "shim/core/port.h"

#define LOCK_SPINS 100u
#define LOCK_SLEEP_NS 50000u
#define LOCK_SLEEP_MOST_NS 6400000u

static bool lock_try(struct lock *l)
{
    return __atomic_load_n(&l->taken, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE) == 0;
}

void lock_take(struct lock *l)
{
    uint64_t sleep_ns = LOCK_SLEEP_NS;

    for (unsigned spins = 0; !lock_try(l); spins++) {
        if (spins % LOCK_SPINS != LOCK_SPINS - 1) {
            port_pause();
            continue;
        }
        /* Longer each time: sixty that look again every while take the processor
         * away from the one that they wait for. */
        cpu_park(sleep_ns);
        if (sleep_ns < LOCK_SLEEP_MOST_NS)
            sleep_ns *= 2;
    }
}

void lock_give(struct lock *l) { __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE); }
