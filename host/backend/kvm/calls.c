/* calls.c: what each call through the gate does. */
#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/num.h"
#include "host/backend/kvm/template.h"

typedef enum port_tried call_do(struct loader *l, struct port *p, struct serve_call *c,
                                struct port_work *work, struct port_answer *a);

static enum port_tried refuse(struct port_answer *a, enum gate_refusal why)
{
    a->refusal = why;
    return PORT_ANSWERED;
}

/* What a call on a handle gave: a value, or minus an errno. */
static enum port_tried give(struct port_answer *a, const struct serve_call *c, ssize_t done)
{
    if (done < 0)
        return refuse(a, stream_refusal(c->call, (int)-done));
    a->value = (uint64_t)done;
    return PORT_ANSWERED;
}

/* --- The keep itself. */

static const char *const end_names[] = {
    [GATE_END_EXIT] = NULL,
    [GATE_END_SIGNAL] = NULL,
    [GATE_END_HOST] = "the keep stopped: its host gave an answer that no honest host gives",
    [GATE_END_SHIM] = "the keep stopped: an exception in its own kernel",
};

static enum port_tried do_exit(struct loader *l, struct port *p, struct serve_call *c,
                               struct port_work *work, struct port_answer *a)
{
    const char *why = c->args[1] < COUNT_OF(end_names) ? end_names[c->args[1]] : NULL;
    char report[160];
    size_t size = num_min(c->sent_size, sizeof report - 1);

    (void)p;
    (void)work;
    (void)a;
    /* In a debug keep alone it means anything; how an honest end came about is nobody's
     * question. */
    if (l->plan->debug != NULL && size > 0 && c->args[1] != GATE_END_EXIT) {
        memcpy(report, c->sent, size);
        report[size] = '\0';
        for (size_t i = 0; i < size; i++)
            if (report[i] < ' ' || report[i] > '~')
                report[i] = ' ';
        why = report;
    }
    loader_end(l, (int)(c->args[0] & 255), why);
}

static enum port_tried do_launch(struct loader *l, struct port *p, struct serve_call *c,
                                 struct port_work *work, struct port_answer *a)
{
    struct claims *claims = &l->claims;
    size_t size;

    (void)work;
    /* Before anything is waited for: a second one would take in a second client. */
    if (!atomic_load(&p->parked) || atomic_exchange(&l->launched, true))
        return PORT_BROKEN;
    if (!atomic_load(&l->has_claims))
        template_wait(l); /* in this thread: the first to wake is the one that serves */
    size = claims->launch.handles_count * sizeof claims->handle[0];
    if (sizeof claims->launch + size > c->back_room)
        return PORT_BROKEN;
    claims_finish(claims, vcpu_tsc_khz(&l->vcpu[0]), l->vm.ram_max);
    memcpy(c->back, &claims->launch, sizeof claims->launch);
    memcpy(c->back + sizeof claims->launch, claims->handle, size);
    explicit_bzero(claims->launch.seed, sizeof claims->launch.seed);
    a->back_size = (uint32_t)(sizeof claims->launch + size);
    return PORT_ANSWERED;
}

/* The report is copied: a debugger takes its time, and the keep's other vCPUs run. */
static enum port_tried debug_stop(struct loader *l, struct port *p, struct serve_call *c,
                                  struct port_answer *a)
{
    uint8_t *copy = malloc(c->sent_size + 1);

    if (copy == NULL)
        return refuse(a, GATE_REFUSED_UNSUPPORTED);
    memcpy(copy, c->sent, c->sent_size);
    a->back_size =
        l->plan->debug->stop(l->plan->debug->context, p->index,
                             (struct bytes){ copy, c->sent_size }, c->back, c->back_room);
    free(copy);
    return PORT_ANSWERED;
}

static enum port_tried do_debug(struct loader *l, struct port *p, struct serve_call *c,
                                struct port_work *work, struct port_answer *a)
{
    const struct kvm_debug *d = l->plan->debug;

    (void)work;
    if (c->args[0] == GATE_DEBUG_TEXT && d != NULL && d->text != NULL) {
        d->text(d->context, p->index, (struct bytes){ c->sent, c->sent_size });
        return PORT_ANSWERED;
    }
    if (c->args[0] == GATE_DEBUG_STOP && d != NULL && d->stop != NULL)
        return debug_stop(l, p, c, a);
    return refuse(a, GATE_REFUSED_UNSUPPORTED);
}

/* --- Processors and memory. */

static enum port_tried answer_of(struct port_answer *a, enum err e)
{
    if (e == ERR_MALFORMED)
        return PORT_BROKEN;
    return e == ERR_OK ? PORT_ANSWERED : refuse(a, GATE_REFUSED_NOMEM);
}

static enum port_tried do_vcpu_start(struct loader *l, struct port *p, struct serve_call *c,
                                     struct port_work *work, struct port_answer *a)
{
    (void)p;
    (void)work;
    return answer_of(a, loader_vcpu_start(l, c->args[0]));
}

static enum port_tried do_wake(struct loader *l, struct port *p, struct serve_call *c,
                               struct port_work *work, struct port_answer *a)
{
    struct port *other = c->args[0] < GATE_VCPUS_MAX ? &l->port[c->args[0]] : NULL;
    struct vcpu *v = &l->vcpu[c->args[0] % GATE_VCPUS_MAX];

    (void)p;
    (void)work;
    (void)a;
    if (other == NULL || !atomic_load(&other->open))
        return PORT_BROKEN;
    if ((c->args[1] & GATE_WAKE_INTERRUPT) != 0 && !atomic_load(&other->parked)) {
        atomic_store(&v->wants_interrupt, true);
        port_wake(other);
        vcpu_kick(v);
    } else {
        port_wake(other);
    }
    return PORT_ANSWERED;
}

static enum port_tried do_memory_grow(struct loader *l, struct port *p, struct serve_call *c,
                                      struct port_work *work, struct port_answer *a)
{
    enum err e;

    (void)p;
    (void)work;
    pthread_mutex_lock(&l->memory_lock);
    e = vm_grow(&l->vm, c->args[0], c->args[1]);
    pthread_mutex_unlock(&l->memory_lock);
    return answer_of(a, e);
}

static enum port_tried do_memory_shrink(struct loader *l, struct port *p, struct serve_call *c,
                                        struct port_work *work, struct port_answer *a)
{
    enum err e;

    (void)p;
    (void)work;
    pthread_mutex_lock(&l->memory_lock);
    e = vm_shrink(&l->vm, c->args[0], c->args[1]);
    pthread_mutex_unlock(&l->memory_lock);
    return answer_of(a, e);
}

static enum port_tried do_clock(struct loader *l, struct port *p, struct serve_call *c,
                                struct port_work *work, struct port_answer *a)
{
    struct gate_clock clock;

    (void)l;
    (void)p;
    (void)work;
    claims_clock(&clock);
    a->back_size = (uint32_t)num_min(sizeof clock, c->back_room);
    memcpy(c->back, &clock, a->back_size);
    return PORT_ANSWERED;
}

/* --- Streams. */

static enum port_tried do_stream_read(struct loader *l, struct port *p, struct serve_call *c,
                                      struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t got;

    (void)p;
    (void)work;
    if (s == NULL)
        return refuse(a, GATE_REFUSED_IO);
    got = stream_read(s, c->back, num_min(c->args[1], c->back_room), (c->args[2] & GATE_PEEK) != 0);
    stream_give(&l->streams, s);
    if (got == -EAGAIN && (c->args[2] & GATE_NOWAIT) == 0)
        return PORT_WAITS;
    if (got > 0)
        a->back_size = (uint32_t)got;
    return give(a, c, got);
}

/* Goes on where it left off; an error after the first byte is the next call's. */
static enum port_tried do_stream_write(struct loader *l, struct port *p, struct serve_call *c,
                                       struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t put = 0;

    (void)p;
    if (s == NULL)
        return refuse(a, GATE_REFUSED_IO);
    while (work->done < c->sent_size) {
        put = stream_write(s, c->sent + work->done, c->sent_size - work->done);
        if (put <= 0)
            break;
        work->done += (uint32_t)put;
    }
    stream_give(&l->streams, s);
    if (put == -EAGAIN && (c->args[1] & GATE_NOWAIT) == 0)
        return PORT_WAITS;
    if (put == 0 && work->done == 0)
        put = -EIO; /* a device that takes nothing and says nothing */
    return give(a, c, work->done > 0 ? (ssize_t)work->done : put);
}

static enum port_tried do_stream_accept(struct loader *l, struct port *p, struct serve_call *c,
                                        struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t made;

    (void)p;
    (void)work;
    if (s == NULL)
        return refuse(a, GATE_REFUSED_IO);
    made = stream_accept(&l->streams, s);
    stream_give(&l->streams, s);
    if (made == -EAGAIN && (c->args[1] & GATE_NOWAIT) == 0)
        return PORT_WAITS;
    return give(a, c, made);
}

static enum port_tried do_stream_shutdown(struct loader *l, struct port *p, struct serve_call *c,
                                          struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t done = s == NULL ? -EBADF : stream_shutdown(s, c->args[1]);

    (void)p;
    (void)work;
    if (s != NULL)
        stream_give(&l->streams, s);
    return give(a, c, done);
}

static enum port_tried do_stream_close(struct loader *l, struct port *p, struct serve_call *c,
                                       struct port_work *work, struct port_answer *a)
{
    (void)p;
    (void)work;
    (void)a;
    return stream_close(&l->streams, c->args[0]) ? PORT_ANSWERED : PORT_BROKEN;
}

/* What the keep asks about, copied: it may change its mind while we read. */
static uint32_t polls_copy(const struct serve_call *c, struct gate_poll *out)
{
    uint32_t count = (uint32_t)num_min(c->sent_size / sizeof *out, GATE_POLL_COUNT_MAX);

    memcpy(out, c->sent, count * sizeof *out);
    return count;
}

static bool is_past(uint64_t deadline_ns)
{
    struct gate_clock now;

    if (deadline_ns == UINT64_MAX)
        return false;
    claims_clock(&now);
    return now.monotonic_ns >= deadline_ns;
}

static enum port_tried do_stream_poll(struct loader *l, struct port *p, struct serve_call *c,
                                      struct port_work *work, struct port_answer *a)
{
    struct gate_poll polls[GATE_POLL_COUNT_MAX];
    uint32_t count = polls_copy(c, polls);
    uint32_t ready = stream_poll(&l->streams, polls, count);

    (void)p;
    if (ready == 0 && !is_past(work->deadline_ns))
        return PORT_WAITS;
    memcpy(c->back, polls, count * sizeof polls[0]);
    a->back_size = (uint32_t)(count * sizeof polls[0]);
    a->value = ready;
    return PORT_ANSWERED;
}

/* --- Blocks. */

static enum port_tried do_block_read(struct loader *l, struct port *p, struct serve_call *c,
                                     struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t got = -EBADF;

    (void)p;
    (void)work;
    if (s != NULL) {
        got = stream_block_read(s, c->back, num_min(c->args[2], c->back_room), c->args[1]);
        stream_give(&l->streams, s);
    }
    if (got > 0)
        a->back_size = (uint32_t)got;
    return give(a, c, got);
}

static enum port_tried do_block_write(struct loader *l, struct port *p, struct serve_call *c,
                                      struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t put = -EBADF;

    (void)p;
    (void)work;
    if (s != NULL) {
        put = stream_block_write(s, c->sent, c->sent_size, c->args[1]);
        stream_give(&l->streams, s);
    }
    return give(a, c, put == 0 ? -EIO : put);
}

static enum port_tried do_block_control(struct loader *l, struct port *p, struct serve_call *c,
                                        struct port_work *work, struct port_answer *a)
{
    struct stream *s = stream_take(&l->streams, c->args[0]);
    ssize_t done = -EBADF;

    (void)p;
    (void)work;
    if (s != NULL) {
        done = stream_block_control(s, c->args[1], c->args[2]);
        stream_give(&l->streams, s);
    }
    return give(a, c, done);
}

/* --- Proof. */

/* The image once more, as it was before the first instruction, and its digest: only
 * a keep that asks pays for it. */
static enum err digest_make(const struct loader *l, uint8_t out[EVIDENCE_SIM_DIGEST_SIZE])
{
    uint8_t *head =
        mmap(NULL, IMAGE_HEAD_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct image again;
    enum err e;

    if (head == MAP_FAILED)
        return ERR_NOMEM;
    e = image_plan(&again, head, l->image.shim_file, l->image.exec_file, l->image.ram_size,
                   loader_boot_flags(l->plan));
    if (e == ERR_OK)
        e = image_measure_sim(out, &again);
    munmap(head, IMAGE_HEAD_MAX);
    return e;
}

static enum port_tried do_evidence(struct loader *l, struct port *p, struct serve_call *c,
                                   struct port_work *work, struct port_answer *a)
{
    uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE], report[EVIDENCE_SIM_REPORT_SIZE];
    struct writer w = writer_of(c->back, c->back_room);

    (void)p;
    (void)work;
    if (c->sent_size != sizeof report)
        return PORT_BROKEN;
    memcpy(report, c->sent, sizeof report);
    if (digest_make(l, digest) != ERR_OK ||
        evidence_sim_write(&w, &l->plan->key, digest, report, l->plan->debug != NULL) != ERR_OK)
        return refuse(a, GATE_REFUSED_IO);
    a->back_size = (uint32_t)writer_bytes(&w).size;
    a->value = a->back_size;
    return PORT_ANSWERED;
}

static enum port_tried do_seal_key(struct loader *l, struct port *p, struct serve_call *c,
                                   struct port_work *work, struct port_answer *a)
{
    uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE], label[64], key[EVIDENCE_SIM_SEAL_SIZE];
    size_t size = num_min(c->sent_size, sizeof label);

    (void)p;
    (void)work;
    memcpy(label, c->sent, size);
    if (c->back_room < sizeof key)
        return PORT_BROKEN;
    if (digest_make(l, digest) != ERR_OK ||
        evidence_sim_seal(key, &l->plan->key, digest, (struct bytes){ label, size }) != ERR_OK)
        return refuse(a, GATE_REFUSED_IO);
    memcpy(c->back, key, sizeof key);
    explicit_bzero(key, sizeof key);
    a->back_size = sizeof key;
    a->value = sizeof key;
    return PORT_ANSWERED;
}

/* CANCEL is the port's own. */
static enum port_tried do_cancel(struct loader *l, struct port *p, struct serve_call *c,
                                 struct port_work *work, struct port_answer *a)
{
    (void)l;
    (void)p;
    (void)c;
    (void)work;
    (void)a;
    return PORT_BROKEN;
}

static enum port_tried loader_try(struct port *p, struct serve_call *c, struct port_work *work,
                                  struct port_answer *a)
{
    static call_do *const calls[GATE_CALLS_MAX + 1] = {
#define GATE_CALL(number, NAME, name, ...) [number] = do_##name,
#include "gate/calls.def"
#undef GATE_CALL
    };

    /* serve_take has refused every number that is not in the table. */
    return calls[c->call](p->context, p, c, work, a);
}

static uint32_t loader_waits(struct port *p, const struct serve_call *c, struct pollfd *out,
                             uint32_t room)
{
    struct loader *l = p->context;
    struct gate_poll polls[GATE_POLL_COUNT_MAX];
    struct stream *s;

    if (c->call == GATE_STREAM_POLL)
        return stream_poll_wait(&l->streams, polls, polls_copy(c, polls), out, room);
    if (c->call != GATE_STREAM_READ && c->call != GATE_STREAM_WRITE &&
        c->call != GATE_STREAM_ACCEPT)
        return 0;
    s = room > 0 ? stream_take(&l->streams, c->args[0]) : NULL;
    if (s == NULL)
        return 0;
    out[0] = stream_wait(s, c->call == GATE_STREAM_WRITE);
    stream_give(&l->streams, s);
    return 1;
}

static void loader_cancel(struct port *p, const struct serve_call *c, const struct port_work *work,
                          struct port_answer *a)
{
    (void)p;
    if (c->call != GATE_STREAM_WRITE || work->done == 0)
        return;
    *a = (struct port_answer){ .value = work->done };
}

const struct port_ops loader_ops = {
    .try = loader_try,
    .waits = loader_waits,
    .cancel = loader_cancel,
};
