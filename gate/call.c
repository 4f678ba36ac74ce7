#include "gate/call.h"

#include "base/num.h"

static const struct gate_rule rules[GATE_CALLS_MAX + 1] = {
#define GATE_CALL(number, NAME, name, sent_max, back_max, value_max, flags, refusals, contract) \
    [number] = { number, #name, sent_max, back_max, value_max, flags, refusals },
#include "gate/calls.def"
#undef GATE_CALL
};

/* A number beyond GATE_CALLS_MAX would not compile above; twice the same one would
 * (the later wins), so they are counted. */
enum {
    CALLS_COUNT = 0
#define GATE_CALL(...) +1
#include "gate/calls.def"
#undef GATE_CALL
};
_Static_assert(CALLS_COUNT <= GATE_CALLS_MAX, "at most twenty typed calls");

#define GATE_CALL(number, NAME, name, sent_max, back_max, value_max, flags, refusals, contract) \
    _Static_assert((sent_max) <= 65536 && (back_max) <= 65536, #name ": what a stage holds");   \
    _Static_assert((refusals) < 2u << GATE_REFUSALS_MAX, #name ": refusals that there are");    \
    _Static_assert(((refusals)&1u) == 0, #name ": GATE_OK is no refusal");
#include "gate/calls.def"
#undef GATE_CALL

const struct gate_rule *gate_rule_of(uint32_t number)
{
    if (number >= COUNT_OF(rules) || rules[number].number == 0)
        return NULL;
    return &rules[number];
}
