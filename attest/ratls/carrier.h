/* carrier.h: how certificates and requests carry evidence, and what binds their key to it.
 *
 * One of these forms, by the extension's OID; the first of the list that is there counts:
 *   CCC           2.23.133.5.4.9: CBOR tag [evidence, claims], endorsements in 2.23.133.5.4.2
 *                 (CCC-Attestation, interoperable RA-TLS, "X.509 evidence format")
 *   Enarx         1.3.6.1.4.1.58270.1.{1 none, 2 SGX, 3 SNP} (enarx/steward, crates/attestation)
 *   Gramine       1.2.840.113741.1337.6: a quote (Gramine, tools/sgx/ra-tls/ra_tls.h); Gramine
 *                 itself writes this OID with tag and length twice, which is taken as well
 *   Open Enclave  1.2.840.113556.10.1.1: a header of 16 bytes and a quote (oe/internal/report.h)
 *
 * Everything is borrowed. Parsing believes nothing: judge.c checks the binding. */
#ifndef BROCH_ATTEST_RATLS_CARRIER_H
#define BROCH_ATTEST_RATLS_CARRIER_H

#include "codec/x509.h"
#include "crypto/hash.h"

enum ratls_form {
    RATLS_NONE = 0,
    RATLS_CCC,
    RATLS_ENARX_NONE, /* the marker of a keep without evidence */
    RATLS_ENARX_SGX,
    RATLS_ENARX_SNP,
    RATLS_GRAMINE,
    RATLS_OPEN_ENCLAVE,
};
const char *ratls_form_name(enum ratls_form f);

/* CBOR tags of the evidence, CCC form (librats, include/librats/cbor.h). */
#define RATLS_TAG_INTEL_TEE_QUOTE 60000u
#define RATLS_TAG_SNP 0x1a7504u

#define RATLS_CLAIMS_MAX 16u

struct ratls_claim {
    struct bytes name;
    struct bytes value; /* contents of the byte or text string */
};

struct ratls_carrier {
    enum ratls_form form;
    uint64_t tag; /* CCC */
    struct bytes evidence;
    struct bytes claims_raw; /* CCC: the encoded map, which the evidence's report data hashes */
    struct ratls_claim claims[RATLS_CLAIMS_MAX];
    uint32_t claim_count;
    bool has_pubkey_hash;
    uint64_t hash_algorithm; /* IANA's named information hashes: 1, 7, 8 */
    struct bytes pubkey_hash;
    struct bytes nonce;        /* CCC: the claim; empty where there is none */
    struct bytes endorsements; /* CCC: the extension's value */
    /* Enarx: contents of SEQUENCEs. */
    struct bytes certificates; /* certificates one after the other */
    struct bytes crls;         /* SEQUENCE { UTF8String url, CertificateList } each */
    struct bytes tcb_info;
    bool has_more_forms; /* others are there as well, and were not looked at */
};

/* ERR_OK with form NONE: no such extension. ERR_MALFORMED, ERR_UNSUPPORTED (a tag or a claim's
 * algorithm): out->form is set then too. */
enum err ratls_carrier_find(struct ratls_carrier *out, const struct x509_extension *extensions,
                            uint32_t count);
/* The CCC form's value alone. */
enum err ratls_evidence_parse(struct ratls_carrier *out, struct bytes cbor);
/* The hash that a claim's algorithm names; false where we do not know it. */
bool ratls_hash_kind(enum hash_kind *out, uint64_t algorithm);

#endif
