/* evidence.h: the judging of one quote, whoever vouches for its key: used by tpm_judge, and
 * by azure_judge, where hardware vouches for it. */
#ifndef BROCH_ATTEST_TPM_EVIDENCE_H
#define BROCH_ATTEST_TPM_EVIDENCE_H

#include "attest/judge.h"
#include "attest/tpm/pcrs.h"
#include "attest/tpm/quote.h"

struct tpm_evidence {
    const struct exhibit *exhibit;
    struct tpm_quote quote;
    uint16_t hash; /* of the signature, and of the PCR digest */
};

/* The form. */
bool tpm_evidence_open(struct tpm_evidence *out, struct verdict *v, const struct exhibit *e);
/* A bank of SHA-1, or a signature or digest by it. */
bool tpm_evidence_is_weak(const struct tpm_evidence *t);
/* Which of the keys signed it, by any of the signatures that came with it; NULL: v has the
 * reason. */
const struct public_key *tpm_evidence_signer(struct tpm_evidence *t, struct verdict *v,
                                             const struct judge_context *x,
                                             const struct public_key *keys, uint32_t key_count);
/* What is signed: challenge, banks, registers, event log; then the claims from it. Fields go
 * to c->own: one group for the quote, into an open list. */
bool tpm_evidence_contents(struct verdict *v, struct claims *c, const struct judge_context *x,
                           const struct tpm_evidence *t);
/* registers.c: the registers against values or log. *log: one that leads to all of them; or
 * NULL. */
bool tpm_registers_judge(struct tpm_pcrs *out, const struct exhibit **log, struct verdict *v,
                         const struct judge_context *x, const struct tpm_evidence *t);
/* registers.c: what that log says that registers vouch for: firmware, secure boot. */
void tpm_log_claims(struct fields *own, const struct tpm_evidence *t, const struct exhibit *log);
/* The next exhibit of that kind that may belong to the quote: those that came as its parts if
 * there are any, else all. */
const struct exhibit *tpm_evidence_part(const struct judge_context *x, const struct exhibit *quote,
                                        enum exhibit_kind kind, const struct exhibit *before);

#endif
