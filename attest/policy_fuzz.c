/* Covers: policy_parse policy_judge policy_explain policy_diff */
#include <stdlib.h>
#include <string.h>

#include "attest/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static const uint8_t some[48] = { 0xaa };
static struct claims claims;
static struct exhibits exhibits;
static uint8_t shown[2][1 << 16];

static void claims_fill(struct arena *arena)
{
    claims = (struct claims){ .platform = PLATFORM_TDX, .is_hardware = true, .is_debug = CLAIM_NO };
    claims.measurement = BYTES_OF(some);
    claims.chip_family = BYTES_TEXT("00906ED50000");
    claims.tcb_status = TCB_OUT_OF_DATE;
    claims.tcb_date = 1691539200;
    claims_advisory(&claims, BYTES_TEXT("INTEL-SA-00615"));
    claims_part(&claims, "pcesvn", 11);
    claims_register(&claims, "rtmr0", BYTES_OF(some));
    fields_init(&claims.own, arena);
    fields_uint(&claims.own, "tee_type", 129);
    fields_list(&claims.own, "levels");
    fields_string(&claims.own, NULL, "1.5.3");
    fields_end(&claims.own);
}

static size_t judged(uint8_t room[1 << 16], struct verdict *v, struct arena *arena,
                     const struct policy *p)
{
    struct judge_context x = {
        .arena = arena, .exhibits = &exhibits, .now = 1750000000, .policy = p
    };
    struct writer w = writer_of(room, 1 << 16);

    verdict_init(v, arena);
    if (policy_judge(v, &claims, &x) != verdict_good(v) || v->code == VERDICT_ACCEPTED)
        abort();
    /* A refusal names its rule. */
    if (!verdict_good(v) && v->rule[0] == '\0' && v->reason != REASON_out_of_memory)
        abort();
    policy_explain(&w, p, &claims, &x);
    return w.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct policy *p = NULL;
    struct policy_error e;
    struct verdict v[2];
    struct writer w = writer_of(shown[0], sizeof shown[0]);

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 16u << 20);
    claims_fill(&arena);
    if (policy_parse(&p, &arena, (struct bytes){ data, size }, &e) == ERR_OK) {
        size_t a, b;

        if (policy_diff(&w, p, p) != 0)
            abort();
        a = judged(shown[0], &v[0], &arena, p);
        b = judged(shown[1], &v[1], &arena, p);
        if (v[0].reason != v[1].reason || a != b || memcmp(shown[0], shown[1], a) != 0)
            abort(); /* the same question, another answer */
        if (size == 0 && verdict_good(&v[0]))
            abort();
    } else if (p != NULL || e.text == NULL) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
