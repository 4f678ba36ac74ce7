#include "measure/tdx.h"

#include "base/num.h"
#include "base/writer.h"
#include "crypto/hash.h"

#define BLOCK_SIZE 128u
#define CHUNK_SIZE ((size_t)256)

/* A block of 128 bytes: the name of the call in 16, the address, zeros. */
static enum err block_add(struct hash *h, struct bytes name, uint64_t gpa)
{
    uint8_t block[BLOCK_SIZE] = { 0 };
    struct writer w = writer_of(block, 16);

    writer_put(&w, name);
    w = writer_of(block + 16, 8);
    writer_u64le(&w, gpa);
    return hash_add(h, BYTES_OF(block));
}

static enum err page_add(struct hash *h, uint64_t gpa)
{
    return block_add(h, BYTES_TEXT("MEM.PAGE.ADD"), gpa);
}

/* The part of the section's data in this chunk, and zeros behind its end. */
static enum err chunk_extend(struct hash *h, const struct ovmf_section *s, struct bytes data,
                             size_t at)
{
    static const uint8_t zeros[CHUNK_SIZE];
    struct bytes chunk = ovmf_slice(data, at, CHUNK_SIZE);

    TRY(block_add(h, BYTES_TEXT("MR.EXTEND"), s->gpa + at));
    TRY(hash_add(h, chunk));
    return hash_add(h, (struct bytes){ zeros, CHUNK_SIZE - chunk.size });
}

static enum err page_extend(struct hash *h, const struct ovmf_section *s, struct bytes data,
                            size_t at)
{
    for (size_t i = 0; i < OVMF_PAGE; i += CHUNK_SIZE)
        TRY(chunk_extend(h, s, data, at + i));
    return ERR_OK;
}

static enum err section_add(struct hash *h, const struct ovmf *o, const struct ovmf_section *s,
                            enum tdx_order order)
{
    struct bytes data = ovmf_slice(o->firmware, s->data_offset, s->data_size);
    bool extends = (s->attributes & OVMF_TDX_EXTEND) != 0;

    for (size_t at = 0; at < s->size; at += OVMF_PAGE) {
        TRY(page_add(h, s->gpa + at));
        if (extends && order == TDX_PAGE_BY_PAGE)
            TRY(page_extend(h, s, data, at));
    }
    for (size_t at = 0; at < s->size && extends && order == TDX_SECTION_BY_SECTION; at += OVMF_PAGE)
        TRY(page_extend(h, s, data, at));
    return ERR_OK;
}

/* Sections that are added later (PAGE.AUG) are never measured. */
static enum err sections_add(struct hash *h, const struct ovmf *o, enum tdx_order order)
{
    for (uint32_t i = 0; i < o->section_count; i++)
        if ((o->sections[i].attributes & OVMF_TDX_AUG) == 0)
            TRY(section_add(h, o, &o->sections[i], order));
    return ERR_OK;
}

enum err tdx_mrtd(uint8_t out[TDX_DIGEST_SIZE], struct bytes firmware, enum tdx_order order,
                  const char **wrong)
{
    struct ovmf o;
    struct hash h;
    enum err e;

    TRY(ovmf_parse_tdx(&o, firmware, wrong));
    *wrong = "hashing failed";
    TRY(hash_init(&h, HASH_SHA384));
    e = sections_add(&h, &o, order);
    if (e == ERR_OK)
        e = hash_end(&h, out);
    hash_done(&h);
    if (e == ERR_OK)
        *wrong = NULL;
    return e;
}

enum err tdx_rtmr_extend(uint8_t rtmr[TDX_DIGEST_SIZE], const uint8_t digest[TDX_DIGEST_SIZE])
{
    const struct bytes parts[] = { { rtmr, TDX_DIGEST_SIZE }, { digest, TDX_DIGEST_SIZE } };

    return hash_parts(HASH_SHA384, rtmr, parts, COUNT_OF(parts));
}
