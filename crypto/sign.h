/* sign.h: signatures: Ed25519 (RFC 8032, 5.1), through one adapter over OpenSSL's
 * libcrypto. A private key is its 32-byte seed, and the caller's to wipe. */
#ifndef BROCH_CRYPTO_SIGN_H
#define BROCH_CRYPTO_SIGN_H

#include "base/bytes.h"
#include "base/err.h"

#define SIGN_SEED_SIZE 32u
#define SIGN_PUBLIC_SIZE 32u
#define SIGN_SIZE 64u

enum err sign_public(uint8_t out[SIGN_PUBLIC_SIZE], const uint8_t seed[SIGN_SEED_SIZE]);
enum err sign_make(uint8_t out[SIGN_SIZE], const uint8_t seed[SIGN_SEED_SIZE],
                   struct bytes message);
/* ERR_INVALID where the signature is not that key's over that message. */
enum err sign_check(const uint8_t public[SIGN_PUBLIC_SIZE], const uint8_t signature[SIGN_SIZE],
                    struct bytes message);

#endif
