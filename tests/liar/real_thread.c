/* What a lying host does beside its vCPUs: memory that flickers, interrupts. */
#define _GNU_SOURCE

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "gate/shared.h"
#include "host/backend/kvm/run.h"
#include "tests/liar/real.h"

#define FLICKER_NS 1000000u /* the keep is back in its code after a tenth of it */
#define FLICKER_MAX 32u

/* ppoll is what the loader's filter lets pass. */
static void sleep_ns(uint64_t ns)
{
    const struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
                                .tv_nsec = (long)(ns % 1000000000u) };

    (void)ppoll(NULL, 0, &t, NULL);
}

void real_sleep(uint64_t ms) { sleep_ns(ms * 1000000u); }

static void thread_begin(void *(*function)(void *), void *context)
{
    pthread_attr_t attr;
    pthread_t thread;

    if (pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 65536) == 0)
        (void)pthread_create(&thread, &attr, function, context);
}

/* --- Flickering. */

static struct {
    pthread_mutex_t lock;
    void *at;
    uint64_t honest[FLICKER_MAX / 8], lie[FLICKER_MAX / 8];
    uint32_t size;
    atomic_bool runs, has_begun, stops;
} flicker = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void flicker_put(const void *from)
{
    if (flicker.size % 8 == 0)
        shared_put(flicker.at, from, flicker.size);
    else
        shared_store32(flicker.at, *(const uint32_t *)from);
}

static void *flicker_thread(void *context)
{
    const uint64_t end = port_now_ns() + FLICKER_NS;

    (void)context;
    while (!atomic_load(&flicker.stops) && port_now_ns() < end) {
        for (int i = 0; i < 64; i++) {
            flicker_put(flicker.lie);
            flicker_put(flicker.honest);
        }
        atomic_store(&flicker.has_begun, true);
    }
    atomic_store(&flicker.has_begun, true);
    atomic_store(&flicker.runs, false);
    return NULL;
}

void real_flicker(void *at, const void *honest, const void *lie, uint32_t size)
{
    pthread_mutex_lock(&flicker.lock);
    atomic_store(&flicker.stops, true);
    while (atomic_load(&flicker.runs))
        sched_yield();
    flicker.at = at;
    flicker.size = size;
    memcpy(flicker.honest, honest, size);
    memcpy(flicker.lie, lie, size);
    atomic_store(&flicker.stops, false);
    atomic_store(&flicker.has_begun, false);
    atomic_store(&flicker.runs, true);
    thread_begin(flicker_thread, NULL);
    while (!atomic_load(&flicker.has_begun))
        sched_yield();
    pthread_mutex_unlock(&flicker.lock);
}

/* --- Interrupts. */

static uint64_t interrupt_us;

static void *interrupt_thread(void *context)
{
    uint64_t state = 88172645463325252u; /* xorshift64: Marsaglia, 2003 */

    (void)context;
    for (;;) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sleep_ns(state % (2 * interrupt_us) * 1000);
        kvm_run_debug_keep.interrupt(NULL);
        real_count_lie();
    }
    return NULL;
}

void real_interrupt(uint64_t period_us)
{
    static atomic_bool begun;

    interrupt_us = period_us > 0 ? period_us : 1;
    if (!atomic_exchange(&begun, true))
        thread_begin(interrupt_thread, NULL);
}
