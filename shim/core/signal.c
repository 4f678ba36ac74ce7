#include "shim/core/signal.h"

#include "shim/core/debug.h"
#include "shim/core/lock.h"
#include "shim/core/report.h"
#include "shim/core/signal_state.h"
#include "shim/core/stream.h"
#include "shim/core/syscall.h"

/* Those that the processor raises: delivered before others. */
#define SYNCHRONOUS                                                                    \
    (SIGNAL_BIT(LINUX_SIGSEGV) | SIGNAL_BIT(LINUX_SIGBUS) | SIGNAL_BIT(LINUX_SIGILL) | \
     SIGNAL_BIT(LINUX_SIGTRAP) | SIGNAL_BIT(LINUX_SIGFPE) | SIGNAL_BIT(LINUX_SIGSYS))
/* Those whose default is nothing, and the stops: nobody could continue a keep. */
#define QUIET                                                                             \
    (SIGNAL_BIT(LINUX_SIGCHLD) | SIGNAL_BIT(LINUX_SIGCONT) | SIGNAL_BIT(LINUX_SIGURG) |   \
     SIGNAL_BIT(LINUX_SIGWINCH) | SIGNAL_BIT(LINUX_SIGSTOP) | SIGNAL_BIT(LINUX_SIGTSTP) | \
     SIGNAL_BIT(LINUX_SIGTTIN) | SIGNAL_BIT(LINUX_SIGTTOU))

/* Under the lock: the actions, every origin, and setting of pending bits (so that a
 * bit and its origin agree). Bits are read without it. */
static struct lock lock;
static struct signal_action action[LINUX_SIGNALS + 1];
static uint64_t shared_pending; /* of the process: for any thread that does not block it */
static struct signal_origin shared_origin[LINUX_SIGNALS + 1];

struct signal_action signal_action_of(int number)
{
    struct signal_action a;

    lock_take(&lock);
    a = action[number];
    lock_give(&lock);
    return a;
}

bool signal_default_ends(int number) { return (QUIET & SIGNAL_BIT(number)) == 0; }

static bool has_no_effect(int number)
{
    return action[number].handler == SIGNAL_IGNORE ||
           (action[number].handler == SIGNAL_DEFAULT && !signal_default_ends(number));
}

void signal_action_set(int number, const struct signal_action *a)
{
    lock_take(&lock);
    action[number] = *a;
    if (has_no_effect(number)) {
        for (uint32_t i = 0; i < cpu_count(); i++)
            __atomic_and_fetch(&cpu_at(i)->thread.signals_pending, ~SIGNAL_BIT(number),
                               __ATOMIC_RELAXED);
        __atomic_and_fetch(&shared_pending, ~SIGNAL_BIT(number), __ATOMIC_RELAXED);
    }
    lock_give(&lock);
}

bool signal_ignored(int number) { return signal_action_of(number).handler == SIGNAL_IGNORE; }

/* --- What is pending. */

uint64_t signal_pending(void)
{
    return __atomic_load_n(&cpu_here()->thread.signals_pending, __ATOMIC_SEQ_CST) |
           __atomic_load_n(&shared_pending, __ATOMIC_SEQ_CST);
}

static uint64_t blocked_of(const struct cpu *c)
{
    return __atomic_load_n(&c->thread.signals_blocked, __ATOMIC_SEQ_CST);
}

/* A debugger's interrupt ends a call as a signal does that is then ignored. */
bool signal_waiting(void)
{
    return (signal_pending() & ~blocked_of(cpu_here())) != 0 || debug_is_asked();
}

/* A thread that would take it: the calling one first. */
static struct cpu *taker_of(int number)
{
    struct cpu *me = cpu_here();

    if ((blocked_of(me) & SIGNAL_BIT(number)) == 0)
        return me;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct cpu *c = cpu_at(i);

        if (__atomic_load_n(&c->thread.tid, __ATOMIC_ACQUIRE) != 0 &&
            (blocked_of(c) & SIGNAL_BIT(number)) == 0)
            return c;
    }
    return NULL;
}

/* Whoever sends to the process makes it pending and looks for a taker then; a thread
 * that blocks it looks at what is pending then: one of them sees the other. */
void signal_block(uint64_t mask)
{
    struct cpu *me = cpu_here();
    uint64_t left;

    mask &= ~SIGNAL_NEVER_BLOCKED;
    left = mask & ~blocked_of(me);
    __atomic_store_n(&me->thread.signals_blocked, mask, __ATOMIC_SEQ_CST);
    left &= __atomic_load_n(&shared_pending, __ATOMIC_SEQ_CST);
    for (; left != 0; left &= left - 1) {
        struct cpu *c = taker_of(__builtin_ctzll(left) + 1);

        if (c != NULL)
            cpu_kick(c);
    }
}

void signal_mask_for_call(uint64_t mask)
{
    struct thread *t = &cpu_here()->thread;

    t->restore_mask = t->signals_blocked;
    t->has_restore_mask = true;
    signal_block(mask);
}

void signal_mask_restore(void)
{
    struct thread *t = &cpu_here()->thread;

    if (!t->has_restore_mask)
        return;
    t->has_restore_mask = false;
    signal_block(t->restore_mask);
}

void signal_thread_begin(struct thread *to, uint64_t blocked)
{
    to->signals_blocked = blocked;
    lock_take(&lock);
    __atomic_store_n(&to->signals_pending, 0, __ATOMIC_RELAXED);
    lock_give(&lock);
    to->alternate = (struct linux_stack){ .flags = SIGNAL_STACK_DISABLE };
    to->has_restore_mask = false;
}

static int first_of(uint64_t set)
{
    if ((set & SYNCHRONOUS) != 0)
        set &= SYNCHRONOUS;
    return set == 0 ? 0 : __builtin_ctzll(set) + 1;
}

int signal_take(uint64_t from, struct linux_siginfo *info)
{
    struct thread *t = &cpu_here()->thread;
    const struct signal_origin *origin = t->origin;
    uint64_t *pending = &t->signals_pending;
    int number;

    lock_take(&lock);
    number = first_of(__atomic_load_n(pending, __ATOMIC_RELAXED) & from);
    if (number == 0) {
        origin = shared_origin;
        pending = &shared_pending;
        number = first_of(__atomic_load_n(pending, __ATOMIC_RELAXED) & from);
    }
    if (number != 0) {
        __atomic_and_fetch(pending, ~SIGNAL_BIT(number), __ATOMIC_RELAXED);
        *info = (struct linux_siginfo){ .number = number, .code = origin[number].code };
        info->u.kill.pid = origin[number].pid;
    }
    lock_give(&lock);
    return number;
}

/* --- Sending. */

static bool make_pending(uint64_t *pending, struct signal_origin *origin, uint64_t blocked,
                         int number, int code)
{
    if (has_no_effect(number) && (blocked & SIGNAL_BIT(number)) == 0)
        return false;
    if ((__atomic_load_n(pending, __ATOMIC_RELAXED) & SIGNAL_BIT(number)) == 0)
        origin[number] = (struct signal_origin){ code, code == SIGNAL_KERNEL ? 0 : 1 };
    __atomic_or_fetch(pending, SIGNAL_BIT(number), __ATOMIC_SEQ_CST);
    return true;
}

void signal_send(struct cpu *c, uint32_t tid, int number, int code)
{
    bool is_there;

    lock_take(&lock);
    is_there =
        __atomic_load_n(&c->thread.tid, __ATOMIC_ACQUIRE) == tid &&
        make_pending(&c->thread.signals_pending, c->thread.origin, blocked_of(c), number, code);
    lock_give(&lock);
    if (is_there && c != cpu_here())
        cpu_kick(c);
}

void signal_raise(int number)
{
    signal_send(cpu_here(), cpu_here()->thread.tid, number, SIGNAL_KERNEL);
}

void signal_send_process(int number)
{
    uint64_t blocked = taker_of(number) == NULL ? SIGNAL_BIT(number) : 0;
    struct cpu *c;
    bool is_there;

    lock_take(&lock);
    is_there = make_pending(&shared_pending, shared_origin, blocked, number, SIGNAL_USER);
    lock_give(&lock);
    if (!is_there)
        return;
    c = taker_of(number);
    if (c != NULL && c != cpu_here())
        cpu_kick(c);
    /* Somebody may wait for it in rt_sigtimedwait. */
    for (uint32_t i = 0; c == NULL && i < cpu_count(); i++)
        if (cpu_at(i) != cpu_here() && cpu_at(i)->thread.tid != 0)
            cpu_wake(cpu_at(i));
}

_Noreturn void signal_die(struct frame *f, int number, uint64_t address, uint64_t cr2)
{
    struct report r = { .size = 0 };

    debug_dying(f, number, address);
    stream_finish();
    report_text(&r, "signal ");
    report_decimal(&r, (uint64_t)number);
    report_frame(&r, f, cr2);
    cpu_end(128 + (uint32_t)number, GATE_END_SIGNAL, r.text);
}
