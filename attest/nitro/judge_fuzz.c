/* Covers: nitro_judge nitro_describe nitro_document_parse nitro_is */
#include <string.h>

#include "attest/nitro/document.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole verifier. No input is signed by AWS: none is accepted, and none says anything. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    struct nitro_document d;
    const struct exhibit *e;
    const char *wrong;
    bool is_parsed;

    judging_start();
    judging.now = 1767472867;
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_NITRO, "fuzz", raw);
    if (judging_run(nitro_judge, e) == REASON_NONE)
        abort();
    if (judging_claims.measurement.size != 0 || judging_claims.own.root.first != NULL)
        abort();
    is_parsed = nitro_document_parse(&d, raw, &wrong) == ERR_OK;
    (void)nitro_is(raw);
    if ((nitro_describe(&judging_claims.own, e) == ERR_OK) != is_parsed)
        abort();
    return 0;
}
