/* Covers: tpm_quote_parse tpm_signature_parse_any tpm_public_parse tpm_pcrs_parse */
#include <stdlib.h>

#include "attest/tpm/pcrs.h"
#include "attest/tpm/public.h"
#include "attest/tpm/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parts of what parses lie inside, and a quote has no byte that is not some part's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    static struct tpm_pcrs pcrs;
    struct tpm_quote q;
    struct tpm_signature s;
    struct tpm_public p;
    struct tpm_public_room room;

    if (tpm_quote_parse(&q, raw) == ERR_OK) {
        size_t sum = 6 + 2 + 2 + 25 + 4 + 2 + q.qualified_signer.size + q.extra_data.size +
                     q.pcr_digest.size;

        if (sum + 4 * q.selection_count > size || sum + 7 * q.selection_count < size)
            abort();
        if (tpm_pcrs_parse(&pcrs, raw, &q) == ERR_OK && pcrs.count > TPM_PCRS_MAX)
            abort();
    }
    if (tpm_signature_parse_any(&s, raw) == ERR_OK && s.rsa.size + s.r.size + s.s.size > size)
        abort();
    if (tpm_public_parse(&p, raw) == ERR_OK) {
        struct public_key key = tpm_public_key(&p, &room);

        if (key.kind != KEY_NONE && key.kind != KEY_RSA && key.x.size < key_field_size(key.kind))
            abort();
    }
    if (tpm_pcrs_file_parse(&pcrs, raw) == ERR_OK && pcrs.count == 0)
        abort();
    return 0;
}
