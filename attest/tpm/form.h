/* form.h: what TPM evidence looks like from outside: whether bytes are of a form, by their
 * contents alone. A yes says that the whole parses, and nothing about whether it is true. */
#ifndef BROCH_ATTEST_TPM_FORM_H
#define BROCH_ATTEST_TPM_FORM_H

#include "attest/exhibit.h"

bool tpm_quote_is(struct bytes raw);     /* TPMS_ATTEST of type quote */
bool tpm_signature_is(struct bytes raw); /* TPMT_SIGNATURE; a bare one cannot be told */
bool tpm_pcrs_is(struct bytes raw);      /* tpm2-tools' file; bare values cannot be told */
bool tpm_public_is(struct bytes raw);    /* TPMT_PUBLIC or TPM2B_PUBLIC */
bool event_log_is(struct bytes raw);     /* TCG event log, either format, CCEL too */
bool tpm_protobuf_is(struct bytes raw);  /* go-tpm-tools' Attestation message */
/* Puts the pieces of such a message before the judge: the AK, each quote with its signature
 * and PCR values (whose parent is the quote), the event log, the AK's certificates. The
 * number of pieces; 0: it is none, or there are too many. */
uint32_t tpm_protobuf_add(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                          const char *name, struct bytes raw);

#endif
