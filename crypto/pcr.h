/* pcr.h: a bank of platform configuration registers as a TPM has it after a reset, extended
 * by digests (TPM 2.0 Library Part 1, 17.2; PC Client Platform TPM Profile, 4.6: PCR 17 to
 * 22 start as all ones, the others as zeros). It only computes: it owns nothing. */
#ifndef BROCH_CRYPTO_PCR_H
#define BROCH_CRYPTO_PCR_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/hash.h"

#define PCR_COUNT 24u

struct pcr_bank {
    enum hash_kind kind;
    uint8_t values[PCR_COUNT][HASH_SIZE_MAX];
    uint32_t extended; /* bit n: PCR n is not at its start value */
};

void pcr_bank_init(struct pcr_bank *b, enum hash_kind kind);
/* PCR 0 starts with the locality of TPM2_Startup in its last byte. ERR_INVALID after the
 * first extend of PCR 0. */
enum err pcr_bank_locality(struct pcr_bank *b, uint8_t locality);
/* new = H(old || digest). ERR_INVALID: no such register, or a digest of another size. */
enum err pcr_bank_extend(struct pcr_bank *b, uint32_t index, struct bytes digest);
/* Borrowed from the bank; empty where there is no such register. */
struct bytes pcr_bank_value(const struct pcr_bank *b, uint32_t index);

#endif
