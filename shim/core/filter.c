/* filter.c: the filters of the process, and what becomes of what they say. */
#include "shim/core/filter.h"

#include "base/num.h"
#include "shim/core/bpf.h"
#include "shim/core/cpu.h"
#include "shim/core/lock.h"
#include "shim/core/memory.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

#define FILTERS_MAX 8u
#define NUMBERS_MAX 512u /* calls that the table below knows */

static struct {
    struct lock lock;
    uint32_t count; /* atomic: those below it are complete and never change */
    struct bpf_program program[FILTERS_MAX];
    /* Calls that all of them let pass, whatever the arguments. */
    uint64_t passes[NUMBERS_MAX / 64];
} filters;

struct program_user { /* struct sock_fprog */
    uint16_t count;
    uint16_t padding[3];
    uint64_t at;
};

bool filter_is_set(void) { return __atomic_load_n(&filters.count, __ATOMIC_ACQUIRE) != 0; }

/* Its pages are kept where the filter is refused: a program may not cost much
 * memory, and a refused one is a bug of exec. */
static int64_t program_read(struct bpf_program *p, const struct program_user *u)
{
    p->count = u->count;
    for (uint32_t i = 0; i * BPF_IN_PAGE < u->count; i++) {
        size_t count = num_min(u->count - i * BPF_IN_PAGE, BPF_IN_PAGE);

        if (p->page[i] == NULL) {
            uint64_t gpa = memory_page_take();

            if (gpa == 0)
                return -LINUX_ENOMEM;
            p->page[i] = memory_direct(gpa);
        }
        if (!user_read(p->page[i], u->at + i * BPF_IN_PAGE * sizeof(struct bpf_instruction),
                       count * sizeof(struct bpf_instruction)))
            return -LINUX_EFAULT;
    }
    return bpf_verify(p) ? 0 : -LINUX_EINVAL;
}

static void passes_update(const struct bpf_program *p, bool is_first)
{
    for (uint32_t n = 0; n < NUMBERS_MAX; n++) {
        uint64_t bit = 1ull << (n % 64);

        if (!bpf_always_allows(p, (int32_t)n))
            __atomic_fetch_and(&filters.passes[n / 64], ~bit, __ATOMIC_RELAXED);
        else if (is_first)
            __atomic_fetch_or(&filters.passes[n / 64], bit, __ATOMIC_RELAXED);
    }
}

int64_t filter_install(uint64_t program_at)
{
    struct program_user u;
    uint32_t n;
    int64_t r;

    if (!user_read(&u, program_at, sizeof u))
        return -LINUX_EFAULT;
    if (u.count == 0 || u.count > BPF_COUNT_MAX)
        return -LINUX_EINVAL;
    if (!misc_no_new_privileges())
        return -LINUX_EACCES;
    lock_take(&filters.lock);
    n = filters.count;
    r = n < FILTERS_MAX ? program_read(&filters.program[n], &u) : -LINUX_ENOMEM;
    if (r == 0) {
        passes_update(&filters.program[n], n == 0);
        __atomic_store_n(&filters.count, n + 1, __ATOMIC_RELEASE);
    }
    lock_give(&filters.lock);
    return r;
}

enum { SET_MODE_FILTER = 1, GET_ACTION_AVAIL = 2, FLAGS_KNOWN = 1 | 2 | 4 | 16 };

static int64_t action_available(uint64_t at)
{
    uint32_t action;

    if (!user_read(&action, at, sizeof action))
        return -LINUX_EFAULT;
    switch (action) {
    case BPF_RET_KILL_PROCESS:
    case BPF_RET_KILL_THREAD:
    case BPF_RET_TRAP:
    case BPF_RET_ERRNO:
    case BPF_RET_LOG:
    case BPF_RET_ALLOW: return 0;
    default: return -LINUX_EOPNOTSUPP;
    }
}

int64_t call_seccomp(const struct call *c)
{
    uint32_t flags = (uint32_t)c->a[1];

    switch ((uint32_t)c->a[0]) {
    case SET_MODE_FILTER:
        return (flags & ~(uint32_t)FLAGS_KNOWN) != 0 ? -LINUX_EINVAL : filter_install(c->a[2]);
    case GET_ACTION_AVAIL: return flags != 0 ? -LINUX_EINVAL : action_available(c->a[2]);
    default: return -LINUX_EINVAL;
    }
}

/* --- Judging. */

/* Of several filters' answers the one that comes first in seccomp(2)'s order,
 * which is that of the actions as signed numbers; of equal ones the newest's. */
static uint32_t judge(const struct bpf_call *call, uint32_t count)
{
    uint32_t out = BPF_RET_ALLOW;

    for (uint32_t i = count; i > 0; i--) {
        uint32_t one = bpf_run(&filters.program[i - 1], call);

        if ((int32_t)(one & BPF_RET_ACTION) < (int32_t)(out & BPF_RET_ACTION))
            out = one;
    }
    return out;
}

static bool is_only_thread(void)
{
    uint32_t threads = 0;

    for (uint32_t i = 0; i < cpu_count(); i++)
        threads += __atomic_load_n(&cpu_at(i)->thread.tid, __ATOMIC_RELAXED) != 0;
    return threads <= 1;
}

static _Noreturn void process_kill(void)
{
    cpu_end(128 + LINUX_SIGSYS, GATE_END_SIGNAL, "a filter ended the process");
}

/* SIGSYS, with the call as if it had not been made (SECCOMP_RET_TRAP). */
static void trap(struct frame *f, uint32_t data)
{
    struct linux_siginfo info = { .number = LINUX_SIGSYS,
                                  .error = (int32_t)data,
                                  .code = SIGNAL_SECCOMP };
    uint32_t words[2] = { (uint32_t)f->error, BPF_ARCH_X86_64 };

    __builtin_memcpy(info.u.room, &f->rip, sizeof f->rip); /* si_call_addr, si_syscall, si_arch */
    __builtin_memcpy(info.u.room + sizeof f->rip, words, sizeof words);
    f->rax = f->error;
    signal_force(f, &info, 0);
}

static bool passes_known(uint64_t number)
{
    if (number >= NUMBERS_MAX)
        return false;
    return (__atomic_load_n(&filters.passes[number / 64], __ATOMIC_RELAXED) >> (number % 64) & 1) !=
           0;
}

bool filter_pass(struct frame *f, int64_t *result, bool *ended)
{
    uint32_t count = __atomic_load_n(&filters.count, __ATOMIC_ACQUIRE);
    const struct bpf_call call = {
        .number = (int32_t)f->error,
        .arch = BPF_ARCH_X86_64,
        .instruction = f->rip,
        .argument = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 },
    };
    uint32_t said;

    *ended = false;
    if (count == 0 || passes_known(f->error & UINT32_MAX))
        return true;
    said = judge(&call, count);
    *result = -LINUX_ENOSYS; /* what Linux gives where nobody listens */
    switch (said & BPF_RET_ACTION) {
    case BPF_RET_ALLOW:
    case BPF_RET_LOG: return true;
    case BPF_RET_ERRNO:
        said &= BPF_RET_DATA;
        *result = -(int64_t)(said < 4095 ? said : 4095);
        return false;
    case BPF_RET_TRAP:
        trap(f, said & BPF_RET_DATA);
        *ended = true;
        return false;
    case BPF_RET_TRACE:
    case BPF_RET_USER_NOTIF: return false;
    case BPF_RET_KILL_THREAD:
        if (!is_only_thread())
            call_exit(&(const struct call){ .frame = f });
        process_kill();
    default: process_kill();
    }
}
