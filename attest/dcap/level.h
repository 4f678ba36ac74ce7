/* level.h: which TCB level of Intel's a platform is at, and the status that comes of it.
 *
 * The order of steps is that of Intel's Quote Verification Library (SGX and TDX DCAP quote
 * verification, 4.1.2.4.11 and 4.1.2.4.17): platform, TDX module, relaunch, quoting enclave.
 * Nothing is fetched, no signature and no date is looked at. */
#ifndef BROCH_ATTEST_DCAP_LEVEL_H
#define BROCH_ATTEST_DCAP_LEVEL_H

#include "attest/dcap/qe_identity.h"
#include "attest/dcap/quote.h"

struct tcb_outcome {
    const struct tcb_level *sgx_level;    /* the first whose SGX part and PCESVN are met */
    const struct tcb_level *level;        /* for TDX, also its TDX part: the one that counts */
    const struct isv_level *module_level; /* NULL: TDX 1.0, or SGX */
    const struct isv_level *qe_level;     /* NULL: no QE identity */
    enum tcb_status sgx_status, module_status, qe_status; /* NONE: there is none */
    enum tcb_status without_qe; /* platform, module and relaunch together */
    enum tcb_status status;     /* with the quoting enclave's: what counts */
    enum reason fault;          /* tcb_level_not_found, tdx_module_mismatch, …: no status then */
    const char *detail;
};

/* The first level that is met; NULL: none. */
const struct isv_level *isv_match(struct isv_levels levels, uint32_t svn);
/* The module of a TEE_TCB_SVN: TDX 1.0's where byte 1 is 0, else the identity of that
 * version; NULL: Intel lists none. */
const struct tdx_module *tcb_module(const struct tcb_info *t, struct bytes tee_tcb_svn);
/* MRSIGNERSEAM and SEAMATTRIBUTES are the module's (4.1.2.4.11). */
bool tcb_module_check(const struct tdx_module *m, const struct td_body *body);
/* `qe` may be NULL. false: out->fault. */
bool tcb_outcome_of(struct tcb_outcome *out, const struct tcb_info *t, const struct pck *pck,
                    const struct quote *q, const struct qe_identity *qe);

#endif
