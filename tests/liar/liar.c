#include "tests/liar/liar.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

struct liar liar;
void (*liar_on_fetch)(const void *at, size_t size);

void liar_fetch(const void *at, size_t size)
{
    if (liar_on_fetch != NULL)
        liar_on_fetch(at, size);
}

uint8_t liar_byte(uint32_t i) { return (uint8_t)(i * 7 + i / 256 + 3); }

struct gate_submission *liar_submission(struct liar *l, uint32_t index)
{
    return &l->port->submission[index % GATE_RING_COUNT];
}

struct gate_completion liar_answer(struct liar *l, uint32_t index)
{
    const struct gate_submission s = *liar_submission(l, index);
    struct gate_completion answer = { .id = s.id };
    uint8_t *data = (uint8_t *)l->port + GATE_DATA_AT;

    if (s.call == GATE_CLOCK)
        answer.data_size = sizeof(struct gate_clock);
    if (index == l->victim && s.call == l->c->call) {
        answer.value = l->c->value;
        answer.data_size = l->c->size;
    }
    if (s.data_at > GATE_DATA_SIZE - answer.data_size)
        return answer; /* another thread is at the port too: fetch.c */
    for (uint32_t i = 0; i < answer.data_size; i++)
        data[s.data_at + i] = liar_byte(i);
    return answer;
}

void liar_complete(struct liar *l, const struct gate_completion *answer)
{
    l->port->completion[l->completed % GATE_RING_COUNT] = *answer;
    l->completed++;
    __atomic_store_n(&l->port->completed, l->completed, __ATOMIC_RELEASE);
}

void liar_take(struct liar *l)
{
    l->taken = l->gate.submitted;
    __atomic_store_n(&l->port->taken, l->taken, __ATOMIC_RELEASE);
}

void liar_serve(struct liar *l)
{
    uint32_t from = l->taken;

    liar_take(l);
    for (uint32_t i = from; i != l->taken; i++) {
        struct gate_completion answer = liar_answer(l, i);

        if (i == l->victim && l->change != NULL)
            l->change(l, &answer);
        liar_complete(l, &answer);
    }
}

static void on_park(void *context)
{
    struct liar *l = (struct liar *)context;

    if (++l->parks > LIAR_PARKS_MAX)
        longjmp(l->never, 1);
    if (l->park != NULL)
        l->park(l);
    else
        liar_serve(l);
}

static void on_bell(void *context) { ((struct liar *)context)->bells++; }

static bool on_woken(void *context) { return ((struct liar *)context)->is_woken; }

static const struct gate_ops ops = { .park = on_park, .bell = on_bell, .woken = on_woken };

bool liar_open(void)
{
    /* Exactly a port: a sanitizer sees one byte beyond it. */
    liar.port = aligned_alloc(4096, GATE_PORT_SIZE);
    return liar.port != NULL;
}

void liar_close(void) { free(liar.port); }

void liar_begin(const struct liar_case *c)
{
    struct gate_ask warm = { .call = GATE_CLOCK, .room = sizeof(struct gate_clock) };
    struct gate_port *port = liar.port;

    liar_on_fetch = NULL;
    memset(port, 0, GATE_PORT_SIZE);
    memset(&liar, 0, sizeof liar);
    liar.port = port;
    liar.c = c;
    liar.victim = UINT32_MAX; /* nobody yet */
    gate_init(&liar.gate, port, &ops, &liar);
    if (gate_call(&liar.gate, &warm) != ERR_OK)
        abort();
    liar.parks = 0;
    liar.victim = liar.gate.submitted;
}

static enum err call_make(struct liar_result *out)
{
    enum err e;

    if (!liar.c->posts)
        return gate_call(&liar.gate, &out->ask);
    e = gate_post(&liar.gate, &out->ask);
    return e == ERR_OK ? gate_flush(&liar.gate) : e;
}

void liar_run(struct liar_result *out)
{
    const struct liar_case *c = liar.c;
    uint8_t *stage = gate_stage(&liar.gate);

    memset(out, 0, sizeof *out);
    out->ask = (struct gate_ask){
        .call = c->call,
        .args = { c->args[0], c->args[1], c->args[2], c->args[3] },
        .sent = c->sent,
        .room = c->room,
    };
    memset(stage, 0x5e, c->sent);
    if (setjmp(liar.never) != 0) {
        out->never = true;
        return;
    }
    out->e = call_make(out);
    if (out->e == ERR_OK && out->ask.back.size != 0) {
        out->copied = (uint32_t)num_min(out->ask.back.size, sizeof out->bytes);
        memcpy(out->bytes, out->ask.back.data, out->copied);
    }
}
