/* value.h: the inside of a CoMID (draft-ietf-rats-corim-11, 5): triples, environments,
 * measurements and keys. For attest/corim/ alone. */
#ifndef BROCH_ATTEST_CORIM_VALUE_H
#define BROCH_ATTEST_CORIM_VALUE_H

#include "attest/corim/corim.h"
#include "base/num.h"

/* Profiles, named by URI (tag 32), alone or in an array. */
enum corim_profile {
    CORIM_PROFILE_NONE,
    CORIM_PROFILE_SNP,
    CORIM_PROFILE_CCA_PLATFORM,
    CORIM_PROFILE_CCA_REALM,
    CORIM_PROFILE_PSA,
    CORIM_PROFILE_PARSEC_TPM,
};

struct corim_read {
    struct arena *arena;
    struct corim_value *values;
    uint32_t count, capacity;
    enum corim_profile profile;
    const char **wrong;
};

enum err corim_comid_read(struct corim_read *read, struct bytes comid);
/* NONE for a profile that we have no rules of: those of CoRIM itself hold then. */
enum corim_profile corim_profile_of(struct bytes profile);
/* What in a value breaks its profile's rules, or NULL; value.c has AMD's. */
const char *corim_profile_fault(enum corim_profile profile, const struct corim_value *v);

#endif
