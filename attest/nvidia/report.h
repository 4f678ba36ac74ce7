/* report.h: NVIDIA's GPU and NVSwitch reports: an SPDM 1.1 GET_MEASUREMENTS request and its
 * MEASUREMENTS response, one after the other (DMTF DSP0274 1.1, section 10.11), with NVIDIA's
 * opaque data (NVIDIA/nvtrust, local_gpu_verifier, attestation/spdm_msrt_resp_msg.py).
 *
 * Everything is borrowed from the bytes. Nothing is judged here. */
#ifndef BROCH_ATTEST_NVIDIA_REPORT_H
#define BROCH_ATTEST_NVIDIA_REPORT_H

#include "attest/fields.h"
#include "base/err.h"

#define NVIDIA_SIGNATURE_SIZE 96u
#define NVIDIA_NONCE_SIZE 32u
#define NVIDIA_DIGEST_SIZE 48u
#define NVIDIA_OPAQUE_MAX 64u

/* Identifiers of opaque fields that verifiers look at. */
enum nvidia_opaque_id {
    NVIDIA_DRIVER_VERSION = 3,
    NVIDIA_VBIOS_VERSION = 6,
    NVIDIA_NVDEC0_STATUS = 11,
    NVIDIA_MSRSCNT = 12,
    NVIDIA_CHIP_SKU = 15,
    NVIDIA_PROJECT = 17,
    NVIDIA_PROJECT_SKU = 18,
    NVIDIA_FWID = 20,
};
#define NVIDIA_NVDEC0_DISABLED 0x55u

struct nvidia_opaque {
    uint16_t id;
    struct bytes data;
};

struct nvidia_report {
    struct bytes signed_part; /* the request, and the response up to its signature */
    struct bytes signature;   /* r and s */
    struct bytes trailing;    /* what follows it */
    uint8_t version, request_code, attributes, operation, slot;
    struct bytes request_nonce;
    uint8_t response_code, param1, param2;
    uint8_t block_count;
    struct bytes record;            /* the measurement record, whole */
    struct bytes measurements[256]; /* by index; empty: not there */
    uint8_t types[256];             /* DMTFSpecMeasurementValueType */
    struct bytes response_nonce;
    struct nvidia_opaque opaque[NVIDIA_OPAQUE_MAX];
    uint32_t opaque_count;
};

/* ERR_MALFORMED, ERR_UNSUPPORTED (another SPDM version, or not these messages), ERR_LIMIT. */
enum err nvidia_report_parse(struct nvidia_report *out, struct bytes raw);
/* Empty where it is not there. */
struct bytes nvidia_opaque(const struct nvidia_report *r, uint16_t id);
/* Text up to its first NUL. */
struct bytes nvidia_text(struct bytes data);
/* "96.00.9F.00.01", in the arena: switches say it as text, GPUs as five bytes in an order of
 * their own. Empty where it is neither. */
struct bytes nvidia_vbios(const struct nvidia_report *r, struct arena *arena);
/* Every field, into the open group of f. */
void nvidia_report_fields(struct fields *f, const struct nvidia_report *r);

#endif
