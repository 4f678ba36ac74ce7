#include "attest/se/exchange.h"

#include "attest/se/arcb.h"
#include "attest/se/form.h"
#include "base/num.h"
#include "base/reader.h"

#define MAGIC "pvattest"
#define HEADER_MAGIC "IBMSecEx"
#define VERSION_1 0x0100u
#define HEAD_SIZE 0x40u
#define ARCB_MAX ((size_t)1 << 20)
#define DIGEST_SIZE 64u
#define SLOT_SIZE 80u
#define TAG_SIZE 16u

bool se_exchange_is(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return bytes_equal(reader_take(&r, 8), BYTES_TEXT(MAGIC));
}

bool se_is(struct bytes raw) { return se_exchange_is(raw) || se_arcb_is(raw); }

/* "If size == 0 the offset is ignored. If offset > 0 and < 0x40: invalid format. If offset == 0
 * and size > 0: no data, the request will need this amount of memory." */
static enum err entry_take(struct reader *r, struct se_entry *e, struct bytes raw, size_t most)
{
    struct reader at = reader_of(raw);

    e->size = reader_u32be(r);
    e->offset = reader_u32be(r);
    if (!reader_ok(r))
        return ERR_MALFORMED;
    if (e->size > most)
        return ERR_LIMIT;
    if (e->size == 0)
        return ERR_OK;
    if (e->offset == 0) {
        e->is_expected = true;
        return ERR_OK;
    }
    if (e->offset < HEAD_SIZE)
        return ERR_MALFORMED;
    reader_skip(&at, e->offset);
    e->data = reader_take(&at, e->size);
    return reader_ok(&at) ? ERR_OK : ERR_MALFORMED;
}

enum err se_exchange_parse(struct se_exchange *out, struct bytes raw)
{
    struct se_exchange e = { 0 };
    struct reader r = reader_of(raw);

    if (!se_exchange_is(raw))
        return ERR_MALFORMED;
    reader_skip(&r, 8);
    e.version = reader_u32be(&r);
    e.size = reader_u32be(&r);
    if (reader_ok(&r) && e.version != VERSION_1)
        return ERR_UNSUPPORTED;
    /* More than it says is no part of it. */
    if (reader_u64be(&r) != 0 || e.size != raw.size)
        return ERR_MALFORMED;
    TRY(entry_take(&r, &e.arcb, raw, ARCB_MAX));
    TRY(entry_take(&r, &e.measurement, raw, SE_MEASUREMENT_SIZE));
    TRY(entry_take(&r, &e.additional, raw, SE_ADDITIONAL_MAX));
    TRY(entry_take(&r, &e.user, raw, SE_USER_MAX));
    TRY(entry_take(&r, &e.config_uid, raw, SE_CONFIG_UID_SIZE));
    if (e.arcb.data.size == 0 || e.measurement.size == 0)
        return ERR_MALFORMED;
    /* A response has both; a request has neither. */
    if ((e.measurement.data.size == SE_MEASUREMENT_SIZE) !=
        (e.config_uid.data.size == SE_CONFIG_UID_SIZE))
        return ERR_MALFORMED;
    *out = e;
    return ERR_OK;
}

static void entry_fields(struct fields *f, const char *name, const struct se_entry *e)
{
    if (e->size == 0)
        fields_null(f, name);
    else if (e->is_expected)
        fields_uint(f, name, e->size);
    else
        fields_bytes(f, name, e->data);
}

void se_exchange_fields(struct fields *f, const struct se_exchange *e)
{
    fields_bits(f, "version", e->version);
    fields_uint(f, "size", e->size);
    fields_bool(f, "is_response", e->config_uid.data.size > 0);
    entry_fields(f, "arcb", &e->arcb);
    entry_fields(f, e->measurement.is_expected ? "expected_measurement_size" : "measurement",
                 &e->measurement);
    entry_fields(f, e->additional.is_expected ? "expected_additional_size" : "additional",
                 &e->additional);
    entry_fields(f, "user_data", &e->user);
    entry_fields(f, "config_uid", &e->config_uid);
}

bool se_header_is(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return bytes_equal(reader_take(&r, 8), BYTES_TEXT(HEADER_MAGIC));
}

/* magic, version, size, IV 12, reserved, slots u64, encrypted size u64, pages u64, flags u64,
 * customer's key 160, PLD, ALD, TLD, slots, encrypted part, tag. */
enum err se_header_parse(struct se_header *out, struct bytes raw)
{
    struct se_header h = { 0 };
    struct reader r = reader_of(raw);
    uint64_t slots, encrypted;

    if (!se_header_is(raw))
        return ERR_MALFORMED;
    reader_skip(&r, 8);
    h.version = reader_u32be(&r);
    h.size = reader_u32be(&r);
    if (reader_ok(&r) && h.version != VERSION_1)
        return ERR_UNSUPPORTED;
    reader_skip(&r, 12 + 4);
    slots = reader_u64be(&r);
    encrypted = reader_u64be(&r);
    reader_skip(&r, 8 + 8 + 160);
    h.pld = reader_take(&r, DIGEST_SIZE);
    h.ald = reader_take(&r, DIGEST_SIZE);
    h.tld = reader_take(&r, DIGEST_SIZE);
    if (!reader_ok(&r) || slots > r.left / SLOT_SIZE)
        return ERR_MALFORMED;
    reader_skip(&r, (size_t)slots * SLOT_SIZE);
    if (encrypted > r.left)
        return ERR_MALFORMED;
    reader_skip(&r, (size_t)encrypted);
    h.tag = reader_take(&r, TAG_SIZE);
    if (!reader_ok(&r) || h.size != reader_offset(&r))
        return ERR_MALFORMED;
    *out = h;
    return ERR_OK;
}
