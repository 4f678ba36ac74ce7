/* tpm.h: what a TPM's registers must hold after a list of measurements: for policies, before
 * any machine has booted. The list is text, a measurement on each line, in order:
 *
 *   PCR BANK DIGEST      0 sha256 e3b0c4…   a bank is sha1, sha256, sha384 or sha512
 *   locality N           PCR 0 starts with that locality of TPM2_Startup
 *   # and what follows is a remark
 *
 * or a JSON array of {"pcr": N, "alg": BANK, "digest": HEX}. */
#ifndef BROCH_MEASURE_TPM_H
#define BROCH_MEASURE_TPM_H

#include "base/arena.h"
#include "crypto/pcr.h"

#define TPM_BANKS 4u

struct tpm_prediction {
    struct pcr_bank banks[TPM_BANKS]; /* in the order of enum hash_kind */
    bool is_used[TPM_BANKS];
};

/* "sha256". */
const char *tpm_bank_name(enum hash_kind kind);
/* ERR_MALFORMED with the line, or in JSON the element, that is none, from 1; ERR_NOMEM. */
enum err tpm_predict(struct tpm_prediction *out, struct arena *arena, struct bytes list,
                     size_t *line);

#endif
