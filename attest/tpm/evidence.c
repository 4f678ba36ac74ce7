#include "attest/tpm/evidence.h"

#include "attest/tpm/algorithm.h"
#include "attest/tpm/signature.h"
#include "crypto/pcr.h"

/* Signature checks for one quote: more candidates are an attack on our time. */
#define TRIES_MAX 64u

bool tpm_evidence_open(struct tpm_evidence *out, struct verdict *v, const struct exhibit *e)
{
    enum err err = tpm_quote_parse(&out->quote, e->raw);

    out->exhibit = e;
    out->hash = TPM_ALG_NULL;
    if (err == ERR_UNSUPPORTED)
        return verdict_fail_at(v, REASON_unsupported_version, e->name, 4,
                               "an attestation of another kind than a quote, or unknown PCRs");
    if (err != ERR_OK)
        return verdict_fail_at(v, REASON_malformed, e->name, VERDICT_NO_OFFSET,
                               "TPMS_ATTEST of %zu bytes", e->raw.size);
    verdict_pass(v, REASON_malformed, "TPMS_ATTEST, quote");
    return true;
}

/* A bare signature does not name its hash: the digest that it is over does by its size. */
static uint16_t hash_by_size(size_t size)
{
    static const uint16_t hashes[] = { TPM_ALG_SHA256, TPM_ALG_SHA384, TPM_ALG_SHA512,
                                       TPM_ALG_SHA1 };

    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        if (tpm_digest_size(hashes[i]) == size)
            return hashes[i];
    return TPM_ALG_NULL;
}

bool tpm_evidence_is_weak(const struct tpm_evidence *t)
{
    for (uint32_t i = 0; i < t->quote.selection_count; i++)
        if (t->quote.selections[i].algorithm == TPM_ALG_SHA1)
            return true;
    return t->hash == TPM_ALG_SHA1 || t->quote.pcr_digest.size == 20;
}

const struct exhibit *tpm_evidence_part(const struct judge_context *x, const struct exhibit *quote,
                                        enum exhibit_kind kind, const struct exhibit *before)
{
    const struct exhibits *all = x->exhibits;
    const struct exhibit *e = NULL;
    bool has_parts = false;

#define IS_PART(e) \
    ((e)->parent != 0 && (e)->parent <= all->count && &all->items[(e)->parent - 1] == quote)
    while ((e = exhibit_next(all, kind, e)) != NULL)
        has_parts |= IS_PART(e);
    for (e = exhibit_next(all, kind, before); e != NULL; e = exhibit_next(all, kind, e))
        if (!has_parts || IS_PART(e))
            return e;
#undef IS_PART
    return NULL;
}

const struct public_key *tpm_evidence_signer(struct tpm_evidence *t, struct verdict *v,
                                             const struct judge_context *x,
                                             const struct public_key *keys, uint32_t key_count)
{
    const struct exhibit *e = NULL;
    uint32_t tries = 0, readable = 0;

    while ((e = tpm_evidence_part(x, t->exhibit, EXHIBIT_TPM_SIGNATURE, e)) != NULL) {
        struct tpm_signature s;

        if (tpm_signature_parse_any(&s, e->raw) != ERR_OK)
            continue;
        readable++;
        t->hash = s.hash != TPM_ALG_NULL ? s.hash : hash_by_size(t->quote.pcr_digest.size);
        for (uint32_t i = 0; i < key_count && tries < TRIES_MAX; i++, tries++) {
            enum signature_answer a = tpm_signature_check(&s, t->hash, &keys[i], t->quote.raw);

            if (a == SIGNATURE_WRONG)
                continue;
            /* Good, or the library could not say. */
            return signature_report(v, a, REASON_bad_tpm_signature, tpm_algorithm_name(s.scheme))
                       ? &keys[i]
                       : NULL;
        }
    }
    if (exhibit_next(x->exhibits, EXHIBIT_TPM_SIGNATURE, NULL) == NULL)
        verdict_fail(v, REASON_evidence_missing, "the signature of the quote");
    else if (readable == 0)
        verdict_fail(v, REASON_malformed, "the signature of the quote");
    else if (key_count == 0)
        verdict_fail(v, REASON_attestation_key_missing, "no key, public area or certificate");
    else
        verdict_fail(v, REASON_bad_tpm_signature, "by none of %u keys", key_count);
    return NULL;
}

static bool banks_judge(struct verdict *v, const struct judge_context *x,
                        const struct tpm_evidence *t)
{
    if (!tpm_evidence_is_weak(t)) {
        verdict_pass(v, REASON_sha1_bank, "%s", tpm_algorithm_name(t->hash));
        return true;
    }
    if (!x->rules.sha1_allowed)
        return verdict_fail(v, REASON_sha1_bank, "TPM_ALG_SHA1");
    verdict_waive(v, REASON_sha1_bank, "TPM_ALG_SHA1");
    return true;
}

/* "pcr7" in the bank of SHA-256, "sha384:pcr7" in others. */
static const char *register_name(struct arena *arena, const struct tpm_pcr *p)
{
    if (p->algorithm == TPM_ALG_SHA256)
        return verdict_format(arena, "pcr%u", (unsigned)p->index);
    return verdict_format(arena, "%s:pcr%u", tpm_algorithm_name(p->algorithm), (unsigned)p->index);
}

bool tpm_evidence_contents(struct verdict *v, struct claims *c, const struct judge_context *x,
                           const struct tpm_evidence *t)
{
    struct tpm_pcrs *pcrs = arena_alloc(x->arena, sizeof *pcrs);
    uint8_t *info = arena_alloc(x->arena, HASH_SHA256_SIZE);
    const struct tpm_quote *q = &t->quote;
    const struct exhibit *log;

    if (pcrs == NULL || info == NULL || hash_sha256(info, q->info) != ERR_OK)
        return verdict_fail(v, REASON_out_of_memory, "PCR values");
    if (!judge_report_data(v, c, x, q->extra_data) || !banks_judge(v, x, t) ||
        !tpm_registers_judge(pcrs, &log, v, x, t))
        return false;
    c->report_data = q->extra_data;
    /* The digest alone does not say of which registers: a system can bring free ones to the
     * values that firmware left in its own, and have those quoted. Of several quotes the one
     * of the bank that all have. */
    if (c->measurement.size == 0 || q->selections[0].algorithm == TPM_ALG_SHA256)
        c->measurement = (struct bytes){ info, HASH_SHA256_SIZE };
    for (uint32_t i = 0; i < q->selection_count; i++)
        for (uint32_t n = 0; n < PCR_COUNT; n++) {
            const struct tpm_pcr *p = tpm_pcrs_find(pcrs, q->selections[i].algorithm, n);

            if ((q->selections[i].pcrs >> n & 1) != 0 && p != NULL)
                claims_register(c, register_name(x->arena, p), p->value);
        }
    fields_group(&c->own, NULL);
    tpm_quote_fields(&c->own, q);
    tpm_log_claims(&c->own, t, log);
    fields_end(&c->own);
    return true;
}
