/* Which kind a piece is, by its contents. What is in a fixed form with a mark of its own comes
 * first, what is told by parsing later, text last. */
#include "attest/exhibit_form.h"

#include "attest/azure/form.h"
#include "attest/cca/form.h"
#include "attest/corim/form.h"
#include "attest/dcap/form.h"
#include "attest/distrust.h"
#include "attest/nitro/form.h"
#include "attest/nvidia/form.h"
#include "attest/ratls/form.h"
#include "attest/se/form.h"
#include "attest/sim/form.h"
#include "attest/snp/form.h"
#include "attest/tpm/form.h"
#include "attest/verdict.h"
#include "base/reader.h"
#include "codec/pem.h"
#include "codec/x509.h"

/* SNP's guest device answers with status, size and 24 reserved bytes before the report
 * (Linux, include/uapi/linux/sev-guest.h: struct snp_report_resp holds 4000 bytes). */
#define SNP_ANSWER_HEAD 32u
#define SNP_ANSWER_SIZE 4000u

/* Told by a shape that nothing else has. */
static const struct {
    bool (*is)(struct bytes raw);
    enum exhibit_kind kind;
} shapes[] = {
    { snp_report_is, EXHIBIT_SNP_REPORT },
    { hcl_is, EXHIBIT_HCL_REPORT },
    { quote_is, EXHIBIT_QUOTE },
    { tpm_quote_is, EXHIBIT_TPM_QUOTE },
    { nvidia_is, EXHIBIT_NVIDIA_REPORT },
    { se_is, EXHIBIT_SE_RESPONSE },
    { event_log_is, EXHIBIT_EVENT_LOG },
    { tpm_pcrs_is, EXHIBIT_TPM_PCRS },
    { tpm_signature_is, EXHIBIT_TPM_SIGNATURE },
    { tpm_public_is, EXHIBIT_TPM_PUBLIC },
    { distrust_is, EXHIBIT_DISTRUST },
    { sim_is, EXHIBIT_SIM },
    { nitro_is, EXHIBIT_NITRO },
    { psa_is, EXHIBIT_PSA_TOKEN },
    { cca_is, EXHIBIT_CCA_TOKEN },
    { corim_is, EXHIBIT_CORIM },
    { rim_is, EXHIBIT_RIM },
};

enum err exhibit_found(struct exhibit_form *f, enum exhibit_kind kind, struct bytes raw)
{
    return exhibit_put(f->x, f->role, kind, f->name, raw) != NULL ? ERR_OK : ERR_LIMIT;
}

/* A certificate is one piece, and what it carries are others: their parent is the
 * certificate. */
static enum err cert_found(struct exhibit_form *f, const struct x509 *c)
{
    uint32_t at = f->x->count;

    TRY(exhibit_found(f, EXHIBIT_CERT, c->raw));
    if (ratls_unwrap_cert(f->x, f->role, at + 1, f->name, c) > 0)
        f->x->items[at].kind = EXHIBIT_RATLS_CERT;
    return ERR_OK;
}

static enum err request_found(struct exhibit_form *f, const struct x509_request *q)
{
    uint32_t at = f->x->count;

    TRY(exhibit_found(f, EXHIBIT_RATLS_REQUEST, q->raw));
    (void)ratls_unwrap_request(f->x, f->role, at + 1, f->name, q);
    return ERR_OK;
}

/* PkiPath (RFC 6066, section 10.1): certificates in a SEQUENCE. */
static enum err path_unwrap(struct exhibit_form *f, struct bytes raw)
{
    struct reader r = reader_of(raw), path = der_enter(&r, DER_SEQUENCE);
    uint32_t before = f->x->count;
    struct x509 cert;

    if (!reader_done(&r))
        return ERR_MALFORMED;
    while (path.left > 0) {
        if (x509_parse(&cert, der_take_raw(&path)) != ERR_OK || !reader_ok(&path)) {
            f->x->count = before;
            return ERR_MALFORMED;
        }
        TRY(cert_found(f, &cert));
    }
    return f->x->count > before ? ERR_OK : ERR_MALFORMED;
}

/* An OCSPResponse: nothing else begins with a status. */
static bool ocsp_is(struct bytes raw)
{
    struct reader all = reader_of(raw), r = der_enter(&all, DER_SEQUENCE);

    return der_peek(&r) == DER_ENUMERATED;
}

static enum err der_unwrap(struct exhibit_form *f, struct bytes raw)
{
    struct x509_request request;
    struct public_key key;
    struct x509 cert;

    /* A list or response that cannot be read is one all the same: were it nothing, it would be
     * missing, and some policies let it be. */
    if (x509_crl_issuer_peek(raw).size != 0)
        return exhibit_found(f, EXHIBIT_CRL, raw);
    if (ocsp_is(raw))
        return exhibit_found(f, EXHIBIT_OCSP, raw);
    if (x509_parse(&cert, raw) == ERR_OK)
        return cert_found(f, &cert);
    if (x509_request_parse(&request, raw) == ERR_OK)
        return request_found(f, &request);
    if (x509_spki_parse(&key, raw) == ERR_OK)
        return exhibit_found(f, EXHIBIT_KEY, raw);
    return path_unwrap(f, raw);
}

static enum err snp_answer_unwrap(struct exhibit_form *f, struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint32_t status = reader_u32le(&r), size = reader_u32le(&r);
    struct bytes report;

    reader_skip(&r, SNP_ANSWER_HEAD - 8);
    report = reader_take(&r, SNP_REPORT_SIZE);
    if (!reader_ok(&r) || status != 0 || size != SNP_REPORT_SIZE || raw.size > SNP_ANSWER_SIZE ||
        !snp_report_is(report))
        return ERR_MALFORMED;
    return exhibit_found(f, EXHIBIT_SNP_REPORT, report);
}

static enum err binary_unwrap(struct exhibit_form *f, struct bytes raw, uint32_t depth)
{
    enum err e;

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].is(raw))
            return exhibit_found(f, shapes[i].kind, raw);
    if (snp_table_is(raw))
        return snp_table_add(f->x, f->role, f->name, raw);
    if (raw.data[0] == DER_SEQUENCE) {
        e = der_unwrap(f, raw);
        if (e != ERR_MALFORMED)
            return e;
    }
    e = snp_answer_unwrap(f, raw);
    if (e == ERR_MALFORMED && oe_report_is(raw))
        e = exhibit_unwrap(f, oe_report_quote(raw), depth + 1);
    if (e == ERR_MALFORMED && ratls_evidence_is(raw)) {
        uint32_t at = f->x->count;

        TRY(exhibit_found(f, EXHIBIT_RATLS_EVIDENCE, raw));
        (void)ratls_unwrap_evidence(f->x, f->role, at + 1, f->name, raw);
        return ERR_OK;
    }
    if (e == ERR_MALFORMED && tpm_protobuf_is(raw))
        e = tpm_protobuf_add(f->x, f->role, 0, f->name, raw) > 0 ? ERR_OK : ERR_MALFORMED;
    if (e == ERR_MALFORMED)
        e = exhibit_unwrap_cbor(f, raw, depth);
    return e;
}

enum err exhibit_unwrap(struct exhibit_form *f, struct bytes raw, uint32_t depth)
{
    enum err e = ERR_MALFORMED;
    bool is_text;

    if (raw.size == 0)
        return ERR_MALFORMED;
    if (depth > EXHIBIT_NESTING_MAX)
        return ERR_LIMIT;
    is_text = raw.data[0] == '{' || raw.data[0] == '-'; /* no other form begins like these */
    if (!is_text)
        e = binary_unwrap(f, raw, depth);
    return e == ERR_MALFORMED ? exhibit_unwrap_text(f, raw, depth) : e;
}
