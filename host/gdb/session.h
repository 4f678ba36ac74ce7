/* session.h: a debug keep's debugger: one thread of the loader.
 *
 * It waits for gdb at a socket and serves it, one after another; and where a signal
 * ends the keep and no gdb is there, it writes a core file. The threads that serve
 * the gate bring in what the keep reports, by the mailbox.
 * The descriptors are opened before the loader jails itself. The thread needs
 * poll, accept4, recvfrom, sendto, read and write of an eventfd, pwrite64,
 * ftruncate, fsync, futex, mmap and munmap (malloc), and what every thread needs. */
#ifndef BROCH_HOST_GDB_SESSION_H
#define BROCH_HOST_GDB_SESSION_H

#include "host/gdb/mailbox.h"

struct session;

struct session_config {
    int listener;   /* of gdb_listen; -1: none. The keep then waits for gdb at its start */
    int core_fd;    /* an empty file, open for writing; -1: none */
    int symbols_fd; /* the same, for the guest's functions */
    const struct mailbox_ops *ops;
    void *context;
};

/* The caller keeps the descriptors and closes them after session_free. */
enum err session_new(struct session **out, const struct session_config *config);
/* For the threads of the gate: mailbox_report, mailbox_started, mailbox_ended. */
struct mailbox *session_mailbox(struct session *s);
/* Starts the thread. */
enum err session_start(struct session *s);
/* Whether a core file was written. After mailbox_ended. */
bool session_has_core(const struct session *s);
/* After mailbox_ended: until gdb was told, but not for long. */
void session_wait(struct session *s);
/* After mailbox_ended, or where it never started. */
struct session *session_free(struct session *s);

#endif
