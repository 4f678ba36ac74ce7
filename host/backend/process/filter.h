/* filter.h: tables of system calls, each with its reason, as a filter of this thread.
 *
 * A call that no table names gives ENOSYS; those that only an attack makes end the
 * process, whatever the tables say (filter.c). For whoever jails a process. */
#ifndef BROCH_HOST_BACKEND_PROCESS_FILTER_H
#define BROCH_HOST_BACKEND_PROCESS_FILTER_H

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

struct filter_plain {
    int call;
    const char *why;
};

/* One argument decides. */
struct filter_judged {
    int call;
    uint32_t act;
    struct scmp_arg_cmp test;
    const char *why;
};

#define CALL(name, why)     \
    {                       \
        SCMP_SYS(name), why \
    }
#define IF(name, act, test, why)       \
    {                                  \
        SCMP_SYS(name), act, test, why \
    }
#define EQUAL(at, value)          \
    {                             \
        at, SCMP_CMP_EQ, value, 0 \
    }
#define MASKED(at, mask, value)             \
    {                                       \
        at, SCMP_CMP_MASKED_EQ, mask, value \
    }
#define YES SCMP_ACT_ALLOW
#define NO SCMP_ACT_ERRNO(EACCES)

#define WX (PROT_WRITE | PROT_EXEC)
/* A thread of this process and nothing else: no namespace, no exit signal. */
#define CLONE_JUDGED                                                                           \
    (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |  \
     CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_VFORK | \
     CLONE_PARENT | 0xff)
#define CLONE_WANTED (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
/* A stream that its peer has closed could be connected anew by sending. */
#define FASTOPEN 0x20000000u

/* 0 or an errno. A signal to a thread of this process is permitted as well. */
int filter_enter(const struct filter_plain *plain, size_t plain_count,
                 const struct filter_judged *judged, size_t judged_count);

#endif
