/* Certificates, lists of revocations, OCSP responses and keys, field by field: for
 * `broch inspect`. Names are RFC 5280's and RFC 6960's. */
#include "attest/snp/cert.h"
#include "attest/dcap/pck.h"
#include "attest/judge.h"
#include "base/num.h"
#include "codec/x509.h"
#include "crypto/hash.h"

#define NAME_ROOM 512u
#define OID_ROOM 128u

static void put_name(struct fields *f, const char *name, struct bytes value)
{
    char *text = arena_alloc(f->arena, NAME_ROOM);

    if (text == NULL)
        return fields_null(f, name);
    x509_name_text(text, NAME_ROOM, value);
    fields_string(f, name, text);
}

static void put_oid(struct fields *f, const char *name, struct bytes oid)
{
    char *text = arena_alloc(f->arena, OID_ROOM);

    if (text != NULL && der_oid_text(text, OID_ROOM, oid))
        fields_string(f, name, text);
    else
        fields_bytes(f, name, oid);
}

/* A magnitude; zero has no bytes, and is shown as one. */
static void put_number(struct fields *f, const char *name, struct bytes n)
{
    static const uint8_t zero[1];

    fields_bytes(f, name, n.size != 0 ? n : BYTES_OF(zero));
}

static const char *key_text(enum key_kind k)
{
    switch (k) {
    case KEY_P256: return "P-256";
    case KEY_P384: return "P-384";
    case KEY_P521: return "P-521";
    case KEY_ED25519: return "Ed25519";
    case KEY_RSA: return "RSA";
    default: return "unknown";
    }
}

static const char *signature_text(enum signature_kind k)
{
    static const char *const names[] = {
        [SIGNATURE_NONE] = "unknown",
        [SIGNATURE_ECDSA_SHA256] = "ecdsa-with-SHA256",
        [SIGNATURE_ECDSA_SHA384] = "ecdsa-with-SHA384",
        [SIGNATURE_ECDSA_SHA512] = "ecdsa-with-SHA512",
        [SIGNATURE_RSA_PKCS1_SHA1] = "sha1WithRSAEncryption",
        [SIGNATURE_RSA_PKCS1_SHA256] = "sha256WithRSAEncryption",
        [SIGNATURE_RSA_PKCS1_SHA384] = "sha384WithRSAEncryption",
        [SIGNATURE_RSA_PKCS1_SHA512] = "sha512WithRSAEncryption",
        [SIGNATURE_RSA_PSS_SHA256] = "rsassaPss-SHA256",
        [SIGNATURE_RSA_PSS_SHA384] = "rsassaPss-SHA384",
        [SIGNATURE_RSA_PSS_SHA512] = "rsassaPss-SHA512",
        [SIGNATURE_ED25519] = "Ed25519",
    };

    return k < COUNT_OF(names) && names[k] != NULL ? names[k] : "unknown";
}

static void put_key(struct fields *f, const struct public_key *key)
{
    fields_string(f, "algorithm", key_text(key->kind));
    if (key->kind == KEY_RSA) {
        fields_bytes(f, "modulus", key->n);
        fields_bytes(f, "public_exponent", key->e);
    } else if (key->kind != KEY_NONE) {
        fields_bytes(f, "x", key->x);
        if (key->y.size != 0)
            fields_bytes(f, "y", key->y);
    }
}

static void put_fingerprint(struct fields *f, struct bytes raw)
{
    uint8_t *digest = arena_alloc(f->arena, HASH_SHA256_SIZE);

    if (digest != NULL && hash_sha256(digest, raw) == ERR_OK)
        fields_bytes(f, "sha256", (struct bytes){ digest, HASH_SHA256_SIZE });
}

static void put_extensions(struct fields *f, const struct x509_extension *list, uint32_t count)
{
    fields_list(f, "extensions");
    for (uint32_t i = 0; i < count; i++) {
        fields_group(f, NULL);
        put_oid(f, "extn_id", list[i].oid);
        fields_bool(f, "critical", list[i].critical);
        fields_bytes(f, "extn_value", list[i].value);
        fields_end(f);
    }
    fields_end(f);
}

static void put_key_usage(struct fields *f, uint32_t usage)
{
    static const char *const bits[] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
    };

    fields_list(f, "key_usage");
    for (size_t i = 0; i < COUNT_OF(bits); i++)
        if ((usage >> i & 1) != 0)
            fields_string(f, NULL, bits[i]);
    fields_end(f);
}

static void put_standard_extensions(struct fields *f, const struct x509 *c)
{
    if (c->has_basic_constraints)
        fields_bool(f, "ca", c->is_ca);
    if (c->has_path_length)
        fields_uint(f, "path_len_constraint", c->path_length);
    if (c->has_key_usage)
        put_key_usage(f, c->key_usage);
    if (c->subject_key_id.size != 0)
        fields_bytes(f, "subject_key_identifier", c->subject_key_id);
    if (c->authority_key_id.size != 0)
        fields_bytes(f, "authority_key_identifier", c->authority_key_id);
}

static void put_signature(struct fields *f, enum signature_kind kind, struct bytes signature)
{
    fields_string(f, "signature_algorithm", signature_text(kind));
    fields_bytes(f, "signature_value", signature);
}

enum err cert_describe(struct fields *f, const struct exhibit *e)
{
    struct x509 c;
    struct pck pck;

    TRY(x509_parse(&c, e->raw));
    fields_uint(f, "version", c.version);
    put_number(f, "serial_number", c.serial);
    put_name(f, "issuer", c.issuer);
    fields_moment(f, "not_before", c.not_before);
    fields_moment(f, "not_after", c.not_after);
    put_name(f, "subject", c.subject);
    fields_group(f, "subject_public_key_info");
    put_key(f, &c.key);
    fields_end(f);
    put_standard_extensions(f, &c);
    put_extensions(f, c.extensions, c.extension_count);
    put_signature(f, c.signature_kind, c.signature);
    put_fingerprint(f, e->raw);
    snp_cert_describe(f, &c);
    if (pck_parse(&pck, &c) == ERR_OK)
        pck_describe(f, "pck", &pck, &c);
    return ERR_OK;
}

enum err crl_describe(struct fields *f, const struct exhibit *e)
{
    struct x509_crl c;
    struct x509_crl_entry entry;
    struct reader revoked;

    TRY(x509_crl_parse(&c, e->raw));
    put_name(f, "issuer", c.issuer);
    fields_moment(f, "this_update", c.this_update);
    if (c.has_next_update)
        fields_moment(f, "next_update", c.next_update);
    else
        fields_null(f, "next_update");
    put_number(f, "crl_number", c.number);
    if (c.authority_key_id.size != 0)
        fields_bytes(f, "authority_key_identifier", c.authority_key_id);
    fields_bool(f, "has_unknown_critical_extension", c.has_unknown_critical);
    fields_uint(f, "revoked_count", c.revoked_count);
    fields_list(f, "revoked_certificates");
    revoked = reader_of(c.revoked);
    while (!f->is_cut && x509_crl_next(&revoked, &entry)) {
        fields_group(f, NULL);
        put_number(f, "user_certificate", entry.serial);
        fields_moment(f, "revocation_date", entry.at);
        fields_uint(f, "reason_code", entry.reason);
        fields_end(f);
    }
    fields_end(f);
    put_signature(f, c.signature_kind, c.signature);
    put_fingerprint(f, e->raw);
    return ERR_OK;
}

static void put_single(struct fields *f, const struct x509_ocsp_single *s)
{
    static const char *const status[] = { "good", "revoked", "certificateHold", "unknown" };

    fields_group(f, NULL);
    put_oid(f, "hash_algorithm", s->hash_oid);
    fields_bytes(f, "issuer_name_hash", s->issuer_name_hash);
    fields_bytes(f, "issuer_key_hash", s->issuer_key_hash);
    put_number(f, "serial_number", s->serial);
    fields_string(f, "cert_status", status[s->status]);
    if (s->status == OCSP_REVOKED || s->status == OCSP_HOLD)
        fields_moment(f, "revocation_time", s->revoked_at);
    fields_moment(f, "this_update", s->this_update);
    if (s->has_next_update)
        fields_moment(f, "next_update", s->next_update);
    else
        fields_null(f, "next_update");
    fields_end(f);
}

enum err ocsp_describe(struct fields *f, const struct exhibit *e)
{
    struct x509_ocsp o;
    struct x509_ocsp_single s;
    struct reader r;

    TRY(x509_ocsp_parse(&o, e->raw));
    if (o.responder_name.size != 0)
        put_name(f, "responder_name", o.responder_name);
    else
        fields_bytes(f, "responder_key_hash", o.responder_key_hash);
    fields_moment(f, "produced_at", o.produced_at);
    fields_list(f, "responses");
    r = reader_of(o.singles);
    while (!f->is_cut && x509_ocsp_next(&r, &s))
        put_single(f, &s);
    fields_end(f);
    if (o.nonce.size != 0)
        fields_bytes(f, "nonce", o.nonce);
    put_signature(f, o.signature_kind, o.signature);
    fields_list(f, "certs");
    for (r = reader_of(o.certificates); r.left != 0;) {
        struct exhibit one = { .kind = EXHIBIT_CERT, .raw = der_take_raw(&r) };

        fields_group(f, NULL);
        if (!reader_ok(&r) || cert_describe(f, &one) != ERR_OK)
            fields_bytes(f, "unreadable", one.raw);
        fields_end(f);
    }
    fields_end(f);
    return reader_ok(&r) ? ERR_OK : ERR_MALFORMED;
}

enum err key_describe(struct fields *f, const struct exhibit *e)
{
    struct public_key key;

    TRY(exhibit_key(&key, f->arena, e));
    put_key(f, &key);
    put_fingerprint(f, e->raw);
    return ERR_OK;
}
