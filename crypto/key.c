/* key.c: the one place where public keys meet OpenSSL's libcrypto.
 *
 * It uses the library's old interface for EC and RSA keys. Measured with 3.0 on the machine
 * this was written on: to make a P-256 key by EVP_PKEY_fromdata takes 13 us, by EC_KEY over a
 * group that is kept 1.6 us, and the check of a signature 45 us; RSA is even. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/num.h"
#include "crypto/library.h"
#include "crypto/rsa.h"

#define FIELD_SIZE_MAX 66u
#define ED25519_SIGNATURE_SIZE ((size_t)64)

enum padding { PADDING_NONE, PADDING_PKCS1, PADDING_PSS };

static const struct {
    enum hash_kind hash;
    bool is_ecdsa;
    enum padding padding; /* of RSA */
} kinds[] = {
    [SIGNATURE_ECDSA_SHA256] = { HASH_SHA256, true, PADDING_NONE },
    [SIGNATURE_ECDSA_SHA384] = { HASH_SHA384, true, PADDING_NONE },
    [SIGNATURE_ECDSA_SHA512] = { HASH_SHA512, true, PADDING_NONE },
    [SIGNATURE_RSA_PKCS1_SHA1] = { HASH_SHA1, false, PADDING_PKCS1 },
    [SIGNATURE_RSA_PKCS1_SHA256] = { HASH_SHA256, false, PADDING_PKCS1 },
    [SIGNATURE_RSA_PKCS1_SHA384] = { HASH_SHA384, false, PADDING_PKCS1 },
    [SIGNATURE_RSA_PKCS1_SHA512] = { HASH_SHA512, false, PADDING_PKCS1 },
    [SIGNATURE_RSA_PSS_SHA256] = { HASH_SHA256, false, PADDING_PSS },
    [SIGNATURE_RSA_PSS_SHA384] = { HASH_SHA384, false, PADDING_PSS },
    [SIGNATURE_RSA_PSS_SHA512] = { HASH_SHA512, false, PADDING_PSS },
};

/* --- ECDSA (FIPS 186-5, 6.4.2) */

static const int curves[] = {
    [KEY_P256] = NID_X9_62_prime256v1,
    [KEY_P384] = NID_secp384r1,
    [KEY_P521] = NID_secp521r1,
};
static EC_GROUP *groups[COUNT_OF(curves)];
static CRYPTO_ONCE groups_once = CRYPTO_ONCE_STATIC_INIT;

static void groups_make(void)
{
    library_start();
    for (size_t i = KEY_P256; i < COUNT_OF(curves); i++)
        groups[i] = EC_GROUP_new_by_curve_name(curves[i]);
}

/* ERR_INVALID where x and y are no point of the curve: oct2key looks, and refuses numbers
 * that are not below p. The form is the uncompressed one, so infinity cannot be written. The
 * curves have cofactor 1: every point of one is in the right group. */
static enum err ec_key_make(EC_KEY **out, const struct public_key *key)
{
    uint8_t point[1 + 2 * FIELD_SIZE_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    size_t width = key_field_size(key->kind);
    EC_KEY *ec;

    if (key->x.size != width || key->y.size != width)
        return ERR_INVALID;
    if (CRYPTO_THREAD_run_once(&groups_once, groups_make) != 1 || groups[key->kind] == NULL)
        return library_failure(ERR_IO);
    ec = EC_KEY_new();
    if (ec == NULL || EC_KEY_set_group(ec, groups[key->kind]) != 1) {
        EC_KEY_free(ec);
        return library_failure(ERR_NOMEM);
    }
    memcpy(point + 1, key->x.data, width);
    memcpy(point + 1 + width, key->y.data, width);
    if (EC_KEY_oct2key(ec, point, 1 + 2 * width, NULL) != 1) {
        EC_KEY_free(ec);
        return library_failure(ERR_INVALID);
    }
    *out = ec;
    return ERR_OK;
}

static ECDSA_SIG *ecdsa_signature_make(struct bytes signature)
{
    int width = (int)(signature.size / 2);
    ECDSA_SIG *made = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.data, width, NULL);
    BIGNUM *s = BN_bin2bn(signature.data + width, width, NULL);

    if (made != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(made, r, s) == 1)
        return made;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(made);
    return NULL;
}

static enum err ecdsa_check(const struct public_key *key, struct bytes digest,
                            struct bytes signature)
{
    ECDSA_SIG *made;
    EC_KEY *ec = NULL;
    int answer = -1;

    if (signature.size != 2 * key_field_size(key->kind))
        return ERR_INVALID;
    TRY(ec_key_make(&ec, key));
    made = ecdsa_signature_make(signature);
    if (made != NULL) /* 1: good. 0: wrong, r or s outside of [1, n-1] too. -1: neither */
        answer = ECDSA_do_verify(digest.data, (int)digest.size, made, ec);
    ECDSA_SIG_free(made);
    EC_KEY_free(ec);
    if (answer == 1)
        return ERR_OK;
    return library_failure(answer == 0 ? ERR_INVALID : ERR_IO);
}

/* --- RSA (RFC 8017) */

/* EMSA-PKCS1-v1_5 (9.2): the one encoding that the digest may have. */
static void pkcs1_encode(uint8_t *out, size_t size, enum hash_kind hash, struct bytes digest)
{
    static const struct bytes heads[] = {
        /* DigestInfo up to the digest; note 1 */
        [HASH_SHA1] = BYTES_TEXT("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"),
        [HASH_SHA256] = BYTES_TEXT("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
                                   "\x05\x00\x04\x20"),
        [HASH_SHA384] = BYTES_TEXT("\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
                                   "\x05\x00\x04\x30"),
        [HASH_SHA512] = BYTES_TEXT("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03"
                                   "\x05\x00\x04\x40"),
    };
    struct bytes head = heads[hash];
    size_t tail = head.size + digest.size; /* below RSA_SIZE_MIN - 11 for all four */

    memset(out, 0xff, size - tail);
    out[0] = 0;
    out[1] = 1;
    out[size - tail - 1] = 0;
    memcpy(out + size - tail, head.data, head.size);
    memcpy(out + size - digest.size, digest.data, digest.size);
}

static enum err pkcs1_check(const uint8_t *message, size_t size, enum hash_kind hash,
                            struct bytes digest)
{
    uint8_t want[RSA_SIZE_MAX];

    pkcs1_encode(want, size, hash, digest);
    return memcmp(want, message, size) == 0 ? ERR_OK : ERR_INVALID;
}

static enum err pss_check(RSA *rsa, const uint8_t *message, enum hash_kind hash,
                          struct bytes digest)
{
    const EVP_MD *md = hash == HASH_SHA256   ? EVP_sha256()
                       : hash == HASH_SHA384 ? EVP_sha384()
                                             : EVP_sha512();

    if (RSA_verify_PKCS1_PSS_mgf1(rsa, digest.data, md, md, message, RSA_PSS_SALTLEN_DIGEST) == 1)
        return ERR_OK;
    return library_failure(ERR_INVALID);
}

static bool rsa_signature_is_below(struct bytes signature, struct bytes modulus)
{
    return signature.size == modulus.size && modulus.size > 0 &&
           memcmp(signature.data, modulus.data, modulus.size) < 0;
}

static enum err rsa_check(const struct public_key *key, enum signature_kind kind,
                          struct bytes digest, struct bytes signature)
{
    uint8_t message[RSA_SIZE_MAX];
    size_t size = key->n.size;
    RSA *rsa = NULL;
    enum err e;

    if (!rsa_signature_is_below(signature, key->n))
        return ERR_INVALID;
    TRY(rsa_make(&rsa, key));
    if (RSA_public_decrypt((int)size, signature.data, message, rsa, RSA_NO_PADDING) != (int)size) {
        RSA_free(rsa);
        return library_failure(ERR_IO);
    }
    library_wrote(message, size);
    e = kinds[kind].padding == PADDING_PSS ? pss_check(rsa, message, kinds[kind].hash, digest)
                                           : pkcs1_check(message, size, kinds[kind].hash, digest);
    RSA_free(rsa);
    return e;
}

/* --- Ed25519 (RFC 8032, 5.1.7) */

/* Whether the encoding is of a point whose order divides 8, or of no number below p: such a
 * "key" verifies signatures that nobody made. The sign bit does not matter. */
static bool ed25519_is_small(struct bytes x)
{
    static const uint8_t order_8[2][32] = {
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
          0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
          0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
          0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
          0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
    };
    uint8_t y[32], middle_or = 0, middle_and = 0xff;

    memcpy(y, x.data, sizeof y);
    y[31] &= 0x7f;
    if (memcmp(y, order_8[0], sizeof y) == 0 || memcmp(y, order_8[1], sizeof y) == 0)
        return true;
    for (size_t i = 1; i < 31; i++) {
        middle_or |= y[i];
        middle_and &= y[i];
    }
    if (middle_or == 0 && y[31] == 0 && y[0] <= 1) /* y = 0, y = 1 */
        return true;
    return middle_and == 0xff && y[31] == 0x7f && y[0] >= 0xec; /* y = p-1, y >= p */
}

static enum err ed25519_check(const struct public_key *key, struct bytes message,
                              struct bytes signature)
{
    EVP_MD_CTX *state;
    EVP_PKEY *made;
    enum err e = ERR_IO;

    if (key->x.size != key_field_size(KEY_ED25519) || signature.size != ED25519_SIGNATURE_SIZE ||
        ed25519_is_small(key->x))
        return ERR_INVALID;
    library_start();
    made = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->x.data, key->x.size);
    state = EVP_MD_CTX_new();
    if (made != NULL && state != NULL && EVP_DigestVerifyInit(state, NULL, NULL, NULL, made) == 1)
        e = EVP_DigestVerify(state, signature.data, signature.size, message.data, message.size) == 1
                ? ERR_OK
                : ERR_INVALID;
    EVP_MD_CTX_free(state);
    EVP_PKEY_free(made);
    return e == ERR_OK ? ERR_OK : library_failure(e);
}

/* --- all of them */

static bool kind_fits(const struct public_key *key, enum signature_kind kind)
{
    if (kind <= SIGNATURE_NONE || (size_t)kind >= COUNT_OF(kinds))
        return false;
    if (kinds[kind].is_ecdsa)
        return key->kind == KEY_P256 || key->kind == KEY_P384 || key->kind == KEY_P521;
    return key->kind == KEY_RSA;
}

enum err key_check_digest(const struct public_key *key, enum signature_kind kind,
                          struct bytes digest, struct bytes signature)
{
    if (!kind_fits(key, kind) || digest.size != hash_size(kinds[kind].hash))
        return ERR_INVALID;
    if (kinds[kind].is_ecdsa)
        return ecdsa_check(key, digest, signature);
    return rsa_check(key, kind, digest, signature);
}

enum err key_check(const struct public_key *key, enum signature_kind kind, struct bytes message,
                   struct bytes signature)
{
    uint8_t digest[HASH_SIZE_MAX];

    if (kind == SIGNATURE_ED25519)
        return key->kind == KEY_ED25519 ? ed25519_check(key, message, signature) : ERR_INVALID;
    if (!kind_fits(key, kind))
        return ERR_INVALID;
    TRY(hash_bytes(kinds[kind].hash, digest, message));
    return key_check_digest(key, kind, (struct bytes){ digest, hash_size(kinds[kind].hash) },
                            signature);
}
