/* oaep.h: RSAES-OAEP (RFC 8017, 7.1), the encrypting half, through one adapter over OpenSSL's
 * libcrypto. MGF1 uses the same hash. */
#ifndef BROCH_CRYPTO_OAEP_H
#define BROCH_CRYPTO_OAEP_H

#include "base/key.h"
#include "crypto/hash.h"

/* Writes as many bytes as the modulus has to out. The label is taken as it is: TPM 2.0 wants
 * its NUL in it (Part 1, B.4). ERR_INVALID: no RSA key; ERR_LIMIT: too much for it. */
enum err oaep_encrypt(uint8_t *out, const struct public_key *key, enum hash_kind hash,
                      struct bytes label, struct bytes plain);

#endif
