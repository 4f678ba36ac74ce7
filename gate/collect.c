#include "gate/collect.h"

#include "base/num.h"
#include "gate/shared.h"

void gate_pending_free(struct gate_pending *p) { *p = (struct gate_pending){ 0 }; }

size_t gate_posted_count(const struct gate *g)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(g->pending); i++)
        count += g->pending[i].id != 0 && g->pending[i].posted;
    return count;
}

static bool call_has_handle(uint32_t call)
{
    return call == GATE_STREAM_WRITE || call == GATE_STREAM_CLOSE;
}

bool gate_posted_to(const struct gate *g, uint64_t handle)
{
    for (size_t i = 0; i < COUNT_OF(g->pending); i++) {
        const struct gate_pending *p = &g->pending[i];

        if (p->id != 0 && p->posted && call_has_handle(p->asked.call) && p->asked.args[0] == handle)
            return true;
    }
    return false;
}

size_t gate_late_count(const struct gate *g)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(g->late); i++)
        count += g->late[i].refusal != GATE_OK;
    return count;
}

enum gate_refusal gate_late_take(struct gate *g, uint64_t handle)
{
    for (size_t i = 0; i < COUNT_OF(g->late); i++) {
        uint32_t refusal = g->late[i].refusal;

        if (refusal != GATE_OK && g->late[i].handle == handle) {
            g->late[i].refusal = GATE_OK;
            return (enum gate_refusal)refusal;
        }
    }
    return GATE_OK;
}

/* The first one of a handle stays; gate_post sees to it that there is a place. */
static void late_note(struct gate *g, uint32_t handle, uint32_t refusal)
{
    size_t place = COUNT_OF(g->late);

    for (size_t i = 0; i < COUNT_OF(g->late); i++) {
        if (g->late[i].refusal == GATE_OK)
            place = i;
        else if (g->late[i].handle == handle)
            return;
    }
    if (place < COUNT_OF(g->late)) {
        g->late[place].handle = handle;
        g->late[place].refusal = refusal;
    }
}

/* Nobody waits for it: what went wrong is kept for gate_posted_refusal. A write that
 * took less than all ended in an error, and its rest is lost. */
static void posted_done(struct gate *g, struct gate_pending *p)
{
    uint32_t refusal = p->answer.refusal;

    if (p->asked.call == GATE_STREAM_WRITE) {
        if (refusal == GATE_OK && p->answer.value != p->asked.sent)
            refusal = GATE_REFUSED_IO;
        if (refusal != GATE_OK)
            late_note(g, (uint32_t)p->asked.args[0], refusal);
    }
    gate_pending_free(p);
}

static struct gate_pending *pending_of(struct gate *g, uint32_t id)
{
    for (size_t i = 0; i < COUNT_OF(g->pending); i++)
        if (id != 0 && g->pending[i].id == id)
            return &g->pending[i];
    return NULL;
}

/* A CANCEL is answered after the call that it is for; keep.c frees them together. */
static bool cancel_holds(struct gate *g, const struct gate_asked *cancel)
{
    const struct gate_pending *target = pending_of(g, (uint32_t)cancel->args[0]);

    return target != NULL && target->answered;
}

static bool collect_one(struct gate *g)
{
    struct gate_completion copy = { 0 };
    struct gate_pending *p;

    shared_take(&copy, &g->port->completion[g->collected % GATE_RING_COUNT], sizeof copy);
    p = pending_of(g, copy.id);
    if (p == NULL || p->answered)
        return false; /* nobody asked, or it was answered before */
    if (g->submitted - g->taken >= g->submitted - p->index)
        return false; /* the host says itself that it has not seen it */
    if (!gate_answer_holds(&p->asked, &copy))
        return false;
    if (p->asked.call == GATE_CANCEL && !cancel_holds(g, &p->asked))
        return false;

    p->answer = copy;
    p->answered = true;
    g->collected++;
    if (p->posted)
        posted_done(g, p);
    return true;
}

/* What the host has taken never goes back, and never beyond what was put out. */
static bool taken_holds(struct gate *g)
{
    uint32_t taken = shared_load32(&g->port->taken);

    if (taken - g->taken > g->submitted - g->taken)
        return false;
    g->taken = taken;
    return true;
}

enum err gate_collect(struct gate *g)
{
    uint32_t count;

    if (g->dead)
        return ERR_HOST;
    count = shared_load32(&g->port->completed) - g->collected;
    if (count == 0)
        return ERR_OK;

    g->dead = true; /* until all of it has been judged */
    if (count > GATE_RING_COUNT || !taken_holds(g))
        return ERR_HOST;
    for (uint32_t i = 0; i < count; i++)
        if (!collect_one(g))
            return ERR_HOST;
    g->dead = false;
    shared_store32(&g->port->collected, g->collected);
    return ERR_OK;
}
