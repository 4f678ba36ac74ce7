/* psa.c: PSA attestation tokens (RFC 9783): a COSE_Sign1 over the claims of a platform. */
#include "attest/anchor.h"
#include "attest/cca/token.h"

#define TOKEN_MAX ((size_t)16 << 10)

bool psa_is(struct bytes raw)
{
    struct reader payload;
    int64_t algorithm, key;

    if (!cose_sign1_peek(raw, &algorithm, &payload) || cbor_walk_head(&payload).type != CBOR_MAP ||
        cbor_peek(&payload) > CBOR_NEGATIVE)
        return false;
    key = cbor_walk_int(&payload);
    return !payload.bad && (key == 10 || key == 256 || key == 265 || key == 268 ||
                            (key >= 2394 && key <= 2400) || (key <= -75000 && key >= -75010));
}

static enum err psa_parse(struct cose *cose, struct cca_platform *out, struct bytes raw,
                          const char **wrong)
{
    *wrong = "it is larger than any token";
    if (raw.size > TOKEN_MAX)
        return ERR_LIMIT;
    *wrong = "it is not one COSE_Sign1";
    TRY(cose_parse(cose, raw, COSE_SIGN1, true));
    return cca_platform_parse(out, cose->payload, CCA_PSA, wrong);
}

enum err psa_describe(struct fields *f, const struct exhibit *e)
{
    struct cca_platform *p = arena_alloc(f->arena, sizeof *p);
    struct cose cose;
    const char *wrong;

    if (p == NULL)
        return ERR_NOMEM;
    TRY(psa_parse(&cose, p, e->raw, &wrong));
    fields_int(f, "alg", cose.headers.algorithm);
    cca_platform_describe(f, p, CCA_PSA);
    fields_bytes(f, "signature", cose.signature);
    return ERR_OK;
}

bool psa_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct cca_platform *p = arena_alloc(x->arena, sizeof *p);
    struct anchor_profile iak = { .what = "IAK", .bad_signature = REASON_bad_platform_signature };
    struct public_key key;
    struct cose cose;
    const char *wrong;
    enum err fault;

    c->platform = PLATFORM_PSA;
    if (p == NULL)
        return verdict_fail(v, REASON_out_of_memory, NULL);
    fault = psa_parse(&cose, p, e->raw, &wrong);
    if (fault != ERR_OK)
        return verdict_fail(
            v, fault == ERR_UNSUPPORTED ? REASON_unsupported_version : REASON_malformed_cbor,
            "%s: %s", e->name, wrong);
    verdict_pass(v, REASON_malformed_cbor, "PSA token");
    iak.owner = cca_owner(x->arena, p);
    if (!anchor_cose_check(v, c, x, &cose, &iak, &key) || !judge_report_data(v, c, x, p->challenge))
        return false;
    /* No measurement: a device has several components, and each is a register. */
    cca_platform_claim(c, x, p);
    c->report_data = p->challenge;
    (void)psa_describe(&c->own, e);
    return true;
}
