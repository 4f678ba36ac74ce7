/* pool_wire.h: what a pool's client and a template say to each other.
 *
 * Over one connection of a Unix socket (SOCK_SEQPACKET). The client sends one
 * struct pool_request with its descriptors (SCM_RIGHTS), in the order of the numbers
 * by which exec will know them: stdin, stdout, stderr, a file with the launch
 * record, and from 4 on those that the record names by these numbers. The template
 * answers with POOL_STARTED or POOL_FAILED, and at the end with POOL_ENDED. Until
 * then the client may send a number of a signal that ends the keep; a client that
 * hangs up ends it as well. */
#ifndef BROCH_HOST_POOL_WIRE_H
#define BROCH_HOST_POOL_WIRE_H

#include <stdint.h>

#define POOL_MAGIC 0x6c6f6f70u /* "pool" */
#define POOL_VERSION 1u
/* The kernel takes 253 with one message (unix(7)). */
#define POOL_FDS_MAX 250u
#define POOL_FDS_LEAST 5u /* the module is the first one that a record names */
#define POOL_RECORD_FD 3u

struct pool_request {
    uint32_t magic;
    uint32_t version;
    uint32_t fds_count;
    uint32_t record_size;
};

enum pool_kind { POOL_STARTED = 1, POOL_FAILED = 2, POOL_ENDED = 3 };

struct pool_reply {
    uint32_t kind;
    int32_t code; /* POOL_ENDED: of the keep; POOL_FAILED: an errno, or 0 */
    uint64_t exits;
    uint64_t calls;
    uint64_t cpu_us;
    uint64_t peak_bytes;
    char text[160]; /* a sentence; may be empty */
};

struct pool_signal {
    uint32_t number;
};

#endif
