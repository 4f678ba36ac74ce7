/* tcb.h: TCB_VERSION: eight bytes whose order changed with Turin (56860, SEV-SNP Firmware ABI,
 * section 2.2; 57230, KDS, section 3). Compared part by part, never as one number: a larger
 * number may hide an older part. */
#ifndef BROCH_ATTEST_SNP_TCB_H
#define BROCH_ATTEST_SNP_TCB_H

#include "attest/fields.h"
#include "attest/roots.h"

#define SNP_TCB_SIZE 8u

enum snp_part {
    SNP_PART_FMC, /* Turin */
    SNP_PART_BOOTLOADER,
    SNP_PART_TEE,
    SNP_PART_SNP,
    SNP_PART_MICROCODE,
    SNP_PART_COUNT,
};
/* "bootloader", …: as claims and policies have it. */
const char *snp_part_name(enum snp_part p);
/* Whether the product has that part; *out is its version in the eight bytes. */
bool snp_tcb_part(uint32_t *out, struct bytes tcb, enum snp_product product, enum snp_part part);
/* For byte `i` of a product's TCB: the last arc of the certificate extension that repeats it
 * (1.3.6.1.4.1.3704.1.3.n); *reserved: no part of ours. */
uint32_t snp_tcb_extension(enum snp_product product, uint32_t i, bool *reserved);
/* A group of the parts under AMD's short names: fmc, bl, tee, snp, ucode. */
void snp_tcb_describe(struct fields *f, const char *name, struct bytes tcb,
                      enum snp_product product);

/* "Milan"; NULL for NONE. */
const char *snp_product_name(enum snp_product p);
/* By CPUID's family and model (both with their extended parts). NONE: not one we know. */
enum snp_product snp_product_of_cpuid(uint32_t family, uint32_t model);
/* "Milan", "Milan-B0": the name up to a dash. */
enum snp_product snp_product_named(struct bytes name);

#endif
