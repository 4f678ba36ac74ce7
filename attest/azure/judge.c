/* judge.c: a vTPM whose keys hardware vouches for: report of the chip -> hash of the runtime
 * data -> the vTPM's attestation key in them -> quote -> challenge and registers.
 *
 * The report of the hardware is made once, at boot: nothing in it answers a challenge. What
 * the caller expects is compared with the quote alone. The paravisor is what the hardware
 * measures and what keeps the key: so the report has to be its own (VMPL 0). */
#include "attest/judge.h"
#include "attest/azure/hcl.h"
#include "attest/dcap/body.h"
#include "attest/dcap/quote.h"
#include "attest/snp/report.h"
#include "attest/tpm/evidence.h"
#include "base/ct.h"
#include "codec/jose.h"

/* The context for the hardware's part: no challenge, and no event log, which is the vTPM's. */
static bool inner_context(struct judge_context *out, struct verdict *v,
                          const struct judge_context *x)
{
    struct exhibits *copy;

    *out = *x;
    out->nonce = out->report_data = (struct bytes){ 0 };
    if (exhibit_next(x->exhibits, EXHIBIT_EVENT_LOG, NULL) == NULL)
        return true;
    copy = arena_alloc(x->arena, sizeof *copy);
    if (copy == NULL)
        return verdict_fail(v, REASON_out_of_memory, "exhibits");
    *copy = *x->exhibits;
    for (uint32_t i = 0; i < copy->count; i++)
        if (copy->items[i].kind == EXHIBIT_EVENT_LOG)
            copy->items[i].kind = EXHIBIT_KIND_COUNT;
    out->exhibits = copy;
    return true;
}

/* Reports that lie beside must be the one that counts. */
static bool beside_judge(struct verdict *v, const struct judge_context *x, enum exhibit_kind kind,
                         struct bytes wanted)
{
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(x->exhibits, kind, e)) != NULL)
        if (!bytes_equal(e->raw, wanted))
            return verdict_fail_at(v, REASON_hardware_report_mismatch, e->name, VERDICT_NO_OFFSET,
                                   "%s", exhibit_kind_name(kind));
    return true;
}

static bool snp_part(struct verdict *v, struct claims *c, const struct judge_context *x,
                     const struct exhibit *e, const struct hcl *h)
{
    struct exhibit inner = *e;
    struct snp_report report;
    bool good;

    inner.kind = EXHIBIT_SNP_REPORT;
    inner.raw = hcl_hardware_report(h);
    if (!beside_judge(v, x, EXHIBIT_SNP_REPORT, inner.raw) ||
        !beside_judge(v, x, EXHIBIT_QUOTE, (struct bytes){ 0 }))
        return false;
    fields_group(&c->own, "snp");
    good = snp_judge(v, c, x, &inner);
    fields_end(&c->own);
    if (!good || snp_report_parse(&report, inner.raw) != ERR_OK)
        return false;
    c->platform = PLATFORM_AZURE_SNP;
    return verdict_check(v, report.vmpl == 0, REASON_vmpl_not_allowed,
                         "VMPL %u, and the paravisor's is 0", report.vmpl);
}

static bool tdx_part(struct verdict *v, struct claims *c, const struct judge_context *x,
                     const struct hcl *h)
{
    const struct exhibit *e = exhibit_next(x->exhibits, EXHIBIT_QUOTE, NULL);
    struct td_report report;
    struct quote quote;
    bool good;

    if (e == NULL)
        return verdict_fail(v, REASON_evidence_missing, "the TD's quote");
    if (td_report_parse(&report, hcl_hardware_report(h)) != ERR_OK)
        return verdict_fail(v, REASON_malformed, "TDREPORT");
    if (!beside_judge(v, x, EXHIBIT_QUOTE, e->raw) ||
        !beside_judge(v, x, EXHIBIT_SNP_REPORT, (struct bytes){ 0 }))
        return false;
    fields_group(&c->own, "td");
    good = dcap_judge(v, c, x, e);
    fields_end(&c->own);
    if (!good || quote_parse(&quote, e->raw, NULL) != ERR_OK)
        return false;
    c->platform = PLATFORM_AZURE_TDX;
    return verdict_check(v, quote.is_tdx && td_report_matches(&report, &quote.td),
                         REASON_hardware_report_mismatch, "the TD's quote and its TDREPORT");
}

/* report_data is the hash of the JSON as it is, and zeros behind it. */
static bool runtime_judge(struct verdict *v, const struct hcl *h)
{
    struct reader r = reader_of(hcl_report_data(h));
    uint8_t digest[HASH_SIZE_MAX];
    size_t size;

    if (hcl_digest(digest, &size, h) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "runtime data");
    return verdict_check(v,
                         ct_equal(reader_take(&r, size), (struct bytes){ digest, size }) &&
                             ct_zero(reader_take(&r, r.left)),
                         REASON_runtime_data_mismatch, "%zu bytes of JSON", h->claims.size);
}

static bool key_find(struct public_key *out, struct verdict *v, struct claims *c,
                     const struct judge_context *x, const struct hcl *h)
{
    struct json *claims;
    const struct json *jwk;
    struct json_error at = { 0 };

    if (json_parse(&claims, x->arena, h->claims, &at) != ERR_OK)
        return verdict_fail_at(v, REASON_runtime_data_malformed, "runtime data", at.offset, "JSON");
    jwk = hcl_key(claims, BYTES_TEXT("HCLAkPub"));
    if (jwk == NULL || jwk_parse(out, x->arena, jwk) != ERR_OK)
        return verdict_fail(v, REASON_runtime_data_malformed, "HCLAkPub");
    verdict_pass(v, REASON_runtime_data_malformed, "HCLAkPub");
    hcl_claims(&c->own, h, claims);
    return true;
}

static bool quote_part(struct verdict *v, struct claims *c, const struct judge_context *x,
                       const struct public_key *key)
{
    const struct exhibit *e = exhibit_next(x->exhibits, EXHIBIT_TPM_QUOTE, NULL);
    struct bytes measurement = c->measurement; /* the hardware's word */
    struct tpm_evidence t;
    bool good;

    if (e == NULL)
        return verdict_fail(v, REASON_evidence_missing, "the vTPM's quote");
    for (const struct exhibit *o = e; o != NULL;
         o = exhibit_next(x->exhibits, EXHIBIT_TPM_QUOTE, o))
        if (!bytes_equal(o->raw, e->raw))
            return verdict_fail_at(v, REASON_ambiguous_evidence, o->name, VERDICT_NO_OFFSET,
                                   "two quotes of a vTPM");
    if (!tpm_evidence_open(&t, v, e) || tpm_evidence_signer(&t, v, x, key, 1) == NULL)
        return false;
    fields_list(&c->own, "quotes");
    c->is_fresh = false;
    good = tpm_evidence_contents(v, c, x, &t);
    fields_end(&c->own);
    c->measurement = measurement;
    return good;
}

bool azure_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                 const struct exhibit *e)
{
    struct judge_context inner;
    struct public_key key;
    struct hcl h;
    enum err err = hcl_parse(&h, e->raw);

    if (err == ERR_UNSUPPORTED)
        return verdict_fail_at(v, REASON_unsupported_version, e->name, VERDICT_NO_OFFSET,
                               "version, type of report or hash");
    if (err != ERR_OK)
        return verdict_fail_at(v, REASON_malformed, e->name, VERDICT_NO_OFFSET,
                               "HCL report of %zu bytes", e->raw.size);
    verdict_pass(v, REASON_malformed, "HCL report, version %u", h.version);
    return inner_context(&inner, v, x) &&
           (h.report_type == HCL_REPORT_SNP ? snp_part(v, c, &inner, e, &h)
                                            : tdx_part(v, c, &inner, &h)) &&
           runtime_judge(v, &h) && key_find(&key, v, c, x, &h) && quote_part(v, c, x, &key);
}
