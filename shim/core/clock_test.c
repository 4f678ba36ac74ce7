/* The keep's clocks, against a host that says what it likes. lesson E16 */
#include "shim/core/clock.h"

#include <string.h>

#include "shim/core/fake_test.h"
#include "shim/core/file.h"
#include "tests/check.h"

#define SECOND 1000000000ull
#define DATE (1700000000ull * SECOND)

/* As if LAUNCH had said this, so many ticks ago. */
static void begin(uint64_t khz, uint64_t ticks_ago)
{
    const struct gate_launch l = {
        .tsc_khz = khz,
        .clock = { .tsc = clock_counter() - ticks_ago,
                   .monotonic_ns = SECOND,
                   .realtime_ns = DATE },
    };

    clock_begin(&l, 0, UINT64_MAX);
    fake.clock = l.clock;
    fake.calls[GATE_CLOCK] = 0;
}

static bool near(uint64_t got, uint64_t want)
{
    return got >= want && got - want < SECOND * 2; /* the test may be held up anywhere */
}

static void test_rate(void)
{
    uint64_t last = 0;

    CASE("ticks become nanoseconds, also a year of them");
    begin(2000000, 0);
    CHECK(near(clock_monotonic_ns(), SECOND));
    CHECK_EQ(clock_ticks_ns(2000000000), SECOND);
    CHECK_EQ(clock_ticks_ns(2000000000ull * 86400 * 365) / SECOND, 86400 * 365);
    begin(2000000, 2000000000ull * 100);
    CHECK(near(clock_monotonic_ns(), 101 * SECOND));
    CHECK_EQ(fake.calls[GATE_CLOCK], 0);

    CASE("it never goes back, on either vCPU");
    for (int i = 0; i < 1000; i++) {
        uint64_t now;

        fake_on((uint32_t)i % 2);
        now = clock_monotonic_ns();
        CHECK(now >= last);
        last = now;
    }
    fake_on(0);

    CASE("a claim about another time than that of the answer is not believed");
    const struct gate_launch ahead = { .tsc_khz = 2000000,
                                       .clock = { .tsc = UINT64_MAX, .monotonic_ns = SECOND } };
    uint64_t before = clock_counter();

    clock_begin(&ahead, before, clock_counter());
    CHECK(near(clock_monotonic_ns(), SECOND));
}

static void test_date(void)
{
    uint64_t first;

    CASE("the date is compared once a minute, not more often");
    begin(2000000, 2000000000ull * 59);
    CHECK(near(clock_realtime_ns(), DATE + 59 * SECOND));
    CHECK_EQ(fake.calls[GATE_CLOCK], 0);
    begin(2000000, 2000000000ull * 100);
    fake.clock.realtime_ns = DATE + 107 * SECOND;
    CHECK(near(clock_realtime_ns(), DATE + 107 * SECOND));
    CHECK(near(clock_realtime_ns(), DATE + 107 * SECOND));
    CHECK_EQ(fake.calls[GATE_CLOCK], 1);

    CASE("a date that goes back stands still");
    begin(2000000, 2000000000ull * 61);
    fake.clock.realtime_ns = 5;
    first = clock_realtime_ns();
    CHECK_EQ(first, DATE);
    CHECK_EQ(clock_realtime_ns(), first);

    CASE("a date that leaps goes forward by a day at most");
    begin(2000000, 2000000000ull * 100);
    fake.clock.realtime_ns = DATE * 2;
    CHECK(near(clock_realtime_ns(), DATE + (86400 + 100) * SECOND));
    CHECK_EQ(fake.calls[GATE_CLOCK], 1);

    CASE("a date beyond all dates is left alone");
    begin(2000000, 2000000000ull * 100);
    fake.clock.realtime_ns = UINT64_MAX;
    CHECK(near(clock_realtime_ns(), DATE + 100 * SECOND));
}

static void test_no_rate(void)
{
    uint64_t last;

    CASE("without a rate CLOCK is asked each time, and does not go back either");
    begin(0, 0);
    last = clock_monotonic_ns();
    CHECK_EQ(fake.calls[GATE_CLOCK], 1);
    fake.clock.monotonic_ns = 0;
    CHECK_EQ(clock_monotonic_ns(), last);
    CHECK_EQ(fake.calls[GATE_CLOCK], 2);
    CHECK_EQ(clock_ticks_ns(0), 0);

    CASE("nor does it run away from the counter");
    begin(0, 0);
    fake.clock.monotonic_ns = 1000000 * SECOND;
    CHECK(clock_monotonic_ns() < SECOND + 600 * SECOND);
}

static void test_calls(void)
{
    struct linux_timespec *t = (struct linux_timespec *)(void *)fake_memory();

    CASE("clock_gettime, clock_getres: which clocks there are");
    begin(2000000, 0);
    for (uint64_t id = 0; id <= 7; id++) {
        CHECK_EQ(CALL2(clock_gettime, id, fake_at(0)), 0);
        CHECK(t->nanoseconds >= 0 && t->nanoseconds < (int64_t)SECOND);
        CHECK_EQ(CALL2(clock_getres, id, fake_at(0)), 0);
        CHECK_EQ(t->seconds, 0);
        CHECK_EQ(t->nanoseconds, id == 5 || id == 6 ? 4000000 : 1);
    }
    CHECK_EQ(CALL2(clock_gettime, 12, fake_at(0)), -LINUX_EINVAL);
    CHECK_EQ(CALL2(clock_gettime, -1, fake_at(0)), -LINUX_EINVAL);
    CHECK_EQ(CALL2(clock_gettime, 1, 8), -LINUX_EFAULT);
    CHECK_EQ(CALL2(clock_getres, 1, 0), 0);
    CHECK_EQ(CALL2(gettimeofday, fake_at(0), 0), 0);
    CHECK(near((uint64_t)t->seconds * SECOND, DATE));
    CHECK(t->nanoseconds < 1000000);
    CHECK(near((uint64_t)CALL1(time, 0) * SECOND, DATE));
    CHECK_EQ(CALL1(time, 8), -LINUX_EFAULT);

    CASE("sleeping: what is refused, an end, a signal");
    *t = (struct linux_timespec){ 0, (int64_t)SECOND };
    CHECK_EQ(CALL2(nanosleep, fake_at(0), 0), -LINUX_EINVAL);
    *t = (struct linux_timespec){ -1, 0 };
    CHECK_EQ(CALL2(nanosleep, fake_at(0), 0), -LINUX_EINVAL);
    CHECK_EQ(CALL2(nanosleep, 8, 0), -LINUX_EFAULT);
    CHECK_EQ(CALL4(clock_nanosleep, 3, 0, fake_at(0), 0), -LINUX_EINVAL);
    CHECK_EQ(CALL4(clock_nanosleep, 4, 0, fake_at(0), 0), -LINUX_EOPNOTSUPP);
    CHECK_EQ(CALL4(clock_nanosleep, 1, 0, fake_at(0), 0), -LINUX_EINVAL);
    *t = (struct linux_timespec){ 0, 1000000 };
    CHECK_EQ(CALL2(nanosleep, fake_at(0), 0), 0);
    CHECK_EQ(CALL4(clock_nanosleep, 0, 1, fake_at(0), 0), 0); /* long past */
    *t = (struct linux_timespec){ 1000, 0 };
    fake.signal = true;
    CHECK_EQ(CALL2(nanosleep, fake_at(0), fake_at(64)), -LINUX_ERESTARTNOHAND);
    CHECK_EQ(t[4].seconds, 999);
    CHECK_EQ(CALL4(clock_nanosleep, 1, 0, fake_at(0), fake_at(64)), -LINUX_ERESTARTNOHAND);
    CHECK_EQ(CALL4(clock_nanosleep, 1, 1, fake_at(0), fake_at(64)), -LINUX_ERESTARTNOHAND);
    *t = (struct linux_timespec){ INT64_MAX, 0 };
    CHECK_EQ(CALL2(nanosleep, fake_at(0), 0), -LINUX_ERESTARTNOHAND);
    fake.signal = false;
}

static void test_used(void)
{
    uint64_t thread, idle;

    CASE("processor time: without what was slept, of all threads");
    begin(2000000, 0);
    fake_on(0);
    clock_thread_begin();
    CHECK(clock_thread_ns() < 100 * SECOND);
    thread = clock_thread_ns();
    CHECK(clock_thread_ns() >= thread);
    fake_on(1);
    clock_thread_begin();
    CHECK(clock_process_ns() >= clock_thread_ns());
    clock_thread_end();
    CHECK(clock_thread_ns() == 0);
    fake_on(0);
    idle = clock_process_ns();
    CHECK(clock_process_ns() >= idle);
    clock_idle(1ull << 60); /* more than there was: nothing is used, nothing wraps */
    CHECK_EQ(clock_thread_ns(), 0);
}

int main(void)
{
    fake_begin();
    launch_need();
    test_rate();
    test_date();
    test_no_rate();
    test_calls();
    test_used();
    return check_done();
}
