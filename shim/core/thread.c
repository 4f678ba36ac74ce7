#include "shim/core/thread.h"

#include "shim/core/clock.h"
#include "shim/core/file.h"
#include "shim/core/futex.h"
#include "shim/core/port.h"
#include "shim/core/signal.h"
#include "shim/core/stream.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"
#include "shim/core/xstate.h"

/* man 2 clone. */
#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_THREAD 0x10000ull
#define CLONE_SYSVSEM 0x40000ull
#define CLONE_SETTLS 0x80000ull
#define CLONE_PARENT_SETTID 0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_DETACHED 0x400000ull
#define CLONE_CHILD_SETTID 0x1000000ull
#define CLONE_NEEDED (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define CLONE_KNOWN                                                                               \
    (CLONE_NEEDED | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | \
     CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_CHILD_SETTID)

enum arch_number { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
#define ROBUST_HEAD_SIZE 24u
#define ADDRESS_END 0x7ffffffff000ull

static uint32_t last_tid = 1; /* atomic; numbers are not used again */
static uint32_t alive = 1;    /* atomic */

static struct thread *thread_here(void) { return &cpu_here()->thread; }

void thread_begin_first(void)
{
    signal_thread_begin(thread_here(), 0);
    clock_thread_begin();
    __atomic_store_n(&thread_here()->tid, 1, __ATOMIC_RELEASE);
}

struct cpu *thread_find(uint32_t tid)
{
    for (uint32_t i = 0; i < cpu_count(); i++)
        if (tid != 0 && __atomic_load_n(&cpu_at(i)->thread.tid, __ATOMIC_ACQUIRE) == tid)
            return cpu_at(i);
    return NULL;
}

bool thread_is_alone(void) { return __atomic_load_n(&alive, __ATOMIC_ACQUIRE) == 1; }

/* --- Beginning. */

struct birth {
    uint64_t flags;
    uint64_t stack; /* what RSP starts with; 0: as it is */
    uint64_t parent_tid;
    uint64_t child_tid;
    uint64_t tls;
};

static uint64_t fs_base_here(void)
{
    uint64_t base;

    return port_fs_read(&base) ? base : thread_here()->fs_base;
}

static int64_t thread_new(const struct call *c, const struct birth *b)
{
    struct cpu *to;
    struct thread *t;
    struct frame first = *c->frame;
    uint32_t tid;

    if (((b->flags & CLONE_THREAD) != 0 && (b->flags & CLONE_SIGHAND) == 0) ||
        ((b->flags & CLONE_SIGHAND) != 0 && (b->flags & CLONE_VM) == 0))
        return -LINUX_EINVAL;
    if ((b->flags & CLONE_NEEDED) != CLONE_NEEDED || (b->flags & ~CLONE_KNOWN) != 0)
        return -LINUX_ENOSYS;
    if ((b->flags & CLONE_SETTLS) != 0 && b->tls >= ADDRESS_END)
        return -LINUX_EPERM;
    if (!stream_settle())
        return -LINUX_ERESTARTNOINTR;
    to = cpu_take();
    if (to == NULL)
        return -LINUX_EAGAIN;
    tid = __atomic_add_fetch(&last_tid, 1, __ATOMIC_RELAXED);
    t = &to->thread;
    signal_thread_begin(t, thread_here()->signals_blocked);
    t->clear_tid = (b->flags & CLONE_CHILD_CLEARTID) != 0 ? b->child_tid : 0;
    t->robust_list = 0;
    t->fs_base = (b->flags & CLONE_SETTLS) != 0 ? b->tls : fs_base_here();
    xstate_copy(to);
    __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&t->tid, tid, __ATOMIC_RELEASE);
    /* Linux does not ask whether these could be written either. */
    if ((b->flags & CLONE_PARENT_SETTID) != 0)
        (void)user_write(b->parent_tid, &tid, sizeof tid);
    if ((b->flags & CLONE_CHILD_SETTID) != 0)
        (void)user_write(b->child_tid, &tid, sizeof tid);
    first.rax = 0;
    first.vector = FRAME_RETURNED;
    if (b->stack != 0)
        first.rsp = b->stack;
    cpu_go(to, &first);
    return tid;
}

int64_t call_clone(const struct call *c)
{
    const struct birth b = {
        .flags = c->a[0] & ~0xffull, /* the low byte is an exit signal; threads have none */
        .stack = c->a[1],
        .parent_tid = c->a[2],
        .child_tid = c->a[3],
        .tls = c->a[4],
    };

    return thread_new(c, &b);
}

struct clone_arguments { /* struct clone_args, its first version */
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

int64_t call_clone3(const struct call *c)
{
    struct clone_arguments a;
    struct birth b;

    if (c->a[1] < sizeof a)
        return -LINUX_EINVAL;
    if (c->a[1] > 4096)
        return -LINUX_E2BIG;
    if (!user_read(&a, c->a[0], sizeof a))
        return -LINUX_EFAULT;
    if ((a.stack == 0) != (a.stack_size == 0) || !user_range(a.stack, a.stack_size) ||
        a.exit_signal != 0)
        return -LINUX_EINVAL;
    b = (struct birth){ a.flags, a.stack + a.stack_size, a.parent_tid, a.child_tid, a.tls };
    return thread_new(c, &b);
}

/* --- Ending. */

static _Noreturn void process_end(uint32_t code)
{
    stream_finish();
    cpu_end(code & 0xff, GATE_END_EXIT, "exit");
}

_Noreturn void thread_end(uint32_t code)
{
    struct thread *t = thread_here();
    const uint32_t none = 0;

    futex_robust_end(t->robust_list, t->tid);
    /* The last one's end is the process's: nobody is left to be told. */
    if (__atomic_sub_fetch(&alive, 1, __ATOMIC_ACQ_REL) == 0)
        process_end(code);
    __atomic_store_n(&t->tid, 0, __ATOMIC_SEQ_CST);
    signal_block(UINT64_MAX);
    if (t->clear_tid != 0 && user_write(t->clear_tid, &none, sizeof none))
        futex_wake(t->clear_tid, 1, FUTEX_ALL);
    cpu_idle();
}

int64_t call_exit(const struct call *c) { thread_end((uint32_t)c->a[0]); }

int64_t call_exit_group(const struct call *c) { process_end((uint32_t)c->a[0]); }

/* --- What a thread is and has. */

int64_t call_gettid(const struct call *c)
{
    (void)c;
    return thread_here()->tid;
}

int64_t call_getpid(const struct call *c)
{
    (void)c;
    return 1;
}

int64_t call_getppid(const struct call *c)
{
    (void)c;
    return 0;
}

int64_t call_set_tid_address(const struct call *c)
{
    thread_here()->clear_tid = c->a[0];
    return thread_here()->tid;
}

int64_t call_set_robust_list(const struct call *c)
{
    if (c->a[1] != ROBUST_HEAD_SIZE)
        return -LINUX_EINVAL;
    thread_here()->robust_list = c->a[0];
    return 0;
}

int64_t call_get_robust_list(const struct call *c)
{
    const uint64_t size = ROBUST_HEAD_SIZE;
    struct cpu *of = (int32_t)c->a[0] == 0 ? cpu_here() : thread_find((uint32_t)c->a[0]);

    if (of == NULL)
        return -LINUX_ESRCH;
    return user_write(c->a[2], &size, sizeof size) &&
                   user_write(c->a[1], &of->thread.robust_list, sizeof(uint64_t))
               ? 0
               : -LINUX_EFAULT;
}

int64_t call_arch_prctl(const struct call *c)
{
    uint64_t base;

    switch (c->a[0]) {
    case ARCH_SET_FS:
        if (c->a[1] >= ADDRESS_END)
            return -LINUX_EPERM;
        thread_here()->fs_base = c->a[1];
        if (!port_fs_write(c->a[1]))
            stub_fs_base(c->a[1]);
        return 0;
    case ARCH_GET_FS:
        base = fs_base_here();
        return user_write(c->a[1], &base, sizeof base) ? 0 : -LINUX_EFAULT;
    case ARCH_SET_GS: return -LINUX_EPERM;
    case ARCH_GET_GS: base = 0; return user_write(c->a[1], &base, sizeof base) ? 0 : -LINUX_EFAULT;
    default: return -LINUX_EINVAL;
    }
}

/* --- Scheduling, which is the host's. */

static uint64_t cpus_there(void)
{
    uint32_t count;

    launch_need();
    count = launch_claims()->cpu_count;
    return count >= 64 ? UINT64_MAX : (1ull << count) - 1;
}

static bool is_thread(uint64_t tid)
{
    return (int32_t)tid == 0 || thread_find((uint32_t)tid) != NULL;
}

int64_t call_sched_setaffinity(const struct call *c)
{
    uint64_t mask = 0;
    uint64_t size = c->a[1] < sizeof mask ? c->a[1] : sizeof mask;

    if (!user_read(&mask, c->a[2], size))
        return -LINUX_EFAULT;
    if (!is_thread(c->a[0]))
        return -LINUX_ESRCH;
    return (mask & cpus_there()) != 0 ? 0 : -LINUX_EINVAL;
}

int64_t call_sched_getaffinity(const struct call *c)
{
    uint64_t mask = cpus_there();

    if (c->a[1] < sizeof mask || c->a[1] % sizeof mask != 0)
        return -LINUX_EINVAL;
    if (!is_thread(c->a[0]))
        return -LINUX_ESRCH;
    return user_write(c->a[2], &mask, sizeof mask) ? (int64_t)sizeof mask : -LINUX_EFAULT;
}

/* Whoever yields waits for another thread, which may need this processor. */
int64_t call_sched_yield(const struct call *c)
{
    (void)c;
    if (!thread_is_alone())
        cpu_park(0);
    return 0;
}
