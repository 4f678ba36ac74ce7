/* stream_poll.c: which of many handles are ready. */
#define _GNU_SOURCE

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "host/stream.h"

static short events_of(const struct stream *s, uint16_t wanted)
{
    short events = 0;

    if ((wanted & GATE_POLL_READ) != 0)
        events |= POLLIN;
    if ((wanted & GATE_POLL_WRITE) != 0 && s->kind == GATE_HANDLE_STREAM)
        events |= POLLOUT;
    return events;
}

static uint16_t ready_of(const struct pollfd *p)
{
    uint16_t ready = 0;

    if ((p->revents & POLLIN) != 0)
        ready |= GATE_POLL_READ;
    if ((p->revents & POLLOUT) != 0)
        ready |= GATE_POLL_WRITE;
    if ((p->revents & (POLLHUP | POLLRDHUP)) != 0)
        ready |= GATE_POLL_HANGUP;
    if ((p->revents & (POLLERR | POLLNVAL)) != 0)
        ready |= GATE_POLL_ERROR;
    return ready;
}

/* How many bytes can be read, as far as anybody knows; at least 1. */
static uint64_t size_of(const struct stream *s)
{
    struct stat st;
    int there = 0;

    if (s->type == GATE_TYPE_FILE) {
        off_t at = lseek(s->fd, 0, SEEK_CUR);

        if (at >= 0 && fstat(s->fd, &st) == 0 && st.st_size > at)
            return (uint64_t)(st.st_size - at);
        return 1;
    }
    if (s->kind == GATE_HANDLE_STREAM && ioctl(s->fd, FIONREAD, &there) == 0 && there > 1)
        return (uint64_t)there;
    return 1;
}

static void one_ask(struct stream_table *t, struct gate_poll *poll_one)
{
    struct stream *s = stream_take(t, poll_one->handle);
    struct pollfd p;

    poll_one->ready = 0;
    poll_one->size = 0;
    if (s == NULL) {
        poll_one->ready = GATE_POLL_ERROR;
        return;
    }
    p = (struct pollfd){ .fd = s->fd, .events = events_of(s, poll_one->wanted) };
    if (poll(&p, 1, 0) > 0)
        poll_one->ready = ready_of(&p);
    if ((poll_one->ready & GATE_POLL_READ) != 0)
        poll_one->size = size_of(s);
    stream_give(t, s);
}

uint32_t stream_poll(struct stream_table *t, struct gate_poll *polls, uint32_t count)
{
    uint32_t ready = 0;

    for (uint32_t i = 0; i < count; i++) {
        one_ask(t, &polls[i]);
        if (polls[i].ready != 0)
            ready++;
    }
    return ready;
}

uint32_t stream_poll_wait(struct stream_table *t, const struct gate_poll *polls, uint32_t count,
                          struct pollfd *out, uint32_t room)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < count && used < room; i++) {
        struct stream *s = stream_take(t, polls[i].handle);

        if (s == NULL)
            continue;
        out[used++] = (struct pollfd){ .fd = s->fd, .events = events_of(s, polls[i].wanted) };
        stream_give(t, s);
    }
    return used;
}
