/* quote.h: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TPM 2.0 Library Part 2, 10.12.8 to
 * 10.12.12): what a TPM signs over its registers. Parts are borrowed from the bytes. Nothing
 * is judged here: judge.c does. */
#ifndef BROCH_ATTEST_TPM_QUOTE_H
#define BROCH_ATTEST_TPM_QUOTE_H

#include "attest/fields.h"
#include "base/err.h"
#include "base/reader.h"

#define TPM_SELECTIONS_MAX 16u
#define TPM_QUOTE_SIZE_MAX 1024u
#define TPM_GENERATED_VALUE 0xff544347u
#define TPM_ST_ATTEST_QUOTE 0x8018u

struct tpm_selection {
    uint16_t algorithm;
    uint32_t pcrs; /* bit n: PCR n */
};

struct tpm_quote {
    struct bytes raw;
    struct bytes qualified_signer; /* a name: algorithm and digest */
    struct bytes extra_data;       /* the challenge */
    uint64_t clock;                /* milliseconds */
    uint32_t reset_count, restart_count;
    bool is_safe;
    uint64_t firmware_version;
    struct tpm_selection selections[TPM_SELECTIONS_MAX];
    uint32_t selection_count;
    struct bytes pcr_digest;
    struct bytes info; /* TPMS_QUOTE_INFO, as signed: selections and digest */
};

/* ERR_MALFORMED; ERR_UNSUPPORTED: an attestation of another kind than a quote, or PCRs from
 * 24 on. */
enum err tpm_quote_parse(struct tpm_quote *out, struct bytes raw);
/* TPM2B: a 16-bit size and so many bytes. */
struct bytes tpm_take_sized(struct reader *r);
/* A big-endian number as wide as its field; false where it is larger. */
bool tpm_number_pad(uint8_t *out, size_t width, struct bytes number);
/* Every field after the type. */
void tpm_quote_fields(struct fields *f, const struct tpm_quote *q);
/* The registers selected, all banks together. */
uint32_t tpm_quote_pcr_count(const struct tpm_quote *q);

#endif
