#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/library.h"

/* The library's parameters are not const, and it changes none of these. */
static OSSL_PARAM octets(const char *name, struct bytes b)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)b.data, b.size);
}

enum err kdf_derive(uint8_t *out, size_t size, struct bytes key, struct bytes salt,
                    struct bytes info)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *state = NULL;
    EVP_KDF *kdf;
    int ok = 0;

    library_start();
    kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    if (kdf != NULL)
        state = EVP_KDF_CTX_new(kdf);
    if (state != NULL)
        ok = EVP_KDF_derive(state, out, size, params);
    EVP_KDF_CTX_free(state);
    EVP_KDF_free(kdf);
    library_wrote(out, size);
    return ok == 1 ? ERR_OK : library_failure(ERR_IO);
}
