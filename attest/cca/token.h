/* token.h: attestation tokens of Arm: CCA's (DEN0137, A7.2; draft-ffm-rats-cca-token) and, as
 * CCA's platform token grew out of it, PSA's (RFC 9783, and its older profiles).
 *
 * A CCA token is CBOR tag 399 (a CMW collection; 907 in newer drafts) over {44234: platform
 * token, 44241: realm token}, each a COSE_Sign1, or from draft 03 on a CMW record [263 (EAT in
 * a CWT), COSE_Sign1]. Form alone: mandatory claims are there and of
 * the right type and size; claims that we do not know are stepped over, as both documents
 * want. A claim that is there twice is malformed. All is borrowed. */
#ifndef BROCH_ATTEST_CCA_TOKEN_H
#define BROCH_ATTEST_CCA_TOKEN_H

#include "attest/cca/form.h"
#include "attest/fields.h"
#include "codec/cose.h"

#define CCA_COMPONENTS_MAX 64u
#define CCA_REMS 4u

/* A software component (RFC 9783, 4.4.1). Empty where not said. */
struct cca_component {
    struct bytes type, value, version, signer_id, description, hash_algorithm;
};

/* Claims of a CCA platform token or of a PSA token. */
struct cca_platform {
    struct bytes profile;
    struct bytes challenge;         /* CCA: the hash of the realm's key; PSA: the nonce */
    struct bytes implementation_id; /* 32 bytes */
    struct bytes instance_id;       /* 33 bytes, 01 first */
    struct bytes config;            /* CCA alone */
    uint16_t lifecycle;
    struct cca_component components[CCA_COMPONENTS_MAX];
    uint32_t component_count;
    struct bytes service;           /* verification service, text */
    struct bytes hash_algorithm;    /* CCA: the default for components, text */
    int64_t client_id;              /* PSA */
    struct bytes boot_seed;         /* PSA */
    struct bytes certification_ref; /* PSA, text */
    /* Profile 2.0.0, as encoded; checked by cca_platform_extension_check. */
    struct bytes manufacturing_config, extension, rotpk, peer_signers;
};

struct cca_realm {
    struct bytes profile;            /* empty in tokens of the first kind */
    struct bytes challenge;          /* 64 bytes */
    struct bytes personalization;    /* 64 bytes */
    struct bytes hash_algorithm;     /* of rim and rem, text */
    struct bytes key;                /* as carried: a point (04, x, y) or a COSE_Key */
    struct bytes key_hash_algorithm; /* of the platform's challenge, text */
    struct bytes rim;
    struct bytes rem[CCA_REMS];
    struct bytes mec_policy;  /* profile 2.0.0: "private" or "shared" */
    struct bytes instance_id; /* likewise, as encoded; may be missing */
};

enum cca_kind { CCA_PLATFORM, CCA_PSA };

/* What profile 2.0.0 added (extension.c): that it is of the right form, and the fields of what
 * was found so. */
enum err cca_platform_extension_check(const struct cca_platform *p, const char **wrong);
enum err cca_realm_extension_check(const struct cca_realm *t, const char **wrong);
void cca_platform_extension_describe(struct fields *f, const struct cca_platform *p);
void cca_realm_extension_describe(struct fields *f, const struct cca_realm *t);

/* *wrong: what was, for people. */
enum err cca_platform_parse(struct cca_platform *out, struct bytes claims, enum cca_kind kind,
                            const char **wrong);
enum err cca_realm_parse(struct cca_realm *out, struct bytes claims, const char **wrong);
/* RAK as carried: P-256, P-384 or P-521. */
enum err cca_realm_key(struct public_key *out, const struct cca_realm *r);

struct cca_token {
    uint64_t tag; /* 399, 907, or 0 */
    struct cose platform_cose, realm_cose;
    struct cca_platform platform;
    struct cca_realm realm;
};
enum err cca_token_parse(struct cca_token *out, struct bytes raw, const char **wrong);

/* A state in which nobody can look inside: 3000 to 30FF (RFC 9783, 4.3.1; DEN0137, A7.2.3). */
bool cca_lifecycle_is_secured(uint16_t lifecycle);
const char *cca_lifecycle_name(uint16_t lifecycle);

void cca_platform_describe(struct fields *f, const struct cca_platform *p, enum cca_kind kind);
void cca_realm_describe(struct fields *f, const struct cca_realm *r);

struct claims;
struct judge_context;
/* Implementation id and instance id, one after the other: whose key a token wants. */
struct bytes cca_owner(struct arena *arena, const struct cca_platform *p);
/* What both kinds of token say of the platform; after its signature was checked. */
void cca_platform_claim(struct claims *c, const struct judge_context *x,
                        const struct cca_platform *p);

#endif
