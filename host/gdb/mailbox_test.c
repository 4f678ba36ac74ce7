/* A keep of threads that report as gate/debug.h says, and memory of its own. */
#include "host/gdb/mailbox.h"

#include "tests/check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define VCPUS 3u

/* What a vCPU of the keep does: after each DEBUG_CONTINUE it makes the report of its
 * script that is next, at the end of which it runs until it is interrupted. */
struct vcpu {
    pthread_t thread;
    uint32_t index;
    const struct debug_report *script;
    size_t left;
    bool deaf; /* is in the shim, and does not come when it is interrupted */
    /* Under the keep's lock. */
    bool answered, interrupted;
    struct debug_command command;
    uint8_t payload[DEBUG_PAYLOAD_MAX];
    size_t payload_size;
    /* What went on. */
    unsigned continued, stepped;
    uint32_t signal, want;
    struct debug_registers regs;
};

static struct keep {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct mailbox *mailbox;
    struct vcpu vcpu[VCPUS];
    uint8_t memory[256];
    bool over;
    bool killed;
} keep;

static void keep_answer(void *context, uint32_t vcpu, struct bytes head, struct bytes payload)
{
    struct vcpu *v = &keep.vcpu[vcpu];

    (void)context;
    pthread_mutex_lock(&keep.lock);
    if (v->answered || head.size != sizeof v->command || payload.size > sizeof v->payload)
        abort();
    memcpy(&v->command, head.data, sizeof v->command);
    if (payload.size > 0)
        memcpy(v->payload, payload.data, payload.size);
    v->payload_size = payload.size;
    v->answered = true;
    pthread_cond_broadcast(&keep.moved);
    pthread_mutex_unlock(&keep.lock);
}

/* Those that stand still take it too, later. */
static void keep_interrupt(void *context)
{
    (void)context;
    pthread_mutex_lock(&keep.lock);
    for (uint32_t i = 0; i < VCPUS; i++)
        if (!keep.vcpu[i].deaf)
            keep.vcpu[i].interrupted = true;
    pthread_cond_broadcast(&keep.moved);
    pthread_mutex_unlock(&keep.lock);
}

static void keep_end(void)
{
    pthread_mutex_lock(&keep.lock);
    keep.over = true;
    pthread_cond_broadcast(&keep.moved);
    pthread_mutex_unlock(&keep.lock);
}

static void keep_kill(void *context)
{
    (void)context;
    keep.killed = true;
    keep_end();
}

static const struct mailbox_ops ops = { keep_answer, keep_interrupt, keep_kill };

/* Carries a command out, as the core does. */
static size_t command_do(struct vcpu *v, struct debug_report *report, uint8_t *answer)
{
    const struct debug_command *c = &v->command;

    report->result = DEBUG_OK;
    if (c->number == DEBUG_READ && c->address < sizeof keep.memory) {
        report->size = c->size;
        if (report->size > sizeof keep.memory - c->address)
            report->size = (uint32_t)(sizeof keep.memory - c->address);
        memcpy(answer, keep.memory + c->address, report->size);
    } else if (c->number == DEBUG_WRITE && c->address < sizeof keep.memory &&
               v->payload_size <= sizeof keep.memory - c->address) {
        memcpy(keep.memory + c->address, v->payload, v->payload_size);
    } else if (c->number == DEBUG_GET_REGISTERS) {
        report->size = sizeof v->regs;
        memcpy(answer, &v->regs, sizeof v->regs);
    } else if (c->number == DEBUG_SET_REGISTERS && v->payload_size == sizeof v->regs) {
        memcpy(&v->regs, v->payload, sizeof v->regs);
    } else {
        report->result = DEBUG_FAULT;
    }
    return report->size;
}

/* The DEBUG call: false where the keep is over. */
static bool report(struct vcpu *v, struct debug_report r)
{
    static _Thread_local uint8_t raw[sizeof(struct debug_report) + DEBUG_PAYLOAD_MAX];
    size_t size = 0;

    for (;;) {
        memcpy(raw, &r, sizeof r);
        if (mailbox_report(keep.mailbox, v->index, (struct bytes){ raw, sizeof r + size }) !=
            ERR_OK)
            abort();
        pthread_mutex_lock(&keep.lock);
        while (!v->answered && !keep.over)
            pthread_cond_wait(&keep.moved, &keep.lock);
        v->answered = false;
        pthread_mutex_unlock(&keep.lock);
        if (keep.over)
            return false;
        if (v->command.number == DEBUG_CONTINUE || v->command.number == DEBUG_STEP)
            break;
        r = (struct debug_report){ .reason = DEBUG_ANSWER };
        size = command_do(v, &r, raw + sizeof r);
    }
    v->continued += v->command.number == DEBUG_CONTINUE;
    v->stepped += v->command.number == DEBUG_STEP;
    v->signal = v->command.argument;
    v->want = v->command.want;
    return true;
}

static void *vcpu_main(void *context)
{
    struct vcpu *v = context;
    bool on = true;

    while (on) {
        if (v->left > 0) {
            v->left--;
            on = report(v, *v->script++);
        } else {
            pthread_mutex_lock(&keep.lock);
            while (!v->interrupted && !keep.over)
                pthread_cond_wait(&keep.moved, &keep.lock);
            on = !keep.over;
            v->interrupted = false;
            pthread_mutex_unlock(&keep.lock);
            if (on)
                on = report(v, (struct debug_report){ .reason = DEBUG_INTERRUPT });
        }
    }
    return NULL;
}

struct script {
    const struct debug_report *reports;
    size_t count;
};

static void keep_start(const struct script *scripts, uint32_t count, bool hold_start, bool dying)
{
    memset(&keep, 0, sizeof keep);
    pthread_mutex_init(&keep.lock, NULL);
    pthread_cond_init(&keep.moved, NULL);
    CHECK_OK(mailbox_new(&keep.mailbox, &ops, NULL, hold_start, dying));
    for (unsigned i = 0; i < sizeof keep.memory; i++)
        keep.memory[i] = (uint8_t)i;
    mailbox_attach(keep.mailbox, hold_start);
    for (uint32_t i = 0; i < count; i++) {
        struct vcpu *v = &keep.vcpu[i];

        v->index = i;
        v->script = scripts[i].reports;
        v->left = scripts[i].count;
        v->regs.rip = 0x1000 + i;
        mailbox_started(keep.mailbox, i);
        if (pthread_create(&v->thread, NULL, vcpu_main, v) != 0)
            abort();
    }
}

static void keep_stop(uint32_t count)
{
    mailbox_ended(keep.mailbox, 0);
    keep_end();
    for (uint32_t i = 0; i < count; i++)
        pthread_join(keep.vcpu[i].thread, NULL);
    keep.mailbox = mailbox_free(keep.mailbox);
}

static bool stop_wait(struct gdb_stop *stop, int timeout_ms)
{
    const struct gdb_target *t = mailbox_target(keep.mailbox);
    struct pollfd wait = { .fd = t->stop_fd, .events = POLLIN };

    *stop = (struct gdb_stop){ 0 };
    while (poll(&wait, 1, timeout_ms) == 1)
        if (t->stop_take(t->context, stop))
            return true;
    return false;
}

static enum err go(uint32_t thread, bool step, uint32_t signal)
{
    const struct gdb_target *t = mailbox_target(keep.mailbox);
    struct gdb_resume on = { .thread = thread, .step = step, .signal = signal };

    return t->resume(t->context, &on, 1);
}

static void go_all(void)
{
    const struct gdb_target *t = mailbox_target(keep.mailbox);
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t count = t->threads(t->context, ids);

    for (uint32_t i = 0; i < count; i++)
        CHECK_OK(go(ids[i], false, 0));
}

static const struct debug_report start_break[] = {
    { .reason = DEBUG_START },
    { .reason = DEBUG_BREAK, .tid = 1 },
    { .reason = DEBUG_SIGNAL, .tid = 1, .signal = SIGSEGV, .address = 0x123 },
};

static void test_one(void)
{
    const struct script script = { start_break, 3 };
    const struct gdb_target *t;
    struct debug_registers regs;
    struct gdb_stop stop;
    uint8_t bytes[300];
    uint32_t ids[GDB_THREADS_MAX];

    CASE("one vCPU: the start waits for the debugger");
    keep_start(&script, 1, true, false);
    t = mailbox_target(keep.mailbox);
    CHECK(stop_wait(&stop, 5000) && stop.thread == 1 && stop.number == SIGTRAP);
    CHECK(t->threads(t->context, ids) == 1 && ids[0] == 1);
    CASE("memory is read as far as it goes, and written");
    CHECK_EQ(t->read(t->context, 10, bytes, 4), 4);
    CHECK_EQ(bytes[0], 10);
    CHECK_EQ(t->read(t->context, 250, bytes, 100), 6);
    CHECK_EQ(t->read(t->context, 1000, bytes, 4), 0);
    CHECK_OK(t->write(t->context, 12, (const uint8_t *)"ab", 2));
    CHECK_EQ(keep.memory[12], 'a');
    CHECK_ERR(t->write(t->context, 1000, (const uint8_t *)"ab", 2), ERR_INVALID);
    CASE("registers");
    CHECK_OK(t->registers_get(t->context, 1, &regs));
    CHECK_EQ(regs.rip, 0x1000);
    regs.rip = 0x2000;
    CHECK_OK(t->registers_set(t->context, 1, &regs));
    CHECK_EQ(keep.vcpu[0].regs.rip, 0x2000);
    CHECK_ERR(t->registers_get(t->context, 2, &regs), ERR_INVALID);
    CHECK_ERR(t->registers_get(t->context, 0, &regs), ERR_INVALID);
    CHECK_ERR(t->registers_get(t->context, 99, &regs), ERR_INVALID);
    CASE("a breakpoint");
    CHECK_OK(go(1, false, 0));
    CHECK(stop_wait(&stop, 5000) && stop.kind == GDB_STOP_BREAK && stop.thread == 1);
    CHECK_EQ(keep.vcpu[0].want, DEBUG_WANT_ALL);
    CASE("a step, and what ends it");
    CHECK_OK(go(1, true, 0));
    CHECK(stop_wait(&stop, 5000) && stop.kind == GDB_STOP_SIGNAL && stop.number == SIGSEGV);
    CHECK_EQ(keep.vcpu[0].stepped, 1);
    CASE("on with the signal, and an interrupt");
    CHECK_OK(go(1, false, SIGSEGV));
    t->interrupt(t->context);
    CHECK(stop_wait(&stop, 5000) && stop.number == SIGINT);
    CHECK_EQ(keep.vcpu[0].signal, SIGSEGV);
    CASE("nothing runs any more: the end is told");
    mailbox_ended(keep.mailbox, 134);
    CHECK(stop_wait(&stop, 5000) && stop.kind == GDB_STOP_EXITED && stop.number == 134);
    CHECK(!stop_wait(&stop, 10));
    CHECK_EQ(t->read(t->context, 10, bytes, 4), 0);
    keep_stop(1);
}

static void test_many(void)
{
    static const struct debug_report breaks[] = { { .reason = DEBUG_BREAK } };
    const struct script scripts[VCPUS] = { { start_break, 2 }, { breaks, 1 }, { NULL, 0 } };
    const struct gdb_target *t;
    struct debug_registers regs;
    struct gdb_stop first, second;
    uint32_t ids[GDB_THREADS_MAX];

    CASE("three vCPUs: who did not stop by itself is made to, silently");
    keep_start(scripts, VCPUS, true, false);
    t = mailbox_target(keep.mailbox);
    CHECK(stop_wait(&first, 5000));
    CHECK_EQ(t->threads(t->context, ids), 3);
    CHECK_OK(t->registers_get(t->context, 3, &regs));
    CHECK_EQ(regs.rip, 0x1002);
    CASE("of two that stopped at once, the second is told when it may run");
    go_all();
    CHECK(stop_wait(&second, 5000) && second.thread != first.thread);
    go_all();
    CHECK(stop_wait(&second, 5000) && second.kind == GDB_STOP_BREAK);
    go_all();
    CHECK(!stop_wait(&second, 50));
    CASE("one that does not come is not listed");
    pthread_mutex_lock(&keep.lock);
    keep.vcpu[2].deaf = true;
    pthread_mutex_unlock(&keep.lock);
    t->interrupt(t->context);
    CHECK(stop_wait(&second, 5000) && second.number == SIGINT);
    CHECK_EQ(t->threads(t->context, ids), 2);
    CHECK_ERR(t->registers_get(t->context, 3, &regs), ERR_INVALID);
    CASE("after detaching all go on, and stop no more");
    t->detach(t->context);
    CHECK_EQ(t->threads(t->context, ids), 0);
    t->interrupt(t->context);
    CHECK(!stop_wait(&second, 50));
    CASE("kill");
    t->kill(t->context);
    CHECK(keep.killed);
    keep_stop(VCPUS);
}

static void test_passive(void)
{
    static const struct debug_report all[] = {
        { .reason = DEBUG_START },
        { .reason = DEBUG_SIGNAL, .signal = SIGSEGV },
        { .reason = DEBUG_BREAK },
        { .reason = DEBUG_DYING, .signal = SIGABRT },
    };
    const struct script whole = { all, 4 }, most = { all, 3 };
    struct gdb_stop stop;

    CASE("without a debugger only the last report waits");
    keep_start(&whole, 1, false, true);
    CHECK(stop_wait(&stop, 5000) && stop.number == SIGABRT);
    CHECK_EQ(keep.vcpu[0].continued, 3);
    CHECK_EQ(keep.vcpu[0].want, DEBUG_WANT_DYING);
    CASE("and int3 is the program's own");
    CHECK_EQ(keep.vcpu[0].signal, SIGTRAP);
    keep_stop(1);
    CASE("nor does that where nobody wants it");
    keep_start(&most, 1, false, false);
    CHECK(!stop_wait(&stop, 50));
    keep_stop(1);
    CHECK_EQ(keep.vcpu[0].continued, 3);
    CHECK_EQ(keep.vcpu[0].want, 0);
}

static const struct {
    const char *name;
    struct debug_report report;
    size_t size;
} lies[] = {
    { "a report that is too short", { .reason = DEBUG_BREAK }, sizeof(struct debug_report) - 1 },
    { "a report with something behind",
      { .reason = DEBUG_BREAK },
      sizeof(struct debug_report) + 1 },
    { "a reason that is none", { .reason = 7 }, sizeof(struct debug_report) },
    { "a signal that is none",
      { .reason = DEBUG_SIGNAL, .signal = 65 },
      sizeof(struct debug_report) },
    { "a field that is not zero",
      { .reason = DEBUG_BREAK, .zero = 1 },
      sizeof(struct debug_report) },
    { "a stop with a payload",
      { .reason = DEBUG_BREAK, .size = 8 },
      sizeof(struct debug_report) + 8 },
    { "a payload longer than it is",
      { .reason = DEBUG_ANSWER, .size = 8 },
      sizeof(struct debug_report) },
    { "a payload longer than may be",
      { .reason = DEBUG_ANSWER, .size = UINT32_MAX },
      sizeof(struct debug_report) + 8 },
    { "an answer that nobody asked for", { .reason = DEBUG_ANSWER }, sizeof(struct debug_report) },
};

static void test_lies(void)
{
    uint8_t raw[64] = { 0 };
    struct debug_report stop = { .reason = DEBUG_START };

    memset(&keep, 0, sizeof keep);
    CHECK_OK(mailbox_new(&keep.mailbox, &ops, NULL, true, false));
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        CASE(lies[i].name);
        memcpy(raw, &lies[i].report, sizeof lies[i].report);
        CHECK_ERR(mailbox_report(keep.mailbox, 0, (struct bytes){ raw, lies[i].size }),
                  ERR_MALFORMED);
    }
    CASE("a vCPU that cannot be");
    CHECK_ERR(mailbox_report(keep.mailbox, GATE_VCPUS_MAX, (struct bytes){ raw, 32 }), ERR_USAGE);
    CASE("a second stop of one that stands still");
    memcpy(raw, &stop, sizeof stop);
    CHECK_OK(mailbox_report(keep.mailbox, 0, (struct bytes){ raw, sizeof stop }));
    CHECK_ERR(mailbox_report(keep.mailbox, 0, (struct bytes){ raw, sizeof stop }), ERR_MALFORMED);
    keep.mailbox = mailbox_free(keep.mailbox);
}

int main(void)
{
    test_one();
    test_many();
    test_passive();
    test_lies();
    return check_done();
}
