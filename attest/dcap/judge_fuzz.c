/* Covers: dcap_judge dcap_quote_describe pck_parse tcb_outcome_of qe_identity_check
 *
 * Input: rules (1 byte), then pieces: kind and role (1 byte: kind, 0x80 for a root), size (2
 * bytes, little-endian), contents. */
#include <stdlib.h>

#include "attest/dcap/job.h"

#define NOW 1738368000 /* 2025-02-01T00:00:00Z, when the seeds are good */
#define PIECES_MAX 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static void pieces_add(struct exhibits *x, struct reader *r)
{
    for (uint32_t i = 0; i < PIECES_MAX && r->left > 0; i++) {
        uint8_t head = reader_u8(r);
        struct bytes raw = reader_take(r, reader_u16le(r));
        enum exhibit_kind kind = (enum exhibit_kind)(head & 0x7f);

        if (!reader_ok(r) || kind >= EXHIBIT_KIND_COUNT)
            return;
        exhibit_put(x, head & 0x80 ? EXHIBIT_ROOT : EXHIBIT_EVIDENCE, kind, "piece", raw);
    }
}

/* Genuine or not, a verdict is one: good and without a reason, with claims, or neither. */
static void outcome_check(bool good, const struct verdict *v, const struct claims *c)
{
    if (good != verdict_good(v))
        abort();
    if (good && (v->passed_count < 6 || c->report_data.size != 64 || c->is_debug == CLAIM_UNKNOWN ||
                 c->tcb_status == TCB_REVOKED))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exhibits exhibits;
    static struct verdict verdict;
    static struct claims claims;
    struct reader r = reader_of((struct bytes){ data, size });
    uint8_t rules = reader_u8(&r);
    struct arena arena;
    struct fields fields;
    struct judge_context x = { .arena = &arena, .exhibits = &exhibits, .now = NOW };
    const struct exhibit *quote;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 64 << 20);
    x.rules.crl_optional = (rules & 1) != 0;
    x.rules.collateral_optional = (rules & 2) != 0;
    x.rules.trailing_bytes_allowed = (rules & 4) != 0;
    exhibits_init(&exhibits, &arena);
    pieces_add(&exhibits, &r);
    quote = exhibit_next(&exhibits, EXHIBIT_QUOTE, NULL);
    if (quote != NULL) {
        verdict_init(&verdict, &arena);
        claims = (struct claims){ 0 };
        fields_init(&claims.own, &arena);
        outcome_check(dcap_judge(&verdict, &claims, &x, quote), &verdict, &claims);
        fields_init(&fields, &arena);
        (void)dcap_quote_describe(&fields, quote);
    }
    arena_done(&arena);
    return 0;
}
