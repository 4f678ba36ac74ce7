/* rim.h: NVIDIA's reference integrity manifests: SWID tags (ISO/IEC 19770-2:2015, with TCG's
 * RIM binding) that name golden measurements by index, signed with XML-DSig (enveloped,
 * canonical XML 1.1, ECDSA with SHA-384).
 *
 * rim_parse reads the tree that xml.h made and believes nothing; rim_check says whether
 * NVIDIA signed it. Index n of a manifest is block n + 1 of a report. */
#ifndef BROCH_ATTEST_NVIDIA_RIM_H
#define BROCH_ATTEST_NVIDIA_RIM_H

#include "attest/chain.h"
#include "attest/nvidia/report.h"
#include "attest/nvidia/xml.h"

#define RIM_MEASUREMENTS_MAX 255u
#define RIM_ALTERNATIVES_MAX 64u
#define RIM_CERTIFICATES_MAX 8u

struct rim_measurement {
    bool is_there, is_active;
    uint32_t alternatives;
    const struct xml_node *resource; /* Hash0, Hash1, … as attributes */
};

struct rim {
    struct xml_document document;
    const struct xml_node *meta;
    struct bytes tag_id, tag_version;
    struct bytes version; /* colloquialVersion: "550.144.03", "96.00.9F.00.01" */
    struct bytes edition; /* "GPU", "SWITCH" */
    struct bytes product; /* "GH100" */
    struct rim_measurement measurements[RIM_MEASUREMENTS_MAX];
    uint32_t measurement_count;
    /* The signature's parts. */
    const struct xml_node *signature, *signed_info;
    struct bytes digest;                             /* decoded DigestValue */
    struct bytes signature_value;                    /* decoded: r and s */
    struct bytes certificates[RIM_CERTIFICATES_MAX]; /* DER, the signer's first */
    uint32_t certificate_count;
};

/* ERR_MALFORMED, ERR_UNSUPPORTED (an algorithm or transform that is not the one above),
 * ERR_LIMIT, ERR_NOMEM. */
enum err rim_parse(struct rim *out, struct arena *arena, struct bytes xml);
/* Golden value n of a measurement; false where it is not 48 bytes in hex. */
bool rim_golden(uint8_t value[NVIDIA_DIGEST_SIZE], const struct rim_measurement *m, uint32_t n);
void rim_fields(struct fields *f, const struct rim *rim);
/* Chain first, then digest and signature. */
bool rim_check(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct rim *rim, const char *name);
/* Every EXHIBIT_RIM that is for this chip ("GH100") and the driver or VBIOS that the report
 * names, against the report's blocks. One for something else is no fault among collateral; as
 * evidence, beside one report alone, it is. */
bool rims_compare(struct verdict *v, struct claims *c, const struct judge_context *x,
                  const struct nvidia_report *report, struct bytes chip, uint32_t *used);

#endif
