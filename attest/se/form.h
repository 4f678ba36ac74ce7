/* form.h: IBM Secure Execution's evidence told by its contents, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_SE_FORM_H
#define BROCH_ATTEST_SE_FORM_H

#include "attest/judge.h"

/* pvattest's exchange format (exchange.h), or an attestation request control block (arcb.h). */
bool se_is(struct bytes raw);
/* A host key document: a certificate that IBM's signing key issued, by its issuer's name. */
bool se_cert_is(struct bytes der);

#endif
