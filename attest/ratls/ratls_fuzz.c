/* Covers: ratls_evidence_parse ratls_evidence_is ratls_carrier_find ratls_describe */
#include <stdlib.h>

#include "attest/judge.h"
#include "attest/ratls/carrier.h"
#include "attest/ratls/form.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* Everything that is found lies in the bytes that were given. */
static void within(struct bytes part, struct bytes whole)
{
    if (part.size == 0)
        return;
    if (part.data < whole.data || part.size > whole.size ||
        (size_t)(part.data - whole.data) > whole.size - part.size)
        abort();
}

static void carrier_check(const struct ratls_carrier *k, struct bytes raw)
{
    within(k->evidence, raw);
    within(k->claims_raw, raw);
    within(k->pubkey_hash, raw);
    within(k->nonce, raw);
    within(k->certificates, raw);
    within(k->crls, raw);
    within(k->tcb_info, raw);
    for (uint32_t i = 0; i < k->claim_count; i++) {
        within(k->claims[i].name, raw);
        within(k->claims[i].value, raw);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bytes oids[] = {
        { (const uint8_t *)"\x2b\x06\x01\x04\x01\x83\xc7\x1e\x01\x02", 10 },
        { (const uint8_t *)"\x2b\x06\x01\x04\x01\x83\xc7\x1e\x01\x03", 10 },
        { (const uint8_t *)"\x2a\x86\x48\x86\xf7\x14\x0a\x01\x01", 9 },
        { (const uint8_t *)"\x67\x81\x05\x05\x04\x09", 6 },
    };
    static const enum exhibit_kind kinds[] = { EXHIBIT_RATLS_CERT, EXHIBIT_RATLS_REQUEST,
                                               EXHIBIT_RATLS_EVIDENCE };
    struct bytes raw = { data, size };
    struct ratls_carrier k = { 0 };
    struct arena arena;

    if (ratls_evidence_parse(&k, raw) == ERR_OK) {
        carrier_check(&k, raw);
        if (!ratls_evidence_is(raw))
            abort();
    }
    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        struct x509_extension e = { .oid = oids[i], .value = raw };

        if (ratls_carrier_find(&k, &e, 1) == ERR_OK) {
            carrier_check(&k, raw);
            if (k.form == RATLS_NONE)
                abort();
        }
    }
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct exhibit e = { .kind = kinds[i], .raw = raw, .name = "" };
        struct fields f;

        arena_reset(&arena);
        fields_init(&f, &arena);
        (void)!ratls_describe(&f, &e);
    }
    arena_done(&arena);
    return 0;
}
