#define OPENSSL_SUPPRESS_DEPRECATED /* why: crypto/key.c */
#include "crypto/rsa.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

#include "crypto/library.h"

static bool key_is_good(const struct public_key *key)
{
    struct bytes n = key->n, e = key->e;

    if (key->kind != KEY_RSA || n.size < RSA_SIZE_MIN || n.size > RSA_SIZE_MAX || n.data[0] == 0 ||
        (n.size == RSA_SIZE_MIN && n.data[0] < 0x80) || n.data[n.size - 1] % 2 == 0)
        return false;
    /* At most 2^32-1, odd, and not 1. */
    return e.size >= 1 && e.size <= 4 && e.data[0] != 0 && e.data[e.size - 1] % 2 == 1 &&
           (e.size > 1 || e.data[0] >= 3);
}

enum err rsa_make(struct rsa_st **out, const struct public_key *key)
{
    BIGNUM *n, *e;
    RSA *rsa;

    if (!key_is_good(key))
        return ERR_INVALID;
    library_start();
    n = BN_bin2bn(key->n.data, (int)key->n.size, NULL);
    e = BN_bin2bn(key->e.data, (int)key->e.size, NULL);
    rsa = RSA_new();
    if (n != NULL && e != NULL && rsa != NULL && RSA_set0_key(rsa, n, e, NULL) == 1) {
        *out = rsa;
        return ERR_OK;
    }
    BN_free(n);
    BN_free(e);
    RSA_free(rsa);
    return library_failure(ERR_NOMEM);
}
