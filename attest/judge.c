#include "attest/judge.h"

#include "attest/nvidia/form.h"
#include "attest/policy.h"
#include "attest/snp/cert.h"
#include "base/ct.h"
#include "base/reader.h"

/* What a verdict starts from, the most composite first: an HCL report has a hardware report
 * inside, and a TPM's quote beside it. */
static const struct {
    enum exhibit_kind kind;
    platform_judge *judge;
} starts[] = {
    { EXHIBIT_HCL_REPORT, azure_judge },     { EXHIBIT_SNP_REPORT, snp_judge },
    { EXHIBIT_QUOTE, dcap_judge },           { EXHIBIT_TPM_QUOTE, tpm_judge },
    { EXHIBIT_NITRO, nitro_judge },          { EXHIBIT_CCA_TOKEN, cca_judge },
    { EXHIBIT_NVIDIA_REPORT, nvidia_judge }, { EXHIBIT_SE_RESPONSE, se_judge },
    { EXHIBIT_PSA_TOKEN, psa_judge },        { EXHIBIT_SIM, sim_judge },
};
#define START_COUNT (sizeof starts / sizeof *starts)

/* Kinds that may lie beside an HCL report: they are parts of one piece of evidence. */
static bool azure_has(enum exhibit_kind k)
{
    return k == EXHIBIT_SNP_REPORT || k == EXHIBIT_QUOTE || k == EXHIBIT_TPM_QUOTE;
}

static const char *item_name(const struct exhibit *e) { return e->name != NULL ? e->name : ""; }

struct start {
    const struct exhibit *evidence;
    const struct exhibit *carrier; /* the certificate or request that it came in, or NULL */
    platform_judge *judge;
    bool is_endorsement;
};

/* A TPM quotes its banks one by one: quotes that came in one message are one machine's word, and
 * tpm_judge judges all of them. */
static bool is_same_machine(const struct exhibit *a, const struct exhibit *b)
{
    return a->kind == EXHIBIT_TPM_QUOTE && b->kind == EXHIBIT_TPM_QUOTE && a->source == b->source;
}

/* One piece of evidence and no other: whoever gives two must not get a verdict on the one
 * that he did not mean. The same bytes twice are one piece, several GPUs are one machine. */
static bool other_find(struct verdict *v, const struct judge_context *x, const struct start *s)
{
    for (size_t i = 0; i < START_COUNT; i++) {
        enum exhibit_kind kind = starts[i].kind;
        const struct exhibit *e = NULL;

        if (kind == EXHIBIT_NVIDIA_REPORT && s->evidence->kind == kind)
            continue;
        if (s->evidence->kind == EXHIBIT_HCL_REPORT && azure_has(kind))
            continue;
        while ((e = exhibit_next(x->exhibits, kind, e)) != NULL)
            if (e != s->evidence && !bytes_equal(e->raw, s->evidence->raw) &&
                !is_same_machine(e, s->evidence))
                return verdict_fail_at(v, REASON_ambiguous_evidence, item_name(e),
                                       VERDICT_NO_OFFSET, "%s beside %s", exhibit_kind_name(kind),
                                       exhibit_kind_name(s->evidence->kind));
    }
    return true;
}

static const struct exhibit *carrier_of(const struct exhibits *x, const struct exhibit *e)
{
    static const enum exhibit_kind carriers[] = { EXHIBIT_RATLS_CERT, EXHIBIT_RATLS_REQUEST,
                                                  EXHIBIT_RATLS_EVIDENCE };

    if (e->parent != 0 && e->parent <= x->count) {
        const struct exhibit *parent = &x->items[e->parent - 1];

        for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
            if (parent->kind == carriers[i])
                return parent;
    }
    return NULL;
}

/* A certificate or request that was to carry evidence, and carries none: nobody may take the
 * key in it for a keep's (lesson I1). */
static const struct exhibit *empty_carrier(const struct judge_context *x)
{
    const struct exhibit *e = exhibit_next(x->exhibits, EXHIBIT_RATLS_REQUEST, NULL);

    return e != NULL ? e : exhibit_next(x->exhibits, EXHIBIT_RATLS_CERT, NULL);
}

/* A carrier that is given must be the one that the evidence came in, and the only one: whoever
 * lays a second certificate beside it, with the same evidence copied into it, must not have
 * that one's key taken for the keep's. */
static bool carrier_find(struct verdict *v, const struct judge_context *x, struct start *s)
{
    const struct exhibit *e = NULL;

    s->carrier = carrier_of(x->exhibits, s->evidence);
    for (uint32_t i = 0; s->carrier == NULL && i < x->exhibits->count; i++) {
        e = &x->exhibits->items[i];
        /* The evidence was given twice, in a certificate and alone. */
        if (e->kind == s->evidence->kind && e->role == EXHIBIT_EVIDENCE &&
            bytes_equal(e->raw, s->evidence->raw))
            s->carrier = carrier_of(x->exhibits, e);
    }
    for (uint32_t i = 0; i < x->exhibits->count; i++) {
        e = &x->exhibits->items[i];
        if ((e->kind != EXHIBIT_RATLS_CERT && e->kind != EXHIBIT_RATLS_REQUEST) ||
            e->role != EXHIBIT_EVIDENCE)
            continue;
        if (s->carrier == NULL)
            return verdict_fail_at(v, REASON_evidence_missing, item_name(e), VERDICT_NO_OFFSET,
                                   "%s that does not carry the evidence beside it",
                                   exhibit_kind_name(e->kind));
        if (!bytes_equal(e->raw, s->carrier->raw))
            return verdict_fail_at(v, REASON_ambiguous_evidence, item_name(e), VERDICT_NO_OFFSET,
                                   "%s beside another carrier of evidence",
                                   exhibit_kind_name(e->kind));
    }
    return true;
}

/* DER, or a list in PEM, that cannot be read. Where lists may be missing, one that was cut in
 * half must not count as missing. */
static bool is_spoilt(const struct judge_context *x, const struct exhibit *e)
{
    static const char head[] = "-----BEGIN X509 CRL";
    struct reader r = reader_of(e->raw), der = r;

    return x->rules.crl_optional &&
           (reader_u8(&der) == 0x30 ||
            bytes_equal(reader_take(&r, sizeof head - 1), BYTES_TEXT(head)));
}

static bool unknown_find(struct verdict *v, const struct judge_context *x)
{
    const struct exhibit *e = NULL;

    for (uint32_t i = 0; i < x->exhibits->count; i++) {
        e = &x->exhibits->items[i];
        if (e->kind == EXHIBIT_UNKNOWN && (e->role != EXHIBIT_ENDORSEMENT || is_spoilt(x, e)))
            return verdict_fail_at(v, REASON_unknown_evidence, item_name(e), 0,
                                   "%zu bytes of no form that we know", e->raw.size);
    }
    return true;
}

/* Objects that are judged without evidence: manifests, and a vendor's certificates. */
static bool endorsement_start(struct start *s, const struct judge_context *x)
{
    const struct exhibit *e = exhibit_next(x->exhibits, EXHIBIT_RIM, NULL);

    if (e != NULL && e->role == EXHIBIT_EVIDENCE) {
        *s = (struct start){ .evidence = e, .judge = rim_judge, .is_endorsement = true };
        return true;
    }
    while ((e = exhibit_next(x->exhibits, EXHIBIT_CERT, e)) != NULL) {
        if (e->role != EXHIBIT_EVIDENCE)
            continue;
        if (x->kind == PLATFORM_SE) {
            *s = (struct start){ .evidence = e, .judge = se_judge, .is_endorsement = true };
            return true;
        }
        if (x->kind == PLATFORM_SNP || snp_cert_is(e->raw)) {
            *s = (struct start){ .evidence = e, .judge = snp_judge };
            return true;
        }
    }
    return false;
}

static bool start_find(struct start *s, struct verdict *v, const struct judge_context *x)
{
    const struct exhibit *e;

    *s = (struct start){ 0 };
    if (!unknown_find(v, x))
        return false;
    for (size_t i = 0; i < START_COUNT && s->evidence == NULL; i++) {
        s->evidence = exhibit_next(x->exhibits, starts[i].kind, NULL);
        s->judge = starts[i].judge;
    }
    if (s->evidence != NULL)
        return other_find(v, x, s) && carrier_find(v, x, s);
    e = empty_carrier(x);
    if (e != NULL) { /* it refuses, and says why */
        *s = (struct start){ .evidence = e, .judge = ratls_judge };
        return true;
    }
    if (endorsement_start(s, x))
        return true;
    return verdict_fail(v, REASON_evidence_missing, "no evidence among %u pieces",
                        x->exhibits->count);
}

/* Evidence in a certificate answers for the certificate's key: what the caller expects is
 * compared by ratls_judge. */
static bool start_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                        const struct start *s)
{
    struct judge_context inner = *x;

    if (s->carrier == NULL)
        return s->judge(v, c, x, s->evidence);
    inner.nonce = inner.report_data = (struct bytes){ 0 };
    return s->judge(v, c, &inner, s->evidence) && ratls_judge(v, c, x, s->carrier);
}

/* What a maker publishes for everybody is good, and proves no machine: whoever waits for
 * evidence must not take it for that. */
static bool endorsement_agrees(struct verdict *v, struct claims *c, const struct judge_context *x,
                               const struct start *s)
{
    c->is_endorsement = s->is_endorsement;
    if (!s->is_endorsement)
        return true;
    if (!x->rules.endorsement_allowed)
        return verdict_fail(v, REASON_evidence_missing, "the %s is good; there is no evidence",
                            exhibit_kind_name(s->evidence->kind));
    verdict_waive(v, REASON_evidence_missing, "a %s alone", exhibit_kind_name(s->evidence->kind));
    return true;
}

static bool kind_agrees(struct verdict *v, const struct claims *c, const struct judge_context *x)
{
    if (x->kind == PLATFORM_NONE || c->platform == x->kind)
        return true;
    return verdict_fail(v, REASON_unknown_evidence, "the evidence is of %s, not of %s",
                        platform_name(c->platform), platform_name(x->kind));
}

/* What the caller expects has to have been compared: a platform that has no place for it must
 * not pass for having answered. */
static bool expectation_met(struct verdict *v, const struct claims *c,
                            const struct judge_context *x)
{
    if ((x->nonce.size == 0 && x->report_data.size == 0) || c->is_fresh)
        return true;
    return verdict_fail(v, REASON_nonce_mismatch, "nothing in this evidence can answer it");
}

static bool policy_load(struct verdict *v, struct judge_context *x)
{
    struct policy_error error;
    bool only_caller_roots;
    struct policy *p;

    if (x->policy == NULL) {
        if (policy_parse(&p, x->arena, policy_builtin(BYTES_TEXT("default")), &error) != ERR_OK)
            return verdict_fail(v, REASON_out_of_memory, "the default policy");
        x->policy = p;
    }
    only_caller_roots = x->rules.only_caller_roots;
    policy_rules(&x->rules, x->policy);
    x->rules.only_caller_roots |= only_caller_roots;
    return true;
}

/* Of a machine with several devices each has to be accepted. */
static bool policy_accepts(struct verdict *v, const struct claims *c, const struct judge_context *x)
{
    for (; c != NULL; c = c->next)
        if (!policy_judge(v, c, x))
            return false;
    return true;
}

void judge(struct verdict *v, struct claims *c, const struct judge_context *given)
{
    struct judge_context x = *given;
    struct start s;
    bool good;

    verdict_init(v, x.arena);
    *c = (struct claims){ 0 };
    fields_init(&c->own, x.arena);
    good = policy_load(v, &x) && start_find(&s, v, &x) && start_judge(v, c, &x, &s) &&
           endorsement_agrees(v, c, &x, &s) && kind_agrees(v, c, &x) && expectation_met(v, c, &x) &&
           policy_accepts(v, c, &x);
    if (!good || !verdict_good(v)) {
        /* A verifier that says no without a reason has a fault; it is still a no. */
        if (verdict_good(v))
            (void)verdict_fail(v, REASON_crypto_failed, "no reason was given");
        if (reason_text(v->reason)->kind == REASON_KIND_REFUSED)
            v->code = VERDICT_REFUSED;
        /* One of two expectations may have been met before the other failed. */
        c->is_fresh &=
            v->reason != REASON_nonce_mismatch && v->reason != REASON_report_data_mismatch;
        return;
    }
    v->code = VERDICT_ACCEPTED;
}

bool judge_report_data(struct verdict *v, struct claims *c, const struct judge_context *x,
                       struct bytes found)
{
    struct bytes wanted[] = { x->report_data, x->nonce };

    for (size_t i = 0; i < 2; i++) {
        enum reason why = i == 0 ? REASON_report_data_mismatch : REASON_nonce_mismatch;
        struct bytes rest = found;

        if (wanted[i].size == 0)
            continue;
        if (wanted[i].size > found.size)
            return verdict_fail(v, why, "%zu bytes were expected, the evidence has %zu",
                                wanted[i].size, found.size);
        rest.data += wanted[i].size;
        rest.size -= wanted[i].size;
        if (!ct_equal(wanted[i], (struct bytes){ found.data, wanted[i].size }) || !ct_zero(rest))
            return verdict_fail(v, why, "%s instead of %s", verdict_hex(x->arena, found),
                                verdict_hex(x->arena, wanted[i]));
        c->is_fresh = true;
        verdict_pass(v, why, "%zu bytes", wanted[i].size);
    }
    return true;
}
