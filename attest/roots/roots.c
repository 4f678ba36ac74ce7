#include "attest/roots.h"

#include "attest/roots/data.h"

static bool is_product(enum snp_product p) { return p >= SNP_MILAN && p < SNP_PRODUCT_COUNT; }

const struct root *roots_amd_ark(enum snp_product p)
{
    return is_product(p) ? &roots_table[ROOTS_amd_ark_milan + (p - SNP_MILAN)] : NULL;
}

struct bytes roots_amd_ask(enum snp_product p)
{
    return is_product(p) ? roots_certificates[ROOTS_amd_ask_milan + (p - SNP_MILAN)]
                         : (struct bytes){ 0 };
}

struct bytes roots_amd_asvk(enum snp_product p)
{
    return is_product(p) ? roots_certificates[ROOTS_amd_asvk_milan + (p - SNP_MILAN)]
                         : (struct bytes){ 0 };
}

static const struct root *range(uint32_t *count, enum roots_file first, enum roots_file last)
{
    *count = last - first + 1;
    return &roots_table[first];
}

const struct root *roots_intel(uint32_t *count)
{
    return range(count, ROOTS_intel_sgx_2049, ROOTS_intel_sgx_2033);
}

const struct root *roots_aws_nitro(uint32_t *count)
{
    return range(count, ROOTS_aws_nitro_g1, ROOTS_aws_nitro_g1);
}

const struct root *roots_nvidia_device(uint32_t *count)
{
    return range(count, ROOTS_nvidia_device, ROOTS_nvidia_device);
}

const struct root *roots_nvidia_rim(uint32_t *count)
{
    return range(count, ROOTS_nvidia_rim, ROOTS_nvidia_rim);
}

const struct root *roots_google_tpm(uint32_t *count)
{
    return range(count, ROOTS_google_ek_ak_root, ROOTS_google_ek_ak_root);
}

const struct bytes *roots_google_intermediates(uint32_t *count)
{
    *count = ROOTS_google_tpm_ek_3 - ROOTS_google_ek_ak_v3 + 1;
    return &roots_certificates[ROOTS_google_ek_ak_v3];
}
