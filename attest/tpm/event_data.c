/* event_data.c: what events of a TCG log say, by their type (PC Client Platform Firmware
 * Profile 1.06, sections 9.4 and 10.4), for people and for `broch inspect`. A part that does
 * not fit its type is left out; the raw data are shown always. */
#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "attest/tpm/event_log.h"
#include "attest/verdict.h"
#include "base/num.h"
#include "base/writer.h"
#include "codec/json.h"

#define EFI_BASE 0x80000000u
#define EV_POST_CODE 0x1u
#define BLOB_SIZE 16u /* "EV_POST_CODE … the event data may be UEFI_PLATFORM_FIRMWARE_BLOB" */
#define EV_ACTION 0x5u
#define EV_EVENT_TAG 0x6u
#define EV_IPL 0xdu
#define EV_EFI_VARIABLE_DRIVER_CONFIG (EFI_BASE + 0x1)
#define EV_EFI_VARIABLE_BOOT (EFI_BASE + 0x2)
#define EV_EFI_BOOT_SERVICES_APPLICATION (EFI_BASE + 0x3)
#define EV_EFI_RUNTIME_SERVICES_DRIVER (EFI_BASE + 0x5)
#define EV_EFI_GPT_EVENT (EFI_BASE + 0x6)
#define EV_EFI_ACTION (EFI_BASE + 0x7)
#define EV_EFI_PLATFORM_FIRMWARE_BLOB (EFI_BASE + 0x8)
#define EV_EFI_HANDOFF_TABLES (EFI_BASE + 0x9)
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2 (EFI_BASE + 0xa)
#define EV_EFI_HANDOFF_TABLES2 (EFI_BASE + 0xb)
#define EV_EFI_VARIABLE_BOOT2 (EFI_BASE + 0xc)
#define EV_EFI_GPT_EVENT2 (EFI_BASE + 0xd)
#define EV_EFI_VARIABLE_AUTHORITY (EFI_BASE + 0xe0)

static const struct {
    uint32_t type;
    const char *name;
} types[] = {
    { 0x0, "EV_PREBOOT_CERT" },
    { EV_POST_CODE, "EV_POST_CODE" },
    { 0x2, "EV_UNUSED" },
    { EVENT_NO_ACTION, "EV_NO_ACTION" },
    { EVENT_SEPARATOR, "EV_SEPARATOR" },
    { EV_ACTION, "EV_ACTION" },
    { EV_EVENT_TAG, "EV_EVENT_TAG" },
    { 0x7, "EV_S_CRTM_CONTENTS" },
    { EVENT_S_CRTM_VERSION, "EV_S_CRTM_VERSION" },
    { 0x9, "EV_CPU_MICROCODE" },
    { 0xa, "EV_PLATFORM_CONFIG_FLAGS" },
    { 0xb, "EV_TABLE_OF_DEVICES" },
    { 0xc, "EV_COMPACT_HASH" },
    { EV_IPL, "EV_IPL" },
    { 0xe, "EV_IPL_PARTITION_DATA" },
    { 0xf, "EV_NONHOST_CODE" },
    { 0x10, "EV_NONHOST_CONFIG" },
    { EVENT_NONHOST_INFO, "EV_NONHOST_INFO" },
    { 0x12, "EV_OMIT_BOOT_DEVICE_EVENTS" },
    { 0x13, "EV_POST_CODE2" },
    { EFI_BASE, "EV_EFI_EVENT_BASE" },
    { EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
    { EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
    { EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
    { EFI_BASE + 0x4, "EV_EFI_BOOT_SERVICES_DRIVER" },
    { EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
    { EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT" },
    { EV_EFI_ACTION, "EV_EFI_ACTION" },
    { EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
    { EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES" },
    { EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
    { EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2" },
    { EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2" },
    { EV_EFI_GPT_EVENT2, "EV_EFI_GPT_EVENT2" },
    { EFI_BASE + 0x10, "EV_EFI_HCRTM_EVENT" },
    { EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
    { EFI_BASE + 0xe1, "EV_EFI_SPDM_FIRMWARE_BLOB" },
    { EFI_BASE + 0xe2, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
    { EFI_BASE + 0xe3, "EV_EFI_SPDM_DEVICE_POLICY" },
    { EFI_BASE + 0xe4, "EV_EFI_SPDM_DEVICE_AUTHORITY" },
};

const char *event_type_name(uint32_t type)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return NULL;
}

/* EFI_GUID (UEFI 2.10, appendix A): the first three parts are little-endian numbers. */
static void guid_take(struct fields *f, const char *name, struct reader *r)
{
    uint32_t a = reader_u32le(r);
    unsigned b = reader_u16le(r), c = reader_u16le(r), d = reader_u16be(r);
    struct bytes node = reader_take(r, 6);

    if (reader_ok(r))
        fields_string(f, name,
                      verdict_format(f->arena, "%08x-%04x-%04x-%04x-%s", a, b, c, d,
                                     verdict_hex(f->arena, node)));
}

struct bytes event_ucs2_text(struct arena *arena, struct bytes raw)
{
    uint8_t *room = arena_alloc(arena, raw.size / 2 * 3 + 1);
    struct writer w = writer_of(room, room == NULL ? 0 : raw.size / 2 * 3);
    struct reader r = reader_of(raw);

    while (r.left >= 2) {
        uint32_t c = reader_u16le(&r);

        if (c == 0)
            break;
        if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd;
        if (c >= 0x800) {
            writer_u8(&w, (uint8_t)(0xe0 | c >> 12));
            writer_u8(&w, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
            writer_u8(&w, (uint8_t)(0x80 | (c & 0x3f)));
        } else if (c >= 0x80) {
            writer_u8(&w, (uint8_t)(0xc0 | c >> 6));
            writer_u8(&w, (uint8_t)(0x80 | (c & 0x3f)));
        } else {
            writer_u8(&w, (uint8_t)c);
        }
    }
    return writer_bytes(&w);
}

/* Without the zero at its end. */
static struct bytes text_of(struct bytes raw)
{
    return (struct bytes){ raw.data, bytes_text_size((const char *)raw.data, raw.size) };
}

/* EFI_SIGNATURE_LISTs (UEFI 2.10, 32.4.1) of PK, KEK, db, dbx. */
static void signature_lists_describe(struct fields *f, struct bytes data)
{
    struct reader all = reader_of(data);

    fields_list(f, "signature_lists");
    while (all.left >= 28 && !f->is_cut) {
        struct reader list = all, r;
        uint32_t list_size, header_size, size;

        reader_skip(&list, 16);
        list_size = reader_u32le(&list);
        header_size = reader_u32le(&list);
        size = reader_u32le(&list);
        r = reader_sub(&all, list_size);
        if (!reader_ok(&r) || list_size < 28 || size <= 16)
            break;
        fields_group(f, NULL);
        guid_take(f, "signature_type", &r);
        reader_skip(&r, 12);
        fields_uint(f, "signature_list_size", list_size);
        fields_uint(f, "signature_header_size", header_size);
        fields_uint(f, "signature_size", size);
        reader_skip(&r, header_size);
        fields_list(f, "keys");
        while (reader_ok(&r) && r.left >= size && !f->is_cut) {
            fields_group(f, NULL);
            guid_take(f, "signature_owner", &r);
            fields_bytes(f, "signature_data", reader_take(&r, size - 16));
            fields_end(f);
        }
        fields_end(f);
        fields_end(f);
    }
    fields_end(f);
}

/* EFI_LOAD_OPTION (UEFI 2.10, 3.1.3). */
static void load_option_describe(struct fields *f, struct reader *r)
{
    struct bytes rest;
    size_t size = 0;
    uint16_t length;

    fields_bool(f, "enabled", (reader_u32le(r) & 1) != 0);
    length = reader_u16le(r);
    fields_uint(f, "file_path_list_length", length);
    rest = (struct bytes){ r->at, r->left };
    while (size + 2 <= rest.size && (rest.data[size] != 0 || rest.data[size + 1] != 0))
        size += 2;
    fields_text(f, "description", event_ucs2_text(f->arena, reader_take(r, size)));
    reader_skip(r, 2);
    fields_bytes(f, "device_path", reader_take(r, num_min(length, r->left)));
    fields_bytes(f, "optional_data", reader_take(r, r->left));
}

static bool text_is(struct bytes text, const char *want)
{
    return bytes_equal(text, (struct bytes){ (const uint8_t *)want, bytes_text_size(want, 64) });
}

static void variable_value(struct fields *f, uint32_t type, struct bytes name, struct bytes data)
{
    struct reader r = reader_of(data);

    fields_bytes(f, "variable_data", data);
    if (text_is(name, "SbatLevel")) {
        fields_text(f, "string", text_of(data));
    } else if (type == EV_EFI_VARIABLE_AUTHORITY && data.size > 16) { /* an EFI_SIGNATURE_DATA */
        guid_take(f, "signature_owner", &r);
        fields_bytes(f, "signature_data", reader_take(&r, r.left));
    } else if (text_is(name, "SecureBoot") || text_is(name, "MokListTrusted")) {
        fields_bool(f, "enabled", data.size == 1 && reader_u8(&r) == 1);
    } else if (text_is(name, "BootOrder")) {
        fields_list(f, "boot_order");
        while (r.left >= 2)
            fields_uint(f, NULL, reader_u16le(&r));
        fields_end(f);
    } else if (text_is(name, "PK") || text_is(name, "KEK") || text_is(name, "db") ||
               text_is(name, "dbx")) {
        signature_lists_describe(f, data);
    } else if (name.size == 8 && text_is((struct bytes){ name.data, 4 }, "Boot")) {
        load_option_describe(f, &r);
    }
}

/* UEFI_VARIABLE_DATA, section 10.2.6. */
static void variable_describe(struct fields *f, const struct event *e, struct reader *r)
{
    uint64_t name_length, data_length;
    struct bytes name;

    guid_take(f, "variable_name", r);
    name_length = reader_u64le(r);
    data_length = reader_u64le(r);
    if (!reader_ok(r) || name_length > r->left / 2 || data_length > r->left)
        return;
    name = event_ucs2_text(f->arena, reader_take(r, (size_t)name_length * 2));
    fields_uint(f, "unicode_name_length", name_length);
    fields_uint(f, "variable_data_length", data_length);
    fields_text(f, "unicode_name", name);
    variable_value(f, e->type, name, reader_take(r, (size_t)data_length));
}

/* UEFI_IMAGE_LOAD_EVENT, section 10.2.3. */
static void image_describe(struct fields *f, struct reader *r)
{
    uint64_t length;

    fields_bits(f, "image_location_in_memory", reader_u64le(r));
    fields_uint(f, "image_length_in_memory", reader_u64le(r));
    fields_bits(f, "image_link_time_address", reader_u64le(r));
    length = reader_u64le(r);
    fields_uint(f, "length_of_device_path", length);
    if (reader_ok(r) && length <= r->left)
        fields_bytes(f, "device_path", reader_take(r, (size_t)length));
    if (r->left > 0)
        fields_bytes(f, "trailing_data", reader_take(r, r->left));
}

/* UEFI_GPT_DATA, section 10.2.5; headers are UEFI 2.10, 5.3.2 and 5.3.3. */
static void gpt_describe(struct fields *f, struct reader *r)
{
    uint64_t partitions;
    uint32_t entry_size;

    fields_text(f, "signature", reader_take(r, 8));
    fields_bits(f, "revision", reader_u32le(r));
    fields_uint(f, "header_size", reader_u32le(r));
    fields_bits(f, "header_crc32", reader_u32le(r));
    reader_skip(r, 4);
    fields_bits(f, "my_lba", reader_u64le(r));
    fields_bits(f, "alternate_lba", reader_u64le(r));
    fields_bits(f, "first_usable_lba", reader_u64le(r));
    fields_bits(f, "last_usable_lba", reader_u64le(r));
    guid_take(f, "disk_guid", r);
    fields_bits(f, "partition_entry_lba", reader_u64le(r));
    fields_uint(f, "number_of_partition_entry", reader_u32le(r));
    entry_size = reader_u32le(r);
    fields_uint(f, "size_of_partition_entry", entry_size);
    fields_bits(f, "partition_entry_array_crc32", reader_u32le(r));
    partitions = reader_u64le(r);
    fields_uint(f, "number_of_partitions", partitions);
    fields_list(f, "partitions");
    while (reader_ok(r) && entry_size > 56 && r->left >= entry_size && partitions-- > 0) {
        struct reader entry = reader_sub(r, entry_size);

        fields_group(f, NULL);
        guid_take(f, "partition_type_guid", &entry);
        guid_take(f, "unique_partition_guid", &entry);
        fields_bits(f, "starting_lba", reader_u64le(&entry));
        fields_bits(f, "ending_lba", reader_u64le(&entry));
        fields_bits(f, "attributes", reader_u64le(&entry));
        fields_text(f, "partition_name",
                    event_ucs2_text(f->arena, reader_take(&entry, entry.left)));
        fields_end(f);
    }
    fields_end(f);
}

/* UEFI_PLATFORM_FIRMWARE_BLOB(2) and UEFI_HANDOFF_TABLE_POINTERS(2), 10.2.4 and 10.2.7: the
 * second forms start with a description of one length byte. */
static void place_describe(struct fields *f, const struct event *e, struct reader *r)
{
    bool is_table = e->type == EV_EFI_HANDOFF_TABLES || e->type == EV_EFI_HANDOFF_TABLES2;
    uint64_t count;

    if (e->type == EV_EFI_PLATFORM_FIRMWARE_BLOB2 || e->type == EV_EFI_HANDOFF_TABLES2)
        fields_text(f, "description", text_of(reader_take(r, reader_u8(r))));
    if (!is_table) {
        fields_bits(f, "blob_base", reader_u64le(r));
        fields_bits(f, "blob_length", reader_u64le(r));
        return;
    }
    count = reader_u64le(r);
    fields_uint(f, "number_of_tables", count);
    fields_list(f, "tables");
    while (reader_ok(r) && r->left >= 24 && count-- > 0) {
        fields_group(f, NULL);
        guid_take(f, "vendor_guid", r);
        fields_bits(f, "vendor_table", reader_u64le(r));
        fields_end(f);
    }
    fields_end(f);
}

static void spec_id_describe(struct fields *f, struct reader *r)
{
    uint32_t count;

    fields_text(f, "signature", text_of(reader_take(r, 16)));
    fields_uint(f, "platform_class", reader_u32le(r));
    fields_uint(f, "spec_version_minor", reader_u8(r));
    fields_uint(f, "spec_version_major", reader_u8(r));
    fields_uint(f, "spec_errata", reader_u8(r));
    fields_uint(f, "uintn_size", reader_u8(r));
    count = reader_u32le(r);
    fields_uint(f, "number_of_algorithms", count);
    fields_list(f, "algorithms");
    while (reader_ok(r) && r->left >= 4 && count-- > 0) {
        uint16_t id = reader_u16le(r);
        const char *name = tpm_algorithm_name(id);

        fields_group(f, NULL);
        fields_string(f, "algorithm_id",
                      name != NULL ? name : verdict_format(f->arena, "0x%04x", (unsigned)id));
        fields_uint(f, "digest_size", reader_u16le(r));
        fields_end(f);
    }
    fields_end(f);
    count = reader_u8(r);
    fields_uint(f, "vendor_info_size", count);
    if (count > 0)
        fields_bytes(f, "vendor_info", reader_take(r, count));
}

static void no_action_describe(struct fields *f, const struct event *e, struct reader *r)
{
    struct bytes signature = text_of(reader_take(r, 16));

    if (!reader_ok(r))
        return;
    fields_text(f, "signature", signature);
    if (e->data.size == 17 && text_is(signature, "StartupLocality"))
        fields_uint(f, "startup_locality", reader_u8(r));
    else if (text_is(signature, "GCE NonHostInfo"))
        fields_uint(f, "confidential_technology", reader_u8(r));
}

void event_data_describe(struct fields *f, const struct event *e)
{
    struct reader r = reader_of(e->data);

    if (e->is_spec_id) {
        spec_id_describe(f, &r);
    } else if (e->type == EVENT_NO_ACTION) {
        no_action_describe(f, e, &r);
    } else if ((e->type >= EV_EFI_VARIABLE_DRIVER_CONFIG && e->type <= EV_EFI_VARIABLE_BOOT) ||
               e->type == EV_EFI_VARIABLE_BOOT2 || e->type == EV_EFI_VARIABLE_AUTHORITY) {
        variable_describe(f, e, &r);
    } else if (e->type >= EV_EFI_BOOT_SERVICES_APPLICATION &&
               e->type <= EV_EFI_RUNTIME_SERVICES_DRIVER) {
        image_describe(f, &r);
    } else if (e->type == EV_EFI_GPT_EVENT || e->type == EV_EFI_GPT_EVENT2) {
        gpt_describe(f, &r);
    } else if ((e->type >= EV_EFI_PLATFORM_FIRMWARE_BLOB && e->type <= EV_EFI_HANDOFF_TABLES2) ||
               (e->type == EV_POST_CODE && e->data.size == BLOB_SIZE)) {
        place_describe(f, e, &r);
    } else if (e->type == EV_EVENT_TAG) {
        fields_bits(f, "tagged_event_id", reader_u32le(&r));
        fields_text(f, "tagged_event_data", text_of(reader_take(&r, reader_u32le(&r))));
    } else if (e->type == EV_EFI_ACTION || e->type == EV_ACTION || e->type == EV_IPL ||
               e->type == EV_POST_CODE) {
        fields_text(f, "string", text_of(e->data));
    } else if (e->type == EVENT_NONHOST_INFO && e->data.size >= 17) {
        no_action_describe(f, e, &r);
    }
}

static void event_describe(struct fields *f, const struct event *e)
{
    const char *name = event_type_name(e->type);

    fields_group(f, NULL);
    fields_uint(f, "event_num", e->number);
    fields_uint(f, "pcr_index", e->pcr);
    fields_string(f, "event_type",
                  name != NULL ? name : verdict_format(f->arena, "0x%08x", e->type));
    fields_group(f, "digests");
    for (uint32_t i = 0; i < e->digest_count; i++) {
        const char *bank = tpm_algorithm_name(e->digests[i].algorithm);

        fields_bytes(f, bank != NULL ? bank : fields_name(f, "alg", e->digests[i].algorithm),
                     e->digests[i].value);
    }
    fields_end(f);
    fields_uint(f, "event_size", e->data.size);
    fields_bytes(f, "event_data", e->data);
    fields_group(f, "event");
    event_data_describe(f, e);
    fields_end(f);
    fields_end(f);
}

void pcr_bank_describe(struct fields *f, const char *name, const struct pcr_bank *bank)
{
    fields_group(f, name);
    for (uint32_t i = 0; i < PCR_COUNT; i++)
        if ((bank->extended >> i & 1) != 0)
            fields_bytes(f, fields_name(f, "pcr", i), pcr_bank_value(bank, i));
    fields_end(f);
}

enum err event_log_pcrs_describe(struct fields *f, struct bytes raw)
{
    struct event_log log;

    TRY(event_log_open(&log, raw));
    fields_group(f, "pcrs");
    for (uint32_t n = 0; n < log.algorithm_count; n++) {
        struct pcr_bank *bank = arena_alloc(f->arena, sizeof *bank);
        const char *name = tpm_algorithm_name(log.algorithms[n].id);
        enum err e;

        if (bank == NULL)
            return ERR_NOMEM;
        if (!event_log_has_bank(raw, log.algorithms[n].id))
            continue;
        e = event_log_replay(bank, raw, log.algorithms[n].id);
        if (e == ERR_OK)
            pcr_bank_describe(f, name, bank);
        else if (e != ERR_UNSUPPORTED)
            return e;
    }
    fields_end(f);
    return ERR_OK;
}

/* A TD's log as dstack writes it: an array of {"imr", "digest", "event", …}. */
static enum err json_log_describe(struct fields *f, struct bytes raw)
{
    struct json *all;

    TRY(json_parse(&all, f->arena, raw, NULL));
    fields_list(f, "events");
    for (const struct json *e = all->first; e != NULL; e = e->next) {
        fields_group(f, NULL);
        for (const struct json *m = e->first; m != NULL; m = m->next) {
            const char *name =
                verdict_format(f->arena, "%.*s", (int)m->key.size, (const char *)m->key.data);

            if (m->type == JSON_STRING)
                fields_text(f, name, m->text);
            else if (m->type == JSON_NUMBER && m->is_integer)
                fields_int(f, name, m->integer);
        }
        fields_end(f);
    }
    fields_end(f);
    return ERR_OK;
}

enum err event_log_describe(struct fields *f, const struct exhibit *e)
{
    struct reader r = reader_of(e->raw);
    struct event_log log;
    struct event event;

    if (reader_peek(&r) == '[')
        return json_log_describe(f, e->raw);
    TRY(event_log_open(&log, e->raw));
    fields_bool(f, "crypto_agile", log.is_agile);
    fields_list(f, "events");
    while (event_log_next(&log, &event) && !f->is_cut)
        event_describe(f, &event);
    fields_end(f);
    if (log.is_bad)
        return ERR_MALFORMED;
    return event_log_pcrs_describe(f, e->raw);
}
