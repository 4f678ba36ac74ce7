/* Covers: cca_judge cca_describe psa_judge psa_describe cca_platform_parse cca_realm_parse */
#include <string.h>

#include "attest/cca/token.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21 };

static void verify(struct bytes raw, enum exhibit_kind kind, platform_judge *verifier,
                   exhibit_describe *describe)
{
    const struct exhibit *e;
    struct fields f;

    judging_start();
    judging.rules.unanchored_key_allowed = true;
    exhibit_put(&judging_exhibits, EXHIBIT_ROOT, EXHIBIT_KEY, "key", BYTES_OF(key));
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, kind, "fuzz", raw);
    /* Nobody signs for this key: it is no point of the curve. */
    if (judging_run(verifier, e) == REASON_NONE || judging_claims.own.root.first != NULL)
        abort();
    fields_init(&f, &judging_arena);
    if (describe(&f, e) == ERR_OK && f.root.first == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cca_platform platform;
    struct bytes raw = { data, size };
    struct cca_realm realm;
    struct public_key rak;
    const char *wrong;

    verify(raw, EXHIBIT_CCA_TOKEN, cca_judge, cca_describe);
    verify(raw, EXHIBIT_PSA_TOKEN, psa_judge, psa_describe);
    (void)cca_is(raw);
    (void)psa_is(raw);
    if (cca_platform_parse(&platform, raw, CCA_PLATFORM, &wrong) == ERR_OK &&
        (platform.instance_id.size != 33 || platform.implementation_id.size != 32))
        abort();
    if (cca_realm_parse(&realm, raw, &wrong) == ERR_OK) {
        if (realm.challenge.size != 64 || realm.rem[3].size == 0)
            abort();
        (void)cca_realm_key(&rak, &realm);
    }
    return 0;
}
