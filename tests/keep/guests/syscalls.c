/* syscalls.c: every system call that the keep's kernel answers, against Linux.
 *
 * Runs one family of cases, named on the first line of descriptor 0, or "exit NAME".
 * tests/run-keep-guests runs it on Linux and in the keep and compares line by line. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void *end_group(void *code)
{
    sleep_ms(5);
    call(SYS_exit_group, (long)(intptr_t)code);
    return NULL;
}

static void *end_later(void *unused)
{
    sleep_ms(30);
    say("the last thread");
    call(SYS_exit, 5);
    return unused;
}

static void exit_plain(void) { call(SYS_exit_group, 7); }
static void exit_zero(void) { call(SYS_exit_group, 0); }
static void exit_high(void) { call(SYS_exit_group, 300); }
static void exit_negative(void) { call(SYS_exit_group, -1); }
static void exit_single(void) { call(SYS_exit, 9); }

static void exit_by_thread(void)
{
    pthread_t t;

    pthread_create(&t, NULL, end_group, (void *)(intptr_t)33);
    for (;;)
        sleep_ms(1000);
}

/* The process ends with its last thread, and with the code of that one. */
static void exit_first_thread(void)
{
    pthread_t t;

    pthread_create(&t, NULL, end_later, NULL);
    call(SYS_exit, 3);
}

static void *end_never(void *unused)
{
    sleep_ms(10000);
    say("a thread outlived its process");
    return unused;
}

static void exit_while_others_run(void)
{
    pthread_t t[3];

    for (size_t i = 0; i < COUNT_OF(t); i++)
        pthread_create(&t[i], NULL, end_never, NULL);
    call(SYS_exit_group, 21);
}

static void exit_while_others_spin(void);

static const struct guest_case cases[] = {
    { "map", family_map },
    { "protect", family_protect },
    { "remap", family_remap },
    { "reserve", family_reserve },
    { "advise", family_advise },
    { "lots", family_lots },
    { "break", family_break },
    { "action", family_action },
    { "mask", family_mask },
    { "send", family_send },
    { "wait", family_wait },
    { "futex", family_futex },
    { "futex operation", family_futex_op },
    { "futex threads", family_futex_threads },
    { "thread", family_thread },
    { "clone", family_clone },
    { "stdio", family_stdio },
    { "vector", family_vector },
    { "record", family_record },
    { "descriptor", family_descriptor },
    { "poll", family_poll },
    { "clock", family_clock },
    { "random", family_random },
    { "self", family_self },
    { "limits", family_limits },
    { "pointer", family_pointer },
    { "unknown", family_unknown },
    { "exit plain", exit_plain },
    { "exit zero", exit_zero },
    { "exit high", exit_high },
    { "exit negative", exit_negative },
    { "exit single", exit_single },
    { "exit by thread", exit_by_thread },
    { "exit first thread", exit_first_thread },
    { "exit while others run", exit_while_others_run },
    { "exit while others spin", exit_while_others_spin },
};

static void *spin(void *unused)
{
    for (;;)
        __builtin_ia32_pause();
    return unused;
}

static void exit_while_others_spin(void)
{
    pthread_t t[2];

    for (size_t i = 0; i < COUNT_OF(t); i++)
        pthread_create(&t[i], NULL, spin, NULL);
    sleep_ms(5);
    call(SYS_exit_group, 22);
}

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
