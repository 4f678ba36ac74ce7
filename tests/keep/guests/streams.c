/* streams.c: descriptors 0, 1 and 2 as somebody else uses them at the same time.
 *
 * The case is named on the first line of descriptor 0; tests/keep/streams.py is the
 * other side, does the same to Linux and to the keep, and compares. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"

static uint8_t room[200000];

static bool write_whole(int fd, const void *from, size_t size)
{
    const uint8_t *at = from;

    while (size > 0) {
        long n = call(SYS_write, fd, at, size);

        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static void echo(void)
{
    long n;

    while ((n = call(SYS_read, 0, room, sizeof room)) > 0)
        if (!write_whole(1, room, (size_t)n))
            return;
}

/* Sizes of every kind, by parts that lie all over. */
static void echo_parts(void)
{
    struct iovec v[5];
    size_t step = 1;
    long n;

    for (;;) {
        size_t at = 0, left;

        for (size_t i = 0; i < COUNT_OF(v); i++) {
            v[i] = (struct iovec){ room + at, (step + i * 37) % 3000 };
            at += 3001;
        }
        n = call(SYS_readv, 0, v, COUNT_OF(v));
        if (n <= 0 && at != 0)
            break;
        left = (size_t)n;
        for (size_t i = 0; i < COUNT_OF(v); i++) {
            v[i].iov_len = v[i].iov_len < left ? v[i].iov_len : left;
            left -= v[i].iov_len;
        }
        for (size_t i = 0; i < COUNT_OF(v); i++)
            if (!write_whole(1, v[i].iov_base, v[i].iov_len))
                return;
        step = step * 7 % 2999 + 1;
    }
}

/* What was written is there, however the program ends. */
static void words_write(void)
{
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (uint8_t)('a' + i % 23);
    for (size_t at = 0; at < sizeof room; at += 1000)
        write_whole(1, room + at, 1000);
}

static void last_words(void)
{
    words_write();
    call(SYS_exit_group, 5);
}

static void last_words_fault(void)
{
    words_write();
    fault_ud2(NULL);
}

static void *end_now(void *unused)
{
    call(SYS_exit_group, 6);
    return unused;
}

static void last_words_thread(void)
{
    pthread_t t;

    words_write();
    pthread_create(&t, NULL, end_now, NULL);
    for (;;)
        sleep_ms(1000);
}

/* Descriptors 1 and 2 are one pipe: its order is the program's. */
static void order(void)
{
    char line[] = "1 0000\n";

    for (int i = 0; i < 2000; i++) {
        line[0] = (char)('1' + i % 2);
        for (int k = 5, n = i; k > 1; k--, n /= 10)
            line[k] = (char)('0' + n % 10);
        write_whole(1 + i % 2, line, 7);
    }
}

static void pipe_broken(void)
{
    write_whole(1, "first\n", 6);
    while (write_whole(1, room, 5000))
        ;
    write_whole(2, "not reached\n", 12);
}

static void pipe_ignored(void)
{
    const char *name;
    long n;

    signal(SIGPIPE, SIG_IGN);
    write_whole(1, "first\n", 6);
    do
        n = call(SYS_write, 1, room, 5000);
    while (n > 0);
    name = error_name(n);
    write_whole(2, name, strlen(name));
}

static void device_full(void)
{
    const char *name;
    long n;
    int tries = 0;

    do
        n = call(SYS_write, 1, room, 5000);
    while (n > 0 && ++tries < 100);
    name = error_name(n);
    write_whole(2, name, strlen(name));
}

/* The other side writes a letter, waits, writes another, and closes. */
static void late(void)
{
    for (int i = 0; i < 3; i++) {
        struct pollfd p = { 0, POLLIN, 0 };
        char byte = '-';
        long ready, n;

        say("ready to wait");
        ready = call(SYS_poll, &p, 1, -1);
        n = call(SYS_read, 0, &byte, 1);
        say("%ld ready, readable %s, read %ld: %c", ready, (p.revents & POLLIN) != 0 ? "yes" : "no",
            n, byte);
    }
}

static void quiet(void)
{
    struct pollfd p = { 0, POLLIN, 0 };
    uint64_t before = now_ns();

    result("poll", call(SYS_poll, &p, 1, 50));
    holds("it took it", now_ns() - before >= 50000000);
    result("poll, no time", call(SYS_poll, &p, 1, 0));
    say("ready to go on");
    result("poll for ever", call(SYS_poll, &p, 1, -1));
    result("read", call(SYS_read, 0, room, 100));
}

static void not_to_block(void)
{
    long flags = call(SYS_fcntl, 0, F_GETFL), n;

    result("set", call(SYS_fcntl, 0, F_SETFL, flags | O_NONBLOCK));
    holds("get", (call(SYS_fcntl, 0, F_GETFL) & O_NONBLOCK) != 0);
    result("nothing there", call(SYS_read, 0, room, 100));
    say("ready to go on");
    while ((n = call(SYS_read, 0, room, 100)) == -EAGAIN)
        sleep_ms(1);
    result("something", n);
    while ((n = call(SYS_read, 0, room, 100)) == -EAGAIN)
        sleep_ms(1);
    result("the end", n);
    result("back", call(SYS_fcntl, 0, F_SETFL, flags));
}

/* --- Threads. */

static uint64_t sums[4];

static void *reader(void *at)
{
    uint8_t some[7];
    long n;

    while ((n = call(SYS_read, 0, some, sizeof some)) > 0)
        for (long i = 0; i < n; i++)
            *(uint64_t *)at += some[i];
    return at;
}

static void readers(void)
{
    pthread_t t[4];
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNT_OF(t); i++)
        pthread_create(&t[i], NULL, reader, &sums[i]);
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        pthread_join(t[i], NULL);
        sum += sums[i];
    }
    say("sum %lu", (unsigned long)sum);
}

static void *writer(void *at)
{
    uint8_t line[100];

    memset(line, 'a' + (int)(uintptr_t)at, 99);
    line[99] = '\n';
    for (int i = 0; i < 500; i++)
        write_whole(1, line, sizeof line);
    return at;
}

static void writers(void)
{
    pthread_t t[4];

    for (size_t i = 0; i < COUNT_OF(t); i++)
        pthread_create(&t[i], NULL, writer, (void *)(uintptr_t)i);
    for (size_t i = 0; i < COUNT_OF(t); i++)
        pthread_join(t[i], NULL);
}

/* --- Calls that a signal interrupts. */

static volatile int handled;
static volatile long waiter_id;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    handled = handled + 1;
}

static void *interrupt(void *unused)
{
    /* Until the handler ran: the first may come before the call waits. */
    while (handled == 0) {
        sleep_ms(20);
        call(SYS_tgkill, getpid(), waiter_id, SIGUSR1);
    }
    return unused;
}

static long interrupted(int flags, long number, long a, long b, long c, long d)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };
    pthread_t t;
    long got;

    sigaction(SIGUSR1, &action, NULL);
    handled = 0;
    waiter_id = call(SYS_gettid);
    pthread_create(&t, NULL, interrupt, NULL);
    got = call(number, a, b, c, d);
    pthread_join(t, NULL);
    return got;
}

static void interruptions(void)
{
    static const struct {
        long s, ns;
    } long_time = { 30, 0 };
    static uint32_t word;
    struct pollfd p = { 0, POLLIN, 0 };
    const long at = (long)(intptr_t)room, poll_at = (long)(intptr_t)&p;
    const long time_at = (long)(intptr_t)&long_time, word_at = (long)(intptr_t)&word;

    result("read", interrupted(0, SYS_read, 0, at, 1, 0));
    result("poll", interrupted(0, SYS_poll, poll_at, 1, -1, 0));
    result("poll, to be restarted", interrupted(SA_RESTART, SYS_poll, poll_at, 1, -1, 0));
    result("sleep", interrupted(0, SYS_nanosleep, time_at, 0, 0, 0));
    result("sleep, to be restarted", interrupted(SA_RESTART, SYS_nanosleep, time_at, 0, 0, 0));
    result("clock sleep", interrupted(0, SYS_clock_nanosleep, 1, 0, time_at, 0));
    result("futex", interrupted(0, SYS_futex, word_at, 128, 0, 0));
    result("futex, a time", interrupted(SA_RESTART, SYS_futex, word_at, 128, 0, time_at));
    result("suspend",
           interrupted(0, SYS_rt_sigsuspend, (long)(intptr_t) & (uint64_t){ 0 }, 8, 0, 0));
    say("ready to go on");
    /* The other side writes after a while: the read must still be waiting. */
    result("read, to be restarted", interrupted(SA_RESTART, SYS_read, 0, at, 1, 0));
}

static void *blocked(void *unused)
{
    call(SYS_read, 0, room, 1);
    return unused;
}

static void end_while_reading(void)
{
    pthread_t t;

    pthread_create(&t, NULL, blocked, NULL);
    sleep_ms(20);
    say("ending");
    call(SYS_exit_group, 8);
}

/* A write that waits because nobody reads must not hold another thread. */
static volatile bool written;

static void *write_much(void *unused)
{
    for (int i = 0; i < 10; i++)
        write_whole(1, room, sizeof room);
    written = true;
    return unused;
}

static void writer_waits(void)
{
    struct timespec_ {
        long s, ns;
    } soon = { 0, 100000000 };
    pthread_t t;

    memset(room, 'x', sizeof room);
    pthread_create(&t, NULL, write_much, NULL);
    call(SYS_nanosleep, &soon, 0);
    write_whole(2, written ? "written\n" : "waiting\n", 8);
    pthread_join(t, NULL);
    write_whole(2, written ? "written\n" : "waiting\n", 8);
}

static const struct guest_case cases[] = {
    { "echo", echo },
    { "echo parts", echo_parts },
    { "last words", last_words },
    { "last words, a fault", last_words_fault },
    { "last words, a thread", last_words_thread },
    { "order", order },
    { "pipe broken", pipe_broken },
    { "pipe ignored", pipe_ignored },
    { "device full", device_full },
    { "late", late },
    { "quiet", quiet },
    { "not to block", not_to_block },
    { "readers", readers },
    { "writers", writers },
    { "interruptions", interruptions },
    { "end while reading", end_while_reading },
    { "writer waits", writer_waits },
};

int main(void)
{
    const char *name = case_read();

    if (strcmp(name, "list") == 0) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            say("%s", cases[i].name);
        return 0;
    }
    return cases_run(cases, COUNT_OF(cases), name) ? 0 : 98;
}
