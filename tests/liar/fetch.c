/* Lies told while the keep side reads: a word that changes after it was fetched,
 * before it is fetched, or at any moment, by another processor. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "gate/contract.h"
#include "tests/liar/more.h"

#define FETCHES_MAX 64u

static struct {
    const uint64_t *word[FETCHES_MAX]; /* of the completion ring, fetched so far */
    unsigned count;
    unsigned again; /* a word of one answer that was fetched twice */
    /* For the one before which the host changes it. */
    unsigned victim;
    uint64_t flip;
    bool is_set; /* flip is the whole word, not bits of it */
} seen;

static bool in_ring(const void *at)
{
    const uint8_t *ring = (const uint8_t *)liar.port->completion;

    return (const uint8_t *)at >= ring && (const uint8_t *)at < ring + sizeof liar.port->completion;
}

/* All that has been fetched of answers so far is now something else. The indices
 * too, until they are looked at again. */
static void spoil(const void *at, size_t size)
{
    (void)size;
    for (unsigned i = 0; i < seen.count; i++)
        memset((uint8_t *)liar.port + ((const uint8_t *)seen.word[i] - (uint8_t *)liar.port), 0xee,
               sizeof *seen.word[i]);
    liar.port->completed = liar.port->taken = 0xeeeeeeee;
    if (at == &liar.port->completed)
        liar.port->completed = liar.completed;
    if (at == &liar.port->taken)
        liar.port->taken = liar.taken;
    if (!in_ring(at))
        return;
    for (unsigned i = 0; i < seen.count; i++)
        seen.again += seen.word[i] == at;
    if (seen.count < FETCHES_MAX)
        seen.word[seen.count++] = (const uint64_t *)at;
}

static void changed_after(const struct liar_case *c)
{
    liar_case_open(c->name, "every field changed as soon as it was fetched");
    liar_begin(c);
    memset(&seen, 0, sizeof seen);
    liar_on_fetch = spoil;
    liar_try();
    liar_on_fetch = NULL;
    liar_check(LIAR_GOES_ON);
    HOLDS(seen.again == 0);
    HOLDS(seen.count == sizeof(struct gate_completion) / sizeof(uint64_t));
}

/* Fetch number `victim` gets another word than was there. */
static void flip(const void *at, size_t size)
{
    uint64_t word = 0;
    uint8_t *here = (uint8_t *)liar.port + ((const uint8_t *)at - (const uint8_t *)liar.port);

    if (seen.count++ != seen.victim)
        return;
    memcpy(&word, here, size);
    word = seen.is_set ? seen.flip : word ^ seen.flip;
    memcpy(here, &word, size);
}

/* It went on, so it has something that an honest host could have said. */
static void check_permitted(void)
{
    const struct gate_ask *ask = &liar_last()->ask;
    const struct gate_asked asked = {
        .call = ask->call,
        .sent = (uint32_t)ask->sent,
        .room = (uint32_t)ask->room,
        .args = { ask->args[0], ask->args[1], ask->args[2], ask->args[3] },
    };
    const struct gate_completion answer = { .refusal = ask->refusal,
                                            .value = ask->value,
                                            .data_size = (uint32_t)ask->back.size };

    HOLDS(ask->back.size <= ask->room);
    if (!liar.c->posts)
        HOLDS(gate_answer_holds(&asked, &answer));
}

static void changed_before(const struct liar_case *c)
{
    static const uint64_t flips[] = {
        1, 2, 4, 16, 0x100, 0x10000, 0x80000000, (uint64_t)1 << 32, (uint64_t)1 << 63, UINT64_MAX
    };
    bool more = true;

    liar_case_open(c->name, "every fetch finds another word");
    for (unsigned victim = 0; more; victim++) {
        for (size_t i = 0; i < 2 * COUNT_OF(flips); i++) {
            liar_begin(c);
            memset(&seen, 0, sizeof seen);
            seen.victim = victim;
            seen.flip = flips[i / 2];
            seen.is_set = i % 2 != 0;
            liar_on_fetch = flip;
            liar_try();
            liar_on_fetch = NULL;
            more = seen.count > victim;
            if (!liar_last()->never && liar_last()->e == ERR_OK)
                check_permitted();
            else
                HOLDS(liar_last()->never || liar_last()->e == ERR_HOST);
        }
    }
}

void liar_test_fetches(const struct liar_case *c)
{
    changed_after(c);
    changed_before(c);
}

/* --- Another processor. */

static atomic_bool stop;

static void *flicker(void *port)
{
    uint64_t *word = (uint64_t *)port;
    uint64_t state = 88172645463325252u; /* xorshift64: Marsaglia, 2003 */

    while (!atomic_load(&stop)) {
        uint64_t *at;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at = &word[state % (sizeof(struct gate_port) / sizeof *word)];
        __atomic_fetch_xor(at, (uint64_t)1 << (state >> 58), __ATOMIC_RELAXED);
        __atomic_fetch_xor(at, (uint64_t)1 << (state >> 58), __ATOMIC_RELAXED);
    }
    return NULL;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Every word of the port flickers while calls are made. */
void liar_test_thread(void)
{
    uint64_t end = now_ms() + 500;
    unsigned calls = 0, died = 0;
    pthread_t other;

    liar_case_open("all", "words that change at any moment");
    atomic_store(&stop, false);
    if (!HOLDS(pthread_create(&other, NULL, flicker, liar.port) == 0))
        return;
    while (now_ms() < end) {
        /* liar_begin's own call may be lied to; so the gate is made by hand. */
        const struct gate_ops *ops = liar.gate.ops;
        const struct liar_case *c = &liar_cases[calls++ % liar_cases_count];

        gate_init(&liar.gate, liar.port, ops, &liar);
        liar.c = c;
        liar.park = NULL;
        liar.change = NULL;
        liar.parks = 0;
        liar.taken = liar.completed = liar.victim = 0;
        liar.port->taken = liar.port->completed = 0;
        liar_try();
        if (!liar_last()->never && liar_last()->e == ERR_OK)
            check_permitted();
        died += liar_last()->e == ERR_HOST;
    }
    atomic_store(&stop, true);
    pthread_join(other, NULL);
    HOLDS(calls > died); /* it is not the first word that always kills */
}
