/* syscalls_system.c: clocks, random bytes, what a process knows of itself, limits. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <asm/prctl.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(long id)
{
    struct timespec t = { 0 };

    if (call(SYS_clock_gettime, id, &t) != 0 || t.tv_nsec < 0 || t.tv_nsec >= 1000000000)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void clocks_read(void)
{
    static const struct {
        const char *name;
        long id;
    } clocks[] = {
        { "realtime", CLOCK_REALTIME },
        { "monotonic", CLOCK_MONOTONIC },
        { "process", CLOCK_PROCESS_CPUTIME_ID },
        { "thread", CLOCK_THREAD_CPUTIME_ID },
        { "monotonic raw", CLOCK_MONOTONIC_RAW },
        { "realtime coarse", CLOCK_REALTIME_COARSE },
        { "monotonic coarse", CLOCK_MONOTONIC_COARSE },
        { "boot", CLOCK_BOOTTIME },
    };
    struct timespec t = { 0 };

    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        uint64_t one = clock_ns(clocks[i].id), two = clock_ns(clocks[i].id);

        say("clock %s: %s, resolution %s", clocks[i].name,
            one > 0 && two >= one ? "goes on" : "stands",
            call(SYS_clock_getres, clocks[i].id, &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0
                ? "good"
                : "bad");
    }
    holds("it is after 2020", clock_ns(CLOCK_REALTIME) > 1577836800ull * 1000000000u);
    holds("it is before 2120", clock_ns(CLOCK_REALTIME) < 4733510400ull * 1000000000u);
    holds("libc says the same", now_ns() - clock_ns(CLOCK_MONOTONIC) + 1000000000u < 2000000000u);
    result("clock 99", call(SYS_clock_gettime, 99, &t));
    result("clock 99, resolution", call(SYS_clock_getres, 99, &t));
    result("clock to a wild place", call(SYS_clock_gettime, CLOCK_MONOTONIC, 16));
    result("resolution to nowhere", call(SYS_clock_getres, CLOCK_MONOTONIC, 0));
    result("resolution to a wild place", call(SYS_clock_getres, CLOCK_MONOTONIC, 16));
}

static bool in_order(void)
{
    uint64_t last = 0;

    for (int i = 0; i < 20000; i++) {
        uint64_t now = now_ns();

        if (now < last)
            return false;
        last = now;
    }
    return true;
}

void family_clock(void)
{
    static const struct timespec soon = { .tv_nsec = 5000000 }, none = { 0 },
                                 past = { .tv_sec = 1 }, bad = { .tv_nsec = 1000000000 },
                                 negative = { .tv_sec = -1 };
    struct timeval tv = { 0 };
    uint64_t before;

    clocks_read();
    holds("twenty thousand times in order", in_order());
    result("sleep no time", call(SYS_nanosleep, &none, 0));
    result("sleep a bad time", call(SYS_nanosleep, &bad, 0));
    result("sleep a negative time", call(SYS_nanosleep, &negative, 0));
    result("sleep a wild time", call(SYS_nanosleep, 16, 0));
    before = now_ns();
    result("sleep", call(SYS_nanosleep, &soon, 0));
    holds("it took it", now_ns() - before >= 5000000 && now_ns() - before < 5000000000u);
    before = now_ns();
    result("clock sleep", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &soon, 0));
    holds("it took it", now_ns() - before >= 5000000);
    result("until the past", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, 0));
    result("until the past, real time",
           call(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &past, 0));
    result("on clock 99", call(SYS_clock_nanosleep, 99, 0, &soon, 0));
    result("a bad time", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, 0));
    result("a wild time", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, 16, 0));
    result("time of day", call(SYS_gettimeofday, &tv, 0));
    holds("it is that", tv.tv_sec > 1577836800 && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
    result("time of day to a wild place", call(SYS_gettimeofday, 16, 0));
    result("optional.time, wild", call(SYS_time, 16));
}

void family_random(void)
{
    static uint8_t one[300], two[300], large[1 << 20];
    static uint32_t seen[256];
    uint8_t *edge = pages_new(1, PROT_READ | PROT_WRITE);
    size_t at = 0;
    bool even = true;
    long n;

    result("none", call(SYS_getrandom, one, 0, 0));
    result("one", call(SYS_getrandom, one, 1, 0));
    result("256", call(SYS_getrandom, one, 256, 0));
    result("256 again", call(SYS_getrandom, two, 256, 0));
    holds("others", memcmp(one, two, 256) != 0);
    result("not to block", call(SYS_getrandom, one, 32, GRND_NONBLOCK));
    result("from the pool", call(SYS_getrandom, one, 32, GRND_RANDOM));
    result("insecure", call(SYS_getrandom, one, 32, 4));
    result("insecure from the pool", call(SYS_getrandom, one, 32, 6));
    result("unknown flags", call(SYS_getrandom, one, 32, 8));
    result("to a wild place", call(SYS_getrandom, 16, 32, 0));
    result("to the kernel", call(SYS_getrandom, 0xffff888000000000, 32, 0));
    result("to a hole", call(SYS_getrandom, hole_new(1), 32, 0));
    result("to what is to be read", call(SYS_getrandom, pages_new(1, PROT_READ), 32, 0));
    result("up to an edge", call(SYS_getrandom, edge + PAGE - 32, 32, 0));
    while (at < sizeof large && (n = call(SYS_getrandom, large + at, sizeof large - at, 0)) > 0)
        at += (size_t)n;
    for (size_t i = 0; i < at; i++)
        seen[large[i]]++;
    for (size_t i = 0; i < 256; i++)
        even = even && seen[i] > 3600 && seen[i] < 4600;
    say("%zu bytes, even: %s", at, even ? "yes" : "no");
}

static void names(void)
{
    struct utsname u;
    char name[16] = "";

    result("uname", call(SYS_uname, &u));
    say("%s %s, a release: %s", u.sysname, u.machine, u.release[0] >= '4' ? "yes" : "no");
    result("uname to a wild place", call(SYS_uname, 16));
    result("a thread's name", call(SYS_prctl, PR_SET_NAME, "a name that is too long"));
    result("back", call(SYS_prctl, PR_GET_NAME, name));
    say("it is %.16s", name);
    result("a name from a wild place", call(SYS_prctl, PR_SET_NAME, 16));
    result("prctl of nothing", call(SYS_prctl, 0x12345, 0, 0, 0, 0));
    result("optional.no new privileges", call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    result("optional.to be dumped", call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0));
}

static void bases(void)
{
    uint64_t fs = 0, gs = 7, now = 0;

    result("fs", call(SYS_arch_prctl, ARCH_GET_FS, &fs));
    holds("it is a thread's own", fs == (uint64_t)(uintptr_t)__builtin_thread_pointer());
    result("declared.gs", call(SYS_arch_prctl, ARCH_GET_GS, &gs));
    result("declared.gs set", call(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000));
    result("declared.gs get", call(SYS_arch_prctl, ARCH_GET_GS, &now));
    say("declared.gs: %lx", (unsigned long)now);
    result("declared.gs beyond", call(SYS_arch_prctl, ARCH_SET_GS, 0x8000000000000000));
    result("fs beyond", call(SYS_arch_prctl, ARCH_SET_FS, 0x8000000000000000));
    result("fs in the kernel's half", call(SYS_arch_prctl, ARCH_SET_FS, 0xffff888000000000));
    result("fs to a wild place", call(SYS_arch_prctl, ARCH_GET_FS, 16));
    result("nothing of that number", call(SYS_arch_prctl, 0x7777, 0));
    result("fs set", call(SYS_arch_prctl, ARCH_SET_FS, fs));
    result("declared.gs set back", call(SYS_arch_prctl, ARCH_SET_GS, gs));
}

void family_self(void)
{
    uint64_t set[128] = { 0 };
    uint32_t cpu = 999, node = 999;
    long n;

    holds("user", call(SYS_getuid) >= 0 && call(SYS_getuid) == call(SYS_geteuid));
    holds("group", call(SYS_getgid) >= 0 && call(SYS_getgid) == call(SYS_getegid));
    holds("process", call(SYS_getpid) > 0 && call(SYS_getpid) == getpid());
    names();
    bases();
    n = call(SYS_sched_getaffinity, 0, sizeof set, set);
    holds("processors", n >= 8 && n % 8 == 0 && set[0] != 0);
    result("processors, size 4", call(SYS_sched_getaffinity, 0, 4, set));
    result("processors, size 9", call(SYS_sched_getaffinity, 0, 9, set));
    result("processors to a wild place", call(SYS_sched_getaffinity, 0, sizeof set, 16));
    result("processors of nobody", call(SYS_sched_getaffinity, 0x3ffffff, sizeof set, set));
    result("optional.getcpu", call(SYS_getcpu, &cpu, &node, 0));
    result("optional.membarrier", call(SYS_membarrier, 0, 0, 0) >= 0 ? 0 : -ENOSYS);
    result("optional.membarrier 999", call(SYS_membarrier, 999, 0, 0));
    result("optional.rseq, another size", call(SYS_rseq, set, 4, 0, 0));
}

void family_limits(void)
{
    static const struct {
        const char *name;
        int id;
    } kinds[] = {
        { "stack", RLIMIT_STACK }, { "descriptors", RLIMIT_NOFILE }, { "data", RLIMIT_DATA },
        { "core", RLIMIT_CORE },   { "memory", RLIMIT_AS },
    };
    struct rlimit l = { 0 };
    struct rusage u;
    uint64_t info[14];

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        long n = call(SYS_prlimit64, 0, kinds[i].id, 0, &l);

        say("%s: %s, %s", kinds[i].name, n == 0 ? "0" : error_name(n),
            l.rlim_cur <= l.rlim_max ? "in order" : "not in order");
    }
    result("limit 99", call(SYS_prlimit64, 0, 99, 0, &l));
    result("limit of nobody", call(SYS_prlimit64, 0x3ffffff, RLIMIT_STACK, 0, &l));
    result("limit to a wild place", call(SYS_prlimit64, 0, RLIMIT_STACK, 0, 16));
    result("limit from a wild place", call(SYS_prlimit64, 0, RLIMIT_STACK, 16, 0));
    result("neither", call(SYS_prlimit64, 0, RLIMIT_STACK, 0, 0));
    result("optional.getrlimit", call(SYS_getrlimit, RLIMIT_STACK, &l));
    result("usage", call(SYS_getrusage, RUSAGE_SELF, &u));
    holds("some memory", u.ru_maxrss > 0);
    result("usage of what", call(SYS_getrusage, 77, &u));
    result("usage to a wild place", call(SYS_getrusage, RUSAGE_SELF, 16));
    result("optional.sysinfo", call(SYS_sysinfo, info));
    result("optional.sysinfo to a wild place", call(SYS_sysinfo, 16));
}
