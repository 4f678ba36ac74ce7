/* liar.h: a host that lies, and a keep side to lie to.
 *
 * A struct liar is the host's end of one port with the real gate/keep.c on the other.
 * It answers every submission as an honest host does, but for what the lie of the
 * hour changes. It keeps its own indices, knows what it has said, and counts how
 * often it was asked: a park too many ends the run by longjmp, as a test's clock
 * would. One at a time. */
#ifndef BROCH_TESTS_LIAR_LIAR_H
#define BROCH_TESTS_LIAR_LIAR_H

#include <setjmp.h>

#include "gate/keep.h"

#define LIAR_PARKS_MAX 200u /* beyond which the host is one that never answers */

/* How a call is driven, and what an honest host says to it: always the largest
 * value and the most bytes that are permitted, so that one more is a lie. */
struct liar_case {
    const char *name;
    uint32_t call;
    uint32_t sent, room;
    bool posts; /* by gate_post and gate_flush */
    uint64_t args[4];
    uint64_t value;
    uint32_t size;
};

enum liar_end {
    LIAR_GOES_ON, /* as if the host had been honest */
    LIAR_DIES,    /* ERR_HOST */
    LIAR_EITHER,  /* one of them */
    LIAR_NEVER,   /* waits as long as the host likes, and has been told nothing */
};

struct liar {
    struct gate_port *port;
    struct gate gate;
    const struct liar_case *c;
    /* What the host does in a park, instead of being honest. */
    void (*park)(struct liar *l);
    /* A change of the victim's completion before it is put. */
    void (*change)(struct liar *l, struct gate_completion *answer);
    uint64_t number; /* what those two may want to know */
    const void *row;
    bool is_woken;
    uint32_t taken, completed; /* the host's own */
    uint32_t victim;           /* index of the submission that is lied about */
    unsigned parks, bells;
    jmp_buf never;
};

/* The outcome of one call, as the program in the keep has it. */
struct liar_result {
    enum err e;
    bool never;
    struct gate_ask ask;
    uint32_t copied; /* bytes that were copied out of ask.back, once */
    uint8_t bytes[65536];
};

extern struct liar liar;

bool liar_open(void);
void liar_close(void);
/* A fresh port and a fresh gate; one honest call has gone through. */
void liar_begin(const struct liar_case *c);
/* The call of the case, once. */
void liar_run(struct liar_result *out);

/* --- For lies. */
/* The submission at that index, as it stands in the port. */
struct gate_submission *liar_submission(struct liar *l, uint32_t index);
/* The honest answer to it, its bytes put into the data area. */
struct gate_completion liar_answer(struct liar *l, uint32_t index);
/* Puts a completion out, and says so. */
void liar_complete(struct liar *l, const struct gate_completion *answer);
/* Takes everything, says so; answers all of it honestly. */
void liar_take(struct liar *l);
void liar_serve(struct liar *l);
/* What byte number i of an honest answer is. */
uint8_t liar_byte(uint32_t i);

/* Before each fetch of shared memory by the keep side: NULL, or what to do. */
extern void (*liar_on_fetch)(const void *at, size_t size);
void liar_fetch(const void *at, size_t size);

/* The cases, and the lies, are tables: cases.c, lies.c. */
extern const struct liar_case liar_cases[];
extern const size_t liar_cases_count;

struct liar_lie {
    const char *name;
    enum liar_end end;
    void (*park)(struct liar *l);
    void (*change)(struct liar *l, struct gate_completion *answer);
    uint64_t number;
    bool (*applies)(const struct liar_case *c); /* NULL: to all */
};
extern const struct liar_lie liar_lies[];
extern const size_t liar_lies_count;

#endif
