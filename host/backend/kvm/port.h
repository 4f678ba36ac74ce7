/* port.h: one vCPU's port of the gate, as the loader serves it.
 *
 * While its vCPU is parked, the vCPU's own thread serves the port and sleeps for
 * it; otherwise the one server thread does. Whoever is in a port holds its lock.
 * A call that cannot be answered yet stays in flight and is tried again when what
 * it waits for has happened.
 * What a call does is behind port_ops: this file knows rings, order and waiting.
 * Nothing here reads keep memory outside of the port. */
#ifndef BROCH_HOST_BACKEND_KVM_PORT_H
#define BROCH_HOST_BACKEND_KVM_PORT_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "gate/serve.h"

/* All that one port can wait for: descriptors of every poll in it, and of itself. */
#define PORT_WAITS_MAX 1024u

/* What the loader remembers of a call in flight; by its place in serve.flight. */
struct port_work {
    uint32_t done;        /* bytes of a write so far */
    uint64_t deadline_ns; /* of a poll: CLOCK_MONOTONIC, or UINT64_MAX */
};

struct port_answer {
    enum gate_refusal refusal;
    uint64_t value;
    uint32_t back_size;
};

struct port;

enum port_tried {
    PORT_ANSWERED, /* *answer is what to say */
    PORT_WAITS,    /* not yet */
    PORT_BROKEN,   /* no honest keep asks that: it ends */
};

struct port_ops {
    /* Does the call, or as much of it as goes without waiting. */
    enum port_tried (*try)(struct port *p, struct serve_call *c, struct port_work *work,
                           struct port_answer *answer);
    /* What a call that waits waits for; gives how many of `room` it filled. */
    uint32_t (*waits)(struct port *p, const struct serve_call *c, struct pollfd *out,
                      uint32_t room);
    /* A call that is given up: what it had done, or CANCELLED. */
    void (*cancel)(struct port *p, const struct serve_call *c, const struct port_work *work,
                   struct port_answer *answer);
};

struct port {
    uint32_t index;
    const struct port_ops *ops;
    void *context;
    pthread_mutex_t lock;
    struct serve serve;
    struct port_work work[SERVE_FLIGHT_MAX];
    int kick_fd;        /* eventfd: ends the sleep of a parked vCPU */
    atomic_bool wanted; /* its own thread is about to: the server thread lets go soon */
    atomic_bool parked; /* its own thread serves it */
    atomic_bool woken;  /* the next park returns at once */
    atomic_bool open;   /* its vCPU was started */
    const atomic_bool *server_is_awake; /* it looks by itself: no bell is needed */
    uint64_t calls;                     /* served; for bench/keep */
};

/* 0 or an errno. */
int port_init(struct port *p, uint32_t index, struct gate_port *shared, bool is_debug,
              const atomic_bool *server_is_awake, const struct port_ops *ops, void *context);

/* From the vCPU's thread at PARK: serves, then sleeps until there is something for
 * the keep. `still` says whether the sleep is still wanted; it is asked after
 * every wake-up. *left: calls stay in flight, for the server thread to finish.
 * ERR_MALFORMED: the keep broke the contract. */
enum err port_park(struct port *p, bool (*still)(void *context), bool *left);
/* From the server thread: takes what is new, tries what waits. Does nothing where
 * the vCPU is parked. stays: it will look again soon, and no bell is needed until a
 * call without; *some is set where there was something to take. */
enum err port_attend(struct port *p, bool stays, bool *some);
/* What the server thread has to wait for on this port's behalf; the deadline comes
 * down to the port's first. */
uint32_t port_waits(struct port *p, struct pollfd *out, uint32_t room, uint64_t *deadline_ns);
/* CLOCK_MONOTONIC. */
uint64_t port_now_ns(void);
/* How long until that time of CLOCK_MONOTONIC, as ppoll wants it; NULL: for ever. */
struct timespec *port_timeout(struct timespec *room, uint64_t deadline_ns);

/* From any thread: its park, or its next one, returns. */
void port_wake(struct port *p);

#endif
