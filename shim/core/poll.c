/* poll.c: waiting for several descriptors, over the gate. */
#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/signal_state.h"
#include "shim/core/syscall.h"
#include "shim/core/timespec.h"
#include "shim/core/user.h"

/* How many one call of the gate is asked about, and how long it may wait where
 * there are more of them. */
#define GROUP_MAX 128u
#define GROUP_NS 10000000u

struct wait {
    uint64_t list; /* exec's struct pollfd */
    uint32_t count;
    uint64_t until_ns; /* GATE_FOREVER: none */
    uint32_t ready;
    uint32_t waiting; /* items that the host has to be asked about */
};

static uint16_t wanted_of(int16_t events)
{
    return (uint16_t)(((events & (LINUX_POLLIN | LINUX_POLLRDNORM)) != 0 ? GATE_POLL_READ : 0u) |
                      ((events & (LINUX_POLLOUT | LINUX_POLLWRNORM)) != 0 ? GATE_POLL_WRITE : 0u));
}

static int16_t events_of(const struct file *f, const struct linux_pollfd *p, uint16_t ready)
{
    unsigned out = 0;

    if ((ready & GATE_POLL_READ) != 0)
        out |= LINUX_POLLIN | LINUX_POLLRDNORM;
    if ((ready & GATE_POLL_WRITE) != 0)
        out |= LINUX_POLLOUT | LINUX_POLLWRNORM;
    out &= (unsigned)p->events;
    if ((ready & GATE_POLL_ERROR) != 0)
        out |= LINUX_POLLERR;
    if ((ready & GATE_POLL_HANGUP) != 0)
        out |= file_is_socket(f) && (p->events & LINUX_POLLRDHUP) != 0 ? LINUX_POLLRDHUP
                                                                       : LINUX_POLLHUP;
    return (int16_t)out;
}

/* Files are always ready, for what they are asked about. */
static bool waits(const struct file *f)
{
    return f->kind == GATE_HANDLE_LISTENER ||
           (f->kind == GATE_HANDLE_STREAM && f->type != GATE_TYPE_FILE);
}

static int16_t always(const struct linux_pollfd *p)
{
    return (int16_t)(p->events &
                     (LINUX_POLLIN | LINUX_POLLOUT | LINUX_POLLRDNORM | LINUX_POLLWRNORM));
}

/* Some of the descriptors, as they stand in exec's list. */
struct group {
    uint32_t next; /* index in the list, of the first that is not in here */
    uint32_t used;
    struct {
        uint32_t index;
        struct linux_pollfd p;
        struct file *file;
    } item[GROUP_MAX];
};

static bool result_write(struct wait *w, uint32_t index, int16_t events)
{
    uint64_t to = w->list + index * sizeof(struct linux_pollfd) +
                  __builtin_offsetof(struct linux_pollfd, revents);

    w->ready += events != 0;
    return user_write(to, &events, sizeof events);
}

/* Takes the next ones that the host must be asked about; settles all others. */
static int64_t group_take(struct wait *w, struct group *g)
{
    g->used = 0;
    for (; g->next < w->count && g->used < GROUP_MAX; g->next++) {
        struct linux_pollfd p;
        struct file *f;
        int16_t events = 0;

        if (!user_read(&p, w->list + g->next * sizeof p, sizeof p))
            return -LINUX_EFAULT;
        f = p.fd < 0 ? NULL : file_take((uint64_t)p.fd);
        if (f != NULL && waits(f)) {
            g->item[g->used].index = g->next;
            g->item[g->used].p = p;
            g->item[g->used++].file = f;
            continue;
        }
        if (f != NULL)
            events = always(&p);
        else if (p.fd >= 0)
            events = LINUX_POLLNVAL;
        if (f != NULL)
            file_give(f);
        if (!result_write(w, g->next, events))
            return -LINUX_EFAULT;
    }
    w->waiting += g->used;
    return 0;
}

static void group_give(struct group *g)
{
    for (uint32_t i = 0; i < g->used; i++)
        file_give(g->item[i].file);
    g->used = 0;
}

/* Asks the host about a group; 0 or minus an errno. */
static int64_t group_ask(struct wait *w, const struct group *g, uint64_t timeout_ns)
{
    struct gate_poll *out = gate_stage(&cpu_here()->gate);
    struct gate_ask a = { .call = GATE_STREAM_POLL,
                          .args = { timeout_ns },
                          .sent = g->used * sizeof(struct gate_poll),
                          .room = g->used * sizeof(struct gate_poll) };

    for (uint32_t i = 0; i < g->used; i++)
        out[i] = (struct gate_poll){ .handle = g->item[i].file->handle,
                                     .wanted = wanted_of(g->item[i].p.events) };
    if (ask_host(&a) != GATE_OK)
        return -LINUX_EINTR;
    if (a.back.size != a.sent || a.value > g->used)
        ask_lied("POLL answers for other streams than it was asked about");
    for (uint32_t i = 0; i < g->used; i++) {
        struct gate_poll one;

        __builtin_memcpy(&one, a.back.data + i * sizeof one, sizeof one);
        if (one.handle != g->item[i].file->handle)
            ask_lied("POLL answers for other streams than it was asked about");
        if (!result_write(w, g->item[i].index,
                          events_of(g->item[i].file, &g->item[i].p, one.ready)))
            return -LINUX_EFAULT;
    }
    return 0;
}

static uint64_t left_ns(const struct wait *w)
{
    uint64_t now;

    if (w->until_ns == GATE_FOREVER)
        return GATE_FOREVER;
    now = clock_monotonic_ns();
    return w->until_ns > now ? w->until_ns - now : 0;
}

/* Once through the list. Only one group can be waited for; with several, each is
 * looked at and the last one waits for a short while. */
static int64_t list_pass(struct wait *w)
{
    struct group g = { .next = 0 };
    int64_t r = 0;

    w->ready = 0;
    w->waiting = 0;
    do {
        r = group_take(w, &g);
        if (r == 0 && g.used > 0) {
            bool is_last = g.next == w->count;
            bool is_only = is_last && w->waiting == g.used;
            uint64_t ns = !is_last || w->ready > 0 ? 0 : left_ns(w);

            r = group_ask(w, &g, is_only || ns < GROUP_NS ? ns : GROUP_NS);
        }
        group_give(&g);
    } while (r == 0 && g.next < w->count);
    return r;
}

static int64_t wait_all(struct wait *w)
{
    (void)stream_flush();
    for (;;) {
        int64_t r = list_pass(w);

        if (r < 0)
            return r;
        if (w->ready > 0 || left_ns(w) == 0)
            return w->ready;
        if (w->waiting == 0)
            return clock_sleep(w->until_ns) ? 0 : -LINUX_EINTR;
        if (signal_waiting())
            return -LINUX_EINTR;
    }
}

static uint64_t until_of(uint64_t ns)
{
    uint64_t now = clock_monotonic_ns();

    return ns < GATE_FOREVER - now ? now + ns : GATE_FOREVER;
}

static int64_t poll_fds(uint64_t list, uint64_t count, uint64_t until_ns)
{
    struct wait w = { .list = list, .until_ns = until_ns };
    int64_t r;

    count &= UINT32_MAX;
    if (count > FILE_FDS_MAX)
        return -LINUX_EINVAL;
    w.count = (uint32_t)count;
    r = wait_all(&w);
    /* What was ready before the signal came is told. */
    if (r == -LINUX_EINTR)
        r = w.ready > 0 ? (int64_t)w.ready : -LINUX_ERESTARTNOHAND;
    return r;
}

int64_t call_poll(const struct call *c)
{
    int32_t ms = (int32_t)c->a[2];

    return poll_fds(c->a[0], c->a[1], ms < 0 ? GATE_FOREVER : until_of((uint64_t)ms * 1000000u));
}

/* As Linux does; where it cannot be written, nobody is told. */
static void left_write(uint64_t to, uint64_t until_ns)
{
    struct wait w = { .until_ns = until_ns };
    struct linux_timespec t = timespec_of(left_ns(&w));

    (void)user_write(to, &t, sizeof t);
}

int64_t call_ppoll(const struct call *c)
{
    uint64_t until = GATE_FOREVER;
    struct linux_timespec timeout;
    uint64_t mask = 0;
    int64_t r;

    if (c->a[2] != 0) {
        if (!user_read(&timeout, c->a[2], sizeof timeout))
            return -LINUX_EFAULT;
        if (!timespec_good(&timeout))
            return -LINUX_EINVAL;
        until = until_of(timespec_ns(&timeout));
    }
    if (c->a[3] != 0) {
        if (c->a[4] != sizeof mask)
            return -LINUX_EINVAL;
        if (!user_read(&mask, c->a[3], sizeof mask))
            return -LINUX_EFAULT;
        signal_mask_for_call(mask);
    }
    r = poll_fds(c->a[0], c->a[1], until);
    /* Where a signal ended it, its delivery puts the old mask back. */
    if (c->a[3] != 0 && r != -LINUX_ERESTARTNOHAND)
        signal_mask_restore();
    if (c->a[2] != 0 && until != GATE_FOREVER)
        left_write(c->a[2], until);
    return r;
}
