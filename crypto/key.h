/* key.h: checks signatures by any public key we know (base/key.h), through one adapter
 * over OpenSSL's libcrypto. Stateless: any thread may call.
 *
 * A key that is no key (a point off its curve or at infinity, RSA under 2048 or over 8192
 * bits, an even modulus, an exponent under 3 or over 32 bits), r or s outside of
 * [1, n-1], a signature of another length, an algorithm that the key's kind does not do:
 * all are ERR_INVALID, like a signature that is simply wrong. Low s is not asked for. */
#ifndef BROCH_CRYPTO_KEY_H
#define BROCH_CRYPTO_KEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/key.h"
#include "base/writer.h"
#include "crypto/hash.h"

/* ERR_OK: the signature is that key's over that message. ERR_INVALID: it is not.
 * ERR_NOMEM, ERR_IO: the library could not say; nobody may take that for a yes. */
enum err key_check(const struct public_key *key, enum signature_kind kind, struct bytes message,
                   struct bytes signature);
/* The same where the message was hashed already: RSA and ECDSA kinds. */
enum err key_check_digest(const struct public_key *key, enum signature_kind kind,
                          struct bytes digest, struct bytes signature);

#endif
