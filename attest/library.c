/* libbroch-verify: the verifier behind a header that stands alone. */
#include "broch/verify.h"

#include "attest/format.h"
#include "attest/policy.h"
#include "attest/result.h"
#include "base/moment.h"
#include "base/num.h"

/* The policy lives as long as the verifier; a text of a megabyte would fit. */
#define POLICY_SHARE 8u
#define POLICY_LEAST ((size_t)128 << 10)
/* What an arena needs for itself. */
#define ARENA_OVERHEAD 256u

struct broch_verifier {
    struct arena policy_arena, arena;
    struct arena_block {
        void *start;
        size_t size;
        bool is_taken;
    } blocks[2];
    struct policy *policy;
    struct signature_memo memo;
    struct exhibits exhibits;
    struct judge_context context;
    struct verdict verdict;
    struct claims claims;
};

/* An arena over a piece of memory: one chunk, the whole of it. */
static void *block_take(void *context, size_t size)
{
    struct arena_block *b = context;

    if (b->is_taken || size > b->size)
        return NULL;
    b->is_taken = true;
    return b->start;
}

static void block_give(void *context, void *chunk, size_t size)
{
    struct arena_block *b = context;

    (void)chunk;
    (void)size;
    b->is_taken = false;
}

/* Makes the arena take its block at once, so that it never asks again. */
static bool block_open(struct arena *a, struct arena_block *b)
{
    struct arena_source source = { block_take, block_give, b };

    arena_init(a, source, b->size);
    if (arena_alloc(a, b->size - ARENA_OVERHEAD) == NULL)
        return false;
    arena_reset(a);
    return true;
}

static struct bytes text_of(const char *text, size_t most)
{
    return (struct bytes){ (const uint8_t *)text, text == NULL ? 0 : bytes_text_size(text, most) };
}

static enum broch_verify_error policy_open(struct broch_verifier *v, const char *policy,
                                           size_t size, struct broch_policy_error *wrong)
{
    struct bytes text =
        policy == NULL ? BYTES_TEXT("default") : (struct bytes){ (const uint8_t *)policy, size };
    struct bytes built_in = policy_builtin(text);
    struct policy_error e = { 0 };
    struct writer w;
    enum err result =
        policy_parse(&v->policy, &v->policy_arena, built_in.size != 0 ? built_in : text, &e);

    if (result == ERR_OK)
        return BROCH_VERIFY_OK;
    if (wrong != NULL) {
        *wrong = (struct broch_policy_error){ .line = e.line, .column = e.column };
        w = writer_of(wrong->text, sizeof wrong->text - 1);
        format_put(&w, "%s%s%s", e.key != NULL ? e.key : "",
                   e.key != NULL && e.key[0] != '\0' ? ": " : "",
                   e.text != NULL ? e.text : "no policy");
    }
    return result == ERR_NOMEM ? BROCH_VERIFY_MEMORY : BROCH_VERIFY_POLICY;
}

enum broch_verify_error broch_verifier_init(struct broch_verifier **out, void *memory, size_t size,
                                            const char *policy, size_t policy_size,
                                            struct broch_policy_error *wrong)
{
    size_t skip = (size_t)(-(uintptr_t)memory & 63), share;
    struct broch_verifier *v;
    enum broch_verify_error e;
    uint8_t *rest;

    if (out == NULL || memory == NULL)
        return BROCH_VERIFY_USAGE;
    *out = NULL;
    if (size < BROCH_VERIFY_MEMORY_LEAST)
        return BROCH_VERIFY_MEMORY;
    v = (struct broch_verifier *)(void *)((uint8_t *)memory + skip);
    *v = (struct broch_verifier){ 0 };
    rest = (uint8_t *)(v + 1);
    rest += -(uintptr_t)rest & 63;
    size -= (size_t)(rest - (uint8_t *)memory);
    share = num_max(POLICY_LEAST, size / POLICY_SHARE) & ~(size_t)63;
    v->blocks[0] = (struct arena_block){ .start = rest, .size = share };
    v->blocks[1] = (struct arena_block){ .start = rest + share, .size = size - share };
    if (!block_open(&v->policy_arena, &v->blocks[0]) || !block_open(&v->arena, &v->blocks[1]))
        return BROCH_VERIFY_MEMORY;
    e = policy_open(v, policy, policy_size, wrong);
    if (e != BROCH_VERIFY_OK)
        return e;
    signature_memo_init(&v->memo);
    broch_verifier_reset(v);
    *out = v;
    return BROCH_VERIFY_OK;
}

/* No verdict, and nothing claimed of an earlier one. */
static void verdict_clear(struct broch_verifier *v)
{
    verdict_init(&v->verdict, &v->arena);
    v->claims = (struct claims){ 0 };
    fields_init(&v->claims.own, &v->arena);
}

void broch_verifier_reset(struct broch_verifier *v)
{
    arena_reset(&v->arena);
    exhibits_init(&v->exhibits, &v->arena);
    v->context = (struct judge_context){
        .arena = &v->arena, .exhibits = &v->exhibits, .policy = v->policy, .memo = &v->memo
    };
    verdict_clear(v);
}

enum broch_verify_error broch_verifier_add(struct broch_verifier *v, enum broch_verify_role role,
                                           const char *name, const void *data, size_t size)
{
    static const enum exhibit_role roles[] = {
        [BROCH_VERIFY_EVIDENCE] = EXHIBIT_EVIDENCE,
        [BROCH_VERIFY_ENDORSEMENT] = EXHIBIT_ENDORSEMENT,
        [BROCH_VERIFY_ROOT] = EXHIBIT_ROOT,
    };
    struct bytes raw = { data, size };

    if (v == NULL || (unsigned)role > BROCH_VERIFY_ROOT || (data == NULL && size != 0))
        return BROCH_VERIFY_USAGE;
    switch (exhibit_add(&v->exhibits, roles[role], name != NULL ? name : "", raw)) {
    case ERR_OK: return BROCH_VERIFY_OK;
    case ERR_NOMEM: return BROCH_VERIFY_MEMORY;
    case ERR_LIMIT: return BROCH_VERIFY_LIMIT;
    default: return BROCH_VERIFY_UNKNOWN;
    }
}

enum broch_verdict broch_verifier_judge(struct broch_verifier *v,
                                        const struct broch_question *question, const char **reason)
{
    struct judge_context *x = &v->context;

    if (reason != NULL)
        *reason = NULL;
    /* Nothing is valid at times that no calendar has; counting with them would overflow. */
    x->now = question->now < MOMENT_LEAST  ? MOMENT_LEAST
             : question->now > MOMENT_MOST ? MOMENT_MOST
                                           : question->now;
    x->nonce =
        (struct bytes){ question->nonce, question->nonce == NULL ? 0 : question->nonce_size };
    x->report_data =
        (struct bytes){ question->report_data,
                        question->report_data == NULL ? 0 : question->report_data_size };
    x->kind = PLATFORM_NONE;
    if (question->platform != NULL) {
        x->kind = platform_named(text_of(question->platform, 32));
        if (x->kind == PLATFORM_NONE) { /* what is asked for does not exist, so nothing is it */
            verdict_clear(v);
            (void)verdict_fail(&v->verdict, REASON_unknown_evidence, "no platform of that name");
        }
    }
    if (question->platform == NULL || x->kind != PLATFORM_NONE)
        judge(&v->verdict, &v->claims, x);
    if (reason != NULL && v->verdict.reason != REASON_NONE)
        *reason = reason_text(v->verdict.reason)->id;
    switch (v->verdict.code) {
    case VERDICT_ACCEPTED: return BROCH_ACCEPTED;
    case VERDICT_REFUSED: return BROCH_REFUSED;
    default: return BROCH_UNDECIDED;
    }
}

int broch_verifier_claim(const struct broch_verifier *v, enum broch_claim claim,
                         const uint8_t **data, size_t *size)
{
    const struct claims *c = &v->claims;
    struct bytes found = { 0 };

    switch (claim) {
    case BROCH_CLAIM_MEASUREMENT: found = c->measurement; break;
    case BROCH_CLAIM_SIGNER: found = c->signer; break;
    case BROCH_CLAIM_REPORT_DATA: found = c->report_data; break;
    case BROCH_CLAIM_HOST_DATA: found = c->host_data; break;
    case BROCH_CLAIM_CHIP_ID: found = c->chip_id; break;
    case BROCH_CLAIM_WORKLOAD: found = c->workload; break;
    }
    *data = found.data;
    *size = found.size;
    return found.size != 0;
}

static size_t shown(const struct broch_verifier *v, char *out, size_t room, bool json)
{
    struct writer w = writer_of(out, room == 0 ? 0 : room - 1);

    if (json)
        result_json(&w, &v->verdict, &v->claims, &v->context, false);
    else
        result_text(&w, &v->verdict, &v->claims, &v->context);
    if (room > 0)
        out[writer_ok(&w) ? w.size : 0] = '\0';
    return writer_ok(&w) ? w.size : SIZE_MAX;
}

size_t broch_verifier_json(const struct broch_verifier *v, char *out, size_t room)
{
    return shown(v, out, room, true);
}

size_t broch_verifier_text(const struct broch_verifier *v, char *out, size_t room)
{
    return shown(v, out, room, false);
}

enum broch_verify_error broch_verifier_result(const struct broch_verifier *v,
                                              enum broch_result_form form, const uint8_t seed[32],
                                              uint8_t *out, size_t room, size_t *size)
{
    struct writer w = writer_of(out, room);

    enum err e = result_ear(&w, form == BROCH_RESULT_CWT ? EAR_CWT : EAR_JWT, &v->verdict,
                            &v->claims, &v->context, seed);

    *size = 0;
    if (e == ERR_NOMEM || e == ERR_LIMIT || (e == ERR_OK && !writer_ok(&w)))
        return BROCH_VERIFY_MEMORY;
    if (e != ERR_OK)
        return BROCH_VERIFY_CRYPTO;
    *size = w.size;
    return BROCH_VERIFY_OK;
}
