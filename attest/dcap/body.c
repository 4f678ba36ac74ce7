#include "attest/dcap/body.h"

void sgx_body_take(struct sgx_body *out, struct reader *r)
{
    struct sgx_body b = { 0 };

    b.raw = reader_take(r, SGX_BODY_SIZE);

    struct reader in = reader_of(b.raw);

    b.cpu_svn = reader_take(&in, 16);
    b.miscselect = reader_take(&in, 4);
    reader_skip(&in, 12);
    b.isv_ext_prod_id = reader_take(&in, 16);
    b.attributes = reader_take(&in, 16);
    b.mr_enclave = reader_take(&in, 32);
    reader_skip(&in, 32);
    b.mr_signer = reader_take(&in, 32);
    reader_skip(&in, 32);
    b.config_id = reader_take(&in, 64);
    b.isv_prod_id = reader_u16le(&in);
    b.isv_svn = reader_u16le(&in);
    b.config_svn = reader_u16le(&in);
    reader_skip(&in, 42);
    b.isv_family_id = reader_take(&in, 16);
    b.report_data = reader_take(&in, 64);
    if (!reader_done(&in))
        reader_fail(r);
    *out = b;
}

/* The fields of a TD report in their order: of the module, of the TD, and of TDX 1.5. */
#define TD_SEAM(FIELD)                        \
    FIELD(tee_tcb_svn, 16, "tee_tcb_svn")     \
    FIELD(mr_seam, 48, "mrseam")              \
    FIELD(mr_signer_seam, 48, "mrsignerseam") \
    FIELD(seam_attributes, 8, "seamattributes")
#define TD_INFO(FIELD)                          \
    FIELD(td_attributes, 8, "tdattributes")     \
    FIELD(xfam, 8, "xfam")                      \
    FIELD(mr_td, 48, "mrtd")                    \
    FIELD(mr_config_id, 48, "mrconfigid")       \
    FIELD(mr_owner, 48, "mrowner")              \
    FIELD(mr_owner_config, 48, "mrownerconfig") \
    FIELD(rtmr[0], 48, "rtmr0")                 \
    FIELD(rtmr[1], 48, "rtmr1")                 \
    FIELD(rtmr[2], 48, "rtmr2")                 \
    FIELD(rtmr[3], 48, "rtmr3")
#define TD_15(FIELD)                         \
    FIELD(tee_tcb_svn2, 16, "tee_tcb_svn_2") \
    FIELD(mr_service_td, 48, "mrservicetd")
#define TD_15_EX(FIELD)                                   \
    FIELD(vmid, 1, "vmid")                                \
    FIELD(td_id, 32, "td_id")                             \
    FIELD(devinfo, 48, "devinfo")                         \
    FIELD(init_server_td_hash, 48, "init_server_td_hash") \
    FIELD(init_server_td_attr, 8, "init_server_td_attr")  \
    FIELD(init_cpu_svn, 16, "init_cpu_svn")               \
    FIELD(init_tee_tcb_svn, 16, "init_tee_tcb_svn")       \
    FIELD(init_tee_fmspc, 12, "init_tee_fmspc")           \
    FIELD(curr_server_td_hash, 48, "curr_server_td_hash") \
    FIELD(curr_server_td_attr, 8, "curr_server_td_attr")

/* From a reader `in` to a body `b`; to fields `f`; compared with a body `a`. */
#define TAKE(field, size, name) b.field = reader_take(&in, size);
#define SHOW(field, size, name) fields_bytes(f, name, b->field);
#define SAME(field, size, name) same = same && bytes_equal(a->field, b->field);

void td_body_take(struct td_body *out, struct reader *r, uint32_t size)
{
    struct td_body b = { 0 };

    b.raw = reader_take(r, size);

    struct reader in = reader_of(b.raw);

    TD_SEAM(TAKE)
    TD_INFO(TAKE)
    b.report_data = reader_take(&in, 64);
    if (size >= TD15_BODY_SIZE) {
        TD_15(TAKE)
    }
    if (size >= TD15_EX_BODY_SIZE) {
        TD_15_EX(TAKE)
    }
    if (!reader_done(&in))
        reader_fail(r);
    *out = b;
}

void sgx_body_describe(struct fields *f, const char *group, const struct sgx_body *b)
{
    fields_group(f, group);
    fields_bytes(f, "cpusvn", b->cpu_svn);
    fields_bytes(f, "miscselect", b->miscselect);
    fields_bytes(f, "isvextprodid", b->isv_ext_prod_id);
    fields_bytes(f, "attributes", b->attributes);
    fields_bytes(f, "mrenclave", b->mr_enclave);
    fields_bytes(f, "mrsigner", b->mr_signer);
    fields_bytes(f, "configid", b->config_id);
    fields_uint(f, "isvprodid", b->isv_prod_id);
    fields_uint(f, "isvsvn", b->isv_svn);
    fields_uint(f, "configsvn", b->config_svn);
    fields_bytes(f, "isvfamilyid", b->isv_family_id);
    fields_bytes(f, "report_data", b->report_data);
    fields_end(f);
}

void td_body_describe(struct fields *f, const char *group, const struct td_body *b)
{
    fields_group(f, group);
    TD_SEAM(SHOW)
    TD_INFO(SHOW)
    fields_bytes(f, "report_data", b->report_data);
    if (b->mr_service_td.size != 0) {
        TD_15(SHOW)
    }
    if (b->td_id.size != 0) {
        TD_15_EX(SHOW)
    }
    fields_end(f);
}

/* TEE_TCB_INFO_STRUCT: VALID, the module's fields, then (TDX 1.5) TEE_TCB_SVN2; TDINFO_STRUCT:
 * its SERVTD_HASH is what a quote calls MRSERVICETD. */
static struct td_body report_body(const struct td_report *t)
{
    struct reader in = reader_of(t->tee_tcb_info);
    struct td_body b = { .report_data = t->report_data };

    reader_skip(&in, 8);
    TD_SEAM(TAKE)
    b.tee_tcb_svn2 = reader_take(&in, 16);
    in = reader_of(t->td_info);
    TD_INFO(TAKE)
    b.mr_service_td = reader_take(&in, 48);
    return b;
}

enum err td_report_parse(struct td_report *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct td_report t = { .raw = raw };

    t.report_type = reader_take(&r, 4);
    reader_skip(&r, 12);
    t.cpu_svn = reader_take(&r, 16);
    t.tee_tcb_info_hash = reader_take(&r, 48);
    t.tee_info_hash = reader_take(&r, 48);
    t.report_data = reader_take(&r, 64);
    reader_skip(&r, 32);
    t.mac = reader_take(&r, 32);
    t.tee_tcb_info = reader_take(&r, 239);
    reader_skip(&r, 17);
    t.td_info = reader_take(&r, 512);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    if (t.report_type.data[0] != 0x81) /* the TEE: TDX */
        return ERR_UNSUPPORTED;
    t.body = report_body(&t);
    *out = t;
    return ERR_OK;
}

void td_report_describe(struct fields *f, const struct td_report *t)
{
    fields_bytes(f, "reporttype", t->report_type);
    fields_bytes(f, "cpusvn", t->cpu_svn);
    fields_bytes(f, "tee_tcb_info_hash", t->tee_tcb_info_hash);
    fields_bytes(f, "tee_info_hash", t->tee_info_hash);
    fields_bytes(f, "mac", t->mac);
    td_body_describe(f, "body", &t->body);
}

bool td_report_matches(const struct td_report *t, const struct td_body *quoted)
{
    const struct td_body *a = &t->body, *b = quoted;
    bool same = bytes_equal(a->report_data, b->report_data);

    TD_SEAM(SAME)
    TD_INFO(SAME)
    if (b->mr_service_td.size != 0) {
        TD_15(SAME)
    }
    return same;
}
