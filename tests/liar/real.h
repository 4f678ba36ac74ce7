/* real.h: a loader that lies to a real keep.
 *
 * It is broch-loader with another gate/serve.c: what its host side puts into a port goes
 * through here, and is changed as the plan says. The plan is in the environment:
 *
 *     BROCH_LIAR="CALL.NTH.VERB[.NUMBER[.NUMBER]],…"
 *
 * CALL is a name of gate/calls.def or `any`, NTH counts its answers from 0 (`all`: each of
 * them), VERB is one of real_verbs. A loader without a plan is honest. How often it was
 * asked for what, and how often it lied, is told on stderr when the keep is over.
 * Never shipped: tests/run-liar is the one user. */
#ifndef BROCH_TESTS_LIAR_REAL_H
#define BROCH_TESTS_LIAR_REAL_H

#include "gate/serve.h"

struct real_lie;

/* One answer on its way into the ring. */
struct real_answer {
    struct serve *s;
    const struct serve_call *c;
    struct gate_completion honest;
    const struct real_lie *lie;
};

struct real_verb {
    const char *name;
    /* Of an answer: one field of it is another ... */
    void (*change)(struct gate_completion *answer, uint64_t number);
    /* ... or what came back is, before it is said to be there ... */
    void (*data)(uint8_t *back, uint32_t size, const struct real_lie *lie);
    /* ... or all of it is done otherwise. */
    void (*tell)(const struct real_answer *a);
};

struct real_lie {
    uint32_t call; /* 0: any */
    bool every;
    uint64_t nth;
    const struct real_verb *verb;
    uint64_t number[2];
};

extern const struct real_verb real_verbs[];
extern const size_t real_verbs_count;

/* --- The plan: real_plan.c. */

/* What is to be told about this answer; NULL: the truth. Counts it. */
const struct real_lie *real_plan_answer(uint32_t call);
/* A lie that is not about one answer, by its verb; NULL: none is planned. */
const struct real_lie *real_plan_has(const char *verb);
/* Each call that the keep makes, and each lie that was told. */
void real_count_call(uint32_t call);
void real_count_lie(void);

/* --- The rings: real_serve.c. */

/* Puts it out and says so: a lie has no room to worry about. */
void real_complete(struct serve *s, const struct gate_completion *answer);
/* The completion that was put before this one, by whichever port. */
struct gate_completion real_before(void);

/* --- Beside the vCPUs: real_thread.c. */

/* From now on, for a while, those bytes are now this and now that, as fast as can be;
 * in the end they are `honest`. Returns when it has begun. At most 32 bytes. */
void real_flicker(void *at, const void *honest, const void *lie, uint32_t size);
/* Interrupts to every vCPU, about so many microseconds apart, until the end. */
void real_interrupt(uint64_t period_us);
void real_sleep(uint64_t ms);

#endif
