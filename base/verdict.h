/* verdict.h: the outcome of judging evidence. Zeroed memory is never an acceptance, and no
 * single flipped bit makes one. */
#ifndef BROCH_BASE_VERDICT_H
#define BROCH_BASE_VERDICT_H

enum verdict_code {
    VERDICT_UNDECIDED = 0, /* could not be judged: malformed, or collateral is missing */
    VERDICT_REFUSED = 0x33,
    VERDICT_ACCEPTED = 0x5a,
};

#endif
