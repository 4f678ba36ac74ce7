/* Waiting on guest memory: who is woken, in which order, and when it ends. */
#include "exec/wait.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

static _Alignas(8) uint64_t word = 5;
static atomic_int woken;

static void *wait_long(void *unused)
{
    (void)unused;
    if (wait_for(NULL, &word, 5, false, -1) == 0)
        atomic_fetch_add(&woken, 1);
    return NULL;
}

static void pause_ms(long ms) { nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL); }

static uint32_t notify_until(uint32_t count, uint32_t wanted)
{
    uint32_t n = 0;

    for (int i = 0; i < 1000 && n < wanted; i++) {
        n += wait_notify(NULL, &word, count);
        pause_ms(1);
    }
    return n;
}

int main(void)
{
    pthread_t threads[4];

    CASE("another value is not waited for");
    CHECK_EQ(wait_for(NULL, &word, 6, false, -1), 1);
    CHECK_EQ(wait_for(NULL, &word, (1ull << 32) | 5, true, -1), 1);
    CHECK_EQ(wait_for(NULL, &word, (1ull << 32) | 5, false, 0), 2); /* the low half counts */
    CASE("a wait without notify ends");
    CHECK_EQ(wait_for(NULL, &word, 5, true, 0), 2);
    CHECK_EQ(wait_for(NULL, &word, 5, true, 20000000), 2);
    CASE("notify without waiters");
    CHECK_EQ(wait_notify(NULL, &word, UINT32_MAX), 0);
    CASE("notify wakes as many as it says");
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, wait_long, NULL);
    CHECK_EQ(notify_until(1, 1), 1);
    CHECK_EQ(notify_until(UINT32_MAX, 3), 3);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(atomic_load(&woken), 4);
    return check_done();
}
