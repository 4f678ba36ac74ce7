/* hmac.h: HMAC (RFC 2104) with SHA-2, through one adapter over OpenSSL's libcrypto. */
#ifndef BROCH_CRYPTO_HMAC_H
#define BROCH_CRYPTO_HMAC_H

#include "crypto/hash.h"

/* Writes hash_size(kind) bytes. The parts are taken as one message. */
enum err hmac_make(uint8_t *out, enum hash_kind kind, struct bytes key, const struct bytes *parts,
                   size_t count);

#endif
