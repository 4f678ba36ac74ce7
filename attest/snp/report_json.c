#include "attest/snp/report.h"
#include "base/writer.h"
#include "codec/json.h"

struct encoder {
    struct writer w;
    const struct json *report;
    bool bad;
};

/* A number up to `most`; `missing` is what stands
 * for null or no such member; more than INT64_MAX means that it has to be there. */
static uint64_t number_of(struct encoder *e, const struct json *object, const char *name,
                          uint64_t most, uint64_t missing)
{
    const struct json *n = json_get(object, name);
    int64_t value = 0;

    if (n == NULL || n->type == JSON_NULL) {
        e->bad |= missing > INT64_MAX;
        return missing;
    }
    e->bad |= !json_integer_between(&value, n, 0, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    return (uint64_t)value;
}
#define REQUIRED UINT64_MAX

static void u8_put(struct encoder *e, const char *name)
{
    writer_u8(&e->w, (uint8_t)number_of(e, e->report, name, UINT8_MAX, 0));
}

static void u32_put(struct encoder *e, const char *name)
{
    writer_u32le(&e->w, (uint32_t)number_of(e, e->report, name, UINT32_MAX, REQUIRED));
}

static void u64_put(struct encoder *e, const char *name, uint64_t missing)
{
    writer_u64le(&e->w, number_of(e, e->report, name, UINT64_MAX, missing));
}

static void zeros_put(struct encoder *e, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(&e->w, 0);
}

/* An array of numbers. */
static void array_put(struct encoder *e, const struct json *object, const char *name, size_t size)
{
    const struct json *array = json_get_type(object, name, JSON_ARRAY);
    int64_t n = 0;

    if (array == NULL || array->count != size) {
        e->bad = true;
        return;
    }
    for (const struct json *i = array->first; i != NULL; i = i->next) {
        e->bad |= !json_integer_between(&n, i, 0, UINT8_MAX);
        writer_u8(&e->w, (uint8_t)n);
    }
}

/* The crate sets `fmc` for the layout of Turin and leaves it null for the other. */
static void tcb_put(struct encoder *e, const char *name)
{
    const struct json *tcb = json_get_type(e->report, name, JSON_OBJECT);
    bool turin = json_get_type(tcb, "fmc", JSON_NUMBER) != NULL;
    uint8_t raw[SNP_TCB_SIZE] = { 0 };

    raw[0] = (uint8_t)number_of(e, tcb, "fmc", UINT8_MAX, 0);
    raw[turin ? 1 : 0] = (uint8_t)number_of(e, tcb, "bootloader", UINT8_MAX, REQUIRED);
    raw[turin ? 2 : 1] = (uint8_t)number_of(e, tcb, "tee", UINT8_MAX, REQUIRED);
    raw[turin ? 3 : 6] = (uint8_t)number_of(e, tcb, "snp", UINT8_MAX, REQUIRED);
    raw[7] = (uint8_t)number_of(e, tcb, "microcode", UINT8_MAX, REQUIRED);
    writer_put(&e->w, BYTES_OF(raw));
}

static void firmware_put(struct encoder *e, const char *name)
{
    static const char *const parts[] = { "build", "minor", "major" };
    const struct json *version = json_get_type(e->report, name, JSON_OBJECT);

    for (size_t i = 0; i < 3; i++)
        writer_u8(&e->w, (uint8_t)number_of(e, version, parts[i], UINT8_MAX, REQUIRED));
    writer_u8(&e->w, 0);
}

/* In the order of snp_report_parse. */
static void report_put(struct encoder *e)
{
    const struct json *signature = json_get_type(e->report, "signature", JSON_OBJECT);

    u32_put(e, "version");
    u32_put(e, "guest_svn");
    u64_put(e, "policy", REQUIRED);
    array_put(e, e->report, "family_id", 16);
    array_put(e, e->report, "image_id", 16);
    u32_put(e, "vmpl");
    u32_put(e, "sig_algo");
    tcb_put(e, "current_tcb");
    u64_put(e, "plat_info", REQUIRED);
    u32_put(e, "key_info");
    zeros_put(e, 4);
    array_put(e, e->report, "report_data", 64);
    array_put(e, e->report, "measurement", 48);
    array_put(e, e->report, "host_data", 32);
    array_put(e, e->report, "id_key_digest", 48);
    array_put(e, e->report, "author_key_digest", 48);
    array_put(e, e->report, "report_id", 32);
    array_put(e, e->report, "report_id_ma", 32);
    tcb_put(e, "reported_tcb");
    u8_put(e, "cpuid_fam_id");
    u8_put(e, "cpuid_mod_id");
    u8_put(e, "cpuid_step");
    zeros_put(e, 0x15);
    array_put(e, e->report, "chip_id", 64);
    tcb_put(e, "committed_tcb");
    firmware_put(e, "current");
    firmware_put(e, "committed");
    tcb_put(e, "launch_tcb");
    u64_put(e, "launch_mit_vector", 0);
    u64_put(e, "current_mit_vector", 0);
    zeros_put(e, SNP_SIGNED_SIZE - 0x208);
    array_put(e, signature, "r", 72);
    array_put(e, signature, "s", 72);
    zeros_put(e, SNP_REPORT_SIZE - 0x330);
}

enum err snp_report_from_json(struct bytes *out, struct arena *arena, const struct json *report)
{
    struct encoder e = { .report = report };
    uint8_t *room = arena_alloc(arena, SNP_REPORT_SIZE);

    if (room == NULL)
        return ERR_NOMEM;
    e.w = writer_of(room, SNP_REPORT_SIZE);
    report_put(&e);
    if (e.bad || !writer_ok(&e.w) || writer_bytes(&e.w).size != SNP_REPORT_SIZE)
        return ERR_MALFORMED;
    *out = writer_bytes(&e.w);
    return ERR_OK;
}
