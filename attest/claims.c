#include "attest/claims.h"

#include "attest/format.h"

static const char *const platform_names[PLATFORM_COUNT] = {
    [PLATFORM_NONE] = "none",
    [PLATFORM_SNP] = "snp",
    [PLATFORM_SGX] = "sgx",
    [PLATFORM_TDX] = "tdx",
    [PLATFORM_TPM] = "tpm",
    [PLATFORM_AZURE_SNP] = "azure-snp",
    [PLATFORM_AZURE_TDX] = "azure-tdx",
    [PLATFORM_NITRO] = "nitro",
    [PLATFORM_CCA] = "cca",
    [PLATFORM_NVIDIA] = "nvidia",
    [PLATFORM_SE] = "se",
    [PLATFORM_PSA] = "psa",
    [PLATFORM_SIM] = "sim",
};

/* As Intel's PCS API v4 spells them. */
static const char *const status_names[TCB_STATUS_COUNT] = {
    [TCB_UP_TO_DATE] = "UpToDate",
    [TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [TCB_OUT_OF_DATE] = "OutOfDate",
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
    [TCB_REVOKED] = "Revoked",
    [TCB_NOT_SUPPORTED] = "NotSupported",
};

const char *platform_name(enum platform p)
{
    return platform_names[(unsigned)p < PLATFORM_COUNT ? p : PLATFORM_NONE];
}

enum platform platform_named(struct bytes name)
{
    for (unsigned p = PLATFORM_NONE + 1; p < PLATFORM_COUNT; p++)
        if (bytes_equal(name, format_text(platform_names[p])))
            return (enum platform)p;
    return PLATFORM_NONE;
}

const char *tcb_status_name(enum tcb_status s)
{
    return (unsigned)s < TCB_STATUS_COUNT ? status_names[s] : NULL;
}

enum tcb_status tcb_status_named(struct bytes name)
{
    for (unsigned s = TCB_STATUS_NONE + 1; s < TCB_STATUS_COUNT; s++)
        if (bytes_equal(name, format_text(status_names[s])))
            return (enum tcb_status)s;
    return TCB_STATUS_NONE;
}

void claims_part(struct claims *c, const char *name, uint64_t version)
{
    if (c->tcb_count < CLAIM_PARTS_MAX)
        c->tcb[c->tcb_count++] = (struct claim_part){ name, version };
}

void claims_register(struct claims *c, const char *name, struct bytes value)
{
    if (c->register_count < CLAIM_REGISTERS_MAX)
        c->registers[c->register_count++] = (struct claim_register){ name, value };
}

void claims_advisory(struct claims *c, struct bytes id)
{
    for (uint32_t i = 0; i < c->advisory_count; i++)
        if (bytes_equal(c->advisories[i], id))
            return;
    if (c->advisory_count < CLAIM_ADVISORIES_MAX)
        c->advisories[c->advisory_count++] = id;
}

void claims_certificate(struct claims *c, struct bytes der)
{
    for (uint32_t i = 0; i < c->certificate_count; i++)
        if (bytes_equal(c->certificates[i], der))
            return;
    if (c->certificate_count < CLAIM_CERTIFICATES_MAX)
        c->certificates[c->certificate_count++] = der;
}

void claims_until(struct claims *c, int64_t at)
{
    if (c->valid_until == 0 || at < c->valid_until)
        c->valid_until = at;
}
