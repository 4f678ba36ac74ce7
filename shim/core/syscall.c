/* syscall.c: a system call of exec, from its registers to its result. */
#include "shim/core/syscall.h"

#include "base/num.h"
#include "shim/core/clock.h"
#include "shim/core/filter.h"
#include "shim/core/stream.h"
#include "shim/linux.h"

enum call_number {
#define CALL(number, name, ...) CALL_##name = number,
#include "shim/core/calls.def"
#undef CALL
};

typedef int64_t call_function(const struct call *c);

static call_function *const table[] = {
#define CALL(number, name, function, ...) [number] = function,
#include "shim/core/calls.def"
#undef CALL
};

/* Those that end what posts writes, or sleep outside of the gate's calls. */
static void before(uint64_t number)
{
    clock_thread_begin();
    if (number == CALL_exit || number == CALL_exit_group)
        stream_finish();
    if (number == CALL_exit)
        clock_thread_end();
}

static bool sleeps(uint64_t number)
{
    return number == CALL_futex || number == CALL_rt_sigsuspend || number == CALL_rt_sigtimedwait;
}

static int64_t answer(struct frame *f, uint64_t number)
{
    const struct call c = { .a = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 }, .frame = f };
    uint64_t start;
    int64_t r;

    if (number >= COUNT_OF(table) || table[number] == NULL)
        return -LINUX_ENOSYS;
    before(number);
    if (!sleeps(number))
        return table[number](&c);
    start = clock_counter();
    r = table[number](&c);
    clock_idle(clock_counter() - start);
    return r;
}

/* What comes of a call that changes the frame itself (sigreturn) is in rax when
 * it returns: it gives that back as its result. */
void core_syscall(struct frame *f)
{
    /* The number is an int to Linux: what is above it nobody looks at. */
    uint64_t number = f->rax & UINT32_MAX;
    int64_t result = 0;
    bool ended = false;

    if (filter_pass(f, &result, &ended))
        result = answer(f, number);
    if (ended)
        return;
    f->rax = (uint64_t)result;
    if (result <= -LINUX_ERESTARTSYS || signal_waiting())
        signal_deliver(f);
}
