/* chain.h: the certificates of a device and of a reference manifest, and what OCSP says of
 * them.
 *
 * NVIDIA publishes no revocation lists: every certificate below the root is asked about with
 * OCSP (RFC 6960). A response counts when its responder is the issuer itself, or was certified
 * for that (id-kp-OCSPSigning) by an authority above the certificate in its chain. The rules may
 * let a response be missing; one that is given has to be of this time. A hold is a refusal: who
 * wants a device that NVIDIA has put on hold leaves the response away and lets the policy
 * waive revocation, which the verdict then says. */
#ifndef BROCH_ATTEST_NVIDIA_CHAIN_H
#define BROCH_ATTEST_NVIDIA_CHAIN_H

#include "attest/chain.h"

struct nvidia_chain_profile {
    struct chain_profile chain;
    const struct root *roots;
    uint32_t root_count;
};

/* chain_check, and revocation by EXHIBIT_OCSP. */
bool nvidia_chain_check(struct chain *out, struct verdict *v, struct claims *c,
                        const struct judge_context *x, struct bytes leaf, const struct bytes *extra,
                        uint32_t extra_count, const struct nvidia_chain_profile *profile);

#endif
