/* Lies about more than one call: swapped, out of order, again later, too early; and
 * the two calls that are not driven like others. */
#include "base/num.h"
#include "tests/liar/more.h"

/* A WAKE that nobody waits for, in flight before the victim. */
static void wake_post(void)
{
    struct gate_ask ask = { .call = GATE_WAKE, .args = { 2 } };

    HOLDS(gate_post(&liar.gate, &ask) == ERR_OK);
    liar.victim = liar.gate.submitted;
}

static void reversed(struct liar *l)
{
    struct gate_completion first = liar_answer(l, l->victim - 1);
    struct gate_completion second = liar_answer(l, l->victim);

    liar_take(l);
    liar_complete(l, &second);
    liar_complete(l, &first);
}

static void swapped(struct liar *l)
{
    struct gate_completion first = liar_answer(l, l->victim - 1);
    struct gate_completion second = liar_answer(l, l->victim);
    uint32_t id = first.id;

    first.id = second.id;
    second.id = id;
    liar_take(l);
    liar_complete(l, &first);
    liar_complete(l, &second);
}

/* Its answer, to the one and to the other. */
static void both_with_one_id(struct liar *l)
{
    struct gate_completion answer = liar_answer(l, l->victim - 1);

    liar_take(l);
    liar_complete(l, &answer);
    liar_complete(l, &answer);
}

static void later_again(const struct liar_case *c)
{
    struct gate_completion before;

    liar_case_open(c->name, "answered again, when the next call waits");
    liar_begin(c);
    liar_try();
    liar_check(LIAR_GOES_ON);
    before = liar.port->completion[(liar.completed - 1) % GATE_RING_COUNT];
    liar_complete(&liar, &before);
    liar.victim = liar.gate.submitted;
    liar_try();
    liar_check(LIAR_DIES);
}

/* The ids of a keep are no secret: the next one can be answered before it is asked.
 * That is a host that is very fast, or one that is caught; the answer is judged. */
static void early(const struct liar_case *c)
{
    struct gate_completion a = { .id = liar.gate.next_id + 1 };

    liar_case_open(c->name, "answered before it was asked");
    liar_begin(c);
    a = (struct gate_completion){ .id = liar.gate.next_id + 1,
                                  .value = c->value,
                                  .data_size = c->size };
    for (uint32_t i = 0; i < c->size; i++)
        ((uint8_t *)liar.port)[GATE_DATA_AT + i] = liar_byte(i);
    liar_complete(&liar, &a);
    liar_try();
    liar_check(LIAR_DIES);

    liar_case_open(c->name, "taken and answered before it was asked");
    liar_begin(c);
    a.id = liar.gate.next_id + 1;
    liar_complete(&liar, &a);
    liar.port->taken = liar.gate.submitted + 1;
    HOLDS(gate_park(&liar.gate, 0) == ERR_HOST);
}

void liar_test_order(const struct liar_case *c)
{
    liar_case_open(c->name, "answered before an older call");
    liar_begin(c);
    wake_post();
    liar.park = reversed;
    liar_try();
    liar_check(LIAR_GOES_ON);

    liar_case_open(c->name, "with another call's id");
    liar_begin(c);
    wake_post();
    liar.park = swapped;
    liar_try();
    liar_check(c->value == 0 && c->size == 0 ? LIAR_GOES_ON : LIAR_DIES);

    liar_case_open(c->name, "the other call answered in its place");
    liar_begin(c);
    wake_post();
    liar.park = both_with_one_id;
    liar_try();
    liar_check(LIAR_DIES);

    later_again(c);
    early(c);
}

/* --- EXIT is never answered, and nothing keeps it from being said. */

static void exit_once(void (*park)(struct liar *l), bool dead)
{
    static const struct liar_case exit_case = { .name = "exit", .call = GATE_EXIT };
    struct gate_ask ask = { .call = GATE_EXIT, .args = { 3, GATE_END_EXIT } };

    liar_begin(&exit_case);
    liar.park = park;
    if (dead) {
        liar.port->completed += GATE_RING_COUNT + 1;
        HOLDS(gate_park(&liar.gate, 0) == ERR_HOST);
    }
    liar.victim = liar.gate.submitted;
    HOLDS(gate_call(&liar.gate, &ask) == ERR_HOST);
    HOLDS(liar_submission(&liar, liar.victim)->call == GATE_EXIT);
    HOLDS(liar_submission(&liar, liar.victim)->args[0] == 3);
    HOLDS(gate_park(&liar.gate, 0) == ERR_HOST);
}

static void silent(struct liar *l) { (void)l; }

void liar_test_exit(void)
{
    liar_case_open("exit", "answered, as if one could go on");
    exit_once(NULL, false);
    liar_case_open("exit", "not answered");
    exit_once(silent, false);
    liar_case_open("exit", "on a gate that is dead");
    exit_once(NULL, true);
}

/* --- CANCEL: a read that waits, and a signal. */

static const struct liar_case waiting_read = {
    .name = "cancel",
    .call = GATE_STREAM_READ,
    .args = { 3, 100 },
    .room = 100,
    .value = 100,
    .size = 100,
};

struct cancel_row {
    const char *name;
    enum liar_end end;
    /* What is said, in this order; call 0 is none. Both ids are the right ones. */
    struct {
        uint32_t call; /* GATE_STREAM_READ or GATE_CANCEL */
        uint32_t refusal;
        uint64_t value;
    } say[3];
};

static const struct cancel_row cancels[] = {
    { "done by then", LIAR_GOES_ON, { { GATE_STREAM_READ, 0, 100 }, { GATE_CANCEL, 1, 0 } } },
    { "done meanwhile", LIAR_GOES_ON, { { GATE_STREAM_READ, 0, 100 }, { GATE_CANCEL, 0, 0 } } },
    { "the CANCEL answered first",
      LIAR_DIES,
      { { GATE_CANCEL, 0, 0 }, { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 } } },
    { "the CANCEL refused first",
      LIAR_DIES,
      { { GATE_CANCEL, GATE_REFUSED_AGAIN, 0 }, { GATE_STREAM_READ, 0, 100 } } },
    { "the CANCEL alone", LIAR_DIES, { { GATE_CANCEL, 0, 0 } } },
    { "the call alone", LIAR_NEVER, { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 } } },
    { "cancelled twice",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 },
        { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 },
        { GATE_CANCEL, 0, 0 } } },
    { "cancelled, and read",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 },
        { GATE_STREAM_READ, 0, 100 },
        { GATE_CANCEL, 0, 0 } } },
    { "the CANCEL answered twice",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 },
        { GATE_CANCEL, 0, 0 },
        { GATE_CANCEL, 0, 0 } } },
    { "a CANCEL with a number",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 }, { GATE_CANCEL, 0, 1 } } },
    { "a CANCEL that failed",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 }, { GATE_CANCEL, GATE_REFUSED_IO, 0 } } },
    { "a CANCEL that was cancelled",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 },
        { GATE_CANCEL, GATE_REFUSED_CANCELLED, 0 } } },
    { "a read that says AGAIN",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_AGAIN, 0 }, { GATE_CANCEL, 0, 0 } } },
    { "cancelled, with bytes",
      LIAR_DIES,
      { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 100 }, { GATE_CANCEL, 0, 0 } } },
};

static void cancel_park(struct liar *l)
{
    const struct cancel_row *row = (const struct cancel_row *)l->row;

    if (l->parks > 1)
        return;
    HOLDS(liar_submission(l, l->victim + 1)->call == GATE_CANCEL);
    HOLDS(liar_submission(l, l->victim + 1)->args[0] == liar_submission(l, l->victim)->id);
    liar_take(l);
    for (size_t i = 0; i < COUNT_OF(row->say) && row->say[i].call != 0; i++) {
        uint32_t index = l->victim + (row->say[i].call == GATE_CANCEL);
        struct gate_completion a = liar_answer(l, index);

        a.refusal = row->say[i].refusal;
        a.value = row->say[i].value;
        a.data_size = a.refusal == GATE_OK && index == l->victim ? 100 : 0;
        liar_complete(l, &a);
    }
}

static void cancelled_by_nobody(struct liar *l, struct gate_completion *a)
{
    (void)l;
    *a = (struct gate_completion){ .id = a->id, .refusal = GATE_REFUSED_CANCELLED };
}

void liar_test_cancel(void)
{
    static const struct cancel_row honest = {
        "", LIAR_GOES_ON, { { GATE_STREAM_READ, GATE_REFUSED_CANCELLED, 0 }, { GATE_CANCEL, 0, 0 } }
    };

    for (size_t i = 0; i < COUNT_OF(cancels); i++) {
        liar_case_open("cancel", cancels[i].name);
        liar_begin(&waiting_read);
        liar.is_woken = true;
        liar.row = &cancels[i];
        liar.park = cancel_park;
        liar_try();
        liar_check(cancels[i].end);
    }

    liar_case_open("cancel", "cancelled");
    liar_begin(&waiting_read);
    liar.is_woken = true;
    liar.row = &honest;
    liar.park = cancel_park;
    liar_try();
    HOLDS(liar_last()->e == ERR_OK);
    HOLDS(liar_last()->ask.refusal == GATE_REFUSED_CANCELLED);
    HOLDS(liar_last()->copied == 0);

    liar_case_open("cancel", "cancelled by nobody");
    liar_begin(&waiting_read);
    liar.change = cancelled_by_nobody;
    liar_try();
    liar_check(LIAR_DIES);
}
