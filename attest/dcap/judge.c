/* The verifier of Intel's quotes: parse, chain, signatures, bindings, claims, collateral
 * ("SGX and TDX DCAP quote verification", 4.1.2.4, in an order where what is wrong with the
 * quote itself is said first). */
#include "attest/dcap/job.h"
#include "base/ct.h"

/* All that decides about support stands in the first bytes. */
static bool unsupported(struct dcap_job *j, const char *item)
{
    struct reader r = reader_of(j->e->raw);
    uint16_t version = reader_u16le(&r), key = reader_u16le(&r);
    uint32_t tee = reader_u32le(&r);
    bool is_key = version >= 3 && version <= 5 && key != QUOTE_KEY_P256;

    return verdict_fail_at(j->v, is_key ? REASON_unsupported_algorithm : REASON_unsupported_version,
                           item, 0, "quote version %u, attestation key type %u, TEE 0x%x%s",
                           version, key, tee,
                           quote_is(j->e->raw) ? "" : ", QE not of Intel's vendor id");
}

static bool form_judge(struct dcap_job *j)
{
    size_t offset = 0;
    enum err e = quote_parse(&j->q, j->e->raw, &offset);
    const char *item = j->e->name != NULL ? j->e->name : "";
    bool others;

    if (e == ERR_UNSUPPORTED)
        return unsupported(j, item);
    if (e != ERR_OK)
        return verdict_fail_at(j->v, REASON_malformed, item, offset,
                               "a length of the quote does not fit");
    others = j->x->kind == (j->q.is_tdx ? PLATFORM_SGX : PLATFORM_TDX);
    if (others)
        return verdict_fail(j->v, REASON_quote_mismatch, "it is of %s",
                            j->q.is_tdx ? "TDX" : "SGX");
    if (j->q.trailing.size != 0) {
        if (!j->x->rules.trailing_bytes_allowed || !ct_zero(j->q.trailing))
            return verdict_fail_at(j->v, REASON_trailing_bytes, item, j->q.raw.size,
                                   "%zu bytes after the quote", j->q.trailing.size);
        verdict_waive(j->v, REASON_trailing_bytes, "%zu zeros after the quote", j->q.trailing.size);
    }
    verdict_pass(j->v, REASON_malformed, "%s quote, version %u", j->q.is_tdx ? "TDX" : "SGX",
                 j->q.version);
    return true;
}

/* The platform's key vouches for the quoting enclave, which vouches for the attestation key,
 * which signed the quote. */
static bool signatures_judge(struct dcap_job *j)
{
    struct public_key key = dcap_attestation_key(j->q.attestation_key);
    struct bytes parts[] = { j->q.attestation_key, j->q.qe_auth_data };
    struct reader r = reader_of(j->q.qe_report.report_data);
    struct bytes bound = reader_take(&r, HASH_SHA256_SIZE), rest = reader_take(&r, 32);
    uint8_t digest[HASH_SHA256_SIZE];

    if (!signature_report(j->v,
                          signature_check(&j->pck_cert->key, SIGNATURE_ECDSA_SHA256,
                                          j->q.qe_report.raw, j->q.qe_report_signature, NULL),
                          REASON_bad_qe_report_signature, "by the PCK"))
        return false;
    if (hash_parts(HASH_SHA256, digest, parts, 2) != ERR_OK)
        return verdict_fail(j->v, REASON_crypto_failed, "SHA-256");
    if (!ct_equal(bound, BYTES_OF(digest)) || !ct_zero(rest))
        return verdict_fail(j->v, REASON_qe_report_data_mismatch,
                            "its report data are not SHA-256 of key and authentication data");
    verdict_pass(j->v, REASON_qe_report_data_mismatch, "it vouches for the attestation key");
    return signature_report(
        j->v, signature_check(&key, SIGNATURE_ECDSA_SHA256, j->q.signed_part, j->q.signature, NULL),
        REASON_bad_quote_signature, "by the attestation key");
}

static void tcb_claims(struct dcap_job *j)
{
    static const char *const sgx_names[] = TCB_COMPONENT_NAMES("sgxtcbcomp");
    static const char *const tdx_names[] = TCB_COMPONENT_NAMES("tdxtcbcomp");

    for (uint32_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        claims_part(j->c, sgx_names[i], j->pck.comp[i]);
    claims_part(j->c, "pcesvn", j->pck.pce_svn);
    claims_part(j->c, "qe_isvsvn", j->q.qe_report.isv_svn);
    for (uint32_t i = 0; j->q.is_tdx && i < TCB_COMPONENT_COUNT; i++)
        claims_part(j->c, tdx_names[i], j->q.td.tee_tcb_svn.data[i]);
    if (!j->q.is_tdx) /* the enclave's own, which its signer counts */
        claims_part(j->c, "isvsvn", j->q.sgx.isv_svn);
}

static void sgx_claims(struct claims *c, const struct sgx_body *b)
{
    c->platform = PLATFORM_SGX;
    c->is_debug = b->attributes.data[0] & SGX_FLAG_DEBUG ? CLAIM_YES : CLAIM_NO;
    c->measurement = b->mr_enclave;
    c->signer = b->mr_signer;
    c->report_data = b->report_data;
    c->host_data = b->config_id;
}

/* No signer: MROWNER is what the host says, and nobody signs it. */
static void td_claims(struct claims *c, const struct td_body *b)
{
    static const char *const names[TD_RTMR_COUNT] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };

    c->platform = PLATFORM_TDX;
    c->is_debug = b->td_attributes.data[0] & TD_FLAGS_DEBUG ? CLAIM_YES : CLAIM_NO;
    c->measurement = b->mr_td;
    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++)
        claims_register(c, names[i], b->rtmr[i]);
    claims_register(c, "mrseam", b->mr_seam);
    claims_register(c, "mrowner", b->mr_owner);
    claims_register(c, "mrownerconfig", b->mr_owner_config);
    if (b->mr_service_td.size != 0)
        claims_register(c, "mrservicetd", b->mr_service_td);
    c->report_data = b->report_data;
    c->host_data = b->mr_config_id;
}

static void claims_set(struct dcap_job *j)
{
    const char *fmspc = verdict_hex(j->x->arena, j->pck.fmspc);
    struct claims *c = j->c;

    if (j->q.is_tdx)
        td_claims(c, &j->q.td);
    else
        sgx_claims(c, &j->q.sgx);
    c->vendor = "Intel";
    c->is_hardware = j->pck_chain->root != NULL; /* not by a root of the caller's */
    c->chip_family = (struct bytes){ (const uint8_t *)fmspc, bytes_text_size(fmspc, 12) };
    c->chip_id = j->pck.ppid;
    tcb_claims(j);
    quote_describe(&c->own, &j->q);
    pck_describe(&c->own, "pck", &j->pck, j->pck_cert);
}

bool dcap_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                const struct exhibit *e)
{
    struct dcap_job *j = arena_alloc(x->arena, sizeof *j);

    if (j == NULL)
        return verdict_fail(v, REASON_out_of_memory, "DCAP");
    *j = (struct dcap_job){ .v = v, .c = c, .x = x, .e = e };
    if (!form_judge(j) || !dcap_certs(j) || !dcap_pck_find(j) || !dcap_pck_chain(j) ||
        !signatures_judge(j))
        return false;
    claims_set(j);
    return judge_report_data(v, c, x, c->report_data) && dcap_event_logs(j) && dcap_collateral(j) &&
           verdict_good(v);
}

/* Every field, and the PCK certificate where the quote carries it. */
enum err dcap_quote_describe(struct fields *f, const struct exhibit *e)
{
    struct bytes certs[DCAP_CERTS_MAX];
    struct quote q;
    struct pck pck;

    TRY(quote_parse(&q, e->raw, NULL));
    quote_describe(f, &q);

    struct x509 *cert = arena_alloc(f->arena, sizeof *cert);
    uint32_t count = dcap_certs_read(certs, f->arena, &q);

    for (uint32_t i = 0; cert != NULL && i < count; i++)
        if (x509_parse(cert, certs[i]) == ERR_OK && pck_parse(&pck, cert) == ERR_OK) {
            pck_describe(f, "pck", &pck, cert);
            break;
        }
    if (count == 0)
        fields_bytes(f, "cert_data", q.cert_data);
    return ERR_OK;
}

enum err tcb_info_describe(struct fields *f, const struct exhibit *e)
{
    struct tcb_info *t = arena_alloc(f->arena, sizeof *t);

    if (t == NULL)
        return ERR_NOMEM;
    TRY(tcb_info_parse(t, f->arena, e->raw, NULL, NULL));
    signed_json_fields(f, &t->is);
    return ERR_OK;
}

enum err qe_identity_describe(struct fields *f, const struct exhibit *e)
{
    struct qe_identity *q = arena_alloc(f->arena, sizeof *q);

    if (q == NULL)
        return ERR_NOMEM;
    TRY(qe_identity_parse(q, f->arena, e->raw, NULL, NULL));
    signed_json_fields(f, &q->is);
    return ERR_OK;
}
