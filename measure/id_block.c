#include "measure/id_block.h"

#include <string.h>

#include "base/ct.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/private_key.h"

#define ALGO_P384_SHA384 1u
#define CURVE_P384 2u
#define NUMBER_SIZE 72u
/* Offsets in ID_AUTH. */
#define BLOCK_SIGNATURE_AT 0x40u
#define ID_KEY_AT 0x240u
#define KEY_SIGNATURE_AT 0x680u
#define AUTHOR_KEY_AT 0x880u

enum err id_block_parse(struct id_block *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct id_block b;

    b.launch_digest = reader_take(&r, 48);
    b.family_id = reader_take(&r, 16);
    b.image_id = reader_take(&r, 16);
    b.version = reader_u32le(&r);
    b.guest_svn = reader_u32le(&r);
    b.policy = reader_u64le(&r);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    if (b.version != 1)
        return ERR_UNSUPPORTED;
    *out = b;
    return ERR_OK;
}

void id_block_write(uint8_t out[ID_BLOCK_SIZE], const struct id_block *b)
{
    struct writer w = writer_of(out, ID_BLOCK_SIZE);

    memset(out, 0, ID_BLOCK_SIZE);
    writer_put(&w, b->launch_digest);
    writer_put(&w, b->family_id);
    writer_put(&w, b->image_id);
    writer_u32le(&w, b->version);
    writer_u32le(&w, b->guest_svn);
    writer_u64le(&w, b->policy);
}

/* 72 little-endian bytes as 48 big-endian ones. */
static bool number_turn(uint8_t out[48], struct reader *r)
{
    struct bytes low = reader_take(r, 48), high = reader_take(r, NUMBER_SIZE - 48);

    if (!reader_ok(r) || !ct_zero(high))
        return false;
    for (size_t i = 0; i < 48; i++)
        out[i] = low.data[47 - i];
    return true;
}

static void number_put(struct writer *w, struct bytes big)
{
    for (size_t i = big.size; i > 0; i--)
        writer_u8(w, big.data[i - 1]);
    for (size_t i = big.size; i < NUMBER_SIZE; i++)
        writer_u8(w, 0);
}

/* The rest of a reader is zero. */
static bool rest_zero(struct reader *r) { return ct_zero(reader_take(r, r->left)) && reader_ok(r); }

static enum err signature_parse(uint8_t out[96], struct bytes raw)
{
    struct reader r = reader_of(raw);

    if (raw.size != ID_SIGNATURE_SIZE || !number_turn(out, &r) || !number_turn(out + 48, &r) ||
        !rest_zero(&r))
        return ERR_MALFORMED;
    return ERR_OK;
}

static enum err key_parse(struct id_key *k, struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint32_t curve = reader_u32le(&r);

    k->raw = raw;
    if (curve != CURVE_P384)
        return ERR_UNSUPPORTED;
    if (!number_turn(k->x, &r) || !number_turn(k->y, &r) || !rest_zero(&r))
        return ERR_MALFORMED;
    k->key = (struct public_key){ .kind = KEY_P384, .x = BYTES_OF(k->x), .y = BYTES_OF(k->y) };
    return ERR_OK;
}

/* The next part, which begins at `at`; what lies between is reserved. */
static struct bytes part_at(struct reader *r, size_t at, size_t size)
{
    if (reader_offset(r) > at || !ct_zero(reader_take(r, at - reader_offset(r))))
        reader_fail(r);
    return reader_take(r, size);
}

static enum err author_parse(struct id_auth *a, struct bytes signature, struct bytes key)
{
    a->has_author = a->author_key_algo != 0;
    if (!a->has_author)
        return ct_zero(signature) && ct_zero(key) ? ERR_OK : ERR_MALFORMED;
    if (a->author_key_algo != ALGO_P384_SHA384)
        return ERR_UNSUPPORTED;
    TRY(signature_parse(a->key_signature, signature));
    return key_parse(&a->author_key, key);
}

enum err id_auth_parse(struct id_auth *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct bytes block_signature, id_key, key_signature, author_key;

    *out = (struct id_auth){ 0 };
    out->id_key_algo = reader_u32le(&r);
    out->author_key_algo = reader_u32le(&r);
    block_signature = part_at(&r, BLOCK_SIGNATURE_AT, ID_SIGNATURE_SIZE);
    id_key = part_at(&r, ID_KEY_AT, ID_KEY_SIZE);
    key_signature = part_at(&r, KEY_SIGNATURE_AT, ID_SIGNATURE_SIZE);
    author_key = part_at(&r, AUTHOR_KEY_AT, ID_KEY_SIZE);
    if (raw.size != ID_AUTH_SIZE || !rest_zero(&r))
        return ERR_MALFORMED;
    if (out->id_key_algo != ALGO_P384_SHA384)
        return ERR_UNSUPPORTED;
    TRY(signature_parse(out->block_signature, block_signature));
    TRY(key_parse(&out->id_key, id_key));
    return author_parse(out, key_signature, author_key);
}

enum err id_auth_check_author(const struct id_auth *a)
{
    if (!a->has_author)
        return ERR_INVALID;
    return key_check(&a->author_key.key, SIGNATURE_ECDSA_SHA384, a->id_key.raw,
                     BYTES_OF(a->key_signature));
}

enum err id_auth_check_block(const struct id_auth *a, struct bytes block)
{
    struct id_block b;

    TRY(id_block_parse(&b, block));
    return key_check(&a->id_key.key, SIGNATURE_ECDSA_SHA384, block, BYTES_OF(a->block_signature));
}

enum err id_key_digest(uint8_t out[ID_DIGEST_SIZE], const struct id_key *k)
{
    return hash_bytes(HASH_SHA384, out, k->raw);
}

/* --- Making one. */

static enum err key_write(uint8_t *at, const struct private_key *k)
{
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX];
    struct writer w = writer_of(at, ID_KEY_SIZE);
    struct public_key public;

    TRY(private_key_public(&public, room, k));
    if (public.kind != KEY_P384)
        return ERR_INVALID;
    writer_u32le(&w, CURVE_P384);
    number_put(&w, public.x);
    number_put(&w, public.y);
    return ERR_OK;
}

static enum err signature_write(uint8_t *at, const struct private_key *k, struct bytes message)
{
    uint8_t raw[PRIVATE_KEY_SIGNATURE_MAX];
    struct writer w = writer_of(at, ID_SIGNATURE_SIZE);
    size_t size;

    TRY(private_key_sign(raw, &size, k, SIGNATURE_ECDSA_SHA384, message));
    if (size != 96)
        return ERR_INVALID;
    number_put(&w, (struct bytes){ raw, 48 });
    number_put(&w, (struct bytes){ raw + 48, 48 });
    return ERR_OK;
}

enum err id_auth_make(uint8_t out[ID_AUTH_SIZE], struct bytes block,
                      const struct private_key *id_key, const struct private_key *author)
{
    uint8_t t[ID_AUTH_SIZE] = { 0 };
    struct writer w = writer_of(t, 8);
    struct id_block b;

    TRY(id_block_parse(&b, block));
    writer_u32le(&w, ALGO_P384_SHA384);
    writer_u32le(&w, author != NULL ? ALGO_P384_SHA384 : 0);
    TRY(key_write(t + ID_KEY_AT, id_key));
    TRY(signature_write(t + BLOCK_SIGNATURE_AT, id_key, block));
    if (author != NULL) {
        TRY(key_write(t + AUTHOR_KEY_AT, author));
        TRY(signature_write(t + KEY_SIGNATURE_AT, author,
                            (struct bytes){ t + ID_KEY_AT, ID_KEY_SIZE }));
    }
    memcpy(out, t, sizeof t);
    return ERR_OK;
}
