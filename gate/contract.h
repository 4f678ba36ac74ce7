/* contract.h: what calls.def says of each call in words, as two questions.
 *
 * gate_ask_holds judges a submission, gate_answer_holds an answer to it. Both sides
 * ask both: a side that breaks the contract itself learns it there, and one that is
 * lied to does too. Numbers alone are judged; what lies in the data area may still
 * change, and is its reader's to check. Pure. */
#ifndef BROCH_GATE_CONTRACT_H
#define BROCH_GATE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/abi.h"

/* A call as it was put out. */
struct gate_asked {
    uint32_t call;
    uint32_t sent;
    uint32_t room;
    bool cancelled; /* a CANCEL for it is out: only then CANCELLED is an answer */
    uint64_t args[4];
};

bool gate_ask_holds(const struct gate_asked *asked);
/* Of an asked one that holds. The id is the caller's to judge. */
bool gate_answer_holds(const struct gate_asked *asked, const struct gate_completion *answer);

#endif
