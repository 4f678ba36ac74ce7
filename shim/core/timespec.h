/* timespec.h: Linux's struct timespec, and nanoseconds. */
#ifndef BROCH_SHIM_CORE_TIMESPEC_H
#define BROCH_SHIM_CORE_TIMESPEC_H

#include <stdbool.h>

#include "gate/abi.h"
#include "shim/linux.h"

#define TIMESPEC_NS 1000000000u /* in a second */

static inline bool timespec_good(const struct linux_timespec *t)
{
    return t->seconds >= 0 && t->nanoseconds >= 0 && t->nanoseconds < TIMESPEC_NS;
}

/* Of a good one; GATE_FOREVER where it is too long to say. */
static inline uint64_t timespec_ns(const struct linux_timespec *t)
{
    if ((uint64_t)t->seconds >= (GATE_FOREVER / TIMESPEC_NS) - 1)
        return GATE_FOREVER;
    return (uint64_t)t->seconds * TIMESPEC_NS + (uint64_t)t->nanoseconds;
}

static inline struct linux_timespec timespec_of(uint64_t ns)
{
    return (struct linux_timespec){ .seconds = (int64_t)(ns / TIMESPEC_NS),
                                    .nanoseconds = (int64_t)(ns % TIMESPEC_NS) };
}

#endif
