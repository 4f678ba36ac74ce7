/* Covers: tpm_judge tpm_evidence_contents tpm_registers_judge */
#include <stdlib.h>

#include "tests/judging.h"
#include "tests/tpm_forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES = 5 };

static const enum exhibit_kind kinds[PIECES] = { EXHIBIT_TPM_QUOTE, EXHIBIT_TPM_SIGNATURE,
                                                 EXHIBIT_TPM_PCRS, EXHIBIT_EVENT_LOG,
                                                 EXHIBIT_TPM_PUBLIC };

/* Genuine evidence with bytes changed: the input is (piece, offset, byte), over and over. What
 * is accepted is a quote that was signed, word for word, over registers that are given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tpm_forge genuine;
    struct bytes pieces[PIECES], was[PIECES];
    struct reader r = reader_of((struct bytes){ data, size });
    const struct exhibit *quote = NULL;

    if (genuine.ak.state == NULL)
        tpm_forge_make(&genuine);
    was[0] = TPM_FORGE_BYTES(&genuine, quote);
    was[1] = TPM_FORGE_BYTES(&genuine, signature);
    was[2] = TPM_FORGE_BYTES(&genuine, pcrs);
    was[3] = TPM_FORGE_BYTES(&genuine, log);
    was[4] = TPM_FORGE_BYTES(&genuine, area);
    for (size_t i = 0; i < PIECES; i++) {
        uint8_t *copy = malloc(was[i].size);

        if (copy == NULL)
            abort();
        memcpy(copy, was[i].data, was[i].size);
        pieces[i] = (struct bytes){ copy, was[i].size };
    }
    judging_start();
    while (r.left >= 4) {
        struct bytes *p = &pieces[reader_u8(&r) % PIECES];
        size_t at = reader_u16le(&r);

        ((uint8_t *)(uintptr_t)p->data)[at % p->size] = reader_u8(&r);
    }
    for (size_t i = 0; i < PIECES; i++) {
        const struct exhibit *e = exhibit_put(
            &judging_exhibits, kinds[i] == EXHIBIT_TPM_PUBLIC ? EXHIBIT_ROOT : EXHIBIT_EVIDENCE,
            kinds[i], "piece", pieces[i]);

        quote = i == 0 ? e : quote;
    }
    if (judging_run(tpm_judge, quote) == REASON_NONE &&
        (!bytes_equal(pieces[0], was[0]) || !bytes_equal(pieces[2], was[2])))
        abort();
    for (size_t i = 0; i < PIECES; i++)
        free((void *)(uintptr_t)pieces[i].data);
    return 0;
}
