/* filter.c: the system calls that exec may make, each with its reason.
 *
 * What is not in the table gives ENOSYS: libraries ask for new calls first and
 * fall back, and the shim that answers the same exec elsewhere says ENOSYS too,
 * so exec lives with it anyway; killing there would turn a newer libc into a
 * dead keep. The calls that only an attack makes are different: they end the
 * keep on the spot, with SIGSYS, so that nobody gets a second try. */
#define _GNU_SOURCE

#include "host/backend/process/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/process/jail.h"

static const struct filter_plain allowed[] = {
    CALL(read, "stdin, files, sockets, the launch record"),
    CALL(readv, "fd_read with several buffers"),
    CALL(pread64, "fd_pread"),
    CALL(preadv, "fd_pread with several buffers"),
    CALL(write, "stdout, stderr, files, the report"),
    CALL(writev, "fd_write with several buffers"),
    CALL(pwrite64, "fd_pwrite"),
    CALL(pwritev, "fd_pwrite with several buffers"),
    CALL(preadv2, "reads where the file is, with flags"),
    CALL(pwritev2, "fd_write that appends"),
    CALL(lseek, "fd_seek, fd_tell"),
    CALL(close, "fd_close"),
    CALL(dup, "fd_renumber keeps a descriptor"),
    CALL(dup2, "fd_renumber"),
    CALL(dup3, "fd_renumber"),
    CALL(openat, "path_open under a handed directory"),
    CALL(openat2, "path_open that cannot leave its directory"),
    CALL(fstat, "fd_filestat_get; the size of the module"),
    CALL(newfstatat, "path_filestat_get"),
    CALL(statx, "path_filestat_get"),
    CALL(faccessat2, "path checks"),
    CALL(getdents64, "fd_readdir"),
    CALL(unlinkat, "path_unlink_file, path_remove_directory"),
    CALL(renameat, "path_rename"),
    CALL(renameat2, "path_rename"),
    CALL(linkat, "path_link"),
    CALL(symlinkat, "path_symlink"),
    CALL(readlinkat, "path_readlink, and the walk of a path"),
    CALL(mkdirat, "path_create_directory"),
    CALL(ftruncate, "fd_filestat_set_size"),
    CALL(fallocate, "fd_allocate"),
    CALL(fadvise64, "fd_advise"),
    CALL(fsync, "fd_sync"),
    CALL(fdatasync, "fd_datasync"),
    CALL(utimensat, "fd_filestat_set_times, path_filestat_set_times"),
    CALL(ppoll, "poll_oneoff"),
    CALL(poll, "poll_oneoff through the older form"),
    CALL(eventfd2, "a thread wakes a poll"),

    CALL(accept4, "sock_accept on a handed listener"),
    CALL(recvfrom, "sock_recv"),
    CALL(recvmsg, "sock_recv"),
    CALL(shutdown, "sock_shutdown"),
    CALL(getsockname, "what kind of socket was handed in"),
    CALL(getpeername, "what kind of socket was handed in"),
    CALL(getsockopt, "SO_TYPE, SO_ERROR"),

    CALL(brk, "malloc"),
    CALL(munmap, "malloc, instance memories"),
    CALL(mremap, "realloc"),
    CALL(madvise, "give pages back, guard and huge pages"),

    CALL(rt_sigaction, "traps arrive as signals"),
    CALL(rt_sigprocmask, "traps arrive as signals"),
    CALL(rt_sigreturn, "traps arrive as signals"),
    CALL(rt_sigpending, "a signal that waits"),
    CALL(rt_sigtimedwait, "a thread that waits for signals"),
    CALL(sigaltstack, "a stack overflow needs another stack"),
    CALL(restart_syscall, "the kernel's own, after a stop"),

    CALL(futex, "locks and joins"),
    CALL(set_robust_list, "threads start with it"),
    CALL(set_tid_address, "threads start with it"),
    CALL(rseq, "threads start with it"),
    CALL(membarrier, "other threads see new code"),
    CALL(sched_yield, "sched_yield, spinning locks"),
    CALL(sched_getaffinity, "how many cores compile"),
    CALL(gettid, "a thread names itself"),
    CALL(getpid, "a process names itself"),
    CALL(exit, "a thread ends"),
    CALL(exit_group, "proc_exit"),

    CALL(clock_gettime, "clock_time_get, where the vDSO gives up"),
    CALL(clock_getres, "clock_res_get"),
    CALL(clock_nanosleep, "poll_oneoff on a clock, the deadline"),
    CALL(nanosleep, "the deadline"),
    CALL(gettimeofday, "where the vDSO gives up"),
    CALL(getrandom, "random_get, hash seeds"),
    CALL(getrusage, "process and thread clocks, the report"),
    CALL(times, "process clock"),
    CALL(uname, "libc asks at start"),
    CALL(sysinfo, "how much memory there is"),
    CALL(getuid, "libc asks at start"),
    CALL(geteuid, "libc asks at start"),
    CALL(getgid, "libc asks at start"),
    CALL(getegid, "libc asks at start"),
    CALL(seccomp, "exec may tighten this filter further"),
};

/* These have no honest use in exec, and a long record in escapes. */
static const struct filter_plain killed[] = {
    CALL(ptrace, "another process's memory"),
    CALL(process_vm_readv, "another process's memory"),
    CALL(process_vm_writev, "another process's memory"),
    CALL(pidfd_getfd, "another process's descriptors"),
    CALL(open_by_handle_at, "files by number, past every path"),
    CALL(mount, "the root is as it is"),
    CALL(umount2, "the root is as it is"),
    CALL(move_mount, "the root is as it is"),
    CALL(open_tree, "the root is as it is"),
    CALL(fsopen, "the root is as it is"),
    CALL(pivot_root, "the root is as it is"),
    CALL(chroot, "the root is as it is"),
    CALL(unshare, "new namespaces bring capabilities"),
    CALL(setns, "other namespaces"),
    CALL(socket, "sockets are handed in"),
    CALL(socketpair, "sockets are handed in"),
    CALL(connect, "sockets are handed in"),
    CALL(bind, "sockets are handed in"),
    CALL(listen, "sockets are handed in"),
    CALL(execve, "exec is the only program; it started by execveat"),
    CALL(fork, "one process"),
    CALL(vfork, "one process"),
    CALL(bpf, "kernel attack surface"),
    CALL(userfaultfd, "kernel attack surface"),
    CALL(perf_event_open, "kernel attack surface"),
    CALL(io_uring_setup, "calls that no filter sees"),
    CALL(keyctl, "kernel attack surface"),
    CALL(add_key, "kernel attack surface"),
    CALL(request_key, "kernel attack surface"),
    CALL(init_module, "the kernel itself"),
    CALL(finit_module, "the kernel itself"),
    CALL(kexec_load, "the kernel itself"),
    CALL(personality, "readable memory would become executable"),
};

/* prctl(2): name a mapping in /proc/PID/maps. */
#define PR_SET_VMA_ 0x53564d41
#define ARCH_SET_GS_ 0x1001
#define ARCH_SET_FS_ 0x1002

static const struct filter_judged by_argument[] = {
    IF(mmap, NO, MASKED(2, WX, WX), "never writable and executable at once"),
    IF(mmap, YES, MASKED(2, WX, 0), "reservations, constant data"),
    IF(mmap, YES, MASKED(2, WX, PROT_WRITE), "memory"),
    IF(mmap, YES, MASKED(2, WX, PROT_EXEC), "code"),
    IF(mprotect, NO, MASKED(2, WX, WX), "never writable and executable at once"),
    IF(mprotect, YES, MASKED(2, WX, 0), "reservations, sealed data"),
    IF(mprotect, YES, MASKED(2, WX, PROT_WRITE), "a memory grows"),
    IF(mprotect, YES, MASKED(2, WX, PROT_EXEC), "code is done"),
    /* clone3 passes its flags in memory, where a filter cannot look: it is left
     * out, gives ENOSYS, and libc takes clone. */
    IF(clone, YES, MASKED(0, CLONE_JUDGED, CLONE_WANTED), "a thread"),
    IF(sendto, YES, MASKED(3, FASTOPEN, 0), "sock_send"),
    IF(sendmsg, YES, MASKED(2, FASTOPEN, 0), "sock_send"),
    IF(fcntl, YES, EQUAL(1, F_GETFL), "fd_fdstat_get"),
    IF(fcntl, YES, EQUAL(1, F_SETFL), "fd_fdstat_set_flags"),
    IF(fcntl, YES, EQUAL(1, F_GETFD), "is it open"),
    IF(fcntl, YES, EQUAL(1, F_SETFD), "close on exec"),
    IF(fcntl, YES, EQUAL(1, F_DUPFD_CLOEXEC), "fdopendir keeps a descriptor"),
    IF(fcntl, YES, EQUAL(1, F_GET_SEALS), "the module cannot change any more"),
    IF(ioctl, YES, EQUAL(1, TCGETS), "isatty"),
    IF(ioctl, YES, EQUAL(1, TIOCGWINSZ), "the terminal's size"),
    IF(ioctl, YES, EQUAL(1, FIONREAD), "poll_oneoff says how much there is"),
    IF(ioctl, YES, EQUAL(1, FIONBIO), "sockets that do not block"),
    IF(prctl, YES, EQUAL(0, PR_SET_NAME), "threads have names"),
    IF(prctl, YES, EQUAL(0, PR_SET_VMA_), "mappings have names"),
    IF(prctl, YES, EQUAL(0, PR_SET_NO_NEW_PRIVS), "exec may tighten itself"),
    IF(prctl, YES, EQUAL(0, PR_SET_SECCOMP), "exec may tighten itself"),
    IF(prctl, YES, EQUAL(0, PR_SET_DUMPABLE), "exec may tighten itself"),
    IF(arch_prctl, YES, EQUAL(0, ARCH_SET_FS_), "thread-local storage"),
    IF(arch_prctl, YES, EQUAL(0, ARCH_SET_GS_), "a base register for the engine"),
    /* Limits are read with a null pointer for the new ones. */
    IF(prlimit64, YES, EQUAL(2, 0), "libc asks for the stack's size"),
};

static const struct filter_plain init_allowed[] = {
    CALL(wait4, "reap"),
    CALL(rt_sigtimedwait, "wait for signals"),
    CALL(rt_sigreturn, "the kernel's own"),
    CALL(restart_syscall, "the kernel's own, after a stop"),
    CALL(exit_group, "end with exec's code"),
};

static int plain_add(scmp_filter_ctx f, uint32_t act, const struct filter_plain *all, size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++)
        error = seccomp_rule_add(f, act, all[i].call, 0);
    return error;
}

static int judged_add(scmp_filter_ctx f, const struct filter_judged *all, size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++)
        error = seccomp_rule_add_array(f, all[i].act, all[i].call, 1, &all[i].test);
    return error;
}

/* What depends on which process this is. */
static int own_add(scmp_filter_ctx f, int exec_fd)
{
    /* The number lies above the limit of descriptors and closes when exec
     * starts, so nothing can ever be at it again: this works once. */
    const struct scmp_arg_cmp once[] = {
        EQUAL(0, (scmp_datum_t)exec_fd),
        EQUAL(4, AT_EMPTY_PATH),
    };
    const struct scmp_arg_cmp itself = EQUAL(0, (scmp_datum_t)getpid());
    int error = seccomp_rule_add_array(f, YES, SCMP_SYS(execveat), COUNT_OF(once), once);

    if (error == 0)
        error = seccomp_rule_add_array(f, YES, SCMP_SYS(tgkill), 1, &itself);
    return error;
}

static scmp_filter_ctx filter_new(uint32_t otherwise)
{
    scmp_filter_ctx f = seccomp_init(otherwise);

    /* A 32-bit or x32 call has other numbers: every one of them is an attack. */
    if (f != NULL)
        (void)seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    return f;
}

static int filter_load(scmp_filter_ctx f, int error)
{
    if (error == 0)
        error = seccomp_load(f);
    seccomp_release(f);
    return -error;
}

int jail_filter_exec(int exec_fd)
{
    scmp_filter_ctx f = filter_new(SCMP_ACT_ERRNO(ENOSYS));
    int error;

    if (f == NULL)
        return ENOMEM;
    error = plain_add(f, SCMP_ACT_ALLOW, allowed, COUNT_OF(allowed));
    if (error == 0)
        error = plain_add(f, SCMP_ACT_KILL_PROCESS, killed, COUNT_OF(killed));
    if (error == 0)
        error = judged_add(f, by_argument, COUNT_OF(by_argument));
    if (error == 0)
        error = own_add(f, exec_fd);
    return filter_load(f, error);
}

int jail_filter_init(void)
{
    scmp_filter_ctx f = filter_new(SCMP_ACT_KILL_PROCESS);
    int error;

    if (f == NULL)
        return ENOMEM;
    error = plain_add(f, SCMP_ACT_ALLOW, init_allowed, COUNT_OF(init_allowed));
    if (error == 0)
        error = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 0);
    return filter_load(f, error);
}

/* libseccomp writes a program to a file; ours is a memory. */
static int program_export(scmp_filter_ctx f, struct filter_program *out)
{
    int fd = memfd_create("filter", MFD_CLOEXEC), error;
    ssize_t size;

    if (fd < 0)
        return errno;
    error = -seccomp_export_bpf(f, fd);
    size = error == 0 ? pread(fd, out->code, sizeof out->code, 0) : 0;
    if (error == 0 && (size <= 0 || size == (ssize_t)sizeof out->code))
        error = E2BIG;
    out->count = error == 0 ? (uint32_t)((size_t)size / sizeof out->code[0]) : 0;
    close(fd);
    return error;
}

int filter_compile(struct filter_program *out, const struct filter_plain *plain, size_t plain_count,
                   const struct filter_judged *judged, size_t judged_count, pid_t self)
{
    const struct scmp_arg_cmp itself = EQUAL(0, (scmp_datum_t)self);
    scmp_filter_ctx f = filter_new(SCMP_ACT_ERRNO(ENOSYS));
    int error;

    if (f == NULL)
        return ENOMEM;
    error = plain_add(f, SCMP_ACT_ALLOW, plain, plain_count);
    if (error == 0)
        error = plain_add(f, SCMP_ACT_KILL_PROCESS, killed, COUNT_OF(killed));
    if (error == 0)
        error = judged_add(f, judged, judged_count);
    if (error == 0)
        error = seccomp_rule_add_array(f, YES, SCMP_SYS(tgkill), 1, &itself);
    error = error == 0 ? program_export(f, out) : -error;
    seccomp_release(f);
    return error;
}

int filter_enter(const struct filter_program *program)
{
    struct filter_program copy = *program; /* the kernel's struct is not const */
    struct sock_fprog prog = { .len = (unsigned short)copy.count, .filter = copy.code };

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0 ? 0 : errno;
}
