/* Covers: corim_parse corim_describe corim_reference_next corim_check corim_is */
#include <string.h>

#include "attest/corim/corim.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the cursor gives is allowed, and what was parsed can be described. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t x[32] = { 9 };
    struct public_key key = { .kind = KEY_ED25519, .x = BYTES_OF(x) };
    struct bytes raw = { data, size }, measurement;
    struct corim_cursor at = { 0 };
    enum platform platform;
    const struct exhibit *e;
    const char *wrong;
    struct corim c;
    enum err parsed;

    judging_start();
    (void)corim_is(raw);
    parsed = corim_parse(&c, &judging_arena, raw, &wrong);
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CORIM, "fuzz", raw);
    if (corim_describe(&judging_claims.own, e) != parsed)
        abort();
    if (parsed != ERR_OK)
        return 0;
    while (corim_reference_next(&c, &at, &platform, &measurement))
        if (!corim_allows(&c, platform, measurement))
            abort();
    if (corim_check(&c, &judging_arena, &key) == SIGNATURE_GOOD)
        abort();
    return 0;
}
