/* credential.h: proof that an attestation key (AK) lives in the TPM that has an endorsement
 * key (EK): the verifier's half of TPM2_MakeCredential and TPM2_ActivateCredential (TPM 2.0
 * Library Part 1, 24; Part 3, 12.5 and 12.6).
 *
 * The verifier checks the EK's certificate (attest/chain.h), encrypts a secret to EK and name
 * of the AK, and trusts the AK when the secret comes back: a TPM decrypts it only where it has
 * both, and the AK under that name. Then it gives the AK's public area to the judge as a root.
 * Randomness is the caller's. EKs are RSA with AES-CFB, as the TCG's EK templates have them. */
#ifndef BROCH_ATTEST_TPM_CREDENTIAL_H
#define BROCH_ATTEST_TPM_CREDENTIAL_H

#include "attest/tpm/public.h"

#define TPM_CREDENTIAL_BLOB_MAX 256u   /* TPM2B_ID_OBJECT */
#define TPM_ENCRYPTED_SECRET_MAX 1026u /* TPM2B_ENCRYPTED_SECRET, RSA up to 8192 bits */

struct tpm_credential {
    uint8_t blob[TPM_CREDENTIAL_BLOB_MAX];
    size_t blob_size;
    uint8_t secret[TPM_ENCRYPTED_SECRET_MAX];
    size_t secret_size;
};

/* `seed`: random bytes, as many as the EK's name algorithm has; `secret`: random bytes, 16 or
 * more and no more than that; `ak_name`: of tpm_public_name. ERR_INVALID: another size, or an
 * EK that is no restricted decryption key fixed in its TPM; ERR_UNSUPPORTED: no RSA EK or
 * other algorithms. */
enum err tpm_credential_make(struct tpm_credential *out, const struct tpm_public *ek,
                             struct bytes ak_name, struct bytes seed, struct bytes secret);
/* The TPM's answer is the secret; in constant time. */
bool tpm_credential_check(struct bytes secret, struct bytes answer);
/* KDFa (Part 1, 11.4.10.2): `bits` is a multiple of 8; out has bits / 8 bytes. The label is
 * without its NUL. */
enum err tpm_kdfa(uint8_t *out, uint32_t bits, enum hash_kind kind, struct bytes key,
                  struct bytes label, struct bytes context_u, struct bytes context_v);

#endif
