/* stream.c: streams over the gate. */
#include "shim/core/stream.h"

#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"
#include "shim/core/thread.h"

/* Writes are posted from the one after so many that came within QUICK_NS each. */
#define QUICK_COUNT 3u
#define QUICK_NS 1000000u
#define WAIT_NS 100000u
#define SETTLE_WAITS 200u
/* What is posted before a write waits again: then a signal can end it, where
 * nobody reads. A stage always finds room beside so much. */
#define POSTED_COUNT (GATE_POSTED_MAX - 1)
#define POSTED_SIZE (112u << 10)

/* The stream that has posted writes. One at a time: so what goes to two streams that
 * end in one terminal keeps its order. Only a thread that is alone posts, and all is
 * out before there is a second: nothing of this needs a lock, and what a thread was
 * told of another's write is so. */
static struct {
    struct file *file;
    uint32_t count; /* since all of them were known to be out */
    uint32_t size;
} posted;

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

/* Whether the host has answered all that was put out. Only a hint: collecting judges
 * the answers. */
static bool answered(const struct cpu *c)
{
    return __atomic_load_n(&c->gate.port->completed, __ATOMIC_ACQUIRE) == c->gate.submitted;
}

/* Everything is out: what became of it is known. */
static void posted_collect(void)
{
    struct cpu *c = cpu_here();

    if (posted.file == NULL)
        return;
    if (gate_flush(&c->gate) != ERR_OK)
        ask_lied("an answer to a posted call that no honest host gives");
    late_put(posted.file, gate_posted_refusal(&c->gate, posted.file->handle));
    posted.file = NULL;
    posted.count = posted.size = 0;
}

/* Where nobody reads, what was posted stays where it is, and the program goes on:
 * to Linux it is in a pipe by now. */
bool stream_flush(void)
{
    if (posted.file == NULL)
        return true;
    for (unsigned i = 0; !answered(cpu_here()); i++) {
        if (i == SETTLE_WAITS)
            return false;
        cpu_park(WAIT_NS);
    }
    posted_collect();
    return true;
}

bool stream_settle(void)
{
    while (!stream_flush())
        if (signal_waiting())
            return false;
    return true;
}

/* What Linux would have waited for in write(2) is waited for here, unless a signal
 * has ended such a wait. */
void stream_finish(void)
{
    if (stream_flush() || !posted.file->interrupted)
        posted_collect();
}

int stream_late(struct file *f) { return __atomic_exchange_n(&f->late, 0, __ATOMIC_RELAXED); }

void stream_close(struct file *f)
{
    struct gate_ask a = { .call = GATE_STREAM_CLOSE, .args = { f->handle } };
    uint64_t bit = 1ull << (f->handle % 64);

    /* To the end, where it is this one's: its number may soon be another's. */
    if (!stream_flush() && posted.file == f)
        posted_collect();
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
    posted.file = f;
    posted.count++;
    posted.size += (uint32_t)a->sent;
    ask_post(a);
    /* It may have been made to wait after all, and then says itself how it went. */
    late_put(f, a->refusal);
    late_put(f, gate_posted_refusal(&cpu_here()->gate, f->handle));
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
    return (posted.file == NULL || posted.file == f) && posted.count < POSTED_COUNT &&
           posted.size + size <= POSTED_SIZE;
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
    if (posted.file == f)
        posted.count = posted.size = 0;
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

    while ((before = posted.file) != NULL && before != f) {
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
    bool post = writes_fast(f) && waits(f, flags) && thread_is_alone();
    int64_t done = 0;
    int late;

    if (!order_wait(f))
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
