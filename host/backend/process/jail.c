#define _GNU_SOURCE

#include "host/backend/process/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"

/* Descriptors that a guest may open beyond those handed in: what a server in
 * WASI needs, well below what would hurt the host. */
#define GUEST_FDS 4096u
#define STACK_BYTES (8u << 20) /* exec's own; the guest's comes out of its limit */

void jail_tell(const struct jail *j, enum jail_step step, bool fatal, int error)
{
    struct jail_word word = { step, fatal, error };

    /* Where the loader is gone there is nobody to tell. */
    if (write(j->word_fd, &word, sizeof word) != (ssize_t)sizeof word)
        _exit(LAUNCH_EXIT_SOFTWARE);
}

_Noreturn static void jail_fail(const struct jail *j, enum jail_step step, int error)
{
    jail_tell(j, step, true, error);
    _exit(LAUNCH_EXIT_SOFTWARE);
}

/* The highest descriptor that this process may have, made as high as allowed. */
static uint32_t fds_room(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    return limit.rlim_max > 1u << 20 ? 1u << 20 : (uint32_t)limit.rlim_max;
}

/* Moves a descriptor out of the way of the numbers below `at`. */
static int fd_lift(int fd, uint32_t at) { return fcntl(fd, F_DUPFD_CLOEXEC, (int)at); }

/* Numbers what is handed in from LAUNCH_FD up and closes everything else. The
 * exec file and the pipe go to the two numbers above the limit that exec will
 * have: they close when it starts, and nothing can take their place. */
static int fds_arrange(struct jail *j, uint32_t *limit)
{
    uint32_t room = fds_room(), first_free = LAUNCH_FD + j->fds_count, top;
    int lifted[JAIL_FDS_MAX], exec_fd, word_fd;

    if (room < first_free + 2 * j->fds_count + 16)
        return EMFILE;
    top = (uint32_t)num_min(first_free + GUEST_FDS, room - j->fds_count - 4);
    exec_fd = fd_lift(j->exec_fd, top + 2);
    word_fd = fd_lift(j->word_fd, top + 2);
    for (uint32_t i = 0; i < j->fds_count; i++) {
        lifted[i] = fd_lift(j->fds[i], top + 2);
        if (lifted[i] < 0)
            return errno;
    }
    if (exec_fd < 0 || word_fd < 0 || dup3(word_fd, (int)top + 1, O_CLOEXEC) < 0)
        return errno;
    j->word_fd = (int)top + 1;
    if (dup3(exec_fd, (int)top, O_CLOEXEC) < 0)
        return errno;
    j->exec_fd = (int)top;
    for (uint32_t i = 0; i < j->fds_count; i++)
        if (dup2(lifted[i], (int)(LAUNCH_FD + i)) < 0)
            return errno;
    if (syscall(SYS_close_range, first_free, top - 1, 0) != 0 ||
        syscall(SYS_close_range, top + 2, ~0u, 0) != 0)
        return errno;
    *limit = top;
    return 0;
}

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

/* The address space itself is not limited: every memory reserves 8 GiB that it
 * may never touch. RLIMIT_DATA counts what is private and writable, also when
 * mprotect makes it so, and that is what costs. */
static int limits_set(const struct jail *j, uint32_t fds)
{
    /* 1, not 0: a handler behind a pipe gets its dump even at 0, and at 1 the
     * kernel gives none to anybody (fs/coredump.c). */
    int error = limit_set(RLIMIT_CORE, 1);

    if (error == 0)
        error = limit_set(RLIMIT_DATA, j->data_bytes);
    if (error == 0)
        error = limit_set(RLIMIT_STACK, STACK_BYTES);
    if (error == 0)
        error = limit_set(RLIMIT_MSGQUEUE, 0);
    if (error == 0)
        error = limit_set(RLIMIT_NOFILE, fds);
    return error;
}

/* The fd numbers of directories after fds_arrange. They follow the record and
 * the module, in order (process.c). */
static void directories_renumber(struct jail *j)
{
    for (uint32_t i = 0; i < j->directories_count; i++)
        j->directories[i].fd = (int)(LAUNCH_FD + 2 + i);
}

_Noreturn static void exec_become(struct jail *j)
{
    char name[] = "broch-exec";
    char *argv[] = { name, NULL };
    char *envp[] = { NULL };
    uint32_t limit = 0;
    int error = fds_arrange(j, &limit);

    if (error != 0)
        jail_fail(j, STEP_DESCRIPTORS, error);
    directories_renumber(j);
    error = limits_set(j, limit);
    if (error != 0)
        jail_fail(j, STEP_LIMITS, error);
    error = jail_landlock_enter(j, j->exec_fd);
    if (error != 0)
        jail_tell(j, STEP_LANDLOCK, false, error);
    if (sigprocmask(SIG_SETMASK, &j->mask, NULL) != 0)
        jail_fail(j, STEP_PARENT, errno);
    error = jail_filter_exec(j->exec_fd);
    if (error != 0)
        jail_fail(j, STEP_FILTER, error);
    syscall(SYS_execveat, j->exec_fd, "", argv, envp, AT_EMPTY_PATH);
    jail_fail(j, STEP_EXECUTE, errno);
}

static int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Passes on what was sent to us, but not what the terminal sent to everyone in
 * the foreground: exec has that already. */
_Noreturn static void init_serve(pid_t exec)
{
    sigset_t all;
    siginfo_t info;
    int status;
    pid_t pid;

    sigfillset(&all);
    for (;;) {
        int number = sigwaitinfo(&all, &info);

        if (number == SIGCHLD) {
            while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                if (pid == exec)
                    _exit(code_of(status));
        } else if (number > 0 && info.si_code != SI_KERNEL) {
            kill(exec, number);
        }
    }
}

/* A loader that is gone must take its keep along, also when it went between
 * our birth and the line that asks for that. */
static void parent_bind(const struct jail *j)
{
    struct pollfd p = { .fd = j->loader_fd, .events = POLLIN };

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        jail_tell(j, STEP_PARENT, false, errno);
    if (j->loader_fd >= 0 && poll(&p, 1, 0) > 0)
        _exit(LAUNCH_EXIT_SOFTWARE);
}

static void go_wait(const struct jail *j)
{
    char byte;
    ssize_t got;

    do {
        got = read(j->go_fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1)
        _exit(LAUNCH_EXIT_SOFTWARE); /* the loader gave up */
}

_Noreturn void jail_init(struct jail *j)
{
    sigset_t all;
    pid_t pid;
    int error;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    parent_bind(j);
    go_wait(j);
    if ((j->spaces & CLONE_NEWUTS) != 0)
        (void)sethostname("keep", 4); /* the host's own name is nobody's business */
    error = (j->spaces & CLONE_NEWNS) != 0 ? jail_root_enter() : EPERM;
    if (error != 0 && (j->spaces & CLONE_NEWNS) != 0)
        jail_tell(j, STEP_ROOT, false, error);
    error = jail_capabilities_drop(j->keeps_access);
    if (error != 0)
        jail_fail(j, STEP_CAPABILITIES, error);

    pid = fork();
    if (pid < 0)
        jail_fail(j, STEP_FORK, errno);
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
            jail_fail(j, STEP_PARENT, errno);
        exec_become(j);
    }
    /* Nobody may wait for the end of a pipe because this process holds it. */
    syscall(SYS_close_range, 0, ~0u, 0);
    (void)jail_filter_init();
    init_serve(pid);
}
