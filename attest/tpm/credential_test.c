/* MakeCredential, and its undoing with the EK's private half. */
#include "attest/tpm/credential.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "attest/tpm/algorithm.h"
#include "base/reader.h"
#include "crypto/cfb.h"
#include "crypto/hmac.h"
#include "crypto/library.h"
#include "tests/check.h"

static EVP_PKEY *ek_private;
static uint8_t modulus[256];
static const uint8_t exponent[] = { 1, 0, 1 }, seed[32] = { 7, 8, 9 }, secret[32] = { 1, 2 };
static const uint8_t name[34] = { 0, 0x0b, 5 };
static struct tpm_public ek;

static void setup(void)
{
    BIGNUM *n = NULL;

    ek_private = EVP_RSA_gen(2048);
    CHECK(ek_private != NULL && EVP_PKEY_get_bn_param(ek_private, "n", &n) == 1);
    BN_bn2binpad(n, modulus, sizeof modulus);
    BN_free(n);
    ek = (struct tpm_public){
        .type = TPM_ALG_RSA,
        .name_algorithm = TPM_ALG_SHA256,
        .attributes = 0x000300b2, /* as the TCG's EK template has it */
        .symmetric = 6,
        .symmetric_bits = 128,
        .modulus = BYTES_OF(modulus),
        .exponent = BYTES_OF(exponent),
    };
}

static bool seed_decrypt(uint8_t out[32], const struct tpm_credential *c)
{
    uint8_t room[256], *label = OPENSSL_memdup("IDENTITY", 9);
    size_t size = sizeof room;
    EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(ek_private, NULL);
    bool good = EVP_PKEY_decrypt_init(x) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_OAEP_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_oaep_md(x, EVP_sha256()) == 1 &&
                EVP_PKEY_CTX_set0_rsa_oaep_label(x, label, 9) == 1 &&
                EVP_PKEY_decrypt(x, room, &size, c->secret + 2, c->secret_size - 2) == 1;

    EVP_PKEY_CTX_free(x);
    if (good && size == 32)
        memcpy(out, room, 32);
    return good && size == 32;
}

/* What a TPM does (Part 3, 12.5), for an AK of that name. */
static bool activate(struct bytes *answer, uint8_t plain[66], const struct tpm_credential *c,
                     struct bytes ak_name)
{
    static const uint8_t iv[16] = { 0 };
    uint8_t got[32], key[16], hmac_key[32], hmac[32];
    struct reader r = reader_of((struct bytes){ c->blob, c->blob_size });
    struct bytes none = { 0 }, sent, sealed;

    CHECK_EQ(reader_u16be(&r), c->blob_size - 2);
    CHECK_EQ(reader_u16be(&r), 32);
    sent = reader_take(&r, 32);
    sealed = reader_take(&r, r.left);
    if (!seed_decrypt(got, c))
        return false;
    CHECK_OK(
        tpm_kdfa(hmac_key, 256, HASH_SHA256, BYTES_OF(got), BYTES_TEXT("INTEGRITY"), none, none));
    CHECK_OK(hmac_make(hmac, HASH_SHA256, BYTES_OF(hmac_key),
                       (const struct bytes[]){ sealed, ak_name }, 2));
    if (!bytes_equal(BYTES_OF(hmac), sent))
        return false;
    CHECK_OK(tpm_kdfa(key, 128, HASH_SHA256, BYTES_OF(got), BYTES_TEXT("STORAGE"), ak_name, none));
    CHECK_OK(cfb_decrypt(plain, BYTES_OF(key), iv, sealed));
    *answer = (struct bytes){ plain + 2, sealed.size - 2 };
    return plain[0] == 0 && plain[1] == answer->size;
}

int main(void)
{
    struct tpm_credential c;
    uint8_t plain[66], other[34] = { 0, 0x0b, 6 };
    struct bytes answer = { 0 };

    library_start();
    setup();
    CASE("the secret comes back for the name that it was made for");
    CHECK_OK(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_OF(seed), BYTES_OF(secret)));
    CHECK(activate(&answer, plain, &c, BYTES_OF(name)));
    CHECK(tpm_credential_check(BYTES_OF(secret), answer));
    CASE("and for no other name, nor with a changed byte");
    CHECK(!activate(&answer, plain, &c, BYTES_OF(other)));
    for (size_t i = 4; i < c.blob_size; i++) {
        c.blob[i] ^= 1;
        CHECK(!activate(&answer, plain, &c, BYTES_OF(name)));
        c.blob[i] ^= 1;
    }
    CHECK(!tpm_credential_check(BYTES_OF(secret), BYTES_OF(seed)));
    CHECK(!tpm_credential_check((struct bytes){ 0 }, (struct bytes){ 0 }));
    CASE("a key that is no endorsement key is refused");
    ek.attributes |= 1u << 18;
    CHECK_ERR(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_OF(seed), BYTES_OF(secret)),
              ERR_INVALID);
    ek.attributes = 0x000300b2 & ~2u;
    CHECK_ERR(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_OF(seed), BYTES_OF(secret)),
              ERR_INVALID);
    ek.attributes = 0x000300b2;
    CHECK_ERR(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_TEXT("short"), BYTES_OF(secret)),
              ERR_INVALID);
    CHECK_ERR(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_OF(seed), BYTES_TEXT("short")),
              ERR_INVALID);
    ek.type = TPM_ALG_ECC;
    CHECK_ERR(tpm_credential_make(&c, &ek, BYTES_OF(name), BYTES_OF(seed), BYTES_OF(secret)),
              ERR_UNSUPPORTED);
    EVP_PKEY_free(ek_private);
    return check_done();
}
