/* signature.h: TPMT_SIGNATURE (TPM 2.0 Library Part 2, 11.3.4), and the bare RSASSA
 * signature that Azure hands out. Parts are borrowed. */
#ifndef BROCH_ATTEST_TPM_SIGNATURE_H
#define BROCH_ATTEST_TPM_SIGNATURE_H

#include "attest/signature.h"

struct tpm_signature {
    uint16_t scheme; /* TPM_ALG_RSASSA, _RSAPSS or _ECDSA */
    uint16_t hash;   /* TPM_ALG_NULL: a bare one does not say */
    struct bytes rsa;
    struct bytes r, s; /* ECDSA, as the TPM wrote them: zeros may be missing or added */
};

/* ERR_MALFORMED; ERR_UNSUPPORTED: another scheme. */
enum err tpm_signature_parse(struct tpm_signature *out, struct bytes raw);
/* A TPMT_SIGNATURE, or else bytes as long as an RSA modulus of 2048, 3072 or 4096 bits. */
enum err tpm_signature_parse_any(struct tpm_signature *out, struct bytes raw);
/* `hash`: what a bare signature was made with. SIGNATURE_NONE: a scheme with a hash that we
 * do not check. */
enum signature_kind tpm_signature_kind(const struct tpm_signature *s, uint16_t hash);
enum signature_answer tpm_signature_check(const struct tpm_signature *s, uint16_t hash,
                                          const struct public_key *key, struct bytes message);

#endif
