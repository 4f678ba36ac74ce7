/* token_test.h: CCA and PSA tokens made for tests, by fresh P-384 keys, with any one thing
 * wrong. Include this in one file per test program. */
#ifndef BROCH_ATTEST_CCA_TOKEN_TEST_H
#define BROCH_ATTEST_CCA_TOKEN_TEST_H

#include <assert.h>
#include <string.h>

#include "codec/cose.h"
#include "crypto/hash.h"
#include "crypto/private_key.h"

struct token_options {
    int64_t skip;       /* a claim that is left out: its key, or -1 for the first's of the realm */
    int64_t twice;      /* a claim that is there two times */
    int64_t also;       /* another claim of the platform, at its end */
    uint16_t lifecycle; /* 0: 3000, secured */
    bool raw_key;       /* RAK as a point, in a realm token without profile */
    bool other_rak;     /* the platform vouches for another key */
    bool wrong_realm_key; /* the realm token is signed by the platform's key */
    bool unprotected_algorithm;
    bool is_record;                        /* tag 907, each token in a record [263, token] */
    uint64_t format;                       /* of the realm's record, instead of 263 */
    uint8_t change_platform, change_realm; /* xor of a signature's last byte */
};

static struct private_key token_cpak, token_rak;
static uint8_t token_bytes[64];

static void token_start(void)
{
    assert(private_key_make(&token_cpak, KEY_P384, 0) == ERR_OK);
    assert(private_key_make(&token_rak, KEY_P384, 0) == ERR_OK);
    for (size_t i = 0; i < sizeof token_bytes; i++)
        token_bytes[i] = (uint8_t)(i + 1);
}

static void token_done(void)
{
    private_key_done(&token_cpak);
    private_key_done(&token_rak);
}

/* SubjectPublicKeyInfo of the CPAK. */
static struct bytes token_spki(void)
{
    static uint8_t spki[120] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX];
    struct public_key k;

    assert(private_key_public(&k, room, &token_cpak) == ERR_OK);
    memcpy(spki + 24, k.x.data, 48);
    memcpy(spki + 72, k.y.data, 48);
    return BYTES_OF(spki);
}

static struct bytes token_cose(uint8_t *room, size_t size, struct bytes payload,
                               const struct private_key *key, bool unprotected, uint8_t change)
{
    uint8_t message[4096], head[8], signature[PRIVATE_KEY_SIGNATURE_MAX];
    struct writer h = writer_of(head, sizeof head), m = writer_of(message, sizeof message);
    struct writer w = writer_of(room, size);
    struct cose c = { .kind = COSE_SIGN1, .payload = payload };
    size_t signed_size;

    cbor_put_map(&h, 1);
    cbor_put_int(&h, 1);
    cbor_put_int(&h, COSE_ES384);
    if (!unprotected)
        c.headers.protected_raw = writer_bytes(&h);
    cose_sign1_input(&m, &c, (struct bytes){ 0 }, (struct bytes){ 0 });
    assert(private_key_sign(signature, &signed_size, key, SIGNATURE_ECDSA_SHA384,
                            writer_bytes(&m)) == ERR_OK);
    signature[signed_size - 1] ^= change;
    cbor_put_tag(&w, COSE_SIGN1);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, c.headers.protected_raw);
    if (unprotected)
        writer_put(&w, writer_bytes(&h));
    else
        cbor_put_map(&w, 0);
    cbor_put_bytes(&w, payload);
    cbor_put_bytes(&w, (struct bytes){ signature, signed_size });
    assert(writer_ok(&w));
    return writer_bytes(&w);
}

static void token_bytes_put(struct writer *w, size_t size)
{
    cbor_put_bytes(w, (struct bytes){ token_bytes, size });
}

static void token_components(struct writer *w)
{
    cbor_put_array(w, 1);
    cbor_put_map(w, 3);
    cbor_put_int(w, 1);
    cbor_put_text(w, BYTES_TEXT("BL"));
    cbor_put_int(w, 2);
    token_bytes_put(w, 32);
    cbor_put_int(w, 5);
    token_bytes_put(w, 32);
}

static void token_claim(struct writer *w, int64_t key, const struct token_options *o,
                        struct bytes challenge)
{
    cbor_put_int(w, key);
    switch (key) {
    case 10: cbor_put_bytes(w, challenge); break;
    case 256: token_bytes_put(w, 33); break;
    case 265: cbor_put_text(w, BYTES_TEXT("tag:arm.com,2023:cca_platform#1.0.0")); break;
    case -75002: /* the same in PSA's first profile */
    case 2395: cbor_put_uint(w, o->lifecycle != 0 ? o->lifecycle : 0x3000); break;
    case 2396: token_bytes_put(w, 32); break;
    case 2399: token_components(w); break;
    case 2401: token_bytes_put(w, 3); break;
    case 2402: cbor_put_text(w, BYTES_TEXT("sha-256")); break;
    case 2394: cbor_put_int(w, -1); break;
    default: abort();
    }
}

static void token_key_put(struct writer *w, bool raw)
{
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX], out[128];
    struct writer k = writer_of(out, sizeof out);
    struct public_key p;

    assert(private_key_public(&p, room, &token_rak) == ERR_OK);
    if (raw) {
        writer_u8(&k, 4);
        writer_put(&k, p.x);
        writer_put(&k, p.y);
    } else {
        cbor_put_map(&k, 4);
        cbor_put_int(&k, 1);
        cbor_put_int(&k, 2);
        cbor_put_int(&k, -1);
        cbor_put_int(&k, 2);
        cbor_put_int(&k, -2);
        cbor_put_bytes(&k, p.x);
        cbor_put_int(&k, -3);
        cbor_put_bytes(&k, p.y);
    }
    assert(writer_ok(&k));
    cbor_put_bytes(w, writer_bytes(&k));
}

static void token_realm_claim(struct writer *w, int64_t key, const struct token_options *o)
{
    cbor_put_int(w, key);
    switch (key) {
    case 265: cbor_put_text(w, BYTES_TEXT("tag:arm.com,2023:realm#1.0.0")); break;
    case 44236:
    case 44240: cbor_put_text(w, BYTES_TEXT("sha-256")); break;
    case 44237: token_key_put(w, o->raw_key); break;
    case 44238: token_bytes_put(w, 48); break;
    case 44239:
        cbor_put_array(w, 4);
        for (int i = 0; i < 4; i++)
            token_bytes_put(w, 48);
        break;
    default: token_bytes_put(w, 64); break;
    }
}

static size_t token_keys(int64_t *out, const int64_t *keys, size_t count,
                         const struct token_options *o)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (keys[i] != o->skip)
            out[n++] = keys[i];
        if (keys[i] == o->twice)
            out[n++] = keys[i];
    }
    return n;
}

static struct bytes token_platform(uint8_t *room, size_t size, const struct token_options *o,
                                   struct bytes challenge)
{
    static const int64_t all[] = { 10, 256, 265, 2395, 2396, 2399, 2401, 2402 };
    struct writer w = writer_of(room, size);
    int64_t keys[16];
    size_t count = token_keys(keys, all, sizeof all / sizeof *all, o);

    if (o->also != 0)
        keys[count++] = o->also;
    cbor_put_map(&w, count);
    for (size_t i = 0; i < count; i++)
        token_claim(&w, keys[i], o, challenge);
    assert(writer_ok(&w));
    return writer_bytes(&w);
}

static struct bytes token_realm(uint8_t *room, size_t size, const struct token_options *o)
{
    static const int64_t all[] = { 10, 44235, 44236, 44237, 44238, 44239, 44240, 265 };
    struct writer w = writer_of(room, size);
    int64_t keys[16];
    size_t count = token_keys(keys, all, sizeof all / sizeof *all - o->raw_key, o);

    cbor_put_map(&w, count);
    for (size_t i = 0; i < count; i++)
        token_realm_claim(&w, keys[i], o);
    assert(writer_ok(&w));
    return writer_bytes(&w);
}

/* draft-ietf-rats-msg-wrap, 3.1: [content format, token]. */
static void token_entry(struct writer *w, uint64_t key, struct bytes token, bool is_record,
                        uint64_t format)
{
    cbor_put_uint(w, key);
    if (is_record) {
        cbor_put_array(w, 2);
        cbor_put_uint(w, format != 0 ? format : 263);
    }
    cbor_put_bytes(w, token);
}

static struct bytes token_make(const struct token_options *o)
{
    static uint8_t out[8192];
    uint8_t claims[2048], platform[4096], realm[4096], rak[256], digest[32];
    struct writer w = writer_of(out, sizeof out), k = writer_of(rak, sizeof rak);
    struct reader r;
    struct bytes p, q;

    token_key_put(&k, o->raw_key);
    r = reader_of(writer_bytes(&k));
    assert(hash_sha256(digest, cbor_take_bytes(&r)) == ERR_OK);
    digest[0] ^= o->other_rak;
    p = token_cose(platform, sizeof platform,
                   token_platform(claims, sizeof claims, o, BYTES_OF(digest)), &token_cpak,
                   o->unprotected_algorithm, o->change_platform);
    q = token_cose(realm, sizeof realm, token_realm(claims, sizeof claims, o),
                   o->wrong_realm_key ? &token_cpak : &token_rak, false, o->change_realm);
    cbor_put_tag(&w, o->is_record ? 907 : 399);
    cbor_put_map(&w, 2);
    token_entry(&w, 44234, p, o->is_record, 0);
    token_entry(&w, 44241, q, o->is_record, o->format);
    assert(writer_ok(&w));
    return writer_bytes(&w);
}

/* PSA: the same claims but for config and hash, and a client id. */
static struct bytes token_psa(void)
{
    static uint8_t out[4096];
    uint8_t claims[2048];
    struct writer w = writer_of(claims, sizeof claims);
    static const int64_t keys[] = { 10, 256, 2394, 2395, 2396, 2399 };
    struct token_options o = { 0 };

    cbor_put_map(&w, 7);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        token_claim(&w, keys[i], &o, (struct bytes){ token_bytes, 32 });
    cbor_put_int(&w, 265);
    cbor_put_text(&w, BYTES_TEXT("tag:psacertified.org,2023:psa#tfm"));
    assert(writer_ok(&w));
    return token_cose(out, sizeof out, writer_bytes(&w), &token_cpak, false, 0);
}

#endif
