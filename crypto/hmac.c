#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/library.h"

static const char *digest_name(enum hash_kind kind)
{
    switch (kind) {
    case HASH_SHA256: return "SHA256";
    case HASH_SHA384: return "SHA384";
    case HASH_SHA512: return "SHA512";
    default: return NULL;
    }
}

static bool parts_run(EVP_MAC_CTX *state, uint8_t *out, size_t size, struct bytes key,
                      const OSSL_PARAM *params, const struct bytes *parts, size_t count)
{
    /* A key of no bytes still needs an address, or the library takes it for none. */
    const uint8_t *at = key.size > 0 ? key.data : (const uint8_t *)"";
    size_t written = 0;

    if (EVP_MAC_init(state, at, key.size, params) != 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (EVP_MAC_update(state, parts[i].data, parts[i].size) != 1)
            return false;
    return EVP_MAC_final(state, out, &written, size) == 1 && written == size;
}

enum err hmac_make(uint8_t *out, enum hash_kind kind, struct bytes key, const struct bytes *parts,
                   size_t count)
{
    const char *name = digest_name(kind);
    /* The library's parameters are not const, and it does not change this one. */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *state = NULL;
    EVP_MAC *mac;
    bool ok;

    if (name == NULL)
        return ERR_UNSUPPORTED;
    library_start();
    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    if (mac != NULL)
        state = EVP_MAC_CTX_new(mac);
    ok = state != NULL && parts_run(state, out, hash_size(kind), key, params, parts, count);
    EVP_MAC_CTX_free(state);
    EVP_MAC_free(mac);
    if (!ok)
        return library_failure(ERR_IO);
    library_wrote(out, hash_size(kind));
    return ERR_OK;
}
