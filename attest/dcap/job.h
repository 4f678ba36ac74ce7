/* job.h: what the files of the DCAP verifier hand to each other during one verdict. Not for
 * other folders: they call dcap_judge (attest/judge.h). */
#ifndef BROCH_ATTEST_DCAP_JOB_H
#define BROCH_ATTEST_DCAP_JOB_H

#include "attest/chain.h"
#include "attest/dcap/level.h"
#include "crypto/pcr.h"

#define DCAP_CERTS_MAX 8u /* in one quote: three are usual */

struct dcap_job {
    struct verdict *v;
    struct claims *c;
    const struct judge_context *x;
    const struct exhibit *e;
    struct quote q;
    struct bytes certs[DCAP_CERTS_MAX]; /* of the quote, DER, in its order */
    uint32_t cert_count;
    struct chain *pck_chain; /* certs[0] is the PCK certificate once there is a chain */
    struct x509 *pck_cert;
    struct pck pck;
    struct chain *signer_chain; /* the last TCB signing certificate that was found good */
    bool has_signer;
    bool has_tcb_info, has_qe_identity;
    struct tcb_info tcb_info;
    struct qe_identity qe_identity;
    struct tcb_outcome outcome;
};

/* certs.c: the certificates of the quote, the PCK among them or among the exhibits, and its
 * chain. */
bool dcap_certs(struct dcap_job *j);
bool dcap_pck_find(struct dcap_job *j);
bool dcap_pck_chain(struct dcap_job *j);
/* The quote's certificates as far as they can be read, for describing. */
uint32_t dcap_certs_read(struct bytes *out, struct arena *arena, const struct quote *q);
struct public_key dcap_attestation_key(struct bytes xy);

/* collateral.c: TCB info and QE identity: choice, signature, dates, outcome. */
bool dcap_collateral(struct dcap_job *j);

/* rtmr.c: event logs beside the quote of a TD against its RTMRs. */
bool dcap_event_logs(struct dcap_job *j);
/* A log in JSON: an array of {imr, event_type, digest, event, event_payload} (dstack). */
enum err rtmr_json_replay(struct pcr_bank *out, struct arena *arena, struct bytes text);

#endif
