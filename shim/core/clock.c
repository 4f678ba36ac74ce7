/* clock.c: the keep's clocks.
 *
 * time = base + (counter - base's counter) * rate. The base and the rate come from
 * LAUNCH; the date is compared with CLOCK's at most once a minute. Where the host
 * says that the counter's rate is not constant, each reading asks CLOCK. */
#include "shim/core/clock.h"

#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/file.h"
#include "shim/core/lock.h"
#include "shim/core/syscall.h"

#define NS_IN_MS 1000000ull
#define RESYNC_NS (60ull * 1000 * NS_IN_MS)
/* The date goes forward by at most this with one comparison: a machine that
 * slept, not one that lies about the year. */
#define STEP_NS (24ull * 3600 * 1000 * NS_IN_MS)
#define DATE_MAX (INT64_MAX / 2) /* the year 2116 */

static struct {
    bool is_constant;
    uint64_t mult; /* ns per tick, times 2^32 */
    uint64_t base_counter;
    uint64_t base_ns;      /* monotonic */
    uint64_t last_ns;      /* atomic: the latest that was given */
    uint64_t last_date_ns; /* atomic */
    uint64_t date_ns;      /* atomic: realtime minus monotonic */
    uint64_t synced_ns;    /* atomic: monotonic, of the last comparison */
    struct lock lock;      /* of comparing */
} claim;

/* Processor time, in ticks; each entry is its own vCPU's. */
static struct {
    uint64_t begun; /* 0: no thread */
    uint64_t idle;
    uint64_t ended; /* of the threads before */
} used[GATE_VCPUS_MAX];

uint64_t clock_counter(void)
{
    uint32_t low;
    uint32_t high;

    /* LFENCE waits for what came before; and what comes after waits for it. */
    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

uint64_t clock_ticks_ns(uint64_t ticks)
{
    return (uint64_t)(((unsigned __int128)ticks * claim.mult) >> 32);
}

/* A claim about the counter can only be of the time in which it was made. */
static uint64_t clamp(uint64_t n, uint64_t least, uint64_t most)
{
    return n < least ? least : n > most ? most : n;
}

void clock_begin(const struct gate_launch *launch, uint64_t before, uint64_t after)
{
    claim.is_constant = launch->tsc_khz != 0;
    if (claim.is_constant)
        claim.mult = (NS_IN_MS << 32) / launch->tsc_khz;
    claim.base_counter = clamp(launch->clock.tsc, before, after);
    claim.base_ns = launch->clock.monotonic_ns;
    claim.last_ns = claim.base_ns;
    claim.synced_ns = claim.base_ns;
    claim.date_ns = launch->clock.realtime_ns - launch->clock.monotonic_ns;
    claim.last_date_ns = launch->clock.realtime_ns;
}

/* The later of the two, kept for whoever asks next. */
static uint64_t never_back(uint64_t *last, uint64_t now)
{
    uint64_t seen = __atomic_load_n(last, __ATOMIC_RELAXED);

    while (seen < now)
        if (__atomic_compare_exchange_n(last, &seen, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return now;
    return seen;
}

/* What CLOCK says, once it is within what can be. */
static bool clock_ask(struct gate_clock *out)
{
    struct gate_ask a = { .call = GATE_CLOCK, .room = sizeof *out };

    (void)gate_stage(&cpu_here()->gate);
    if (ask_host(&a) != GATE_OK)
        return false;
    if (a.back.size != sizeof *out)
        ask_lied("CLOCK says something else than the time");
    __builtin_memcpy(out, a.back.data, sizeof *out);
    return out->monotonic_ns <= DATE_MAX && out->realtime_ns <= DATE_MAX;
}

/* Without a constant rate: the host's own clock, as fast as a counter of the
 * slowest rate that is believed, at most. */
static uint64_t asked_ns(struct gate_clock *said)
{
    uint64_t counter;
    uint64_t most;
    uint64_t now;

    lock_take(&claim.lock);
    now = claim.base_ns;
    if (clock_ask(said) && said->monotonic_ns > now) {
        counter = clock_counter();
        most = counter > claim.base_counter ? counter - claim.base_counter : 0;
        most = most / GATE_TSC_KHZ_LEAST * NS_IN_MS + NS_IN_MS;
        now += said->monotonic_ns - now < most ? said->monotonic_ns - now : most;
        claim.base_ns = now;
        claim.base_counter = counter;
    }
    lock_give(&claim.lock);
    return now;
}

uint64_t clock_monotonic_ns(void)
{
    struct gate_clock said;
    uint64_t counter;
    uint64_t ticks;

    launch_need();
    if (!claim.is_constant)
        return never_back(&claim.last_ns, asked_ns(&said));
    counter = clock_counter();
    /* Another vCPU's counter may be a little behind the one that the base is of. */
    ticks = counter > claim.base_counter ? counter - claim.base_counter : 0;
    return never_back(&claim.last_ns, claim.base_ns + clock_ticks_ns(ticks));
}

/* Back: the date stands until it is right. Forward: at most a day at a time. */
static void date_compare(void)
{
    struct gate_clock said;
    uint64_t date;
    uint64_t ours;
    uint64_t now;

    if (!clock_ask(&said))
        return;
    /* The host's own monotonic clock may run at another rate than ours. */
    now = clock_monotonic_ns();
    ours = now + __atomic_load_n(&claim.date_ns, __ATOMIC_RELAXED);
    date = said.realtime_ns;
    if (date > ours && date - ours > STEP_NS)
        date = ours + STEP_NS;
    __atomic_store_n(&claim.date_ns, date - now, __ATOMIC_RELAXED);
}

/* Whether it took its time. */
static bool date_sync(uint64_t now)
{
    uint64_t synced = __atomic_load_n(&claim.synced_ns, __ATOMIC_RELAXED);

    /* One of those who notice compares; the others take what there is. */
    if (now - synced < RESYNC_NS ||
        !__atomic_compare_exchange_n(&claim.synced_ns, &synced, now, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return false;
    date_compare();
    return true;
}

uint64_t clock_realtime_ns(void)
{
    uint64_t now = clock_monotonic_ns();

    if (date_sync(now))
        now = clock_monotonic_ns();
    return never_back(&claim.last_date_ns, now + __atomic_load_n(&claim.date_ns, __ATOMIC_RELAXED));
}

/* --- Processor time. */

void clock_thread_begin(void)
{
    uint32_t i = cpu_here()->index;

    if (used[i].begun != 0)
        return;
    used[i].idle = 0;
    __atomic_store_n(&used[i].begun, clock_counter(), __ATOMIC_RELAXED);
}

static uint64_t ticks_of(uint32_t i)
{
    uint64_t begun = __atomic_load_n(&used[i].begun, __ATOMIC_RELAXED);
    uint64_t now = clock_counter();
    uint64_t idle = __atomic_load_n(&used[i].idle, __ATOMIC_RELAXED);

    return begun == 0 || now < begun || now - begun < idle ? 0 : now - begun - idle;
}

void clock_thread_end(void)
{
    uint32_t i = cpu_here()->index;

    __atomic_fetch_add(&used[i].ended, ticks_of(i), __ATOMIC_RELAXED);
    __atomic_store_n(&used[i].begun, 0, __ATOMIC_RELAXED);
}

void clock_idle(uint64_t ticks)
{
    __atomic_fetch_add(&used[cpu_here()->index].idle, ticks, __ATOMIC_RELAXED);
}

uint64_t clock_thread_ns(void)
{
    launch_need();
    return claim.is_constant ? clock_ticks_ns(ticks_of(cpu_here()->index)) : clock_monotonic_ns();
}

uint64_t clock_process_ns(void)
{
    uint64_t sum = 0;

    launch_need();
    for (uint32_t i = 0; i < cpu_count(); i++)
        sum += __atomic_load_n(&used[i].ended, __ATOMIC_RELAXED) + ticks_of(i);
    return claim.is_constant ? clock_ticks_ns(sum) : clock_monotonic_ns();
}

bool clock_sleep(uint64_t until_ns)
{
    for (;;) {
        uint64_t now = clock_monotonic_ns();
        uint64_t before = clock_counter();

        if (now >= until_ns && until_ns != GATE_FOREVER)
            return true;
        if (signal_waiting())
            return false;
        cpu_park(until_ns == GATE_FOREVER ? GATE_FOREVER : until_ns - now);
        clock_idle(clock_counter() - before);
    }
}
