/* The lies. Those about an answer change one field of an honest one; those about the
 * rings decide what the host does in a park. lesson E21 lesson I7 */
#include <string.h>

#include "base/num.h"
#include "tests/liar/liar.h"

/* --- About an answer. */

static void id_add(struct liar *l, struct gate_completion *a) { a->id += (uint32_t)l->number; }
static void id_set(struct liar *l, struct gate_completion *a) { a->id = (uint32_t)l->number; }
static void value_add(struct liar *l, struct gate_completion *a) { a->value += l->number; }
static void value_set(struct liar *l, struct gate_completion *a) { a->value = l->number; }
static void zero_set(struct liar *l, struct gate_completion *a) { a->zero = (uint32_t)l->number; }
static void zero64_set(struct liar *l, struct gate_completion *a) { a->zero64 = l->number; }

static void size_add(struct liar *l, struct gate_completion *a)
{
    a->data_size += (uint32_t)l->number;
}

static void size_set(struct liar *l, struct gate_completion *a)
{
    a->data_size = (uint32_t)l->number;
}

static void both_add(struct liar *l, struct gate_completion *a)
{
    a->value += l->number;
    a->data_size += (uint32_t)l->number;
}

static bool reads(const struct liar_case *c) { return c->value != 0 && c->value == c->size; }
static bool writes(const struct liar_case *c)
{
    return c->call == GATE_STREAM_WRITE || c->call == GATE_BLOCK_WRITE;
}
static bool has_known_size(const struct liar_case *c)
{
    return c->size != 0 && c->call != GATE_LAUNCH && c->call != GATE_DEBUG;
}
static bool polls_for_ever(const struct liar_case *c)
{
    return c->call == GATE_STREAM_POLL && c->args[0] == GATE_FOREVER;
}
static bool is_key(const struct liar_case *c) { return c->call == GATE_SEAL_KEY; }
static bool has_no_data(const struct liar_case *c) { return c->room == 0; }

/* --- About the rings. */

static void never(struct liar *l) { (void)l; }

static void late(struct liar *l)
{
    if (l->parks > 50)
        liar_serve(l);
}

/* Takes in one park, answers in the next. */
static void in_two_steps(struct liar *l)
{
    uint32_t from = l->taken;

    if (l->parks == 1) {
        liar_take(l);
        l->taken = from;
        return;
    }
    liar_serve(l);
}

static void untaken(struct liar *l)
{
    struct gate_completion a = liar_answer(l, l->victim);

    liar_complete(l, &a);
}

static void taken_is(struct liar *l)
{
    struct gate_completion a = liar_answer(l, l->victim);

    l->port->taken = l->gate.taken + (uint32_t)l->number;
    liar_complete(l, &a);
}

static void completed_is(struct liar *l)
{
    liar_serve(l);
    l->port->completed = l->gate.collected + (uint32_t)l->number;
}

static void twice(struct liar *l)
{
    struct gate_completion a = liar_answer(l, l->victim);

    liar_take(l);
    liar_complete(l, &a);
    liar_complete(l, &a);
}

/* The honest answer, and behind it what stood in the ring before. */
static void replay(struct liar *l)
{
    struct gate_completion old = l->port->completion[(l->completed - 1) % GATE_RING_COUNT];

    liar_serve(l);
    liar_complete(l, &old);
}

static void replay_instead(struct liar *l)
{
    liar_take(l);
    liar_complete(l, &l->port->completion[(l->completed - 1) % GATE_RING_COUNT]);
}

static void unsolicited(struct liar *l)
{
    struct gate_completion a = { .id = (uint32_t)l->number };

    liar_take(l);
    liar_complete(l, &a);
    liar_serve(l);
}

/* All the host may write, and all it may not, but for the answer. */
static void scribble(struct liar *l)
{
    memset(l->port, 0xa5, GATE_DATA_AT);
    memset((uint8_t *)l->port + GATE_DATA_AT, 0x5a, GATE_DATA_SIZE);
}

static void scribble_then_serve(struct liar *l)
{
    struct gate_submission s = *liar_submission(l, l->victim);

    scribble(l);
    *liar_submission(l, l->victim) = s;
    liar_serve(l);
}

static void scribble_alone(struct liar *l) { scribble(l); }

/* A ring full of answers to the same call. */
static void flood(struct liar *l)
{
    struct gate_completion a = liar_answer(l, l->victim);

    liar_take(l);
    for (unsigned i = 0; i < GATE_RING_COUNT; i++)
        liar_complete(l, &a);
}

static void asleep_is(struct liar *l)
{
    l->port->host_asleep = (uint32_t)l->number;
    liar_serve(l);
}

#define MINUS(n) ((uint64_t)0 - (n))
#define DIES(what, how, n, when)                                                    \
    {                                                                               \
        .name = what, .end = LIAR_DIES, .change = how, .number = n, .applies = when \
    }
#define RING(what, outcome, how, n)                            \
    {                                                          \
        .name = what, .end = outcome, .park = how, .number = n \
    }

const struct liar_lie liar_lies[] = {
    { .name = "none", .end = LIAR_GOES_ON },
    /* Long. */
    DIES("a byte more", size_add, 1, NULL),
    DIES("a byte more, and says so", both_add, 1, NULL),
    DIES("64 KiB and one", size_set, 65537, NULL),
    DIES("as far as the data area goes", size_set, GATE_DATA_SIZE, NULL),
    DIES("2 GiB", size_set, 0x80000000u, NULL),
    DIES("4 GiB less one", size_set, UINT32_MAX, NULL),
    DIES("a number too large", value_add, 1, NULL),
    DIES("a number with a high word", value_add, (uint64_t)1 << 32, NULL),
    DIES("a number of its own", value_set, (uint64_t)1 << 47, NULL),
    DIES("the largest signed number", value_set, INT64_MAX, NULL),
    DIES("data where there is none", size_set, 1, has_no_data),
    /* Short. */
    DIES("nothing written", value_set, 0, writes),
    DIES("a byte less than it says", size_add, MINUS(1), has_known_size),
    DIES("no bytes, and a number", size_set, 0, has_known_size),
    DIES("a number less than its bytes", value_add, MINUS(1), reads),
    DIES("nothing ready, after for ever", value_set, 0, polls_for_ever),
    DIES("a key of 31 bytes", both_add, MINUS(1), is_key),
    DIES("no key", both_add, MINUS(32), is_key),
    /* Negative. */
    DIES("minus one", value_set, MINUS(1), NULL),
    DIES("minus EIO", value_set, MINUS(5), NULL),
    DIES("the smallest number", value_set, (uint64_t)1 << 63, NULL),
    DIES("a negative size", size_set, MINUS(4096), NULL),
    /* Another's. */
    DIES("id 0", id_set, 0, NULL),
    DIES("an id that was never used", id_add, 1, NULL),
    DIES("an id that was answered", id_add, MINUS(1), NULL),
    DIES("an id far away", id_add, 0x80000000u, NULL),
    /* Reserved. */
    DIES("a reserved bit", zero_set, 1, NULL),
    DIES("the highest reserved bit", zero_set, 0x80000000u, NULL),
    DIES("another reserved bit", zero64_set, (uint64_t)1 << 63, NULL),
    /* Time. */
    RING("late", LIAR_GOES_ON, late, 0),
    RING("taken first, answered later", LIAR_GOES_ON, in_two_steps, 0),
    RING("never", LIAR_NEVER, never, 0),
    /* Indices. */
    RING("answered before it was taken", LIAR_DIES, untaken, 0),
    RING("taken goes back", LIAR_DIES, taken_is, MINUS(1)),
    RING("taken goes far back", LIAR_DIES, taken_is, 0x80000000u),
    RING("taken jumps", LIAR_DIES, taken_is, 2),
    RING("taken jumps by a ring", LIAR_DIES, taken_is, GATE_RING_COUNT + 1),
    RING("completed goes back", LIAR_DIES, completed_is, MINUS(1)),
    RING("completed goes back by a ring", LIAR_DIES, completed_is, MINUS(GATE_RING_COUNT)),
    RING("completed jumps by one", LIAR_DIES, completed_is, 2),
    RING("completed jumps by a ring", LIAR_DIES, completed_is, GATE_RING_COUNT),
    RING("completed jumps by a ring and one", LIAR_DIES, completed_is, GATE_RING_COUNT + 1),
    RING("completed jumps half around", LIAR_DIES, completed_is, 0x80000000u),
    /* Again. */
    RING("answered twice", LIAR_DIES, twice, 0),
    RING("answered 32 times", LIAR_DIES, flood, 0),
    RING("the one before, again", LIAR_DIES, replay, 0),
    RING("the one before, instead", LIAR_DIES, replay_instead, 0),
    /* Unasked. */
    RING("an answer to nobody", LIAR_DIES, unsolicited, 0),
    RING("an answer to a call to come", LIAR_DIES, unsolicited, 1000),
    RING("an answer to the oldest call", LIAR_DIES, unsolicited, 1),
    /* Elsewhere. */
    RING("everything overwritten, and the answer", LIAR_GOES_ON, scribble_then_serve, 0),
    RING("everything overwritten", LIAR_DIES, scribble_alone, 0),
    RING("half asleep", LIAR_GOES_ON, asleep_is, 0x80000000u),
};
const size_t liar_lies_count = COUNT_OF(liar_lies);
