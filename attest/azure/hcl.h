/* hcl.h: the report that Azure's paravisor (host compatibility layer) leaves in the vTPM of a
 * confidential VM, NV index 0x01400001: a header, the hardware's report, and the runtime data
 * that it vouches for: JSON with the vTPM's keys. Little-endian.
 *
 * Source: Microsoft, "Azure confidential VMs guest attestation design" (attestation report
 * format), and kinvolk/azure-cvm-tooling, az-cvm-vtpm/src/hcl. Borrowed; nothing is judged. */
#ifndef BROCH_ATTEST_AZURE_HCL_H
#define BROCH_ATTEST_AZURE_HCL_H

#include "attest/azure/form.h"
#include "attest/fields.h"
#include "base/err.h"
#include "codec/json.h"
#include "crypto/hash.h"

#define HCL_SIZE_MAX ((size_t)64 << 10)
#define HCL_HARDWARE_SIZE 1184u

enum hcl_report_type { HCL_REPORT_SNP = 2, HCL_REPORT_TDX = 4 };

struct hcl {
    uint32_t version, report_size, request_type, status;
    struct bytes hardware; /* an SNP report, or a TDREPORT and zeros */
    uint32_t data_size, data_version, report_type, hash_type;
    struct bytes claims; /* the JSON: what the hash is over */
};

/* ERR_MALFORMED (what follows the JSON is not zero, too); ERR_UNSUPPORTED: a version, type of
 * report or hash that we do not know. */
enum err hcl_parse(struct hcl *out, struct bytes raw);
/* The hardware report itself, and the 64 bytes that its guest chose. */
struct bytes hcl_hardware_report(const struct hcl *h);
struct bytes hcl_report_data(const struct hcl *h);
enum err hcl_digest(uint8_t out[HASH_SIZE_MAX], size_t *size, const struct hcl *h);
/* The key of that id among the claims' keys; NULL: none, or two. */
const struct json *hcl_key(const struct json *claims, struct bytes id);
/* What the hardware report vouches for, into the open group: not the headers, which are under
 * no signature. `claims` may be NULL. */
void hcl_claims(struct fields *f, const struct hcl *h, const struct json *claims);

#endif
