/* serve.h: the host's side of the gate: take a call, answer it.
 *
 * A struct serve is one port as the loader keeps it. serve_take copies the next
 * submission once and judges the copy against calls.def and the port's bounds; a
 * keep that breaks them is at fault (ERR_MALFORMED) and is ended by the caller.
 * Pure: no I/O, no waiting, no locks; the caller sees to it that one thread at a
 * time is in a port. Data pointers are into shared memory, with their size
 * checked: what they hold may change under the reader. */
#ifndef BROCH_GATE_SERVE_H
#define BROCH_GATE_SERVE_H

#include "base/bytes.h"
#include "base/err.h"
#include "gate/abi.h"

#define SERVE_FLIGHT_MAX GATE_RING_COUNT

/* A call that was taken and not yet answered. */
struct serve_call {
    uint32_t call; /* 0: a free place */
    uint32_t id;
    uint64_t args[4];
    const uint8_t *sent; /* in the port's data area */
    uint32_t sent_size;
    uint8_t *back;
    uint32_t back_room;
    uint64_t order; /* ascending in the order they were taken */
    void *note;     /* the server's own, NULL at first */
};

struct serve {
    struct gate_port *port;
    uint32_t taken; /* ours; the port has copies */
    uint32_t completed;
    uint64_t order;
    bool is_debug; /* DEBUG calls are permitted */
    struct serve_call flight[SERVE_FLIGHT_MAX];
};

void serve_init(struct serve *s, struct gate_port *port, bool is_debug);
/* ERR_OK and *out NULL where there is nothing to take. *out stays in `flight`
 * until it is answered. ERR_MALFORMED: the keep broke the contract. */
enum err serve_take(struct serve *s, struct serve_call **out);
/* A call by its id, or NULL. */
struct serve_call *serve_find(struct serve *s, uint32_t id);
/* The caller has put back_size bytes to c->back. Frees the place. The completion
 * ring has room: at most GATE_RING_COUNT calls are in flight; ERR_MALFORMED where
 * the keep does not collect. */
enum err serve_answer(struct serve *s, struct serve_call *c, enum gate_refusal refusal,
                      uint64_t value, uint32_t back_size);
/* Whether a completion waits to be collected (one fetch of the keep's index). */
bool serve_has_answer(const struct serve *s);
/* What PARK asks for, fetched once. */
uint64_t serve_park_ns(const struct serve *s);
/* Says whether the bell is needed. The caller looks for submissions once more
 * after saying true. */
void serve_sleeps(struct serve *s, bool asleep);

#endif
