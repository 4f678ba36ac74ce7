/* form.h: AWS Nitro attestation documents told by their contents, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_NITRO_FORM_H
#define BROCH_ATTEST_NITRO_FORM_H

#include "base/bytes.h"

/* A COSE_Sign1 by ES384 whose payload begins like an attestation document. True for damaged
 * documents too: it is for the verifier to say what is wrong. */
bool nitro_is(struct bytes raw);

#endif
