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
