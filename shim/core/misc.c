/* misc.c: who and where a program is, and what it may have. */
#include "base/num.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/filter.h"
#include "shim/core/lock.h"
#include "shim/core/memory.h"
#include "shim/core/open.h"
#include "shim/core/stack.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

int64_t call_uname(const struct call *c)
{
    /* A release that C libraries accept; nothing of the machine's is in it. */
    static const char name[6][65] = {
        "Linux", "keep", "6.1.0-broch", "#1 Broch", "x86_64", "(none)"
    };

    return user_write(c->a[0], name, sizeof name) ? 0 : -LINUX_EFAULT;
}

int64_t call_getid(const struct call *c)
{
    (void)c;
    return 0;
}

int64_t call_rseq(const struct call *c)
{
    (void)c;
    return -LINUX_ENOSYS;
}

/* --- prctl. */

enum {
    PR_GET_DUMPABLE = 3,
    PR_SET_DUMPABLE = 4,
    PR_SET_NAME = 15,
    PR_GET_NAME = 16,
    PR_GET_SECCOMP = 21,
    PR_SET_SECCOMP = 22,
    PR_SET_NO_NEW_PRIVS = 38,
    PR_GET_NO_NEW_PRIVS = 39,
};

#define NAME_SIZE 16u

static char names[GATE_VCPUS_MAX][NAME_SIZE];
static bool no_new_privileges; /* of the process: it never goes back */
static uint32_t dumpable = 1;

bool misc_no_new_privileges(void) { return __atomic_load_n(&no_new_privileges, __ATOMIC_RELAXED); }

static int64_t name_set(uint64_t from)
{
    char name[NAME_SIZE] = { 0 };

    /* Up to the end or to 15 bytes, byte by byte: more need not be readable. */
    for (size_t i = 0; i < NAME_SIZE - 1; i++) {
        if (!user_read(&name[i], from + i, 1))
            return -LINUX_EFAULT;
        if (name[i] == '\0')
            break;
    }
    __builtin_memcpy(names[cpu_here()->index], name, NAME_SIZE);
    return 0;
}

static int64_t no_new_privileges_set(const struct call *c)
{
    if (c->a[1] != 1 || c->a[2] != 0 || c->a[3] != 0 || c->a[4] != 0)
        return -LINUX_EINVAL;
    __atomic_store_n(&no_new_privileges, true, __ATOMIC_RELAXED);
    return 0;
}

int64_t call_prctl(const struct call *c)
{
    switch ((uint32_t)c->a[0]) {
    case PR_SET_NAME: return name_set(c->a[1]);
    case PR_GET_NAME:
        return user_write(c->a[1], names[cpu_here()->index], NAME_SIZE) ? 0 : -LINUX_EFAULT;
    case PR_SET_NO_NEW_PRIVS: return no_new_privileges_set(c);
    case PR_GET_NO_NEW_PRIVS:
        return (c->a[1] | c->a[2] | c->a[3] | c->a[4]) != 0 ? -LINUX_EINVAL
                                                            : misc_no_new_privileges();
    case PR_GET_DUMPABLE: return __atomic_load_n(&dumpable, __ATOMIC_RELAXED);
    case PR_SET_DUMPABLE:
        if (c->a[1] > 1)
            return -LINUX_EINVAL;
        __atomic_store_n(&dumpable, (uint32_t)c->a[1], __ATOMIC_RELAXED);
        return 0;
    case PR_GET_SECCOMP: return filter_is_set() ? 2 : 0;
    case PR_SET_SECCOMP: return (uint32_t)c->a[1] == 2 ? filter_install(c->a[2]) : -LINUX_EINVAL;
    default: return -LINUX_EINVAL;
    }
}

/* --- Limits. */

struct limit {
    uint64_t now;
    uint64_t most;
};

#define NONE UINT64_MAX
#define SAME(n)  \
    {            \
        (n), (n) \
    }

enum { LIMITS = 16 };

/* In the order of RLIMIT_…: getrlimit(2). */
static struct limit limits[LIMITS] = {
    SAME(NONE),
    SAME(NONE),
    SAME(NONE),
    { STACK_SIZE, STACK_SIZE },
    SAME(0),
    SAME(NONE),
    SAME(GATE_VCPUS_MAX),
    SAME(FILE_FDS_MAX),
    SAME(0),
    SAME(NONE),
    SAME(NONE),
    SAME(0),
    SAME(0),
    SAME(0),
    SAME(0),
    SAME(NONE),
};
static struct lock limits_lock;

/* A limit can be lowered; what the keep really has is bounded elsewhere. */
static int64_t limit_set(uint32_t which, struct limit wanted)
{
    if (wanted.now > wanted.most)
        return -LINUX_EINVAL;
    if (wanted.most > limits[which].most)
        return -LINUX_EPERM;
    limits[which] = wanted;
    return 0;
}

int64_t call_prlimit64(const struct call *c)
{
    uint32_t pid = (uint32_t)c->a[0];
    uint32_t which = (uint32_t)c->a[1];
    struct limit wanted;
    struct limit old;
    int64_t r = 0;

    if (which >= LIMITS)
        return -LINUX_EINVAL;
    if (c->a[2] != 0 && !user_read(&wanted, c->a[2], sizeof wanted))
        return -LINUX_EFAULT;
    if (pid > 1)
        return -LINUX_ESRCH;
    lock_take(&limits_lock);
    old = limits[which];
    if (c->a[2] != 0)
        r = limit_set(which, wanted);
    lock_give(&limits_lock);
    if (r == 0 && c->a[3] != 0 && !user_write(c->a[3], &old, sizeof old))
        r = -LINUX_EFAULT;
    return r;
}

int64_t call_getrusage(const struct call *c)
{
    uint32_t who = (uint32_t)c->a[0];
    int64_t usage[18] = { 0 }; /* struct rusage: two struct timeval, fourteen longs */
    uint64_t ns;

    if (who > 1 && who != UINT32_MAX)
        return -LINUX_EINVAL;
    if (who != UINT32_MAX) { /* RUSAGE_CHILDREN: there are none */
        ns = who == 1 ? clock_thread_ns() : clock_process_ns();
        usage[0] = (int64_t)(ns / 1000000000u);
        usage[1] = (int64_t)(ns / 1000u % 1000000u);
        usage[4] = (int64_t)(memory_ram_used() / 1024); /* ru_maxrss */
    }
    return user_write(c->a[1], usage, sizeof usage) ? 0 : -LINUX_EFAULT;
}
