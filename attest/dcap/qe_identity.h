/* qe_identity.h: Intel's identity of a quoting enclave (QE for SGX, TD_QE for TDX, QVE), version
 * 2: from the JSON that Intel signed, and whether an enclave's report is of that identity.
 * Source: "Intel SGX and TDX Provisioning Certification Service API", v4, enclave identity. */
#ifndef BROCH_ATTEST_DCAP_QE_IDENTITY_H
#define BROCH_ATTEST_DCAP_QE_IDENTITY_H

#include "attest/dcap/body.h"
#include "attest/dcap/tcb_info.h"
#include "attest/verdict.h"

enum qe_id { QE_ID_NONE = 0, QE_ID_QE, QE_ID_QVE, QE_ID_TD_QE };

struct qe_identity {
    struct signed_json is;
    enum qe_id id;
    uint8_t miscselect[4], miscselect_mask[4];
    uint8_t attributes[16], attributes_mask[16];
    uint8_t mr_signer[32];
    uint16_t isv_prod_id;
    struct isv_levels levels;
};

/* As tcb_info_parse. */
enum err qe_identity_parse(struct qe_identity *out, struct arena *arena, struct bytes text,
                           const char **fault, size_t *offset);
/* REASON_NONE where the report is of that identity, at whatever ISVSVN; else the first that
 * differs. */
enum reason qe_identity_check(const struct qe_identity *q, const struct sgx_body *report);
/* The same against what all of Intel's identities have said so far, for where the policy lets
 * them be missing: the platform's key also signs for whoever may run an enclave with
 * PROVISION_KEY, so that without this anybody's enclave could pass for a quoting enclave. */
enum reason qe_identity_check_known(bool is_tdx, const struct sgx_body *report);

#endif
