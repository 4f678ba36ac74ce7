#include "attest/dcap/job.h"
#include "attest/roots.h"
#include "codec/pem.h"

static const uint8_t cn_phrase[] = "SGX PCK Certificate";

struct public_key dcap_attestation_key(struct bytes xy)
{
    struct reader r = reader_of(xy);
    struct public_key key = { .kind = KEY_P256 };

    key.x = reader_take(&r, 32);
    key.y = reader_take(&r, 32);
    return key;
}

/* Type 5 is specified as PEM, the leaf first; DER one after the other and any order occur. */
static enum err certs_take(struct bytes *out, uint32_t *count, struct arena *arena,
                           struct bytes data)
{
    struct reader r = reader_of(data);
    bool is_der = reader_peek(&r) == DER_SEQUENCE;

    *count = 0;
    while (r.left > 0) {
        struct pem_block block = { 0 };

        if (is_der)
            block.body = der_take_raw(&r);
        else
            TRY(pem_next(&block, &r, arena));
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        if (!is_der && block.label.size == 0)
            break;
        if (*count == DCAP_CERTS_MAX)
            return ERR_LIMIT;
        if (!is_der && !bytes_equal(block.label, BYTES_TEXT("CERTIFICATE")))
            return ERR_MALFORMED;
        out[(*count)++] = block.body;
    }
    return *count != 0 ? ERR_OK : ERR_MALFORMED;
}

uint32_t dcap_certs_read(struct bytes *out, struct arena *arena, const struct quote *q)
{
    uint32_t count = 0;

    if (q->cert_type != QUOTE_CERT_PCK_LEAF && q->cert_type != QUOTE_CERT_PCK_CHAIN)
        return 0;
    return certs_take(out, &count, arena, q->cert_data) == ERR_OK ? count : 0;
}

bool dcap_certs(struct dcap_job *j)
{
    enum err e;

    if (j->q.cert_type < QUOTE_CERT_PPID_PLAIN || j->q.cert_type > QUOTE_CERT_PCK_CHAIN)
        return verdict_fail(j->v, REASON_unsupported_algorithm, "certification data of type %u",
                            j->q.cert_type);
    if (j->q.cert_type < QUOTE_CERT_PCK_LEAF)
        return true; /* the platform is named, and its certificate comes beside the quote */
    e = certs_take(j->certs, &j->cert_count, j->x->arena, j->q.cert_data);
    if (e == ERR_NOMEM)
        return verdict_fail(j->v, REASON_out_of_memory, "certificates of the quote");
    if (e != ERR_OK || (j->q.cert_type == QUOTE_CERT_PCK_LEAF && j->cert_count != 1))
        return verdict_fail(j->v, REASON_certificate_malformed,
                            "the quote's certification data of type %u", j->q.cert_type);
    return true;
}

static bool pck_read(struct dcap_job *j, struct bytes der)
{
    return x509_parse(j->pck_cert, der) == ERR_OK && pck_is(j->pck_cert) &&
           pck_parse(&j->pck, j->pck_cert) == ERR_OK;
}

/* Among the exhibits: the platform's own, which is the one that signed the QE report. */
static bool pck_search(struct dcap_job *j)
{
    struct reader r = reader_of(j->q.cert_data);
    struct bytes ppid = reader_take(&r, 16);
    const struct exhibit *e = NULL;
    uint32_t seen = 0;

    while ((e = exhibit_next(j->x->exhibits, EXHIBIT_CERT, e)) != NULL) {
        if (!pck_read(j, e->raw))
            continue;
        if (j->q.cert_type == QUOTE_CERT_PPID_PLAIN && !bytes_equal(ppid, j->pck.ppid))
            continue;
        seen++;
        if (signature_check(&j->pck_cert->key, SIGNATURE_ECDSA_SHA256, j->q.qe_report.raw,
                            j->q.qe_report_signature, NULL) == SIGNATURE_GOOD)
            return true;
    }
    if (seen != 0)
        return verdict_fail(j->v, REASON_bad_qe_report_signature,
                            "none of %u PCK certificates beside the quote", seen);
    return verdict_fail(j->v, REASON_pck_missing, "certification data of type %u", j->q.cert_type);
}

static bool has_phrase(struct bytes name, struct bytes phrase)
{
    struct reader r = reader_of(x509_name_cn(name));

    while (r.left >= phrase.size) {
        struct reader here = r;

        if (bytes_equal(reader_take(&here, phrase.size), phrase))
            return true;
        reader_skip(&r, 1);
    }
    return false;
}

bool dcap_pck_find(struct dcap_job *j)
{
    bool found = false;

    j->pck_cert = arena_alloc(j->x->arena, sizeof *j->pck_cert);
    if (j->pck_cert == NULL)
        return verdict_fail(j->v, REASON_out_of_memory, "PCK certificate");
    if (j->q.cert_type < QUOTE_CERT_PCK_LEAF) {
        if (!pck_search(j))
            return false;
    } else {
        for (uint32_t i = 0; i < j->cert_count && !found; i++)
            found = x509_parse(j->pck_cert, j->certs[i]) == ERR_OK && pck_is(j->pck_cert);
        if (!found || pck_parse(&j->pck, j->pck_cert) != ERR_OK)
            return verdict_fail(j->v, REASON_pck_malformed, "%s",
                                found ? "SGX extension (1.2.840.113741.1.13.1)"
                                      : "no certificate with an SGX extension in the quote");
    }
    if (!has_phrase(j->pck_cert->subject, (struct bytes){ cn_phrase, sizeof cn_phrase - 1 }) ||
        j->pck_cert->key.kind != KEY_P256)
        return verdict_fail(j->v, REASON_pck_malformed,
                            "its subject is no \"SGX PCK Certificate\", or its key not of P-256");
    verdict_pass(j->v, REASON_pck_malformed, "FMSPC %s", verdict_hex(j->x->arena, j->pck.fmspc));
    return true;
}

/* What the quote carries has to be that chain, whole: certificates that were tampered with are
 * no chain because we happen to know the genuine ones. The root may be another issue of it. */
static bool quote_chain_check(struct dcap_job *j)
{
    const struct chain *chain = j->pck_chain;
    const struct x509 *root = &chain->certs[chain->count - 1];
    struct x509 *cert = arena_alloc(j->x->arena, sizeof *cert);

    if (cert == NULL)
        return verdict_fail(j->v, REASON_out_of_memory, "PCK chain");
    if (j->q.cert_type == QUOTE_CERT_PCK_CHAIN && j->cert_count < chain->count)
        return verdict_fail(j->v, REASON_pck_chain_invalid, "%u of its %u certificates",
                            j->cert_count, chain->count);
    for (uint32_t i = 0; i < j->cert_count; i++) {
        bool good = false;

        for (uint32_t k = 0; k < chain->count && !good; k++)
            good = bytes_equal(j->certs[i], chain->certs[k].raw);
        if (!good && x509_parse(cert, j->certs[i]) == ERR_OK)
            good = bytes_equal(cert->subject, root->subject) && key_equal(&cert->key, &root->key) &&
                   signature_check_der(&cert->key, cert->signature_kind, cert->tbs, cert->signature,
                                       j->x->memo) == SIGNATURE_GOOD;
        if (!good)
            return verdict_fail(j->v, REASON_pck_chain_invalid,
                                "certificate %u of the quote is not of the PCK's chain", i + 1);
    }
    return true;
}

bool dcap_pck_chain(struct dcap_job *j)
{
    uint32_t root_count = 0;
    const struct root *roots = roots_intel(&root_count);
    const struct chain_profile profile = {
        .what = "PCK",
        .bad_signature = REASON_pck_chain_invalid,
        .revoked_leaf = REASON_pck_revoked,
        /* A quote that carries a chain carries all of it. */
        .missing = j->q.cert_type == QUOTE_CERT_PCK_CHAIN ? REASON_pck_chain_invalid : 0,
    };

    j->pck_chain = arena_alloc(j->x->arena, sizeof *j->pck_chain);
    if (j->pck_chain == NULL)
        return verdict_fail(j->v, REASON_out_of_memory, "PCK chain");
    return chain_check(j->pck_chain, j->v, j->c, j->x, j->pck_cert->raw, j->certs, j->cert_count,
                       roots, root_count, &profile) &&
           quote_chain_check(j);
}
