#include "attest/dcap/quote.h"

#include "base/num.h"

#define QUOTE_HEADER_SIZE 48u

/* QE Vendor ID of Intel, appendix A.4, table 3. */
static const uint8_t intel_vendor_id[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                             0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

static enum err header_take(struct quote *q, struct reader *r)
{
    q->version = reader_u16le(r);
    q->att_key_type = reader_u16le(r);
    q->tee_type = reader_u32le(r);
    q->qe_svn = reader_u16le(r);
    q->pce_svn = reader_u16le(r);
    q->qe_vendor_id = reader_take(r, 16);
    q->user_data = reader_take(r, 20);
    if (!reader_ok(r))
        return ERR_MALFORMED;
    if (q->version < 3 || q->version > 5 || q->att_key_type != QUOTE_KEY_P256)
        return ERR_UNSUPPORTED;
    /* Version 3 has four reserved bytes where the TEE stands later: an SGX quote. */
    if (q->tee_type != QUOTE_TEE_SGX && (q->tee_type != QUOTE_TEE_TDX || q->version == 3))
        return ERR_UNSUPPORTED;
    if (!bytes_equal(q->qe_vendor_id, BYTES_OF(intel_vendor_id)))
        return ERR_UNSUPPORTED;
    q->is_tdx = q->tee_type == QUOTE_TEE_TDX;
    return ERR_OK;
}

static enum err body_take(struct quote *q, struct reader *r)
{
    static const uint32_t sizes[] = { SGX_BODY_SIZE, TD_BODY_SIZE, TD15_BODY_SIZE,
                                      TD15_EX_BODY_SIZE };
    uint32_t size = q->is_tdx ? TD_BODY_SIZE : SGX_BODY_SIZE;

    if (q->version == 5) {
        q->body_type = reader_u16le(r);
        size = reader_u32le(r);
        if (!reader_ok(r))
            return ERR_MALFORMED;
        if (q->body_type < 1 || q->body_type > COUNT_OF(sizes))
            return ERR_UNSUPPORTED;
        if (q->is_tdx != (q->body_type != 1)) /* the two words for the TEE disagree */
            return ERR_MALFORMED;
        if (size != sizes[q->body_type - 1])
            return ERR_MALFORMED;
    }
    if (q->is_tdx)
        td_body_take(&q->td, r, size);
    else
        sgx_body_take(&q->sgx, r);
    return reader_ok(r) ? ERR_OK : ERR_MALFORMED;
}

/* QE report, its signature, authentication data, and what certifies them. */
static void certification_take(struct quote *q, struct reader *r)
{
    sgx_body_take(&q->qe_report, r);
    q->qe_report_signature = reader_take(r, 64);
    q->qe_auth_data = reader_take(r, reader_u16le(r));
    q->cert_type = reader_u16le(r);
    q->cert_data = reader_take(r, reader_u32le(r));
}

static bool signature_take(struct quote *q, struct reader *r)
{
    q->signature = reader_take(r, 64);
    q->attestation_key = reader_take(r, 64);
    if (q->version == 3) {
        certification_take(q, r);
        return reader_done(r);
    }
    q->outer_cert_type = reader_u16le(r);

    struct reader inner = reader_sub(r, reader_u32le(r));

    if (!reader_done(r) || q->outer_cert_type != QUOTE_CERT_QE_REPORT)
        return false;
    certification_take(q, &inner);
    if (!reader_done(&inner)) {
        reader_fail(r);
        return false;
    }
    return true;
}

enum err quote_parse(struct quote *out, struct bytes raw, size_t *offset)
{
    struct reader r = reader_of(raw);
    struct quote q = { 0 };
    enum err e = header_take(&q, &r);

    if (e == ERR_OK)
        e = body_take(&q, &r);
    if (offset != NULL)
        *offset = reader_offset(&r);
    if (e != ERR_OK)
        return e;

    struct reader again = reader_of(raw);

    q.signed_part = reader_take(&again, reader_offset(&r));
    q.signature_size = reader_u32le(&r);

    size_t start = reader_offset(&r);
    struct reader part = reader_sub(&r, q.signature_size);
    bool good = signature_take(&q, &part);

    if (offset != NULL)
        *offset = start + reader_offset(&part);
    if (!reader_ok(&r) || !good)
        return ERR_MALFORMED;
    again = reader_of(raw);
    q.raw = reader_take(&again, reader_offset(&r));
    q.trailing = reader_take(&r, r.left);
    *out = q;
    return ERR_OK;
}

bool quote_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint16_t version = reader_u16le(&r);

    reader_skip(&r, 10);
    return version >= 3 && version <= 5 &&
           bytes_equal(reader_take(&r, 16), BYTES_OF(intel_vendor_id)) && reader_ok(&r);
}

size_t quote_size(struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct quote q = { 0 };

    if (header_take(&q, &r) != ERR_OK || body_take(&q, &r) != ERR_OK)
        return 0;
    reader_skip(&r, reader_u32le(&r));
    return reader_ok(&r) ? reader_offset(&r) : 0;
}

bool oe_report_is(struct bytes raw) { return oe_report_quote(raw).size != 0; }

struct bytes oe_report_quote(struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint32_t version = reader_u32le(&r), type = reader_u32le(&r);
    uint64_t size = reader_u64le(&r);

    if (!reader_ok(&r) || version != 1 || type != 2 || size > r.left)
        return (struct bytes){ 0 };

    struct bytes quote = reader_take(&r, (size_t)size);

    return quote_is(quote) ? quote : (struct bytes){ 0 };
}

void quote_describe(struct fields *f, const struct quote *q)
{
    fields_uint(f, "version", q->version);
    fields_string(f, "tee", q->is_tdx ? "TDX" : "SGX");
    fields_uint(f, "att_key_type", q->att_key_type);
    fields_bits(f, "tee_type", q->tee_type);
    if (q->version == 3) {
        fields_uint(f, "qe_svn", q->qe_svn);
        fields_uint(f, "pce_svn", q->pce_svn);
    }
    fields_bytes(f, "qe_vendor_id", q->qe_vendor_id);
    fields_bytes(f, "user_data", q->user_data);
    fields_uint(f, "signed_len", q->signed_part.size);
    fields_uint(f, "sig_data_len", q->signature_size);
    if (q->version == 5)
        fields_uint(f, "body_type", q->body_type);
    if (q->is_tdx)
        td_body_describe(f, "body", &q->td);
    else
        sgx_body_describe(f, "body", &q->sgx);
    fields_bytes(f, "signature", q->signature);
    fields_bytes(f, "attestation_key", q->attestation_key);
    sgx_body_describe(f, "qe_report", &q->qe_report);
    fields_bytes(f, "qe_report_signature", q->qe_report_signature);
    fields_bytes(f, "qe_auth_data", q->qe_auth_data);
    if (q->version != 3)
        fields_uint(f, "outer_cert_data_type", q->outer_cert_type);
    fields_uint(f, "cert_data_type", q->cert_type);
    fields_uint(f, "trailing_bytes", q->trailing.size);
}
