#include "crypto/hash.h"

#include <openssl/evp.h>

#include "crypto/library.h"

static const EVP_MD *algorithm(enum hash_kind kind)
{
    switch (kind) {
    case HASH_SHA256: return EVP_sha256();
    case HASH_SHA384: return EVP_sha384();
    default: return EVP_sha512();
    }
}

size_t hash_size(enum hash_kind kind)
{
    static const size_t sizes[] = { 32, 48, 64 };

    return sizes[kind];
}

enum err hash_init(struct hash *h, enum hash_kind kind)
{
    EVP_MD_CTX *state;

    library_start();
    state = EVP_MD_CTX_new();
    h->state = NULL;
    h->kind = kind;
    if (state == NULL)
        return ERR_NOMEM;
    if (EVP_DigestInit_ex(state, algorithm(kind), NULL) != 1) {
        EVP_MD_CTX_free(state);
        return ERR_UNSUPPORTED;
    }
    h->state = state;
    return ERR_OK;
}

enum err hash_add(struct hash *h, struct bytes data)
{
    if (h->state == NULL)
        return ERR_USAGE;
    return EVP_DigestUpdate(h->state, data.data, data.size) == 1 ? ERR_OK : ERR_IO;
}

enum err hash_end(struct hash *h, uint8_t *out)
{
    int ok;

    if (h->state == NULL)
        return ERR_USAGE;
    ok = EVP_DigestFinal_ex(h->state, out, NULL);
    hash_done(h);
    return ok == 1 ? ERR_OK : ERR_IO;
}

void hash_done(struct hash *h)
{
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}

enum err hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct bytes data)
{
    struct hash h;
    enum err e;

    TRY(hash_init(&h, HASH_SHA256));
    e = hash_add(&h, data);
    if (e == ERR_OK)
        return hash_end(&h, out);
    hash_done(&h);
    return e;
}
