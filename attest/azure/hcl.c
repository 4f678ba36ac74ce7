#include "attest/azure/hcl.h"

#include "attest/dcap/body.h"
#include "attest/judge.h"
#include "attest/snp/report.h"
#include "base/ct.h"
#include "base/reader.h"

#define HCL_SIGNATURE 0x414c4348u /* "HCLA" */
#define SNP_REPORT_DATA_OFFSET 0x50u
#define TD_REPORT_DATA_OFFSET 128u
#define REPORT_DATA_SIZE 64u

static bool type_known(const struct hcl *h)
{
    return (h->version == 1 || h->version == 2) &&
           (h->report_type == HCL_REPORT_SNP || h->report_type == HCL_REPORT_TDX) &&
           h->hash_type >= 1 && h->hash_type <= 3;
}

enum err hcl_parse(struct hcl *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct hcl t = { 0 };
    uint32_t claims_size;

    if (raw.size > HCL_SIZE_MAX || reader_u32le(&r) != HCL_SIGNATURE)
        return ERR_MALFORMED;
    t.version = reader_u32le(&r);
    t.report_size = reader_u32le(&r);
    t.request_type = reader_u32le(&r);
    t.status = reader_u32le(&r);
    reader_skip(&r, 12); /* reserved */
    t.hardware = reader_take(&r, HCL_HARDWARE_SIZE);
    t.data_size = reader_u32le(&r);
    t.data_version = reader_u32le(&r);
    t.report_type = reader_u32le(&r);
    t.hash_type = reader_u32le(&r);
    claims_size = reader_u32le(&r);
    t.claims = reader_take(&r, claims_size);
    if (!reader_ok(&r) || claims_size == 0 || !ct_zero(reader_take(&r, r.left)))
        return ERR_MALFORMED;
    if (!type_known(&t))
        return ERR_UNSUPPORTED;
    *out = t;
    return ERR_OK;
}

bool hcl_is(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return reader_u32le(&r) == HCL_SIGNATURE;
}

struct bytes hcl_hardware_report(const struct hcl *h)
{
    return (struct bytes){ h->hardware.data,
                           h->report_type == HCL_REPORT_SNP ? SNP_REPORT_SIZE : TD_REPORT_SIZE };
}

struct bytes hcl_report_data(const struct hcl *h)
{
    struct reader r = reader_of(h->hardware);

    reader_skip(&r,
                h->report_type == HCL_REPORT_SNP ? SNP_REPORT_DATA_OFFSET : TD_REPORT_DATA_OFFSET);
    return reader_take(&r, REPORT_DATA_SIZE);
}

enum err hcl_digest(uint8_t out[HASH_SIZE_MAX], size_t *size, const struct hcl *h)
{
    static const enum hash_kind kinds[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512 };
    enum hash_kind kind = kinds[h->hash_type - 1]; /* hcl_parse lets 1 to 3 pass */

    *size = hash_size(kind);
    return hash_bytes(kind, out, h->claims);
}

const struct json *hcl_key(const struct json *claims, struct bytes id)
{
    const struct json *keys = json_get_type(claims, "keys", JSON_ARRAY), *found = NULL;

    for (const struct json *k = keys == NULL ? NULL : keys->first; k != NULL; k = k->next) {
        if (!bytes_equal(json_text(json_get(k, "kid")), id))
            continue;
        if (found != NULL)
            return NULL; /* whose word would it be? */
        found = k;
    }
    return found;
}

static const char *name_of(struct fields *f, struct bytes key)
{
    return verdict_format(f->arena, "%.*s", (int)key.size, (const char *)key.data);
}

/* Members that are numbers, truths and texts; what is deeper stays in the JSON. */
static void members_describe(struct fields *f, const struct json *object)
{
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        const char *name = name_of(f, m->key);

        if (m->type == JSON_BOOL)
            fields_bool(f, name, m->truth);
        else if (m->type == JSON_NUMBER && m->is_integer)
            fields_int(f, name, m->integer);
        else if (m->type == JSON_STRING)
            fields_text(f, name, m->text);
    }
}

static void claims_describe(struct fields *f, const struct json *claims)
{
    const struct json *keys = json_get_type(claims, "keys", JSON_ARRAY);
    const struct json *vm = json_get_type(claims, "vm-configuration", JSON_OBJECT);

    fields_list(f, "json_keys");
    for (const struct json *m = claims->first; m != NULL; m = m->next)
        fields_text(f, NULL, m->key);
    fields_end(f);
    fields_list(f, "keys");
    for (const struct json *k = keys == NULL ? NULL : keys->first; k != NULL; k = k->next) {
        fields_group(f, NULL);
        members_describe(f, k);
        fields_end(f);
    }
    fields_end(f);
    if (vm != NULL) {
        fields_group(f, "vm_configuration");
        members_describe(f, vm);
        fields_end(f);
    }
    if (json_get_type(claims, "user-data", JSON_STRING) != NULL)
        fields_text(f, "user_data", json_text(json_get(claims, "user-data")));
}

void hcl_claims(struct fields *f, const struct hcl *h, const struct json *claims)
{
    uint8_t *digest = arena_alloc(f->arena, HASH_SIZE_MAX);
    size_t size;

    fields_uint(f, "report_type", h->report_type);
    fields_uint(f, "hash_type", h->hash_type);
    if (digest != NULL && hcl_digest(digest, &size, h) == ERR_OK)
        fields_bytes(f, "var_data_digest", (struct bytes){ digest, size });
    if (claims != NULL && claims->type == JSON_OBJECT)
        claims_describe(f, claims);
}

enum err hcl_describe(struct fields *f, const struct exhibit *e)
{
    struct json_error at;
    struct json *claims = NULL;
    struct snp_report report;
    struct td_report td;
    struct hcl h;
    enum err err;

    TRY(hcl_parse(&h, e->raw));
    err = json_parse(&claims, f->arena, h.claims, &at);
    fields_uint(f, "hcl_version", h.version);
    fields_uint(f, "report_size", h.report_size);
    fields_uint(f, "request_type", h.request_type);
    fields_uint(f, "status", h.status);
    fields_uint(f, "var_data_size", h.data_size);
    fields_uint(f, "var_data_version", h.data_version);
    hcl_claims(f, &h, err == ERR_OK ? claims : NULL);
    fields_bytes(f, "report_data", hcl_report_data(&h));
    fields_text(f, "var_data", h.claims);
    if (h.report_type == HCL_REPORT_SNP &&
        snp_report_parse(&report, hcl_hardware_report(&h)) == ERR_OK) {
        fields_group(f, "snp");
        snp_report_describe(f, &report, SNP_PRODUCT_NONE);
        fields_end(f);
    } else if (h.report_type == HCL_REPORT_TDX &&
               td_report_parse(&td, hcl_hardware_report(&h)) == ERR_OK) {
        fields_group(f, "td");
        td_report_describe(f, &td);
        fields_end(f);
    } else {
        fields_bytes(f, "hardware_report", h.hardware);
    }
    return err;
}
