/* keep.h: the keep's side of the gate: put a call out, take its answer back.
 *
 * A struct gate belongs to one vCPU and lives in keep memory; the port that it
 * drives is shared with the host. What comes back is copied once, judged against
 * calls.def, and only the copy is used. A reply that no honest host gives is
 * ERR_HOST, and the gate stays dead after it: the caller stops the keep.
 *
 * A call's data goes through the port's data area: gate_stage gives the place to
 * fill, gate_ask.back the place to read from, once, into the caller's own memory:
 * the host may still change it. Both are good until the next gate_stage.
 * Nothing here allocates; what a call means is for gate/contract.h alone. */
#ifndef BROCH_GATE_KEEP_H
#define BROCH_GATE_KEEP_H

#include "base/bytes.h"
#include "base/err.h"
#include "gate/abi.h"
#include "gate/contract.h"

#define GATE_POSTED_MAX 24u /* calls in flight whose answers nobody waits for */

/* What differs between a real keep and a test. Neither may return from a park
 * early without reason for ever: gate_call asks `woken` then. */
struct gate_ops {
    void (*park)(void *context); /* GATE_PORT_PARK */
    void (*bell)(void *context); /* GATE_PORT_BELL */
    /* Whether a call that waits is to be given up (a signal is there). */
    bool (*woken)(void *context);
};

struct gate_pending {
    uint32_t id;    /* 0: free */
    uint32_t index; /* of its submission */
    uint32_t data_at;
    bool posted;
    bool answered;
    struct gate_asked asked;
    struct gate_completion answer; /* checked */
};

struct gate {
    struct gate_port *port;
    const struct gate_ops *ops;
    void *context;
    bool dead;
    uint32_t submitted; /* ours; the port has copies */
    uint32_t taken;     /* the last one that was checked */
    uint32_t collected;
    uint32_t next_id;
    uint32_t stage_at; /* in the data area */
    bool stage_taken;  /* a posted call's data lies there */
    /* One that waits and its cancel are the two. */
    struct gate_pending pending[GATE_POSTED_MAX + 2];
    /* Refusals of posted writes, by handle, until gate_posted_refusal asks. */
    struct {
        uint32_t handle;
        uint32_t refusal;
    } late[GATE_POSTED_MAX];
};

struct gate_ask {
    uint32_t call; /* GATE_… */
    uint64_t args[4];
    size_t sent; /* bytes staged */
    size_t room; /* bytes that may come back */
    /* Out. */
    enum gate_refusal refusal;
    uint64_t value;
    struct bytes back; /* in shared memory: copy it once */
};

void gate_init(struct gate *g, struct gate_port *port, const struct gate_ops *ops, void *context);
_Static_assert(GATE_POSTED_MAX + 2 <= GATE_RING_COUNT, "what is in flight fits into a ring");

/* Where to put up to GATE_STAGE_SIZE bytes of the next call's data. Waits for a
 * posted call where the data of those fills the area. */
void *gate_stage(struct gate *g);
#define GATE_STAGE_SIZE 65536u

/* Puts the call out and waits for its answer. Where `woken` says so, a call that
 * may be cancelled is: refusal is then GATE_REFUSED_CANCELLED unless it had been
 * done by then. CLOSE and SHUTDOWN first wait for posted calls of that handle.
 * ERR_HOST; ERR_USAGE where the call breaks calls.def (our own bug). EXIT works on a
 * dead gate too and only comes back, with ERR_HOST, when the host let it. */
enum err gate_call(struct gate *g, struct gate_ask *ask);

/* Puts a GATE_POSTED call out with the staged data and does not wait; the next
 * gate_stage is another place. Where all places are taken it first waits for one.
 * Rings the bell only where the host sleeps. ask->refusal is GATE_OK, unless more
 * handles than GATE_POSTED_MAX have refusals that nobody asked for: a write is then
 * made as by gate_call, and ask is filled in as there. */
enum err gate_post(struct gate *g, struct gate_ask *ask);
/* The first refusal of a posted write to that handle since the last question; a
 * short one counts as GATE_REFUSED_IO. CLOSE forgets it: ask before. */
enum gate_refusal gate_posted_refusal(struct gate *g, uint32_t handle);
/* Waits until nothing is in flight. */
enum err gate_flush(struct gate *g);

/* Sleeps until woken, or park_ns, or a posted call is answered. */
enum err gate_park(struct gate *g, uint64_t park_ns);

#endif
