/* host.c: time, randomness and waiting of the host world. */
#define _GNU_SOURCE
#include "exec/world/host.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "exec/direct.h"
#include "exec/world/host_file.h"

/* Which calls end early is one for the whole process: a signal is, too. */
static const volatile sig_atomic_t *stopping;

bool host_again(int number) { return number == EINTR && (stopping == NULL || *stopping == 0); }

static uint64_t nanoseconds(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What clock_gettime or clock_getres says. */
static enum wasi_errno ask_clock(int (*ask)(clockid_t id, struct timespec *t),
                                 enum wasi_clock clock, uint64_t *out)
{
    static const clockid_t ids[] = {
        [WASI_CLOCK_REALTIME] = CLOCK_REALTIME,
        [WASI_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
        [WASI_CLOCK_PROCESS] = CLOCK_PROCESS_CPUTIME_ID,
        [WASI_CLOCK_THREAD] = CLOCK_THREAD_CPUTIME_ID,
    };
    struct timespec t;

    if ((unsigned)clock >= sizeof ids / sizeof ids[0])
        return WASI_INVAL;
    if (ask(ids[clock], &t) != 0)
        return host_errno(errno);
    *out = nanoseconds(t);
    return WASI_OK;
}

static enum wasi_errno host_time(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    return ask_clock(direct_clock_gettime, clock, out);
}

static enum wasi_errno host_resolution(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    return ask_clock(clock_getres, clock, out);
}

static enum wasi_errno host_random(struct world *w, void *out, size_t size)
{
    uint8_t *at = out;

    (void)w;
    while (size > 0) {
        ssize_t n = direct_getrandom(at, size, 0);

        if (n < 0) {
            if (host_again(errno))
                continue;
            return host_errno(errno);
        }
        at += n;
        size -= (size_t)n;
    }
    return WASI_OK;
}

static void host_yield(struct world *w)
{
    (void)w;
    sched_yield();
}

/* Files that are not Linux's own are always ready, and so are regular ones. */
static bool waits(const struct world_file *f)
{
    return f->ops == &host_file_ops && f->type != WASI_TYPE_FILE && f->type != WASI_TYPE_DIRECTORY;
}

static void settle(struct world_poll *item, short events)
{
    int fd;
    struct world_stat s;
    uint64_t at;

    item->ready = true;
    item->size = 1;
    if (waits(item->file)) {
        fd = host_file_of(item->file)->fd;
        item->hangup = (events & (POLLHUP | POLLRDHUP)) != 0;
        if ((events & POLLNVAL) != 0)
            item->error = WASI_BADF;
        if (!item->write)
            item->size = item->file->is_listener ? 1 : host_readable_size(fd);
        return;
    }
    if (item->write)
        return;
    /* How much is left of a file; what goes wrong here the read will tell. */
    item->size = 0;
    if (item->file->ops->stat(item->file, &s) == WASI_OK &&
        item->file->ops->seek(item->file, 0, WASI_SEEK_CUR, &at) == WASI_OK && at < s.size)
        item->size = s.size - at;
}

static uint64_t now(void)
{
    struct timespec t;

    direct_clock_gettime(CLOCK_MONOTONIC, &t);
    return nanoseconds(t);
}

static enum wasi_errno wait_for(struct pollfd *polled, size_t count, int64_t timeout_ns)
{
    uint64_t until = timeout_ns >= 0 ? now() + (uint64_t)timeout_ns : 0;
    int n;

    do {
        uint64_t at = now(), left = until > at ? until - at : 0;
        struct timespec t = { .tv_sec = (time_t)(left / 1000000000u),
                              .tv_nsec = (long)(left % 1000000000u) };

        n = direct_ppoll(polled, count, timeout_ns >= 0 ? &t : NULL);
    } while (n < 0 && host_again(errno));
    return n < 0 ? host_errno(errno) : WASI_OK;
}

static enum wasi_errno host_poll(struct world *w, struct world_poll *items, size_t count,
                                 int64_t timeout_ns)
{
    struct pollfd *polled = calloc(count + 1, sizeof *polled);
    enum wasi_errno e;

    (void)w;
    if (polled == NULL)
        return WASI_NOMEM;
    for (size_t i = 0; i < count; i++) {
        polled[i].fd = -1; /* poll(2) leaves it out */
        if (!waits(items[i].file)) {
            timeout_ns = 0;
            continue;
        }
        polled[i].fd = host_file_of(items[i].file)->fd;
        polled[i].events = items[i].write ? POLLOUT : POLLIN | POLLRDHUP;
    }
    e = wait_for(polled, count, timeout_ns);
    for (size_t i = 0; e == WASI_OK && i < count; i++)
        if (polled[i].fd < 0 || polled[i].revents != 0)
            settle(&items[i], polled[i].revents);
    free(polled);
    return e;
}

static const struct world_ops ops = {
    .time = host_time,
    .resolution = host_resolution,
    .random = host_random,
    .poll = host_poll,
    .yield = host_yield,
};

struct world *host_world(const volatile sig_atomic_t *stop)
{
    static struct world w = { .ops = &ops };

    stopping = stop;
    return &w;
}
