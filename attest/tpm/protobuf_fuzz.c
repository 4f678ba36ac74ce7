/* Covers: tpm_protobuf_is tpm_protobuf_add */
#include "attest/tpm/form.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said to have been added is there, and each part's parent is a quote before it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    uint32_t count;

    judging_start();
    count = tpm_protobuf_add(&judging_exhibits, EXHIBIT_EVIDENCE, 0, "fuzz", raw);
    if (count != 0 && (!tpm_protobuf_is(raw) || count != judging_exhibits.count))
        abort();
    for (uint32_t i = 0; i < judging_exhibits.count; i++) {
        const struct exhibit *e = &judging_exhibits.items[i];

        if (e->raw.size == 0 || e->parent > i ||
            (e->parent != 0 && judging_exhibits.items[e->parent - 1].kind != EXHIBIT_TPM_QUOTE))
            abort();
    }
    return 0;
}
