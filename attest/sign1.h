/* sign1.h: a COSE_Sign1 (RFC 9052, 4.2) of our own: EdDSA with Ed25519, the algorithm alone in
 * the protected header, the payload inside, tag 18. */
#ifndef BROCH_ATTEST_SIGN1_H
#define BROCH_ATTEST_SIGN1_H

#include "base/arena.h"
#include "codec/cose.h"

/* The seed is crypto/sign.h's. ERR_NOMEM, ERR_LIMIT (no room at w), ERR_IO. */
enum err sign1_make(struct writer *w, struct arena *arena, struct bytes payload,
                    const uint8_t seed[32]);
/* ERR_OK: that Ed25519 key signed it. ERR_INVALID: it did not, or the message is of another
 * form. Any other error: nobody knows. */
enum err sign1_check(const struct cose *c, struct arena *arena, struct bytes key);

#endif
