/* snp.h: the measurement that AMD's firmware makes of a guest before its first instruction:
 * MEASUREMENT of SEV-SNP (56860, SEV-SNP Firmware ABI, section 8.17), and the launch digest of
 * SEV and SEV-ES (55766, SEV API).
 *
 * The order of the pages and the registers of the vCPUs are the VMM's choice: QEMU's, and those
 * of two clouds. Firmware and kernel come from others; nothing in them is trusted to be right. */
#ifndef BROCH_MEASURE_SNP_H
#define BROCH_MEASURE_SNP_H

#include "measure/ovmf.h"

#define SNP_DIGEST_SIZE 48u
#define SNP_VCPUS_MAX 65536u
#define SNP_BSP_EIP 0xfffffff0u

/* PAGE_INFO.PAGE_TYPE. */
enum snp_page {
    SNP_PAGE_NORMAL = 1,
    SNP_PAGE_VMSA = 2,
    SNP_PAGE_ZERO = 3,
    SNP_PAGE_UNMEASURED = 4,
    SNP_PAGE_SECRETS = 5,
    SNP_PAGE_CPUID = 6,
};

/* One page: 4096 bytes of contents for NORMAL and VMSA, none for the others. */
enum err snp_digest_page(uint8_t digest[SNP_DIGEST_SIZE], enum snp_page type, uint64_t gpa,
                         struct bytes contents);

enum snp_vmm { SNP_VMM_QEMU, SNP_VMM_EC2, SNP_VMM_GCE };
enum snp_mode { SNP_MODE_SNP, SNP_MODE_SEV_ES, SNP_MODE_SEV };

/* SHA-256 of each, as QEMU puts them before the firmware: the command line with its NUL; without
 * an initrd the hash of nothing. */
struct snp_kernel {
    uint8_t kernel[32], initrd[32], cmdline[32];
};

struct snp_launch {
    enum snp_mode mode;
    enum snp_vmm vmm;
    struct bytes firmware;
    const uint8_t *firmware_digest;  /* 48 bytes: the digest after the firmware's pages, which
                                       then are not hashed; or NULL */
    const struct snp_kernel *kernel; /* NULL: booted from a disk */
    uint32_t vcpus;
    uint32_t vcpu_signature; /* CPUID Fn0000_0001_EAX */
    uint64_t features;       /* SEV_FEATURES: 1 for SNP, 0x21 with DEBUG_SWAP */
    /* SNP under QEMU: an SVSM, or empty. It lies below the firmware and vars_size bytes of its
     * variables; its tables count and not the firmware's, and SEV_FEATURES are 1. */
    struct bytes svsm;
    uint64_t vars_size;
};

/* Writes 48 bytes for SNP, else 32, and *size. On an error *wrong says which rule. */
enum err snp_launch_measure(uint8_t out[SNP_DIGEST_SIZE], size_t *size,
                            const struct snp_launch *launch, const char **wrong);
/* The digest after the firmware's pages alone. */
enum err snp_firmware_measure(uint8_t out[SNP_DIGEST_SIZE], struct bytes firmware,
                              const char **wrong);

/* The save area of a vCPU that starts at eip (AMD64 manual, volume 2, table B-4). */
void snp_vmsa(uint8_t page[OVMF_PAGE], const struct snp_launch *launch, uint32_t eip);

/* By QEMU's name of a CPU: "EPYC-Milan-v2". */
bool snp_vcpu_signature(uint32_t *out, struct bytes name);

#endif
