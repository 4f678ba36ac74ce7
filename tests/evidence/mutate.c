/* evidence-mutate: one piece of evidence, judged with every byte changed, every length cut.
 *
 *   evidence-mutate [--time RFC3339] [--root F]... [--endorsement F]... [--ranges A-B,C-D]
 *                   [--whole N] [--stride N] [--policy NAME] [--kind K] TARGET [FILE]...
 *
 * The evidence as it is must be accepted. Then no change of one byte in the ranges (default: all
 * of TARGET) may be, no truncation and no extension. Prints what was accepted and may not be, and
 * a last line that counts. TARGET and FILE may be KIND=PATH. For tests/run-mutations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/policy.h"
#include "base/moment.h"

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

static struct arena base, loop;
static struct exhibits others, all;
static struct signature_memo memo;
static struct judge_context context;
static struct claims claims;
static const char *target_kind;

static struct bytes text_of(const char *t)
{
    return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

static struct bytes file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *at = malloc((size_t)16 << 20);
    size_t size;

    if (f == NULL || at == NULL) {
        perror(path);
        exit(70);
    }
    size = fread(at, 1, (size_t)16 << 20, f);
    fclose(f);
    return (struct bytes){ at, size };
}

static void add(struct exhibits *x, enum exhibit_role role, const char *word, struct bytes raw)
{
    const char *equals = strchr(word, '=');
    enum exhibit_kind kind = EXHIBIT_UNKNOWN;

    if (equals != NULL)
        kind = exhibit_kind_named((struct bytes){ (const uint8_t *)word, (size_t)(equals - word) });
    if (kind == EXHIBIT_UNKNOWN) {
        if (exhibit_add(x, role, word, raw) == ERR_NOMEM)
            exit(70);
    } else if (exhibit_put(x, role, kind, word, raw) == NULL) {
        exit(70);
    }
}

static const char *path_of(const char *word)
{
    const char *equals = strchr(word, '=');

    return equals != NULL ? equals + 1 : word;
}

static struct verdict verdict;

static bool accepted(const char *target, struct bytes raw)
{
    arena_reset(&loop);
    all = others;
    all.arena = &loop;
    add(&all, EXHIBIT_EVIDENCE, target, raw);
    context.exhibits = &all;
    judge(&verdict, &claims, &context);
    return verdict.code == VERDICT_ACCEPTED;
}

static bool in_ranges(const char *ranges, size_t at)
{
    char *end;

    if (ranges == NULL)
        return true;
    for (const char *p = ranges; *p != '\0'; p = *end == ',' ? end + 1 : end) {
        size_t from = strtoul(p, &end, 0), to;

        if (*end != '-')
            return false;
        to = strtoul(end + 1, &end, 0);
        if (at >= from && at < to)
            return true;
    }
    return false;
}

static size_t runs, faults;

static void judge_one(bool good, const char *what, size_t at)
{
    runs++;
    if (good)
        return;
    faults++;
    if (faults <= 20)
        printf("# accepted: %s %zu\n", what, at);
}

int main(int argc, char **argv)
{
    struct arena_source heap = { take, give, NULL };
    const char *ranges = NULL, *target = NULL, *policy_name = "authentic";
    struct policy_error wrong;
    struct policy *policy;
    struct bytes raw;
    uint8_t *copy;
    size_t stride = 1, whole = SIZE_MAX;

    arena_init(&base, heap, (size_t)1 << 30);
    arena_init(&loop, heap, (size_t)1 << 30);
    exhibits_init(&others, &base);
    signature_memo_init(&memo);
    context = (struct judge_context){ .arena = &loop, .memo = &memo };
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--time") == 0 && moment_parse(&context.now, text_of(next)) == ERR_OK)
            i++;
        else if (strcmp(argv[i], "--kind") == 0)
            target_kind = argv[++i];
        else if (strcmp(argv[i], "--ranges") == 0)
            ranges = argv[++i];
        else if (strcmp(argv[i], "--stride") == 0)
            stride = strtoul(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--whole") == 0)
            whole = strtoul(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--policy") == 0)
            policy_name = argv[++i];
        else if (strcmp(argv[i], "--root") == 0)
            add(&others, EXHIBIT_ROOT, next, file_read(path_of(argv[++i])));
        else if (strcmp(argv[i], "--only-roots") == 0)
            context.rules.only_caller_roots = true;
        else if (strcmp(argv[i], "--endorsement") == 0)
            add(&others, EXHIBIT_ENDORSEMENT, next, file_read(path_of(argv[++i])));
        else if (target == NULL)
            target = argv[i];
        else
            add(&others, EXHIBIT_EVIDENCE, argv[i], file_read(path_of(argv[i])));
    }
    if (target == NULL || stride == 0 ||
        policy_parse(&policy, &base, policy_builtin(text_of(policy_name)), &wrong) != ERR_OK)
        return 64;
    if (target_kind != NULL)
        context.kind = platform_named(text_of(target_kind));
    context.policy = policy;
    raw = file_read(path_of(target));
    if (!accepted(target, raw)) {
        printf("# not accepted as it is: %s: %s\n", reason_text(verdict.reason)->id,
               verdict.detail);
        printf("0 passed, 1 failed\n");
        return 1;
    }
    copy = malloc(raw.size + 16);
    if (copy == NULL)
        return 70;
    for (size_t i = 0; i < raw.size; i += stride) {
        if (!in_ranges(ranges, i))
            continue;
        memcpy(copy, raw.data, raw.size);
        copy[i] ^= (uint8_t)(1u << (i % 8));
        judge_one(!accepted(target, (struct bytes){ copy, raw.size }), "byte", i);
    }
    for (size_t i = 0; i < raw.size && i < whole; i += stride) {
        /* A copy of its own size, so that a sanitizer sees a read behind its end. */
        uint8_t *cut = malloc(i == 0 ? 1 : i);

        if (cut == NULL)
            return 70;
        memcpy(cut, raw.data, i);
        judge_one(!accepted(target, (struct bytes){ cut, i }), "cut to", i);
        free(cut);
    }
    for (size_t more = 1; more <= 16; more += 15) {
        memcpy(copy, raw.data, raw.size);
        memset(copy + raw.size, 0xa5, more);
        judge_one(!accepted(target, (struct bytes){ copy, raw.size + more }), "longer by", more);
    }
    printf("%zu passed, %zu failed\n", runs - faults, faults);
    arena_done(&loop);
    arena_done(&base);
    return faults != 0;
}
