/* server.h: gdb's remote serial protocol, spoken to one gdb about one target.
 *
 * Appendix E of "Debugging with GDB", as far as all-stop debugging needs it:
 * registers, memory, software breakpoints, continue, step, threads, interrupt,
 * detach, kill, the target's description. Whoever connects may do with the target
 * what they like: the address is a loopback one or a Unix socket of the user's own.
 * gdb_server_handle is the protocol without the line it comes over, for tests and
 * the fuzzer. */
#ifndef BROCH_HOST_GDB_SERVER_H
#define BROCH_HOST_GDB_SERVER_H

#include "host/gdb/breakpoint.h"
#include "host/gdb/packet.h"
#include "host/gdb/target.h"

enum gdb_state {
    GDB_STOPPED = 0, /* the target is; commands are answered */
    GDB_RUNNING,     /* a stop reply is owed */
    GDB_DETACHED,
    GDB_ENDED,  /* exited, or killed by a signal */
    GDB_KILLED, /* to be killed: gdb wants it so */
};

struct gdb_server {
    const struct gdb_target *target;
    enum gdb_state state;
    bool no_ack;         /* both sides trust the line */
    bool no_ack_next;    /* from the next packet on */
    bool knows_swbreak;  /* gdb wants to be told of int3, and not to correct rip itself */
    uint32_t thread;     /* for registers and memory (Hg) */
    uint32_t thread_run; /* for c and s (Hc); 0: the first that stops */
    struct gdb_stop last;
    struct gdb_resume resumed[GDB_THREADS_MAX]; /* the last time, to do it again */
    uint32_t resumed_count;
    struct breakpoints breakpoints;
    struct packet_in in;
    struct packet_out out;
};

/* The target stands still, with `first` as its stop. */
void gdb_server_init(struct gdb_server *s, const struct gdb_target *t, struct gdb_stop first);
/* One packet's data, in GDB_STOPPED. True where s->out holds an answer to send. */
bool gdb_server_handle(struct gdb_server *s, struct bytes packet);
/* A stop of the target, in GDB_RUNNING. True where it is to be told (s->out has the
 * reply); false where the target runs on. */
bool gdb_server_stopped(struct gdb_server *s, struct gdb_stop stop);

/* Speaks on a connected socket until gdb leaves or the target ends, and kills the
 * target where gdb wants it so. Where gdb leaves without a word the target is
 * detached. The caller closes the socket. */
enum gdb_state gdb_serve(struct gdb_server *s, int fd);

#endif
