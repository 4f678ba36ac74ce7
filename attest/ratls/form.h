/* form.h: certificates and requests that carry evidence, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_RATLS_FORM_H
#define BROCH_ATTEST_RATLS_FORM_H

#include "attest/exhibit.h"
#include "codec/x509.h"

/* CBOR that begins as the evidence of interoperable RA-TLS does: an array of two or more under
 * a tag that this project reads (carrier.h). */
bool ratls_evidence_is(struct bytes raw);
/* Adds what is carried: evidence, certificates, revocation lists, TCB info; all with `parent`.
 * How many pieces; 0: it carries no evidence, or none that can be read. `name` has to last. */
uint32_t ratls_unwrap_cert(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                           const char *name, const struct x509 *c);
uint32_t ratls_unwrap_request(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                              const char *name, const struct x509_request *q);
uint32_t ratls_unwrap_evidence(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                               const char *name, struct bytes raw);

#endif
