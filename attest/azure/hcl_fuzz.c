/* Covers: hcl_parse hcl_describe azure_judge */
#include "attest/azure/hcl.h"

#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parts lie inside; a report that no chip vouches for is never accepted. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    struct hcl h;
    const struct exhibit *e;

    judging_start();
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_HCL_REPORT, "hcl", raw);
    if (hcl_parse(&h, raw) == ERR_OK && (h.claims.size >= size || h.hardware.size >= size))
        abort();
    if (hcl_describe(&judging_claims.own, e) == ERR_OK && hcl_parse(&h, raw) != ERR_OK)
        abort();
    judging_start();
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_HCL_REPORT, "hcl", raw);
    if (judging_run(azure_judge, e) == REASON_NONE)
        abort();
    return 0;
}
