/* signal_test.c: signals from being sent to the return from their handler, with two
 * vCPUs of the test's own and a stack for exec. */
#include <asm/prctl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/core/clock.h"
#include "shim/core/debug.h"
#include "shim/core/port.h"
#include "shim/core/sigframe.h"
#include "shim/core/signal_state.h"
#include "shim/core/stream.h"
#include "shim/core/syscall.h"
#include "shim/core/thread.h"
#include "shim/core/user.h"
#include "shim/core/xstate_form.h"
#include "tests/check.h"

#define STACK_AT 0x20000000ull
#define STACK_SIZE 65536ull
#define TOP (STACK_AT + STACK_SIZE)
#define HANDLER 0x40001000ull
#define RESTORER 0x40002000ull

static struct cpu cpus[2];
static struct {
    int kicks, wakes, parks, resets, loads;
    uint32_t end_code, end_why;
    jmp_buf end;
    uint64_t now;
} seen;
static _Alignas(64) uint8_t area[XSTATE_SIZE_MAX];
static const struct xstate avx = { .mask = 7, .size = 832, .mxcsr_mask = 0xffff };

struct cpu *cpu_at(uint32_t index) { return &cpus[index]; }
uint32_t cpu_count(void) { return 2; }
void cpu_kick(struct cpu *c) { seen.kicks += c == &cpus[1]; }
void cpu_wake(struct cpu *c) { seen.wakes += c == &cpus[1]; }
void cpu_park(uint64_t ns)
{
    seen.parks++;
    seen.now += ns == GATE_FOREVER ? 0 : ns;
}
_Noreturn void cpu_end(uint32_t code, uint32_t end, const char *why)
{
    (void)why;
    seen.end_code = code;
    seen.end_why = end;
    longjmp(seen.end, 1);
}
struct cpu *thread_find(uint32_t tid) { return tid == 1 ? &cpus[0] : tid == 2 ? &cpus[1] : NULL; }
void stream_finish(void) {}
uint64_t clock_monotonic_ns(void) { return seen.now; }
int debug_signal(struct frame *f, int number, uint64_t address)
{
    (void)f;
    (void)address;
    return number;
}
void debug_dying(struct frame *f, int number, uint64_t address)
{
    (void)f;
    (void)number;
    (void)address;
}
void debug_kicked(struct frame *f) { (void)f; }
bool debug_is_asked(void) { return false; }
void core_call(void) {}
const struct xstate *xstate_info(void) { return &avx; }
uint8_t *xstate_save(void) { return area; }
void xstate_load(void) { seen.loads++; }
void xstate_reset(void) { seen.resets++; }

bool user_range(uint64_t at, uint64_t size)
{
    return at >= STACK_AT && at <= TOP && size <= TOP - at;
}
bool user_read(void *to, uint64_t from, size_t size)
{
    if (user_range(from, size))
        memcpy(to, (const void *)from, size);
    return user_range(from, size);
}
bool user_write(uint64_t to, const void *from, size_t size)
{
    if (user_range(to, size))
        memcpy((void *)to, from, size);
    return user_range(to, size);
}

/* --- Helpers: exec calls with what lies at the bottom of its stack. */

#define ROOM STACK_AT
#define OLD (STACK_AT + 256)

static int64_t action(int number, uint64_t handler, uint64_t flags, uint64_t mask)
{
    const struct signal_action a = { handler, flags | SA_RESTORER, RESTORER, mask };
    const struct call c = { .a = { (uint64_t)number, ROOM, OLD, 8 } };

    memcpy((void *)ROOM, &a, sizeof a);
    return call_rt_sigaction(&c);
}

static int64_t mask_set(int how, uint64_t mask)
{
    const struct call c = { .a = { (uint64_t)how, ROOM, OLD, 8 } };

    memcpy((void *)ROOM, &mask, sizeof mask);
    return call_rt_sigprocmask(&c);
}

static int64_t send(uint32_t tid, int number)
{
    const struct call c = { .a = { 1, tid, (uint64_t)number } };

    return call_tgkill(&c);
}

static void begin(const char *name)
{
    CASE(name);
    for (int i = 1; i <= LINUX_SIGNALS; i++)
        signal_action_set(i, &(struct signal_action){ .handler = SIGNAL_DEFAULT });
    for (size_t i = 0; i < 2; i++) {
        signal_thread_begin(&cpus[i].thread, 0);
        cpus[i].thread.tid = (uint32_t)i + 1;
        cpus[i].self = &cpus[i];
    }
    syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[0]);
    memset(&seen, 0, sizeof seen);
}

static struct frame in_call(int64_t result)
{
    return (struct frame){ .vector = FRAME_SYSCALL,
                           .error = 202,
                           .rax = (uint64_t)result,
                           .rip = 0x40000002,
                           .rsp = TOP - 4096,
                           .rflags = 0x246,
                           .rbx = 0xbb };
}

static uint32_t ends(struct frame *f)
{
    seen.end_code = 0;
    if (setjmp(seen.end) == 0)
        signal_deliver(f);
    return seen.end_code;
}

static const struct sigframe *frame_of(const struct frame *f)
{
    return (const struct sigframe *)f->rsp;
}

/* The handler's RET into the restorer, and its call. */
static int64_t handler_return(struct frame *f)
{
    const struct call c = { .frame = f };

    f->rsp += 8;
    f->vector = FRAME_SYSCALL;
    f->rax = 15;
    return call_rt_sigreturn(&c);
}

/* --- */

static void test_delivery(void)
{
    struct frame f = in_call(7);
    const struct sigframe *s;

    begin("a handler is entered, and returns to where exec was");
    CHECK_EQ(action(LINUX_SIGUSR1, HANDLER, SA_SIGINFO, SIGNAL_BIT(LINUX_SIGUSR2)), 0);
    CHECK_EQ(send(1, LINUX_SIGUSR1), 0);
    CHECK(signal_waiting());
    CHECK_EQ(ends(&f), 0);
    CHECK(!signal_waiting());
    CHECK_EQ(f.rip, HANDLER);
    CHECK_EQ(f.rdi, LINUX_SIGUSR1);
    CHECK_EQ(f.rsp % 16, 8);
    CHECK_EQ(f.rax, 0);
    CHECK_EQ(seen.resets, 1);
    s = frame_of(&f);
    CHECK_EQ(s->restorer, RESTORER);
    CHECK_EQ(f.rsi, (uint64_t)&s->info);
    CHECK_EQ(f.rdx, (uint64_t)&s->ucontext);
    CHECK_EQ(s->info.code, SIGNAL_TKILL);
    CHECK_EQ(s->info.u.kill.pid, 1);
    CHECK_EQ(s->ucontext.context.rax, 7);
    CHECK_EQ(s->ucontext.context.rip, 0x40000002);
    CHECK_EQ(s->ucontext.mask, 0);
    CHECK_EQ(cpus[0].thread.signals_blocked, SIGNAL_BIT(LINUX_SIGUSR1) | SIGNAL_BIT(LINUX_SIGUSR2));
    CHECK_EQ(handler_return(&f), 7);
    CHECK_EQ(f.rip, 0x40000002);
    CHECK_EQ(f.rsp, TOP - 4096);
    CHECK_EQ(f.rbx, 0xbb);
    CHECK_EQ(cpus[0].thread.signals_blocked, 0);
    CHECK_EQ(seen.loads, 1);

    begin("SA_NODEFER and SA_RESETHAND");
    action(LINUX_SIGUSR1, HANDLER, SA_NODEFER | SA_RESETHAND, 0);
    send(1, LINUX_SIGUSR1);
    f = in_call(0);
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(cpus[0].thread.signals_blocked, 0);
    CHECK_EQ(signal_action_of(LINUX_SIGUSR1).handler, SIGNAL_DEFAULT);

    begin("two signals: one handler interrupts the other before it starts");
    action(LINUX_SIGUSR1, HANDLER, 0, 0);
    action(LINUX_SIGUSR2, HANDLER + 16, 0, 0);
    send(1, LINUX_SIGUSR2);
    send(1, LINUX_SIGUSR1);
    f = in_call(0);
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(f.rip, HANDLER + 16);
    CHECK_EQ(frame_of(&f)->ucontext.context.rip, HANDLER);
}

static void test_defaults(void)
{
    struct frame f = in_call(0);

    begin("a default that ends the keep");
    send(1, LINUX_SIGTERM);
    CHECK_EQ(ends(&f), 128 + LINUX_SIGTERM);
    CHECK_EQ(seen.end_why, GATE_END_SIGNAL);
    begin("SIGKILL, blocked or not");
    mask_set(2, UINT64_MAX);
    send(1, LINUX_SIGKILL);
    CHECK_EQ(ends(&f), 128 + LINUX_SIGKILL);
    begin("defaults that do nothing leave nothing");
    send(1, LINUX_SIGCHLD);
    send(1, LINUX_SIGWINCH);
    CHECK(!signal_waiting());
    begin("what is ignored is not even pending");
    action(LINUX_SIGUSR1, SIGNAL_IGNORE, 0, 0);
    send(1, LINUX_SIGUSR1);
    CHECK(!signal_waiting());
    begin("unless it is blocked; ignoring it then takes it away");
    mask_set(0, SIGNAL_BIT(LINUX_SIGUSR1));
    send(1, LINUX_SIGUSR1);
    CHECK_EQ(signal_pending(), SIGNAL_BIT(LINUX_SIGUSR1));
    action(LINUX_SIGUSR1, SIGNAL_IGNORE, 0, 0);
    CHECK_EQ(signal_pending(), 0);
}

static void test_restart(void)
{
    static const struct {
        const char *name;
        int64_t result;
        uint64_t flags;
        bool again;
    } cases[] = {
        { "ERESTARTSYS is EINTR", -LINUX_ERESTARTSYS, 0, false },
        { "ERESTARTSYS with SA_RESTART is again", -LINUX_ERESTARTSYS, SA_RESTART, true },
        { "ERESTARTNOHAND is EINTR", -LINUX_ERESTARTNOHAND, SA_RESTART, false },
        { "ERESTARTNOINTR is again", -LINUX_ERESTARTNOINTR, 0, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame f = in_call(cases[i].result);
        const struct sigframe_context *c;

        begin(cases[i].name);
        action(LINUX_SIGUSR1, HANDLER, cases[i].flags, 0);
        send(1, LINUX_SIGUSR1);
        CHECK_EQ(ends(&f), 0);
        c = &frame_of(&f)->ucontext.context;
        CHECK_EQ(c->rip, cases[i].again ? 0x40000000 : 0x40000002);
        CHECK_EQ(c->rax, cases[i].again ? 202 : (uint64_t)-LINUX_EINTR);

        f = in_call(cases[i].result);
        CHECK_EQ(ends(&f), 0); /* no handler: again in any case */
        CHECK_EQ(f.rip, 0x40000000);
        CHECK_EQ(f.rax, 202);

        f = in_call(cases[i].result);
        f.vector = FRAME_CALL;
        CHECK_EQ(ends(&f), 0);
        CHECK_EQ(f.rip, (uint64_t)core_call);
        CHECK_EQ(f.rsp, TOP - 4096 - 8);
    }
    begin("a register that looks like it, from a trap, is left alone");
    struct frame f = in_call(-LINUX_ERESTARTSYS);
    f.vector = 14;
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(f.rip, 0x40000002);
}

static void test_force(void)
{
    const struct linux_siginfo segv = { .number = LINUX_SIGSEGV, .code = 1 };
    struct frame f = in_call(0);

    f.vector = 14;
    f.error = 6;
    begin("a fault is delivered, with its words");
    action(LINUX_SIGSEGV, HANDLER, SA_SIGINFO, 0);
    signal_force(&f, &segv, 0x1234);
    CHECK_EQ(f.rip, HANDLER);
    CHECK_EQ(frame_of(&f)->ucontext.context.trap, 14);
    CHECK_EQ(frame_of(&f)->ucontext.context.cr2, 0x1234);
    CHECK_EQ(frame_of(&f)->info.code, 1);

    begin("in a handler that blocks it, the end");
    action(LINUX_SIGSEGV, HANDLER, 0, 0);
    mask_set(0, SIGNAL_BIT(LINUX_SIGSEGV));
    if (setjmp(seen.end) == 0)
        signal_force(&f, &segv, 0);
    CHECK_EQ(seen.end_code, 128 + LINUX_SIGSEGV);

    begin("ignored: the end");
    action(LINUX_SIGSEGV, SIGNAL_IGNORE, 0, 0);
    if (setjmp(seen.end) == 0)
        signal_force(&f, &segv, 0);
    CHECK_EQ(seen.end_code, 128 + LINUX_SIGSEGV);

    begin("no stack for the frame of another signal: SIGSEGV");
    action(LINUX_SIGUSR1, HANDLER, 0, 0);
    send(1, LINUX_SIGUSR1);
    f = in_call(0);
    f.rsp = STACK_AT + 64;
    CHECK_EQ(ends(&f), 128 + LINUX_SIGSEGV);
    begin("the same with a handler on a stack of its own");
    action(LINUX_SIGUSR1, HANDLER, 0, 0);
    action(LINUX_SIGSEGV, HANDLER + 16, SA_ONSTACK, 0);
    cpus[0].thread.alternate = (struct linux_stack){ TOP - 8192, 0, 0, 8192 };
    send(1, LINUX_SIGUSR1);
    f.rsp = STACK_AT + 64;
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(f.rip, HANDLER + 16);
    CHECK(f.rsp > TOP - 8192);
}

static int64_t stack_set(uint64_t sp, int32_t flags, uint64_t size, struct frame *f)
{
    const struct call c = { .a = { ROOM, OLD }, .frame = f };
    const struct linux_stack s = { sp, flags, 0, size };

    memcpy((void *)ROOM, &s, sizeof s);
    return call_sigaltstack(&c);
}

static void test_stack(void)
{
    const struct linux_stack *old = (const struct linux_stack *)OLD;
    struct frame f = in_call(0);

    begin("an alternate stack: refusals");
    CHECK_EQ(stack_set(TOP - 8192, 0, 2047, &f), -LINUX_ENOMEM);
    CHECK_EQ(stack_set(TOP - 8192, 8, 8192, &f), -LINUX_EINVAL);
    CHECK_EQ(stack_set(TOP - 8192, 0, 8192, &f), 0);
    CHECK_EQ(old->flags, SIGNAL_STACK_DISABLE);

    action(LINUX_SIGUSR1, HANDLER, SA_ONSTACK, 0);
    send(1, LINUX_SIGUSR1);
    f.rsp = STACK_AT + 16384;
    CHECK_EQ(ends(&f), 0);
    CHECK(f.rsp >= TOP - 8192 && f.rsp < TOP);
    CHECK_EQ(frame_of(&f)->ucontext.stack.sp, TOP - 8192);
    CHECK_EQ(frame_of(&f)->ucontext.stack.flags, 0);
    CHECK_EQ(stack_set(TOP - 8192, 0, 8192, &f), -LINUX_EPERM);

    CASE("a second handler goes on below the first");
    action(LINUX_SIGUSR2, HANDLER, SA_ONSTACK, 0);
    send(1, LINUX_SIGUSR2);
    uint64_t before = f.rsp;
    CHECK_EQ(ends(&f), 0);
    CHECK(f.rsp < before && f.rsp >= TOP - 8192);
    CHECK_EQ(frame_of(&f)->ucontext.stack.flags, SIGNAL_STACK_ON);

    CASE("SS_AUTODISARM: off in the handler, back after it");
    f = in_call(0);
    f.rsp = STACK_AT + 16384;
    CHECK_EQ(stack_set(TOP - 8192, SIGNAL_STACK_DISARM, 8192, &f), 0);
    signal_block(0);
    send(1, LINUX_SIGUSR1);
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(cpus[0].thread.alternate.size, 0);
    handler_return(&f);
    CHECK_EQ(cpus[0].thread.alternate.size, 8192);
    CHECK_EQ(cpus[0].thread.alternate.flags, SIGNAL_STACK_DISARM);
}

static void spoil(struct sigframe *s, unsigned how)
{
    struct sigframe_context *c = &s->ucontext.context;

    if (how == 0)
        c->rip = 1ull << 63;
    else if (how == 1)
        c->extended = TOP - 100;
    else if (how == 2)
        c->extended = 0;
    else if (how == 3)
        memset((uint8_t *)c->extended + XSTATE_SOFTWARE_AT, 0, 48);
    else
        s->ucontext.mask = UINT64_MAX;
}

static uint32_t return_ends(struct frame *f)
{
    seen.end_code = 0;
    if (setjmp(seen.end) == 0)
        handler_return(f);
    return seen.end_code;
}

static void test_changed_frame(const char *name, unsigned how)
{
    struct frame f = in_call(0);

    begin(name);
    action(LINUX_SIGUSR1, HANDLER, 0, 0);
    send(1, LINUX_SIGUSR1);
    CHECK_EQ(ends(&f), 0);
    spoil((struct sigframe *)f.rsp, how);
    CHECK_EQ(return_ends(&f), how < 2 ? 128 + LINUX_SIGSEGV : 0);
    CHECK_EQ(seen.loads, how > 2);
    if (how == 4)
        CHECK_EQ(cpus[0].thread.signals_blocked, ~SIGNAL_NEVER_BLOCKED);
}

static void test_no_stack(void)
{
    const struct linux_siginfo ill = { .number = LINUX_SIGILL };
    static const uint64_t places[] = { 0, 8, 127, 1ull << 47, UINT64_MAX - 7 };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct frame f = in_call(0);

        begin("a stack pointer that is none, and an alternate stack");
        action(LINUX_SIGILL, HANDLER, SA_ONSTACK, 0);
        cpus[0].thread.alternate = (struct linux_stack){ TOP - 8192, 0, 0, 8192 };
        f.vector = 6;
        f.rsp = places[i];
        signal_force(&f, &ill, 0);
        CHECK_EQ(f.rip, HANDLER);
        CHECK_EQ(frame_of(&f)->ucontext.context.rsp, places[i]);
    }
}

static void test_return(void)
{
    struct frame f = in_call(0);

    begin("a frame that is not there, or leads nowhere: SIGSEGV");
    f.rsp = 64;
    CHECK_EQ(return_ends(&f), 128 + LINUX_SIGSEGV);

    static const char *names[] = { "an address that is none", "a state that is not there",
                                   "no state", "an old state", "a mask of everything" };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        test_changed_frame(names[i], i);
}

static void test_calls(void)
{
    struct linux_siginfo *info = (struct linux_siginfo *)(STACK_AT + 512);
    struct linux_timespec *t = (struct linux_timespec *)(STACK_AT + 1024);
    uint64_t *set = (uint64_t *)(STACK_AT + 2048);
    struct call c = { .a = { (uint64_t)set, (uint64_t)info, (uint64_t)t, 8 } };

    begin("rt_sigaction refuses");
    CHECK_EQ(action(0, HANDLER, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(action(65, HANDLER, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(action(LINUX_SIGKILL, HANDLER, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(action(LINUX_SIGSTOP, HANDLER, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(call_rt_sigaction(&(struct call){ .a = { 10, 0, 0, 4 } }), -LINUX_EINVAL);
    CHECK_EQ(call_rt_sigaction(&(struct call){ .a = { 10, 8, 0, 8 } }), -LINUX_EFAULT);
    CHECK_EQ(mask_set(3, 0), -LINUX_EINVAL);

    begin("rt_sigtimedwait takes what is blocked, waits, and gives up");
    *set = SIGNAL_BIT(LINUX_SIGUSR1);
    *t = (struct linux_timespec){ 0, 5000 };
    mask_set(0, *set);
    send(1, LINUX_SIGUSR1);
    CHECK_EQ(call_rt_sigtimedwait(&c), LINUX_SIGUSR1);
    CHECK_EQ(info->number, LINUX_SIGUSR1);
    CHECK_EQ(call_rt_sigtimedwait(&c), -LINUX_EAGAIN);
    CHECK_EQ(seen.now, 5000);
    send(1, LINUX_SIGUSR2);
    CHECK_EQ(call_rt_sigtimedwait(&c), -LINUX_EINTR);
    t->nanoseconds = -1;
    CHECK_EQ(call_rt_sigtimedwait(&c), -LINUX_EINVAL);

    begin("rt_sigsuspend: another mask until a handler has run");
    action(LINUX_SIGUSR1, HANDLER, 0, 0);
    mask_set(2, SIGNAL_BIT(LINUX_SIGUSR1));
    send(1, LINUX_SIGUSR1);
    *set = 0;
    CHECK_EQ(call_rt_sigsuspend(&(struct call){ .a = { (uint64_t)set, 8 } }),
             -LINUX_ERESTARTNOHAND);
    struct frame f = in_call(-LINUX_ERESTARTNOHAND);
    CHECK_EQ(ends(&f), 0);
    CHECK_EQ(frame_of(&f)->ucontext.mask, SIGNAL_BIT(LINUX_SIGUSR1));
    CHECK_EQ(frame_of(&f)->ucontext.context.rax, (uint64_t)-LINUX_EINTR);

    begin("kill, tkill, tgkill: who is there");
    CHECK_EQ(call_kill(&(struct call){ .a = { 1, 0 } }), 0);
    CHECK_EQ(call_kill(&(struct call){ .a = { 2, 0 } }), -LINUX_ESRCH);
    CHECK_EQ(call_kill(&(struct call){ .a = { 1, 65 } }), -LINUX_EINVAL);
    CHECK_EQ(call_tkill(&(struct call){ .a = { 0, 0 } }), -LINUX_EINVAL);
    CHECK_EQ(call_tkill(&(struct call){ .a = { 9, 0 } }), -LINUX_ESRCH);
    CHECK_EQ(call_tgkill(&(struct call){ .a = { 2, 2, 0 } }), -LINUX_ESRCH);
    CHECK_EQ(send(2, LINUX_SIGTERM), 0);
    CHECK_EQ(seen.kicks, 1);

    begin("kill goes to a thread that takes it, or waits for one");
    mask_set(0, SIGNAL_BIT(LINUX_SIGTERM));
    call_kill(&(struct call){ .a = { 1, LINUX_SIGTERM } });
    CHECK_EQ(seen.kicks, 1);
    CHECK_EQ(cpus[1].thread.signals_pending, 0); /* it may end before it looks */
    CHECK(!signal_waiting());
    mask_set(1, SIGNAL_BIT(LINUX_SIGTERM));
    CHECK(signal_waiting());

    begin("whoever was to take it and blocks it hands it on");
    mask_set(2, 0);
    call_kill(&(struct call){ .a = { 1, LINUX_SIGTERM } });
    CHECK_EQ(seen.kicks, 0);
    mask_set(0, SIGNAL_BIT(LINUX_SIGTERM));
    CHECK_EQ(seen.kicks, 1);
    CHECK(!signal_waiting());
    cpus[1].thread.signals_blocked = SIGNAL_BIT(LINUX_SIGTERM);
    mask_set(2, 0);
    mask_set(0, SIGNAL_BIT(LINUX_SIGTERM));
    CHECK_EQ(seen.kicks, 1);

    begin("what is sent to a thread does not reach the next one on its processor");
    signal_send(&cpus[1], 7, LINUX_SIGTERM, SIGNAL_TKILL);
    CHECK_EQ(cpus[1].thread.signals_pending, 0);
    CHECK_EQ(seen.kicks, 0);

    begin("kill waits where all block it");
    cpus[1].thread.signals_blocked = SIGNAL_BIT(LINUX_SIGTERM);
    mask_set(0, SIGNAL_BIT(LINUX_SIGTERM));
    call_kill(&(struct call){ .a = { 1, LINUX_SIGTERM } });
    CHECK_EQ(seen.kicks, 0);
    CHECK(!signal_waiting());
    mask_set(2, 0);
    CHECK(signal_waiting());
    f = in_call(0);
    CHECK_EQ(ends(&f), 128 + LINUX_SIGTERM);
}

int main(void)
{
    if (mmap((void *)STACK_AT, STACK_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        return 1;
    test_delivery();
    test_defaults();
    test_restart();
    test_force();
    test_stack();
    test_no_stack();
    test_return();
    test_calls();
    return check_done();
}
