/* form.h: our own development evidence told by their contents, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_SIM_FORM_H
#define BROCH_ATTEST_SIM_FORM_H

#include "base/bytes.h"

/* A COSE_Sign1 by EdDSA whose payload begins {1: "sim"}. */
bool sim_is(struct bytes raw);

#endif
