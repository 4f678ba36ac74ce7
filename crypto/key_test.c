/* key_test.c: genuine signatures are made here, with the library; then they are bent. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

#include "base/num.h"
#include "crypto/library.h"
#include "tests/check.h"

static const struct bytes message = BYTES_TEXT("the quick brown fox");

/* --- ECDSA */

struct ec {
    EC_KEY *key;
    size_t width;
    uint8_t x[66], y[66], signature[132], order[66], prime[66];
    struct public_key public;
};

static void ec_make(struct ec *e, enum key_kind kind, int curve)
{
    BIGNUM *x = BN_new(), *y = BN_new(), *p = BN_new();

    *e = (struct ec){ .key = EC_KEY_new_by_curve_name(curve), .width = key_field_size(kind) };
    EC_KEY_generate_key(e->key);
    EC_POINT_get_affine_coordinates(EC_KEY_get0_group(e->key), EC_KEY_get0_public_key(e->key), x, y,
                                    NULL);
    EC_GROUP_get_curve(EC_KEY_get0_group(e->key), p, NULL, NULL, NULL);
    BN_bn2binpad(x, e->x, (int)e->width);
    BN_bn2binpad(y, e->y, (int)e->width);
    BN_bn2binpad(p, e->prime, (int)e->width);
    BN_bn2binpad(EC_GROUP_get0_order(EC_KEY_get0_group(e->key)), e->order, (int)e->width);
    e->public =
        (struct public_key){ .kind = kind, .x = { e->x, e->width }, .y = { e->y, e->width } };
    BN_free(x);
    BN_free(y);
    BN_free(p);
}

static void ec_sign(struct ec *e, enum hash_kind hash)
{
    uint8_t digest[HASH_SIZE_MAX];
    ECDSA_SIG *made;

    CHECK_OK(hash_bytes(hash, digest, message));
    made = ECDSA_do_sign(digest, (int)hash_size(hash), e->key);
    BN_bn2binpad(ECDSA_SIG_get0_r(made), e->signature, (int)e->width);
    BN_bn2binpad(ECDSA_SIG_get0_s(made), e->signature + e->width, (int)e->width);
    ECDSA_SIG_free(made);
}

static enum err ec_check(const struct ec *e, enum signature_kind kind)
{
    return key_check(&e->public, kind, message, (struct bytes){ e->signature, 2 * e->width });
}

/* a - b, or a + b where that fits the width. */
static bool number_mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t width, bool add)
{
    BIGNUM *x = BN_bin2bn(a, (int)width, NULL), *y = BN_bin2bn(b, (int)width, NULL);
    bool fits = (add ? BN_add(x, x, y) : BN_sub(x, x, y)) == 1 &&
                BN_bn2binpad(x, out, (int)width) == (int)width;

    BN_free(x);
    BN_free(y);
    return fits;
}

static void ec_check_numbers(struct ec *e, enum signature_kind kind)
{
    uint8_t good[132], *r = e->signature, *s = e->signature + e->width;
    const uint8_t *numbers[] = { NULL, e->order, e->prime };
    size_t width = e->width;

    memcpy(good, e->signature, sizeof good);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) { /* 0, n, p, and both alike */
        uint8_t n[66] = { 0 };

        if (numbers[i] != NULL)
            memcpy(n, numbers[i], width);
        memcpy(r, n, width);
        CHECK_ERR(ec_check(e, kind), ERR_INVALID);
        memcpy(s, n, width);
        CHECK_ERR(ec_check(e, kind), ERR_INVALID);
        memcpy(r, good, width);
        CHECK_ERR(ec_check(e, kind), ERR_INVALID);
        memcpy(s, good + width, width);
    }
    memset(r, 0, 2 * width);
    r[width - 1] = s[width - 1] = 1; /* r = s = 1 */
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    memset(r, 0xff, 2 * width);
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    memcpy(e->signature, good, sizeof good);
    if (number_mix(r, good, e->order, width, true)) /* r + n is the same modulo n */
        CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    memcpy(e->signature, good, sizeof good);
    if (number_mix(s, good + width, e->order, width, true))
        CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    /* The twin, n - s, is as good: nobody may take a signature for a name. */
    CHECK(number_mix(s, e->order, good + width, width, false));
    CHECK_OK(ec_check(e, kind));
    memcpy(e->signature, good, sizeof good);
}

static void ec_check_keys(struct ec *e, enum signature_kind kind, enum key_kind key_kind)
{
    static const uint8_t zeros[66];
    struct bytes x = e->public.x, y = e->public.y;
    uint8_t bent[67] = { 0 };

    memcpy(bent, e->y, e->width);
    bent[e->width - 1] ^= 1;
    e->public.y = (struct bytes){ bent, e->width };
    CHECK_ERR(ec_check(e, kind), ERR_INVALID); /* off the curve */
    e->public.x = y;
    e->public.y = x;
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    e->public.x = e->public.y = (struct bytes){ zeros, e->width }; /* a way to say infinity */
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    e->public.x = (struct bytes){ e->prime, e->width };
    e->public.y = y;
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    e->public.x = e->public.y = (struct bytes){ 0 };
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    memcpy(bent + 1, e->x, e->width);
    bent[0] = 0;
    e->public.x = (struct bytes){ bent, e->width + 1 }; /* a zero too many */
    e->public.y = y;
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    e->public.x = (struct bytes){ x.data, e->width - 1 };
    CHECK_ERR(ec_check(e, kind), ERR_INVALID);
    e->public.x = x;
    for (int k = KEY_NONE; k <= KEY_RSA + 1; k++) {
        e->public.kind = (enum key_kind)k;
        CHECK_ERR(ec_check(e, kind), k == (int)key_kind ? ERR_OK : ERR_INVALID);
    }
    e->public.kind = key_kind;
}

static void check_ec(const char *name, enum key_kind kind, int curve)
{
    static const struct {
        enum signature_kind kind;
        enum hash_kind hash;
    } hashes[] = { { SIGNATURE_ECDSA_SHA256, HASH_SHA256 },
                   { SIGNATURE_ECDSA_SHA384, HASH_SHA384 },
                   { SIGNATURE_ECDSA_SHA512, HASH_SHA512 } };
    struct ec e = { 0 };

    ec_make(&e, kind, curve);
    for (size_t i = 0; i < COUNT_OF(hashes); i++) {
        uint8_t digest[HASH_SIZE_MAX];
        struct bytes d = { digest, hash_size(hashes[i].hash) };
        struct bytes signature = { e.signature, 2 * e.width };

        CASE(name);
        ec_sign(&e, hashes[i].hash);
        CHECK_OK(ec_check(&e, hashes[i].kind));
        CHECK_OK(hash_bytes(hashes[i].hash, digest, message));
        CHECK_OK(key_check_digest(&e.public, hashes[i].kind, d, signature));
        d.size--;
        CHECK_ERR(key_check_digest(&e.public, hashes[i].kind, d, signature), ERR_INVALID);
        d.size++;
        digest[0] ^= 1;
        CHECK_ERR(key_check_digest(&e.public, hashes[i].kind, d, signature), ERR_INVALID);
        for (int k = SIGNATURE_NONE; k <= SIGNATURE_ED25519 + 1; k++)
            CHECK_ERR(ec_check(&e, (enum signature_kind)k),
                      k == (int)hashes[i].kind ? ERR_OK : ERR_INVALID);
        signature.size--;
        CHECK_ERR(key_check(&e.public, hashes[i].kind, message, signature), ERR_INVALID);
        CHECK_ERR(key_check(&e.public, hashes[i].kind, message, (struct bytes){ 0 }), ERR_INVALID);
        for (size_t at = 0; at < 2 * e.width; at += i == 0 && kind == KEY_P256 ? 1 : 13) {
            e.signature[at] ^= 0x10;
            CHECK_ERR(ec_check(&e, hashes[i].kind), ERR_INVALID);
            e.signature[at] ^= 0x10;
        }
    }
    ec_check_numbers(&e, SIGNATURE_ECDSA_SHA512);
    ec_check_keys(&e, SIGNATURE_ECDSA_SHA512, kind);
    EC_KEY_free(e.key);
}

/* --- RSA */

struct rsa {
    RSA *key;
    uint8_t n[1024], e[8], signature[1024];
    struct public_key public;
};

static void rsa_make(struct rsa *r, int bits, unsigned long exponent)
{
    BIGNUM *e = BN_new();

    *r = (struct rsa){ .key = RSA_new() };
    BN_set_word(e, exponent);
    RSA_generate_key_ex(r->key, bits, e, NULL);
    BN_bn2bin(RSA_get0_n(r->key), r->n);
    r->public = (struct public_key){ .kind = KEY_RSA,
                                     .n = { r->n, (size_t)RSA_size(r->key) },
                                     .e = { r->e, (size_t)BN_bn2bin(e, r->e) } };
    BN_free(e);
}

static enum err rsa_check_as(const struct rsa *r, enum signature_kind kind)
{
    return key_check(&r->public, kind, message, (struct bytes){ r->signature, r->public.n.size });
}

static bool rsa_sign_raw(struct rsa *r, const uint8_t *encoded)
{
    return RSA_private_encrypt(RSA_size(r->key), encoded, r->signature, r->key, RSA_NO_PADDING) ==
           RSA_size(r->key);
}

static bool rsa_sign_pss(struct rsa *r, const EVP_MD *md, const EVP_MD *mask, int salt)
{
    uint8_t digest[HASH_SIZE_MAX], encoded[1024];

    return EVP_Digest(message.data, message.size, digest, NULL, md, NULL) == 1 &&
           RSA_padding_add_PKCS1_PSS_mgf1(r->key, encoded, digest, md, mask, salt) == 1 &&
           rsa_sign_raw(r, encoded);
}

static const struct {
    const char *name;
    int nid;
    enum signature_kind pkcs1, pss;
} rsa_hashes[] = {
    { "SHA1", NID_sha1, SIGNATURE_RSA_PKCS1_SHA1, SIGNATURE_NONE },
    { "SHA256", NID_sha256, SIGNATURE_RSA_PKCS1_SHA256, SIGNATURE_RSA_PSS_SHA256 },
    { "SHA384", NID_sha384, SIGNATURE_RSA_PKCS1_SHA384, SIGNATURE_RSA_PSS_SHA384 },
    { "SHA512", NID_sha512, SIGNATURE_RSA_PKCS1_SHA512, SIGNATURE_RSA_PSS_SHA512 },
};

static void rsa_check_others(struct rsa *r, enum signature_kind good)
{
    struct bytes signature = { r->signature, r->public.n.size };

    for (int k = SIGNATURE_NONE; k <= SIGNATURE_ED25519 + 1; k++)
        CHECK_ERR(rsa_check_as(r, (enum signature_kind)k), k == (int)good ? ERR_OK : ERR_INVALID);
    for (size_t at = 0; at < signature.size; at += 37) {
        r->signature[at] ^= 1;
        CHECK_ERR(rsa_check_as(r, good), ERR_INVALID);
        r->signature[at] ^= 1;
    }
    signature.size--;
    CHECK_ERR(key_check(&r->public, good, message, signature), ERR_INVALID);
    CHECK_ERR(key_check(&r->public, good, message, (struct bytes){ 0 }), ERR_INVALID);
    CHECK_ERR(key_check(&r->public, good, BYTES_TEXT("another"),
                        (struct bytes){ r->signature, r->public.n.size }),
              ERR_INVALID);
}

static void check_rsa(struct rsa *r, const char *name)
{
    char text[64];

    for (size_t i = 0; i < COUNT_OF(rsa_hashes); i++) {
        const EVP_MD *md = EVP_get_digestbyname(rsa_hashes[i].name);
        uint8_t digest[HASH_SIZE_MAX];
        unsigned size = 0;

        snprintf(text, sizeof text, "%s PKCS1 %s", name, rsa_hashes[i].name);
        CASE(text);
        CHECK(EVP_Digest(message.data, message.size, digest, &size, md, NULL) == 1);
        CHECK(RSA_sign(rsa_hashes[i].nid, digest, size, r->signature, &size, r->key) == 1);
        CHECK_OK(rsa_check_as(r, rsa_hashes[i].pkcs1));
        rsa_check_others(r, rsa_hashes[i].pkcs1);
        if (rsa_hashes[i].pss == SIGNATURE_NONE)
            continue;
        snprintf(text, sizeof text, "%s PSS %s", name, rsa_hashes[i].name);
        CASE(text);
        CHECK(rsa_sign_pss(r, md, md, RSA_PSS_SALTLEN_DIGEST));
        CHECK_OK(rsa_check_as(r, rsa_hashes[i].pss));
        rsa_check_others(r, rsa_hashes[i].pss);
        CHECK(rsa_sign_pss(r, md, md, 20)); /* salts of other lengths */
        CHECK_ERR(rsa_check_as(r, rsa_hashes[i].pss), ERR_INVALID);
        CHECK(rsa_sign_pss(r, md, md, 0));
        CHECK_ERR(rsa_check_as(r, rsa_hashes[i].pss), ERR_INVALID);
        CHECK(rsa_sign_pss(r, md, EVP_sha1(), RSA_PSS_SALTLEN_DIGEST));
        CHECK_ERR(rsa_check_as(r, rsa_hashes[i].pss), ERR_INVALID);
    }
}

/* What a verifier that parses the padding may let pass (Bleichenbacher 2006 and later). */
static void check_pkcs1_forms(struct rsa *r)
{
    static const struct {
        const char *name;
        struct bytes head; /* after the padding, before the digest */
        uint8_t first, second;
        size_t padding, tail; /* 0: as much padding as there is room for */
        enum err want;
    } cases[] = {
#define OID "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
        { "the one form", BYTES_TEXT("\x30\x31\x30\x0d" OID "\x05\x00\x04\x20"), 0, 1, 0, 0,
          ERR_OK },
        { "no NULL", BYTES_TEXT("\x30\x2f\x30\x0b" OID "\x04\x20"), 0, 1, 0, 0, ERR_INVALID },
        { "a long length", BYTES_TEXT("\x30\x81\x31\x30\x0d" OID "\x05\x00\x04\x20"), 0, 1, 0, 0,
          ERR_INVALID },
        { "no DigestInfo", BYTES_TEXT(""), 0, 1, 0, 0, ERR_INVALID },
        { "block type 2", BYTES_TEXT("\x30\x31\x30\x0d" OID "\x05\x00\x04\x20"), 0, 2, 0, 0,
          ERR_INVALID },
        { "block type 0", BYTES_TEXT("\x30\x31\x30\x0d" OID "\x05\x00\x04\x20"), 0, 0, 0, 0,
          ERR_INVALID },
        { "bytes behind, little padding", BYTES_TEXT("\x30\x31\x30\x0d" OID "\x05\x00\x04\x20"), 0,
          1, 8, 1, ERR_INVALID },
        { "the name of another hash",
          BYTES_TEXT(
              "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x20"),
          0, 1, 0, 0, ERR_INVALID },
    };
    uint8_t encoded[1024], digest[32];
    size_t size = r->public.n.size;

    CHECK_OK(hash_sha256(digest, message));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t padding = cases[i].padding != 0 ? cases[i].padding
                                               : size - 3 - cases[i].head.size - sizeof digest;
        struct writer w = writer_of(encoded, size);

        CASE(cases[i].name);
        memset(encoded, 0, sizeof encoded);
        writer_u8(&w, cases[i].first);
        writer_u8(&w, cases[i].second);
        for (size_t p = 0; p < padding; p++)
            writer_u8(&w, 0xff);
        writer_u8(&w, 0);
        writer_put(&w, cases[i].head);
        writer_put(&w, BYTES_OF(digest));
        CHECK(writer_ok(&w));
        CHECK(rsa_sign_raw(r, encoded));
        CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PKCS1_SHA256), cases[i].want);
    }
}

static void check_rsa_keys(struct rsa *r)
{
    static const struct {
        const char *name;
        struct bytes e;
    } exponents[] = {
        { "no exponent", BYTES_TEXT("") },
        { "exponent 0", BYTES_TEXT("\0") },
        { "exponent 1", BYTES_TEXT("\x01") },
        { "an even exponent", BYTES_TEXT("\x04") },
        { "65536", BYTES_TEXT("\x01\x00\x00") },
        { "a zero in front", BYTES_TEXT("\0\x01\x00\x01") },
        { "33 bits", BYTES_TEXT("\x01\0\0\0\x01") },
    };
    struct bytes e = r->public.e;
    uint8_t n[1032];

    CHECK(rsa_sign_pss(r, EVP_sha256(), EVP_sha256(), RSA_PSS_SALTLEN_DIGEST));
    for (size_t i = 0; i < COUNT_OF(exponents); i++) {
        CASE(exponents[i].name);
        r->public.e = exponents[i].e;
        CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    }
    r->public.e = e;
    CASE("a signature of 1, of 0, and not below the modulus");
    memset(r->signature, 0, sizeof r->signature);
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    r->signature[r->public.n.size - 1] = 1;
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PKCS1_SHA256), ERR_INVALID);
    memcpy(r->signature, r->n, r->public.n.size);
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    CASE("an even modulus");
    r->n[r->public.n.size - 1] ^= 1;
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    r->n[r->public.n.size - 1] ^= 1;
    CASE("moduli of 2040, 2047, 8200 and 0 bits");
    memset(n, 0xff, sizeof n);
    r->public.n = (struct bytes){ n, 255 };
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    n[0] = 0x7f;
    r->public.n = (struct bytes){ n, 256 };
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
    n[0] = 0;
    r->public.n = (struct bytes){ n, 257 };
    CHECK_ERR(key_check(&r->public, SIGNATURE_RSA_PSS_SHA256, message, r->public.n), ERR_INVALID);
    n[0] = 1;
    r->public.n = (struct bytes){ n, 1025 };
    CHECK_ERR(key_check(&r->public, SIGNATURE_RSA_PSS_SHA256, message, r->public.n), ERR_INVALID);
    r->public.n = (struct bytes){ 0 };
    CHECK_ERR(rsa_check_as(r, SIGNATURE_RSA_PSS_SHA256), ERR_INVALID);
}

/* --- Ed25519 */

static void check_ed25519(void)
{
    /* RFC 8032, 7.1, test 2. */
    static const uint8_t x[] = { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
                                 0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
                                 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c };
    uint8_t s[] = { 0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
                    0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
                    0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
                    0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
                    0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00 };
    /* The first bytes, the byte between and the last one of points that divide 8. */
    static const uint8_t small[][3] = { { 0, 0, 0 },          { 1, 0, 0 },
                                        { 1, 0, 0x80 },       { 0, 0, 0x80 },
                                        { 0xec, 0xff, 0x7f }, { 0xec, 0xff, 0xff },
                                        { 0xed, 0xff, 0x7f }, { 0xee, 0xff, 0x7f } };
    struct public_key key = { .kind = KEY_ED25519, .x = BYTES_OF(x) };
    struct bytes m = BYTES_TEXT("r");
    uint8_t identity[64] = { 1 }, bad[32];

    CASE("Ed25519");
    CHECK_OK(key_check(&key, SIGNATURE_ED25519, m, BYTES_OF(s)));
    CHECK_ERR(key_check(&key, SIGNATURE_ED25519, message, BYTES_OF(s)), ERR_INVALID);
    CHECK_ERR(key_check(&key, SIGNATURE_ED25519, m, (struct bytes){ s, 63 }), ERR_INVALID);
    CHECK_ERR(key_check(&key, SIGNATURE_ECDSA_SHA256, m, BYTES_OF(s)), ERR_INVALID);
    CHECK_ERR(key_check_digest(&key, SIGNATURE_ED25519, BYTES_OF(x), BYTES_OF(s)), ERR_INVALID);
    for (size_t i = 0; i < sizeof s; i++) {
        s[i] ^= 4;
        CHECK_ERR(key_check(&key, SIGNATURE_ED25519, m, BYTES_OF(s)), ERR_INVALID);
        s[i] ^= 4;
    }
    key.x.size = 31;
    CHECK_ERR(key_check(&key, SIGNATURE_ED25519, m, BYTES_OF(s)), ERR_INVALID);
    CASE("Ed25519: keys for which R = identity and s = 0 sign everything, or half of it");
    key.x = BYTES_OF(bad);
    for (size_t i = 0; i < COUNT_OF(small); i++) {
        memset(bad, small[i][1], sizeof bad);
        bad[0] = small[i][0];
        bad[31] = small[i][2];
        for (uint8_t c = 0; c < 16; c++)
            CHECK_ERR(
                key_check(&key, SIGNATURE_ED25519, (struct bytes){ &c, 1 }, BYTES_OF(identity)),
                ERR_INVALID);
    }
}

int main(void)
{
    struct rsa r = { 0 };

    library_start();
    check_ec("ECDSA P-256", KEY_P256, NID_X9_62_prime256v1);
    check_ec("ECDSA P-384", KEY_P384, NID_secp384r1);
    check_ec("ECDSA P-521", KEY_P521, NID_secp521r1);
    rsa_make(&r, 2048, 65537);
    check_rsa(&r, "RSA-2048");
    check_pkcs1_forms(&r);
    check_rsa_keys(&r);
    RSA_free(r.key);
    rsa_make(&r, 3072, 3);
    check_rsa(&r, "RSA-3072, e = 3,");
    check_pkcs1_forms(&r);
    RSA_free(r.key);
    check_ed25519();
    return check_done();
}
