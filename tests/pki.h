/* pki.h: a maker of certificates for tests: from a few words to signed DER.
 *
 * Keys are Ed25519, made of one number each; everything is deterministic and lives in static
 * memory until the program ends, or pki_reset(). Anything may be asked for that honest makers
 * do not issue. With PKI_UNSIGNED defined before the include, keys and signatures are made up,
 * which is enough for parsers and needs no library. Include this in one file per test program.
 * Not for shipped code. */
#ifndef BROCH_TESTS_PKI_H
#define BROCH_TESTS_PKI_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/der.h"

#ifdef PKI_UNSIGNED
#define PKI_SIGNATURE_SIZE 64u
#define PKI_PUBLIC_SIZE 32u
#else
#include "crypto/sign.h"
#define PKI_SIGNATURE_SIZE SIGN_SIZE
#define PKI_PUBLIC_SIZE SIGN_PUBLIC_SIZE
#endif

static uint8_t pki_room_[32 << 20];
static size_t pki_used_;

[[maybe_unused]] static void pki_reset(void) { pki_used_ = 0; }

static uint8_t *pki_take_(size_t size)
{
    uint8_t *at = &pki_room_[pki_used_];

    assert(size <= sizeof pki_room_ - pki_used_);
    pki_used_ += size;
    return at;
}

[[maybe_unused]] static struct bytes pki_copy(struct bytes b)
{
    uint8_t *at = pki_take_(b.size);

    if (b.size != 0)
        memcpy(at, b.data, b.size);
    return (struct bytes){ at, b.size };
}

/* The parts one after the other, with a head in front of them. */
static struct bytes pki_element(uint8_t tag, const struct bytes *parts, size_t count)
{
    size_t size = 0, head = 2;
    uint8_t *out, *at;

    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    for (size_t n = size; size > 127 && n != 0; n >>= 8)
        head++;
    out = at = pki_take_(head + size);
    *at++ = tag;
    *at++ = (uint8_t)(head == 2 ? size : 0x80 + head - 2);
    for (size_t i = head - 2; i > 0; i--)
        *at++ = (uint8_t)(size >> (8 * (i - 1)));
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size != 0)
            memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    return (struct bytes){ out, head + size };
}

#define PKI(tag, ...)                                 \
    pki_element(tag, (struct bytes[]){ __VA_ARGS__ }, \
                sizeof((struct bytes[]){ __VA_ARGS__ }) / sizeof(struct bytes))
#define PKI_NONE ((struct bytes){ NULL, 0 })

/* One CommonName; "" is the empty Name. */
static struct bytes pki_name(const char *cn)
{
    struct bytes text = { (const uint8_t *)cn, strlen(cn) };

    if (text.size == 0)
        return PKI(DER_SEQUENCE, PKI_NONE);
    return PKI(DER_SEQUENCE,
               PKI(DER_SET, PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x55\x04\x03")),
                                PKI(DER_UTF8_STRING, text))));
}

[[maybe_unused]] static struct bytes pki_number(uint32_t n)
{
    uint8_t raw[5] = { 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
    size_t at = 0;

    while (at < 4 && raw[at] == 0 && raw[at + 1] < 0x80)
        at++;
    return PKI(DER_INTEGER, ((struct bytes){ &raw[at], sizeof raw - at }));
}

/* A year, or a whole GeneralizedTime. */
static struct bytes pki_time(const char *when)
{
    char text[16];

    snprintf(text, sizeof text, strlen(when) == 4 ? "%s0101000000Z" : "%s", when);
    return PKI(DER_GENERALIZED_TIME, ((struct bytes){ (const uint8_t *)text, strlen(text) }));
}

static void pki_public_(uint8_t out[PKI_PUBLIC_SIZE], unsigned key)
{
#ifdef PKI_UNSIGNED
    memset(out, (int)key, PKI_PUBLIC_SIZE);
#else
    uint8_t seed[SIGN_SEED_SIZE];
    enum err e;

    memset(seed, (int)key, sizeof seed);
    e = sign_public(out, seed);
    assert(e == ERR_OK);
#endif
}

static void pki_signature_(uint8_t out[PKI_SIGNATURE_SIZE], unsigned key, struct bytes message)
{
#ifdef PKI_UNSIGNED
    memset(out, (int)(key + message.size), PKI_SIGNATURE_SIZE);
#else
    uint8_t seed[SIGN_SEED_SIZE];
    enum err e;

    memset(seed, (int)key, sizeof seed);
    e = sign_make(out, seed, message);
    assert(e == ERR_OK);
#endif
}

/* SubjectPublicKeyInfo of a key. */
static struct bytes pki_spki(unsigned key)
{
    uint8_t bits[1 + PKI_PUBLIC_SIZE] = { 0 };

    pki_public_(&bits[1], key);
    return PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2b\x65\x70"))),
               PKI(DER_BIT_STRING, BYTES_OF(bits)));
}

#define PKI_ED25519 PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2b\x65\x70")))

/* SIGNED{tbs}; `rest` comes after the signature. */
static struct bytes pki_sign(struct bytes tbs, unsigned signer, bool spoil, struct bytes rest)
{
    uint8_t bits[1 + PKI_SIGNATURE_SIZE] = { 0 };

    pki_signature_(&bits[1], signer, tbs);
    bits[40] ^= (uint8_t)(spoil ? 1 : 0);
    return PKI(DER_SEQUENCE, tbs, PKI_ED25519, PKI(DER_BIT_STRING, BYTES_OF(bits)), rest);
}

/* One Extension; the value is what the OCTET STRING holds. */
static struct bytes pki_extension(struct bytes oid, bool critical, struct bytes value)
{
    return PKI(DER_SEQUENCE, PKI(DER_OID, oid), critical ? BYTES_TEXT("\x01\x01\xff") : PKI_NONE,
               PKI(DER_OCTET_STRING, value));
}

/* Zero is: a leaf of serial number 0, of years 2000 to 2100 where the dates are NULL. */
struct pki_certificate {
    const char *subject, *issuer;
    unsigned key, signer;
    uint32_t serial;
    const char *from, *to;
    bool is_ca;
    bool has_path_length;
    uint32_t path_length;
    uint8_t key_usage; /* the first byte of the BIT STRING: 0x04 keyCertSign, 0x02 cRLSign */
    bool no_basic_constraints;
    struct bytes extension; /* one more, whole */
    struct bytes spki;      /* instead of the key's, whole: for keys of other kinds */
    bool bad_signature;
};

[[maybe_unused]] static struct bytes pki_certificate(const struct pki_certificate *c)
{
    uint8_t usage[2] = { 0, c->key_usage };
    struct bytes length = c->has_path_length ? pki_number(c->path_length) : PKI_NONE;
    struct bytes constraints =
        pki_extension(BYTES_TEXT("\x55\x1d\x13"), true,
                      PKI(DER_SEQUENCE, c->is_ca ? BYTES_TEXT("\x01\x01\xff") : PKI_NONE, length));
    struct bytes use =
        pki_extension(BYTES_TEXT("\x55\x1d\x0f"), true, PKI(DER_BIT_STRING, BYTES_OF(usage)));
    struct bytes tbs = PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2)),
                           pki_number(c->serial), PKI_ED25519, pki_name(c->issuer),
                           PKI(DER_SEQUENCE, pki_time(c->from != NULL ? c->from : "2000"),
                               pki_time(c->to != NULL ? c->to : "2100")),
                           pki_name(c->subject), c->spki.size != 0 ? c->spki : pki_spki(c->key),
                           PKI(DER_CONTEXT_CONSTRUCTED(3),
                               PKI(DER_SEQUENCE, c->no_basic_constraints ? PKI_NONE : constraints,
                                   c->key_usage != 0 ? use : PKI_NONE, c->extension)));

    return pki_sign(tbs, c->signer, c->bad_signature, PKI_NONE);
}

struct pki_crl {
    const char *issuer;
    unsigned signer;
    const char *from, *to; /* `to` NULL: no nextUpdate */
    const uint32_t *revoked;
    size_t revoked_count;
    struct bytes extension; /* one more, whole */
    bool bad_signature;
};

[[maybe_unused]] static struct bytes pki_crl(const struct pki_crl *c)
{
    static struct bytes entries[1 << 16];
    struct bytes revoked = PKI_NONE;
    struct bytes tbs;

    assert(c->revoked_count <= sizeof entries / sizeof *entries);
    for (size_t i = 0; i < c->revoked_count; i++)
        entries[i] = PKI(DER_SEQUENCE, pki_number(c->revoked[i]), pki_time("2010"));
    if (c->revoked_count != 0)
        revoked = pki_element(DER_SEQUENCE, entries, c->revoked_count);
    tbs = PKI(DER_SEQUENCE, pki_number(1), PKI_ED25519, pki_name(c->issuer), pki_time(c->from),
              c->to != NULL ? pki_time(c->to) : PKI_NONE, revoked,
              PKI(DER_CONTEXT_CONSTRUCTED(0),
                  PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x55\x1d\x14"), false, pki_number(7)),
                      c->extension)));
    return pki_sign(tbs, c->signer, c->bad_signature, PKI_NONE);
}

#endif
