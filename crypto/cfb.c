#include "crypto/cfb.h"

#include <limits.h>
#include <openssl/evp.h>

#include "crypto/library.h"

static enum err text_run(uint8_t *out, struct bytes key, const uint8_t *iv, struct bytes text,
                         int encrypts)
{
    EVP_CIPHER_CTX *state;
    int size = 0;
    bool ok;

    if ((key.size != 16 && key.size != 32) || text.size > INT_MAX)
        return ERR_INVALID;
    library_start();
    state = EVP_CIPHER_CTX_new();
    if (state == NULL)
        return library_failure(ERR_NOMEM);
    ok = EVP_CipherInit_ex(state, key.size == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128(),
                           NULL, key.data, iv, encrypts) == 1 &&
         (text.size == 0 || (EVP_CipherUpdate(state, out, &size, text.data, (int)text.size) == 1 &&
                             (size_t)size == text.size));
    EVP_CIPHER_CTX_free(state);
    if (!ok)
        return library_failure(ERR_IO);
    library_wrote(out, text.size);
    return ERR_OK;
}

enum err cfb_encrypt(uint8_t *out, struct bytes key, const uint8_t iv[CFB_BLOCK_SIZE],
                     struct bytes text)
{
    return text_run(out, key, iv, text, 1);
}

enum err cfb_decrypt(uint8_t *out, struct bytes key, const uint8_t iv[CFB_BLOCK_SIZE],
                     struct bytes text)
{
    return text_run(out, key, iv, text, 0);
}
