#include "measure/ovmf.h"

#include "base/num.h"

/* GUIDs as they lie in memory: the first three groups little-endian. */
static const uint8_t footer_guid[16] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                         0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const uint8_t hashes_guid[16] = { 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
                                         0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54 };
static const uint8_t reset_guid[16] = { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
                                        0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e };
static const uint8_t sev_guid[16] = { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
                                      0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc };
static const uint8_t svsm_guid[16] = { 0x12, 0xa6, 0x89, 0xa7, 0x97, 0x05, 0x4b, 0x4c,
                                       0xa4, 0x9f, 0xcb, 0xb1, 0xfe, 0x9d, 0x1d, 0xdd };
static const uint8_t tdx_guid[16] = { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
                                      0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2 };

/* Before the metadata of a TD-Shim that has no table (td-shim specification, section 3). */
static const uint8_t shim_guid[16] = { 0xf3, 0xf9, 0xea, 0xe9, 0x8e, 0x16, 0xd5, 0x44,
                                       0xa8, 0xeb, 0x7f, 0x4d, 0x87, 0x38, 0xf6, 0xae };

#define ENTRY_HEAD 18u /* u16 size, GUID; behind the entry's data */
#define FOOTER_FROM_END 32u
#define SEV_HEAD 16u
#define SECTION_SIZE_SEV 12u
#define SECTION_SIZE_TDX 32u

struct bytes ovmf_slice(struct bytes b, size_t at, size_t size)
{
    struct reader r = reader_of(b);

    reader_skip(&r, num_min(at, b.size));
    return reader_take(&r, num_min(size, r.left));
}

static uint32_t u32_of(struct bytes b)
{
    struct reader r = reader_of(b);

    return reader_u32le(&r);
}

/* The entry that ends `end` bytes into the table: its data, and where it begins. */
static bool entry_before(struct bytes table, size_t end, struct bytes *guid, struct bytes *data,
                         size_t *begin)
{
    struct reader head;
    size_t size;

    if (end < ENTRY_HEAD)
        return false;
    head = reader_of(ovmf_slice(table, end - ENTRY_HEAD, ENTRY_HEAD));
    size = reader_u16le(&head);
    *guid = reader_take(&head, 16);
    if (size < ENTRY_HEAD || size > end)
        return false;
    *begin = end - size;
    *data = ovmf_slice(table, *begin, size - ENTRY_HEAD);
    return true;
}

/* The table without its footer; empty where the image has none. */
static enum err table_find(struct bytes *table, struct bytes firmware)
{
    struct reader r;
    size_t size;

    *table = (struct bytes){ 0 };
    if (firmware.size < FOOTER_FROM_END + ENTRY_HEAD)
        return ERR_OK;
    r = reader_of(ovmf_slice(firmware, firmware.size - FOOTER_FROM_END - ENTRY_HEAD, ENTRY_HEAD));
    size = reader_u16le(&r);
    if (!bytes_equal(reader_take(&r, 16), BYTES_OF(footer_guid)))
        return ERR_OK;
    if (size < ENTRY_HEAD || size > firmware.size - FOOTER_FROM_END)
        return ERR_MALFORMED;
    *table = ovmf_slice(firmware, firmware.size - FOOTER_FROM_END - size, size - ENTRY_HEAD);
    return ERR_OK;
}

/* The data of the entry of that GUID nearest to the end, where loaders begin to look. */
static enum err entry_find(struct bytes *out, struct bytes table, const uint8_t guid[16])
{
    size_t end = table.size;
    struct bytes found;

    *out = (struct bytes){ 0 };
    while (end != 0) {
        if (!entry_before(table, end, &found, out, &end))
            return ERR_MALFORMED;
        if (bytes_equal(found, (struct bytes){ guid, 16 }))
            return ERR_OK;
    }
    *out = (struct bytes){ 0 };
    return ERR_OK;
}

static enum err image_begin(struct ovmf *t, struct bytes *table, struct bytes firmware,
                            const char **wrong)
{
    *wrong = "the firmware's size is not 1 page to 256 MiB, whole pages";
    if (firmware.size == 0 || firmware.size % OVMF_PAGE != 0)
        return ERR_MALFORMED;
    if (firmware.size > OVMF_SIZE_MAX)
        return ERR_LIMIT;
    t->firmware = firmware;
    t->gpa = ((uint64_t)4 << 30) - firmware.size;
    *wrong = "the firmware's table of GUIDs is broken";
    return table_find(table, firmware);
}

/* What is added later costs nothing now: it may be as large as it likes. */
static bool section_good(const struct ovmf_section *s, uint64_t *pages)
{
    bool whole = s->gpa % OVMF_PAGE == 0 && s->size % OVMF_PAGE == 0;

    if (whole && (s->attributes & OVMF_TDX_AUG) != 0)
        return s->gpa <= UINT64_MAX - s->size;
    if (!whole || s->gpa > UINT64_MAX - s->size || s->size / OVMF_PAGE > OVMF_PAGES_MAX - *pages)
        return false;
    *pages += s->size / OVMF_PAGE;
    return true;
}

/* {signature, length, version 1, count}, then the sections. */
static enum err sections_open(struct reader *r, uint32_t *count, struct bytes metadata,
                              uint32_t signature, uint32_t one)
{
    uint32_t length;

    *r = reader_of(metadata);
    if (reader_u32le(r) != signature)
        return ERR_MALFORMED;
    length = reader_u32le(r);
    if (reader_u32le(r) != 1)
        return ERR_UNSUPPORTED;
    *count = reader_u32le(r);
    if (!reader_ok(r) || *count > OVMF_SECTIONS_MAX)
        return ERR_LIMIT;
    return length >= SEV_HEAD + *count * one ? ERR_OK : ERR_MALFORMED;
}

/* What an entry points to, counted from the image's end; empty where that is outside. */
static struct bytes metadata_of(struct bytes firmware, struct bytes entry)
{
    uint32_t from_end = u32_of(entry);

    if (entry.size != 4 || from_end > firmware.size)
        return (struct bytes){ 0 };
    return ovmf_slice(firmware, firmware.size - from_end, from_end);
}

/* A TD-Shim's: the word 32 bytes before the end counts from the image's begin. */
static struct bytes shim_metadata(struct bytes firmware)
{
    uint32_t at = u32_of(ovmf_slice(firmware, firmware.size - FOOTER_FROM_END, 4));

    if (at < sizeof shim_guid ||
        !bytes_equal(ovmf_slice(firmware, at - sizeof shim_guid, sizeof shim_guid),
                     BYTES_OF(shim_guid)))
        return (struct bytes){ 0 };
    return ovmf_slice(firmware, at, firmware.size);
}

static enum err sev_sections(struct ovmf *t, struct bytes entry)
{
    uint64_t pages = 0;
    struct reader r;

    TRY(sections_open(&r, &t->section_count, metadata_of(t->firmware, entry), 0x56455341,
                      SECTION_SIZE_SEV));
    for (uint32_t i = 0; i < t->section_count; i++) {
        struct ovmf_section *s = &t->sections[i];

        s->gpa = reader_u32le(&r);
        s->size = reader_u32le(&r);
        s->type = reader_u32le(&r);
        if (!reader_ok(&r) || !section_good(s, &pages))
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

/* A section without memory, as TD-Shim's TD_INFO, is for whoever reads the image. */
static enum err tdx_sections(struct ovmf *t, struct bytes metadata)
{
    uint64_t pages = 0;
    struct reader r;

    TRY(sections_open(&r, &t->section_count, metadata, 0x46564454, SECTION_SIZE_TDX));
    for (uint32_t i = 0; i < t->section_count; i++) {
        struct ovmf_section *s = &t->sections[i];

        s->data_offset = reader_u32le(&r);
        s->data_size = reader_u32le(&r);
        s->gpa = reader_u64le(&r);
        s->size = reader_u64le(&r);
        s->type = reader_u32le(&r);
        s->attributes = reader_u32le(&r);
        if (!reader_ok(&r) || !section_good(s, &pages) ||
            (s->size != 0 && s->data_size > s->size) ||
            ovmf_slice(t->firmware, s->data_offset, s->data_size).size != s->data_size)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

/* An address of 0 says that there is none: OVMF's builds without the feature have it so. */
static enum err address_find(uint32_t *out, struct bytes table, const uint8_t guid[16])
{
    struct bytes entry;

    TRY(entry_find(&entry, table, guid));
    *out = entry.size >= 4 ? u32_of(entry) : 0;
    return ERR_OK;
}

static enum err sev_parse(struct ovmf *t, struct bytes table, const char **wrong)
{
    struct bytes entry;

    TRY(address_find(&t->hashes_gpa, table, hashes_guid));
    TRY(entry_find(&entry, table, sev_guid));
    *wrong = "the firmware's SEV metadata is broken";
    if (entry.size != 0)
        TRY(sev_sections(t, entry));
    t->has_hashes = t->hashes_gpa != 0;
    *wrong = NULL;
    return ERR_OK;
}

enum err ovmf_parse_sev(struct ovmf *out, struct bytes firmware, const char **wrong)
{
    struct ovmf t = { 0 };
    struct bytes table;

    TRY(image_begin(&t, &table, firmware, wrong));
    TRY(address_find(&t.reset_eip, table, reset_guid));
    TRY(sev_parse(&t, table, wrong));
    t.has_reset = t.reset_eip != 0;
    *out = t;
    return ERR_OK;
}

enum err ovmf_parse_svsm(struct ovmf *out, struct bytes svsm, uint64_t end, const char **wrong)
{
    struct ovmf t = { 0 };
    struct bytes table, entry;

    TRY(image_begin(&t, &table, svsm, wrong));
    *wrong = "there is no room for the SVSM before the firmware and its variables";
    if (end < svsm.size || end % OVMF_PAGE != 0)
        return ERR_INVALID;
    t.gpa = end - svsm.size;
    *wrong = "the SVSM does not say where vCPUs enter it";
    TRY(entry_find(&entry, table, svsm_guid));
    if (entry.size < 4 || u32_of(entry) >= svsm.size)
        return ERR_INVALID;
    t.has_reset = true;
    t.reset_eip = (uint32_t)(t.gpa + u32_of(entry)); /* the firmware's 4 GiB end above it */
    TRY(sev_parse(&t, table, wrong));
    *out = t;
    return ERR_OK;
}

enum err ovmf_parse_tdx(struct ovmf *out, struct bytes firmware, const char **wrong)
{
    struct bytes table, entry, metadata;
    struct ovmf t = { 0 };

    TRY(image_begin(&t, &table, firmware, wrong));
    TRY(entry_find(&entry, table, tdx_guid));
    metadata = entry.size != 0 ? metadata_of(firmware, entry) : shim_metadata(firmware);
    *wrong = metadata.size == 0 ? "the firmware has no TDX metadata" : "its TDX metadata is broken";
    TRY(tdx_sections(&t, metadata));
    *wrong = NULL;
    *out = t;
    return ERR_OK;
}
