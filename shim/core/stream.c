/* stream.c: streams over the gate. */
#include "shim/core/stream.h"

#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"

/* Writes are posted from the one after so many that came within QUICK_NS each. */
#define QUICK_COUNT 3u
#define QUICK_NS 1000000u
#define WAIT_NS 100000u
#define SETTLE_WAITS 200u
#define FINISH_WAITS 1000u
/* What is posted before a write waits again: then a signal can end it, where
 * nobody reads. A stage always finds room beside so much. */
#define POSTED_COUNT (GATE_POSTED_MAX - 1)
#define POSTED_SIZE (112u << 10)

/* The stream that a vCPU has posted writes on. One at a time: so what goes to two
 * streams that end in one terminal keeps its order. Each entry is its vCPU's own. */
static struct {
    struct file *file; /* atomic: stream_finish looks at it */
    uint32_t count;    /* since all of them were known to be out */
    uint32_t size;
} posted[GATE_VCPUS_MAX];

static uint64_t handles[GATE_HANDLES_MAX / 64]; /* in use, atomically */

bool handle_take(uint32_t handle)
{
    uint64_t bit = 1ull << (handle % 64);

    if (handle >= GATE_HANDLES_MAX)
        return false;
    return (__atomic_fetch_or(&handles[handle / 64], bit, __ATOMIC_RELAXED) & bit) == 0;
}

static void late_put(struct file *f, enum gate_refusal refusal)
{
    if (refusal == GATE_OK)
        return;
    f->quick = 0;
    __atomic_store_n(&f->late, ask_errno(refusal), __ATOMIC_RELAXED);
}

/* Whether the host has answered all that another vCPU has put out. Only a hint as
 * far as the host is concerned, which can hold back any stream it likes; its own
 * vCPU collects and judges the answers. */
static bool answered(struct cpu *other)
{
    uint32_t out = __atomic_load_n(&other->gate.submitted, __ATOMIC_ACQUIRE);

    return __atomic_load_n(&other->gate.port->completed, __ATOMIC_ACQUIRE) == out;
}

/* Everything of this vCPU is out: what became of it is known. */
static void posted_collect(void)
{
    struct cpu *c = cpu_here();
    struct file *f = posted[c->index].file;
    uint32_t mine = c->index + 1;

    if (f == NULL)
        return;
    if (gate_flush(&c->gate) != ERR_OK)
        ask_lied("an answer to a posted call that no honest host gives");
    late_put(f, gate_posted_refusal(&c->gate, f->handle));
    __atomic_store_n(&posted[c->index].file, NULL, __ATOMIC_RELEASE);
    posted[c->index].count = posted[c->index].size = 0;
    /* Another vCPU may have posted to it since: then the mark is that one's. */
    __atomic_compare_exchange_n(&f->posted_by, &mine, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* Where nobody reads, what was posted stays where it is, and the program goes on:
 * to Linux it is in a pipe by now. */
bool stream_flush(void)
{
    struct cpu *c = cpu_here();

    if (posted[c->index].file == NULL)
        return true;
    for (unsigned i = 0; !answered(c); i++) {
        if (i == SETTLE_WAITS)
            return false;
        cpu_park(WAIT_NS);
    }
    posted_collect();
    return true;
}

static void other_wait(uint32_t index, const uint32_t *posted_by, unsigned waits_most)
{
    struct cpu *other = cpu_at(index);

    for (unsigned i = 0; i < waits_most; i++) {
        if (__atomic_load_n(posted_by, __ATOMIC_ACQUIRE) != index + 1 || answered(other))
            return;
        cpu_park(WAIT_NS);
    }
}

/* Nothing of another vCPU overtakes, or is overtaken by, what comes now: false
 * where a signal came first. */
static bool others_wait(struct file *f)
{
    for (unsigned i = 0; i < FINISH_WAITS; i++) {
        uint32_t by = __atomic_load_n(&f->posted_by, __ATOMIC_ACQUIRE);

        if (by == 0 || by == cpu_here()->index + 1 || answered(cpu_at(by - 1)))
            return true;
        if (signal_waiting())
            return false;
        other_wait(by - 1, &f->posted_by, 1);
    }
    return true; /* nobody reads: there is no order to see */
}

void stream_finish(void)
{
    uint32_t here = cpu_here()->index;

    /* What Linux would have waited for in write(2) is waited for here, unless a
     * signal has ended such a wait. */
    if (stream_flush() || !posted[here].file->interrupted)
        posted_collect();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct file *f = __atomic_load_n(&posted[i].file, __ATOMIC_ACQUIRE);

        /* Where nobody reads, Linux would not have written it either. */
        if (i != here && f != NULL)
            other_wait(i, &f->posted_by, FINISH_WAITS);
    }
}

int stream_late(struct file *f) { return __atomic_exchange_n(&f->late, 0, __ATOMIC_RELAXED); }

void stream_close(struct file *f)
{
    struct gate_ask a = { .call = GATE_STREAM_CLOSE, .args = { f->handle } };
    uint64_t bit = 1ull << (f->handle % 64);

    (void)stream_flush();
    (void)others_wait(f);
    /* Free before it is said: the number may come back in another vCPU's ACCEPT
     * before this one has its answer. */
    __atomic_fetch_and(&handles[f->handle / 64], ~bit, __ATOMIC_RELAXED);
    (void)gate_stage(&cpu_here()->gate);
    ask_post(&a);
}

/* What the program did in between counts, not how long the last write took. */
static bool writes_fast(struct file *f)
{
    uint64_t gap = clock_ticks_ns(clock_counter() - f->wrote_at);

    /* Without a rate, or with a counter that jumps, nothing is fast. */
    f->quick = gap != 0 && gap < QUICK_NS ? f->quick + 1 : 0;
    return f->quick >= QUICK_COUNT;
}

static void write_post(struct file *f, struct gate_ask *a)
{
    struct cpu *c = cpu_here();

    __atomic_store_n(&f->posted_by, c->index + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&posted[c->index].file, f, __ATOMIC_RELEASE);
    posted[c->index].count++;
    posted[c->index].size += (uint32_t)a->sent;
    ask_post(a);
    /* It may have been made to wait after all, and then says itself how it went. */
    late_put(f, a->refusal);
    late_put(f, gate_posted_refusal(&c->gate, f->handle));
}

static int64_t write_failed(struct file *f, int error, uint32_t flags)
{
    f->quick = 0;
    if (error == LINUX_EPIPE && (flags & LINUX_MSG_NOSIGNAL) == 0)
        signal_raise(LINUX_SIGPIPE);
    return -error;
}

static bool waits(const struct file *f, uint32_t flags)
{
    return (file_flags(f) & LINUX_O_NONBLOCK) == 0 && (flags & LINUX_MSG_DONTWAIT) == 0;
}

static bool posted_has_room(const struct file *f, size_t size)
{
    uint32_t i = cpu_here()->index;

    return (posted[i].file == NULL || posted[i].file == f) && posted[i].count < POSTED_COUNT &&
           posted[i].size + size <= POSTED_SIZE;
}

/* One piece, at most as large as the stage: how many bytes went, or minus an errno. */
static int64_t write_piece(struct file *f, struct span *s, uint32_t flags, bool post)
{
    struct gate_ask a = { .call = GATE_STREAM_WRITE,
                          .args = { f->handle, waits(f, flags) ? 0 : GATE_NOWAIT } };
    size_t size = (size_t)(s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE);

    a.sent = span_take(s, gate_stage(&cpu_here()->gate), size);
    if (a.sent < size)
        return -LINUX_EFAULT;
    if (post && posted_has_room(f, size)) {
        write_post(f, &a);
        return (int64_t)size;
    }
    f->interrupted = ask_host(&a) == GATE_REFUSED_CANCELLED;
    late_put(f, gate_posted_refusal(&cpu_here()->gate, f->handle));
    if (a.refusal != GATE_OK)
        return write_failed(f, ask_errno(a.refusal), flags);
    /* Writes to one stream keep their order: those before it are out, too. */
    if (posted[cpu_here()->index].file == f)
        posted[cpu_here()->index].count = posted[cpu_here()->index].size = 0;
    if (a.value == 0 || a.value > size)
        ask_lied("a stream took more than it was given");
    return (int64_t)a.value;
}

/* What went to another stream comes first: the two may end in one terminal. (On
 * the same stream the host keeps the order.) A signal ends the wait, and the ones
 * after it. */
static bool order_wait(const struct file *f)
{
    struct file *before;

    while ((before = posted[cpu_here()->index].file) != NULL && before != f) {
        if (stream_flush() || before->interrupted)
            return true;
        before->interrupted = signal_waiting();
        if (before->interrupted)
            return false;
    }
    return true;
}

static int64_t write_all(struct file *f, struct span *s, uint32_t flags)
{
    bool post = writes_fast(f) && waits(f, flags);
    int64_t done = 0;
    int late;

    if (!order_wait(f) || !others_wait(f))
        return -LINUX_ERESTARTSYS;
    late = stream_late(f);
    if (late != 0)
        return write_failed(f, late, flags);
    while (s->total > 0) {
        size_t want = (size_t)(s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE);
        int64_t n = write_piece(f, s, flags, post);

        if (n < 0)
            return done > 0 ? done : n;
        done += n;
        /* Linux too gives what went, and the error with the next call. */
        if ((size_t)n < want || __atomic_load_n(&f->late, __ATOMIC_RELAXED) != 0)
            break;
    }
    return done;
}

static int64_t stream_write(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    int64_t r;

    if (offset != NULL)
        return -LINUX_ESPIPE;
    if (s->total == 0)
        return 0;
    r = write_all(f, s, flags);
    f->wrote_at = clock_counter();
    return r;
}

/* One answer: how many bytes came, or minus an errno. */
static int64_t read_piece(struct file *f, struct span *s, uint32_t flags)
{
    uint64_t how =
        (waits(f, flags) ? 0 : GATE_NOWAIT) | ((flags & LINUX_MSG_PEEK) != 0 ? GATE_PEEK : 0);
    size_t most = (size_t)(s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE);
    size_t room = span_writable(s, most); /* what is read and cannot be put is lost */
    struct gate_ask a = { .call = GATE_STREAM_READ,
                          .args = { f->handle, room, how },
                          .room = room };

    if (room == 0)
        return -LINUX_EFAULT;
    (void)gate_stage(&cpu_here()->gate);
    if (ask_host(&a) != GATE_OK)
        return -ask_errno(a.refusal);
    if (a.value != a.back.size || a.back.size > room)
        ask_lied("a stream gave more than there was room for");
    if (a.back.size > 0 && span_put(s, a.back.data, a.back.size) < a.back.size)
        return -LINUX_EFAULT;
    return (int64_t)a.back.size;
}

static int64_t stream_read(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    /* A file gives all it has, a terminal or a socket what is there. */
    bool whole = (flags & LINUX_MSG_WAITALL) != 0 || f->type == GATE_TYPE_FILE;
    int64_t done = 0;

    if (offset != NULL)
        return -LINUX_ESPIPE;
    (void)stream_flush();
    do {
        uint64_t want = s->total;
        int64_t n;

        if (want == 0)
            break;
        n = read_piece(f, s, flags);
        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
    } while (whole && (flags & LINUX_MSG_PEEK) == 0);
    return done;
}

uint64_t stream_readable(struct file *f)
{
    struct gate_poll item = { .handle = f->handle, .wanted = GATE_POLL_READ };
    struct gate_ask a = { .call = GATE_STREAM_POLL, .sent = sizeof item, .room = sizeof item };

    (void)stream_flush();
    __builtin_memcpy(gate_stage(&cpu_here()->gate), &item, sizeof item);
    if (ask_host(&a) != GATE_OK || a.value == 0)
        return 0;
    if (a.back.size != sizeof item)
        ask_lied("POLL answers for other streams than it was asked about");
    __builtin_memcpy(&item, a.back.data, sizeof item);
    return (item.ready & GATE_POLL_READ) != 0 ? item.size : 0;
}

const struct file_ops stream_ops = { .read = stream_read, .write = stream_write };
