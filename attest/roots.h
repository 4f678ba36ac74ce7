/* roots.h: the roots that Broch knows, as data (attest/roots/). Each file's origin and SHA-256
 * are in attest/roots/README.md; a test compares them with the shared evidence's own. */
#ifndef BROCH_ATTEST_ROOTS_H
#define BROCH_ATTEST_ROOTS_H

#include "attest/chain.h"

enum snp_product { SNP_PRODUCT_NONE = 0, SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_PRODUCT_COUNT };

/* The ARK of a product, and its intermediate: ASK for VCEKs, ASVK for VLEKs. */
const struct root *roots_amd_ark(enum snp_product p);
struct bytes roots_amd_ask(enum snp_product p);
struct bytes roots_amd_asvk(enum snp_product p);
/* Arrays with their count. Intel's is pinned by key: it was issued twice. */
const struct root *roots_intel(uint32_t *count);
const struct root *roots_aws_nitro(uint32_t *count);
const struct root *roots_nvidia_device(uint32_t *count);
const struct root *roots_nvidia_rim(uint32_t *count);
const struct root *roots_google_tpm(uint32_t *count);
/* Intermediates, offered as candidates: public, and not trusted by themselves. */
const struct bytes *roots_google_intermediates(uint32_t *count);

#endif
