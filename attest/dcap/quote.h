/* quote.h: Intel's ECDSA quotes, version 3 (SGX), 4 and 5 (SGX and TDX): from bytes to
 * borrowed parts. Nothing is judged; the certification data is not opened.
 *
 * Sources: "Intel SGX ECDSA QuoteLibReference DCAP API", appendix A.4 (version 3); "Intel TDX
 * DCAP Quoting Library API", appendix A.3 (versions 4 and 5). All numbers little-endian. */
#ifndef BROCH_ATTEST_DCAP_QUOTE_H
#define BROCH_ATTEST_DCAP_QUOTE_H

#include "attest/dcap/body.h"
#include "attest/dcap/form.h"

#define QUOTE_TEE_SGX 0x00u
#define QUOTE_TEE_TDX 0x81u
#define QUOTE_KEY_P256 2u /* the one attestation key type in use */

/* Certification data types (appendix A.4, table 9). */
enum quote_cert_type {
    QUOTE_CERT_PPID_PLAIN = 1,
    QUOTE_CERT_PPID_RSA2048 = 2,
    QUOTE_CERT_PPID_RSA3072 = 3,
    QUOTE_CERT_PCK_LEAF = 4,
    QUOTE_CERT_PCK_CHAIN = 5,
    QUOTE_CERT_QE_REPORT = 6,
};

struct quote {
    struct bytes raw;      /* without what follows it */
    struct bytes trailing; /* what follows it in the buffer */
    uint16_t version, att_key_type;
    uint32_t tee_type;
    uint16_t qe_svn, pce_svn; /* version 3; reserved later */
    struct bytes qe_vendor_id, user_data;
    bool is_tdx;
    uint16_t body_type; /* version 5: 1 SGX, 2 TDX 1.0, 3 TDX 1.5, 4 TDX 1.5 ex; else 0 */
    struct sgx_body sgx;
    struct td_body td;
    struct bytes signed_part;                /* header and body */
    uint32_t signature_size;                 /* as declared */
    struct bytes signature, attestation_key; /* r and s; x and y: 64 bytes each */
    struct sgx_body qe_report;
    struct bytes qe_report_signature, qe_auth_data;
    uint16_t outer_cert_type; /* versions 4 and 5: QUOTE_CERT_QE_REPORT; else 0 */
    uint16_t cert_type;       /* of what certifies the QE report */
    struct bytes cert_data;
};

/* Every declared length has to fit what it is in exactly; only after the whole quote may
 * bytes follow, which the caller judges. *offset: where it broke (may be NULL).
 * ERR_MALFORMED, ERR_UNSUPPORTED (version, key type, TEE, body type, vendor of the QE). */
enum err quote_parse(struct quote *out, struct bytes raw, size_t *offset);
/* Every field, and the certificates inside. */
void quote_describe(struct fields *f, const struct quote *q);

#endif
