#include "attest/snp/report.h"

#include "base/ct.h"
#include "base/num.h"

/* 4 was given out between 3 and 5 and changed no field of 3. */
static bool version_known(uint32_t version) { return version >= 2 && version <= 5; }

enum err snp_report_parse(struct snp_report *out, struct bytes raw)
{
    struct reader r = reader_of(raw), b = reader_of(raw);
    struct snp_report t = { .raw = raw };

    if (raw.size != SNP_REPORT_SIZE)
        return ERR_MALFORMED;
    t.body = reader_take(&b, SNP_SIGNED_SIZE);
    t.version = reader_u32le(&r);
    if (!version_known(t.version)) {
        *out = t;
        return ERR_UNSUPPORTED;
    }
    t.guest_svn = reader_u32le(&r);
    t.policy = reader_u64le(&r);
    t.family_id = reader_take(&r, 16);
    t.image_id = reader_take(&r, 16);
    t.vmpl = reader_u32le(&r);
    t.signature_algo = reader_u32le(&r);
    t.current_tcb = reader_take(&r, SNP_TCB_SIZE);
    t.platform_info = reader_u64le(&r);
    t.key_info = reader_u32le(&r);
    reader_skip(&r, 4);
    t.report_data = reader_take(&r, 64);
    t.measurement = reader_take(&r, 48);
    t.host_data = reader_take(&r, 32);
    t.id_key_digest = reader_take(&r, 48);
    t.author_key_digest = reader_take(&r, 48);
    t.report_id = reader_take(&r, 32);
    t.report_id_ma = reader_take(&r, 32);
    t.reported_tcb = reader_take(&r, SNP_TCB_SIZE);
    t.family = reader_u8(&r);
    t.model = reader_u8(&r);
    t.stepping = reader_u8(&r);
    reader_skip(&r, 0x15);
    t.chip_id = reader_take(&r, 64);
    t.committed_tcb = reader_take(&r, SNP_TCB_SIZE);
    t.current_version = reader_take(&r, 4);
    t.committed_version = reader_take(&r, 4);
    t.launch_tcb = reader_take(&r, SNP_TCB_SIZE);
    t.launch_mit = reader_take(&r, 8);
    t.current_mit = reader_take(&r, 8);
    reader_skip(&r, SNP_SIGNED_SIZE - 0x208);
    t.r = reader_take(&r, 72);
    t.s = reader_take(&r, 72);
    t.unsigned_tail = reader_take(&r, SNP_REPORT_SIZE - 0x330);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

bool snp_report_is(struct bytes raw)
{
    struct snp_report r;

    /* A version from the future is still a report, so that its verdict can say so. */
    return raw.size == SNP_REPORT_SIZE && snp_report_parse(&r, raw) != ERR_MALFORMED &&
           r.version != 0 && r.version < 256;
}

static const struct {
    const char *name;
    uint8_t bit;
} policy_bits[] = {
    { "smt", 16 },           { "reserved1", 17 },
    { "migrate_ma", 18 },    { "debug", 19 },
    { "single_socket", 20 }, { "cxl_allow", 21 },
    { "mem_aes_256_xts", 22 }, { "rapl_dis", 23 },
    { "ciphertext_hiding", 24 }, { "page_swap_disable", 25 },
}, platform_bits[] = {
    { "smt_en", 0 },   { "tsme_en", 1 },  { "ecc_en", 2 },
    { "rapl_dis", 3 }, { "ciphertext_hiding_dram_en", 4 },
    { "alias_check_complete", 5 }, { "tio_en", 7 },
};

static void bits_describe(struct fields *f, const struct snp_report *r)
{
    static const char *const keys[8] = {
        [SNP_KEY_VCEK] = "VCEK", [SNP_KEY_VLEK] = "VLEK", [SNP_KEY_NONE] = "none"
    };
    const char *key = keys[snp_report_signing_key(r)];

    fields_group(f, "policy_bits");
    fields_uint(f, "abi_minor", r->policy & 0xff);
    fields_uint(f, "abi_major", r->policy >> 8 & 0xff);
    for (size_t i = 0; i < COUNT_OF(policy_bits); i++)
        fields_bool(f, policy_bits[i].name, r->policy >> policy_bits[i].bit & 1);
    fields_end(f);
    fields_group(f, "platform_info_bits");
    for (size_t i = 0; i < COUNT_OF(platform_bits); i++)
        fields_bool(f, platform_bits[i].name, r->platform_info >> platform_bits[i].bit & 1);
    fields_bits(f, "reserved", r->platform_info & ~(uint64_t)0xbf);
    fields_end(f);
    fields_group(f, "key_info_bits");
    fields_bool(f, "author_key_en", snp_report_author_key(r));
    fields_bool(f, "mask_chip_key", r->key_info >> 1 & 1);
    fields_string(f, "signing_key", key != NULL ? key : "reserved");
    fields_end(f);
}

/* build, minor, major in the report; policies compare "1.55.29". */
static void version_describe(struct fields *f, const char *name, struct bytes version)
{
    if (version.size == 4)
        fields_string(f, name,
                      verdict_format(f->arena, "%u.%u.%u", version.data[2], version.data[1],
                                     version.data[0]));
}

static void tcbs_describe(struct fields *f, const struct snp_report *r, enum snp_product product)
{
    fields_bytes(f, "current_tcb", r->current_tcb);
    snp_tcb_describe(f, "current_tcb_decoded", r->current_tcb, product);
    fields_bytes(f, "reported_tcb", r->reported_tcb);
    snp_tcb_describe(f, "reported_tcb_decoded", r->reported_tcb, product);
    fields_bytes(f, "committed_tcb", r->committed_tcb);
    snp_tcb_describe(f, "committed_tcb_decoded", r->committed_tcb, product);
    fields_bytes(f, "launch_tcb", r->launch_tcb);
    snp_tcb_describe(f, "launch_tcb_decoded", r->launch_tcb, product);
    fields_bytes(f, "current_version", r->current_version);
    fields_bytes(f, "committed_version", r->committed_version);
    version_describe(f, "current_version_text", r->current_version);
    version_describe(f, "committed_version_text", r->committed_version);
    fields_bytes(f, "launch_mit", r->launch_mit);
    fields_bytes(f, "current_mit", r->current_mit);
}

void snp_report_describe(struct fields *f, const struct snp_report *r, enum snp_product product)
{
    fields_uint(f, "version", r->version);
    fields_uint(f, "guest_svn", r->guest_svn);
    fields_bits(f, "policy", r->policy);
    fields_bytes(f, "family_id", r->family_id);
    fields_bytes(f, "image_id", r->image_id);
    fields_uint(f, "vmpl", r->vmpl);
    fields_uint(f, "sig_algo", r->signature_algo);
    fields_bits(f, "platform_info", r->platform_info);
    fields_bits(f, "key_info", r->key_info);
    bits_describe(f, r);
    fields_bytes(f, "report_data", r->report_data);
    fields_bytes(f, "measurement", r->measurement);
    fields_bytes(f, "host_data", r->host_data);
    fields_bytes(f, "id_key_digest", r->id_key_digest);
    fields_bytes(f, "author_key_digest", r->author_key_digest);
    fields_bytes(f, "report_id", r->report_id);
    fields_bytes(f, "report_id_ma", r->report_id_ma);
    fields_list(f, "cpuid_fms");
    fields_uint(f, NULL, snp_report_has_cpuid(r) ? r->family : 0);
    fields_uint(f, NULL, snp_report_has_cpuid(r) ? r->model : 0);
    fields_uint(f, NULL, snp_report_has_cpuid(r) ? r->stepping : 0);
    fields_end(f);
    fields_bytes(f, "chip_id", r->chip_id);
    tcbs_describe(f, r, product);
    fields_bytes(f, "signature_r", r->r);
    fields_bytes(f, "signature_s", r->s);
}
