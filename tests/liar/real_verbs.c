/* What a lying loader can say. */
#include <string.h>

#include "base/num.h"
#include "gate/shared.h"
#include "tests/liar/real.h"

/* --- One field of the answer. */

static void value_add(struct gate_completion *a, uint64_t n) { a->value += n; }
static void value_set(struct gate_completion *a, uint64_t n) { a->value = n; }
static void size_add(struct gate_completion *a, uint64_t n) { a->data_size += (uint32_t)n; }
static void size_set(struct gate_completion *a, uint64_t n) { a->data_size = (uint32_t)n; }
static void id_add(struct gate_completion *a, uint64_t n) { a->id += (uint32_t)n; }
static void id_set(struct gate_completion *a, uint64_t n) { a->id = (uint32_t)n; }
static void zero_set(struct gate_completion *a, uint64_t n) { a->zero = (uint32_t)n; }
static void zero64_set(struct gate_completion *a, uint64_t n) { a->zero64 = n; }

static void both_add(struct gate_completion *a, uint64_t n)
{
    a->value += n;
    a->data_size += (uint32_t)n;
}

static void both_set(struct gate_completion *a, uint64_t n)
{
    a->value = n;
    a->data_size = (uint32_t)n;
}

/* As a refusal looks that may be honest; and one that says something beside. */
static void refuse(struct gate_completion *a, uint64_t n)
{
    *a = (struct gate_completion){ .id = a->id, .refusal = (uint32_t)n };
}

static void refuse_with_value(struct gate_completion *a, uint64_t n)
{
    a->refusal = (uint32_t)n;
    a->value = 1;
}

static void refuse_with_size(struct gate_completion *a, uint64_t n)
{
    a->refusal = (uint32_t)n;
    a->data_size = 1;
}

/* --- What came back. */

static void poke(uint8_t *back, uint32_t size, const struct real_lie *lie, size_t width)
{
    if (lie->number[0] <= size && width <= size - lie->number[0])
        memcpy(back + lie->number[0], &lie->number[1], width);
}

static void poke8(uint8_t *b, uint32_t s, const struct real_lie *l) { poke(b, s, l, 1); }
static void poke16(uint8_t *b, uint32_t s, const struct real_lie *l) { poke(b, s, l, 2); }
static void poke32(uint8_t *b, uint32_t s, const struct real_lie *l) { poke(b, s, l, 4); }
static void poke64(uint8_t *b, uint32_t s, const struct real_lie *l) { poke(b, s, l, 8); }

static void add64(uint8_t *back, uint32_t size, const struct real_lie *lie)
{
    uint64_t word;

    if (lie->number[0] > size || sizeof word > size - lie->number[0])
        return;
    memcpy(&word, back + lie->number[0], sizeof word);
    word += lie->number[1];
    memcpy(back + lie->number[0], &word, sizeof word);
}

static void fill(uint8_t *back, uint32_t size, const struct real_lie *lie)
{
    memset(back, (int)lie->number[0], size);
}

static void wild(uint8_t *back, uint32_t size, const struct real_lie *lie)
{
    uint64_t state = lie->number[0] * 2 + 1; /* xorshift64: Marsaglia, 2003 */

    for (uint32_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        back[i] = (uint8_t)(state >> 32);
    }
}

/* --- The ring. */

static void twice(const struct real_answer *a)
{
    real_complete(a->s, &a->honest);
    real_complete(a->s, &a->honest);
}

/* An old answer, word for word: before the new one, or instead of it. */
static void replay_before(const struct real_answer *a)
{
    const struct gate_completion old = real_before();

    real_complete(a->s, &old);
    real_complete(a->s, &a->honest);
}

static void replay_instead(const struct real_answer *a)
{
    const struct gate_completion old = real_before();

    real_complete(a->s, &old);
}

static void unsolicited(const struct real_answer *a)
{
    const struct gate_completion wrong = { .id = (uint32_t)a->lie->number[0] };

    real_complete(a->s, &wrong);
    real_complete(a->s, &a->honest);
}

/* The ids of a keep are no secret: the call that will come next is answered now. */
static void early(const struct real_answer *a)
{
    const struct gate_completion next = { .id = a->c->id + 1 };

    real_complete(a->s, &a->honest);
    real_complete(a->s, &next);
}

/* Another call of this port, where one is in flight, and else the next one. */
static void id_other(const struct real_answer *a)
{
    struct gate_completion answer = a->honest;

    answer.id++;
    for (size_t i = 0; i < SERVE_FLIGHT_MAX; i++)
        if (a->s->flight[i].call != 0 && a->s->flight[i].id != a->honest.id)
            answer.id = a->s->flight[i].id;
    real_complete(a->s, &answer);
}

/* What is published is another index than what is. */
static void completed_add(const struct real_answer *a)
{
    real_complete(a->s, &a->honest);
    shared_store32(&a->s->port->completed, a->s->completed + (uint32_t)a->lie->number[0]);
}

static void taken_add(const struct real_answer *a)
{
    shared_store32(&a->s->port->taken, a->s->taken + (uint32_t)a->lie->number[0]);
    real_complete(a->s, &a->honest);
}

static void never(const struct real_answer *a) { (void)a; }

static void late(const struct real_answer *a)
{
    real_sleep(a->lie->number[0]);
    real_complete(a->s, &a->honest);
}

/* Said to be there, and put there a moment later. */
static void empty_first(const struct real_answer *a)
{
    const struct gate_completion nothing = { 0 };
    struct gate_completion *at = &a->s->port->completion[a->s->completed % GATE_RING_COUNT];

    real_complete(a->s, &nothing);
    shared_put(at, &a->honest, sizeof a->honest);
}

/* --- Memory that changes while the keep reads it. */

static void flicker_answer(const struct real_answer *a)
{
    struct gate_completion *at = &a->s->port->completion[a->s->completed % GATE_RING_COUNT];
    struct gate_completion other = a->honest;

    other.value += a->lie->number[0];
    other.data_size += (uint32_t)a->lie->number[1];
    real_flicker(at, &a->honest, &other, sizeof other);
    a->s->completed++;
    shared_store32(&a->s->port->completed, a->s->completed);
}

static void flicker_index(const struct real_answer *a)
{
    const uint32_t honest = a->s->completed + 1;
    const uint32_t other = honest + (uint32_t)a->lie->number[0];

    shared_put(&a->s->port->completion[a->s->completed % GATE_RING_COUNT], &a->honest,
               sizeof a->honest);
    a->s->completed++;
    real_flicker(&a->s->port->completed, &honest, &other, sizeof other);
}

/* 32 bytes of what came back, from there on. */
static void flicker_data(const struct real_answer *a)
{
    const uint32_t at = (uint32_t)a->lie->number[0];
    uint64_t honest[4], other[4];

    if (at <= a->honest.data_size && sizeof honest <= a->honest.data_size - at) {
        memcpy(honest, a->c->back + at, sizeof honest);
        for (size_t i = 0; i < COUNT_OF(honest); i++)
            other[i] = honest[i] ^ a->lie->number[1];
        real_flicker(a->c->back + at, honest, other, sizeof honest);
    }
    real_complete(a->s, &a->honest);
}

/* --- From an answer on, until the end. */

static void interrupts(const struct real_answer *a)
{
    real_complete(a->s, &a->honest);
    real_interrupt(a->lie->number[0]);
}

#define VERB(what, function)             \
    {                                    \
        .name = what, .change = function \
    }
#define DATA(what, function)           \
    {                                  \
        .name = what, .data = function \
    }
#define TELL(what, function)           \
    {                                  \
        .name = what, .tell = function \
    }

const struct real_verb real_verbs[] = {
    VERB("value-add", value_add),
    VERB("value-set", value_set),
    VERB("size-add", size_add),
    VERB("size-set", size_set),
    VERB("both-add", both_add),
    VERB("both-set", both_set),
    VERB("id-add", id_add),
    VERB("id-set", id_set),
    VERB("zero-set", zero_set),
    VERB("zero64-set", zero64_set),
    VERB("refuse", refuse),
    VERB("refuse-with-value", refuse_with_value),
    VERB("refuse-with-size", refuse_with_size),
    DATA("poke8", poke8),
    DATA("poke16", poke16),
    DATA("poke32", poke32),
    DATA("poke64", poke64),
    DATA("add64", add64),
    DATA("fill", fill),
    DATA("wild", wild),
    TELL("twice", twice),
    TELL("replay-before", replay_before),
    TELL("replay-instead", replay_instead),
    TELL("unsolicited", unsolicited),
    TELL("early", early),
    TELL("id-other", id_other),
    TELL("completed-add", completed_add),
    TELL("taken-add", taken_add),
    TELL("never", never),
    TELL("late", late),
    TELL("empty-first", empty_first),
    TELL("flicker-answer", flicker_answer),
    TELL("flicker-index", flicker_index),
    TELL("flicker-data", flicker_data),
    TELL("interrupts", interrupts),
    { .name = "park-returns" }, /* real_serve.c */
    { .name = "asleep" },
};
const size_t real_verbs_count = COUNT_OF(real_verbs);
