/* cose_check.c: what codec/cose.h makes of a message, and whether it verifies: for
 * tests/evidence/kind_cose.py.
 *
 *   cose-check sign1|sign|mac0|mac|encrypt0|encrypt MESSAGE EXTERNAL KEY...
 *
 * All in hex ("-" for nothing). A key is ec:X:Y, okp:X, rsa:N:E or oct:K; the n-th belongs to
 * the n-th signature. Prints "refused", or for each signature "input HEX" and then
 * "verified" or "wrong". An algorithm in the unprotected header counts here: the examples have
 * such; our verifiers do not take it. Decryption stands here, in a test: the product decrypts
 * no COSE. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "codec/cose.h"
#include "crypto/hmac.h"
#include "crypto/key.h"

#define ROOM 65536u

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
}

/* Up to a ':' or the end; each call has its own room. */
static struct bytes hex_take(const char **text)
{
    static uint8_t room[16 * ROOM];
    static size_t used;
    uint8_t *start = room + used;
    size_t size = 0;

    for (; **text != '\0' && **text != ':' && **text != '-'; *text += 2)
        start[size++] = (uint8_t)(digit((*text)[0]) << 4 | digit((*text)[1]));
    if (**text != '\0')
        (*text)++;
    used += size;
    return (struct bytes){ start, size };
}

static struct bytes hex_of(const char *text) { return hex_take(&text); }

struct key {
    struct public_key public;
    struct bytes secret;
};

static struct key key_of(const char *text)
{
    struct key k = { 0 };
    const char *rest = strchr(text, ':') + 1;
    struct bytes first = hex_take(&rest);

    if (strncmp(text, "oct", 3) == 0)
        k.secret = first;
    else if (strncmp(text, "okp", 3) == 0)
        k.public = (struct public_key){ .kind = KEY_ED25519, .x = first };
    else if (strncmp(text, "rsa", 3) == 0)
        k.public = (struct public_key){ .kind = KEY_RSA, .n = first, .e = hex_take(&rest) };
    else
        k.public = (struct public_key){ .kind = first.size == 32   ? KEY_P256
                                                : first.size == 48 ? KEY_P384
                                                                   : KEY_P521,
                                        .x = first,
                                        .y = hex_take(&rest) };
    return k;
}

static int64_t algorithm_of(const struct cose_headers *h)
{
    return h->has_algorithm ? h->algorithm : h->unprotected_algorithm;
}

static void answer(const struct writer *input, bool good)
{
    printf("input ");
    for (size_t i = 0; i < input->size; i++)
        printf("%02x", input->start[i]);
    printf("\n%s\n", good ? "verified" : "wrong");
}

static bool signed_by(const struct cose_headers *h, const struct key *k, const struct writer *input,
                      struct bytes signature)
{
    enum signature_kind kind = cose_signature_kind(algorithm_of(h));

    return kind != SIGNATURE_NONE &&
           key_check(&k->public, kind, writer_bytes(input), signature) == ERR_OK;
}

static bool mac_good(const struct cose *c, const struct key *k, const struct writer *input)
{
    int64_t algorithm = algorithm_of(&c->headers);
    enum hash_kind kind = algorithm == COSE_HMAC_384   ? HASH_SHA384
                          : algorithm == COSE_HMAC_512 ? HASH_SHA512
                                                       : HASH_SHA256;
    size_t size = algorithm == COSE_HMAC_256_64 ? 8 : hash_size(kind);
    uint8_t tag[HASH_SIZE_MAX];
    struct bytes message = writer_bytes(input);

    return algorithm >= COSE_HMAC_256_64 && algorithm <= COSE_HMAC_512 &&
           hmac_make(tag, kind, k->secret, &message, 1) == ERR_OK &&
           bytes_equal(c->signature, (struct bytes){ tag, size });
}

/* RFC 9053, 4.1 and 4.2: AES-GCM (1 to 3) and AES-CCM (10 to 13, 30 to 33). */
static bool decrypts(const struct cose *c, const struct key *k, const struct writer *input)
{
    int64_t a = algorithm_of(&c->headers);
    bool ccm = a >= 10;
    size_t tag = a >= 30 || a == 12 || a == 13 || !ccm ? 16 : 8;
    static uint8_t out[ROOM];
    EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher;
    int n = 0;
    bool ok;

    if (ccm)
        tag = a >= 30 ? 16 : 8;
    cipher = k->secret.size == 16   ? ccm ? EVP_aes_128_ccm() : EVP_aes_128_gcm()
               : k->secret.size == 24 ? ccm ? EVP_aes_192_ccm() : EVP_aes_192_gcm()
               : ccm ? EVP_aes_256_ccm()
                                    : EVP_aes_256_gcm();
    if (c->payload.size < tag || x == NULL)
        return false;
    ok = EVP_DecryptInit_ex(x, cipher, NULL, NULL, NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_IVLEN, (int)c->headers.iv.size, NULL) == 1;
    if (ok && ccm)
        ok = EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, (int)tag,
                                 (uint8_t *)(uintptr_t)(c->payload.data + c->payload.size - tag)) ==
             1;
    ok = ok && EVP_DecryptInit_ex(x, NULL, NULL, k->secret.data, c->headers.iv.data) == 1;
    if (ok && ccm)
        ok = EVP_DecryptUpdate(x, NULL, &n, NULL, (int)(c->payload.size - tag)) == 1;
    ok = ok && EVP_DecryptUpdate(x, NULL, &n, input->start, (int)input->size) == 1 &&
         EVP_DecryptUpdate(x, out, &n, c->payload.data, (int)(c->payload.size - tag)) == 1;
    if (ok && !ccm)
        ok = EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, (int)tag,
                                 (uint8_t *)(uintptr_t)(c->payload.data + c->payload.size - tag)) ==
                 1 &&
             EVP_DecryptFinal_ex(x, out + n, &n) == 1;
    EVP_CIPHER_CTX_free(x);
    return ok;
}

static int signers(const struct cose *c, struct bytes external, int count, char **keys)
{
    static uint8_t room[ROOM];
    struct reader r = reader_of(c->signatures);
    struct cose_signature s;
    enum err e;
    int i = 0;

    for (; cose_signature_next(&r, &s, &e); i++) {
        struct writer w = writer_of(room, sizeof room);
        struct key k;

        cose_sign_input(&w, c, &s, (struct bytes){ 0 }, external);
        if (i == count || !writer_ok(&w))
            return 1;
        k = key_of(keys[i]);
        answer(&w, signed_by(&s.headers, &k, &w, s.signature));
    }
    if (e != ERR_OK || i == 0)
        printf("refused\n");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum cose_kind kind;
    } kinds[] = { { "sign1", COSE_SIGN1 },       { "sign", COSE_SIGN },
                  { "mac0", COSE_MAC0 },         { "mac", COSE_MAC },
                  { "encrypt0", COSE_ENCRYPT0 }, { "encrypt", COSE_ENCRYPT } };
    static uint8_t room[ROOM];
    struct writer w = writer_of(room, sizeof room);
    struct bytes external, none = { 0 };
    struct cose c;
    struct key k;
    size_t i = 0;

    while (i < COUNT_OF(kinds) && (argc < 5 || strcmp(argv[1], kinds[i].name) != 0))
        i++;
    if (i == COUNT_OF(kinds))
        return 64;
    external = hex_of(argv[3]);
    if (cose_parse(&c, hex_of(argv[2]), kinds[i].kind, true) != ERR_OK) {
        printf("refused\n");
        return 0;
    }
    if (c.kind == COSE_SIGN)
        return signers(&c, external, argc - 4, argv + 4);
    k = key_of(argv[4]);
    if (c.kind == COSE_SIGN1)
        cose_sign1_input(&w, &c, none, external);
    else if (c.kind == COSE_MAC || c.kind == COSE_MAC0)
        cose_mac0_input(&w, &c, none, external);
    else
        cose_encrypt0_input(&w, &c, external);
    if (!writer_ok(&w))
        return 1;
    answer(&w, c.kind == COSE_SIGN1 ? signed_by(&c.headers, &k, &w, c.signature)
               : c.kind == COSE_MAC || c.kind == COSE_MAC0 ? mac_good(&c, &k, &w)
                                                           : decrypts(&c, &k, &w));
    return 0;
}
