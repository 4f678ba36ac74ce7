/* Every call against every lie. What the program in the keep gets is what an honest
 * host sent, or nothing; and a lie that can be seen ends the gate for good. */
#include "tests/liar/liar.h"

#include <stdlib.h>

#include "base/num.h"
#include "gate/call.h"
#include "tests/check.h"
#include "tests/liar/more.h"

static struct liar_result result; /* 64 KiB: not on a stack */

/* The call has the honest answer of its case, to the last byte. */
static void check_honest(const struct liar_case *c)
{
    CHECK_OK(result.e);
    CHECK_EQ(result.ask.refusal, GATE_OK);
    if (!c->posts)
        CHECK_EQ(result.ask.value, c->value);
    CHECK_EQ(result.copied, c->size);
    for (uint32_t i = 0; i < result.copied; i++)
        if (result.bytes[i] != liar_byte(i)) {
            CHECK_EQ(result.bytes[i], liar_byte(i));
            break;
        }
}

/* Nothing was told to the program, and nothing is said to the host any more. */
static void check_dead(void)
{
    struct gate_ask again = { .call = GATE_CLOCK, .room = sizeof(struct gate_clock) };
    uint32_t submitted = liar.gate.submitted;

    if (!liar.c->posts)
        CHECK_EQ(result.ask.value, 0);
    CHECK_NULL(result.ask.back.data);
    CHECK_EQ(result.copied, 0);
    CHECK_ERR(gate_call(&liar.gate, &again), ERR_HOST);
    CHECK_ERR(gate_park(&liar.gate, 0), ERR_HOST);
    CHECK_EQ(liar.gate.submitted, submitted);
}

void liar_check(enum liar_end end)
{
    if (end == LIAR_NEVER) {
        CHECK(result.never);
        CHECK_NULL(result.ask.back.data);
        return;
    }
    if (!CHECK(!result.never))
        return;
    if (end == LIAR_EITHER)
        end = result.e == ERR_HOST ? LIAR_DIES : LIAR_GOES_ON;
    if (end == LIAR_GOES_ON) {
        check_honest(liar.c);
        return;
    }
    CHECK_ERR(result.e, ERR_HOST);
    check_dead();
}

void liar_try(void) { liar_run(&result); }

const struct liar_result *liar_last(void) { return &result; }

void liar_case_open(const char *call, const char *name)
{
    char whole[160];

    snprintf(whole, sizeof whole, "%s: %s", call, name);
    CASE(whole);
}

bool liar_holds(bool holds, const char *text, const char *file, int line)
{
    return check_that_(holds, text, file, line);
}

static bool has_case(uint32_t call)
{
    for (size_t i = 0; i < liar_cases_count; i++)
        if (liar_cases[i].call == call)
            return true;
    /* These two are driven on their own, below. */
    return call == GATE_EXIT || call == GATE_CANCEL;
}

static void test_table(void)
{
    CASE("every call of calls.def is driven");
#define GATE_CALL(number, ...) CHECK(has_case(number));
#include "gate/calls.def"
#undef GATE_CALL

    CASE("what may be posted is posted too");
    for (size_t i = 0; i < liar_cases_count; i++) {
        bool posted = false;

        if ((gate_rule_of(liar_cases[i].call)->flags & GATE_POSTED) == 0)
            continue;
        for (size_t k = 0; k < liar_cases_count; k++)
            posted |= liar_cases[k].call == liar_cases[i].call && liar_cases[k].posts;
        CHECK(posted);
    }
}

static void test_lie(const struct liar_case *c, const struct liar_lie *lie)
{
    if (lie->applies != NULL && !lie->applies(c))
        return;
    liar_case_open(c->name, lie->name);
    liar_begin(c);
    liar.park = lie->park;
    liar.change = lie->change;
    liar.number = lie->number;
    liar_try();
    liar_check(lie->end);
}

/* --- Refusals: each number, alone and with something it must not bring. */

static void refuse(struct liar *l, struct gate_completion *a)
{
    *a = (struct gate_completion){ .id = a->id, .refusal = (uint32_t)l->number };
}

static void refuse_with_value(struct liar *l, struct gate_completion *a)
{
    refuse(l, a);
    a->value = 1;
}

static void refuse_with_data(struct liar *l, struct gate_completion *a)
{
    refuse(l, a);
    a->data_size = 1;
}

/* By calls.def, and by what it says of AGAIN and CANCELLED. */
static bool is_honest_refusal(const struct liar_case *c, uint32_t refusal)
{
    if (refusal > GATE_REFUSALS_MAX || (gate_rule_of(c->call)->refusals & (1u << refusal)) == 0)
        return false;
    if (refusal == GATE_REFUSED_AGAIN)
        return c->args[c->call == GATE_STREAM_READ ? 2 : 1] == GATE_NOWAIT;
    return refusal != GATE_REFUSED_CANCELLED;
}

static void refused(const struct liar_case *c, uint32_t refusal,
                    void (*change)(struct liar *l, struct gate_completion *a))
{
    liar_begin(c);
    liar.change = change;
    liar.number = refusal;
    liar_try();
    if (change != refuse || !is_honest_refusal(c, refusal)) {
        liar_check(LIAR_DIES);
        return;
    }
    CHECK_OK(result.e);
    CHECK_EQ(result.ask.back.size, 0);
    if (c->posts)
        CHECK_EQ(gate_posted_refusal(&liar.gate, (uint32_t)c->args[0]), refusal);
    else
        CHECK_EQ(result.ask.refusal, refusal);
}

static void test_refusals(const struct liar_case *c)
{
    static const uint32_t beyond[] = { 9,           16,          31,        32,      33,
                                       36,          64,          255,       256 + 4, 65536 + 4,
                                       0x80000000u, 0x80000004u, UINT32_MAX };

    liar_case_open(c->name, "every refusal there is, and others");
    for (uint32_t refusal = 1; refusal <= GATE_REFUSALS_MAX; refusal++) {
        refused(c, refusal, refuse);
        refused(c, refusal, refuse_with_value);
        refused(c, refusal, refuse_with_data);
    }
    for (size_t i = 0; i < COUNT_OF(beyond); i++)
        refused(c, beyond[i], refuse);
}

int main(void)
{
    if (!liar_open())
        return 1;
    test_table();
    for (size_t i = 0; i < liar_cases_count; i++) {
        for (size_t k = 0; k < liar_lies_count; k++)
            test_lie(&liar_cases[i], &liar_lies[k]);
        test_refusals(&liar_cases[i]);
        liar_test_order(&liar_cases[i]);
        liar_test_fetches(&liar_cases[i]);
    }
    liar_test_exit();
    liar_test_cancel();
    liar_test_thread();
    liar_test_launch();
    liar_close();
    return check_done();
}
