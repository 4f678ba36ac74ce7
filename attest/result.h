/* result.h: a verdict for others to read: text, JSON, and EAR (draft-ietf-rats-ear-04 with the
 * trustworthiness vector of AR4SI) as JWT or CWT, signed by a key of the verifier's. */
#ifndef BROCH_ATTEST_RESULT_H
#define BROCH_ATTEST_RESULT_H

#include "attest/judge.h"

/* "accepted: genuine SEV-SNP …", then claims, checks, reason and cure. */
void result_text(struct writer *w, const struct verdict *v, const struct claims *c,
                 const struct judge_context *x);
/* One object:
 * {"verdict": "accepted"|"refused"|"undecided", "platform": "snp", "simulated": false,
 *  "reason": null | {"id","check","kind","sentence","detail","item","offset","rule","cure"},
 *  "checks": [{"check","detail","waived"}],
 *  "claims": {common claims; "tcb": {part: version}, "registers": {name: hex}, …,
 *             "own": {the platform's fields}}} */
void result_json(struct writer *w, const struct verdict *v, const struct claims *c,
                 const struct judge_context *x, bool pretty);

enum ear_form { EAR_JWT, EAR_CWT };
/* The key is an Ed25519 seed (crypto/sign.h). `now` is iat. */
enum err result_ear(struct writer *w, enum ear_form form, const struct verdict *v,
                    const struct claims *c, const struct judge_context *x, const uint8_t seed[32]);

#endif
