#include "crypto/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/library.h"

#define SIZE_MOST ((size_t)1 << 30)

enum err seal_init(struct seal *s, const uint8_t key[SEAL_KEY_SIZE])
{
    library_start();
    s->state = EVP_CIPHER_CTX_new();
    if (s->state == NULL)
        return ERR_NOMEM;
    memcpy(s->key, key, sizeof s->key);
    return ERR_OK;
}

void seal_done(struct seal *s)
{
    EVP_CIPHER_CTX_free(s->state);
    s->state = NULL;
    OPENSSL_cleanse(s->key, sizeof s->key);
}

/* Key, nonce and what stands beside; then the text itself. */
static bool text_run(struct seal *s, const uint8_t *nonce, struct bytes beside, struct bytes from,
                     uint8_t *out, int locks)
{
    int size = 0;

    if (EVP_CipherInit_ex(s->state, EVP_aes_256_gcm(), NULL, s->key, nonce, locks) != 1)
        return false;
    if (beside.size > 0 &&
        EVP_CipherUpdate(s->state, NULL, &size, beside.data, (int)beside.size) != 1)
        return false;
    if (from.size == 0)
        return true;
    return EVP_CipherUpdate(s->state, out, &size, from.data, (int)from.size) == 1 &&
           (size_t)size == from.size;
}

enum err seal_lock(struct seal *s, const uint8_t nonce[SEAL_NONCE_SIZE], struct bytes beside,
                   struct bytes plain, uint8_t *out, uint8_t tag[SEAL_TAG_SIZE])
{
    uint8_t rest[SEAL_TAG_SIZE];
    int size = 0;

    if (s->state == NULL || beside.size > SIZE_MOST || plain.size > SIZE_MOST)
        return ERR_USAGE;
    if (text_run(s, nonce, beside, plain, out, 1) &&
        EVP_CipherFinal_ex(s->state, rest, &size) == 1 && size == 0 &&
        EVP_CIPHER_CTX_ctrl(s->state, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, tag) == 1) {
        library_wrote(out, plain.size);
        library_wrote(tag, SEAL_TAG_SIZE);
        return ERR_OK;
    }
    return library_failure(ERR_IO);
}

enum err seal_unlock(struct seal *s, const uint8_t nonce[SEAL_NONCE_SIZE], struct bytes beside,
                     struct bytes locked, const uint8_t tag[SEAL_TAG_SIZE], uint8_t *out)
{
    uint8_t want[SEAL_TAG_SIZE], rest[SEAL_TAG_SIZE];
    int size = 0;

    if (s->state == NULL || beside.size > SIZE_MOST || locked.size > SIZE_MOST)
        return ERR_USAGE;
    memcpy(want, tag, sizeof want);
    if (text_run(s, nonce, beside, locked, out, 0) &&
        EVP_CIPHER_CTX_ctrl(s->state, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, want) == 1 &&
        EVP_CipherFinal_ex(s->state, rest, &size) == 1) {
        library_wrote(out, locked.size);
        return ERR_OK;
    }
    if (locked.size > 0)
        OPENSSL_cleanse(out, locked.size);
    return library_failure(ERR_INVALID);
}
