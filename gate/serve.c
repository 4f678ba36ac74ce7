#include "gate/serve.h"

#include "base/num.h"
#include "gate/call.h"
#include "gate/contract.h"
#include "gate/shared.h"

void serve_init(struct serve *s, struct gate_port *port, bool is_debug)
{
    *s = (struct serve){ 0 };
    s->port = port;
    s->is_debug = is_debug;
}

struct serve_call *serve_find(struct serve *s, uint32_t id)
{
    for (size_t i = 0; i < COUNT_OF(s->flight); i++)
        if (s->flight[i].call != 0 && s->flight[i].id == id)
            return &s->flight[i];
    return NULL;
}

static struct serve_call *flight_free(struct serve *s)
{
    for (size_t i = 0; i < COUNT_OF(s->flight); i++)
        if (s->flight[i].call == 0)
            return &s->flight[i];
    return NULL;
}

static bool data_holds(const struct gate_submission *copy)
{
    return copy->data_at <= GATE_DATA_SIZE && copy->data_sent <= GATE_DATA_SIZE - copy->data_at &&
           copy->data_room <= GATE_DATA_SIZE - copy->data_at;
}

static struct gate_asked asked_of(const struct gate_submission *copy)
{
    return (struct gate_asked){
        .call = copy->call,
        .sent = copy->data_sent,
        .room = copy->data_room,
        .args = { copy->args[0], copy->args[1], copy->args[2], copy->args[3] },
    };
}

static bool submission_holds(struct serve *s, const struct gate_submission *copy)
{
    const struct gate_asked asked = asked_of(copy);

    if (copy->zero != 0 || copy->zero64 != 0 || !data_holds(copy) || !gate_ask_holds(&asked))
        return false;
    if (copy->id == 0 || serve_find(s, copy->id) != NULL)
        return false;
    return s->is_debug || (gate_rule_of(copy->call)->flags & GATE_DEBUG_ONLY) == 0;
}

enum err serve_take(struct serve *s, struct serve_call **out)
{
    uint32_t count = shared_load32(&s->port->submitted) - s->taken;
    struct serve_call *c;
    struct gate_submission copy = { 0 };
    uint8_t *data;

    *out = NULL;
    if (count == 0)
        return ERR_OK;
    c = flight_free(s);
    if (count > GATE_RING_COUNT || c == NULL)
        return ERR_MALFORMED;
    shared_take(&copy, &s->port->submission[s->taken % GATE_RING_COUNT], sizeof copy);
    if (!submission_holds(s, &copy))
        return ERR_MALFORMED;

    data = (uint8_t *)s->port + GATE_DATA_AT + copy.data_at;
    *c = (struct serve_call){
        .call = copy.call,
        .id = copy.id,
        .args = { copy.args[0], copy.args[1], copy.args[2], copy.args[3] },
        .sent = data,
        .sent_size = copy.data_sent,
        .back = data,
        .back_room = copy.data_room,
        .order = s->order++,
    };
    s->taken++;
    shared_store32(&s->port->taken, s->taken);
    *out = c;
    return ERR_OK;
}

/* What we are about to say is judged as the keep will judge it: a loader that breaks
 * the contract is a bug to find here, not a keep that stops. Whether a CANCEL is out
 * is the loader's to know. */
static bool answer_holds(const struct serve_call *c, const struct gate_completion *answer)
{
    const struct gate_asked asked = {
        .call = c->call,
        .sent = c->sent_size,
        .room = c->back_room,
        .cancelled = true,
        .args = { c->args[0], c->args[1], c->args[2], c->args[3] },
    };

    return gate_answer_holds(&asked, answer);
}

enum err serve_answer(struct serve *s, struct serve_call *c, enum gate_refusal refusal,
                      uint64_t value, uint32_t back_size)
{
    const struct gate_completion answer = {
        .id = c->id,
        .refusal = refusal,
        .value = value,
        .data_size = back_size,
    };
    uint32_t waiting = s->completed - shared_load32(&s->port->collected);

    if (!answer_holds(c, &answer))
        return ERR_USAGE;
    if (waiting >= GATE_RING_COUNT) /* full, or an index that cannot be */
        return ERR_MALFORMED;

    shared_put(&s->port->completion[s->completed % GATE_RING_COUNT], &answer, sizeof answer);
    s->completed++;
    shared_store32(&s->port->completed, s->completed);
    *c = (struct serve_call){ 0 };
    return ERR_OK;
}

bool serve_has_answer(const struct serve *s)
{
    return shared_load32(&s->port->collected) != s->completed;
}

uint64_t serve_park_ns(const struct serve *s) { return shared_load64(&s->port->park_ns); }

void serve_sleeps(struct serve *s, bool asleep)
{
    shared_store32(&s->port->host_asleep, asleep);
    if (asleep)
        shared_fence();
}
