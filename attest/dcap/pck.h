/* pck.h: the extension of Intel's PCK certificates: which platform at which TCB the key is for.
 * Source: "Intel SGX PCK Certificate and CRL Profile Specification", 1.3.5. */
#ifndef BROCH_ATTEST_DCAP_PCK_H
#define BROCH_ATTEST_DCAP_PCK_H

#include "attest/fields.h"
#include "codec/x509.h"

#define TCB_COMPONENT_COUNT 16u

struct pck {
    struct bytes ppid;                 /* 16 */
    uint8_t comp[TCB_COMPONENT_COUNT]; /* SGX TCB COMPnn SVN: these count, not CPUSVN's bytes */
    uint16_t pce_svn;
    struct bytes cpu_svn;              /* 16 */
    struct bytes pce_id;               /* 2 */
    struct bytes fmspc;                /* 6 */
    uint8_t sgx_type;                  /* 0 standard, 1 scalable, 2 scalable with integrity */
    struct bytes platform_instance_id; /* 16; empty in certificates of the Processor CA */
    bool has_configuration;
    bool has_dynamic_platform, has_cached_keys, has_smt_enabled;
    bool dynamic_platform, cached_keys, smt_enabled;
};

/* Whether a certificate carries the extension. */
bool pck_is(const struct x509 *c);
/* ERR_MALFORMED: not there, or not of the specified form: each part once, all that have to be
 * there, nothing unknown. */
enum err pck_parse(struct pck *out, const struct x509 *c);
void pck_describe(struct fields *f, const char *group, const struct pck *p, const struct x509 *c);

#endif
