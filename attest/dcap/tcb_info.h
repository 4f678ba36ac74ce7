/* tcb_info.h: Intel's TCB information for one family of platforms, versions 2 and 3: from
 * the JSON that Intel signed to levels in an arena. Signature, dates and match are judge.c's.
 *
 * Strict where a verdict hangs on it: what has to be there is there, of the right type and in
 * range, no string that is used is escaped, dates exist. Members that we do not know pass:
 * Intel adds some within a version. Levels stay in the document's order, which decides.
 * Source: "Intel SGX and TDX Provisioning Certification Service API", v4, TCB info models. */
#ifndef BROCH_ATTEST_DCAP_TCB_INFO_H
#define BROCH_ATTEST_DCAP_TCB_INFO_H

#include "attest/claims.h"
#include "attest/dcap/pck.h"
#include "codec/json.h"

#define TCB_LEVELS_MAX 256u
#define TCB_MODULES_MAX 64u
#define TCB_SIGNATURE_SIZE 64u

/* The sixteen names of components, as version 2 has them: "sgxtcbcomp01svn". */
#define TCB_COMPONENT_NAMES(p)                                                                     \
    {                                                                                              \
        p "01svn", p "02svn", p "03svn", p "04svn", p "05svn", p "06svn", p "07svn", p "08svn",    \
            p "09svn", p "10svn", p "11svn", p "12svn", p "13svn", p "14svn", p "15svn", p "16svn" \
    }

/* Of a quoting enclave or a TDX module. */
struct isv_level {
    uint16_t isv_svn;
    int64_t date;
    enum tcb_status status;        /* UpToDate, OutOfDate, Revoked */
    const struct json *advisories; /* array of strings, or NULL */
};
struct isv_levels {
    struct isv_level *at;
    uint32_t count;
};

struct tcb_level {
    uint8_t sgx[TCB_COMPONENT_COUNT], tdx[TCB_COMPONENT_COUNT];
    uint16_t pce_svn;
    int64_t date;
    enum tcb_status status;
    const struct json *advisories;
};

struct tdx_module {
    uint8_t version; /* of "TDX_01": 1; 0 in tcb_info.module */
    uint8_t mr_signer[48];
    uint8_t attributes[8], attributes_mask[8];
    struct isv_levels levels; /* none in tcb_info.module */
};

/* What TCB info and QE identity have in common: a signed inner value with dates. */
struct signed_json {
    struct bytes text; /* the exact bytes under the signature */
    uint8_t signature[TCB_SIGNATURE_SIZE];
    const struct json *inner;
    int64_t issue_date, next_update;
    uint32_t evaluation; /* tcbEvaluationDataNumber */
};

struct tcb_info {
    struct signed_json is;
    uint32_t version;
    bool is_tdx;
    uint8_t fmspc[6];
    bool has_pce_id; /* old ones lack it */
    uint8_t pce_id[2];
    bool has_module;
    struct tdx_module module; /* of TDX 1.0 */
    struct tdx_module *modules;
    uint32_t module_count;
    struct tcb_level *levels;
    uint32_t level_count;
};

/* *fault: what was looked for, static; *offset: where, as well as it is known (both may be
 * NULL). ERR_MALFORMED, ERR_UNSUPPORTED (another version or tcbType), ERR_LIMIT, ERR_NOMEM. */
enum err tcb_info_parse(struct tcb_info *out, struct arena *arena, struct bytes text,
                        const char **fault, size_t *offset);
/* Every member of Intel's document, in its order, under the snake_case form of its name. */
void signed_json_fields(struct fields *f, const struct signed_json *s);

/* For qe_identity.c. Readers of members note the first fault and yield nothing after it. */
struct json_read {
    struct arena *arena;
    struct bytes text;
    enum err e;
    const char *fault;
    size_t offset;
};
bool json_read_fail(struct json_read *r, enum err e, const char *what);
/* An object {name: {…}, "signature": 128 hex digits}, and its dates and number. */
void signed_json_read(struct signed_json *out, struct json_read *r, const char *name);
int64_t json_read_uint(struct json_read *r, const struct json *o, const char *name, int64_t most);
void json_read_hex(struct json_read *r, uint8_t *out, size_t size, const struct json *o,
                   const char *name);
struct bytes json_read_text(struct json_read *r, const struct json *o, const char *name);
struct isv_levels json_read_isv_levels(struct json_read *r, const struct json *o, int64_t svn_most);

#endif
