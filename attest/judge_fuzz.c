/* Covers: attest/exhibit*.c attest/judge.c attest/inspect.c attest/result.c and all verifiers. */
#include <stdlib.h>

#include "attest/policy.h"
#include "attest/result.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* lesson E11: whatever the bytes: a verdict with a reason, in bounded memory; and nothing that
 * nobody signed is accepted by the default policy. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exhibits exhibits;
    static struct claims claims;
    static uint8_t out[1 << 20];
    struct arena_source heap = { take, give, NULL };
    struct judge_context x = { .exhibits = &exhibits, .now = 1750000000 };
    struct verdict v;
    struct arena arena;
    struct writer w;

    arena_init(&arena, heap, (size_t)64 << 20);
    x.arena = &arena;
    exhibits_init(&exhibits, &arena);
    (void)!exhibit_add(&exhibits, EXHIBIT_EVIDENCE, "fuzz", (struct bytes){ data, size });
    judge(&v, &claims, &x);
    if (v.code == VERDICT_ACCEPTED || v.reason == REASON_NONE)
        abort();
    w = writer_of(out, sizeof out);
    result_json(&w, &v, &claims, &x, false);
    w = writer_of(out, sizeof out);
    result_text(&w, &v, &claims, &x);
    for (uint32_t i = 0; i < exhibits.count; i++) {
        struct fields f;

        fields_init(&f, &arena);
        (void)!inspect_describe(&f, &exhibits.items[i]);
        w = writer_of(out, sizeof out);
        fields_print(&w, &f);
    }
    arena_done(&arena);
    return 0;
}
