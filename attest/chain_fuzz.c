/* Covers: chain_check chain_revocation */
#include "attest/chain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* DER elements one after the other: the first is the leaf, the second is trusted by its key,
 * the rest are candidates and lists at once. Whatever comes, a chain that is found ends at the
 * root, each step of it is signed, and without a root nothing is found. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exhibits exhibits;
    struct arena arena;
    struct reader r = reader_of((struct bytes){ data, size });
    struct bytes leaf = der_take_raw(&r);
    struct root root = { .name = "fuzz", .certificate = der_take_raw(&r), .by_key = true };
    struct chain_profile profile = { .what = "fuzz" };
    struct judge_context x = { .arena = &arena, .exhibits = &exhibits, .now = 1893456000 };
    struct verdict v;
    struct chain chain;
    struct claims claims = { 0 };

    arena_init(&arena, (struct arena_source){ take, give, NULL }, (size_t)16 << 20);
    exhibits_init(&exhibits, &arena);
    while (r.left != 0 && exhibits.count + 2 < EXHIBITS_MAX) {
        struct bytes raw = der_take_raw(&r);

        (void)exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CERT, "fuzz", raw);
        (void)exhibit_put(&exhibits, EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, "fuzz", raw);
    }
    for (unsigned pass = 0; pass < 4; pass++) {
        verdict_init(&v, &arena);
        x.rules.crl_optional = (pass & 1) != 0;
        x.rules.only_caller_roots = (pass & 2) != 0;
        if (!chain_check(&chain, &v, &claims, &x, leaf, NULL, 0, &root, 1, &profile)) {
            if (v.reason == REASON_NONE)
                abort();
            continue;
        }
        if ((pass & 2) != 0 || chain.count == 0 || chain.root != &root)
            abort();
        for (uint32_t i = 0; i + 1 < chain.count; i++)
            if (signature_check_der(&chain.certs[i + 1].key, chain.certs[i].signature_kind,
                                    chain.certs[i].tbs, chain.certs[i].signature,
                                    NULL) != SIGNATURE_GOOD)
                abort();
        if (v.code == VERDICT_ACCEPTED || !verdict_good(&v))
            abort();
    }
    arena_done(&arena);
    return 0;
}
