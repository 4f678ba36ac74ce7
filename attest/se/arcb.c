#include "attest/se/arcb.h"

#include "base/num.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/hmac.h"
#include "crypto/seal.h"

#define VERSION_1 0x0100u
#define ALGORITHM_HMAC_SHA512 1u
#define SLOT_SIZE 80u
#define SLOTS_MAX 4096u
#define PUBLIC_KEY_SIZE 160u

bool se_arcb_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint64_t magic = reader_u64be(&r);
    uint32_t version = reader_u32be(&r);
    uint32_t size = reader_u32be(&r);

    return reader_ok(&r) && magic == 0 && version == VERSION_1 && size == raw.size;
}

enum err se_arcb_parse(struct se_arcb *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct se_arcb a = { 0 };

    *out = a;
    if (reader_u64be(&r) != 0)
        return ERR_MALFORMED;
    a.version = reader_u32be(&r);
    if (reader_ok(&r) && a.version != VERSION_1)
        return ERR_UNSUPPORTED;
    a.size = reader_u32be(&r);
    a.iv = reader_take(&r, SEAL_NONCE_SIZE);
    reader_skip(&r, 4);
    a.slot_count = reader_u64be(&r);
    reader_skip(&r, 4);
    a.encrypted_size = reader_u32be(&r);
    a.flags = reader_u64be(&r);
    a.algorithm = reader_u32be(&r);
    a.reserved = reader_u32be(&r);
    a.public_key = reader_take(&r, PUBLIC_KEY_SIZE);
    if (!reader_ok(&r) || a.size != raw.size || a.slot_count > SLOTS_MAX)
        return ERR_MALFORMED;
    a.slots = reader_take(&r, (size_t)a.slot_count * SLOT_SIZE);
    a.plain = (struct bytes){ raw.data, reader_offset(&r) };
    a.encrypted = reader_take(&r, a.encrypted_size);
    a.tag = reader_take(&r, SEAL_TAG_SIZE);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = a;
    if (a.algorithm != ALGORITHM_HMAC_SHA512)
        return ERR_UNSUPPORTED;
    /* The key, and a nonce exactly where the flags say so. */
    if (a.encrypted_size !=
        SE_MEASUREMENT_KEY_SIZE + ((a.flags & SE_FLAG_NONCE) != 0 ? SE_NONCE_SIZE : 0))
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err se_arcb_open(struct se_secret *out, const struct se_arcb *a,
                      const uint8_t key[SE_PROTECTION_KEY_SIZE])
{
    uint8_t plain[SE_MEASUREMENT_KEY_SIZE + SE_NONCE_SIZE];
    struct seal seal;
    struct reader r;
    enum err e;

    if (a->encrypted.size > sizeof plain)
        return ERR_LIMIT;
    TRY(seal_init(&seal, key));
    e = seal_unlock(&seal, a->iv.data, a->plain, a->encrypted, a->tag.data, plain);
    seal_done(&seal);
    TRY(e);
    r = reader_of((struct bytes){ plain, a->encrypted.size });
    reader_copy(&r, out->key, sizeof out->key);
    out->has_nonce = r.left == SE_NONCE_SIZE;
    if (out->has_nonce)
        reader_copy(&r, out->nonce, sizeof out->nonce);
    __builtin_memset(plain, 0, sizeof plain);
    __asm__ volatile("" : : "r"(plain) : "memory"); /* the wipe has to happen */
    return ERR_OK;
}

void se_arcb_fields(struct fields *f, const struct se_arcb *a)
{
    static const struct {
        const char *name;
        uint64_t bit;
    } flags[] = {
        { "nonce", SE_FLAG_NONCE },
        { "image_phkh", SE_FLAG_IMAGE_PHKH },
        { "attest_phkh", SE_FLAG_ATTEST_PHKH },
        { "secret_store_hash", SE_FLAG_SECRET_STORE_HASH },
        { "firmware_state", SE_FLAG_FIRMWARE_STATE },
    };

    fields_bits(f, "version", a->version);
    fields_uint(f, "size", a->size);
    fields_bytes(f, "iv", a->iv);
    fields_uint(f, "keyslot_count", a->slot_count);
    fields_uint(f, "sea", a->encrypted_size);
    fields_bits(f, "flags", a->flags);
    fields_group(f, "flag_bits");
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        fields_bool(f, flags[i].name, (a->flags & flags[i].bit) != 0);
    fields_end(f);
    fields_uint(f, "mai", a->algorithm);
    fields_bytes(f, "customer_public_key", a->public_key);
    fields_bytes(f, "keyslots", a->slots);
    fields_bytes(f, "encrypted", a->encrypted);
    fields_bytes(f, "tag", a->tag);
}

enum err se_measure(uint8_t out[SE_MEASUREMENT_SIZE], struct bytes key, const struct se_measured *m)
{
    uint8_t sizes[8];
    struct writer w = writer_of(sizes, sizeof sizes);

    if (m->user.size > SE_USER_MAX || m->additional.size > SE_ADDITIONAL_MAX)
        return ERR_LIMIT;
    writer_u16be(&w, (uint16_t)m->user.size);
    writer_u16be(&w, 0);
    writer_u32be(&w, (uint32_t)m->additional.size);

    struct bytes parts[] = {
        m->pld,          m->ald,  m->tld,   m->tag,        m->config_uid,
        BYTES_OF(sizes), m->user, m->nonce, m->additional,
    };

    return hmac_make(out, HASH_SHA512, key, parts, COUNT_OF(parts));
}
