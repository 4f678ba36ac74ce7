/* pcrs.h: PCR values that came beside a quote: the values one after the other, or tpm2-tools'
 * file (tpm2_quote --pcr, "serialized": TPML_PCR_SELECTION and TPML_DIGESTs as the C structs
 * lie in memory, little-endian). Values are worth what the quote's digest says of them. */
#ifndef BROCH_ATTEST_TPM_PCRS_H
#define BROCH_ATTEST_TPM_PCRS_H

#include "attest/tpm/quote.h"
#include "crypto/hash.h"

#define TPM_PCRS_MAX 96u /* four banks of 24 */

struct tpm_pcr {
    uint16_t algorithm;
    uint8_t index;
    struct bytes value;
};
struct tpm_pcrs {
    struct tpm_pcr values[TPM_PCRS_MAX];
    uint32_t count;
};

enum err tpm_pcrs_file_parse(struct tpm_pcrs *out, struct bytes raw);
/* The file, or bare values: those that the quote selects in its order, or all 24 of its one
 * bank. ERR_MALFORMED: neither. */
enum err tpm_pcrs_parse(struct tpm_pcrs *out, struct bytes raw, const struct tpm_quote *q);
/* NULL: it is not among them. */
const struct tpm_pcr *tpm_pcrs_find(const struct tpm_pcrs *p, uint16_t algorithm, uint32_t index);
/* H over the selected values in the order of the selection, PCRs ascending (Part 1, 17.6.2).
 * ERR_INVALID: one is missing. */
enum err tpm_pcrs_digest(uint8_t out[HASH_SIZE_MAX], enum hash_kind kind, const struct tpm_pcrs *p,
                         const struct tpm_quote *q);

#endif
