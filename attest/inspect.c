#include "attest/judge.h"

static exhibit_describe *const describe[EXHIBIT_KIND_COUNT] = {
    [EXHIBIT_SNP_REPORT] = snp_describe,
    [EXHIBIT_QUOTE] = dcap_quote_describe,
    [EXHIBIT_TPM_QUOTE] = tpm_quote_describe,
    [EXHIBIT_TPM_SIGNATURE] = tpm_signature_describe,
    [EXHIBIT_TPM_PCRS] = tpm_pcrs_describe,
    [EXHIBIT_EVENT_LOG] = event_log_describe,
    [EXHIBIT_HCL_REPORT] = hcl_describe,
    [EXHIBIT_NITRO] = nitro_describe,
    [EXHIBIT_CCA_TOKEN] = cca_describe,
    [EXHIBIT_NVIDIA_REPORT] = nvidia_describe,
    [EXHIBIT_SE_RESPONSE] = se_describe,
    [EXHIBIT_PSA_TOKEN] = psa_describe,
    [EXHIBIT_SIM] = sim_describe,
    [EXHIBIT_RATLS_CERT] = ratls_describe,
    [EXHIBIT_RATLS_REQUEST] = ratls_describe,
    [EXHIBIT_RATLS_EVIDENCE] = ratls_describe,
    [EXHIBIT_CERT] = cert_describe,
    [EXHIBIT_CRL] = crl_describe,
    [EXHIBIT_OCSP] = ocsp_describe,
    [EXHIBIT_TCB_INFO] = tcb_info_describe,
    [EXHIBIT_QE_IDENTITY] = qe_identity_describe,
    [EXHIBIT_KEY] = key_describe,
    [EXHIBIT_TPM_PUBLIC] = tpm_public_describe,
    [EXHIBIT_RIM] = rim_describe,
    [EXHIBIT_CORIM] = corim_describe,
    [EXHIBIT_DISTRUST] = distrust_describe,
};

enum err inspect_describe(struct fields *f, const struct exhibit *e)
{
    if (e->kind >= EXHIBIT_KIND_COUNT || describe[e->kind] == NULL)
        return ERR_UNSUPPORTED;
    return describe[e->kind](f, e);
}
