/* form.h: Arm CCA and PSA tokens told by their contents, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_CCA_FORM_H
#define BROCH_ATTEST_CCA_FORM_H

#include "base/bytes.h"

/* Tag 399 or 907, or neither, over a map with a platform token. */
bool cca_is(struct bytes raw);
/* A COSE_Sign1 whose payload is a map that begins with a claim of PSA tokens. */
bool psa_is(struct bytes raw);

#endif
