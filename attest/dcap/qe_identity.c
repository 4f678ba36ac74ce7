#include "attest/dcap/qe_identity.h"

static const char *const id_names[] = { "", "QE", "QVE", "TD_QE" };

static enum qe_id read_id(struct json_read *r, const struct json *o)
{
    struct bytes id = json_read_text(r, o, "id");

    for (uint32_t i = QE_ID_QE; i <= QE_ID_TD_QE; i++)
        if (bytes_equal(id, (struct bytes){ (const uint8_t *)id_names[i],
                                            bytes_text_size(id_names[i], 8) }))
            return (enum qe_id)i;
    json_read_fail(r, ERR_MALFORMED, "id");
    return QE_ID_NONE;
}

enum err qe_identity_parse(struct qe_identity *out, struct arena *arena, struct bytes text,
                           const char **fault, size_t *offset)
{
    struct json_read r = { .arena = arena, .text = text, .fault = "" };
    struct qe_identity q = { 0 };
    const struct json *o;

    signed_json_read(&q.is, &r, "enclaveIdentity");
    o = q.is.inner;
    if (json_read_uint(&r, o, "version", INT32_MAX) != 2)
        json_read_fail(&r, ERR_UNSUPPORTED, "version 2");
    q.id = read_id(&r, o);
    json_read_hex(&r, q.miscselect, sizeof q.miscselect, o, "miscselect");
    json_read_hex(&r, q.miscselect_mask, sizeof q.miscselect_mask, o, "miscselectMask");
    json_read_hex(&r, q.attributes, sizeof q.attributes, o, "attributes");
    json_read_hex(&r, q.attributes_mask, sizeof q.attributes_mask, o, "attributesMask");
    json_read_hex(&r, q.mr_signer, sizeof q.mr_signer, o, "mrsigner");
    q.isv_prod_id = (uint16_t)json_read_uint(&r, o, "isvprodid", 65535);
    q.levels = json_read_isv_levels(&r, o, 65535);
    if (fault != NULL)
        *fault = r.fault;
    if (offset != NULL)
        *offset = r.offset;
    if (r.e == ERR_OK)
        *out = q;
    return r.e;
}

static bool masked_equal(struct bytes found, const uint8_t *mask, const uint8_t *wanted,
                         size_t size)
{
    bool same = found.size == size;

    for (size_t i = 0; same && i < size; i++)
        same = (found.data[i] & mask[i]) == wanted[i];
    return same;
}

enum reason qe_identity_check(const struct qe_identity *q, const struct sgx_body *report)
{
    if (!masked_equal(report->miscselect, q->miscselect_mask, q->miscselect, 4))
        return REASON_qe_miscselect_mismatch;
    /* The mask covers DEBUG: a quoting enclave that anyone can look into ends here. */
    if (!masked_equal(report->attributes, q->attributes_mask, q->attributes, 16))
        return REASON_qe_attributes_mismatch;
    if (!bytes_equal(report->mr_signer, BYTES_OF(q->mr_signer)))
        return REASON_qe_mrsigner_mismatch;
    if (report->isv_prod_id != q->isv_prod_id)
        return REASON_qe_isvprodid_mismatch;
    return REASON_NONE;
}

/* Of the QE and of the TD_QE: INIT and PROVISION_KEY, and no DEBUG. */
static const struct qe_identity known_identities[] = {
    { .miscselect_mask = { 0xff, 0xff, 0xff, 0xff },
      .attributes = { 0x11 },
      .attributes_mask = { 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
      .mr_signer = { 0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
                     0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
                     0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff },
      .isv_prod_id = 1 },
    { .miscselect_mask = { 0xff, 0xff, 0xff, 0xff },
      .attributes = { 0x11 },
      .attributes_mask = { 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
      .mr_signer = { 0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
                     0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
                     0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5 },
      .isv_prod_id = 2 },
};

enum reason qe_identity_check_known(bool is_tdx, const struct sgx_body *report)
{
    return qe_identity_check(&known_identities[is_tdx ? 1 : 0], report);
}
