#include "measure/sigstruct.h"

#include <string.h>

#include "base/ct.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/private_key.h"
#include "measure/wide.h"

static const uint8_t header[16] = { 6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 };
static const uint8_t header2[16] = { 1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0 };
/* Two parts are signed: bytes 0 to 127, and 900 to 1027. */
#define SIGNED1_SIZE 128u
#define SIGNED2_AT 900u
#define SIGNED2_SIZE 128u

enum err sigstruct_parse(struct sigstruct *out, struct bytes raw)
{
    struct reader r = reader_of(raw), parts = r;
    struct sigstruct s = { .raw = raw };

    s.header = reader_take(&r, 16);
    s.vendor = reader_take(&r, 4);
    s.date = reader_take(&r, 4);
    s.header2 = reader_take(&r, 16);
    s.swdefined = reader_take(&r, 4);
    s.reserved1 = reader_take(&r, 84);
    s.modulus = reader_take(&r, SIGSTRUCT_RSA_SIZE);
    s.exponent = reader_u32le(&r);
    s.signature = reader_take(&r, SIGSTRUCT_RSA_SIZE);
    s.miscselect = reader_take(&r, 4);
    s.miscmask = reader_take(&r, 4);
    s.reserved2 = reader_take(&r, 4);
    s.isvfamilyid = reader_take(&r, 16);
    s.attributes = reader_take(&r, 16);
    s.attributemask = reader_take(&r, 16);
    s.enclavehash = reader_take(&r, 32);
    s.reserved3 = reader_take(&r, 16);
    s.isvextprodid = reader_take(&r, 16);
    s.isvprodid = reader_u16le(&r);
    s.isvsvn = reader_u16le(&r);
    s.reserved4 = reader_take(&r, 12);
    s.q1 = reader_take(&r, SIGSTRUCT_RSA_SIZE);
    s.q2 = reader_take(&r, SIGSTRUCT_RSA_SIZE);
    s.signed1 = reader_take(&parts, SIGNED1_SIZE);
    reader_skip(&parts, SIGNED2_AT - SIGNED1_SIZE);
    s.signed2 = reader_take(&parts, SIGNED2_SIZE);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = s;
    return ERR_OK;
}

bool sigstruct_header_good(const struct sigstruct *s)
{
    return bytes_equal(s->header, BYTES_OF(header)) && bytes_equal(s->header2, BYTES_OF(header2));
}

static void turn(uint8_t *out, struct bytes b)
{
    for (size_t i = 0; i < b.size; i++)
        out[i] = b.data[b.size - 1 - i];
}

static enum err signature_check_rsa(const struct sigstruct *s)
{
    static const uint8_t three[] = { 3 };
    uint8_t n[SIGSTRUCT_RSA_SIZE], signature[SIGSTRUCT_RSA_SIZE];
    uint8_t message[SIGNED1_SIZE + SIGNED2_SIZE];
    struct writer w = writer_of(message, sizeof message);
    struct public_key key = { .kind = KEY_RSA, .n = BYTES_OF(n), .e = BYTES_OF(three) };

    turn(n, s->modulus);
    turn(signature, s->signature);
    writer_put(&w, s->signed1);
    writer_put(&w, s->signed2);
    return key_check(&key, SIGNATURE_RSA_PKCS1_SHA256, writer_bytes(&w), BYTES_OF(signature));
}

/* "Q1 = floor(S^2 / N)", "Q2 = floor((S^3 - Q1*S*N) / N)": so s^2 - q1*n and s*(that) - q2*n
 * are remainders, from 0 to n - 1. Division is not needed to see it. */
static bool quotients_good(const struct sigstruct *s)
{
    struct wide n, sig, q, remainder;

    wide_load(&n, s->modulus);
    wide_load(&sig, s->signature);
    if (wide_compare(&sig, &n) >= 0)
        return false;
    wide_load(&q, s->q1);
    if (!wide_remainder_of(&remainder, &sig, &sig, &q, &n))
        return false;
    wide_load(&q, s->q2);
    return wide_remainder_of(&remainder, &remainder, &sig, &q, &n);
}

static const char *form_fault(const struct sigstruct *s)
{
    if (!sigstruct_header_good(s))
        return "HEADER or HEADER2 is not the constant";
    if (!ct_zero(s->vendor) && !bytes_equal(s->vendor, BYTES_TEXT("\x86\x80\0\0")))
        return "VENDOR is neither 0 nor Intel's 8086";
    if (!ct_zero(s->reserved1) || !ct_zero(s->reserved2) || !ct_zero(s->reserved3) ||
        !ct_zero(s->reserved4))
        return "a reserved part is not zero";
    return s->exponent == 3 ? NULL : "EXPONENT is not 3";
}

enum err sigstruct_check(const struct sigstruct *s, const char **wrong)
{
    enum err e;

    *wrong = form_fault(s);
    if (*wrong != NULL)
        return ERR_INVALID;
    e = signature_check_rsa(s);
    *wrong = e == ERR_INVALID ? "the signature is not that key's" : "the library failed";
    if (e != ERR_OK)
        return e;
    *wrong = "Q1 or Q2 is not the quotient";
    if (!quotients_good(s))
        return ERR_INVALID;
    *wrong = NULL;
    return ERR_OK;
}

enum err sigstruct_mrsigner(uint8_t out[32], const struct sigstruct *s)
{
    return hash_sha256(out, s->modulus);
}

static bool masked_equal(struct bytes a, struct bytes b, struct bytes mask)
{
    bool equal = a.size == mask.size && b.size == mask.size;

    for (size_t i = 0; equal && i < mask.size; i++)
        equal = ((a.data[i] ^ b.data[i]) & mask.data[i]) == 0;
    return equal;
}

bool sigstruct_fits(const struct sigstruct *s, struct bytes mrenclave, struct bytes attributes,
                    struct bytes miscselect)
{
    return bytes_equal(s->enclavehash, mrenclave) &&
           masked_equal(s->attributes, attributes, s->attributemask) &&
           masked_equal(s->miscselect, miscselect, s->miscmask);
}

/* --- Making one. */

static void zeros_put(struct writer *w, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(w, 0);
}

static void id_put(struct writer *w, const uint8_t *id)
{
    if (id != NULL)
        writer_put(w, (struct bytes){ id, 16 });
    else
        zeros_put(w, 16);
}

/* The parts that are signed, in their places; the rest is zero. */
static void wish_write(uint8_t t[SIGSTRUCT_SIZE], const struct sigstruct_wish *wish)
{
    struct writer w = writer_of(t, SIGNED1_SIZE);

    writer_put(&w, BYTES_OF(header));
    writer_u32le(&w, wish->vendor);
    writer_u32le(&w, wish->date);
    writer_put(&w, BYTES_OF(header2));
    writer_u32le(&w, wish->swdefined);
    w = writer_of(t + SIGNED2_AT, SIGNED2_SIZE);
    writer_u32le(&w, wish->miscselect);
    writer_u32le(&w, wish->miscmask);
    zeros_put(&w, 4);
    id_put(&w, wish->isvfamilyid);
    writer_u64le(&w, wish->flags);
    writer_u64le(&w, wish->xfrm);
    writer_u64le(&w, wish->flags_mask);
    writer_u64le(&w, wish->xfrm_mask);
    writer_put(&w, (struct bytes){ wish->enclavehash, 32 });
    zeros_put(&w, 16);
    id_put(&w, wish->isvextprodid);
    writer_u16le(&w, wish->isvprodid);
    writer_u16le(&w, wish->isvsvn);
}

static enum err signature_write(uint8_t t[SIGSTRUCT_SIZE], const struct private_key *key)
{
    uint8_t raw[PRIVATE_KEY_SIGNATURE_MAX], message[SIGNED1_SIZE + SIGNED2_SIZE];
    struct writer w = writer_of(message, sizeof message);
    size_t size;

    writer_put(&w, (struct bytes){ t, SIGNED1_SIZE });
    writer_put(&w, (struct bytes){ t + SIGNED2_AT, SIGNED2_SIZE });
    TRY(private_key_sign(raw, &size, key, SIGNATURE_RSA_PKCS1_SHA256, writer_bytes(&w)));
    if (size != SIGSTRUCT_RSA_SIZE)
        return ERR_INVALID;
    turn(t + 516, (struct bytes){ raw, size });
    return ERR_OK;
}

static void quotients_write(uint8_t t[SIGSTRUCT_SIZE])
{
    struct wide n, sig, q, remainder;

    wide_load(&n, (struct bytes){ t + 128, SIGSTRUCT_RSA_SIZE });
    wide_load(&sig, (struct bytes){ t + 516, SIGSTRUCT_RSA_SIZE });
    wide_divide(&q, &remainder, &sig, &sig, &n);
    wide_store(t + 1040, &q);
    wide_divide(&q, &remainder, &remainder, &sig, &n);
    wide_store(t + 1424, &q);
}

enum err sigstruct_make(uint8_t out[SIGSTRUCT_SIZE], const struct sigstruct_wish *wish,
                        const struct private_key *key)
{
    uint8_t t[SIGSTRUCT_SIZE] = { 0 }, room[PRIVATE_KEY_PUBLIC_MAX];
    struct writer w = writer_of(t + 512, 4);
    struct public_key public;

    TRY(private_key_public(&public, room, key));
    if (public.kind != KEY_RSA || public.n.size != SIGSTRUCT_RSA_SIZE || public.e.size != 1 ||
        public.e.data[0] != 3)
        return ERR_INVALID;
    turn(t + 128, public.n);
    writer_u32le(&w, 3);
    wish_write(t, wish);
    TRY(signature_write(t, key));
    quotients_write(t);
    memcpy(out, t, sizeof t);
    return ERR_OK;
}
