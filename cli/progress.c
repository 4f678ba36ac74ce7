#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 500
#define AGAIN_MS 100

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct progress progress_of(const char *what)
{
    return (struct progress){ .what = what,
                              .next_ms = now_ms() + FIRST_MS,
                              .is_terminal = isatty(2) == 1 };
}

void progress_step(struct progress *p, uint64_t done, uint64_t total)
{
    uint64_t now;

    if (!p->is_terminal)
        return;
    now = now_ms();
    if (now < p->next_ms)
        return;
    fprintf(stderr, "\rbroch: %s %u%%\033[K", p->what,
            total == 0 ? 100 : (unsigned)((double)done * 100 / (double)total));
    p->shown = true;
    p->next_ms = now + AGAIN_MS;
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
