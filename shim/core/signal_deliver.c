/* signal_deliver.c: the way into a handler, and back. */
#include <string.h>

#include "shim/core/debug.h"
#include "shim/core/port.h"
#include "shim/core/sigframe.h"
#include "shim/core/signal_state.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

#define RFLAGS_IN_HANDLER_OFF 0x10500ull /* DF, RF, TF */
#define SYSCALL_SIZE 2u

/* --- Interrupted system calls. */

static bool is_call(const struct frame *f)
{
    return f->vector == FRAME_SYSCALL || f->vector == FRAME_CALL;
}

static int64_t interruption(const struct frame *f)
{
    int64_t result = (int64_t)f->rax;

    return is_call(f) && result <= -LINUX_ERESTARTSYS && result >= -LINUX_ERESTARTNOHAND ? result
                                                                                         : 0;
}

/* The call is made again: the instruction, or a jump to the direct entry, whose
 * return address is still where it was taken from. */
static void restart(struct frame *f)
{
    f->rax = f->error;
    if (f->vector == FRAME_SYSCALL) {
        f->rip -= SYSCALL_SIZE;
        return;
    }
    f->rsp -= sizeof(uint64_t);
    f->rip = (uint64_t)core_call;
}

static void settle_for_handler(struct frame *f, uint64_t flags)
{
    int64_t why = interruption(f);

    if (why == 0)
        return;
    if (why == -LINUX_ERESTARTNOINTR || (why == -LINUX_ERESTARTSYS && (flags & SA_RESTART) != 0))
        restart(f);
    else
        f->rax = (uint64_t)-LINUX_EINTR;
}

/* --- Into the handler. */

int32_t signal_stack_state(uint64_t sp)
{
    const struct linux_stack *s = &cpu_here()->thread.alternate;

    if (s->size == 0)
        return SIGNAL_STACK_DISABLE;
    if ((s->flags & SIGNAL_STACK_DISARM) != 0)
        return 0;
    return sp > s->sp && sp - s->sp <= s->size ? SIGNAL_STACK_ON : 0;
}

/* false: RSP is no stack. On the alternate one it does not matter what it is. */
static bool stack_choose(uint64_t *sp, const struct frame *f, const struct signal_action *a)
{
    const struct linux_stack *s = &cpu_here()->thread.alternate;

    if ((a->flags & SA_ONSTACK) != 0 && signal_stack_state(f->rsp) == 0) {
        *sp = s->sp + s->size;
        return true;
    }
    if (f->rsp < SIGFRAME_RED_ZONE)
        return false;
    *sp = f->rsp - SIGFRAME_RED_ZONE;
    return true;
}

static bool stack_holds(const struct frame *f, const struct signal_action *a, uint64_t lowest)
{
    const struct linux_stack *s = &cpu_here()->thread.alternate;

    if ((a->flags & SA_ONSTACK) == 0 || signal_stack_state(f->rsp) == SIGNAL_STACK_DISABLE)
        return true;
    return lowest >= s->sp && lowest - s->sp < s->size;
}

static bool state_put(uint64_t at)
{
    const struct xstate *info = xstate_info();
    const uint32_t last = SIGFRAME_MAGIC_LAST;
    uint8_t *area = xstate_save();

    sigframe_put_software(area, info);
    return user_write(at, area, info->size) &&
           (info->mask == 0 || user_write(at + info->size, &last, sizeof last));
}

static uint64_t mask_to_come_back(const struct thread *t)
{
    return t->has_restore_mask ? t->restore_mask : t->signals_blocked;
}

static bool handler_enter(struct frame *f, const struct signal_action *a,
                          const struct linux_siginfo *info, uint64_t cr2)
{
    struct thread *t = &cpu_here()->thread;
    struct sigframe s = { .restorer = a->restorer, .info = *info };
    struct sigframe_place place;
    uint64_t sp;

    if (!stack_choose(&sp, f, a) || !sigframe_place(&place, sp, xstate_info()) ||
        !stack_holds(f, a, place.frame) || (a->flags & SA_RESTORER) == 0)
        return false;
    s.ucontext.flags = SIGFRAME_HAS_SS | (xstate_info()->mask != 0 ? SIGFRAME_HAS_XSTATE : 0);
    s.ucontext.stack = t->alternate;
    s.ucontext.stack.flags =
        (t->alternate.flags & SIGNAL_STACK_DISARM) | signal_stack_state(f->rsp);
    s.ucontext.mask = mask_to_come_back(t);
    sigframe_put_registers(&s.ucontext.context, f, cr2);
    s.ucontext.context.extended = place.extended;
    if (!state_put(place.extended) || !user_write(place.frame, &s, sizeof s))
        return false;
    if ((t->alternate.flags & SIGNAL_STACK_DISARM) != 0)
        t->alternate = (struct linux_stack){ .flags = SIGNAL_STACK_DISABLE };

    f->rip = a->handler;
    f->rsp = place.frame;
    f->rdi = (uint64_t)info->number;
    f->rsi = place.frame + offsetof(struct sigframe, info);
    f->rdx = place.frame + offsetof(struct sigframe, ucontext);
    f->rax = 0;
    f->rflags &= ~RFLAGS_IN_HANDLER_OFF;
    f->vector = FRAME_RETURNED;
    xstate_reset();
    return true;
}

/* Where the handler's frame cannot be written there is one more signal, and no
 * handler for it on that stack: Linux gives SIGSEGV, ours ends at once when that is
 * what it was. */
static void handle(struct frame *f, int number, const struct signal_action *a,
                   const struct linux_siginfo *info, uint64_t cr2)
{
    struct thread *t = &cpu_here()->thread;
    struct signal_action usual = { .handler = SIGNAL_DEFAULT };
    uint64_t blocked = t->signals_blocked | a->mask;

    settle_for_handler(f, a->flags);
    if ((a->flags & SA_RESETHAND) != 0)
        signal_action_set(number, &usual);
    if (!handler_enter(f, a, info, cr2)) {
        struct linux_siginfo segv = { .number = LINUX_SIGSEGV, .code = SIGNAL_KERNEL };

        if (number == LINUX_SIGSEGV)
            signal_die(f, number, info->u.fault.address, cr2);
        return signal_force(f, &segv, 0);
    }
    if ((a->flags & SA_NODEFER) == 0)
        blocked |= SIGNAL_BIT(number);
    t->has_restore_mask = false;
    signal_block(blocked);
}

void signal_deliver(struct frame *f)
{
    struct linux_siginfo info;
    int number;

    while ((number = signal_take(~cpu_here()->thread.signals_blocked, &info)) != 0) {
        struct signal_action a = signal_action_of(number);

        if (a.handler == SIGNAL_IGNORE ||
            (a.handler == SIGNAL_DEFAULT && !signal_default_ends(number)))
            continue;
        if (a.handler == SIGNAL_DEFAULT)
            signal_die(f, number, 0, 0);
        handle(f, number, &a, &info, 0);
    }
    if (interruption(f) != 0)
        restart(f);
    signal_mask_restore();
}

void signal_force(struct frame *f, const struct linux_siginfo *info, uint64_t cr2)
{
    int number = info->number;
    struct signal_action a = signal_action_of(number);

    if (a.handler == SIGNAL_IGNORE || a.handler == SIGNAL_DEFAULT ||
        (cpu_here()->thread.signals_blocked & SIGNAL_BIT(number)) != 0)
        signal_die(f, number, info->u.fault.address, cr2);
    handle(f, number, &a, info, cr2);
}

void signal_fault(struct frame *f, int number, int code, uint64_t address, uint64_t cr2)
{
    struct linux_siginfo info = { .number = number, .code = code };

    info.u.fault.address = address;
    info.number = debug_signal(f, number, address);
    if (info.number != 0)
        signal_force(f, &info, cr2);
}

void core_kicked(struct frame *f)
{
    debug_kicked(f);
    signal_deliver(f);
}

/* --- Back from it. */

static bool state_take(uint64_t at)
{
    const struct xstate *info = xstate_info();
    uint8_t *area;
    uint32_t size, last = 0;
    bool whole;

    if (at == 0) {
        xstate_reset();
        return true;
    }
    area = xstate_save(); /* whatever is there: all of it is overwritten or cleared */
    if (!user_read(area, at, XSTATE_LEGACY_SIZE))
        return false;
    size = sigframe_software_size(area, info, &whole);
    if (whole && (!user_read(&last, at + size, sizeof last) || last != SIGFRAME_MAGIC_LAST))
        whole = false;
    if (!whole)
        sigframe_legacy_only(area, info);
    else if (!user_read(area + XSTATE_LEGACY_SIZE, at + XSTATE_LEGACY_SIZE,
                        size - XSTATE_LEGACY_SIZE))
        return false;
    xstate_sanitise(area, whole ? size : info->size, info);
    xstate_load();
    return true;
}

static void stack_take(const struct linux_stack *s)
{
    struct thread *t = &cpu_here()->thread;
    int32_t mode = s->flags & ~SIGNAL_STACK_DISARM;

    if (mode == SIGNAL_STACK_DISABLE)
        t->alternate = (struct linux_stack){ .flags = SIGNAL_STACK_DISABLE };
    else if ((mode == 0 || mode == SIGNAL_STACK_ON) && s->size >= SIGNAL_STACK_LEAST)
        t->alternate = (struct linux_stack){ s->sp, s->flags & SIGNAL_STACK_DISARM, 0, s->size };
}

int64_t call_rt_sigreturn(const struct call *c)
{
    struct frame *f = c->frame;
    struct sigframe_ucontext u;
    uint64_t at = f->rsp - sizeof(uint64_t) + offsetof(struct sigframe, ucontext);

    if (!user_read(&u, at, sizeof u) || !sigframe_take_registers(f, &u.context) ||
        !state_take(u.context.extended)) {
        struct linux_siginfo segv = { .number = LINUX_SIGSEGV, .code = SIGNAL_KERNEL };

        f->vector = FRAME_RETURNED;
        signal_force(f, &segv, 0);
        return (int64_t)f->rax;
    }
    signal_block(u.mask);
    stack_take(&u.stack);
    return (int64_t)f->rax;
}
