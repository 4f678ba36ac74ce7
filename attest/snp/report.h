/* report.h: AMD's ATTESTATION_REPORT (56860, SEV-SNP Firmware ABI, section 7.3), versions 2 to 5.
 *
 * All versions have one size and one order; later ones give meaning to what was reserved. Every
 * field is kept. Nothing is judged here but the size and that the version is one we know. */
#ifndef BROCH_ATTEST_SNP_REPORT_H
#define BROCH_ATTEST_SNP_REPORT_H

#include "attest/fields.h"
#include "attest/snp/form.h"
#include "attest/snp/tcb.h"
#include "base/err.h"

#define SNP_SIGNED_SIZE 0x2a0u
#define SNP_SIGNATURE_ECDSA_P384_SHA384 1u
#define SNP_VMPL_HOST 0xffffffffu

#define SNP_POLICY_RESERVED_ONE (1ull << 17)
#define SNP_POLICY_DEBUG (1ull << 19)

enum snp_signing_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1, SNP_KEY_NONE = 7 };

struct snp_report {
    struct bytes raw, body; /* all; the signed part */
    uint32_t version;
    uint32_t guest_svn;
    uint64_t policy;
    struct bytes family_id, image_id;
    uint32_t vmpl;
    uint32_t signature_algo;
    uint64_t platform_info;
    uint32_t key_info;
    struct bytes report_data, measurement, host_data;
    struct bytes id_key_digest, author_key_digest;
    struct bytes report_id, report_id_ma;
    struct bytes current_tcb, reported_tcb, committed_tcb, launch_tcb; /* 8 bytes each */
    uint8_t family, model, stepping;                                   /* version 3 and later */
    struct bytes chip_id;
    struct bytes current_version, committed_version; /* build, minor, major, reserved */
    struct bytes launch_mit, current_mit;            /* version 5 */
    struct bytes r, s;                               /* 72 bytes each, little-endian */
    struct bytes unsigned_tail;                      /* after r and s: reserved, and not signed */
};

static inline bool snp_report_has_cpuid(const struct snp_report *r) { return r->version >= 3; }
static inline bool snp_report_author_key(const struct snp_report *r) { return r->key_info & 1; }
static inline uint32_t snp_report_signing_key(const struct snp_report *r)
{
    return r->key_info >> 2 & 7;
}

/* ERR_MALFORMED: another size. ERR_UNSUPPORTED: a version that we do not know; *out then has
 * the version alone. Borrows from raw. */
enum err snp_report_parse(struct snp_report *out, struct bytes raw);
/* Every field. `product` decides how TCBs are taken apart; NONE: they are not. */
void snp_report_describe(struct fields *f, const struct snp_report *r, enum snp_product product);

#endif
