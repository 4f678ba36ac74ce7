/* oaep_test.c: RSA-OAEP and AES-CFB, the two that wrap a TPM's credentials. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/oaep.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/num.h"
#include "crypto/cfb.h"
#include "crypto/private_key.h"
#include "tests/check.h"

static void check_oaep(void)
{
    static const struct bytes label = BYTES_TEXT("IDENTITY\0"), plain = BYTES_TEXT("a secret");
    static const enum hash_kind hashes[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SHA1 };
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX], locked[384], encoded[384], back[384], huge[384] = { 0 };
    struct private_key private;
    struct public_key key;

    CASE("OAEP: what is encrypted is decrypted by the key, under that label");
    if (!CHECK_OK(private_key_make(&private, KEY_RSA, 65537)))
        return;
    CHECK_OK(private_key_public(&key, room, &private));
    for (size_t i = 0; i < COUNT_OF(hashes); i++) {
        const EVP_MD *md = i == 0   ? EVP_sha256()
                           : i == 1 ? EVP_sha384()
                           : i == 2 ? EVP_sha512()
                                    : EVP_sha1();
        const RSA *rsa = EVP_PKEY_get0_RSA(private.state);
        int size;

        CHECK_OK(oaep_encrypt(locked, &key, hashes[i], label, plain));
        CHECK_EQ(RSA_private_decrypt(384, locked, encoded, (RSA *)(uintptr_t)rsa, RSA_NO_PADDING),
                 384);
        size = RSA_padding_check_PKCS1_OAEP_mgf1(back, 384, encoded + 1, 383, 384, label.data,
                                                 (int)label.size, md, md);
        CHECK_BYTES(((struct bytes){ back, size > 0 ? (size_t)size : 0 }), plain);
        CHECK(RSA_padding_check_PKCS1_OAEP_mgf1(back, 384, encoded + 1, 383, 384, label.data,
                                                (int)label.size - 1, md, md) < 0);
    }
    CASE("OAEP: too much for the key, and no key");
    CHECK_OK(oaep_encrypt(locked, &key, HASH_SHA256, label, (struct bytes){ huge, 384 - 66 }));
    CHECK_ERR(oaep_encrypt(locked, &key, HASH_SHA256, label, (struct bytes){ huge, 384 - 65 }),
              ERR_LIMIT);
    key.e = BYTES_TEXT("\x02");
    CHECK_ERR(oaep_encrypt(locked, &key, HASH_SHA256, label, plain), ERR_INVALID);
    key.kind = KEY_P256;
    CHECK_ERR(oaep_encrypt(locked, &key, HASH_SHA256, label, plain), ERR_INVALID);
    private_key_done(&private);
}

/* NIST SP 800-38A, F.3.13 and F.3.17: the first two blocks. */
static void check_cfb(void)
{
    static const uint8_t iv[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    static const struct bytes keys[] = {
        BYTES_TEXT("\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c"),
        BYTES_TEXT("\x60\x3d\xeb\x10\x15\xca\x71\xbe\x2b\x73\xae\xf0\x85\x7d\x77\x81"
                   "\x1f\x35\x2c\x07\x3b\x61\x08\xd7\x2d\x98\x10\xa3\x09\x14\xdf\xf4"),
    };
    static const struct bytes plain =
        BYTES_TEXT("\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a"
                   "\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51");
    static const struct bytes locked[] = {
        BYTES_TEXT("\x3b\x3f\xd9\x2e\xb7\x2d\xad\x20\x33\x34\x49\xf8\xe8\x3c\xfb\x4a"
                   "\xc8\xa6\x45\x37\xa0\xb3\xa9\x3f\xcd\xe3\xcd\xad\x9f\x1c\xe5\x8b"),
        BYTES_TEXT("\xdc\x7e\x84\xbf\xda\x79\x16\x4b\x7e\xcd\x84\x86\x98\x5d\x38\x60"
                   "\x39\xff\xed\x14\x3b\x28\xb1\xc8\x32\x11\x3c\x63\x31\xe5\x40\x7b"),
    };
    uint8_t out[32];

    CASE("CFB, there and back, at any length");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        for (size_t size = 0; size <= plain.size; size++) {
            struct bytes some = { plain.data, size };

            CHECK_OK(cfb_encrypt(out, keys[i], iv, some));
            CHECK_BYTES(((struct bytes){ out, size }), ((struct bytes){ locked[i].data, size }));
            CHECK_OK(cfb_decrypt(out, keys[i], iv, (struct bytes){ out, size }));
            CHECK_BYTES(((struct bytes){ out, size }), some);
        }
    }
    CHECK_ERR(cfb_encrypt(out, (struct bytes){ keys[1].data, 24 }, iv, plain), ERR_INVALID);
    CHECK_ERR(cfb_decrypt(out, (struct bytes){ 0 }, iv, plain), ERR_INVALID);
}

int main(void)
{
    check_oaep();
    check_cfb();
    return check_done();
}
