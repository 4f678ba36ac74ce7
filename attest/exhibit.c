#include "attest/exhibit.h"

#include "attest/exhibit_form.h"
#include "codec/jose.h"
#include "codec/x509.h"

struct kind_words {
    const char *id, *name;
};

static const struct kind_words kinds[EXHIBIT_KIND_COUNT] = {
    [EXHIBIT_UNKNOWN] = { "unknown", "something unknown" },
    [EXHIBIT_SNP_REPORT] = { "snp-report", "SEV-SNP attestation report" },
    [EXHIBIT_QUOTE] = { "quote", "SGX or TDX quote" },
    [EXHIBIT_TPM_QUOTE] = { "tpm-quote", "TPM quote" },
    [EXHIBIT_TPM_SIGNATURE] = { "tpm-signature", "signature of a TPM" },
    [EXHIBIT_TPM_PCRS] = { "tpm-pcrs", "PCR values" },
    [EXHIBIT_EVENT_LOG] = { "event-log", "event log" },
    [EXHIBIT_HCL_REPORT] = { "hcl-report", "Azure HCL report" },
    [EXHIBIT_NITRO] = { "nitro", "Nitro attestation document" },
    [EXHIBIT_CCA_TOKEN] = { "cca-token", "Arm CCA token" },
    [EXHIBIT_NVIDIA_REPORT] = { "nvidia-report", "NVIDIA attestation report" },
    [EXHIBIT_SE_RESPONSE] = { "se", "Secure Execution attestation exchange" },
    [EXHIBIT_PSA_TOKEN] = { "psa-token", "PSA attestation token" },
    [EXHIBIT_SIM] = { "sim", "simulated development evidence" },
    [EXHIBIT_RATLS_CERT] = { "ratls-cert", "certificate with evidence" },
    [EXHIBIT_RATLS_REQUEST] = { "ratls-request", "certificate request with evidence" },
    [EXHIBIT_RATLS_EVIDENCE] = { "ratls-evidence", "RA-TLS evidence" },
    [EXHIBIT_CERT] = { "cert", "certificate" },
    [EXHIBIT_CRL] = { "crl", "list of revoked certificates" },
    [EXHIBIT_OCSP] = { "ocsp", "OCSP response" },
    [EXHIBIT_TCB_INFO] = { "tcb-info", "Intel TCB information" },
    [EXHIBIT_QE_IDENTITY] = { "qe-identity", "Intel enclave identity" },
    [EXHIBIT_KEY] = { "key", "public key" },
    [EXHIBIT_TPM_PUBLIC] = { "tpm-public", "public area of a TPM key" },
    [EXHIBIT_RIM] = { "rim", "NVIDIA reference manifest" },
    [EXHIBIT_CORIM] = { "corim", "CoRIM" },
    [EXHIBIT_DISTRUST] = { "distrust", "distrust list" },
    [EXHIBIT_SE_KEY] = { "se-key", "Secure Execution key" },
};

const char *exhibit_kind_name(enum exhibit_kind k)
{
    return k < EXHIBIT_KIND_COUNT ? kinds[k].name : kinds[EXHIBIT_UNKNOWN].name;
}

const char *exhibit_kind_id(enum exhibit_kind k)
{
    return k < EXHIBIT_KIND_COUNT ? kinds[k].id : kinds[EXHIBIT_UNKNOWN].id;
}

enum exhibit_kind exhibit_kind_named(struct bytes id)
{
    for (unsigned k = EXHIBIT_UNKNOWN + 1; k < EXHIBIT_KIND_COUNT; k++)
        if (bytes_equal(id, (struct bytes){ (const uint8_t *)kinds[k].id,
                                            bytes_text_size(kinds[k].id, 32) }))
            return (enum exhibit_kind)k;
    return EXHIBIT_UNKNOWN;
}

void exhibits_init(struct exhibits *x, struct arena *arena)
{
    x->arena = arena;
    x->count = 0;
    x->sources = 0;
}

struct exhibit *exhibit_put(struct exhibits *x, enum exhibit_role role, enum exhibit_kind kind,
                            const char *name, struct bytes raw)
{
    struct exhibit *e;

    if (x->count >= EXHIBITS_MAX)
        return NULL;
    e = &x->items[x->count++];
    *e = (struct exhibit){
        .kind = kind, .role = role, .raw = raw, .name = name, .source = x->sources
    };
    return e;
}

enum err exhibit_add(struct exhibits *x, enum exhibit_role role, const char *name, struct bytes raw)
{
    struct exhibit_form f = { .x = x, .role = role, .name = name };
    enum err e = exhibit_unwrap(&f, raw, 0);

    if (e == ERR_MALFORMED && exhibit_put(x, role, EXHIBIT_UNKNOWN, name, raw) == NULL)
        e = ERR_LIMIT;
    x->sources++;
    return e;
}

const struct exhibit *exhibit_next(const struct exhibits *x, enum exhibit_kind kind,
                                   const struct exhibit *before)
{
    uint32_t at = before == NULL ? 0 : (uint32_t)(before - x->items) + 1;

    for (; at < x->count; at++) {
        const struct exhibit *e = &x->items[at];

        if (e->kind == kind && (!exhibit_is_evidence(kind) || e->role == EXHIBIT_EVIDENCE))
            return e;
    }
    return NULL;
}

enum err exhibit_key(struct public_key *out, struct arena *arena, const struct exhibit *e)
{
    struct json_error where;
    const struct json *inner;
    struct json *tree;

    if (e->raw.size == 0 || e->raw.data[0] != '{')
        return x509_spki_parse(out, e->raw);
    TRY(json_parse(&tree, arena, e->raw, &where));
    inner = json_get_type(tree, "pkey", JSON_OBJECT);
    return jwk_parse(out, arena, inner != NULL ? inner : tree);
}
