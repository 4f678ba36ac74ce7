/* x509.h: certificates (RFC 5280), their requests (RFC 2986), revocation lists, and OCSP
 * responses (RFC 6960): from DER to borrowed parts. Nothing is checked but form: who signed
 * whom, when, and for what is attest/chain.h's.
 *
 * Form is strict DER but for what vendors do: serial number 0 (AMD), names that are empty.
 * Extensions: at most X509_EXTENSIONS_MAX, none twice. */
#ifndef BROCH_CODEC_X509_H
#define BROCH_CODEC_X509_H

#include "base/arena.h"
#include "base/err.h"
#include "base/key.h"
#include "codec/der.h"

#define X509_SIZE_MAX ((size_t)64 << 10)
#define X509_CRL_SIZE_MAX ((size_t)16 << 20)
#define X509_EXTENSIONS_MAX 32u

struct x509_extension {
    struct bytes oid;   /* contents of the OBJECT IDENTIFIER */
    struct bytes value; /* contents of the OCTET STRING */
    bool critical;
};

/* keyUsage (RFC 5280, 4.2.1.3), bit n of the standard as 1 << n. */
#define X509_USE_DIGITAL_SIGNATURE (1u << 0)
#define X509_USE_KEY_CERT_SIGN (1u << 5)
#define X509_USE_CRL_SIGN (1u << 6)

struct x509 {
    struct bytes raw;     /* the whole certificate */
    struct bytes tbs;     /* what is signed, head included */
    uint32_t version;     /* 1, 2 or 3 */
    struct bytes serial;  /* magnitude, without leading zeros */
    struct bytes issuer;  /* the Name, whole, head included */
    struct bytes subject; /* likewise */
    int64_t not_before, not_after;
    struct bytes spki;                  /* SubjectPublicKeyInfo, whole, head included */
    struct public_key key;              /* kind KEY_NONE: an algorithm that we do not know */
    enum signature_kind signature_kind; /* SIGNATURE_NONE: likewise */
    struct bytes signature;             /* as in the BIT STRING: ECDSA is DER */
    struct x509_extension extensions[X509_EXTENSIONS_MAX];
    uint32_t extension_count;
    /* Standard extensions, read. */
    bool has_basic_constraints, is_ca;
    bool has_path_length;
    uint32_t path_length;
    bool has_key_usage;
    uint32_t key_usage;
    struct bytes subject_key_id, authority_key_id; /* empty where absent */
};

/* One certificate and nothing after it. ERR_MALFORMED, ERR_LIMIT. */
enum err x509_parse(struct x509 *out, struct bytes der);
/* The subject of a certificate, read no further than that: for sorting candidates. Empty where
 * it is none; what has a subject may still not parse. */
struct bytes x509_subject_peek(struct bytes der);
/* The extension of that OID (encoded contents), or NULL. */
const struct x509_extension *x509_extension(const struct x509 *c, struct bytes oid);
/* The first attribute of that type in a Name, its text borrowed (PrintableString,
 * UTF8String, IA5String, T61String); empty where there is none. */
struct bytes x509_name_attribute(struct bytes name, struct bytes oid);
/* The commonName: 2.5.4.3. */
struct bytes x509_name_cn(struct bytes name);
/* "CN=…,O=…" for people, as RFC 4514 orders and escapes it (the last RDN first; types that it
 * has no name for as "2.5.4.5=…"), into room, cut where it does not fit, what is not printable
 * ASCII replaced by '?'. Always NUL-terminated. */
void x509_name_text(char *out, size_t room, struct bytes name);

/* SubjectPublicKeyInfo alone. */
enum err x509_spki_parse(struct public_key *out, struct bytes spki);

struct x509_request {
    struct bytes raw, tbs, subject, spki;
    struct public_key key;
    enum signature_kind signature_kind;
    struct bytes signature;
    struct x509_extension extensions[X509_EXTENSIONS_MAX]; /* of extensionRequest */
    uint32_t extension_count;
};
enum err x509_request_parse(struct x509_request *out, struct bytes der);

struct x509_crl {
    struct bytes raw, tbs, issuer;
    int64_t this_update;
    bool has_next_update;
    int64_t next_update;
    struct bytes revoked; /* contents of revokedCertificates; checked whole by the parse */
    uint32_t revoked_count;
    struct bytes authority_key_id;
    struct bytes number;       /* magnitude of cRLNumber */
    bool has_unknown_critical; /* an extension that changes what the list means: indirect,
                                  delta, partitioned: whoever judges must refuse it */
    enum signature_kind signature_kind;
    struct bytes signature;
};
/* The issuer of a list, read no further than to the date after it; empty where it is no list.
 * What has an issuer may still not parse. */
struct bytes x509_crl_issuer_peek(struct bytes der);
enum err x509_crl_parse(struct x509_crl *out, struct bytes der);
struct x509_crl_entry {
    struct bytes serial;
    int64_t at;
    uint32_t reason;   /* CRLReason; 0: unspecified, or none given */
    bool has_critical; /* certificateIssuer: about somebody else's certificate */
};
/* The next entry of what is left of `revoked`; false at its end. */
bool x509_crl_next(struct reader *revoked, struct x509_crl_entry *out);
/* Whether the list has that serial (a magnitude); *at is the revocation's date. */
bool x509_crl_has(const struct x509_crl *crl, struct bytes serial, int64_t *at);

enum x509_ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_HOLD, OCSP_UNKNOWN };

/* A BasicOCSPResponse with one SingleResponse or more; `single` walks them. */
struct x509_ocsp {
    struct bytes tbs;                                /* ResponseData */
    struct bytes responder_name, responder_key_hash; /* one of them is empty */
    int64_t produced_at;
    struct bytes singles; /* contents of `responses` */
    uint32_t single_count;
    struct bytes nonce;
    enum signature_kind signature_kind;
    struct bytes signature;
    struct bytes certificates; /* contents of certs: certificates one after the other */
};
struct x509_ocsp_single {
    struct bytes hash_oid, issuer_name_hash, issuer_key_hash, serial;
    enum x509_ocsp_status status;
    int64_t revoked_at, this_update, next_update;
    bool has_next_update;
};
enum err x509_ocsp_parse(struct x509_ocsp *out, struct bytes der);
bool x509_ocsp_next(struct reader *singles, struct x509_ocsp_single *out);

#endif
