/* filter.h: tables of system calls, each with its reason, as a filter of this thread.
 *
 * A call that no table names gives ENOSYS; those that only an attack makes end the
 * process, whatever the tables say (filter.c). For whoever jails a process. */
#ifndef BROCH_HOST_BACKEND_PROCESS_FILTER_H
#define BROCH_HOST_BACKEND_PROCESS_FILTER_H

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

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

#define FILTER_CODE_MAX 512u

/* A filter as the kernel takes it. */
struct filter_program {
    uint32_t count; /* 0: there is none */
    struct sock_filter code[FILTER_CODE_MAX];
};

/* The tables for the process that will have that number (in its own namespace); a
 * signal to one of its threads is permitted as well. 0 or an errno. */
int filter_compile(struct filter_program *out, const struct filter_plain *plain, size_t plain_count,
                   const struct filter_judged *judged, size_t judged_count, pid_t self);
/* For this thread and all that it makes. The process has no way to new privileges
 * (no_new_privs). 0 or an errno. */
int filter_enter(const struct filter_program *program);

#endif
