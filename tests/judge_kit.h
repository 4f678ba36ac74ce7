/* judge_kit.h: an arena, exhibits, a verdict and claims, for tests that call one verifier.
 *
 * All state is static: include this in one file per test program, after check.h. */
#ifndef BROCH_TESTS_JUDGE_KIT_H
#define BROCH_TESTS_JUDGE_KIT_H

#include <stdlib.h>

#include "attest/judge.h"
#include "base/num.h"
#include "tests/check.h"

static struct arena kit_arena;
static struct exhibits kit_exhibits;
static struct verdict kit_verdict;
static struct claims kit_claims;
static struct judge_context kit_context;

static void *kit_take_(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void kit_give_(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* Nothing laid before the verifier, strict rules, this time. */
[[maybe_unused]] static void kit_begin(int64_t now)
{
    if (kit_arena.source.take == NULL)
        arena_init(&kit_arena, (struct arena_source){ kit_take_, kit_give_, NULL },
                   (size_t)256 << 20);
    arena_reset(&kit_arena);
    exhibits_init(&kit_exhibits, &kit_arena);
    kit_context = (struct judge_context){
        .arena = &kit_arena,
        .exhibits = &kit_exhibits,
        .now = now,
    };
    verdict_init(&kit_verdict, &kit_arena);
    kit_claims = (struct claims){ 0 };
    fields_init(&kit_claims.own, &kit_arena);
}

[[maybe_unused]] static struct exhibit *kit_put(enum exhibit_role role, enum exhibit_kind kind,
                                                struct bytes raw)
{
    return exhibit_put(&kit_exhibits, role, kind, "test", raw);
}

/* The reason that the verifier gives: REASON_NONE for none. */
[[maybe_unused]] static enum reason kit_reason(platform_judge *verifier, const struct exhibit *e)
{
    bool good = verifier(&kit_verdict, &kit_claims, &kit_context, e);

    CHECK_EQ(good, kit_verdict.reason == REASON_NONE);
    return kit_verdict.reason;
}

[[maybe_unused]] static bool kit_want(platform_judge *verifier, const struct exhibit *e,
                                      enum reason want)
{
    enum reason found = kit_reason(verifier, e);

    if (CHECK_EQ(found, want))
        return true;
    printf("# %s: %s\n", reason_text(found)->id, kit_verdict.detail);
    return false;
}

/* Whether a check of that name passed or was waived. */
[[maybe_unused]] static bool kit_has(const char *name, bool is_waived)
{
    for (const struct verdict_check *k = kit_verdict.passed; k != NULL; k = k->next)
        if (strcmp(k->name, name) == 0 && k->is_waived == is_waived)
            return true;
    return false;
}

[[maybe_unused]] static int kit_done(void)
{
    arena_done(&kit_arena);
    return check_done();
}

#endif
