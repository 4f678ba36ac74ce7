/* syscalls_signal.c: handlers, masks, sending and waiting for signals. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BIT(n) (1ul << ((n)-1))
#define SIZE 8 /* of the kernel's sigset_t */
#define RT 40  /* a real-time signal that libc does not use */
#define RESTORER 0x04000000ul

/* The kernel's struct sigaction, which is not libc's. */
struct action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

__attribute__((naked)) static void restore(void) { __asm__("mov $15, %eax\n syscall"); }

static volatile int order[64], order_count;
static volatile int last_code, last_pid, last_value, last_on_stack;
static volatile uint64_t mask_inside;

static void on_signal(int number, siginfo_t *info, void *context)
{
    stack_t now = { 0 };
    uint64_t mask = 0;

    (void)context;
    if (order_count < 64) {
        order[order_count] = number;
        order_count = order_count + 1;
    }
    last_code = info->si_code;
    last_pid = info->si_pid;
    last_value = info->si_value.sival_int;
    call(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, SIZE);
    mask_inside = mask;
    call(SYS_sigaltstack, 0, &now);
    last_on_stack = now.ss_flags & SS_ONSTACK;
}

static long action_set(int number, unsigned long flags, uint64_t mask)
{
    struct action a = { on_signal, flags | RESTORER | SA_SIGINFO, restore, mask };

    return call(SYS_rt_sigaction, number, &a, 0, SIZE);
}

static long self_send(int number)
{
    return call(SYS_tgkill, call(SYS_getpid), call(SYS_gettid), number);
}

static long mask_change(int how, uint64_t mask, uint64_t *old)
{
    return call(SYS_rt_sigprocmask, how, &mask, old, SIZE);
}

static uint64_t mask_now(void)
{
    uint64_t now = 0;

    call(SYS_rt_sigprocmask, SIG_BLOCK, 0, &now, SIZE);
    return now;
}

/* What arrived since the last call, in its order. */
static void arrived(const char *name)
{
    char text[200] = "";
    size_t at = 0;

    for (int i = 0; i < order_count; i++) {
        text[at++] = ' ';
        if (order[i] >= 10)
            text[at++] = (char)('0' + order[i] / 10);
        text[at++] = (char)('0' + order[i] % 10);
    }
    text[at] = '\0';
    order_count = 0;
    say("%s:%s", name, at == 0 ? " nothing" : text);
}

static void action_refused(void)
{
    static const int numbers[] = { 0, -1, 65, 1000, SIGKILL, SIGSTOP };
    struct action a = { on_signal, RESTORER | SA_SIGINFO, restore, 0 }, old;

    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        say("action of %d: set %s, get %s", numbers[i],
            error_name(call(SYS_rt_sigaction, numbers[i], &a, 0, SIZE)),
            call(SYS_rt_sigaction, numbers[i], 0, &old, SIZE) == 0 ? "0" : "refused");
    result("action, size 4", call(SYS_rt_sigaction, SIGUSR1, &a, 0, 4));
    result("action, size 16", call(SYS_rt_sigaction, SIGUSR1, &a, 0, 16));
    result("action, size 0", call(SYS_rt_sigaction, SIGUSR1, &a, 0, 0));
    result("action from a wild place", call(SYS_rt_sigaction, SIGUSR1, 16, 0, SIZE));
    result("action to a wild place", call(SYS_rt_sigaction, SIGUSR1, 0, 16, SIZE));
    result("neither", call(SYS_rt_sigaction, SIGUSR1, 0, 0, SIZE));
    result("the last one", call(SYS_rt_sigaction, 64, &a, 0, SIZE));
}

void family_action(void)
{
    struct action old = { 0 };

    action_refused();
    result("set", action_set(SIGUSR1, SA_NODEFER, BIT(SIGUSR2) | BIT(SIGKILL) | BIT(SIGSTOP)));
    result("get", call(SYS_rt_sigaction, SIGUSR1, 0, &old, SIZE));
    say("handler %s, flags %lx, mask %lx", old.handler == on_signal ? "ours" : "another", old.flags,
        (unsigned long)old.mask);
    result("send", self_send(SIGUSR1));
    arrived("arrived");
    say("inside, the mask: %lx", (unsigned long)mask_inside);
    say("after, the mask: %lx", (unsigned long)mask_now());
    action_set(SIGUSR1, 0, BIT(SIGUSR2));
    self_send(SIGUSR1);
    arrived("arrived");
    say("inside, the mask: %lx", (unsigned long)mask_inside);
    say("its code: %d, from %s", last_code, last_pid == getpid() ? "ourselves" : "another");
    action_set(SIGUSR1, SA_RESETHAND, 0);
    self_send(SIGUSR1);
    arrived("reset after one");
    call(SYS_rt_sigaction, SIGUSR1, 0, &old, SIZE);
    holds("it is the default", old.handler == NULL);
    old = (struct action){ .handler = (void (*)(int, siginfo_t *, void *))(uintptr_t)1 };
    result("ignore", call(SYS_rt_sigaction, SIGUSR1, &old, 0, SIZE));
    result("send", self_send(SIGUSR1));
    for (int i = 0; i < 4; i++) {
        static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

        result("ignored by default", self_send(ignored[i]));
    }
    arrived("nothing of it");
}

void family_mask(void)
{
    uint64_t old = 0, set = BIT(SIGUSR1);

    result("how", call(SYS_rt_sigprocmask, 7, &set, &old, SIZE));
    result("how, nothing to set", call(SYS_rt_sigprocmask, 7, 0, &old, SIZE));
    result("size 4", call(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 4));
    result("size 128", call(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 128));
    result("from a wild place", call(SYS_rt_sigprocmask, SIG_BLOCK, 16, &old, SIZE));
    say("mask: %lx", (unsigned long)mask_now());
    result("to a wild place", call(SYS_rt_sigprocmask, SIG_BLOCK, &set, 16, SIZE));
    say("mask: %lx", (unsigned long)mask_now());
    result("all", mask_change(SIG_SETMASK, ~0ul, &old));
    say("was %lx, is %lx", (unsigned long)old, (unsigned long)mask_now());
    result("some less", mask_change(SIG_UNBLOCK, BIT(SIGUSR1) | BIT(64), &old));
    say("is %lx", (unsigned long)mask_now());
    result("none", mask_change(SIG_SETMASK, 0, &old));
    say("is %lx", (unsigned long)mask_now());
}

static void stack_cases(void)
{
    static uint8_t room[65536];
    stack_t s = { .ss_sp = room, .ss_size = 1000 }, old;

    result("stack too small", call(SYS_sigaltstack, &s, 0));
    s = (stack_t){ .ss_sp = room, .ss_size = sizeof room, .ss_flags = 0x40 };
    result("stack, unknown flags", call(SYS_sigaltstack, &s, 0));
    s.ss_flags = 0;
    result("stack", call(SYS_sigaltstack, &s, &old));
    say("before it: flags %x, size %zu", (unsigned)old.ss_flags, old.ss_size);
    result("stack from a wild place", call(SYS_sigaltstack, 16, 0));
    result("stack to a wild place", call(SYS_sigaltstack, 0, 16));
    call(SYS_sigaltstack, 0, &old);
    say("is ours: %d, flags %x, size %zu", old.ss_sp == room, (unsigned)old.ss_flags, old.ss_size);
    action_set(SIGUSR1, 0, 0);
    self_send(SIGUSR1);
    say("not on it: %d", last_on_stack);
    action_set(SIGUSR1, SA_ONSTACK, 0);
    self_send(SIGUSR1);
    say("on it: %d", last_on_stack);
    s = (stack_t){ .ss_flags = SS_DISABLE };
    result("no stack", call(SYS_sigaltstack, &s, 0));
    self_send(SIGUSR1);
    say("not on it: %d", last_on_stack);
    order_count = 0;
}

static void send_refused(void)
{
    long pid = call(SYS_getpid), tid = call(SYS_gettid);

    result("tgkill 0", call(SYS_tgkill, pid, tid, 0));
    result("tgkill 65", call(SYS_tgkill, pid, tid, 65));
    result("tgkill -1", call(SYS_tgkill, pid, tid, -1));
    result("tgkill nobody", call(SYS_tgkill, pid, 0x3ffffff, SIGUSR1));
    result("tgkill thread 0", call(SYS_tgkill, pid, 0, SIGUSR1));
    result("tgkill thread -5", call(SYS_tgkill, pid, -5, SIGUSR1));
    result("tgkill process 0", call(SYS_tgkill, 0, tid, SIGUSR1));
    result("tgkill process of nobody", call(SYS_tgkill, 0x3fffffe, tid, SIGUSR1));
    result("tkill nobody", call(SYS_tkill, 0x3ffffff, SIGUSR1));
    result("tkill thread 0", call(SYS_tkill, 0, SIGUSR1));
    result("tkill 0", call(SYS_tkill, tid, 0));
    result("optional.kill nobody", call(SYS_kill, 0x3ffffff, SIGUSR1));
    result("optional.kill 0", call(SYS_kill, pid, 0));
    result("optional.kill 99", call(SYS_kill, pid, 99));
}

static void send_queue(void)
{
    static const int blocked[] = { RT, SIGUSR2, RT, SIGUSR1, SIGUSR2, RT, SIGTERM };
    uint64_t pending = 0;

    for (size_t i = 0; i < COUNT_OF(blocked); i++)
        action_set(blocked[i], 0, ~0ul);
    mask_change(SIG_SETMASK, ~0ul, NULL);
    for (size_t i = 0; i < COUNT_OF(blocked); i++)
        self_send(blocked[i]);
    arrived("blocked");
    result("pending", call(SYS_rt_sigpending, &pending, SIZE));
    say("pending: %lx", (unsigned long)pending);
    result("pending, size 16", call(SYS_rt_sigpending, &pending, 16));
    result("pending to a wild place", call(SYS_rt_sigpending, 16, SIZE));
    mask_change(SIG_UNBLOCK, BIT(SIGUSR2), NULL);
    arrived("one unblocked");
    mask_change(SIG_UNBLOCK, BIT(SIGUSR1) | BIT(SIGTERM), NULL);
    arrived("two unblocked");
    mask_change(SIG_SETMASK, 0, NULL);
    arrived("declared.queue, all unblocked");
    call(SYS_rt_sigpending, &pending, SIZE);
    say("pending: %lx", (unsigned long)pending);
}

void family_send(void)
{
    send_refused();
    stack_cases();
    send_queue();
    action_set(SIGUSR1, 0, 0);
    result("tkill", call(SYS_tkill, call(SYS_gettid), SIGUSR1));
    arrived("arrived");
    say("its code: %d", last_code);
    /* Ignoring throws away what is pending. */
    mask_change(SIG_SETMASK, ~0ul, NULL);
    self_send(SIGUSR1);
    call(SYS_rt_sigaction, SIGUSR1,
         &(struct action){ .handler = (void (*)(int, siginfo_t *, void *))(uintptr_t)1 }, 0, SIZE);
    action_set(SIGUSR1, 0, 0);
    mask_change(SIG_SETMASK, 0, NULL);
    arrived("thrown away");
}

void family_wait(void)
{
    static const struct timespec none = { 0 }, bad = { .tv_nsec = 1000000000 };
    uint64_t empty = 0, set = BIT(SIGUSR1) | BIT(RT);
    siginfo_t info;

    memset(&info, 0, sizeof info);
    action_set(SIGUSR1, 0, 0);
    action_set(SIGUSR2, 0, 0);
    mask_change(SIG_SETMASK, BIT(SIGUSR1) | BIT(SIGUSR2), NULL);
    self_send(SIGUSR1);
    result("suspend, size 4", call(SYS_rt_sigsuspend, &empty, 4));
    result("suspend from a wild place", call(SYS_rt_sigsuspend, 16, SIZE));
    arrived("nothing yet");
    result("suspend", call(SYS_rt_sigsuspend, &empty, SIZE));
    arrived("arrived");
    say("mask: %lx", (unsigned long)mask_now());
    mask_change(SIG_SETMASK, set, NULL);
    result("optional.wait, none there", call(SYS_rt_sigtimedwait, &set, &info, &none, SIZE));
    result("optional.wait, a bad time", call(SYS_rt_sigtimedwait, &set, &info, &bad, SIZE));
    result("optional.wait, size 4", call(SYS_rt_sigtimedwait, &set, &info, &none, 4));
    self_send(RT);
    self_send(SIGUSR1);
    result("optional.wait one", call(SYS_rt_sigtimedwait, &set, &info, &none, SIZE));
    result("optional.wait the next", call(SYS_rt_sigtimedwait, &set, 0, &none, SIZE));
    result("optional.wait no more", call(SYS_rt_sigtimedwait, &set, &info, &none, SIZE));
    mask_change(SIG_SETMASK, 0, NULL);
    arrived("handlers");
}
