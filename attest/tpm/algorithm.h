/* algorithm.h: the algorithm identifiers of the TCG (TCG Algorithm Registry, revision 1.34,
 * table 3) that quotes, keys and event logs use. */
#ifndef BROCH_ATTEST_TPM_ALGORITHM_H
#define BROCH_ATTEST_TPM_ALGORITHM_H

#include "attest/fields.h"
#include "crypto/hash.h"

#define TPM_ALG_RSA 0x0001u
#define TPM_ALG_SHA1 0x0004u
#define TPM_ALG_SHA256 0x000bu
#define TPM_ALG_SHA384 0x000cu
#define TPM_ALG_SHA512 0x000du
#define TPM_ALG_NULL 0x0010u
#define TPM_ALG_SM3_256 0x0012u
#define TPM_ALG_RSASSA 0x0014u
#define TPM_ALG_RSAES 0x0015u
#define TPM_ALG_RSAPSS 0x0016u
#define TPM_ALG_OAEP 0x0017u
#define TPM_ALG_ECDSA 0x0018u
#define TPM_ALG_ECDAA 0x001au
#define TPM_ALG_ECC 0x0023u
#define TPM_ALG_SHA3_256 0x0027u
#define TPM_ALG_SHA3_384 0x0028u
#define TPM_ALG_SHA3_512 0x0029u

/* false: no hash that we compute. */
bool tpm_hash(enum hash_kind *out, uint16_t algorithm);
/* Bytes of a digest; 0 where the algorithm is unknown to us. Those that we do not compute
 * are known here as well. */
size_t tpm_digest_size(uint16_t algorithm);
/* "sha256", "rsassa", …: as tpm2-tools writes them; NULL where unknown. */
const char *tpm_algorithm_name(uint16_t algorithm);
/* Its name, or else its number, as a field. */
void tpm_algorithm_describe(struct fields *f, const char *name, uint16_t algorithm);

#endif
