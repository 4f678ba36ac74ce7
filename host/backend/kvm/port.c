#define _GNU_SOURCE

#include "host/backend/kvm/port.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

uint64_t port_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A time that far away never comes. */
static uint64_t deadline_after(uint64_t ns)
{
    uint64_t at;

    return ns == GATE_FOREVER || __builtin_add_overflow(port_now_ns(), ns, &at) ? UINT64_MAX : at;
}

int port_init(struct port *p, uint32_t index, struct gate_port *shared, bool is_debug,
              const atomic_bool *server_is_awake, const struct port_ops *ops, void *context)
{
    p->server_is_awake = server_is_awake;
    p->index = index;
    p->ops = ops;
    p->context = context;
    pthread_mutex_init(&p->lock, NULL);
    serve_init(&p->serve, shared, is_debug);
    p->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->kick_fd < 0)
        return errno;
    serve_sleeps(&p->serve, true);
    atomic_store(&p->open, true);
    return 0;
}

/* --- Order. */

static struct port_work *work_of(struct port *p, const struct serve_call *c)
{
    return &p->work[c - p->serve.flight];
}

/* Writes of one vCPU to one handle keep their order, and so do reads; a handle is
 * closed after what was written before. A keep that ends waits for nothing: one that
 * cares has waited for its writes itself. */
static bool goes_before(const struct serve_call *first, const struct serve_call *c)
{
    if (first->order >= c->order || c->call == GATE_EXIT || first->args[0] != c->args[0])
        return false;
    if (c->call == GATE_STREAM_CLOSE || c->call == GATE_STREAM_SHUTDOWN)
        return first->call == GATE_STREAM_WRITE;
    return c->call == first->call && (c->call == GATE_STREAM_WRITE || c->call == GATE_STREAM_READ);
}

static bool must_wait(const struct port *p, const struct serve_call *c)
{
    for (size_t i = 0; i < SERVE_FLIGHT_MAX; i++)
        if (p->serve.flight[i].call != 0 && goes_before(&p->serve.flight[i], c))
            return true;
    return false;
}

/* The call in flight that came first after `order`. */
static struct serve_call *flight_next(struct port *p, uint64_t order)
{
    struct serve_call *found = NULL;

    for (size_t i = 0; i < SERVE_FLIGHT_MAX; i++) {
        struct serve_call *c = &p->serve.flight[i];

        if (c->call != 0 && c->order >= order && (found == NULL || c->order < found->order))
            found = c;
    }
    return found;
}

/* --- Calls. */

static enum err answer_give(struct port *p, struct serve_call *c, const struct port_answer *a)
{
    p->calls++;
    return serve_answer(&p->serve, c, a->refusal, a->value, a->back_size);
}

/* CANCEL is the ring's own business: the other call is answered first. */
static enum err cancel_do(struct port *p, struct serve_call *c)
{
    struct serve_call *other = serve_find(&p->serve, (uint32_t)c->args[0]);
    struct port_answer answer = { .refusal = GATE_REFUSED_AGAIN };

    if (c->args[0] <= UINT32_MAX && other != NULL && other != c) {
        struct port_answer given = { .refusal = GATE_REFUSED_CANCELLED };

        p->ops->cancel(p, other, work_of(p, other), &given);
        TRY(answer_give(p, other, &given));
        answer.refusal = GATE_OK;
    }
    return answer_give(p, c, &answer);
}

/* What the server thread does for a vCPU that runs: what a keep can ask for without
 * parking, and what may be left over of a park. The rest is for the vCPU's own thread,
 * which may take its time: nobody else waits for it. */
static bool is_for_server(uint32_t call)
{
    static const uint32_t flags_of[] = {
#define GATE_CALL(number, NAME, name, sent, back, value, flags, refusals, contract) \
    [number] = (flags),
#include "gate/calls.def"
#undef GATE_CALL
    };

    return call != GATE_LAUNCH && call != GATE_DEBUG &&
           (flags_of[call] & (GATE_POSTED | GATE_WAITS | GATE_LAST)) != 0;
}

static enum err call_try(struct port *p, struct serve_call *c)
{
    struct port_answer answer = { 0 };

    if (c->call == GATE_CANCEL)
        return cancel_do(p, c);
    if (must_wait(p, c) || (!atomic_load(&p->parked) && !is_for_server(c->call)))
        return ERR_OK;
    switch (p->ops->try(p, c, work_of(p, c), &answer)) {
    case PORT_ANSWERED: return answer_give(p, c, &answer);
    case PORT_WAITS: return ERR_OK;
    default: return ERR_MALFORMED;
    }
}

static void work_start(struct port *p, const struct serve_call *c)
{
    *work_of(p, c) = (struct port_work){
        .deadline_ns = c->call == GATE_STREAM_POLL ? deadline_after(c->args[0]) : UINT64_MAX,
    };
}

static enum err new_take(struct port *p)
{
    const bool gives_way = !atomic_load(&p->parked);

    /* A keep that submits as fast as we answer must not hold us here for ever. */
    for (uint32_t i = 0; i < 4 * GATE_RING_COUNT; i++) {
        struct serve_call *c;

        if (gives_way && atomic_load(&p->wanted))
            return ERR_OK;
        TRY(serve_take(&p->serve, &c));
        if (c == NULL)
            return ERR_OK;
        work_start(p, c);
        TRY(call_try(p, c));
    }
    return ERR_OK;
}

static enum err waiting_try(struct port *p)
{
    uint64_t order = 0;
    struct serve_call *c;

    while ((c = flight_next(p, order)) != NULL) {
        order = c->order + 1;
        TRY(call_try(p, c));
    }
    return ERR_OK;
}

/* --- Waiting. */

static uint32_t waits_gather(struct port *p, struct pollfd *out, uint32_t room)
{
    uint32_t used = 0;

    for (size_t i = 0; i < SERVE_FLIGHT_MAX && used < room; i++) {
        const struct serve_call *c = &p->serve.flight[i];

        if (c->call != 0 && !must_wait(p, c))
            used += p->ops->waits(p, c, out + used, room - used);
    }
    return used;
}

static uint64_t deadline_first(const struct port *p, uint64_t deadline)
{
    for (size_t i = 0; i < SERVE_FLIGHT_MAX; i++)
        if (p->serve.flight[i].call != 0 && p->work[i].deadline_ns < deadline)
            deadline = p->work[i].deadline_ns;
    return deadline;
}

static void kick_drain(struct port *p)
{
    uint64_t count;
    ssize_t got = read(p->kick_fd, &count, sizeof count);

    (void)got; /* nothing there: the wake-up was another's */
}

struct timespec *port_timeout(struct timespec *room, uint64_t deadline_ns)
{
    uint64_t now, left;

    if (deadline_ns == UINT64_MAX)
        return NULL;
    now = port_now_ns();
    left = deadline_ns > now ? deadline_ns - now : 0;
    *room = (struct timespec){ .tv_sec = (time_t)(left / 1000000000u),
                               .tv_nsec = (long)(left % 1000000000u) };
    return room;
}

/* Sleeps with the lock given up. */
static void park_sleep(struct port *p, uint64_t deadline)
{
    struct pollfd waits[PORT_WAITS_MAX];
    uint32_t count = 1 + waits_gather(p, waits + 1, PORT_WAITS_MAX - 1);
    struct timespec t, *timeout = port_timeout(&t, deadline_first(p, deadline));

    waits[0] = (struct pollfd){ .fd = p->kick_fd, .events = POLLIN };
    pthread_mutex_unlock(&p->lock);
    (void)ppoll(waits, count, timeout, NULL); /* every end of it means: look */
    pthread_mutex_lock(&p->lock);
    if ((waits[0].revents & POLLIN) != 0)
        kick_drain(p);
}

static enum err park_serve(struct port *p, bool (*still)(void *context))
{
    uint64_t park_ns = serve_park_ns(&p->serve);
    uint64_t deadline = park_ns == 0 ? 0 : deadline_after(park_ns);
    enum err e = ERR_OK;

    for (;;) {
        e = new_take(p);
        if (e != ERR_OK || serve_has_answer(&p->serve) || atomic_exchange(&p->woken, false))
            return e;
        if (deadline == 0 || (deadline != UINT64_MAX && port_now_ns() >= deadline) ||
            !still(p->context))
            return ERR_OK;
        park_sleep(p, deadline);
        e = waiting_try(p);
        if (e != ERR_OK)
            return e;
    }
}

enum err port_park(struct port *p, bool (*still)(void *context), bool *left)
{
    enum err e;

    atomic_store(&p->wanted, true);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->wanted, false);
    atomic_store(&p->parked, true);
    e = waiting_try(p);
    if (e == ERR_OK)
        e = park_serve(p, still);
    *left = flight_next(p, 0) != NULL;
    serve_sleeps(&p->serve, !atomic_load(p->server_is_awake));
    atomic_store(&p->parked, false);
    /* It may have gone to sleep meanwhile, and have left us out because we were parked:
     * either it sees that we are not, or we see that it does. */
    if (!atomic_load(p->server_is_awake))
        serve_sleeps(&p->serve, true);
    pthread_mutex_unlock(&p->lock);
    return e;
}

/* --- The server thread's side. */

static enum err port_attend_locked(struct port *p, bool stays)
{
    serve_sleeps(&p->serve, false);
    TRY(waiting_try(p));
    TRY(new_take(p));
    if (stays)
        return ERR_OK;
    serve_sleeps(&p->serve, true);
    return new_take(p); /* what came in before the keep could see that we sleep */
}

enum err port_attend(struct port *p, bool stays, bool *some)
{
    uint32_t taken;
    enum err e = ERR_OK;

    if (atomic_load(&p->parked))
        return ERR_OK;
    pthread_mutex_lock(&p->lock);
    taken = p->serve.taken;
    if (!atomic_load(&p->parked))
        e = port_attend_locked(p, stays);
    *some |= p->serve.taken != taken;
    pthread_mutex_unlock(&p->lock);
    return e;
}

uint32_t port_waits(struct port *p, struct pollfd *out, uint32_t room, uint64_t *deadline_ns)
{
    uint32_t used = 0;

    if (!atomic_load(&p->open) || atomic_load(&p->parked))
        return 0;
    pthread_mutex_lock(&p->lock);
    if (!atomic_load(&p->parked)) {
        used = waits_gather(p, out, room);
        *deadline_ns = deadline_first(p, *deadline_ns);
    }
    pthread_mutex_unlock(&p->lock);
    return used;
}

void port_wake(struct port *p)
{
    uint64_t one = 1;
    ssize_t done;

    /* Either we see that it sleeps, or it sees that it was woken: both sides store
     * first and look then. */
    atomic_store(&p->woken, true);
    if (!atomic_load(&p->parked))
        return;
    done = write(p->kick_fd, &one, sizeof one);
    (void)done; /* a counter that is full wakes as well */
}
