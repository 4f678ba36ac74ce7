/* judge.c: the evidence that a certificate or request carries was judged; is it about this key?
 *
 * There is no switch that turns the binding off (lesson E3), and no carrier without evidence
 * that passes (I1). That the peer of a session has the key is for the session to show: its
 * handshake, and an exporter where evidence must not be relayed (I2). */
#include "attest/judge.h"

#include "attest/chain.h"
#include "attest/ratls/carrier.h"
#include "base/ct.h"
#include "base/num.h"
#include "codec/cbor_walk.h"
#include "codec/pem.h"

#define REPORT_DATA_SIZE 64u

/* What certificates and requests have in common. */
struct subject {
    struct ratls_carrier carrier;
    struct bytes spki; /* empty: CBOR alone */
    enum err parsed;
};

/* --- the certificate itself */

static bool check_self_signature(struct verdict *v, const struct public_key *key,
                                 enum signature_kind kind, struct bytes tbs, struct bytes signature,
                                 const char *what)
{
    if (key->kind == KEY_NONE || kind == SIGNATURE_NONE)
        return verdict_fail(v, REASON_unsupported_algorithm, "the key or signature of the %s",
                            what);
    return signature_report(v, signature_check_der(key, kind, tbs, signature, NULL),
                            REASON_bad_certificate_signature, what);
}

/* A certificate that somebody else issued needs that issuer among the caller's roots. */
static bool check_certificate(struct verdict *v, struct claims *c, const struct judge_context *x,
                              const struct x509 *cert)
{
    static const struct chain_profile profile = {
        .what = "RA-TLS certificate",
        .bad_signature = REASON_bad_certificate_signature,
        .roots_from_caller_only = true,
    };
    struct chain chain;

    if (!bytes_equal(cert->issuer, cert->subject))
        return chain_check(&chain, v, c, x, cert->raw, NULL, 0, NULL, 0, &profile);
    if (!check_self_signature(v, &cert->key, cert->signature_kind, cert->tbs, cert->signature,
                              "self-signed certificate"))
        return false;
    if (x->now < cert->not_before)
        return verdict_fail(v, REASON_certificate_not_yet_valid, "RA-TLS certificate");
    if (x->now > cert->not_after)
        return verdict_fail(v, REASON_certificate_expired, "RA-TLS certificate");
    verdict_pass(v, REASON_certificate_expired, "RA-TLS certificate");
    claims_until(c, cert->not_after);
    return true;
}

/* The one key given beside evidence that came without a certificate; of several nobody could
 * tell which one was attested. */
static bool key_beside(struct bytes *out, struct verdict *v, const struct judge_context *x)
{
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(x->exhibits, EXHIBIT_KEY, e)) != NULL) {
        if (out->size != 0 && !bytes_equal(*out, e->raw))
            return verdict_fail_at(v, REASON_ambiguous_evidence, e->name, VERDICT_NO_OFFSET,
                                   "more than one key beside the evidence");
        *out = e->raw;
    }
    return true;
}

static bool check_carrier(struct verdict *v, struct claims *c, const struct judge_context *x,
                          const struct exhibit *e, struct subject *s)
{
    if (e->kind == EXHIBIT_RATLS_EVIDENCE) {
        s->parsed = ratls_evidence_parse(&s->carrier, e->raw);
        return key_beside(&s->spki, v, x);
    }
    if (e->kind == EXHIBIT_RATLS_REQUEST) {
        struct x509_request q;

        if (x509_request_parse(&q, e->raw) != ERR_OK)
            return verdict_fail_at(v, REASON_certificate_malformed, e->name, 0, "request");
        s->spki = q.spki;
        s->parsed = ratls_carrier_find(&s->carrier, q.extensions, q.extension_count);
        return check_self_signature(v, &q.key, q.signature_kind, q.tbs, q.signature,
                                    "certificate request");
    }

    struct x509 cert;

    if (x509_parse(&cert, e->raw) != ERR_OK)
        return verdict_fail_at(v, REASON_certificate_malformed, e->name, 0, "certificate");
    s->spki = cert.spki;
    s->parsed = ratls_carrier_find(&s->carrier, cert.extensions, cert.extension_count);
    return check_certificate(v, c, x, &cert);
}

/* --- the binding */

/* "-----BEGIN PUBLIC KEY-----" with lines of 64 and the NUL behind it: what Open Enclave hashes
 * (oe_generate_attestation_certificate). */
static enum err hash_pem(uint8_t *out, struct bytes spki)
{
    static const char head[] = "-----BEGIN PUBLIC KEY-----\n";
    static const char tail[] = "-----END PUBLIC KEY-----\n";
    struct hash h;
    char line[65];
    struct reader r = reader_of(spki);
    enum err e;

    TRY(hash_init(&h, HASH_SHA256));
    e = hash_add(&h, BYTES_TEXT(head));
    while (r.left > 0 && e == ERR_OK) {
        size_t size = base64_encode(line, reader_take(&r, num_min(r.left, 48)), BASE64);

        line[size] = '\n';
        e = hash_add(&h, (struct bytes){ (const uint8_t *)line, size + 1 });
    }
    if (e == ERR_OK)
        e = hash_add(&h, BYTES_OF(tail)); /* with its NUL */
    if (e == ERR_OK)
        e = hash_end(&h, out);
    hash_done(&h);
    return e;
}

/* The report data that the form wants: a hash, and zeros up to 64 bytes. */
static enum err wanted_report_data(uint8_t out[REPORT_DATA_SIZE], const struct subject *s)
{
    switch (s->carrier.form) {
    case RATLS_CCC: return hash_bytes(HASH_SHA256, out, s->carrier.claims_raw);
    case RATLS_ENARX_SNP: return hash_bytes(HASH_SHA384, out, s->spki);
    case RATLS_ENARX_SGX:
    case RATLS_GRAMINE: return hash_bytes(HASH_SHA256, out, s->spki);
    case RATLS_OPEN_ENCLAVE: return hash_pem(out, s->spki);
    default: return ERR_INVALID;
    }
}

static bool check_report_data(struct verdict *v, const struct claims *c, const struct subject *s)
{
    uint8_t want[REPORT_DATA_SIZE] = { 0 };
    enum reason why =
        s->carrier.form == RATLS_CCC ? REASON_report_data_mismatch : REASON_key_binding_mismatch;

    if (wanted_report_data(want, s) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "hash of the key");
    return verdict_check(v, ct_equal(BYTES_OF(want), c->report_data), why,
                         "report data is the hash of the %s, whole",
                         s->carrier.form == RATLS_CCC ? "claims" : "public key");
}

/* The claims' own word about the key, in the CCC form. */
static bool check_pubkey_hash(struct verdict *v, const struct subject *s)
{
    const struct ratls_carrier *k = &s->carrier;
    uint8_t found[HASH_SIZE_MAX];
    enum hash_kind kind;

    if (!k->has_pubkey_hash)
        return verdict_fail(v, REASON_key_binding_mismatch, "the claims have no pubkey-hash");
    if (!ratls_hash_kind(&kind, k->hash_algorithm))
        return verdict_fail(v, REASON_unsupported_algorithm, "pubkey-hash algorithm %llu",
                            (unsigned long long)k->hash_algorithm);
    if (hash_bytes(kind, found, s->spki) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "hash of the key");
    return verdict_check(v, ct_equal((struct bytes){ found, hash_size(kind) }, k->pubkey_hash),
                         REASON_key_binding_mismatch, "pubkey-hash of the claims");
}

/* The challenge is in the claims here; report data as the caller wants it is the raw one. */
static bool check_expected(struct verdict *v, struct claims *c, const struct judge_context *x,
                           const struct ratls_carrier *k)
{
    if (x->nonce.size > 0) {
        if (!verdict_check(v, ct_equal(x->nonce, k->nonce), REASON_nonce_mismatch,
                           "nonce of the certificate's claims"))
            return false;
        c->is_fresh = true;
    }
    if (x->report_data.size > 0) {
        struct judge_context raw = *x;

        raw.nonce = (struct bytes){ 0 };
        return judge_report_data(v, c, &raw, c->report_data);
    }
    return true;
}

/* --- fields */

static void carrier_fields(struct fields *f, const struct ratls_carrier *k)
{
    fields_string(f, "form", ratls_form_name(k->form));
    if (k->form == RATLS_CCC) {
        fields_uint(f, "cbor_tag", k->tag);
        if (k->has_pubkey_hash) {
            fields_uint(f, "pubkey_hash_alg", k->hash_algorithm);
            fields_bytes(f, "pubkey_hash", k->pubkey_hash);
        }
        fields_group(f, "claims");
        for (uint32_t i = 0; i < k->claim_count; i++)
            fields_bytes(f,
                         verdict_format(f->arena, "%.*s", (int)num_min(k->claims[i].name.size, 64),
                                        (const char *)k->claims[i].name.data),
                         k->claims[i].value);
        fields_end(f);
    }
    fields_bool(f, "has_other_forms", k->has_more_forms);
}

static bool refuse_unread(struct verdict *v, const struct exhibit *e, const struct subject *s)
{
    if (s->parsed == ERR_UNSUPPORTED)
        return verdict_fail_at(v, REASON_unsupported_algorithm, e->name, VERDICT_NO_OFFSET,
                               "CBOR tag %llu, pubkey-hash algorithm %llu",
                               (unsigned long long)s->carrier.tag,
                               (unsigned long long)s->carrier.hash_algorithm);
    return verdict_fail_at(v, REASON_ratls_malformed, e->name, VERDICT_NO_OFFSET, "form %s",
                           ratls_form_name(s->carrier.form));
}

bool ratls_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                 const struct exhibit *e)
{
    struct subject s = { 0 };

    if (!check_carrier(v, c, x, e, &s))
        return false;
    if (s.parsed != ERR_OK)
        return refuse_unread(v, e, &s);
    if (s.carrier.form == RATLS_NONE || s.carrier.form == RATLS_ENARX_NONE ||
        c->platform == PLATFORM_NONE)
        return verdict_fail_at(v, REASON_ratls_no_evidence, e->name, VERDICT_NO_OFFSET, "form %s",
                               ratls_form_name(s.carrier.form));
    verdict_pass(v, REASON_ratls_no_evidence, "form %s", ratls_form_name(s.carrier.form));
    if (!check_report_data(v, c, &s))
        return false;
    if (s.carrier.form == RATLS_CCC) {
        if (s.spki.size == 0)
            return verdict_fail_at(v, REASON_ratls_key_missing, e->name, VERDICT_NO_OFFSET,
                                   "pubkey-hash of the claims");
        if (!check_pubkey_hash(v, &s))
            return false;
    }
    if (!check_expected(v, c, x, &s.carrier))
        return false;

    fields_group(&c->own, "ratls");
    carrier_fields(&c->own, &s.carrier);
    fields_bytes(&c->own, "public_key", s.spki);
    fields_end(&c->own);
    return true;
}

enum err ratls_describe(struct fields *f, const struct exhibit *e)
{
    struct ratls_carrier k = { 0 };
    enum err parsed;

    if (e->kind == EXHIBIT_RATLS_EVIDENCE) {
        parsed = ratls_evidence_parse(&k, e->raw);
    } else if (e->kind == EXHIBIT_RATLS_REQUEST) {
        struct x509_request q;
        char name[256];

        TRY(x509_request_parse(&q, e->raw));
        x509_name_text(name, sizeof name, q.subject);
        fields_string(f, "subject", verdict_format(f->arena, "%s", name));
        fields_bytes(f, "subject_public_key_info", q.spki);
        parsed = ratls_carrier_find(&k, q.extensions, q.extension_count);
    } else {
        struct x509 cert;

        TRY(x509_parse(&cert, e->raw));
        fields_group(f, "certificate");
        TRY(cert_describe(f, e));
        fields_end(f);
        parsed = ratls_carrier_find(&k, cert.extensions, cert.extension_count);
    }
    fields_group(f, "ratls");
    carrier_fields(f, &k);
    fields_bytes(f, "evidence", k.evidence);
    fields_end(f);
    return parsed == ERR_OK ? ERR_OK : ERR_MALFORMED;
}
