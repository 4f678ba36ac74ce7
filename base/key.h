/* key.h: public keys and signature algorithms by name, for the parsers that find them and
 * the adapter that uses them (crypto/key.h). Nothing here computes. */
#ifndef BROCH_BASE_KEY_H
#define BROCH_BASE_KEY_H

#include "bytes.h"

enum key_kind { KEY_NONE = 0, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519, KEY_RSA };

/* Borrowed numbers, big-endian. EC: x and y, each as wide as the field (32, 48, 66 bytes).
 * Ed25519: x is the 32 bytes of RFC 8032. RSA: n and e without leading zeros. */
struct public_key {
    enum key_kind kind;
    struct bytes x, y;
    struct bytes n, e;
};

enum signature_kind {
    SIGNATURE_NONE = 0,
    SIGNATURE_ECDSA_SHA256, /* r and s one after the other, each as wide as the field */
    SIGNATURE_ECDSA_SHA384,
    SIGNATURE_ECDSA_SHA512,
    SIGNATURE_RSA_PKCS1_SHA1, /* for TPM banks of old logs alone; policies refuse it */
    SIGNATURE_RSA_PKCS1_SHA256,
    SIGNATURE_RSA_PKCS1_SHA384,
    SIGNATURE_RSA_PKCS1_SHA512,
    SIGNATURE_RSA_PSS_SHA256, /* MGF1 with the same hash, salt as long as the hash */
    SIGNATURE_RSA_PSS_SHA384,
    SIGNATURE_RSA_PSS_SHA512,
    SIGNATURE_ED25519,
};

/* Two keys are one: kinds and numbers are equal. */
static inline bool key_equal(const struct public_key *a, const struct public_key *b)
{
    return a->kind == b->kind && bytes_equal(a->x, b->x) && bytes_equal(a->y, b->y) &&
           bytes_equal(a->n, b->n) && bytes_equal(a->e, b->e);
}

/* Bytes of one coordinate; 0 where the kind has none. */
static inline size_t key_field_size(enum key_kind kind)
{
    switch (kind) {
    case KEY_P256:
    case KEY_ED25519: return 32;
    case KEY_P384: return 48;
    case KEY_P521: return 66;
    default: return 0;
    }
}

#endif
