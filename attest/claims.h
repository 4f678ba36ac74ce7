/* claims.h: what evidence says, in words that are the same for every platform.
 *
 * Verifiers fill this in from what they have checked, and only from that: a claim is set
 * after the signature over it has been found good. Bytes are borrowed from the evidence or
 * lie in the arena. What a platform does not say stays empty. */
#ifndef BROCH_ATTEST_CLAIMS_H
#define BROCH_ATTEST_CLAIMS_H

#include "attest/fields.h"

enum platform {
    PLATFORM_NONE = 0,
    PLATFORM_SNP,
    PLATFORM_SGX,
    PLATFORM_TDX,
    PLATFORM_TPM,
    PLATFORM_AZURE_SNP, /* a vTPM whose keys an SNP report vouches for */
    PLATFORM_AZURE_TDX,
    PLATFORM_NITRO,
    PLATFORM_CCA,
    PLATFORM_NVIDIA,
    PLATFORM_SE,
    PLATFORM_PSA,
    PLATFORM_SIM,
    PLATFORM_COUNT
};
/* "snp", "azure-snp", …: as policies and --kind have it. */
const char *platform_name(enum platform p);
/* PLATFORM_NONE where there is none of that name. */
enum platform platform_named(struct bytes name);

enum claim_truth { CLAIM_UNKNOWN = 0, CLAIM_NO, CLAIM_YES };

/* TCB statuses as Intel names them (PCS API v4); other platforms leave NONE. */
enum tcb_status {
    TCB_STATUS_NONE = 0,
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_NOT_SUPPORTED,
    TCB_STATUS_COUNT
};
const char *tcb_status_name(enum tcb_status s); /* "UpToDate", …; NULL for NONE */
enum tcb_status tcb_status_named(struct bytes name);

#define CLAIM_PARTS_MAX 48u
#define CLAIM_REGISTERS_MAX 96u
#define CLAIM_ADVISORIES_MAX 128u
#define CLAIM_CERTIFICATES_MAX 64u

struct claim_part {
    const char *name; /* "microcode", "sgxtcbcomp01svn", "pcesvn": static */
    uint64_t version;
};
struct claim_register {
    const char *name; /* "rtmr0", "pcr7", "sha256:pcr7": static or in the arena */
    struct bytes value;
};

struct claims {
    enum platform platform;
    const char *vendor;        /* "AMD", "Intel", …; NULL: unknown. Distrust lists use it */
    bool is_hardware;          /* a maker's root that is built in stands behind it; where a
                                  platform has none (cca, psa, se, tpm), the caller's word */
    bool is_simulated;         /* nothing does: development evidence */
    bool is_endorsement;       /* a maker's document alone: no machine's word */
    enum claim_truth is_debug; /* the host can look inside */
    struct bytes chip_family;  /* "Milan", FMSPC in hex, "GH100": text */
    struct bytes chip_model;   /* "Milan-B0": text; empty where it is not said */
    struct bytes chip_id;      /* CHIP_ID, PPID, module id, UEID */
    struct claim_part tcb[CLAIM_PARTS_MAX]; /* firmware, part by part */
    uint32_t tcb_count;
    enum tcb_status tcb_status;
    int64_t tcb_date;                              /* 0: not said */
    uint32_t tcb_evaluation;                       /* tcbEvaluationDataNumber; 0: not said */
    struct bytes advisories[CLAIM_ADVISORIES_MAX]; /* "INTEL-SA-00615": text */
    uint32_t advisory_count;
    struct bytes measurement; /* MEASUREMENT, MRENCLAVE, MRTD, PCR0, RIM; of a TPM the SHA-256
                                 of TPMS_QUOTE_INFO: which registers, and their digest */
    struct bytes signer;      /* MRSIGNER, ID_KEY_DIGEST, PCR8, instance key: who vouches for it */
    struct bytes signer_key_digest; /* AUTHOR_KEY_DIGEST where there is one */
    struct claim_register registers[CLAIM_REGISTERS_MAX];
    uint32_t register_count;
    struct bytes report_data; /* REPORTDATA, nonce, extraData: what freshness is bound to */
    struct bytes host_data;   /* HOST_DATA, MRCONFIGID, user_data of Nitro */
    struct bytes workload;    /* digest of the workload, where the evidence binds one */
    struct bytes root;        /* DER of the certificate, or the SPKI, that its chain ended at */
    struct bytes certificates[CLAIM_CERTIFICATES_MAX]; /* DER: all that were relied upon */
    uint32_t certificate_count;
    int64_t produced_at; /* by the evidence's own signed word; 0: not said */
    int64_t valid_until; /* the earliest end among what was used; 0: none */
    bool is_fresh;       /* a nonce or report data that the caller expected was found */
    struct fields own;   /* the platform's own words */
    struct claims *next; /* of further devices of the same machine: a policy judges each */
};

/* These drop what is too much; the arrays' sizes are chosen so that nothing real is. */
void claims_part(struct claims *c, const char *name, uint64_t version);
void claims_register(struct claims *c, const char *name, struct bytes value);
/* Once each. */
void claims_advisory(struct claims *c, struct bytes id);
/* Once each. */
void claims_certificate(struct claims *c, struct bytes der);
/* Keeps the earliest. */
void claims_until(struct claims *c, int64_t at);

#endif
