/* public.h: TPMT_PUBLIC (TPM 2.0 Library Part 2, 12.2.4) of RSA and ECC keys, alone or in a
 * TPM2B_PUBLIC: the key, what it may do, and its name. */
#ifndef BROCH_ATTEST_TPM_PUBLIC_H
#define BROCH_ATTEST_TPM_PUBLIC_H

#include "base/err.h"
#include "base/key.h"
#include "crypto/hash.h"

/* TPMA_OBJECT (Part 2, 8.3). */
#define TPM_OBJECT_FIXED_TPM (1u << 1)
#define TPM_OBJECT_FIXED_PARENT (1u << 4)
#define TPM_OBJECT_SENSITIVE_DATA_ORIGIN (1u << 5)
#define TPM_OBJECT_RESTRICTED (1u << 16)
#define TPM_OBJECT_DECRYPT (1u << 17)
#define TPM_OBJECT_SIGN (1u << 18)
/* What makes a signature over TPM_GENERATED_VALUE mean that the TPM spoke, and that the key
 * cannot be anywhere else. */
#define TPM_OBJECT_ATTESTATION_KEY                                                       \
    (TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT | TPM_OBJECT_SENSITIVE_DATA_ORIGIN | \
     TPM_OBJECT_RESTRICTED | TPM_OBJECT_SIGN)

#define TPM_NAME_SIZE_MAX (2u + HASH_SIZE_MAX)

struct tpm_public {
    struct bytes raw; /* TPMT_PUBLIC: the name is over it */
    uint16_t type;    /* TPM_ALG_RSA or TPM_ALG_ECC */
    uint16_t name_algorithm;
    uint32_t attributes;
    struct bytes auth_policy;
    uint16_t symmetric, symmetric_bits;
    uint16_t scheme, scheme_hash;         /* TPM_ALG_NULL: the signature says */
    uint16_t key_bits;                    /* RSA */
    uint16_t curve;                       /* ECC: TPM_ECC_CURVE */
    struct bytes modulus, exponent, x, y; /* without leading zeros */
};

struct tpm_public_room {
    uint8_t x[66], y[66];
};

enum err tpm_public_parse(struct tpm_public *out, struct bytes raw);
/* The key; coordinates, as wide as the field, are in `room`. kind KEY_NONE: a curve that we do
 * not know, or a coordinate that is larger. */
struct public_key tpm_public_key(const struct tpm_public *p, struct tpm_public_room *room);
/* nameAlg || H(TPMT_PUBLIC) (Part 1, 16). ERR_UNSUPPORTED: a hash that we do not compute. */
enum err tpm_public_name(uint8_t out[TPM_NAME_SIZE_MAX], size_t *size, const struct tpm_public *p);
/* alg || H(name of the hierarchy || name): the qualified name of a primary key (Part 1, 26.5),
 * for the hierarchy of that handle. */
enum err tpm_qualified_name(uint8_t out[TPM_NAME_SIZE_MAX], size_t *size,
                            const struct tpm_public *p, uint32_t hierarchy);

#endif
