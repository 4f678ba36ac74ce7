/* kdf.h: keys from a key: HKDF with SHA-256 (RFC 5869), through one adapter over OpenSSL's
 * libcrypto. Not for passwords: the key must be hard to guess already. */
#ifndef BROCH_CRYPTO_KDF_H
#define BROCH_CRYPTO_KDF_H

#include "base/bytes.h"
#include "base/err.h"

/* At most 255 * 32 bytes (section 2.3). Keys for different uses differ in info. */
enum err kdf_derive(uint8_t *out, size_t size, struct bytes key, struct bytes salt,
                    struct bytes info);

#endif
