#define OPENSSL_SUPPRESS_DEPRECATED /* why: crypto/key.c */
#include "crypto/oaep.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/library.h"
#include "crypto/rsa.h"

static const EVP_MD *algorithm(enum hash_kind kind)
{
    switch (kind) {
    case HASH_SHA1: return EVP_sha1();
    case HASH_SHA256: return EVP_sha256();
    case HASH_SHA384: return EVP_sha384();
    default: return EVP_sha512();
    }
}

enum err oaep_encrypt(uint8_t *out, const struct public_key *key, enum hash_kind hash,
                      struct bytes label, struct bytes plain)
{
    const EVP_MD *md = algorithm(hash);
    int size = (int)key->n.size;
    uint8_t encoded[RSA_SIZE_MAX];
    RSA *rsa = NULL;
    bool ok;

    TRY(rsa_make(&rsa, key));
    if (label.size > INT16_MAX || plain.size + 2 * hash_size(hash) + 2 > key->n.size) {
        RSA_free(rsa);
        return ERR_LIMIT;
    }
    ok = RSA_padding_add_PKCS1_OAEP_mgf1(encoded, size, plain.data, (int)plain.size, label.data,
                                         (int)label.size, md, md) == 1 &&
         RSA_public_encrypt(size, encoded, out, rsa, RSA_NO_PADDING) == size;
    RSA_free(rsa);
    OPENSSL_cleanse(encoded, sizeof encoded);
    if (!ok)
        return library_failure(ERR_IO);
    library_wrote(out, (size_t)size);
    return ERR_OK;
}
