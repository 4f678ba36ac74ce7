/* value.h: the inside of a CoMID (draft-ietf-rats-corim-11, 5): triples, environments,
 * measurements and keys. For attest/corim/ alone. */
#ifndef BROCH_ATTEST_CORIM_VALUE_H
#define BROCH_ATTEST_CORIM_VALUE_H

#include "attest/corim/corim.h"
#include "base/num.h"

struct corim_read {
    struct arena *arena;
    struct corim_value *values;
    uint32_t count, capacity;
    bool is_snp_profile;
    const char **wrong;
};

enum err corim_comid_read(struct corim_read *read, struct bytes comid);
/* AMD's profile, named by URI (tag 32), alone or in an array. */
bool corim_profile_is_snp(struct bytes profile);

#endif
