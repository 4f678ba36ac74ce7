/* pool.h: VM keeps that have started before anybody wanted them.
 *
 * The pool holds so many templates: keeps that have run their shim and exec up to
 * the point where the workload comes in, and never had one. They all listen on one
 * Unix socket; whoever connects and sends a workload (pool_client.h) has a keep
 * after one wake-up, and the pool makes another template meanwhile. A keep that was
 * used ends with its workload and is never handed on.
 * The pool itself sees no workload: it starts processes and reaps them. When it
 * goes, its keeps go. Who may connect is a matter of the socket's file. */
#ifndef BROCH_HOST_POOL_H
#define BROCH_HOST_POOL_H

#include <stdint.h>

#include "base/err.h"
#include "host/note.h"

#define POOL_TEMPLATES_MAX 256u

struct pool_config {
    uint32_t count; /* templates to keep ready; 1..POOL_TEMPLATES_MAX */
    int listen_fd;  /* from pool_listen */
    int exec_fd;
    int shim_fd;
    /* What a workload may at most ask for: the limit of its launch record, and what all
     * its folders and volumes may hold. */
    uint64_t memory_bytes;
    uint64_t files_bytes;
};

/* The socket, for its owner alone; one that nobody listens on any more is replaced. */
enum err pool_listen(int *fd, const char *path, struct note *note);
/* Serves until SIGTERM, SIGINT or SIGHUP (ERR_OK), or until templates cannot be made
 * (the note says why). Takes these signals, and SIGCHLD. */
enum err pool_serve(const struct pool_config *config, struct note *note);

#endif
