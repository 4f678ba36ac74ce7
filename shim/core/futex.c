#include "shim/core/futex.h"

#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/lock.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

#define QUEUES 64u

/* man 2 futex. */
enum futex_number {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAKE_OP = 5,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
};
#define FUTEX_PRIVATE 128u
#define FUTEX_CLOCK_REALTIME 256u
/* The word of a robust mutex. */
#define ROBUST_WAITERS 0x80000000u
#define ROBUST_OWNER_DIED 0x40000000u
#define ROBUST_TID 0x3fffffffu
#define ROBUST_ENTRIES_MAX 2048u

struct queue {
    struct lock lock;
    struct futex_wait *first;
    struct futex_wait **last; /* NULL: of an empty one that was never used */
};

static struct queue queues[QUEUES];

static struct queue *queue_of(uint64_t at)
{
    return &queues[(at >> 2 ^ at >> 8 ^ at >> 14) % QUEUES];
}

static void queue_put(struct queue *q, struct futex_wait *w)
{
    if (q->first == NULL)
        q->last = &q->first;
    w->next = NULL;
    *q->last = w;
    q->last = &w->next;
}

/* *link is the pointer that points to what is taken out. */
static struct futex_wait *queue_take(struct queue *q, struct futex_wait **link)
{
    struct futex_wait *w = *link;

    *link = w->next;
    if (q->last == &w->next)
        q->last = link;
    return w;
}

/* --- Waking. Those to wake are collected under the lock and told without it. */

struct woken {
    struct cpu *cpu[GATE_VCPUS_MAX];
    uint32_t count;
};

/* Once `woken` is set the waiter may be gone: only its vCPU is named after it. */
static void mark(struct woken *list, struct futex_wait *w)
{
    list->cpu[list->count++] = w->cpu;
    __atomic_store_n(&w->woken, 1, __ATOMIC_RELEASE);
}

static void tell(const struct woken *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        cpu_wake(list->cpu[i]);
}

static void collect(struct queue *q, uint64_t at, uint32_t most, uint32_t bits, struct woken *list)
{
    struct futex_wait **link = &q->first;
    uint32_t before = list->count;

    while (*link != NULL && list->count - before < most && list->count < GATE_VCPUS_MAX) {
        if ((*link)->at == at && ((*link)->bits & bits) != 0)
            mark(list, queue_take(q, link));
        else
            link = &(*link)->next;
    }
}

uint32_t futex_wake(uint64_t at, uint32_t most, uint32_t bits)
{
    struct queue *q = queue_of(at);
    struct woken list = { .count = 0 };

    lock_take(&q->lock);
    collect(q, at, most, bits, &list);
    lock_give(&q->lock);
    tell(&list);
    return list.count;
}

/* --- Waiting. */

/* A requeue may move the wait while we look for it. */
static bool leave(struct futex_wait *w)
{
    for (;;) {
        struct queue *q = queue_of(__atomic_load_n(&w->at, __ATOMIC_RELAXED));
        struct futex_wait **link;

        lock_take(&q->lock);
        if (__atomic_load_n(&w->woken, __ATOMIC_ACQUIRE) != 0) {
            lock_give(&q->lock);
            return false;
        }
        if (queue_of(w->at) == q) {
            for (link = &q->first; *link != w; link = &(*link)->next)
                ;
            queue_take(q, link);
            lock_give(&q->lock);
            return true;
        }
        lock_give(&q->lock);
    }
}

struct deadline {
    bool is_set;
    bool is_realtime;
    uint64_t ns;
};

/* How long there is left; 0: it is over. */
static uint64_t remaining(const struct deadline *d)
{
    uint64_t now;

    if (!d->is_set)
        return GATE_FOREVER;
    now = d->is_realtime ? clock_realtime_ns() : clock_monotonic_ns();
    return now >= d->ns ? 0 : d->ns - now;
}

/* Asking for the time may itself park and so use up a wake: that comes first, and
 * nothing that parks lies between the last look and the park. */
static int64_t sleep_until_woken(struct futex_wait *w, const struct deadline *d)
{
    for (;;) {
        uint64_t left = remaining(d);

        if (__atomic_load_n(&w->woken, __ATOMIC_ACQUIRE) != 0)
            return 0;
        if (signal_waiting())
            return !leave(w) ? 0 : d->is_set ? -LINUX_ERESTARTNOHAND : -LINUX_ERESTARTSYS;
        if (left == 0)
            return leave(w) ? -LINUX_ETIMEDOUT : 0;
        cpu_park(left);
    }
}

static int64_t futex_wait(uint64_t at, uint32_t value, uint32_t bits, const struct deadline *d)
{
    struct queue *q = queue_of(at);
    struct futex_wait *w = &cpu_here()->futex;
    uint32_t now;

    if (bits == 0 || at % 4 != 0)
        return -LINUX_EINVAL;
    *w = (struct futex_wait){ .at = at, .bits = bits, .cpu = cpu_here() };
    lock_take(&q->lock);
    if (!user_load32(&now, at)) {
        lock_give(&q->lock);
        return -LINUX_EFAULT;
    }
    if (now != value) {
        lock_give(&q->lock);
        return -LINUX_EAGAIN;
    }
    queue_put(q, w);
    lock_give(&q->lock);
    return sleep_until_woken(w, d);
}

/* A relative time is the monotonic clock's; 292 years are for ever. */
static int64_t deadline_read(struct deadline *d, uint64_t at, bool is_absolute, bool is_realtime)
{
    struct linux_timespec t;
    uint64_t ns;

    *d = (struct deadline){ .is_realtime = is_realtime };
    if (at == 0)
        return 0;
    if (!user_read(&t, at, sizeof t))
        return -LINUX_EFAULT;
    if (t.seconds < 0 || (uint64_t)t.nanoseconds >= 1000000000)
        return -LINUX_EINVAL;
    if (t.seconds >= 9000000000)
        return 0;
    ns = (uint64_t)t.seconds * 1000000000 + (uint64_t)t.nanoseconds;
    d->is_set = true;
    d->ns = is_absolute ? ns : clock_monotonic_ns() + ns;
    return 0;
}

/* --- Requeue and wake-op: two queues, locked in the order of their addresses. */

static void two_take(struct queue *a, struct queue *b)
{
    lock_take(a < b ? &a->lock : &b->lock);
    if (a != b)
        lock_take(a < b ? &b->lock : &a->lock);
}

static void two_give(struct queue *a, struct queue *b)
{
    lock_give(&a->lock);
    if (a != b)
        lock_give(&b->lock);
}

static uint32_t move(struct queue *from, uint64_t at, struct queue *to, uint64_t new_at,
                     uint32_t most)
{
    struct futex_wait **link = &from->first;
    uint32_t moved = 0;

    if (at == new_at)
        return 0;
    while (*link != NULL && moved < most) {
        struct futex_wait *w = *link;

        if (w->at != at) {
            link = &w->next;
            continue;
        }
        queue_take(from, link);
        __atomic_store_n(&w->at, new_at, __ATOMIC_RELAXED);
        queue_put(to, w);
        moved++;
    }
    return moved;
}

static int64_t futex_requeue(const struct call *c, bool compare)
{
    uint64_t at = c->a[0], new_at = c->a[4];
    struct queue *from = queue_of(at), *to = queue_of(new_at);
    struct woken list = { .count = 0 };
    int64_t result;
    uint32_t now;

    if ((int32_t)c->a[2] < 0 || (int32_t)c->a[3] < 0 || at % 4 != 0 || new_at % 4 != 0)
        return -LINUX_EINVAL;
    if (!user_range(at, 4) || !user_range(new_at, 4))
        return -LINUX_EFAULT;
    two_take(from, to);
    if (compare && !user_load32(&now, at)) {
        result = -LINUX_EFAULT;
    } else if (compare && now != (uint32_t)c->a[5]) {
        result = -LINUX_EAGAIN;
    } else {
        collect(from, at, (uint32_t)c->a[2], FUTEX_ALL, &list);
        result = list.count + move(from, at, to, new_at, (uint32_t)c->a[3]);
    }
    two_give(from, to);
    tell(&list);
    return result;
}

/* The operation's four fields: man 2 futex, FUTEX_WAKE_OP. */
static bool op_apply(uint32_t *out, uint32_t old, uint32_t op, uint32_t argument)
{
    switch (op) {
    case 0: *out = argument; return true;
    case 1: *out = old + argument; return true;
    case 2: *out = old | argument; return true;
    case 3: *out = old & ~argument; return true;
    case 4: *out = old ^ argument; return true;
    default: return false;
    }
}

static int op_compare(int32_t old, uint32_t comparison, int32_t argument)
{
    switch (comparison) {
    case 0: return old == argument;
    case 1: return old != argument;
    case 2: return old < argument;
    case 3: return old <= argument;
    case 4: return old > argument;
    case 5: return old >= argument;
    default: return -1;
    }
}

/* Twelve bits with a sign. */
static int32_t op_field(uint32_t bits) { return (int32_t)(bits << 20) >> 20; }

static int64_t op_do(uint64_t at, uint32_t encoded, bool *also)
{
    uint32_t argument = (uint32_t)op_field(encoded >> 12 & 0xfff);
    uint32_t old, wanted, found;
    int holds;

    if ((encoded >> 31) != 0)
        argument = 1u << (argument & 31);
    if (!user_load32(&old, at))
        return -LINUX_EFAULT;
    for (;; old = found) {
        if (!op_apply(&wanted, old, encoded >> 28 & 7, argument))
            return -LINUX_ENOSYS;
        if (!user_cas32(at, old, wanted, &found))
            return -LINUX_EFAULT;
        if (found == old)
            break;
    }
    holds = op_compare((int32_t)old, encoded >> 24 & 15, op_field(encoded & 0xfff));
    *also = holds > 0;
    return holds < 0 ? -LINUX_ENOSYS : 0;
}

static int64_t futex_wake_op(const struct call *c)
{
    uint64_t at = c->a[0], other = c->a[4];
    struct queue *one = queue_of(at), *two = queue_of(other);
    struct woken list = { .count = 0 };
    bool also = false;
    int64_t result;

    if (at % 4 != 0 || other % 4 != 0)
        return -LINUX_EINVAL;
    if (!user_range(at, 4))
        return -LINUX_EFAULT;
    two_take(one, two);
    result = op_do(other, (uint32_t)c->a[5], &also);
    if (result == 0) {
        collect(one, at, (uint32_t)c->a[2], FUTEX_ALL, &list);
        if (also)
            collect(two, other, (uint32_t)c->a[3], FUTEX_ALL, &list);
        result = list.count;
    }
    two_give(one, two);
    tell(&list);
    return result;
}

static int64_t wake(uint64_t at, uint32_t most, uint32_t bits)
{
    if (bits == 0 || at % 4 != 0)
        return -LINUX_EINVAL;
    if (!user_range(at, 4))
        return -LINUX_EFAULT;
    return futex_wake(at, most, bits);
}

int64_t call_futex(const struct call *c)
{
    uint32_t op = (uint32_t)c->a[1] & ~FUTEX_PRIVATE;
    bool realtime = (op & FUTEX_CLOCK_REALTIME) != 0;
    struct deadline d;
    int64_t e;

    op &= ~FUTEX_CLOCK_REALTIME;
    if (realtime && op != FUTEX_WAIT_BITSET)
        return -LINUX_ENOSYS;
    switch (op) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        e = deadline_read(&d, c->a[3], op == FUTEX_WAIT_BITSET, realtime);
        if (e != 0)
            return e;
        return futex_wait(c->a[0], (uint32_t)c->a[2],
                          op == FUTEX_WAIT ? FUTEX_ALL : (uint32_t)c->a[5], &d);
    case FUTEX_WAKE: return wake(c->a[0], (uint32_t)c->a[2], FUTEX_ALL);
    case FUTEX_WAKE_BITSET: return wake(c->a[0], (uint32_t)c->a[2], (uint32_t)c->a[5]);
    case FUTEX_REQUEUE: return futex_requeue(c, false);
    case FUTEX_CMP_REQUEUE: return futex_requeue(c, true);
    case FUTEX_WAKE_OP: return futex_wake_op(c);
    default: return -LINUX_ENOSYS;
    }
}

/* --- Robust mutexes: a list in exec's memory, so with an end of our own. */

struct robust_head {
    uint64_t first;
    int64_t offset; /* from an entry to its word */
    uint64_t pending;
};

/* Bit 0 of a link says that the mutex is of a kind (PI) that we do not have. */
static void robust_release(uint64_t link, int64_t offset, uint32_t tid)
{
    uint64_t at = (link & ~1ull) + (uint64_t)offset;
    uint32_t word, found;

    if (!user_load32(&word, at))
        return;
    while ((word & ROBUST_TID) == tid) {
        if (!user_cas32(at, word, (word & ROBUST_WAITERS) | ROBUST_OWNER_DIED, &found))
            return;
        if (found == word) {
            if ((word & ROBUST_WAITERS) != 0)
                futex_wake(at, 1, FUTEX_ALL);
            return;
        }
        word = found;
    }
}

void futex_robust_end(uint64_t head, uint32_t tid)
{
    struct robust_head h;
    uint64_t link, next;

    if (head == 0 || !user_read(&h, head, sizeof h))
        return;
    link = h.first;
    for (unsigned i = 0; i < ROBUST_ENTRIES_MAX && (link & ~1ull) != head; i++) {
        bool has_next = user_read(&next, link & ~1ull, sizeof next);

        if ((link & ~1ull) != (h.pending & ~1ull))
            robust_release(link, h.offset, tid);
        if (!has_next)
            break;
        link = next;
    }
    if (h.pending != 0)
        robust_release(h.pending, h.offset, tid);
}
