/* The host's side as it is shipped, but for what it stores: serve_answer is ours, and the
 * honest one says what an honest host would. */
#define _GNU_SOURCE

#include <pthread.h>
#include <string.h>

#include "gate/shared.h"
#include "tests/liar/real.h"

static enum err honest_answer(struct serve *s, struct serve_call *c, enum gate_refusal refusal,
                              uint64_t value, uint32_t back_size);
static enum err honest_take(struct serve *s, struct serve_call **out);
static bool honest_has_answer(const struct serve *s);
static void honest_sleeps(struct serve *s, bool asleep);

#define serve_answer honest_answer
#define serve_take honest_take
#define serve_has_answer honest_has_answer
#define serve_sleeps honest_sleeps
#include "gate/serve.c"
#undef serve_answer
#undef serve_take
#undef serve_has_answer
#undef serve_sleeps

static struct gate_completion before;
static pthread_mutex_t before_lock = PTHREAD_MUTEX_INITIALIZER;

struct gate_completion real_before(void)
{
    struct gate_completion copy;

    pthread_mutex_lock(&before_lock);
    copy = before;
    pthread_mutex_unlock(&before_lock);
    return copy;
}

static void before_is(const struct gate_completion *answer)
{
    pthread_mutex_lock(&before_lock);
    before = *answer;
    pthread_mutex_unlock(&before_lock);
}

void real_complete(struct serve *s, const struct gate_completion *answer)
{
    shared_put(&s->port->completion[s->completed % GATE_RING_COUNT], answer, sizeof *answer);
    s->completed++;
    shared_store32(&s->port->completed, s->completed);
}

static void lie_tell(const struct real_answer *a)
{
    const struct real_verb *verb = a->lie->verb;
    struct gate_completion answer = a->honest;

    real_count_lie();
    if (verb->tell != NULL) {
        verb->tell(a);
        return;
    }
    if (verb->data != NULL)
        verb->data(a->c->back, a->c->back_room, a->lie);
    if (verb->change != NULL)
        verb->change(&answer, a->lie->number[0]);
    real_complete(a->s, &answer);
}

enum err serve_answer(struct serve *s, struct serve_call *c, enum gate_refusal refusal,
                      uint64_t value, uint32_t back_size)
{
    const struct gate_completion honest = {
        .id = c->id,
        .refusal = refusal,
        .value = value,
        .data_size = back_size,
    };
    const struct real_lie *lie = real_plan_answer(c->call);
    enum err e = ERR_OK;

    if (lie == NULL) {
        e = honest_answer(s, c, refusal, value, back_size);
    } else {
        lie_tell(&(struct real_answer){ .s = s, .c = c, .honest = honest, .lie = lie });
        *c = (struct serve_call){ 0 };
    }
    before_is(&honest);
    return e;
}

/* EXIT is never answered by who is honest: this one does, or looks away. */
static bool exit_is_refused(struct serve *s, struct serve_call *c)
{
    const struct real_lie *lie = c->call == GATE_EXIT ? real_plan_answer(c->call) : NULL;

    if (lie == NULL)
        return false;
    lie_tell(&(struct real_answer){ .s = s, .c = c, .honest = { .id = c->id }, .lie = lie });
    *c = (struct serve_call){ 0 };
    return true;
}

enum err serve_take(struct serve *s, struct serve_call **out)
{
    TRY(honest_take(s, out));
    if (*out == NULL)
        return ERR_OK;
    real_count_call((*out)->call);
    if (exit_is_refused(s, *out))
        *out = NULL;
    return ERR_OK;
}

/* A park that returns for no reason. */
bool serve_has_answer(const struct serve *s)
{
    const struct real_lie *lie = real_plan_has("park-returns");

    if (lie == NULL)
        return honest_has_answer(s);
    real_count_lie();
    return true;
}

/* The bell is wanted always, or never, or by a number that is none. */
void serve_sleeps(struct serve *s, bool asleep)
{
    const struct real_lie *lie = real_plan_has("asleep");

    honest_sleeps(s, asleep);
    if (lie == NULL)
        return;
    real_count_lie();
    shared_store32(&s->port->host_asleep, (uint32_t)lie->number[0]);
}
