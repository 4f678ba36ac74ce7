/* judge.h: evidence, endorsements, roots, time and policy in; verdict and claims out.
 *
 * The one way to a verdict. No I/O, no clock, no globals: everything is in the context, and
 * two threads with two contexts do not meet. Memory comes from the context's arena; after a
 * verdict the caller resets it and the next verdict allocates nothing new. */
#ifndef BROCH_ATTEST_JUDGE_H
#define BROCH_ATTEST_JUDGE_H

#include "attest/claims.h"
#include "attest/exhibit.h"
#include "attest/signature.h"
#include "attest/verdict.h"
#include "base/key.h"

/* What a verifier may let pass, by the policy's word. All false is the strict default. What
 * is let pass is reported with verdict_waive, never in silence. */
struct judge_rules {
    bool crl_optional;           /* no list of revocations is needed; one that is given is used, and
                                 a certificate that it names is refused even if it is stale */
    bool collateral_optional;    /* TCB info, QE identity, RIMs, event logs likewise */
    bool masked_chip_allowed;    /* SNP reports whose CHIP_ID is masked */
    bool unanchored_key_allowed; /* TPM, CCA, PSA, sim: a key given as a file beside the evidence
                                    is trusted; strict wants it as --root */
    bool trailing_bytes_allowed; /* zeros after a quote: clouds hand out fixed buffers */
    bool host_requested_allowed; /* SNP reports that the host asked for (VMPL FFFFFFFF) */
    bool sha1_allowed;           /* TPM quotes of SHA-1 banks */
    bool endorsement_allowed;    /* a manifest or a host key document without any evidence */
    bool only_caller_roots;      /* the built-in roots are not trusted: --only-roots */
};

struct policy; /* attest/policy.h */

struct judge_context {
    struct arena *arena;
    const struct exhibits *exhibits;
    int64_t now;                 /* seconds since 1970, UTC: the time to judge at */
    enum platform kind;          /* PLATFORM_NONE: what the evidence is */
    struct bytes report_data;    /* expected; empty: not checked. Shorter than the field: the
                                    rest has to be zero */
    struct bytes nonce;          /* expected; empty: not checked. Where a platform has no nonce
                                    it is compared as report_data */
    struct judge_rules rules;    /* judge() takes them from the policy */
    const struct policy *policy; /* NULL: the built-in default (attest/policy.h) */
    struct signature_memo *memo; /* signatures over endorsements found good before; or NULL */
};

/* Judges. *v and *c are valid whatever comes. */
void judge(struct verdict *v, struct claims *c, const struct judge_context *x);

/* One platform's verifier: authenticity alone, no policy. false: v has the reason. Each is in
 * attest/<platform>/. `e` is the piece of evidence that it starts from. */
typedef bool platform_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                            const struct exhibit *e);
platform_judge snp_judge, dcap_judge, tpm_judge, azure_judge, nitro_judge, cca_judge, nvidia_judge,
    se_judge, psa_judge, sim_judge;
/* Without evidence: a reference manifest alone (its signature and chain). */
platform_judge rim_judge;
/* The binding of a certificate or request to the evidence that it carries, after that evidence
 * was judged; `e` is the RATLS_CERT, RATLS_REQUEST or RATLS_EVIDENCE exhibit. */
platform_judge ratls_judge;

/* Field by field, without judging: for `broch inspect`. ERR_MALFORMED with what could be read
 * in *f. Each kind's is in attest/<platform>/; attest/inspect.c has the table. */
typedef enum err exhibit_describe(struct fields *f, const struct exhibit *e);
exhibit_describe snp_describe, dcap_quote_describe, tcb_info_describe, qe_identity_describe,
    tpm_quote_describe, tpm_signature_describe, tpm_pcrs_describe, tpm_public_describe,
    event_log_describe, hcl_describe, nitro_describe, cca_describe, nvidia_describe, se_describe,
    psa_describe, sim_describe, ratls_describe, cert_describe, crl_describe, ocsp_describe,
    key_describe, rim_describe, corim_describe, distrust_describe;
enum err inspect_describe(struct fields *f, const struct exhibit *e);

/* Compares what the context expects (nonce, report_data) with the evidence's 64 bytes or less:
 * all of it, prefix and zeros, in constant time; sets c->is_fresh. */
bool judge_report_data(struct verdict *v, struct claims *c, const struct judge_context *x,
                       struct bytes found);

#endif
