/* linux.h: Linux's x86-64 interface, as far as the shim speaks it.
 *
 * Numbers and layouts of the system-call interface (man 2, and the System V ABI's
 * x86-64 supplement); written down here because the shim has no libc. Errors are
 * positive. Whoever needs another number adds it here, in its group. */
#ifndef BROCH_SHIM_LINUX_H
#define BROCH_SHIM_LINUX_H

#include <stdint.h>

enum linux_error {
    LINUX_EPERM = 1,
    LINUX_ENOENT = 2,
    LINUX_ESRCH = 3,
    LINUX_EINTR = 4,
    LINUX_EIO = 5,
    LINUX_E2BIG = 7,
    LINUX_EBADF = 9,
    LINUX_EAGAIN = 11,
    LINUX_ENOMEM = 12,
    LINUX_EACCES = 13,
    LINUX_EFAULT = 14,
    LINUX_EBUSY = 16,
    LINUX_EEXIST = 17,
    LINUX_ENODEV = 19,
    LINUX_ENOTDIR = 20,
    LINUX_EISDIR = 21,
    LINUX_EINVAL = 22,
    LINUX_EMFILE = 24,
    LINUX_ENOTTY = 25,
    LINUX_EFBIG = 27,
    LINUX_ENOSPC = 28,
    LINUX_ESPIPE = 29,
    LINUX_EROFS = 30,
    LINUX_EPIPE = 32,
    LINUX_EDOM = 33,
    LINUX_ERANGE = 34,
    LINUX_EDEADLK = 35,
    LINUX_ENOSYS = 38,
    LINUX_EOVERFLOW = 75,
    LINUX_ENOTSOCK = 88,
    LINUX_EDESTADDRREQ = 89,
    LINUX_EMSGSIZE = 90,
    LINUX_ENOPROTOOPT = 92,
    LINUX_EOPNOTSUPP = 95,
    LINUX_ECONNRESET = 104,
    LINUX_EISCONN = 106,
    LINUX_ENOTCONN = 107,
    LINUX_ETIMEDOUT = 110,
    LINUX_ERESTARTSYS = 512,
    LINUX_ERESTARTNOINTR = 513,
    LINUX_ERESTARTNOHAND = 514,
};

#define LINUX_SIGNALS 64
enum linux_signal {
    LINUX_SIGHUP = 1,
    LINUX_SIGINT = 2,
    LINUX_SIGQUIT = 3,
    LINUX_SIGILL = 4,
    LINUX_SIGTRAP = 5,
    LINUX_SIGABRT = 6,
    LINUX_SIGBUS = 7,
    LINUX_SIGFPE = 8,
    LINUX_SIGKILL = 9,
    LINUX_SIGUSR1 = 10,
    LINUX_SIGSEGV = 11,
    LINUX_SIGUSR2 = 12,
    LINUX_SIGPIPE = 13,
    LINUX_SIGALRM = 14,
    LINUX_SIGTERM = 15,
    LINUX_SIGCHLD = 17,
    LINUX_SIGCONT = 18,
    LINUX_SIGSTOP = 19,
    LINUX_SIGTSTP = 20,
    LINUX_SIGTTIN = 21,
    LINUX_SIGTTOU = 22,
    LINUX_SIGURG = 23,
    LINUX_SIGWINCH = 28,
    LINUX_SIGSYS = 31,
};

struct linux_siginfo { /* siginfo_t: 128 bytes */
    int32_t number;
    int32_t error;
    int32_t code;
    int32_t padding;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
        } kill;
        struct {
            uint64_t address;
        } fault;
        uint8_t room[112];
    } u;
};

struct linux_stack { /* stack_t */
    uint64_t sp;
    int32_t flags;
    int32_t padding;
    uint64_t size;
};

struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_iovec {
    uint64_t base;
    uint64_t size;
};

#define LINUX_PROT_READ 1u
#define LINUX_PROT_WRITE 2u
#define LINUX_PROT_EXEC 4u
#define LINUX_PROT_SEM 8u
#define LINUX_PROT_GROWSDOWN 0x01000000u
#define LINUX_PROT_GROWSUP 0x02000000u

#define LINUX_MAP_SHARED 1u
#define LINUX_MAP_PRIVATE 2u
#define LINUX_MAP_SHARED_VALIDATE 3u
#define LINUX_MAP_TYPE 15u
#define LINUX_MAP_FIXED 0x10u
#define LINUX_MAP_ANONYMOUS 0x20u
#define LINUX_MAP_32BIT 0x40u
#define LINUX_MAP_HUGETLB 0x40000u
#define LINUX_MAP_FIXED_NOREPLACE 0x100000u

#define LINUX_MREMAP_MAYMOVE 1u
#define LINUX_MREMAP_FIXED 2u
#define LINUX_MREMAP_DONTUNMAP 4u

#define LINUX_MADV_WILLNEED 3u
#define LINUX_MADV_DONTNEED 4u
#define LINUX_MADV_FREE 8u
#define LINUX_MADV_DONTFORK 10u
#define LINUX_MADV_POPULATE_WRITE 23u

/* Files. */
#define LINUX_O_ACCMODE 3u
#define LINUX_O_RDONLY 0u
#define LINUX_O_WRONLY 1u
#define LINUX_O_RDWR 2u
#define LINUX_O_APPEND 0x400u
#define LINUX_O_NONBLOCK 0x800u
#define LINUX_O_LARGEFILE 0x8000u
#define LINUX_O_CLOEXEC 0x80000u
#define LINUX_FD_CLOEXEC 1u
#define LINUX_S_IFIFO 0010000u
#define LINUX_S_IFCHR 0020000u
#define LINUX_S_IFREG 0100000u
#define LINUX_S_IFSOCK 0140000u
#define LINUX_RW_MAX 0x7ffff000ull /* MAX_RW_COUNT: what one call moves at most */
#define LINUX_IOV_MAX 1024u
#define LINUX_RWF_APPEND 0x10u

struct linux_stat {
    uint64_t dev;
    uint64_t ino;
    uint64_t nlink;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t padding;
    uint64_t rdev;
    int64_t size;
    int64_t block_size;
    int64_t blocks;
    struct linux_timespec atime, mtime, ctime;
    int64_t unused[3];
};

struct linux_pollfd {
    int32_t fd;
    int16_t events;
    int16_t revents;
};
#define LINUX_POLLIN 0x1
#define LINUX_POLLPRI 0x2
#define LINUX_POLLOUT 0x4
#define LINUX_POLLERR 0x8
#define LINUX_POLLHUP 0x10
#define LINUX_POLLNVAL 0x20
#define LINUX_POLLRDNORM 0x40
#define LINUX_POLLWRNORM 0x100
#define LINUX_POLLRDHUP 0x2000

struct linux_msghdr {
    uint64_t name;
    uint32_t name_size;
    uint32_t padding;
    uint64_t iov;
    uint64_t iov_count;
    uint64_t control;
    uint64_t control_size;
    uint32_t flags;
    uint32_t padding2;
};
#define LINUX_MSG_OOB 0x1u
#define LINUX_MSG_PEEK 0x2u
#define LINUX_MSG_DONTWAIT 0x40u
#define LINUX_MSG_WAITALL 0x100u
#define LINUX_MSG_ERRQUEUE 0x2000u
#define LINUX_MSG_NOSIGNAL 0x4000u

enum linux_clock {
    LINUX_CLOCK_REALTIME = 0,
    LINUX_CLOCK_MONOTONIC = 1,
    LINUX_CLOCK_PROCESS_CPUTIME = 2,
    LINUX_CLOCK_THREAD_CPUTIME = 3,
    LINUX_CLOCK_MONOTONIC_RAW = 4,
    LINUX_CLOCK_REALTIME_COARSE = 5,
    LINUX_CLOCK_MONOTONIC_COARSE = 6,
    LINUX_CLOCK_BOOTTIME = 7,
    LINUX_CLOCK_TAI = 11,
};
#define LINUX_TIMER_ABSTIME 1u

_Static_assert(sizeof(struct linux_stat) == 144, "as Linux has it");
_Static_assert(sizeof(struct linux_msghdr) == 56, "as Linux has it");
_Static_assert(sizeof(struct linux_siginfo) == 128, "as Linux has it");

#endif
