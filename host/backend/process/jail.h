/* jail.h: what the two processes of a process keep need to know.
 *
 *     loader ── clone, new namespaces ──► init (pid 1) ── fork ──► exec (pid 2)
 *
 * init enters the empty root and drops every capability, then passes signals on
 * and reaps; exec's process numbers its descriptors, takes limits, Landlock and
 * the system call filter, and becomes the exec file. What goes wrong on the way
 * is told to the loader over a pipe that the last step closes: a lack is what a
 * keep can do without, a failure is not. Both return only by ending. */
#ifndef BROCH_HOST_BACKEND_PROCESS_JAIL_H
#define BROCH_HOST_BACKEND_PROCESS_JAIL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "codec/launch.h"

/* In the order they are taken. The names for messages are in process.c. */
enum jail_step {
    STEP_USER_NS,
    STEP_MOUNT_NS,
    STEP_PID_NS,
    STEP_NET_NS,
    STEP_IPC_NS,
    STEP_UTS_NS,
    STEP_PARENT,
    STEP_ROOT,
    STEP_CAPABILITIES,
    STEP_FORK,
    STEP_DESCRIPTORS,
    STEP_LIMITS,
    STEP_LANDLOCK,
    STEP_FILTER,
    STEP_EXECUTE,
    STEP_COUNT,
};

/* What crosses the pipe: small enough to be written whole. */
struct jail_word {
    uint32_t step;
    uint32_t fatal;
    int32_t error;
};

/* The record, the module, the report, and all that a record can name. */
#define JAIL_FDS_MAX \
    (3 + LAUNCH_DIRECTORIES_MAX + LAUNCH_SOCKETS_MAX + 2 * LAUNCH_IMAGES_MAX + LAUNCH_VOLUMES_MAX)

struct jail_directory {
    int fd; /* the loader's number */
    bool read_only;
};

struct jail {
    int spaces;        /* CLONE_NEW* in force */
    bool keeps_access; /* the caller is root: its authority over files stays */
    int go_fd;         /* end of file: ids are mapped, start */
    int loader_fd;     /* a pidfd of the loader, or -1 */
    int word_fd;       /* where struct jail_word goes */
    int exec_fd;
    int fds[JAIL_FDS_MAX]; /* to become LAUNCH_FD and upwards, in this order */
    uint32_t fds_count;
    struct jail_directory directories[LAUNCH_DIRECTORIES_MAX];
    uint32_t directories_count;
    uint64_t data_bytes; /* writable private memory at most */
    sigset_t mask;       /* the caller's, to be given back to exec */
};

void jail_tell(const struct jail *j, enum jail_step step, bool fatal, int error);

/* The first process of the keep. */
_Noreturn void jail_init(struct jail *j);

/* Each gives 0 or an errno. */
int jail_root_enter(void);
int jail_capabilities_drop(bool keeps_access);
/* j NULL and exec_fd -1: no file at all. */
int jail_landlock_enter(const struct jail *j, int exec_fd);
/* The version of Landlock's interface, or minus an errno. */
int jail_landlock_version(void);
/* exec_fd is the one descriptor that may still be executed. */
int jail_filter_exec(int exec_fd);
int jail_filter_init(void);

#endif
