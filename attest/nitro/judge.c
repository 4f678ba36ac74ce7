#include "attest/anchor.h"
#include "attest/chain.h"
#include "attest/nitro/document.h"
#include "attest/roots.h"
#include "base/ct.h"
#include "base/moment.h"

/* "CRL must be disabled when doing the validation" (AWS Nitro Enclaves User Guide, "Verifying
 * the root of trust", chain validation): the leaf lives three hours and its issuers days, and
 * AWS hands out no lists with documents. So none is ever asked for, however strict the policy;
 * but one that the caller gives is used. */
static bool has_list(const struct judge_context *x, const struct x509 *issuer)
{
    for (const struct exhibit *e = NULL; (e = exhibit_next(x->exhibits, EXHIBIT_CRL, e)) != NULL;) {
        struct bytes by = x509_crl_issuer_peek(e->raw);

        if (by.size == 0 || bytes_equal(by, issuer->subject)) /* unreadable: it may be the one */
            return true;
    }
    return false;
}

static bool revocation_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                             const struct chain *chain)
{
    bool checked = false;

    for (uint32_t i = 1; i < chain->count; i++) {
        if (!has_list(x, &chain->certs[i]))
            continue;
        if (!chain_revocation(v, c, x, &chain->certs[i], &chain->certs[i - 1],
                              REASON_certificate_revoked, NULL, 0))
            return false;
        checked = true;
    }
    if (!checked)
        verdict_waive(v, REASON_crl_missing,
                      "certificates of Nitro live for hours and AWS wants no lists used");
    return true;
}

static bool chain_of_document(struct verdict *v, struct claims *c, const struct judge_context *x,
                              const struct nitro_document *d, struct chain *chain)
{
    struct chain_profile profile = { .what = "Nitro certificate", .skip_revocation = true };
    uint32_t count;
    const struct root *roots = roots_aws_nitro(&count);

    return chain_check(chain, v, c, x, d->certificate, d->cabundle, d->cabundle_count, roots, count,
                       &profile) &&
           revocation_check(v, c, x, chain);
}

/* What the caller expects: its challenge in `nonce`, its own data in `user_data`. Neither
 * field is padded: the whole of it counts. */
static bool freshness_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                            const struct nitro_document *d)
{
    if (x->nonce.size != 0) {
        if (!d->has_nonce || !ct_equal(x->nonce, d->nonce))
            return verdict_fail(v, REASON_nonce_mismatch, "nonce is %s, expected %s",
                                d->has_nonce ? verdict_hex(x->arena, d->nonce) : "absent",
                                verdict_hex(x->arena, x->nonce));
        verdict_pass(v, REASON_nonce_mismatch, "nonce");
        c->is_fresh = true;
    }
    if (x->report_data.size != 0) {
        if (!d->has_user_data || !ct_equal(x->report_data, d->user_data))
            return verdict_fail(v, REASON_report_data_mismatch, "user_data is %s, expected %s",
                                d->has_user_data ? verdict_hex(x->arena, d->user_data) : "absent",
                                verdict_hex(x->arena, x->report_data));
        verdict_pass(v, REASON_report_data_mismatch, "user_data");
        c->is_fresh = true;
    }
    return true;
}

static void claims_fill(struct claims *c, const struct nitro_document *d, const struct exhibit *e,
                        const struct chain *chain)
{
    c->vendor = "AWS";
    c->is_hardware = chain->root != NULL;
    c->is_debug = nitro_document_is_debug(d) ? CLAIM_YES : CLAIM_NO;
    c->chip_id = d->module_id;
    c->measurement = d->pcrs[0];
    if (d->pcrs[8].size != 0 && !ct_zero(d->pcrs[8])) /* zero: the image was not signed */
        c->signer = d->pcrs[8];
    for (uint32_t i = 0; i < NITRO_PCRS_MAX; i++)
        if (d->pcrs[i].size != 0)
            claims_register(c, fields_name(&c->own, "pcr", i), d->pcrs[i]);
    c->report_data = d->nonce;
    c->host_data = d->user_data;
    if (d->timestamp / 1000 <= MOMENT_MOST)
        c->produced_at = (int64_t)(d->timestamp / 1000);
    (void)nitro_describe(&c->own, e);
}

bool nitro_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                 const struct exhibit *e)
{
    struct nitro_document d;
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);
    const char *wrong;

    c->platform = PLATFORM_NITRO;
    if (chain == NULL)
        return verdict_fail(v, REASON_out_of_memory, NULL);
    if (nitro_document_parse(&d, e->raw, &wrong) != ERR_OK)
        return verdict_fail(v, REASON_malformed_cbor, "%s: %s", e->name, wrong);
    verdict_pass(v, REASON_malformed_cbor, "Nitro attestation document");
    if (!d.cose.headers.has_algorithm || d.cose.headers.algorithm != COSE_ES384)
        return verdict_fail(v, REASON_unsupported_algorithm,
                            "COSE algorithm %lld; documents are signed with ES384 (-35)",
                            (long long)d.cose.headers.algorithm);
    if (!chain_of_document(v, c, x, &d, chain) ||
        !anchor_key_check(v, x, &d.cose, &chain->certs[0].key, REASON_bad_cose_signature,
                          "ES384 by the document's certificate") ||
        !freshness_check(v, c, x, &d))
        return false;
    claims_fill(c, &d, e, chain);
    return true;
}
