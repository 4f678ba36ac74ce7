#include "host/gdb/mailbox.h"

#include "base/num.h"
#include "base/reader.h"
#include "gate/place.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_WAIT_MS 10000 /* a core that carries out one command */
#define STOP_WAIT_MS 500     /* for the other vCPUs, when one has stopped */

enum place_state { ABSENT = 0, RUNNING, STOPPED, BUSY };

/* A vCPU. */
struct place {
    enum place_state state;
    bool silent;   /* did not come when it was called: not waited for again */
    bool pending;  /* `stop` was not given to the debugger yet */
    bool wanted;   /* the debugger resumed it since: `stop` may be given */
    bool stepping; /* that is what it was resumed for */
    struct gdb_stop stop;
};

struct mailbox {
    const struct mailbox_ops *ops;
    void *context;
    struct gdb_target target;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* some place's state has changed */
    bool attached;
    bool had_debugger;
    bool hold_start;
    bool want_dying;
    bool halting; /* between a stop and the next resume: whoever is interrupted stays */
    bool asked;   /* the user wants an interrupt: the first that comes is a stop */
    bool ended;
    bool end_taken;
    int code;
    uint64_t symbols_at;
    void (*look)(void *context); /* at every stop */
    void *look_context;
    uint32_t next; /* where stops are looked for first: everybody's turn comes */
    struct place place[GATE_VCPUS_MAX];
    /* Of the one command under way. */
    uint32_t asking; /* the vCPU it is for, and 1; 0: there is none */
    uint32_t result;
    size_t answer_size;
    uint8_t answer[DEBUG_PAYLOAD_MAX];
};

static uint32_t wants(const struct mailbox *m)
{
    if (m->attached)
        return DEBUG_WANT_ALL;
    /* One that has left may have asked exec for an int3 (debug_symbols.stop). */
    return (m->want_dying ? DEBUG_WANT_DYING : 0) | (m->had_debugger ? DEBUG_WANT_BREAK : 0);
}

/* Makes stop_fd readable: there may be something for stop_take. */
static void ring(const struct mailbox *m)
{
    uint64_t one = 1;

    (void)!write(m->target.stop_fd, &one, sizeof one);
}

static void answer(struct mailbox *m, uint32_t vcpu, const struct debug_command *command,
                   struct bytes payload)
{
    bool ended;

    pthread_mutex_lock(&m->lock);
    ended = m->ended;
    pthread_mutex_unlock(&m->lock);
    if (ended) /* nobody waits for it any more */
        return;
    m->ops->answer(m->context, vcpu, (struct bytes){ (const uint8_t *)command, sizeof *command },
                   payload);
}

/* --- Reports. */

static enum err report_parse(struct debug_report *out, struct bytes *payload, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct debug_report t = { 0 };

    t.reason = reader_u32le(&r);
    t.tid = reader_u32le(&r);
    t.signal = reader_u32le(&r);
    t.result = reader_u32le(&r);
    t.address = reader_u64le(&r);
    t.size = reader_u32le(&r);
    t.zero = reader_u32le(&r);
    if (!reader_ok(&r) || t.size > DEBUG_PAYLOAD_MAX)
        return ERR_MALFORMED;
    *payload = reader_take(&r, t.size);
    if (!reader_done(&r) || t.zero != 0 || t.reason > DEBUG_DYING || t.signal > 64 ||
        (t.reason != DEBUG_ANSWER && t.size != 0))
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

static struct gdb_stop stop_of(const struct debug_report *report, uint32_t vcpu)
{
    struct gdb_stop stop = { .kind = GDB_STOP_SIGNAL, .thread = vcpu + 1, .number = SIGTRAP };

    if (report->reason == DEBUG_BREAK)
        stop.kind = GDB_STOP_BREAK;
    else if (report->reason == DEBUG_INTERRUPT)
        stop.number = SIGINT;
    else if (report->reason == DEBUG_SIGNAL || report->reason == DEBUG_DYING)
        stop.number = report->signal;
    return stop;
}

/* Whether a stop is one for the debugger, or for whoever writes core files. */
static bool is_for_us(struct mailbox *m, const struct debug_report *report)
{
    bool was_asked = m->asked;

    switch (report->reason) {
    case DEBUG_START: return m->attached || m->hold_start;
    case DEBUG_DYING: return m->attached || m->want_dying;
    case DEBUG_INTERRUPT: m->asked = false; return m->attached && was_asked;
    default: return m->attached;
    }
}

/* One that comes too late frees its vCPU; what it says is for nobody. */
static enum err report_answer(struct mailbox *m, uint32_t vcpu, const struct debug_report *report,
                              struct bytes payload)
{
    struct place *p = &m->place[vcpu];

    if (p->state != BUSY)
        return ERR_MALFORMED;
    p->state = STOPPED;
    if (m->asking != vcpu + 1)
        return ERR_OK;
    m->asking = 0;
    m->result = report->result;
    m->answer_size = payload.size;
    if (payload.size > 0)
        memcpy(m->answer, payload.data, payload.size);
    return ERR_OK;
}

/* *on: nobody wants that stop, and the vCPU goes on. */
static enum err report_stop(struct mailbox *m, struct place *p, uint32_t vcpu,
                            const struct debug_report *report, bool *on)
{
    if (p->state != RUNNING && p->state != ABSENT)
        return ERR_MALFORMED;
    if (report->reason == DEBUG_START)
        m->symbols_at = report->address;
    p->stop = stop_of(report, vcpu);
    p->silent = false;
    p->pending = is_for_us(m, report);
    p->wanted = true;
    /* What was interrupted so that it stands still has nothing to tell. */
    *on = !p->pending && !(m->halting && m->attached);
    p->state = *on ? RUNNING : STOPPED;
    p->stepping = p->stepping && *on;
    if (p->pending)
        ring(m);
    return ERR_OK;
}

enum err mailbox_report(struct mailbox *m, uint32_t vcpu, struct bytes raw)
{
    struct debug_command go = { .number = DEBUG_CONTINUE };
    struct debug_report report;
    struct bytes payload;
    bool on = false, had_debugger;
    enum err result;

    if (vcpu >= GATE_VCPUS_MAX)
        return ERR_USAGE;
    TRY(report_parse(&report, &payload, raw));
    pthread_mutex_lock(&m->lock);
    if (report.reason == DEBUG_ANSWER)
        result = report_answer(m, vcpu, &report, payload);
    else
        result = report_stop(m, &m->place[vcpu], vcpu, &report, &on);
    go.want = wants(m);
    had_debugger = m->had_debugger;
    if (m->place[vcpu].stepping) /* an interrupt that nobody wants came in between */
        go.number = DEBUG_STEP;
    pthread_cond_broadcast(&m->moved);
    pthread_mutex_unlock(&m->lock);
    if (result != ERR_OK || !on)
        return result;
    /* A signal that nobody asks about is the program's own. */
    if (report.reason == DEBUG_SIGNAL || report.reason == DEBUG_DYING)
        go.argument = report.signal;
    else if (report.reason == DEBUG_BREAK && !had_debugger)
        go.argument = SIGTRAP;
    answer(m, vcpu, &go, (struct bytes){ 0 });
    return ERR_OK;
}

void mailbox_started(struct mailbox *m, uint32_t vcpu)
{
    pthread_mutex_lock(&m->lock);
    if (vcpu < GATE_VCPUS_MAX && m->place[vcpu].state == ABSENT)
        m->place[vcpu].state = RUNNING;
    pthread_mutex_unlock(&m->lock);
}

void mailbox_ended(struct mailbox *m, int code)
{
    pthread_mutex_lock(&m->lock);
    m->ended = true;
    m->code = code;
    ring(m);
    pthread_cond_broadcast(&m->moved);
    pthread_mutex_unlock(&m->lock);
}

/* --- Commands. */

static struct timespec deadline_in(long ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* One command to a stopped vCPU, and its answer, which is in m->answer until the next:
 * only the session's thread asks. */
static enum err ask(struct mailbox *m, uint32_t vcpu, const struct debug_command *command,
                    struct bytes payload)
{
    struct timespec deadline = deadline_in(ANSWER_WAIT_MS);
    struct place *p = &m->place[vcpu];
    enum err result = ERR_OK;

    pthread_mutex_lock(&m->lock);
    if (p->state != STOPPED || m->ended) {
        pthread_mutex_unlock(&m->lock);
        return ERR_INVALID;
    }
    p->state = BUSY;
    m->asking = vcpu + 1;
    pthread_mutex_unlock(&m->lock);
    answer(m, vcpu, command, payload);
    pthread_mutex_lock(&m->lock);
    while (p->state == BUSY && !m->ended && result == ERR_OK)
        if (pthread_cond_timedwait(&m->moved, &m->lock, &deadline) != 0)
            result = ERR_IO;
    if (p->state == BUSY)
        result = ERR_IO;
    else if (m->result != DEBUG_OK)
        result = ERR_INVALID;
    m->asking = 0;
    pthread_mutex_unlock(&m->lock);
    return result;
}

/* Lets a stopped vCPU go on. */
static void go_on(struct mailbox *m, uint32_t vcpu, bool step, uint32_t signal)
{
    const struct debug_command command = {
        .number = step ? DEBUG_STEP : DEBUG_CONTINUE,
        .argument = signal,
        .want = wants(m),
    };

    pthread_mutex_lock(&m->lock);
    m->place[vcpu].state = RUNNING;
    m->place[vcpu].stepping = step;
    pthread_mutex_unlock(&m->lock);
    answer(m, vcpu, &command, (struct bytes){ 0 });
}

/* Any vCPU that can be asked about memory, which they share. */
static bool somebody(struct mailbox *m, uint32_t *vcpu)
{
    bool found = false;

    pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < GATE_VCPUS_MAX && !found; i++)
        if (m->place[i].state == STOPPED) {
            *vcpu = i;
            found = true;
        }
    pthread_mutex_unlock(&m->lock);
    return found;
}

/* --- The target. */

static uint32_t threads(void *context, uint32_t ids[GDB_THREADS_MAX])
{
    struct mailbox *m = context;
    uint32_t count = 0;

    pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        if (m->place[i].state == STOPPED)
            ids[count++] = i + 1;
    pthread_mutex_unlock(&m->lock);
    return count;
}

static enum err registers_get(void *context, uint32_t thread, struct debug_registers *out)
{
    const struct debug_command command = { .number = DEBUG_GET_REGISTERS };
    struct mailbox *m = context;

    if (thread == 0 || thread > GATE_VCPUS_MAX)
        return ERR_INVALID;
    TRY(ask(m, thread - 1, &command, (struct bytes){ 0 }));
    if (m->answer_size != sizeof *out)
        return ERR_MALFORMED;
    memcpy(out, m->answer, sizeof *out);
    return ERR_OK;
}

static enum err registers_set(void *context, uint32_t thread, const struct debug_registers *from)
{
    const struct debug_command command = { .number = DEBUG_SET_REGISTERS, .size = sizeof *from };

    if (thread == 0 || thread > GATE_VCPUS_MAX)
        return ERR_INVALID;
    return ask(context, thread - 1, &command,
               (struct bytes){ (const uint8_t *)from, sizeof *from });
}

static size_t memory_read(void *context, uint64_t at, uint8_t *to, size_t size)
{
    struct mailbox *m = context;
    struct debug_command command = {
        .number = DEBUG_READ,
        .size = (uint32_t)num_min(size, DEBUG_PAYLOAD_MAX),
        .address = at,
    };
    uint32_t vcpu;

    if (!somebody(m, &vcpu) || ask(m, vcpu, &command, (struct bytes){ 0 }) != ERR_OK ||
        m->answer_size > command.size)
        return 0;
    memcpy(to, m->answer, m->answer_size);
    return m->answer_size;
}

static enum err memory_write(void *context, uint64_t at, const uint8_t *from, size_t size)
{
    const struct debug_command command = {
        .number = DEBUG_WRITE,
        .size = (uint32_t)size,
        .address = at,
    };
    uint32_t vcpu;

    if (size > DEBUG_PAYLOAD_MAX || !somebody(context, &vcpu))
        return ERR_INVALID;
    return ask(context, vcpu, &command, (struct bytes){ from, size });
}

static uint32_t areas(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    const struct debug_command command = { .number = DEBUG_AREAS, .address = at };
    struct mailbox *m = context;
    uint32_t vcpu;
    size_t count;

    if (!somebody(m, &vcpu) || ask(m, vcpu, &command, (struct bytes){ 0 }) != ERR_OK ||
        m->answer_size % sizeof *out != 0)
        return 0;
    count = num_min(room, m->answer_size / sizeof *out);
    memcpy(out, m->answer, count * sizeof *out);
    return (uint32_t)count;
}

static enum err resume(void *context, const struct gdb_resume *each, uint32_t count)
{
    struct mailbox *m = context;

    pthread_mutex_lock(&m->lock);
    m->halting = false;
    pthread_mutex_unlock(&m->lock);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vcpu = each[i].thread - 1;
        bool goes;

        if (vcpu >= GATE_VCPUS_MAX)
            return ERR_INVALID;
        pthread_mutex_lock(&m->lock);
        goes = m->place[vcpu].state == STOPPED && !m->place[vcpu].pending;
        if (m->place[vcpu].pending) { /* it has a stop to tell of first */
            m->place[vcpu].wanted = true;
            ring(m);
        }
        pthread_mutex_unlock(&m->lock);
        if (goes)
            go_on(m, vcpu, each[i].step, each[i].signal);
    }
    return ERR_OK;
}

static void interrupt_running(struct mailbox *m)
{
    bool running = false;

    pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        running |= m->place[i].state == RUNNING;
    running &= !m->ended;
    pthread_mutex_unlock(&m->lock);
    if (running)
        m->ops->interrupt(m->context);
}

static void interrupt(void *context)
{
    struct mailbox *m = context;

    pthread_mutex_lock(&m->lock);
    m->asked = true;
    pthread_mutex_unlock(&m->lock);
    interrupt_running(m);
}

static bool waits_for_more(const struct mailbox *m)
{
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        if (m->place[i].state == RUNNING && !m->place[i].silent)
            return true;
    return false;
}

/* Makes the others stand still, as far as they come. */
static void halt(struct mailbox *m)
{
    struct timespec deadline = deadline_in(STOP_WAIT_MS);

    interrupt_running(m);
    pthread_mutex_lock(&m->lock);
    while (waits_for_more(m) && !m->ended &&
           pthread_cond_timedwait(&m->moved, &m->lock, &deadline) == 0)
        ;
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        if (m->place[i].state == RUNNING)
            m->place[i].silent = true;
    pthread_mutex_unlock(&m->lock);
}

/* With the lock held. */
static bool stop_find(struct mailbox *m, struct gdb_stop *out)
{
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++) {
        struct place *p = &m->place[(m->next + i) % GATE_VCPUS_MAX];

        if (p->state == STOPPED && p->pending && p->wanted) {
            p->pending = false;
            m->next += i + 1;
            for (uint32_t j = 0; j < GATE_VCPUS_MAX; j++)
                m->place[j].wanted = false; /* until they are resumed */
            *out = p->stop;
            ring(m); /* there may be more, or the end */
            return true;
        }
    }
    return false;
}

static bool stop_take(void *context, struct gdb_stop *out)
{
    struct mailbox *m = context;
    uint64_t rung;
    bool found;

    (void)!read(m->target.stop_fd, &rung, sizeof rung);
    pthread_mutex_lock(&m->lock);
    found = stop_find(m, out);
    m->halting |= found;
    if (!found && m->ended && !m->end_taken) {
        *out = (struct gdb_stop){ .kind = GDB_STOP_EXITED, .number = (uint32_t)m->code };
        m->end_taken = true;
        pthread_mutex_unlock(&m->lock);
        return true;
    }
    pthread_mutex_unlock(&m->lock);
    if (found)
        halt(m);
    if (found && m->look != NULL)
        m->look(m->look_context);
    return found;
}

uint64_t mailbox_symbols_at(struct mailbox *m)
{
    uint64_t at;

    pthread_mutex_lock(&m->lock);
    at = m->symbols_at;
    pthread_mutex_unlock(&m->lock);
    return at;
}

void mailbox_on_stop(struct mailbox *m, void (*look)(void *context), void *context)
{
    m->look = look;
    m->look_context = context;
}

void mailbox_attach(struct mailbox *m, bool attached)
{
    pthread_mutex_lock(&m->lock);
    m->attached = attached;
    m->had_debugger |= attached;
    m->asked = m->halting = false;
    pthread_mutex_unlock(&m->lock);
}

static void detach(void *context)
{
    struct mailbox *m = context;

    mailbox_attach(m, false);
    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++) {
        bool stopped;
        uint32_t signal = 0;

        pthread_mutex_lock(&m->lock);
        stopped = m->place[i].state == STOPPED;
        if (m->place[i].pending && m->place[i].stop.number != SIGTRAP &&
            m->place[i].stop.number != SIGINT)
            signal = m->place[i].stop.number; /* nobody has seen it: the program's own */
        m->place[i].pending = false;
        pthread_mutex_unlock(&m->lock);
        if (stopped)
            go_on(m, i, false, signal);
    }
}

static void kill_keep(void *context)
{
    struct mailbox *m = context;

    m->ops->kill(m->context);
}

const struct gdb_target *mailbox_target(struct mailbox *m) { return &m->target; }

enum err mailbox_new(struct mailbox **out, const struct mailbox_ops *ops, void *context,
                     bool hold_start, bool want_dying)
{
    struct mailbox *m = calloc(1, sizeof *m);
    pthread_condattr_t monotonic;

    if (m == NULL)
        return ERR_NOMEM;
    m->ops = ops;
    m->context = context;
    m->hold_start = hold_start;
    m->want_dying = want_dying;
    m->target = (struct gdb_target){
        .context = m,
        .text_offset = PLACE_EXEC_VA,
        .stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .threads = threads,
        .registers_get = registers_get,
        .registers_set = registers_set,
        .read = memory_read,
        .write = memory_write,
        .areas = areas,
        .resume = resume,
        .interrupt = interrupt,
        .stop_take = stop_take,
        .detach = detach,
        .kill = kill_keep,
    };
    if (m->target.stop_fd < 0) {
        free(m);
        return ERR_IO;
    }
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&m->moved, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = m;
    return ERR_OK;
}

struct mailbox *mailbox_free(struct mailbox *m)
{
    if (m == NULL)
        return NULL;
    close(m->target.stop_fd);
    pthread_cond_destroy(&m->moved);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return NULL;
}
