#include "crypto/private_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/num.h"
#include "crypto/key.h"
#include "tests/check.h"

static const struct {
    const char *name;
    enum key_kind kind;
    uint32_t exponent;
    enum signature_kind kinds[7];
} cases[] = {
    { "P-256", KEY_P256, 0, { SIGNATURE_ECDSA_SHA256, SIGNATURE_ECDSA_SHA384 } },
    { "P-384", KEY_P384, 0, { SIGNATURE_ECDSA_SHA384, SIGNATURE_ECDSA_SHA512 } },
    { "P-521", KEY_P521, 0, { SIGNATURE_ECDSA_SHA512, SIGNATURE_ECDSA_SHA256 } },
    { "Ed25519", KEY_ED25519, 0, { SIGNATURE_ED25519 } },
    { "RSA, e = 3",
      KEY_RSA,
      3,
      { SIGNATURE_RSA_PKCS1_SHA256, SIGNATURE_RSA_PSS_SHA256, SIGNATURE_RSA_PSS_SHA384,
        SIGNATURE_RSA_PKCS1_SHA384, SIGNATURE_RSA_PKCS1_SHA512, SIGNATURE_RSA_PSS_SHA512 } },
};

static bool fits(size_t i, enum signature_kind kind)
{
    bool is_ecdsa = kind >= SIGNATURE_ECDSA_SHA256 && kind <= SIGNATURE_ECDSA_SHA512;

    if (cases[i].kind == KEY_RSA) /* SHA-1 is not signed with */
        return kind >= SIGNATURE_RSA_PKCS1_SHA256 && kind <= SIGNATURE_RSA_PSS_SHA512;
    return cases[i].kind == KEY_ED25519 ? kind == SIGNATURE_ED25519 : is_ecdsa;
}

static void check_signs(const struct private_key *k, size_t i)
{
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX], signature[PRIVATE_KEY_SIGNATURE_MAX];
    struct bytes message = BYTES_TEXT("message");
    struct public_key key;
    size_t size = 0;

    CHECK_OK(private_key_public(&key, room, k));
    CHECK_EQ(key.kind, cases[i].kind);
    for (size_t n = 0; n < COUNT_OF(cases[i].kinds) && cases[i].kinds[n] != SIGNATURE_NONE; n++) {
        CHECK_OK(private_key_sign(signature, &size, k, cases[i].kinds[n], message));
        CHECK_OK(key_check(&key, cases[i].kinds[n], message, (struct bytes){ signature, size }));
        CHECK_ERR(key_check(&key, cases[i].kinds[n], BYTES_TEXT("messagf"),
                            (struct bytes){ signature, size }),
                  ERR_INVALID);
    }
    for (int s = SIGNATURE_NONE; s <= SIGNATURE_ED25519 + 1; s++)
        CHECK_ERR(private_key_sign(signature, &size, k, (enum signature_kind)s, message),
                  fits(i, (enum signature_kind)s) ? ERR_OK : ERR_INVALID);
}

enum form { FORM_PKCS8, FORM_TRADITIONAL, FORM_LOCKED };

static struct bytes pem_of(BIO *to, EVP_PKEY *key, enum form form)
{
    unsigned char pass[] = "pass";
    char *at = NULL;
    long size;

    if (form == FORM_TRADITIONAL)
        CHECK_EQ(PEM_write_bio_PrivateKey_traditional(to, key, NULL, NULL, 0, NULL, NULL), 1);
    else
        CHECK_EQ(PEM_write_bio_PrivateKey(to, key, form == FORM_LOCKED ? EVP_aes_128_cbc() : NULL,
                                          pass, 4, NULL, NULL),
                 1);
    size = BIO_get_mem_data(to, &at);
    return (struct bytes){ (const uint8_t *)at, (size_t)size };
}

static void check_forms(EVP_PKEY *key, size_t i)
{
    struct private_key k = { 0 };

    for (enum form form = FORM_PKCS8; form <= FORM_LOCKED; form++) {
        BIO *to = BIO_new(BIO_s_mem());
        struct bytes pem;

        if (form == FORM_TRADITIONAL && cases[i].kind == KEY_ED25519) { /* which has none */
            BIO_free(to);
            continue;
        }
        pem = pem_of(to, key, form);
        if (form == FORM_LOCKED) {
            CHECK_ERR(private_key_parse(&k, pem), ERR_UNSUPPORTED);
            CHECK_NULL(k.state);
        } else if (CHECK_OK(private_key_parse(&k, pem))) {
            check_signs(&k, i);
            private_key_done(&k);
            pem.size /= 2;
            CHECK_ERR(private_key_parse(&k, pem), ERR_MALFORMED);
        }
        BIO_free(to);
    }
}

static void check_others(void)
{
    EVP_PKEY *keys[] = { EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), EVP_EC_gen("secp256k1"),
                         EVP_RSA_gen(1024) };
    struct private_key k = { 0 };

    CASE("keys of other kinds, and what is no key");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        BIO *to = BIO_new(BIO_s_mem());

        CHECK_ERR(private_key_parse(&k, pem_of(to, keys[i], FORM_PKCS8)), ERR_UNSUPPORTED);
        BIO_free(to);
        EVP_PKEY_free(keys[i]);
    }
    CHECK_ERR(private_key_parse(&k, (struct bytes){ 0 }), ERR_MALFORMED);
    CHECK_ERR(private_key_parse(&k, BYTES_TEXT("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                               "-----END PRIVATE KEY-----\n")),
              ERR_MALFORMED);
}

int main(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct private_key k;

        CASE(cases[i].name);
        if (!CHECK_OK(private_key_make(&k, cases[i].kind, cases[i].exponent)))
            continue;
        check_signs(&k, i);
        check_forms(k.state, i);
        private_key_done(&k);
    }
    check_others();
    return check_done();
}
