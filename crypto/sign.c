#include "crypto/sign.h"

#include <openssl/evp.h>

#include "crypto/library.h"

static EVP_PKEY *private_of(const uint8_t seed[SIGN_SEED_SIZE])
{
    library_start();
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGN_SEED_SIZE);
}

enum err sign_public(uint8_t out[SIGN_PUBLIC_SIZE], const uint8_t seed[SIGN_SEED_SIZE])
{
    EVP_PKEY *key = private_of(seed);
    size_t size = SIGN_PUBLIC_SIZE;
    bool ok = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &size) == 1 &&
              size == SIGN_PUBLIC_SIZE;

    EVP_PKEY_free(key);
    library_wrote(out, SIGN_PUBLIC_SIZE);
    return ok ? ERR_OK : library_failure(ERR_IO);
}

enum err sign_make(uint8_t out[SIGN_SIZE], const uint8_t seed[SIGN_SEED_SIZE], struct bytes message)
{
    EVP_PKEY *key = private_of(seed);
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    size_t size = SIGN_SIZE;
    bool ok =
        key != NULL && state != NULL && EVP_DigestSignInit(state, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(state, out, &size, message.data, message.size) == 1 && size == SIGN_SIZE;

    EVP_MD_CTX_free(state);
    EVP_PKEY_free(key);
    library_wrote(out, SIGN_SIZE);
    return ok ? ERR_OK : library_failure(ERR_IO);
}

enum err sign_check(const uint8_t public[SIGN_PUBLIC_SIZE], const uint8_t signature[SIGN_SIZE],
                    struct bytes message)
{
    EVP_MD_CTX *state;
    EVP_PKEY *key;
    enum err e = ERR_IO;

    library_start();
    key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, SIGN_PUBLIC_SIZE);
    state = EVP_MD_CTX_new();
    if (key != NULL && state != NULL && EVP_DigestVerifyInit(state, NULL, NULL, NULL, key) == 1)
        e = EVP_DigestVerify(state, signature, SIGN_SIZE, message.data, message.size) == 1
                ? ERR_OK
                : ERR_INVALID;
    EVP_MD_CTX_free(state);
    EVP_PKEY_free(key);
    return e == ERR_OK ? ERR_OK : library_failure(e);
}
