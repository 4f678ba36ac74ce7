/* clock.h: the keep's clocks, from the time-stamp counter and the host's claims.
 *
 * Neither clock ever goes back, on whichever vCPU it is read. What the host says
 * is a claim: it gives the rate and the date; it cannot make time run backwards,
 * nor faster against the counter than gate/launch.h allows. */
#ifndef BROCH_SHIM_CORE_CLOCK_H
#define BROCH_SHIM_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/launch.h"

/* What LAUNCH said, and the counter before and after it was asked. */
void clock_begin(const struct gate_launch *launch, uint64_t before, uint64_t after);
/* The calling vCPU has a thread: its processor time starts, unless it has. */
void clock_thread_begin(void);
void clock_thread_end(void);
/* Ticks in which the calling vCPU slept; not its thread's processor time. */
void clock_idle(uint64_t ticks);

/* The counter, read behind what came before it. */
uint64_t clock_counter(void);
/* The counter's ticks as nanoseconds; 0 where the rate is not known. */
uint64_t clock_ticks_ns(uint64_t ticks);
/* Both may ask LAUNCH or CLOCK. */
uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);
/* Processor time of all threads, or of the calling one. */
uint64_t clock_process_ns(void);
uint64_t clock_thread_ns(void);

/* Sleeps until the monotonic clock says so; false: a signal is there. */
bool clock_sleep(uint64_t until_ns);

#endif
