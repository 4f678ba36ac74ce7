/* body.h: the reports inside Intel's quotes: SGX enclave report body, TD report, and the
 * TDREPORT that a TD gets from its module. Borrowed parts; nothing is judged.
 *
 * Sources: Intel SDM volume 3D, table 35-21 (REPORT); "Intel TDX DCAP Quoting Library API",
 * appendix A.3.2; sgx_quote_5.h of Intel's DCAP (sgx_report2_body_v1_5_ex_t); "Intel TDX Module
 * v1.5 ABI Specification", TDREPORT_STRUCT. */
#ifndef BROCH_ATTEST_DCAP_BODY_H
#define BROCH_ATTEST_DCAP_BODY_H

#include "attest/fields.h"
#include "base/err.h"
#include "base/reader.h"

#define SGX_BODY_SIZE 384u
#define TD_BODY_SIZE 584u      /* TDX 1.0 */
#define TD15_BODY_SIZE 648u    /* TDX 1.5: two more fields */
#define TD15_EX_BODY_SIZE 885u /* and who it was when it was made, for migration and partitions */
#define TD_REPORT_SIZE 1024u
#define TD_RTMR_COUNT 4u

#define SGX_FLAG_DEBUG 0x02u /* ATTRIBUTES.FLAGS, first byte */
#define TD_FLAGS_DEBUG 0xffu /* TDATTRIBUTES, first byte (TUD): each bit makes a TD debuggable */

struct sgx_body {
    struct bytes raw;
    struct bytes cpu_svn, miscselect, isv_ext_prod_id, attributes, mr_enclave, mr_signer;
    struct bytes config_id, isv_family_id, report_data;
    uint16_t isv_prod_id, isv_svn, config_svn;
};

struct td_body {
    struct bytes raw;
    struct bytes tee_tcb_svn, mr_seam, mr_signer_seam, seam_attributes;
    struct bytes td_attributes, xfam, mr_td, mr_config_id, mr_owner, mr_owner_config;
    struct bytes rtmr[TD_RTMR_COUNT];
    struct bytes report_data;
    struct bytes tee_tcb_svn2, mr_service_td; /* TDX 1.5; else empty */
    /* sgx_report2_body_v1_5_ex_t; else empty. */
    struct bytes vmid, td_id, devinfo, init_server_td_hash, init_server_td_attr, init_cpu_svn;
    struct bytes init_tee_tcb_svn, init_tee_fmspc, curr_server_td_hash, curr_server_td_attr;
};

/* Take SGX_BODY_SIZE, and TD_BODY_SIZE, TD15_BODY_SIZE or TD15_EX_BODY_SIZE bytes. */
void sgx_body_take(struct sgx_body *out, struct reader *r);
void td_body_take(struct td_body *out, struct reader *r, uint32_t size);
void sgx_body_describe(struct fields *f, const char *group, const struct sgx_body *b);
void td_body_describe(struct fields *f, const char *group, const struct td_body *b);

/* TDREPORT_STRUCT: REPORTMACSTRUCT, TEE_TCB_INFO, TDINFO. Its MAC is for the machine itself
 * alone, so that it proves nothing to others: what counts is the quote made from it. */
struct td_report {
    struct bytes raw;
    struct bytes report_type, cpu_svn, tee_tcb_info_hash, tee_info_hash, report_data, mac;
    struct bytes tee_tcb_info; /* 239 bytes */
    struct bytes td_info;      /* 512 bytes */
    struct td_body body;       /* the same fields as in a quote, borrowed from here; no raw */
};
/* Exactly TD_REPORT_SIZE bytes. ERR_MALFORMED, ERR_UNSUPPORTED (another TEE's). */
enum err td_report_parse(struct td_report *out, struct bytes raw);
void td_report_describe(struct fields *f, const struct td_report *t);
/* Every field that both have is equal: the quote was made from this TDREPORT. */
bool td_report_matches(const struct td_report *t, const struct td_body *quoted);

#endif
