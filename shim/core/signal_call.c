/* signal_call.c: the system calls about signals. */
#include "shim/core/clock.h"
#include "shim/core/signal_state.h"
#include "shim/core/syscall.h"
#include "shim/core/thread.h"
#include "shim/core/user.h"

#define MASK_SIZE 8u
enum how { HOW_BLOCK = 0, HOW_UNBLOCK = 1, HOW_SET = 2 };

static bool is_signal(uint64_t number) { return number >= 1 && number <= LINUX_SIGNALS; }

int64_t call_rt_sigaction(const struct call *c)
{
    uint64_t number = c->a[0] & 0xffffffff;
    struct signal_action a, old;

    if (c->a[3] != MASK_SIZE)
        return -LINUX_EINVAL;
    if (c->a[1] != 0 && !user_read(&a, c->a[1], sizeof a))
        return -LINUX_EFAULT;
    if (!is_signal(number) || (c->a[1] != 0 && (SIGNAL_BIT(number) & SIGNAL_NEVER_BLOCKED) != 0))
        return -LINUX_EINVAL;
    old = signal_action_of((int)number);
    if (c->a[1] != 0) {
        a.mask &= ~SIGNAL_NEVER_BLOCKED;
        signal_action_set((int)number, &a);
    }
    if (c->a[2] != 0 && !user_write(c->a[2], &old, sizeof old))
        return -LINUX_EFAULT;
    return 0;
}

int64_t call_rt_sigprocmask(const struct call *c)
{
    uint64_t old = cpu_here()->thread.signals_blocked;
    uint64_t set;

    if (c->a[3] != MASK_SIZE)
        return -LINUX_EINVAL;
    if (c->a[1] != 0) {
        if (!user_read(&set, c->a[1], sizeof set))
            return -LINUX_EFAULT;
        switch ((int)c->a[0]) {
        case HOW_BLOCK: signal_block(old | set); break;
        case HOW_UNBLOCK: signal_block(old & ~set); break;
        case HOW_SET: signal_block(set); break;
        default: return -LINUX_EINVAL;
        }
    }
    if (c->a[2] != 0 && !user_write(c->a[2], &old, sizeof old))
        return -LINUX_EFAULT;
    return 0;
}

int64_t call_rt_sigpending(const struct call *c)
{
    uint64_t set = signal_pending() & cpu_here()->thread.signals_blocked;

    if (c->a[1] > MASK_SIZE)
        return -LINUX_EINVAL;
    return user_write(c->a[0], &set, c->a[1]) ? 0 : -LINUX_EFAULT;
}

int64_t call_rt_sigsuspend(const struct call *c)
{
    uint64_t mask;

    if (c->a[1] != MASK_SIZE)
        return -LINUX_EINVAL;
    if (!user_read(&mask, c->a[0], sizeof mask))
        return -LINUX_EFAULT;
    signal_mask_for_call(mask);
    while (!signal_waiting())
        cpu_park(GATE_FOREVER);
    return -LINUX_ERESTARTNOHAND;
}

/* Nanoseconds of a relative time; false: no valid one. More than 292 years is for ever. */
static bool span_read(uint64_t *ns, uint64_t at)
{
    struct linux_timespec t;

    *ns = GATE_FOREVER;
    if (!user_read(&t, at, sizeof t) || t.seconds < 0 || (uint64_t)t.nanoseconds >= 1000000000)
        return false;
    if (t.seconds < 9000000000)
        *ns = (uint64_t)t.seconds * 1000000000 + (uint64_t)t.nanoseconds;
    return true;
}

/* Waits for one of `set`; 0: the time is over, or another signal is there. The clock
 * is asked first: it may park, and so use up the wake that comes with a signal. */
static int take_wait(uint64_t set, uint64_t ns, struct linux_siginfo *info)
{
    bool is_timed = ns != GATE_FOREVER && ns != 0;
    uint64_t end = is_timed ? clock_monotonic_ns() + ns : 0;
    uint64_t left = ns;

    for (;;) {
        int number;

        if (is_timed) {
            uint64_t now = clock_monotonic_ns();

            left = now < end ? end - now : 0;
        }
        number = signal_take(set, info);
        if (number != 0 || left == 0 || signal_waiting())
            return number;
        cpu_park(left);
    }
}

int64_t call_rt_sigtimedwait(const struct call *c)
{
    struct linux_siginfo info;
    uint64_t ns = GATE_FOREVER;
    uint64_t set;
    int number;

    if (c->a[3] != MASK_SIZE)
        return -LINUX_EINVAL;
    if (!user_read(&set, c->a[0], sizeof set) ||
        (c->a[2] != 0 && !user_range(c->a[2], sizeof(struct linux_timespec))))
        return -LINUX_EFAULT;
    if (c->a[2] != 0 && !span_read(&ns, c->a[2]))
        return -LINUX_EINVAL;
    number = take_wait(set & ~SIGNAL_NEVER_BLOCKED, ns, &info);
    if (number == 0)
        return signal_waiting() ? -LINUX_EINTR : -LINUX_EAGAIN;
    if (c->a[1] != 0 && !user_write(c->a[1], &info, sizeof info))
        return -LINUX_EFAULT;
    return number;
}

int64_t call_sigaltstack(const struct call *c)
{
    struct thread *t = &cpu_here()->thread;
    int32_t state = signal_stack_state(c->frame->rsp);
    struct linux_stack old = t->alternate;
    struct linux_stack s;

    old.flags = (old.flags & SIGNAL_STACK_DISARM) | state;
    if (c->a[0] != 0) {
        int32_t mode;

        if (!user_read(&s, c->a[0], sizeof s))
            return -LINUX_EFAULT;
        if (state == SIGNAL_STACK_ON)
            return -LINUX_EPERM;
        mode = s.flags & ~SIGNAL_STACK_DISARM;
        if (mode != 0 && mode != SIGNAL_STACK_ON && mode != SIGNAL_STACK_DISABLE)
            return -LINUX_EINVAL;
        if (mode == SIGNAL_STACK_DISABLE)
            s = (struct linux_stack){ .flags = SIGNAL_STACK_DISABLE };
        else if (s.size < SIGNAL_STACK_LEAST)
            return -LINUX_ENOMEM;
        s.flags &= SIGNAL_STACK_DISARM | SIGNAL_STACK_DISABLE;
        s.padding = 0;
        t->alternate = s;
    }
    if (c->a[1] != 0 && !user_write(c->a[1], &old, sizeof old))
        return -LINUX_EFAULT;
    return 0;
}

/* --- Sending. The process is 1, and there is no other. */

int64_t call_kill(const struct call *c)
{
    int32_t pid = (int32_t)c->a[0];
    uint64_t number = c->a[1] & 0xffffffff;

    if (number > LINUX_SIGNALS)
        return -LINUX_EINVAL;
    if (pid == -1) /* everybody but oneself */
        return -LINUX_ESRCH;
    if (pid != 1 && pid != 0 && pid != -1)
        return -LINUX_ESRCH;
    if (number != 0)
        signal_send_process((int)number);
    return 0;
}

static int64_t send_to(uint32_t tid, uint64_t number)
{
    struct cpu *to = thread_find(tid);

    if (number > LINUX_SIGNALS)
        return -LINUX_EINVAL;
    if (to == NULL)
        return -LINUX_ESRCH;
    if (number != 0)
        signal_send(to, tid, (int)number, SIGNAL_TKILL);
    return 0;
}

int64_t call_tkill(const struct call *c)
{
    if ((int32_t)c->a[0] <= 0)
        return -LINUX_EINVAL;
    return send_to((uint32_t)c->a[0], c->a[1] & 0xffffffff);
}

int64_t call_tgkill(const struct call *c)
{
    if ((int32_t)c->a[0] <= 0 || (int32_t)c->a[1] <= 0)
        return -LINUX_EINVAL;
    if ((uint32_t)c->a[0] != 1)
        return -LINUX_ESRCH;
    return send_to((uint32_t)c->a[1], c->a[2] & 0xffffffff);
}
