/* anchor.h: signatures by a bare public key that the caller names: platforms without
 * certificates (CCA, PSA, sim).
 *
 * A key of --root is trusted. One that merely lies beside the evidence could be anybody's: it
 * counts where the rules say so, and is then reported as waived. */
#ifndef BROCH_ATTEST_ANCHOR_H
#define BROCH_ATTEST_ANCHOR_H

#include "attest/judge.h"
#include "codec/cose.h"

struct anchor_profile {
    const char *what;   /* "CPAK", for details */
    struct bytes owner; /* keys of a store count only if they are this one's; empty: any */
    enum reason bad_signature;
    const struct public_key *embedded; /* that the evidence itself names, for when none was given
                                          and the rules need no anchor; or NULL */
};

/* The COSE_Sign1 is signed by one of the EXHIBIT_KEYs, which is then in *key. Sets c->root to
 * its SubjectPublicKeyInfo, and c->is_hardware where it is one that the caller trusts: for
 * these platforms his word stands where a maker's root would. */
bool anchor_cose_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                       const struct cose *cose, const struct anchor_profile *profile,
                       struct public_key *key);
/* It is signed by this key. ECDSA keys are of the curve that has the algorithm's strength
 * (RFC 9864 has these pairs alone), and the algorithm is in the protected header. */
bool anchor_key_check(struct verdict *v, const struct judge_context *x, const struct cose *cose,
                      const struct public_key *key, enum reason bad_signature, const char *what);

#endif
