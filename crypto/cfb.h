/* cfb.h: AES in CFB mode (NIST SP 800-38A, 6.3; segments of 128 bits), as TPM 2.0 wraps
 * credentials, through one adapter over OpenSSL's libcrypto. It authenticates nothing: an
 * HMAC has to stand beside it. */
#ifndef BROCH_CRYPTO_CFB_H
#define BROCH_CRYPTO_CFB_H

#include "base/bytes.h"
#include "base/err.h"

#define CFB_BLOCK_SIZE 16u

/* The key has 16 or 32 bytes, else ERR_INVALID. Writes text.size bytes; out may be text. */
enum err cfb_encrypt(uint8_t *out, struct bytes key, const uint8_t iv[CFB_BLOCK_SIZE],
                     struct bytes text);
enum err cfb_decrypt(uint8_t *out, struct bytes key, const uint8_t iv[CFB_BLOCK_SIZE],
                     struct bytes text);

#endif
