#include "attest/tpm/pcrs.h"

#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "attest/tpm/form.h"
#include "crypto/pcr.h"

#define DIGEST_ROOM 64u        /* TPM2B_DIGEST's buffer */
#define DIGESTS_IN_BLOCK 8u    /* TPML_DIGEST */
#define SELECTIONS_IN_FILE 16u /* TPML_PCR_SELECTION */

static void pcr_add(struct tpm_pcrs *p, uint16_t algorithm, uint32_t index, struct bytes value)
{
    p->values[p->count++] = (struct tpm_pcr){ algorithm, (uint8_t)index, value };
}

/* The file's own selections become values that have no bytes yet. */
static bool file_selections(struct tpm_pcrs *p, struct reader *r)
{
    uint32_t count = reader_u32le(r);

    for (uint32_t i = 0; i < SELECTIONS_IN_FILE; i++) {
        uint16_t algorithm = reader_u16le(r);
        uint8_t size = reader_u8(r);
        uint32_t pcrs = reader_u32le(r);

        reader_skip(r, 1); /* padding */
        if (i >= count)
            continue;
        if (!reader_ok(r) || size > 4 || pcrs >> PCR_COUNT != 0)
            return false;
        for (uint32_t n = 0; n < PCR_COUNT; n++) {
            if ((pcrs >> n & 1) == 0)
                continue;
            if (p->count == TPM_PCRS_MAX)
                return false;
            pcr_add(p, algorithm, n, (struct bytes){ 0 });
        }
    }
    return reader_ok(r) && count <= SELECTIONS_IN_FILE;
}

enum err tpm_pcrs_file_parse(struct tpm_pcrs *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct tpm_pcrs t = { 0 };
    uint32_t blocks, filled = 0;

    if (!file_selections(&t, &r) || t.count == 0)
        return ERR_MALFORMED;
    blocks = reader_u32le(&r);
    for (uint32_t b = 0; b < blocks && reader_ok(&r); b++) {
        uint32_t count = reader_u32le(&r);

        if (count > DIGESTS_IN_BLOCK)
            return ERR_MALFORMED;
        for (uint32_t i = 0; i < DIGESTS_IN_BLOCK; i++) {
            uint16_t size = reader_u16le(&r);
            struct bytes room = reader_take(&r, DIGEST_ROOM);

            if (i >= count)
                continue;
            if (!reader_ok(&r) || filled == t.count ||
                size != tpm_digest_size(t.values[filled].algorithm) || size == 0)
                return ERR_MALFORMED;
            t.values[filled++].value = (struct bytes){ room.data, size };
        }
    }
    if (!reader_done(&r) || filled != t.count)
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

bool tpm_pcrs_is(struct bytes raw)
{
    struct tpm_pcrs p;

    return tpm_pcrs_file_parse(&p, raw) == ERR_OK;
}

enum err tpm_pcrs_parse(struct tpm_pcrs *out, struct bytes raw, const struct tpm_quote *q)
{
    struct reader r = reader_of(raw);
    struct tpm_pcrs t = { 0 };
    uint32_t all = (1u << PCR_COUNT) - 1;
    bool is_whole = q->selection_count == 1 &&
                    raw.size == PCR_COUNT * tpm_digest_size(q->selections[0].algorithm);

    if (tpm_pcrs_file_parse(out, raw) == ERR_OK)
        return ERR_OK;
    for (uint32_t i = 0; i < q->selection_count; i++) {
        size_t size = tpm_digest_size(q->selections[i].algorithm);

        for (uint32_t n = 0; n < PCR_COUNT; n++) {
            if (((is_whole ? all : q->selections[i].pcrs) >> n & 1) == 0)
                continue;
            if (size == 0 || t.count == TPM_PCRS_MAX)
                return ERR_UNSUPPORTED;
            pcr_add(&t, q->selections[i].algorithm, n, reader_take(&r, size));
        }
    }
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

const struct tpm_pcr *tpm_pcrs_find(const struct tpm_pcrs *p, uint16_t algorithm, uint32_t index)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->values[i].algorithm == algorithm && p->values[i].index == index)
            return &p->values[i];
    return NULL;
}

static enum err selected_add(struct hash *h, const struct tpm_pcrs *p,
                             const struct tpm_selection *s)
{
    for (uint32_t n = 0; n < PCR_COUNT; n++) {
        const struct tpm_pcr *pcr;

        if ((s->pcrs >> n & 1) == 0)
            continue;
        pcr = tpm_pcrs_find(p, s->algorithm, n);
        if (pcr == NULL)
            return ERR_INVALID;
        TRY(hash_add(h, pcr->value));
    }
    return ERR_OK;
}

enum err tpm_pcrs_digest(uint8_t out[HASH_SIZE_MAX], enum hash_kind kind, const struct tpm_pcrs *p,
                         const struct tpm_quote *q)
{
    struct hash h;
    enum err e = ERR_OK;

    TRY(hash_init(&h, kind));
    for (uint32_t i = 0; i < q->selection_count && e == ERR_OK; i++)
        e = selected_add(&h, p, &q->selections[i]);
    if (e == ERR_OK)
        e = hash_end(&h, out);
    hash_done(&h);
    return e;
}

enum err tpm_pcrs_describe(struct fields *f, const struct exhibit *e)
{
    struct tpm_pcrs p;
    uint16_t bank = 0;

    if (tpm_pcrs_file_parse(&p, e->raw) != ERR_OK) {
        fields_bytes(f, "values", e->raw); /* only the quote says which they are */
        return ERR_OK;
    }
    for (uint32_t i = 0; i < p.count; i++) {
        if (i == 0 || p.values[i].algorithm != bank) {
            if (i != 0)
                fields_end(f);
            bank = p.values[i].algorithm;
            fields_group(f, tpm_algorithm_name(bank)); /* its digest has a size: it has a name */
        }
        fields_bytes(f, fields_name(f, "pcr", p.values[i].index), p.values[i].value);
    }
    fields_end(f);
    return ERR_OK;
}
