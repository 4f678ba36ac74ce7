#include "gate/keep.h"

#include "base/num.h"
#include "gate/call.h"
#include "gate/collect.h"
#include "gate/shared.h"

/* Data of different calls does not share a cache line. */
#define STAGE_UNIT 64u

void gate_init(struct gate *g, struct gate_port *port, const struct gate_ops *ops, void *context)
{
    *g = (struct gate){ 0 };
    g->port = port;
    g->ops = ops;
    g->context = context;
}

static uint8_t *gate_data(const struct gate *g, uint32_t at)
{
    return (uint8_t *)g->port + GATE_DATA_AT + at;
}

static void gate_sleep(struct gate *g, uint64_t park_ns)
{
    shared_store64(&g->port->park_ns, park_ns);
    g->ops->park(g->context);
}

/* Sleeps once, unless something has been answered since the last look. */
static enum err gate_wait(struct gate *g)
{
    gate_sleep(g, GATE_FOREVER);
    return gate_collect(g);
}

/* --- The data area: the stage moves to where no posted call's data lies. */

static uint32_t posted_end(const struct gate_pending *p)
{
    return p->data_at + (uint32_t)num_align(p->asked.sent, STAGE_UNIT);
}

static bool stage_fits(const struct gate *g, uint32_t at)
{
    if (at > GATE_DATA_SIZE - GATE_STAGE_SIZE)
        return false;
    for (size_t i = 0; i < COUNT_OF(g->pending); i++) {
        const struct gate_pending *p = &g->pending[i];

        if (p->id != 0 && p->posted && p->asked.sent != 0 && at < posted_end(p) &&
            p->data_at < at + GATE_STAGE_SIZE)
            return false;
    }
    return true;
}

/* Where there is a place at all, there is one at the start or behind some call. */
static bool stage_move(struct gate *g)
{
    bool found = stage_fits(g, 0);
    uint32_t at = 0;

    for (size_t i = 0; !found && i < COUNT_OF(g->pending); i++) {
        if (g->pending[i].id == 0 || !g->pending[i].posted)
            continue;
        at = posted_end(&g->pending[i]);
        found = stage_fits(g, at);
    }
    if (found) {
        g->stage_at = at;
        g->stage_taken = false;
    }
    return found;
}

static enum err stage_need(struct gate *g)
{
    while (g->stage_taken && !stage_move(g))
        TRY(gate_wait(g));
    return ERR_OK;
}

void *gate_stage(struct gate *g)
{
    if (stage_need(g) != ERR_OK)
        g->dead = true; /* the call that follows says so */
    return gate_data(g, g->stage_at);
}

/* --- Out. */

static struct gate_pending *pending_take(struct gate *g)
{
    for (size_t i = 0; i < COUNT_OF(g->pending); i++)
        if (g->pending[i].id == 0)
            return &g->pending[i];
    return NULL;
}

static bool id_in_use(const struct gate *g, uint32_t id)
{
    for (size_t i = 0; i < COUNT_OF(g->pending); i++)
        if (g->pending[i].id == id)
            return true; /* 0 too, while there is a free place, as there is here */
    return false;
}

static uint32_t id_next(struct gate *g)
{
    do
        g->next_id++;
    while (id_in_use(g, g->next_id));
    return g->next_id;
}

/* The ring has room: what is in it is in `pending` too, which is the smaller one. */
static void submission_put(struct gate *g, const struct gate_asked *asked, uint32_t id,
                           uint32_t data_at)
{
    struct gate_submission s = {
        .call = asked->call,
        .id = id,
        .args = { asked->args[0], asked->args[1], asked->args[2], asked->args[3] },
        .data_at = data_at,
        .data_sent = asked->sent,
        .data_room = asked->room,
    };

    shared_put(&g->port->submission[g->submitted % GATE_RING_COUNT], &s, sizeof s);
    g->submitted++;
    shared_store32(&g->port->submitted, g->submitted);
}

static struct gate_pending *call_put(struct gate *g, const struct gate_asked *asked, bool posted)
{
    struct gate_pending *p = pending_take(g);

    if (p == NULL)
        return NULL;
    p->id = id_next(g);
    p->index = g->submitted;
    p->data_at = g->stage_at;
    p->posted = posted;
    p->asked = *asked;
    submission_put(g, asked, p->id, p->data_at);
    return p;
}

/* Our own side of the contract. A caller gives no CANCEL: it does not know the ids. */
static bool asked_of(struct gate_asked *out, const struct gate *g, const struct gate_ask *ask)
{
    if (ask->sent > GATE_STAGE_SIZE || ask->room > GATE_STAGE_SIZE || ask->call == GATE_CANCEL)
        return false;
    if (ask->sent != 0 && g->stage_taken && !g->dead)
        return false; /* nothing was staged since the last post */
    *out = (struct gate_asked){
        .call = ask->call,
        .sent = (uint32_t)ask->sent,
        .room = (uint32_t)ask->room,
        .args = { ask->args[0], ask->args[1], ask->args[2], ask->args[3] },
    };
    return gate_ask_holds(out);
}

/* --- A call that is waited for. */

/* A dead gate, or a ring that a lying host does not empty: it is told all the same. */
static enum err exit_put(struct gate *g, const struct gate_asked *asked)
{
    submission_put(g, asked, id_next(g), g->stage_at);
    gate_sleep(g, GATE_FOREVER);
    g->dead = true;
    return ERR_HOST;
}

static bool may_cancel(const struct gate_pending *p)
{
    return (gate_rule_of(p->asked.call)->refusals & GATE_BIT(CANCELLED)) != 0;
}

static enum err cancel_put(struct gate *g, struct gate_pending **cancel, struct gate_pending *p)
{
    const struct gate_asked asked = { .call = GATE_CANCEL, .args = { p->id } };

    p->asked.cancelled = true;
    *cancel = call_put(g, &asked, false);
    return *cancel != NULL ? ERR_OK : ERR_USAGE;
}

/* Until p is answered, and the CANCEL of it where there was one. */
static enum err call_wait(struct gate *g, struct gate_pending *p, struct gate_pending **cancel)
{
    TRY(gate_collect(g));
    while (!p->answered || (*cancel != NULL && !(*cancel)->answered)) {
        if (*cancel == NULL && may_cancel(p) && g->ops->woken(g->context))
            TRY(cancel_put(g, cancel, p));
        TRY(gate_wait(g));
    }
    return ERR_OK;
}

/* Nothing of a handle may be in flight when it is closed; and what was written
 * before a shutdown goes out before it. */
static enum err handle_settle(struct gate *g, const struct gate_asked *asked)
{
    if (asked->call != GATE_STREAM_CLOSE && asked->call != GATE_STREAM_SHUTDOWN)
        return ERR_OK;
    TRY(gate_collect(g));
    while (gate_posted_to(g, asked->args[0]))
        TRY(gate_wait(g));
    if (asked->call == GATE_STREAM_CLOSE) /* the number may soon be another stream's */
        (void)gate_late_take(g, asked->args[0]);
    return ERR_OK;
}

enum err gate_call(struct gate *g, struct gate_ask *ask)
{
    struct gate_pending *p, *cancel = NULL;
    struct gate_asked asked;

    if (!asked_of(&asked, g, ask))
        return ERR_USAGE;
    if (asked.call == GATE_EXIT)
        return exit_put(g, &asked);
    if (g->dead)
        return ERR_HOST;
    TRY(handle_settle(g, &asked));
    TRY(stage_need(g));

    p = call_put(g, &asked, false);
    if (p == NULL)
        return ERR_USAGE;
    TRY(call_wait(g, p, &cancel));

    ask->refusal = (enum gate_refusal)p->answer.refusal;
    ask->value = p->answer.value;
    ask->back = (struct bytes){ gate_data(g, p->data_at), p->answer.data_size };
    if (cancel != NULL)
        gate_pending_free(cancel);
    gate_pending_free(p);
    return ERR_OK;
}

/* --- A call that nobody waits for. */

static void bell_ring(struct gate *g)
{
    shared_fence();
    if (shared_load32(&g->port->host_asleep) != 0)
        g->ops->bell(g->context);
}

/* Each write in flight may yet be refused, and each refusal needs a place. */
static bool late_has_room(const struct gate *g)
{
    return gate_late_count(g) + gate_posted_count(g) < GATE_POSTED_MAX;
}

enum err gate_post(struct gate *g, struct gate_ask *ask)
{
    struct gate_asked asked;

    if (!asked_of(&asked, g, ask) || (gate_rule_of(asked.call)->flags & GATE_POSTED) == 0 ||
        asked.room != 0)
        return ERR_USAGE;
    TRY(gate_collect(g));
    TRY(handle_settle(g, &asked));
    while (gate_posted_count(g) == GATE_POSTED_MAX ||
           (asked.call == GATE_STREAM_WRITE && gate_posted_count(g) != 0 && !late_has_room(g)))
        TRY(gate_wait(g));
    if (asked.call == GATE_STREAM_WRITE && !late_has_room(g))
        return gate_call(g, ask);

    if (call_put(g, &asked, true) == NULL)
        return ERR_USAGE;
    if (asked.sent != 0)
        g->stage_taken = true;
    ask->refusal = GATE_OK;
    ask->value = asked.sent;
    ask->back = (struct bytes){ 0 };
    bell_ring(g);
    return ERR_OK;
}

enum gate_refusal gate_posted_refusal(struct gate *g, uint32_t handle)
{
    if (gate_collect(g) != ERR_OK)
        return GATE_REFUSED_IO; /* and the next call says ERR_HOST */
    return gate_late_take(g, handle);
}

enum err gate_flush(struct gate *g)
{
    TRY(gate_collect(g));
    while (gate_posted_count(g) != 0)
        TRY(gate_wait(g));
    return ERR_OK;
}

enum err gate_park(struct gate *g, uint64_t park_ns)
{
    TRY(gate_collect(g));
    gate_sleep(g, park_ns);
    return gate_collect(g);
}
