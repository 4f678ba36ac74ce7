#include "attest/nvidia/chain.h"

#include "base/ct.h"
#include "base/num.h"
#include "crypto/hash.h"

#define OCSP_CERTIFICATES_MAX 8u

/* --- who answers */

/* extKeyUsage (RFC 5280, 4.2.1.12) names id-kp-OCSPSigning. */
static bool may_answer(const struct x509 *c)
{
    static const uint8_t oid_usage[] = { 0x55, 0x1d, 0x25 };
    static const uint8_t oid_ocsp_signing[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09 };
    const struct x509_extension *e = x509_extension(c, BYTES_OF(oid_usage));
    struct reader outer, r;

    if (e == NULL)
        return false;
    outer = reader_of(e->value);
    r = der_enter(&outer, DER_SEQUENCE);
    while (reader_ok(&r) && r.left > 0)
        if (bytes_equal(der_take_oid(&r), BYTES_OF(oid_ocsp_signing)))
            return reader_ok(&r);
    return false;
}

static bool answer_is_signed(struct verdict *v, const struct judge_context *x,
                             const struct x509_ocsp *o, const struct x509 *signer)
{
    if (signer->key.kind == KEY_NONE || o->signature_kind == SIGNATURE_NONE)
        return verdict_fail(v, REASON_unsupported_algorithm, "of an OCSP response");
    return signature_report(
        v, signature_check_der(&signer->key, o->signature_kind, o->tbs, o->signature, x->memo),
        REASON_ocsp_bad_signature, "OCSP response");
}

/* A certificate of `path` above certs[at]. A device certifies its own attestation keys, and who
 * has taken its key out could certify a responder with it: nobody answers for himself. */
static bool is_above(const struct chain *path, uint32_t at, const struct x509 *c)
{
    for (uint32_t i = at + 1; i < path->count; i++)
        if (bytes_equal(path->certs[i].subject, c->subject) &&
            key_equal(&path->certs[i].key, &c->key))
            return true;
    return false;
}

/* The responder is the issuer, or the first of the response's own certificates. */
static bool responder_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                            const struct x509_ocsp *o, const struct chain *path, uint32_t at,
                            const struct nvidia_chain_profile *profile)
{
    struct nvidia_chain_profile p = *profile;
    struct bytes certificates[OCSP_CERTIFICATES_MAX];
    struct reader r = reader_of(o->certificates);
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);
    uint32_t count = 0;

    if (chain == NULL)
        return verdict_fail(v, REASON_out_of_memory, "OCSP responder");
    if (bytes_equal(o->responder_name, path->certs[at + 1].subject))
        return answer_is_signed(v, x, o, &path->certs[at + 1]);
    while (reader_ok(&r) && r.left > 0 && count < OCSP_CERTIFICATES_MAX)
        certificates[count++] = der_take_raw(&r);
    if (!reader_done(&r) || count == 0)
        return verdict_fail(v, REASON_ocsp_bad_signature, "the responder's certificate is missing");
    p.chain.what = "OCSP responder";
    if (!chain_check(chain, v, c, x, certificates[0], certificates, count, p.roots, p.root_count,
                     &p.chain))
        return false;
    if (!may_answer(&chain->certs[0]) ||
        (chain->count > 1 && !is_above(path, at, &chain->certs[1])))
        return verdict_fail(v, REASON_ocsp_bad_signature, "its signer may not answer");
    return answer_is_signed(v, x, o, &chain->certs[0]);
}

/* --- about whom */

static bool hash_named(enum hash_kind *out, struct bytes oid)
{
    static const uint8_t sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
    static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
    struct reader r = reader_of(oid);

    if (bytes_equal(oid, BYTES_OF(sha1))) { /* names an issuer here, and proves nothing */
        *out = HASH_SHA1;
        return true;
    }
    if (!bytes_equal(reader_take(&r, sizeof sha2), BYTES_OF(sha2)))
        return false;
    switch (reader_u8(&r)) {
    case 1: *out = HASH_SHA256; break;
    case 2: *out = HASH_SHA384; break;
    case 3: *out = HASH_SHA512; break;
    default: return false;
    }
    return reader_done(&r);
}

/* issuerKeyHash is over the subjectPublicKey's bits, without tag, length and unused bits. */
static struct bytes key_bits(const struct x509 *c)
{
    struct reader outer = reader_of(c->spki);
    struct reader r = der_enter(&outer, DER_SEQUENCE);

    (void)der_take_raw(&r);
    return der_take_bits(&r);
}

static bool is_about(const struct x509_ocsp_single *s, const struct x509 *subject,
                     const struct x509 *issuer)
{
    uint8_t name[HASH_SIZE_MAX], key[HASH_SIZE_MAX];
    enum hash_kind kind;

    return bytes_equal(s->serial, subject->serial) && hash_named(&kind, s->hash_oid) &&
           hash_bytes(kind, name, subject->issuer) == ERR_OK &&
           hash_bytes(kind, key, key_bits(issuer)) == ERR_OK &&
           bytes_equal(s->issuer_name_hash, (struct bytes){ name, hash_size(kind) }) &&
           bytes_equal(s->issuer_key_hash, (struct bytes){ key, hash_size(kind) });
}

/* Without nextUpdate nobody could tell an old answer from a new one: none is taken. */
static bool status_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                         const struct x509_ocsp_single *s, const char *name)
{
    switch (s->status) {
    case OCSP_GOOD: break;
    case OCSP_HOLD: return verdict_fail(v, REASON_certificate_on_hold, "%s", name);
    case OCSP_REVOKED: return verdict_fail(v, REASON_certificate_revoked, "%s", name);
    default: return verdict_fail(v, REASON_ocsp_unknown, "%s", name);
    }
    if (x->now < s->this_update || !s->has_next_update || x->now > s->next_update)
        return verdict_fail(v, REASON_ocsp_stale, "%s", name);
    verdict_pass(v, REASON_ocsp_missing, "OCSP: good: %s", name);
    claims_until(c, s->next_update);
    return true;
}

/* Looks for answers about certs[at] among the responses. The newest counts, but what any of
 * them calls revoked stays so. */
static bool ocsp_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                       const struct chain *path, uint32_t at,
                       const struct nvidia_chain_profile *profile)
{
    struct x509_ocsp_single newest = { 0 };
    const struct exhibit *e = NULL;
    bool is_answered = false;
    char name[160];

    x509_name_text(name, sizeof name, path->certs[at].subject);
    while ((e = exhibit_next(x->exhibits, EXHIBIT_OCSP, e)) != NULL) {
        struct x509_ocsp o;
        struct x509_ocsp_single s;
        struct reader r;

        if (x509_ocsp_parse(&o, e->raw) != ERR_OK)
            return verdict_fail_at(v, REASON_ocsp_malformed, e->name, VERDICT_NO_OFFSET, "%s",
                                   name);
        for (r = reader_of(o.singles); x509_ocsp_next(&r, &s);) {
            if (!is_about(&s, &path->certs[at], &path->certs[at + 1]))
                continue;
            if (!responder_check(v, c, x, &o, path, at, profile))
                return false;
            if (s.status == OCSP_REVOKED)
                return status_check(v, c, x, &s, name);
            if (!is_answered || s.this_update > newest.this_update ||
                (s.this_update == newest.this_update && s.status != OCSP_GOOD))
                newest = s;
            is_answered = true;
        }
    }
    if (is_answered)
        return status_check(v, c, x, &newest, name);
    if (!x->rules.crl_optional)
        return verdict_fail(v, REASON_ocsp_missing, "%s", name);
    verdict_waive(v, REASON_ocsp_missing, "no OCSP response: %s", name);
    return true;
}

bool nvidia_chain_check(struct chain *out, struct verdict *v, struct claims *c,
                        const struct judge_context *x, struct bytes leaf, const struct bytes *extra,
                        uint32_t extra_count, const struct nvidia_chain_profile *profile)
{
    struct nvidia_chain_profile p = *profile;

    p.chain.skip_revocation = true;
    if (!chain_check(out, v, c, x, leaf, extra, extra_count, p.roots, p.root_count, &p.chain))
        return false;
    for (uint32_t i = 0; i + 1 < out->count; i++)
        if (!ocsp_check(v, c, x, out, i, &p))
            return false;
    return true;
}
