/* rsa.h: RSA public keys in the form that libcrypto wants them. Not for others than crypto/. */
#ifndef BROCH_CRYPTO_RSA_H
#define BROCH_CRYPTO_RSA_H

#include "base/err.h"
#include "base/key.h"

#define RSA_SIZE_MIN ((size_t)2048 / 8)
#define RSA_SIZE_MAX ((size_t)8192 / 8)

struct rsa_st; /* the library's name for its RSA */

/* ERR_INVALID where it is no key by the rules of crypto/key.h. The caller frees it with the
 * library's RSA_free. */
enum err rsa_make(struct rsa_st **out, const struct public_key *key);

#endif
