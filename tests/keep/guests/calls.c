/* calls.c: the table, and how one of it is made. */
#include "calls.h"

static const struct {
    const char *name;
    long number;
    int pointer;
    bool writes;
    long arguments[6];
} calls[] = {
    { "read", SYS_read, 1, true, { 0, 0, 8 } },
    { "write", SYS_write, 1, false, { 1, 0, 8 } },
    { "pread64", SYS_pread64, 1, true, { 3, 0, 8, 0 } },
    { "readv", SYS_readv, 1, false, { 3, 0, 1 } },
    { "writev", SYS_writev, 1, false, { 1, 0, 1 } },
    { "fstat", SYS_fstat, 1, true, { 3 } },
    { "newfstatat, path", SYS_newfstatat, 1, false, { 3, 0, 0, 0 } },
    { "poll", SYS_poll, 0, true, { 0, 1, 0 } },
    { "ppoll, time", SYS_ppoll, 2, false, { 0, 0, 0, 0, 8 } },
    { "rt_sigaction, new", SYS_rt_sigaction, 1, false, { 10, 0, 0, 8 } },
    { "rt_sigaction, old", SYS_rt_sigaction, 2, true, { 10, 0, 0, 8 } },
    { "rt_sigprocmask, new", SYS_rt_sigprocmask, 1, false, { 1, 0, 0, 8 } },
    { "rt_sigprocmask, old", SYS_rt_sigprocmask, 2, true, { 1, 0, 0, 8 } },
    { "rt_sigpending", SYS_rt_sigpending, 0, true, { 0, 8 } },
    { "sigaltstack, new", SYS_sigaltstack, 0, false, { 0, 0 } },
    { "sigaltstack, old", SYS_sigaltstack, 1, true, { 0, 0 } },
    { "nanosleep", SYS_nanosleep, 0, false, { 0, 0 } },
    { "clock_nanosleep", SYS_clock_nanosleep, 2, false, { 1, 0, 0, 0 } },
    { "clock_gettime", SYS_clock_gettime, 1, true, { 1, 0 } },
    { "clock_getres", SYS_clock_getres, 1, true, { 1, 0 } },
    { "gettimeofday", SYS_gettimeofday, 0, true, { 0, 0 } },
    { "getrandom", SYS_getrandom, 0, true, { 0, 16, 0 } },
    { "uname", SYS_uname, 0, true, { 0 } },
    { "prlimit64, old", SYS_prlimit64, 3, true, { 0, 3, 0, 0 } },
    { "getrusage", SYS_getrusage, 1, true, { 0, 0 } },
    { "optional.sysinfo", SYS_sysinfo, 0, true, { 0 } },
    { "arch_prctl, get", SYS_arch_prctl, 1, true, { 0x1003, 0 } },
    { "sched_getaffinity", SYS_sched_getaffinity, 2, true, { 0, 128, 0 } },
    { "futex, word", SYS_futex, 0, false, { 0, 128, 0, 0, 0, 0 } },
    { "get_robust_list", SYS_get_robust_list, 1, true, { 0, 0, 0 } },
    { "optional.clone3", SYS_clone3, 0, false, { 0, 88 } },
    { "prctl, name", SYS_prctl, 1, false, { 15, 0 } },
};

size_t calls_count(void) { return COUNT_OF(calls); }
const char *calls_name(size_t i) { return calls[i].name; }
bool calls_writes(size_t i) { return calls[i].writes; }

long calls_make(size_t i, long pointer)
{
    long a[6];

    for (size_t n = 0; n < 6; n++)
        a[n] = calls[i].arguments[n];
    a[calls[i].pointer] = pointer;
    return guest_call(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
