/* x509_form.h: what certificates, requests, lists and OCSP responses have in common. For
 * codec/x509*.c alone. */
#ifndef BROCH_CODEC_X509_FORM_H
#define BROCH_CODEC_X509_FORM_H

#include "codec/x509.h"

/* id-ce, 2.5.29.n (RFC 5280, 4.2.1). */
#define X509_OID_CE(n) BYTES_TEXT("\x55\x1d" n)

/* SIGNED{…} (RFC 5280, 4.1.1): what is signed, the AlgorithmIdentifier, the BIT STRING. */
struct x509_signed {
    struct bytes tbs;       /* whole, head included */
    struct bytes algorithm; /* likewise */
    struct bytes signature;
    enum signature_kind kind;
};
struct x509_signed x509_signed_take(struct reader *r);
/* A whole document that is one of these and nothing after it, of at most `most` bytes.
 * ERR_MALFORMED, ERR_LIMIT. */
enum err x509_signed_parse(struct x509_signed *out, struct bytes der, size_t most);

/* An AlgorithmIdentifier, whole; SIGNATURE_NONE where we do not know it. */
enum signature_kind x509_algorithm_kind(struct bytes algorithm);
/* One Name, checked, head included. */
struct bytes x509_name_take(struct reader *r);
/* `Extensions` into the array: none twice. ERR_MALFORMED, ERR_LIMIT. */
enum err x509_extensions_take(struct x509_extension out[X509_EXTENSIONS_MAX], uint32_t *count,
                              struct reader *r);
/* One `Extension`. */
struct x509_extension x509_extension_take(struct reader *r);
/* The keyIdentifier of an AuthorityKeyIdentifier; empty where there is none. */
enum err x509_authority_key_id(struct bytes *out, struct bytes value);

#endif
