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

void td_body_take(struct td_body *out, struct reader *r, bool is_15)
{
    struct td_body b = { 0 };

    b.raw = reader_take(r, is_15 ? TD15_BODY_SIZE : TD_BODY_SIZE);

    struct reader in = reader_of(b.raw);

    b.tee_tcb_svn = reader_take(&in, 16);
    b.mr_seam = reader_take(&in, 48);
    b.mr_signer_seam = reader_take(&in, 48);
    b.seam_attributes = reader_take(&in, 8);
    b.td_attributes = reader_take(&in, 8);
    b.xfam = reader_take(&in, 8);
    b.mr_td = reader_take(&in, 48);
    b.mr_config_id = reader_take(&in, 48);
    b.mr_owner = reader_take(&in, 48);
    b.mr_owner_config = reader_take(&in, 48);
    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++)
        b.rtmr[i] = reader_take(&in, 48);
    b.report_data = reader_take(&in, 64);
    if (is_15) {
        b.tee_tcb_svn2 = reader_take(&in, 16);
        b.mr_service_td = reader_take(&in, 48);
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
    static const char *const rtmr_names[TD_RTMR_COUNT] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };

    fields_group(f, group);
    fields_bytes(f, "tee_tcb_svn", b->tee_tcb_svn);
    fields_bytes(f, "mrseam", b->mr_seam);
    fields_bytes(f, "mrsignerseam", b->mr_signer_seam);
    fields_bytes(f, "seamattributes", b->seam_attributes);
    fields_bytes(f, "tdattributes", b->td_attributes);
    fields_bytes(f, "xfam", b->xfam);
    fields_bytes(f, "mrtd", b->mr_td);
    fields_bytes(f, "mrconfigid", b->mr_config_id);
    fields_bytes(f, "mrowner", b->mr_owner);
    fields_bytes(f, "mrownerconfig", b->mr_owner_config);
    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++)
        fields_bytes(f, rtmr_names[i], b->rtmr[i]);
    fields_bytes(f, "report_data", b->report_data);
    if (b->mr_service_td.size != 0) {
        fields_bytes(f, "tee_tcb_svn_2", b->tee_tcb_svn2);
        fields_bytes(f, "mrservicetd", b->mr_service_td);
    }
    fields_end(f);
}

/* TEE_TCB_INFO_STRUCT: VALID, TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM, ATTRIBUTES, then (TDX 1.5)
 * TEE_TCB_SVN2. */
static void tcb_info_take(struct td_body *out, struct bytes raw)
{
    struct reader r = reader_of(raw);

    reader_skip(&r, 8);
    out->tee_tcb_svn = reader_take(&r, 16);
    out->mr_seam = reader_take(&r, 48);
    out->mr_signer_seam = reader_take(&r, 48);
    out->seam_attributes = reader_take(&r, 8);
    out->tee_tcb_svn2 = reader_take(&r, 16);
}

/* TDINFO_STRUCT: its SERVTD_HASH is what a quote calls MRSERVICETD. */
static void td_info_take(struct td_body *out, struct bytes raw)
{
    struct reader r = reader_of(raw);

    out->td_attributes = reader_take(&r, 8);
    out->xfam = reader_take(&r, 8);
    out->mr_td = reader_take(&r, 48);
    out->mr_config_id = reader_take(&r, 48);
    out->mr_owner = reader_take(&r, 48);
    out->mr_owner_config = reader_take(&r, 48);
    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++)
        out->rtmr[i] = reader_take(&r, 48);
    out->mr_service_td = reader_take(&r, 48);
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
    t.body.report_data = t.report_data;
    tcb_info_take(&t.body, t.tee_tcb_info);
    td_info_take(&t.body, t.td_info);
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
    bool same = bytes_equal(a->tee_tcb_svn, b->tee_tcb_svn) &&
                bytes_equal(a->mr_seam, b->mr_seam) &&
                bytes_equal(a->mr_signer_seam, b->mr_signer_seam) &&
                bytes_equal(a->seam_attributes, b->seam_attributes) &&
                bytes_equal(a->td_attributes, b->td_attributes) && bytes_equal(a->xfam, b->xfam) &&
                bytes_equal(a->mr_td, b->mr_td) && bytes_equal(a->mr_config_id, b->mr_config_id) &&
                bytes_equal(a->mr_owner, b->mr_owner) &&
                bytes_equal(a->mr_owner_config, b->mr_owner_config) &&
                bytes_equal(a->report_data, b->report_data);

    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++)
        same = same && bytes_equal(a->rtmr[i], b->rtmr[i]);
    if (b->mr_service_td.size != 0)
        same = same && bytes_equal(a->tee_tcb_svn2, b->tee_tcb_svn2) &&
               bytes_equal(a->mr_service_td, b->mr_service_td);
    return same;
}
