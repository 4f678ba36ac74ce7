/* ovmf.h: what a guest firmware image says of itself to whoever loads it: the table of GUIDs at
 * its end, and the sections that SEV and TDX loaders must place (EDK II, OvmfPkg/ResetVector and
 * OvmfPkg/OvmfPkg*Metadata*; TDVF design guide, chapter 11). Borrowed from the image; every
 * number in it was written by somebody else. */
#ifndef BROCH_MEASURE_OVMF_H
#define BROCH_MEASURE_OVMF_H

#include "base/err.h"
#include "base/reader.h"

#define OVMF_PAGE ((size_t)4096)
#define OVMF_SIZE_MAX ((size_t)256 << 20)
#define OVMF_SECTIONS_MAX 64u
/* Pages of all sections together: 1 GiB of them, more than firmware is ever given. */
#define OVMF_PAGES_MAX ((uint64_t)1 << 18)

/* Types of SEV sections. */
#define OVMF_SEV_SEC_MEM 1u
#define OVMF_SEV_SECRETS 2u
#define OVMF_SEV_CPUID 3u
#define OVMF_SEV_SVSM_CAA 4u
#define OVMF_SEV_KERNEL_HASHES 0x10u

/* Attributes of TDX sections. */
#define OVMF_TDX_EXTEND 1u /* MR.EXTEND over its pages */
#define OVMF_TDX_AUG 2u    /* PAGE.AUG: added later, measured never */

struct ovmf_section {
    uint64_t gpa, size;
    uint32_t type, attributes;
    uint32_t data_offset, data_size; /* TDX: in the image */
};

struct ovmf {
    struct bytes firmware;
    uint64_t gpa; /* firmware ends at 4 GiB */
    bool has_hashes, has_reset;
    uint32_t hashes_gpa; /* never 0 */
    uint32_t reset_eip;  /* of application processors, SEV-ES; never 0 */
    struct ovmf_section sections[OVMF_SECTIONS_MAX];
    uint32_t section_count;
};

/* For SEV, SEV-ES and SEV-SNP: an image without sections is one (plain SEV needs none). On an
 * error *wrong says which rule. ERR_MALFORMED, ERR_LIMIT. */
enum err ovmf_parse_sev(struct ovmf *out, struct bytes firmware, const char **wrong);
/* An SVSM, which lies right before `end` and has the same tables; reset_eip is where every vCPU
 * enters it (COCONUT's QEMU, target/i386/sev.c: SVSM_INFO). ERR_INVALID: it does not fit. */
enum err ovmf_parse_svsm(struct ovmf *out, struct bytes svsm, uint64_t end, const char **wrong);
/* For TDX: it must have sections. */
enum err ovmf_parse_tdx(struct ovmf *out, struct bytes firmware, const char **wrong);
/* size bytes from `at`; fewer where the image ends before. */
struct bytes ovmf_slice(struct bytes b, size_t at, size_t size);

#endif
