#include "attest/nvidia/report.h"

#include "attest/nvidia/form.h"
#include "attest/verdict.h"
#include "base/num.h"
#include "base/reader.h"

#define SPDM_VERSION_11 0x11u
#define GET_MEASUREMENTS 0xe0u
#define MEASUREMENTS 0x60u
#define SIGNATURE_REQUESTED 1u
#define DMTF_MEASUREMENT_SPECIFICATION 1u

/* DSP0274 1.1, tables 48 and 49: a block is its index, the specification that its value
 * follows, its size, and the value: here DMTF's, with a type and a size again. */
static void blocks_parse(struct nvidia_report *out, struct reader r)
{
    for (uint32_t i = 0; i < out->block_count && reader_ok(&r); i++) {
        uint8_t index = reader_u8(&r);
        uint8_t specification = reader_u8(&r);
        struct reader block = reader_sub(&r, reader_u16le(&r));
        uint8_t type = reader_u8(&block);
        struct bytes value = reader_take(&block, reader_u16le(&block));

        if (!reader_done(&block) || specification != DMTF_MEASUREMENT_SPECIFICATION ||
            value.size == 0 || out->measurements[index].size != 0) {
            reader_fail(&r);
            break;
        }
        out->measurements[index] = value;
        out->types[index] = type;
    }
    if (!reader_done(&r))
        out->block_count = 0; /* seen by the caller: there is no report without blocks */
}

static enum err opaque_parse(struct nvidia_report *out, struct reader r)
{
    while (reader_ok(&r) && r.left > 0) {
        struct nvidia_opaque o = { .id = reader_u16le(&r) };

        o.data = reader_take(&r, reader_u16le(&r));
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        /* Twice there, one of them would be read and another shown. */
        for (uint32_t i = 0; i < out->opaque_count; i++)
            if (out->opaque[i].id == o.id)
                return ERR_MALFORMED;
        if (out->opaque_count == NVIDIA_OPAQUE_MAX)
            return ERR_LIMIT;
        out->opaque[out->opaque_count++] = o;
    }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

enum err nvidia_report_parse(struct nvidia_report *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct reader record, opaque;
    uint8_t response_version;

    *out = (struct nvidia_report){ 0 };
    out->version = reader_u8(&r);
    out->request_code = reader_u8(&r);
    out->attributes = reader_u8(&r);
    out->operation = reader_u8(&r);
    out->request_nonce = reader_take(&r, NVIDIA_NONCE_SIZE);
    out->slot = reader_u8(&r);
    response_version = reader_u8(&r);
    out->response_code = reader_u8(&r);
    out->param1 = reader_u8(&r);
    out->param2 = reader_u8(&r);
    out->block_count = reader_u8(&r);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (out->version != SPDM_VERSION_11 || response_version != SPDM_VERSION_11 ||
        out->request_code != GET_MEASUREMENTS || out->response_code != MEASUREMENTS)
        return ERR_UNSUPPORTED;
    /* A request for no signature has no nonce (10.11): something else would be read as one. */
    if ((out->attributes & SIGNATURE_REQUESTED) == 0)
        return ERR_MALFORMED;

    uint32_t record_size = reader_u16le(&r);

    record_size |= (uint32_t)reader_u8(&r) << 16;
    out->record = reader_take(&r, record_size);
    record = reader_of(out->record);
    out->response_nonce = reader_take(&r, NVIDIA_NONCE_SIZE);
    opaque = reader_sub(&r, reader_u16le(&r));
    out->signed_part = (struct bytes){ raw.data, reader_offset(&r) };
    out->signature = reader_take(&r, NVIDIA_SIGNATURE_SIZE);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    blocks_parse(out, record);
    if (out->block_count == 0)
        return ERR_MALFORMED;
    TRY(opaque_parse(out, opaque));
    out->trailing = reader_take(&r, r.left);
    return ERR_OK;
}

bool nvidia_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint8_t version = reader_u8(&r);
    uint8_t code = reader_u8(&r);

    reader_skip(&r, 2 + NVIDIA_NONCE_SIZE + 1);
    return (version & 0xf0) == 0x10 && code == GET_MEASUREMENTS && (reader_u8(&r) & 0xf0) == 0x10 &&
           reader_u8(&r) == MEASUREMENTS && reader_ok(&r);
}

struct bytes nvidia_opaque(const struct nvidia_report *r, uint16_t id)
{
    for (uint32_t i = 0; i < r->opaque_count; i++)
        if (r->opaque[i].id == id)
            return r->opaque[i].data;
    return (struct bytes){ 0 };
}

struct bytes nvidia_text(struct bytes data)
{
    size_t size = 0;

    while (size < data.size && data.data[size] != 0)
        size++;
    return (struct bytes){ data.data, size };
}

static bool is_printable(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    return true;
}

struct bytes nvidia_vbios(const struct nvidia_report *r, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    static const uint8_t order[] = { 3, 2, 1, 0, 4 };
    struct bytes raw = nvidia_opaque(r, NVIDIA_VBIOS_VERSION);
    struct bytes text = nvidia_text(raw);
    size_t size = 0;
    char *out;

    if (raw.size != 8)
        return is_printable(text) ? text : (struct bytes){ 0 };
    out = arena_alloc(arena, 3 * sizeof order);
    for (size_t i = 0; out != NULL && i < sizeof order; i++) {
        uint8_t b = raw.data[order[i]];

        if (i > 0)
            out[size++] = '.';
        out[size++] = digits[b >> 4];
        out[size++] = digits[b & 15];
    }
    return (struct bytes){ (const uint8_t *)out, size };
}

/* NVIDIA's names, in snake_case; which are text. */
static const struct {
    uint16_t id;
    bool is_text;
    const char *name;
} opaque_names[] = {
    { 1, false, "cert_issuer_name" },
    { 2, false, "cert_authority_key_identifier" },
    { 3, true, "driver_version" },
    { 4, false, "gpu_info" },
    { 5, false, "sku" },
    { 6, false, "vbios_version" },
    { 7, false, "manufacturer_id" },
    { 8, false, "tamper_detection" },
    { 9, false, "smc" },
    { 10, false, "vpr" },
    { 11, false, "nvdec0_status" },
    { 12, false, "msrscnt" },
    { 13, false, "cprinfo" },
    { 14, false, "board_id" },
    { 15, true, "chip_sku" },
    { 16, true, "chip_sku_mod" },
    { 17, true, "project" },
    { 18, true, "project_sku" },
    { 19, true, "project_sku_mod" },
    { 20, false, "fwid" },
    { 21, false, "protected_pcie_status" },
    { 22, false, "switch_pdi" },
    { 23, false, "floorswept_ports" },
    { 24, false, "position_id" },
    { 25, false, "lock_switch_status" },
    { 32, false, "gpu_link_conn" },
    { 33, false, "sys_enable_status" },
    { 34, false, "opaque_data_version" },
    { 35, false, "chip_info" },
    { 36, false, "feature_flag" },
};

static void opaque_fields(struct fields *f, const struct nvidia_opaque *o)
{
    for (size_t i = 0; i < COUNT_OF(opaque_names); i++) {
        if (opaque_names[i].id != o->id)
            continue;
        if (opaque_names[i].is_text)
            fields_text(f, opaque_names[i].name, nvidia_text(o->data));
        else
            fields_bytes(f, opaque_names[i].name, o->data);
        return;
    }
    fields_bytes(f, fields_name(f, "", o->id), o->data);
}

void nvidia_report_fields(struct fields *f, const struct nvidia_report *r)
{
    struct reader counts = reader_of(nvidia_opaque(r, NVIDIA_MSRSCNT));
    struct bytes vbios = nvidia_vbios(r, f->arena);

    fields_bits(f, "spdm_version", r->version);
    fields_bits(f, "request_code", r->request_code);
    fields_bits(f, "request_attributes", r->attributes);
    fields_bits(f, "measurement_operation", r->operation);
    fields_bytes(f, "request_nonce", r->request_nonce);
    fields_uint(f, "slot", r->slot);
    fields_bits(f, "response_code", r->response_code);
    fields_bits(f, "param1", r->param1);
    fields_bits(f, "param2", r->param2);
    fields_uint(f, "num_blocks", r->block_count);
    fields_bytes(f, "response_nonce", r->response_nonce);
    fields_text(f, "driver_version", nvidia_text(nvidia_opaque(r, NVIDIA_DRIVER_VERSION)));
    fields_text(f, "vbios_version", vbios);
    fields_group(f, "opaque");
    for (uint32_t i = 0; i < r->opaque_count; i++)
        opaque_fields(f, &r->opaque[i]);
    fields_end(f);
    fields_group(f, "measurements");
    for (uint32_t i = 0; i < 256; i++)
        if (r->measurements[i].size > 0)
            fields_bytes(f, fields_name(f, "", i), r->measurements[i]);
    fields_end(f);
    fields_list(f, "measurement_count");
    while (counts.left >= 4)
        fields_uint(f, NULL, reader_u32le(&counts));
    fields_end(f);
    fields_bytes(f, "signature", r->signature);
    if (r->trailing.size > 0)
        fields_bytes(f, "trailing_bytes", r->trailing);
}

enum err nvidia_describe(struct fields *f, const struct exhibit *e)
{
    struct nvidia_report *r = arena_alloc(f->arena, sizeof *r);

    if (r == NULL)
        return ERR_NOMEM;
    TRY(nvidia_report_parse(r, e->raw));
    nvidia_report_fields(f, r);
    return ERR_OK;
}
