/* private_key.h: private keys that sign, of every kind in base/key.h, through one adapter over
 * OpenSSL's libcrypto. For tools that make evidence, ID blocks, SIGSTRUCTs and results; no
 * verifier has one. One thread at a time. */
#ifndef BROCH_CRYPTO_PRIVATE_KEY_H
#define BROCH_CRYPTO_PRIVATE_KEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/key.h"

struct private_key {
    void *state;
    enum key_kind kind;
};

/* Bytes of the largest signature, and of the numbers of the largest public key. */
#define PRIVATE_KEY_SIGNATURE_MAX 1024u
#define PRIVATE_KEY_PUBLIC_MAX 1056u

/* From PEM, PKCS#8 or traditional, without a passphrase (one that wants it is ERR_UNSUPPORTED,
 * like a key of another kind). ERR_MALFORMED: no key in it. Every _parse and _make that gave
 * ERR_OK is followed by one _done, which wipes. */
enum err private_key_parse(struct private_key *out, struct bytes pem);
/* A fresh one; RSA has 3072 bits and `exponent` (3 or 65537). */
enum err private_key_make(struct private_key *out, enum key_kind kind, uint32_t exponent);
void private_key_done(struct private_key *k);

/* Its public key, with the numbers in room. */
enum err private_key_public(struct public_key *out, uint8_t room[PRIVATE_KEY_PUBLIC_MAX],
                            const struct private_key *k);
/* Signs, in the form that key_check takes. ERR_INVALID: the kind is not for this key. */
enum err private_key_sign(uint8_t out[PRIVATE_KEY_SIGNATURE_MAX], size_t *size,
                          const struct private_key *k, enum signature_kind kind,
                          struct bytes message);

#endif
