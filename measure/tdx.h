/* tdx.h: MRTD and RTMRs of a trust domain (Intel TDX Module Base Architecture Specification,
 * chapter on measurement): what the module hashes while the VMM adds the firmware's pages, and
 * what the guest extends later.
 *
 * The order of TDH.MEM.PAGE.ADD and TDH.MR.EXTEND is the VMM's: page by page (QEMU with KVM of
 * today), or all pages of a section first. */
#ifndef BROCH_MEASURE_TDX_H
#define BROCH_MEASURE_TDX_H

#include "measure/ovmf.h"

#define TDX_DIGEST_SIZE 48u

enum tdx_order { TDX_PAGE_BY_PAGE, TDX_SECTION_BY_SECTION };

/* On an error *wrong says which rule. */
enum err tdx_mrtd(uint8_t out[TDX_DIGEST_SIZE], struct bytes firmware, enum tdx_order order,
                  const char **wrong);
/* RTMR := SHA-384(RTMR ‖ digest). It starts as zeros. */
enum err tdx_rtmr_extend(uint8_t rtmr[TDX_DIGEST_SIZE], const uint8_t digest[TDX_DIGEST_SIZE]);

#endif
