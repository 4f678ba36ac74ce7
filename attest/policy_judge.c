#include "attest/corim/corim.h"
#include "attest/distrust.h"
#include "attest/format.h"
#include "attest/policy_model.h"
#include "base/ct.h"
#include "base/num.h"
#include "crypto/hash.h"

/* What evidence may claim of times ahead of ours: clocks differ. */
#define POLICY_CLOCK_SLACK 300

struct question {
    const struct policy *policy;
    const struct policy_rule *rule;
    const struct claims *claims;
    const struct judge_context *x;
};

#define SAY(q, ...) verdict_format((q)->x->arena, __VA_ARGS__)

static struct rule_answer answer(bool good, enum reason reason, const char *detail)
{
    return (struct rule_answer){ good ? RULE_PASSED : RULE_REFUSED, reason, detail };
}

static struct rule_answer skipped(void)
{
    return (struct rule_answer){ RULE_SKIPPED, REASON_policy_rule_failed, "does not concern it" };
}

static const char *shown(const struct question *q, struct bytes text)
{
    uint8_t *room = arena_alloc(q->x->arena, 129);
    struct writer w;

    if (room == NULL)
        return "";
    w = writer_of(room, 128);
    format_clean(&w, (struct bytes){ text.data, num_min(text.size, 40) });
    return (const char *)room;
}

/* Statuses and advisories are Intel's words. */
static bool has_status(enum platform p)
{
    return p == PLATFORM_SGX || p == PLATFORM_TDX || p == PLATFORM_AZURE_TDX;
}

/* Where the evidence of a platform says whether it is a debug keep, silence is no "no". */
static bool says_debug(enum platform p)
{
    return p != PLATFORM_TPM && p != PLATFORM_NVIDIA && p != PLATFORM_SE && p != PLATFORM_PSA;
}

static struct rule_answer judge_platform(const struct question *q)
{
    for (const struct policy_value *v = q->rule->values; v != NULL; v = v->next)
        if (v->platform == q->claims->platform && v->platform != PLATFORM_NONE)
            return answer(true, REASON_platform_not_allowed, platform_name(v->platform));
    return answer(false, REASON_platform_not_allowed,
                  q->rule->values == NULL
                      ? "the policy names no platform"
                      : SAY(q, "%s is not named", platform_name(q->claims->platform)));
}

static struct rule_answer judge_simulated(const struct question *q)
{
    const struct claims *c = q->claims;

    if (q->rule->values->number != 0)
        return answer(true, REASON_simulated_not_allowed,
                      c->is_simulated ? "SIMULATED: allowed" : "not simulated");
    if (c->is_simulated)
        return answer(false, REASON_simulated_not_allowed, "simulated");
    if (c->is_endorsement)
        return skipped();
    return answer(c->is_hardware, REASON_root_not_the_makers,
                  c->is_hardware ? "hardware" : "no maker's root");
}

static struct rule_answer judge_debug(const struct question *q)
{
    enum claim_truth debug = q->claims->is_debug;

    if (q->rule->values->number != 0)
        return answer(true, REASON_debug_not_allowed,
                      debug == CLAIM_YES ? "DEBUG: allowed" : "not debug, or not said");
    if (debug == CLAIM_NO)
        return answer(true, REASON_debug_not_allowed, "not debug");
    if (debug == CLAIM_YES)
        return answer(false, REASON_debug_not_allowed, "debug");
    return answer(!says_debug(q->claims->platform), REASON_debug_not_allowed,
                  "the evidence does not say");
}

/* One of the rule's values is `found`: as bytes, or as text. */
static struct rule_answer judge_found(const struct question *q, struct bytes found, bool is_text,
                                      enum reason reason, const char *what)
{
    const char *seen = is_text ? shown(q, found) : verdict_hex(q->x->arena, found);

    if (q->rule->is_any)
        return answer(true, reason, "any");
    if (found.size == 0)
        return answer(false, reason, SAY(q, "the evidence has no %s", what));
    for (const struct policy_value *v = q->rule->values; v != NULL; v = v->next)
        if (is_text ? bytes_equal(v->text, found)
                    : (v->platform == PLATFORM_NONE || v->platform == q->claims->platform) &&
                          ct_equal(v->hex, found))
            return answer(true, reason, seen);
    return answer(false, reason, SAY(q, "%s is not among them", seen));
}

/* The rules that compare one claim with a list. */
static struct rule_answer judge_claim(const struct question *q)
{
    const struct claims *c = q->claims;

    switch (q->rule->kind) {
    case RULE_FAMILY:
        return judge_found(q, c->chip_family, true, REASON_chip_not_allowed, "chip family");
    case RULE_MODEL:
        return judge_found(q, c->chip_model, true, REASON_chip_not_allowed, "chip model");
    case RULE_CHIP: return judge_found(q, c->chip_id, false, REASON_chip_not_allowed, "chip id");
    case RULE_MEASUREMENT:
        return judge_found(q, c->measurement, false, REASON_measurement_not_allowed, "measurement");
    case RULE_SIGNER: return judge_found(q, c->signer, false, REASON_signer_not_allowed, "signer");
    case RULE_SIGNER_KEY:
        return judge_found(q, c->signer_key_digest, false, REASON_signer_not_allowed,
                           "digest of a signer's key");
    case RULE_WORKLOAD:
        return judge_found(q, c->workload, false, REASON_workload_not_allowed, "workload");
    default: return judge_found(q, c->host_data, false, REASON_policy_rule_failed, "host data");
    }
}

/* A root by the SHA-256 of its certificate, or of its key, as the claims have it. */
static struct rule_answer judge_root(const struct question *q)
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (q->claims->root.size == 0)
        return answer(q->rule->is_any, REASON_untrusted_root, "the chain has no root");
    if (hash_sha256(digest, q->claims->root) != ERR_OK)
        return answer(false, REASON_crypto_failed, "SHA-256");
    return judge_found(q, BYTES_OF(digest), false, REASON_untrusted_root, "root");
}

static struct rule_answer judge_tcb(const struct question *q)
{
    const struct policy_rule *rule = q->rule;
    const struct claims *c = q->claims;

    if (rule->operator== OPERATOR_ONE_OF) /* the families that have a minimum */
        return judge_found(q, c->chip_family, true, REASON_chip_not_allowed, "chip family");
    if (rule->family.size > 0 && !bytes_equal(rule->family, c->chip_family))
        return skipped();
    for (uint32_t i = 0; i < num_min(c->tcb_count, CLAIM_PARTS_MAX); i++)
        if (bytes_equal(rule->subject, format_text(c->tcb[i].name)))
            return answer(c->tcb[i].version >= (uint64_t)rule->values->number, REASON_tcb_too_old,
                          SAY(q, "%s is %llu, wanted %lld or later", c->tcb[i].name,
                              (unsigned long long)c->tcb[i].version,
                              (long long)rule->values->number));
    return answer(false, REASON_tcb_too_old, "the evidence has no such part");
}

static bool is_effective(const struct policy_rule *rule, const struct claims *c)
{
    if (rule->platform != PLATFORM_NONE)
        return rule->platform == c->platform;
    return (rule->overridden & 1u << c->platform) == 0;
}

/* Open Enclave's baseline: a platform whose level Intel dated at that day or later counts as up
 * to date, for as long as the relying party says so. */
static enum tcb_status status_by_baseline(const struct question *q)
{
    enum tcb_status s = q->claims->tcb_status;

    for (const struct policy_rule *r = q->policy->first; r != NULL; r = r->next) {
        if (r->kind != RULE_BASELINE || !is_effective(r, q->claims) || q->claims->tcb_date == 0 ||
            q->claims->tcb_date < r->values->number)
            continue;
        if (s == TCB_OUT_OF_DATE)
            return TCB_UP_TO_DATE;
        if (s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED)
            return TCB_CONFIGURATION_NEEDED;
    }
    return s;
}

static struct rule_answer judge_status(const struct question *q)
{
    enum tcb_status found = q->claims->tcb_status, s = status_by_baseline(q);
    const char *name = tcb_status_name(s);

    if (!has_status(q->claims->platform))
        return skipped();
    if (found == TCB_REVOKED)
        return answer(false, REASON_status_not_allowed, "Revoked");
    if (s == TCB_STATUS_NONE) {
        if (!q->rule->is_any)
            return answer(false, REASON_status_not_allowed, "the status is not known");
        return (struct rule_answer){ RULE_WAIVED, REASON_status_not_allowed, "not known" };
    }
    if (s != found)
        name = SAY(q, "%s, by the baseline %s", tcb_status_name(found), name);
    for (const struct policy_value *v = q->rule->values; v != NULL; v = v->next)
        if (v->number == (int64_t)s)
            return answer(true, REASON_status_not_allowed, name);
    return answer(q->rule->is_any, REASON_status_not_allowed, name);
}

static struct rule_answer judge_advisory(const struct question *q)
{
    const struct claims *c = q->claims;

    if (!has_status(c->platform))
        return skipped();
    if (q->rule->is_any)
        return answer(true, REASON_advisory_not_allowed, "any");
    if (c->advisory_count >= CLAIM_ADVISORIES_MAX)
        return answer(false, REASON_advisory_not_allowed, "more than can be listed");
    for (uint32_t i = 0; i < c->advisory_count; i++) {
        const struct policy_value *v = q->rule->values;

        while (v != NULL && !bytes_equal(v->text, c->advisories[i]))
            v = v->next;
        if (v == NULL)
            return answer(false, REASON_advisory_not_allowed, shown(q, c->advisories[i]));
    }
    return answer(true, REASON_advisory_not_allowed, SAY(q, "%u, all named", c->advisory_count));
}

static struct rule_answer judge_evaluation(const struct question *q)
{
    if (!has_status(q->claims->platform))
        return skipped();
    return answer(q->claims->tcb_evaluation >= (uint64_t)q->rule->values->number,
                  REASON_tcb_too_old,
                  SAY(q, "tcbEvaluationDataNumber is %u, wanted %lld or later",
                      q->claims->tcb_evaluation, (long long)q->rule->values->number));
}

static struct rule_answer judge_fresh(const struct question *q)
{
    if (q->rule->values->number == 0)
        return skipped();
    return answer(q->claims->is_fresh, REASON_too_old,
                  q->claims->is_fresh ? "it answers the challenge"
                                      : "no challenge was given that it answers");
}

static struct rule_answer judge_age(const struct question *q)
{
    int64_t made = q->claims->produced_at, now = q->x->now, most = q->rule->values->number;

    if (q->claims->is_fresh)
        return answer(true, REASON_too_old, "it answers the challenge");
    if (made <= 0)
        return answer(false, REASON_too_old,
                      "it does not say when it was made: give a challenge with --nonce");
    if (made - POLICY_CLOCK_SLACK > now)
        return answer(false, REASON_too_old, "it is from the future");
    return answer(now - made <= most, REASON_too_old,
                  SAY(q, "%lld s old, at most %lld s", (long long)(now - made), (long long)most));
}

/* A register that is only not to be something, names no code. Nor do a TD's RTMRs or the
 * registers of Azure's vTPM by themselves: they hold what the firmware below says, and anybody's
 * firmware can say it. */
static bool is_about_code(const struct policy_rule *r, const struct claims *c)
{
    bool is_below_measured = c->platform != PLATFORM_TDX && c->platform != PLATFORM_AZURE_SNP &&
                             c->platform != PLATFORM_AZURE_TDX;

    return (r->kind == RULE_REGISTER && r->operator== OPERATOR_ONE_OF && is_below_measured) ||
           r->kind == RULE_MEASUREMENT || r->kind == RULE_REFERENCE || r->kind == RULE_SIGNER ||
           r->kind == RULE_WORKLOAD;
}

bool policy_names_code(const struct policy *p, const struct claims *c)
{
    for (const struct policy_rule *r = p->first; r != NULL; r = r->next)
        if (is_about_code(r, c) && !r->is_any && is_effective(r, c))
            return true;
    return false;
}

/* Who names no code would certify any (lesson E36): that has to be said with "any". */
static struct rule_answer judge_code(const struct question *q)
{
    for (const struct policy_rule *r = q->policy->first; r != NULL; r = r->next)
        if (is_about_code(r, q->claims) && is_effective(r, q->claims))
            return skipped();
    return answer(false, REASON_measurement_not_allowed,
                  "the policy names no measurements, registers, reference values, signers or "
                  "workloads, nor \"any\"");
}

/* "pcr7" is the register of that name, or of that name in any bank ("sha256:pcr7"). */
static bool is_register(const char *name, struct bytes subject)
{
    struct bytes text = format_text(name);
    struct reader r = reader_of(text);

    if (bytes_equal(text, subject))
        return true;
    while (r.left > 0)
        if (reader_u8(&r) == ':')
            return bytes_equal(reader_take(&r, r.left), subject);
    return false;
}

static struct rule_answer judge_register(const struct question *q)
{
    const struct claims *c = q->claims;
    bool is_found = false;

    for (uint32_t i = 0; i < num_min(c->register_count, CLAIM_REGISTERS_MAX); i++) {
        struct field f = { .type = FIELD_BYTES, .bytes = c->registers[i].value };

        if (!is_register(c->registers[i].name, q->rule->subject))
            continue;
        is_found = true;
        if (!policy_field_match(&f, q->rule))
            return answer(
                false, REASON_measurement_not_allowed,
                SAY(q, "%s is %s", c->registers[i].name, verdict_hex(q->x->arena, f.bytes)));
    }
    return answer(is_found, REASON_measurement_not_allowed,
                  is_found ? "as named" : "the evidence has no such register");
}

static struct rule_answer judge_field(const struct question *q)
{
    const struct field *f = policy_field_find(&q->claims->own, q->rule->subject);
    uint8_t *room = arena_alloc(q->x->arena, 301);
    struct writer w;

    if (f == NULL)
        return answer(false, REASON_policy_rule_failed, "the evidence has no such field");
    if (room == NULL)
        return answer(false, REASON_out_of_memory, "");
    w = writer_of(room, 300);
    fields_value_print(&w, f);
    return answer(policy_field_match(f, q->rule), REASON_policy_rule_failed, (const char *)room);
}

/* RULE_ALLOW is for the verifiers, RULE_BASELINE for the rule of statuses. */
static struct rule_answer judge_elsewhere(const struct question *q)
{
    (void)q;
    return skipped();
}

static struct rule_answer judge_distrust(const struct question *q)
{
    struct rule_answer a = { RULE_REFUSED, REASON_distrust_list_invalid, "" };

    a.outcome = distrust_judge(&a.reason, &a.detail, q->rule->values->hex,
                               q->rule->values->number != 0, q->claims, q->x)
                    ? RULE_PASSED
                    : RULE_REFUSED;
    return a;
}

static bool is_corim_signed(const struct question *q, const struct corim *m)
{
    for (const struct policy_value *v = q->rule->values; v != NULL; v = v->next) {
        struct public_key key = { .kind = KEY_ED25519, .x = v->hex };

        if (corim_check(m, q->x->arena, &key) == SIGNATURE_GOOD)
            return true;
    }
    return false;
}

/* A manifest that the caller names as a root counts by that; all others by their signature. */
static struct rule_answer judge_reference(const struct question *q)
{
    const struct exhibit *e = NULL;
    uint32_t count = 0;

    while ((e = exhibit_next(q->x->exhibits, EXHIBIT_CORIM, e)) != NULL) {
        const char *wrong = "";
        struct corim m;

        if (corim_parse(&m, q->x->arena, e->raw, &wrong) != ERR_OK ||
            (e->role != EXHIBIT_ROOT && !is_corim_signed(q, &m)))
            continue;
        if (m.has_validity && (q->x->now < m.not_before || q->x->now > m.not_after))
            continue;
        count++;
        if (corim_allows(&m, q->claims->platform, q->claims->measurement))
            return answer(true, REASON_measurement_not_allowed,
                          SAY(q, "%s has it", e->name != NULL ? e->name : "a manifest"));
    }
    return answer(false, REASON_measurement_not_allowed,
                  SAY(q, "not in any of the %u manifests that count", count));
}

typedef struct rule_answer rule_judge(const struct question *q);
static rule_judge *const judges[RULE_KIND_COUNT] = {
    [RULE_ALLOW] = judge_elsewhere,     [RULE_PLATFORM] = judge_platform,
    [RULE_SIMULATED] = judge_simulated, [RULE_DEBUG] = judge_debug,
    [RULE_DISTRUST] = judge_distrust,   [RULE_ROOT] = judge_root,
    [RULE_FAMILY] = judge_claim,        [RULE_MODEL] = judge_claim,
    [RULE_CHIP] = judge_claim,          [RULE_TCB] = judge_tcb,
    [RULE_STATUS] = judge_status,       [RULE_BASELINE] = judge_elsewhere,
    [RULE_ADVISORY] = judge_advisory,   [RULE_EVALUATION] = judge_evaluation,
    [RULE_FRESH] = judge_fresh,         [RULE_AGE] = judge_age,
    [RULE_CODE] = judge_code,           [RULE_MEASUREMENT] = judge_claim,
    [RULE_REGISTER] = judge_register,   [RULE_REFERENCE] = judge_reference,
    [RULE_SIGNER] = judge_claim,        [RULE_SIGNER_KEY] = judge_claim,
    [RULE_WORKLOAD] = judge_claim,      [RULE_HOST_DATA] = judge_claim,
    [RULE_FIELD] = judge_field,
};

struct rule_answer policy_rule_judge(const struct policy *p, const struct policy_rule *rule,
                                     const struct claims *c, const struct judge_context *x)
{
    struct question q = { p, rule, c, x };

    return is_effective(rule, c) ? judges[rule->kind](&q) : skipped();
}

bool policy_judge(struct verdict *v, const struct claims *c, const struct judge_context *x)
{
    if (!verdict_good(v))
        return false;
    if ((unsigned)c->platform >= PLATFORM_COUNT)
        return verdict_fail(v, REASON_platform_not_allowed, "no platform");
    for (const struct policy_rule *r = x->policy->first; r != NULL; r = r->next) {
        struct rule_answer a = policy_rule_judge(x->policy, r, c, x);

        if (a.outcome == RULE_PASSED)
            verdict_pass(v, a.reason, "%s: %s", r->key, a.detail);
        if (a.outcome == RULE_WAIVED)
            verdict_waive(v, a.reason, "%s: %s", r->key, a.detail);
        if (a.outcome == RULE_REFUSED) {
            v->rule = r->key;
            return verdict_fail(v, a.reason, "%s: %s", r->key, a.detail);
        }
        if (!verdict_good(v)) /* memory ended */
            return false;
    }
    return true;
}
