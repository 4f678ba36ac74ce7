/* time.c: the calls about time. */
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/syscall.h"
#include "shim/core/timespec.h"
#include "shim/core/user.h"

#define COARSE_NS 4000000 /* what Linux says of its coarse clocks at 250 Hz */

static int64_t time_write(uint64_t to, uint64_t ns)
{
    struct linux_timespec t = timespec_of(ns);

    return user_write(to, &t, sizeof t) ? 0 : -LINUX_EFAULT;
}

static bool clock_known(uint64_t id) { return id <= LINUX_CLOCK_BOOTTIME || id == LINUX_CLOCK_TAI; }

static uint64_t clock_read(uint64_t id)
{
    switch (id) {
    case LINUX_CLOCK_REALTIME:
    case LINUX_CLOCK_REALTIME_COARSE:
    case LINUX_CLOCK_TAI: return clock_realtime_ns();
    case LINUX_CLOCK_PROCESS_CPUTIME: return clock_process_ns();
    case LINUX_CLOCK_THREAD_CPUTIME: return clock_thread_ns();
    default: return clock_monotonic_ns();
    }
}

int64_t call_clock_gettime(const struct call *c)
{
    uint64_t id = c->a[0] & UINT32_MAX;

    if (!clock_known(id))
        return -LINUX_EINVAL;
    return time_write(c->a[1], clock_read(id));
}

int64_t call_clock_getres(const struct call *c)
{
    uint64_t id = c->a[0] & UINT32_MAX;
    bool is_coarse = id == LINUX_CLOCK_REALTIME_COARSE || id == LINUX_CLOCK_MONOTONIC_COARSE;

    if (!clock_known(id))
        return -LINUX_EINVAL;
    return c->a[1] == 0 ? 0 : time_write(c->a[1], is_coarse ? COARSE_NS : 1);
}

int64_t call_gettimeofday(const struct call *c)
{
    const uint64_t no_zone = 0;
    struct linux_timespec t;

    if (c->a[0] != 0) {
        t = timespec_of(clock_realtime_ns());
        t.nanoseconds /= 1000; /* a struct timeval has microseconds there */
        if (!user_write(c->a[0], &t, sizeof t))
            return -LINUX_EFAULT;
    }
    if (c->a[1] != 0 && !user_write(c->a[1], &no_zone, sizeof no_zone))
        return -LINUX_EFAULT;
    return 0;
}

int64_t call_time(const struct call *c)
{
    int64_t seconds = (int64_t)(clock_realtime_ns() / TIMESPEC_NS);

    if (c->a[0] != 0 && !user_write(c->a[0], &seconds, sizeof seconds))
        return -LINUX_EFAULT;
    return seconds;
}

/* Sleeps to the end, or tells how much is left: to 0 where nobody asks. */
static int64_t sleep_until(uint64_t until_ns, uint64_t left_to)
{
    uint64_t now;

    (void)stream_flush();
    if (clock_sleep(until_ns))
        return 0;
    now = clock_monotonic_ns();
    if (left_to != 0 && time_write(left_to, until_ns > now ? until_ns - now : 0) < 0)
        return -LINUX_EFAULT;
    return -LINUX_ERESTARTNOHAND;
}

static uint64_t later(uint64_t ns)
{
    uint64_t now = clock_monotonic_ns();

    return ns < GATE_FOREVER - now ? now + ns : GATE_FOREVER;
}

int64_t call_nanosleep(const struct call *c)
{
    struct linux_timespec t;

    if (!user_read(&t, c->a[0], sizeof t))
        return -LINUX_EFAULT;
    if (!timespec_good(&t))
        return -LINUX_EINVAL;
    return sleep_until(later(timespec_ns(&t)), c->a[1]);
}

/* The clock that is named may go at another pace than the one we sleep by. */
static int64_t sleep_absolute(uint64_t id, uint64_t until)
{
    for (;;) {
        uint64_t now = clock_read(id);
        int64_t r;

        if (now >= until)
            return 0;
        r = sleep_until(later(until - now), 0);
        if (r < 0)
            return r;
    }
}

int64_t call_clock_nanosleep(const struct call *c)
{
    uint64_t id = c->a[0] & UINT32_MAX;
    struct linux_timespec t;

    /* A thread cannot sleep until it has run for so long; clock_nanosleep(2). */
    if (!clock_known(id) || id == LINUX_CLOCK_THREAD_CPUTIME)
        return -LINUX_EINVAL;
    if (id != LINUX_CLOCK_REALTIME && id != LINUX_CLOCK_MONOTONIC && id != LINUX_CLOCK_BOOTTIME &&
        id != LINUX_CLOCK_TAI)
        return -LINUX_EOPNOTSUPP;
    if (!user_read(&t, c->a[2], sizeof t))
        return -LINUX_EFAULT;
    if (!timespec_good(&t))
        return -LINUX_EINVAL;
    if ((c->a[1] & LINUX_TIMER_ABSTIME) != 0)
        return sleep_absolute(id, timespec_ns(&t));
    return sleep_until(later(timespec_ns(&t)), c->a[3]);
}
