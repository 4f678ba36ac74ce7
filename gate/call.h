/* call.h: calls.def as a table. */
#ifndef BROCH_GATE_CALL_H
#define BROCH_GATE_CALL_H

#include "gate/abi.h"

struct gate_rule {
    uint32_t number;
    const char *name;
    uint32_t sent_max;
    uint32_t back_max;
    uint64_t value_max;
    uint32_t flags;    /* enum gate_call_flag */
    uint32_t refusals; /* bits: 1 << enum gate_refusal */
};

/* NULL where there is no such call. */
const struct gate_rule *gate_rule_of(uint32_t number);

#endif
