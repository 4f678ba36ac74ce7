/* stress.c: threads, memory, signals and registers under load.
 *
 * The line on descriptor 0 is "NAME SECONDS", or "all SECONDS" for each in turn.
 * Every load ends with "NAME: good"; how much it did goes to descriptor 2. */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t end_ns;

bool stress_over(void) { return now_ns() >= end_ns; }

void stress_fail(const char *format, ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    say("wrong: %s", text);
    _exit(1);
}

struct member {
    pthread_t thread;
    void (*body)(size_t me);
    size_t me;
};

static void *member_run(void *at)
{
    struct member *m = at;

    m->body(m->me);
    return NULL;
}

void stress_threads(void (*body)(size_t me))
{
    struct member all[STRESS_THREADS];

    for (size_t i = 0; i < STRESS_THREADS; i++) {
        all[i] = (struct member){ .body = body, .me = i };
        if (pthread_create(&all[i].thread, NULL, member_run, &all[i]) != 0)
            stress_fail("no thread");
    }
    for (size_t i = 0; i < STRESS_THREADS; i++)
        pthread_join(all[i].thread, NULL);
}

static const struct guest_case cases[] = {
    { "mutex", stress_mutex },     { "queue", stress_queue },   { "futex", stress_futex },
    { "create", stress_create },   { "timed", stress_timed },   { "private", stress_private },
    { "revoke", stress_revoke },   { "code", stress_code },     { "growth", stress_growth },
    { "vectors", stress_vectors }, { "local", stress_local },   { "signals", stress_signals },
    { "faults", stress_faults },   { "copies", stress_copies }, { "handed", stress_handed },
};

int main(void)
{
    const char *line = case_read();
    const char *space = strchr(line, ' ');
    unsigned long seconds = space != NULL ? strtoul(space, NULL, 10) : 1;
    size_t size = space != NULL ? (size_t)(space - line) : strlen(line);
    bool all = size == 3 && memcmp(line, "all", 3) == 0, found = false;

    if (strcmp(line, "list") == 0) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            say("%s", cases[i].name);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!all && (strlen(cases[i].name) != size || memcmp(line, cases[i].name, size) != 0))
            continue;
        end_ns = now_ns() + seconds * 1000000000u;
        cases[i].run();
        say("%s: good", cases[i].name);
        found = true;
    }
    return found ? 0 : 98;
}
