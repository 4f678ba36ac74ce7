#include "attest/tpm/quote.h"

#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "attest/tpm/form.h"
#include "crypto/pcr.h"

struct bytes tpm_take_sized(struct reader *r)
{
    uint16_t size = reader_u16be(r);

    return reader_take(r, size);
}

bool tpm_number_pad(uint8_t *out, size_t width, struct bytes number)
{
    struct reader r = reader_of(number);

    while (r.left > width)
        if (reader_u8(&r) != 0)
            return false;
    __builtin_memset(out, 0, width);
    for (size_t at = width - r.left; at < width; at++)
        out[at] = reader_u8(&r);
    return true;
}

/* TPMS_PCR_SELECTION: PCR 0 is the lowest bit of the first byte. */
static struct tpm_selection selection_take(struct reader *r)
{
    struct tpm_selection s = { .algorithm = reader_u16be(r) };
    uint8_t size = reader_u8(r);

    if (size == 0 || size > sizeof s.pcrs)
        reader_fail(r);
    for (unsigned i = 0; i < size && reader_ok(r); i++)
        s.pcrs |= (uint32_t)reader_u8(r) << (8 * i);
    return s;
}

enum err tpm_quote_parse(struct tpm_quote *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct tpm_quote t = { .raw = raw };
    uint32_t pcrs = 0;
    uint8_t safe;

    if (raw.size > TPM_QUOTE_SIZE_MAX || reader_u32be(&r) != TPM_GENERATED_VALUE)
        return ERR_MALFORMED;
    if (reader_u16be(&r) != TPM_ST_ATTEST_QUOTE) /* it decides what follows */
        return reader_ok(&r) ? ERR_UNSUPPORTED : ERR_MALFORMED;
    t.qualified_signer = tpm_take_sized(&r);
    t.extra_data = tpm_take_sized(&r);
    t.clock = reader_u64be(&r);
    t.reset_count = reader_u32be(&r);
    t.restart_count = reader_u32be(&r);
    safe = reader_u8(&r);
    t.is_safe = safe != 0;
    t.firmware_version = reader_u64be(&r);
    t.info = (struct bytes){ r.at, r.left };
    t.selection_count = reader_u32be(&r);
    if (!reader_ok(&r) || safe > 1 || t.selection_count > TPM_SELECTIONS_MAX)
        return ERR_MALFORMED;
    for (uint32_t i = 0; i < t.selection_count; i++) {
        t.selections[i] = selection_take(&r);
        pcrs |= t.selections[i].pcrs;
    }
    t.pcr_digest = tpm_take_sized(&r);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    if (pcrs >> PCR_COUNT != 0)
        return ERR_UNSUPPORTED;
    *out = t;
    return ERR_OK;
}

uint32_t tpm_quote_pcr_count(const struct tpm_quote *q)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < q->selection_count; i++)
        count += (uint32_t)__builtin_popcount(q->selections[i].pcrs);
    return count;
}

bool tpm_quote_is(struct bytes raw)
{
    struct tpm_quote q;

    return tpm_quote_parse(&q, raw) == ERR_OK;
}

static void selections_describe(struct fields *f, const struct tpm_quote *q)
{
    fields_list(f, "pcr_select");
    for (uint32_t i = 0; i < q->selection_count; i++) {
        fields_group(f, NULL);
        tpm_algorithm_describe(f, "hash", q->selections[i].algorithm);
        fields_list(f, "pcrs");
        for (uint32_t n = 0; n < 32; n++)
            if ((q->selections[i].pcrs >> n & 1) != 0)
                fields_uint(f, NULL, n);
        fields_end(f);
        fields_end(f);
    }
    fields_end(f);
}

void tpm_quote_fields(struct fields *f, const struct tpm_quote *q)
{
    fields_bytes(f, "qualified_signer", q->qualified_signer);
    fields_bytes(f, "extra_data", q->extra_data);
    fields_uint(f, "clock", q->clock);
    fields_uint(f, "reset_count", q->reset_count);
    fields_uint(f, "restart_count", q->restart_count);
    fields_bool(f, "safe", q->is_safe);
    fields_bits(f, "firmware_version", q->firmware_version);
    selections_describe(f, q);
    fields_bytes(f, "pcr_digest", q->pcr_digest);
}

enum err tpm_quote_describe(struct fields *f, const struct exhibit *e)
{
    struct tpm_quote q;

    TRY(tpm_quote_parse(&q, e->raw));
    fields_bits(f, "magic", TPM_GENERATED_VALUE);
    fields_string(f, "type", "TPM_ST_ATTEST_QUOTE");
    tpm_quote_fields(f, &q);
    return ERR_OK;
}
