/* stream.h: what a keep's handles are on the host: descriptors that never block.
 *
 * A table of streams, listeners and block files by handle. Every call gives what
 * the system call gave, or minus an errno: -EAGAIN means wait for stream_wait().
 * The descriptors that somebody else shares with us (a terminal, a pipe) keep
 * their flags: where it can be done they are opened once more, and where not, we
 * ask before we touch them.
 * Threads may use the table at the same time. A handle that is closed while
 * another thread is in it goes when that thread comes out.
 * Nothing here knows of the gate's rings, nor which process runs it. */
#ifndef BROCH_HOST_STREAM_H
#define BROCH_HOST_STREAM_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/abi.h"
#include "gate/launch.h"

struct stream {
    int fd;
    uint32_t users; /* 0: free */
    uint16_t kind;  /* enum gate_handle_kind */
    uint16_t type;  /* enum gate_handle_type */
    bool is_own;    /* its description is ours and does not block, or it never does */
    bool closing;
    uint64_t limit; /* blocks: no byte is written from here on */
};

struct stream_table {
    pthread_mutex_t lock;
    pthread_mutex_t accepting; /* between asking a listener and taking from it */
    bool over;
    uint32_t next; /* where to look for a free handle first */
    struct stream item[GATE_HANDLES_MAX];
};

/* The table must be zeroed memory. */
void stream_table_init(struct stream_table *t);

/* Takes a duplicate of a descriptor of ours into the table. Fills kind, type,
 * handle, flags and size of *out for LAUNCH; 0 or an errno. May open
 * /proc/self/fd: not for use in a jail that has lost it (it does without then). */
int stream_adopt(struct stream_table *t, int fd, enum gate_handle_kind kind,
                 struct gate_handle *out);
/* How long a block file may become; one that is longer already stays as it is. Before
 * the handle is in use. */
void stream_limit(struct stream_table *t, const struct gate_handle *h, uint64_t most);
/* The descriptors of all handles, while nobody has closed one yet. */
size_t stream_fds(const struct stream_table *t, int *out, size_t room);

/* A handle for use; NULL where there is none. Give it back with stream_give. */
struct stream *stream_take(struct stream_table *t, uint64_t handle);
void stream_give(struct stream_table *t, struct stream *s);
/* At the keep's end: gives up every descriptor at once, and takes no new one. A
 * thread that waits for one still holds it, until it is gone itself. */
void stream_close_all(struct stream_table *t);
/* False where there is no such handle. */
bool stream_close(struct stream_table *t, uint64_t handle);

ssize_t stream_read(const struct stream *s, void *to, size_t size, bool peek);
ssize_t stream_write(const struct stream *s, const void *from, size_t size);
/* The new handle. */
ssize_t stream_accept(struct stream_table *t, const struct stream *s);
/* how: 1 reading, 2 writing, 3 both. */
ssize_t stream_shutdown(const struct stream *s, uint64_t how);

/* What to wait for after -EAGAIN. */
struct pollfd stream_wait(const struct stream *s, bool writes);

ssize_t stream_block_read(const struct stream *s, void *to, size_t size, uint64_t offset);
ssize_t stream_block_write(const struct stream *s, const void *from, size_t size, uint64_t offset);
ssize_t stream_block_control(const struct stream *s, uint64_t what, uint64_t size);

/* Fills `ready` and `size` of each, without waiting; the number that are ready. */
uint32_t stream_poll(struct stream_table *t, struct gate_poll *polls, uint32_t count);
/* What ppoll would have to wait for, for those polls; as many as there is room for. */
uint32_t stream_poll_wait(struct stream_table *t, const struct gate_poll *polls, uint32_t count,
                          struct pollfd *out, uint32_t room);

/* An errno as a refusal of that call, one that calls.def lists for it. */
enum gate_refusal stream_refusal(uint32_t call, int error);

#endif
