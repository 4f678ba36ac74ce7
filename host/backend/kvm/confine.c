#define _GNU_SOURCE

#include "host/backend/kvm/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/process/jail.h"

/* The loader's own writable memory beside the keep's RAM: threads' stacks, malloc,
 * the record, copies of inputs that are not sealed. */
#define LOADER_BYTES ((uint64_t)256 << 20)
#define STACK_BYTES ((uint64_t)8 << 20)
/* Descriptors of its own: two for each vCPU, and a few. */
#define OWN_FDS (2 * GATE_VCPUS_MAX + 64)
/* Those that are open when the keep starts. */
#define START_FDS_MAX (GATE_LAUNCH_HANDLES_MAX + 32u)

void kvm_confine_birth(const struct loader *l)
{
    struct pollfd p = { .fd = l->plan->loader_fd, .events = POLLIN };

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        loader_tell(l, KVM_STEP_PARENT, false, errno, NULL);
    /* It may have gone before the line above. */
    if (l->plan->loader_fd >= 0 && poll(&p, 1, 0) > 0)
        _exit(LAUNCH_EXIT_SOFTWARE);
}

/* The message says that our ids are mapped; its end before that, that the parent gave
 * up. */
void kvm_confine_go(struct loader *l)
{
    uint8_t *to = (uint8_t *)&l->go;

    for (size_t done = 0; done < sizeof l->go;) {
        ssize_t got = read(l->plan->go_fd, to + done, sizeof l->go - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(LAUNCH_EXIT_SOFTWARE);
        done += (size_t)got;
    }
}

/* --- Descriptors. */

static int fd_order(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;

    return (left > right) - (left < right);
}

static size_t fds_wanted(const struct loader *l, int *out)
{
    const struct kvm_debug *debug = l->plan->debug;
    size_t count = 0;

    out[count++] = l->plan->word_fd;
    out[count++] = l->vm.vm_fd;
    out[count++] = l->vcpu[0].fd;
    out[count++] = l->port[0].kick_fd;
    out[count++] = l->bell_fd;
    out[count++] = l->server_fd;
    out[count++] = l->signal_fd;
    out[count++] = l->watch_fd;
    if (l->plan->listen_fd >= 0)
        out[count++] = l->plan->listen_fd;
    for (uint32_t i = 0; debug != NULL && i < debug->fds_count; i++)
        out[count++] = debug->fds[i];
    return count + stream_fds(&l->streams, out + count, START_FDS_MAX - count);
}

/* Nobody may write to a descriptor of ours because he means stderr. */
static void stdio_close(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = 0; i < 3; i++)
        if (fd < 0 || dup2(fd, i) < 0)
            close(i);
    if (fd > 2)
        close(fd);
}

static int fds_close_others(const struct loader *l)
{
    int fds[START_FDS_MAX];
    size_t count = fds_wanted(l, fds);
    unsigned first = 3;

    qsort(fds, count, sizeof fds[0], fd_order);
    for (size_t i = 0; i < count; i++) {
        unsigned fd = (unsigned)fds[i];

        if (fd > first && syscall(SYS_close_range, first, fd - 1, 0) != 0)
            return errno;
        if (fd >= first)
            first = fd + 1;
    }
    return syscall(SYS_close_range, first, ~0u, 0) == 0 ? 0 : errno;
}

/* --- Limits. */

static int limit_set(__rlimit_resource_t what, uint64_t most)
{
    struct rlimit limit;

    if (getrlimit(what, &limit) != 0)
        return errno;
    if (limit.rlim_max > most)
        limit.rlim_max = most;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(what, &limit) == 0 ? 0 : errno;
}

int kvm_confine_memory(const struct loader *l)
{
    /* Those that were copied are writable here; a template has none yet. */
    uint64_t inputs = l->claims.input_next > 0 ? l->claims.input_next - PLACE_INPUT_GPA : 0;

    /* RAM is private and writable as it grows, and counted so. */
    return limit_set(RLIMIT_DATA, l->vm.ram_max + inputs + LOADER_BYTES);
}

static int limits_set(const struct loader *l)
{
    /* 1, not 0: a handler behind a pipe gets its dump even at 0 (fs/coredump.c). */
    int error = limit_set(RLIMIT_CORE, 1);

    if (error == 0)
        error = kvm_confine_memory(l);
    if (error == 0)
        error = limit_set(RLIMIT_STACK, STACK_BYTES);
    if (error == 0)
        error = limit_set(RLIMIT_MSGQUEUE, 0);
    if (error == 0)
        error = limit_set(RLIMIT_NOFILE, GATE_HANDLES_MAX + OWN_FDS);
    return error;
}

/* --- The order matters: each step may need what the next one takes away. */

_Noreturn static void fail(const struct loader *l, enum kvm_step which, int error)
{
    loader_tell(l, which, true, error, NULL);
    _exit(LAUNCH_EXIT_SOFTWARE);
}

void kvm_confine(struct loader *l)
{
    int error;

    stdio_close();
    if ((l->plan->spaces & CLONE_NEWUTS) != 0)
        (void)sethostname("keep", 4); /* the host's own name is nobody's business */
    error = (l->plan->spaces & CLONE_NEWNS) != 0 ? jail_root_enter() : 0;
    if (error != 0)
        loader_tell(l, KVM_STEP_ROOT, false, error, NULL);
    error = jail_capabilities_drop(false);
    if (error != 0)
        fail(l, KVM_STEP_CAPABILITIES, error);
    error = fds_close_others(l);
    if (error != 0)
        fail(l, KVM_STEP_DESCRIPTORS, error);
    error = limits_set(l);
    if (error != 0)
        fail(l, KVM_STEP_LIMITS, error);
    error = jail_landlock_enter(NULL, -1);
    if (error != 0)
        loader_tell(l, KVM_STEP_LANDLOCK, false, error, NULL);
    if (l->go.self != getpid())
        error = loader_filter_compile(&l->go.filter, getpid(), l->plan->listen_fd >= 0);
    else
        error = 0;
    if (error == 0)
        error = filter_enter(&l->go.filter);
    if (error != 0)
        fail(l, KVM_STEP_FILTER, error);
}
