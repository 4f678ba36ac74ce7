#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/num.h"
#include "crypto/library.h"

static const struct {
    const char *name;
    size_t size;
} kinds[] = {
    [HASH_SHA256] = { "SHA256", 32 },
    [HASH_SHA384] = { "SHA384", 48 },
    [HASH_SHA512] = { "SHA512", 64 },
    [HASH_SHA1] = { "SHA1", 20 },
};

/* Looked up once: the library's own lookup for each hash costs more than a short hash. */
static EVP_MD *algorithms[COUNT_OF(kinds)];
static CRYPTO_ONCE algorithms_once = CRYPTO_ONCE_STATIC_INIT;

static void algorithms_fetch(void)
{
    library_start();
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        algorithms[i] = EVP_MD_fetch(NULL, kinds[i].name, NULL);
}

static const EVP_MD *algorithm(enum hash_kind kind)
{
    if ((size_t)kind >= COUNT_OF(kinds) ||
        CRYPTO_THREAD_run_once(&algorithms_once, algorithms_fetch) != 1)
        return NULL;
    return algorithms[kind];
}

size_t hash_size(enum hash_kind kind) { return kinds[kind].size; }

enum err hash_init(struct hash *h, enum hash_kind kind)
{
    const EVP_MD *md = algorithm(kind);
    EVP_MD_CTX *state;

    h->state = NULL;
    h->kind = kind;
    if (md == NULL)
        return library_failure(ERR_UNSUPPORTED);
    state = EVP_MD_CTX_new();
    if (state == NULL)
        return library_failure(ERR_NOMEM);
    if (EVP_DigestInit_ex(state, md, NULL) != 1) {
        EVP_MD_CTX_free(state);
        return library_failure(ERR_IO);
    }
    h->state = state;
    return ERR_OK;
}

enum err hash_add(struct hash *h, struct bytes data)
{
    if (h->state == NULL)
        return ERR_USAGE;
    return EVP_DigestUpdate(h->state, data.data, data.size) == 1 ? ERR_OK : library_failure(ERR_IO);
}

enum err hash_end(struct hash *h, uint8_t *out)
{
    int ok;

    if (h->state == NULL)
        return ERR_USAGE;
    ok = EVP_DigestFinal_ex(h->state, out, NULL);
    hash_done(h);
    library_wrote(out, hash_size(h->kind));
    return ok == 1 ? ERR_OK : library_failure(ERR_IO);
}

void hash_done(struct hash *h)
{
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}

enum err hash_bytes(enum hash_kind kind, uint8_t *out, struct bytes data)
{
    const EVP_MD *md = algorithm(kind);

    if (md == NULL)
        return library_failure(ERR_UNSUPPORTED);
    if (EVP_Digest(data.data, data.size, out, NULL, md, NULL) != 1)
        return library_failure(ERR_IO);
    library_wrote(out, hash_size(kind));
    return ERR_OK;
}

enum err hash_parts(enum hash_kind kind, uint8_t *out, const struct bytes *parts, size_t count)
{
    struct hash h;
    enum err e;

    TRY(hash_init(&h, kind));
    for (size_t i = 0; i < count; i++) {
        e = hash_add(&h, parts[i]);
        if (e != ERR_OK) {
            hash_done(&h);
            return e;
        }
    }
    return hash_end(&h, out);
}

enum err hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct bytes data)
{
    return hash_bytes(HASH_SHA256, out, data);
}
