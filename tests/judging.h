/* judging.h: what tests and fuzzers of one platform's verifier share: a context in static
 * memory, exhibits, and a verdict. Include this in one file per program. Not for shipped code. */
#ifndef BROCH_TESTS_JUDGING_H
#define BROCH_TESTS_JUDGING_H

#include <stdlib.h>

#include "attest/judge.h"
#include "base/num.h"

static struct arena judging_arena;
static struct exhibits judging_exhibits;
static struct judge_context judging = { .arena = &judging_arena, .exhibits = &judging_exhibits };
static struct verdict judging_verdict;
static struct claims judging_claims;

static void *judging_take_(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void judging_give_(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* Forgets all that was shown and judged before. Rules, time and expectations stay. */
[[maybe_unused]] static void judging_start(void)
{
    if (judging_arena.source.take == NULL)
        arena_init(&judging_arena,
                   (struct arena_source){ .take = judging_take_, .give = judging_give_ },
                   64u << 20);
    arena_reset(&judging_arena);
    exhibits_init(&judging_exhibits, &judging_arena);
    verdict_init(&judging_verdict, &judging_arena);
    judging_claims = (struct claims){ 0 };
    fields_init(&judging_claims.own, &judging_arena);
}

/* The reason; REASON_NONE where it was accepted. The verifier says the same both ways. */
[[maybe_unused]] static enum reason judging_run(platform_judge *verifier, const struct exhibit *e)
{
    bool good = verifier(&judging_verdict, &judging_claims, &judging, e);

    if (good != (judging_verdict.reason == REASON_NONE))
        abort();
    return judging_verdict.reason;
}

#endif
