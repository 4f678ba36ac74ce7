#include "crypto/private_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/num.h"
#include "crypto/library.h"
#include "crypto/rsa.h"

enum { SIGNATURE_DER_MAX = 160, PEM_SIZE_MAX = 64 << 10 };

static const struct {
    const char *name;
    enum key_kind kind;
} curves[] = {
    { SN_X9_62_prime256v1, KEY_P256 },
    { SN_secp384r1, KEY_P384 },
    { SN_secp521r1, KEY_P521 },
};

static enum key_kind kind_of(const EVP_PKEY *key)
{
    char name[64];
    size_t size = 0;

    if (EVP_PKEY_is_a(key, "ED25519"))
        return KEY_ED25519;
    if (EVP_PKEY_is_a(key, "RSA")) {
        int bits = EVP_PKEY_get_bits(key);

        return bits >= (int)RSA_SIZE_MIN * 8 && bits <= (int)RSA_SIZE_MAX * 8 ? KEY_RSA : KEY_NONE;
    }
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
                                                                    name, sizeof name, &size) != 1)
        return KEY_NONE;
    library_wrote(name, size + 1);
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (strcmp(name, curves[i].name) == 0)
            return curves[i].kind;
    return KEY_NONE;
}

/* Nobody is asked: a tool in a pipeline has no terminal. */
static int passphrase_refuse(char *room, int size, int is_write, void *asked)
{
    (void)room;
    (void)size;
    (void)is_write;
    *(bool *)asked = true;
    return -1;
}

static enum err key_keep(struct private_key *out, EVP_PKEY *key)
{
    enum key_kind kind = kind_of(key);

    if (kind == KEY_NONE) {
        EVP_PKEY_free(key);
        return library_failure(ERR_UNSUPPORTED);
    }
    *out = (struct private_key){ key, kind };
    return ERR_OK;
}

enum err private_key_parse(struct private_key *out, struct bytes pem)
{
    bool asked = false;
    EVP_PKEY *key;
    BIO *from;

    if (pem.size == 0 || pem.size > PEM_SIZE_MAX)
        return ERR_MALFORMED;
    library_start();
    from = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (from == NULL)
        return library_failure(ERR_NOMEM);
    library_enter();
    key = PEM_read_bio_PrivateKey(from, NULL, passphrase_refuse, &asked);
    library_leave();
    BIO_free(from);
    if (key == NULL)
        return library_failure(asked ? ERR_UNSUPPORTED : ERR_MALFORMED);
    return key_keep(out, key);
}

enum err private_key_make(struct private_key *out, enum key_kind kind, uint32_t exponent)
{
    EVP_PKEY_CTX *state;
    EVP_PKEY *key = NULL;
    BIGNUM *e;

    library_start();
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (curves[i].kind == kind)
            key = EVP_EC_gen(curves[i].name);
    if (kind == KEY_ED25519)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (kind == KEY_RSA) {
        state = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        e = BN_new();
        if (state == NULL || e == NULL || BN_set_word(e, exponent) != 1 ||
            EVP_PKEY_keygen_init(state) != 1 ||
            EVP_PKEY_CTX_set_rsa_keygen_bits(state, 3072) != 1 ||
            EVP_PKEY_CTX_set1_rsa_keygen_pubexp(state, e) != 1 ||
            EVP_PKEY_generate(state, &key) != 1)
            key = NULL;
        BN_free(e);
        EVP_PKEY_CTX_free(state);
    }
    return key != NULL ? key_keep(out, key) : library_failure(ERR_IO);
}

void private_key_done(struct private_key *k)
{
    EVP_PKEY_free(k->state); /* which wipes its numbers */
    *k = (struct private_key){ 0 };
}

/* One number of the key at the end of what is used of the room; `width` 0: as wide as it is. */
static bool number_get(struct bytes *out, uint8_t *room, size_t *used, const EVP_PKEY *key,
                       const char *name, size_t width)
{
    BIGNUM *n = NULL;
    size_t size;
    bool ok;

    if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
        return false;
    size = width != 0 ? width : (size_t)BN_num_bytes(n);
    ok = size <= PRIVATE_KEY_PUBLIC_MAX - *used &&
         BN_bn2binpad(n, &room[*used], (int)size) == (int)size;
    BN_free(n);
    if (!ok)
        return false;
    library_wrote(&room[*used], size);
    *out = (struct bytes){ &room[*used], size };
    *used += size;
    return true;
}

enum err private_key_public(struct public_key *out, uint8_t room[PRIVATE_KEY_PUBLIC_MAX],
                            const struct private_key *k)
{
    struct public_key t = { .kind = k->kind };
    size_t width = key_field_size(k->kind), used = 0;
    bool ok;

    if (k->kind == KEY_RSA) {
        ok = number_get(&t.n, room, &used, k->state, OSSL_PKEY_PARAM_RSA_N, 0) &&
             number_get(&t.e, room, &used, k->state, OSSL_PKEY_PARAM_RSA_E, 0);
    } else if (k->kind == KEY_ED25519) {
        ok = EVP_PKEY_get_raw_public_key(k->state, room, &width) == 1;
        library_wrote(room, width);
        t.x = (struct bytes){ room, width };
    } else {
        ok = number_get(&t.x, room, &used, k->state, OSSL_PKEY_PARAM_EC_PUB_X, width) &&
             number_get(&t.y, room, &used, k->state, OSSL_PKEY_PARAM_EC_PUB_Y, width);
    }
    if (!ok)
        return library_failure(ERR_IO);
    *out = t;
    return ERR_OK;
}

static const struct {
    const char *digest;
    int padding; /* of RSA; 0: ECDSA */
} kinds[] = {
    [SIGNATURE_ECDSA_SHA256] = { "SHA256", 0 },
    [SIGNATURE_ECDSA_SHA384] = { "SHA384", 0 },
    [SIGNATURE_ECDSA_SHA512] = { "SHA512", 0 },
    [SIGNATURE_RSA_PKCS1_SHA256] = { "SHA256", RSA_PKCS1_PADDING },
    [SIGNATURE_RSA_PKCS1_SHA384] = { "SHA384", RSA_PKCS1_PADDING },
    [SIGNATURE_RSA_PKCS1_SHA512] = { "SHA512", RSA_PKCS1_PADDING },
    [SIGNATURE_RSA_PSS_SHA256] = { "SHA256", RSA_PKCS1_PSS_PADDING },
    [SIGNATURE_RSA_PSS_SHA384] = { "SHA384", RSA_PKCS1_PSS_PADDING },
    [SIGNATURE_RSA_PSS_SHA512] = { "SHA512", RSA_PKCS1_PSS_PADDING },
    [SIGNATURE_ED25519] = { NULL, 0 },
};

static bool kind_fits(const struct private_key *k, enum signature_kind kind)
{
    if (kind == SIGNATURE_ED25519 || k->kind == KEY_ED25519)
        return kind == SIGNATURE_ED25519 && k->kind == KEY_ED25519;
    if (kind <= SIGNATURE_NONE || (size_t)kind >= COUNT_OF(kinds) || kinds[kind].digest == NULL)
        return false;
    return (kinds[kind].padding != 0) == (k->kind == KEY_RSA);
}

static bool message_sign(EVP_MD_CTX *state, uint8_t *out, size_t *size, const struct private_key *k,
                         enum signature_kind kind, struct bytes message)
{
    EVP_PKEY_CTX *how = NULL;

    if (EVP_DigestSignInit_ex(state, &how, kinds[kind].digest, NULL, NULL, k->state, NULL) != 1)
        return false;
    if (kinds[kind].padding != 0 && EVP_PKEY_CTX_set_rsa_padding(how, kinds[kind].padding) != 1)
        return false;
    if (kinds[kind].padding == RSA_PKCS1_PSS_PADDING &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1)
        return false;
    return EVP_DigestSign(state, out, size, message.data, message.size) == 1;
}

/* The library writes ECDSA signatures in DER. */
static bool ecdsa_raw(uint8_t *out, size_t width, const uint8_t *der, size_t size)
{
    ECDSA_SIG *made = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool ok = made != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(made), out, (int)width) == (int)width &&
              BN_bn2binpad(ECDSA_SIG_get0_s(made), out + width, (int)width) == (int)width;

    ECDSA_SIG_free(made);
    return ok;
}

enum err private_key_sign(uint8_t out[PRIVATE_KEY_SIGNATURE_MAX], size_t *size,
                          const struct private_key *k, enum signature_kind kind,
                          struct bytes message)
{
    uint8_t der[SIGNATURE_DER_MAX];
    bool is_ecdsa = k->kind != KEY_RSA && k->kind != KEY_ED25519, ok = false;
    size_t made = is_ecdsa ? sizeof der : PRIVATE_KEY_SIGNATURE_MAX;
    EVP_MD_CTX *state;

    if (!kind_fits(k, kind))
        return ERR_INVALID;
    state = EVP_MD_CTX_new();
    if (state != NULL)
        ok = message_sign(state, is_ecdsa ? der : out, &made, k, kind, message);
    EVP_MD_CTX_free(state);
    if (ok && is_ecdsa) {
        ok = ecdsa_raw(out, key_field_size(k->kind), der, made);
        made = 2 * key_field_size(k->kind);
    }
    if (!ok)
        return library_failure(ERR_IO);
    library_wrote(out, made);
    *size = made;
    return ERR_OK;
}
