#include "attest/policy.h"

#include "attest/format.h"
#include "attest/policy_model.h"
#include "base/num.h"
#include "codec/json_write.h"

#define POLICY_SHOWN_VALUES 8u

void policy_rules(struct judge_rules *out, const struct policy *p) { *out = p->rules; }

struct bytes policy_name(const struct policy *p) { return p->name; }

/* The keys of fields and registers end with the operator. */
static const char *operator_name(const struct policy_rule *rule)
{
    return rule->kind != RULE_TCB ? "=" : rule->operator== OPERATOR_ONE_OF ? "for" : "at least";
}

/* As a policy writes it; a list of many is cut where people read it, never where policies are
 * compared. */
static void values_print(struct writer *w, const struct policy_rule *rule, uint32_t most)
{
    uint32_t count = 0;

    if (rule->is_any)
        format_put(w, "any");
    else if (rule->values == NULL)
        format_put(w, "none");
    for (const struct policy_value *v = rule->values; v != NULL; v = v->next) {
        if (count++ >= most)
            continue;
        format_put(w, "%s", count > 1 ? ", " : "");
        format_clean(w, v->text);
    }
    if (count > most)
        format_put(w, ", … (%u)", count);
    if (rule->kind == RULE_DISTRUST && rule->values != NULL && rule->values->number != 0)
        format_put(w, " (required)");
}

static void rule_print(struct writer *w, const struct policy_rule *rule)
{
    format_clean(w, format_text(rule->key));
    if (rule->kind == RULE_CODE) {
        format_put(w, " (or registers, reference_values, signers, workloads) named at all");
        return;
    }
    format_put(w, " %s ", operator_name(rule));
    values_print(w, rule, POLICY_SHOWN_VALUES);
    if (rule->is_default)
        format_put(w, " (by default)");
}

void policy_explain(struct writer *w, const struct policy *p, const struct claims *c,
                    const struct judge_context *x)
{
    static const char *const outcomes[] = {
        [RULE_SKIPPED] = "  -      ",
        [RULE_PASSED] = "  passes ",
        [RULE_WAIVED] = "  waives ",
        [RULE_REFUSED] = "  refuses",
    };
    bool is_decided = false;

    format_put(w, "policy ");
    format_clean(w, p->name.size > 0 ? p->name : BYTES_TEXT("(without a name)"));
    format_put(w, ", %u rules; all have to hold, the first that refuses decides\n", p->count);
    for (const struct policy_rule *r = p->first; r != NULL; r = r->next) {
        struct rule_answer a;

        if (c == NULL) {
            format_put(w, "  ");
            rule_print(w, r);
            format_put(w, "\n");
            continue;
        }
        a = policy_rule_judge(p, r, c, x);
        if (a.outcome == RULE_REFUSED && !is_decided)
            format_put(w, "=>refuses ");
        else
            format_put(w, "%s ", outcomes[a.outcome]);
        is_decided |= a.outcome == RULE_REFUSED;
        rule_print(w, r);
        if (a.outcome != RULE_SKIPPED) {
            format_put(w, ": ");
            format_clean(w, format_text(a.detail));
        }
        format_put(w, "\n");
    }
    if (c != NULL && !is_decided)
        format_put(w, "accepted: no rule refuses\n");
}

void policy_explain_json(struct json_write *j, const struct policy *p, const struct claims *c,
                         const struct judge_context *x)
{
    static const char *const outcomes[] = {
        [RULE_SKIPPED] = "skips",
        [RULE_PASSED] = "passes",
        [RULE_WAIVED] = "waives",
        [RULE_REFUSED] = "refuses",
    };
    const char *decider = NULL;

    json_write_text(j, "policy", p->name);
    json_write_open(j, "rules", '[');
    for (const struct policy_rule *r = p->first; r != NULL; r = r->next) {
        struct rule_answer a = { RULE_SKIPPED, REASON_NONE, "" };

        json_write_open(j, NULL, '{');
        json_write_string(j, "rule", r->key);
        json_write_bool(j, "default", r->is_default);
        json_write_open(j, "values", '[');
        for (const struct policy_value *v = r->values; v != NULL; v = v->next)
            json_write_text(j, NULL, v->text);
        if (r->is_any)
            json_write_string(j, NULL, "any");
        json_write_close(j, ']');
        if (c != NULL) {
            a = policy_rule_judge(p, r, c, x);
            json_write_string(j, "says", outcomes[a.outcome]);
            json_write_string(j, "detail", a.detail);
        }
        if (a.outcome == RULE_REFUSED)
            json_write_string(j, "reason", reason_text(a.reason)->id);
        if (a.outcome == RULE_REFUSED && decider == NULL)
            decider = r->key;
        json_write_close(j, '}');
    }
    json_write_close(j, ']');
    if (decider != NULL)
        json_write_string(j, "decided_by", decider);
    else
        json_write_null(j, "decided_by");
}

/* --- differences */

static bool is_same_value(const struct policy_rule *ra, const struct policy_value *a,
                          const struct policy_value *b)
{
    /* What is judged as text is compared as text, though it be hex: Intel's families. */
    bool is_text = ra->kind == RULE_FAMILY || ra->kind == RULE_MODEL || ra->kind == RULE_TCB ||
                   ra->kind == RULE_ADVISORY || ra->kind == RULE_FIELD;

    if (a->type != b->type || (ra->kind == RULE_DISTRUST && a->number != b->number))
        return false;
    if (!is_text && a->hex.size > 0 && b->hex.size > 0)
        return a->platform == b->platform && bytes_equal(a->hex, b->hex);
    return bytes_equal(a->text, b->text);
}

static bool has_value(const struct policy_rule *rule, const struct policy_value *wanted)
{
    for (const struct policy_value *v = rule->values; v != NULL; v = v->next)
        if (is_same_value(rule, v, wanted))
            return true;
    return false;
}

static bool is_within(const struct policy_rule *a, const struct policy_rule *b)
{
    for (const struct policy_value *v = a->values; v != NULL; v = v->next)
        if (!has_value(b, v))
            return false;
    return true;
}

/* The rule of the other policy that says the same of the same; distrust lists are told apart by
 * their keys, for there may be several under one name. */
static const struct policy_rule *counterpart(const struct policy *p, const struct policy_rule *rule)
{
    for (const struct policy_rule *r = p->first; r != NULL; r = r->next)
        if (r->kind == rule->kind &&
            r->operator== rule->operator&&
            bytes_equal(format_text(r->key), format_text(rule->key)) &&
            (r->kind != RULE_DISTRUST || bytes_equal(r->values->hex, rule->values->hex)))
            return r;
    return NULL;
}

static void values_minus(struct writer *w, const struct policy_rule *a, const struct policy_rule *b,
                         const char *sign)
{
    for (const struct policy_value *v = a->values; v != NULL; v = v->next) {
        if (has_value(b, v))
            continue;
        format_put(w, " %s", sign);
        format_clean(w, v->text);
    }
}

static void whole_print(struct writer *w, const struct policy_rule *r, const char *sign)
{
    format_put(w, "%s ", sign);
    format_clean(w, format_text(r->key));
    format_put(w, " %s ", operator_name(r));
    values_print(w, r, UINT32_MAX);
    format_put(w, "\n");
}

static void change_print(struct writer *w, const struct policy_rule *a, const struct policy_rule *b)
{
    bool are_lists =
        !a->is_any && !b->is_any &&
        a->operator<= OPERATOR_NONE_OF &&(a->values == NULL || b->values == NULL ||
                                          a->values->next != NULL || b->values->next != NULL);

    format_put(w, "~ ");
    format_clean(w, format_text(a->key));
    if (are_lists) {
        format_put(w, ":");
        values_minus(w, a, b, "-");
        values_minus(w, b, a, "+");
    } else {
        format_put(w, " %s ", operator_name(a));
        values_print(w, a, UINT32_MAX);
        format_put(w, " -> ");
        values_print(w, b, UINT32_MAX);
    }
    format_put(w, "\n");
}

uint32_t policy_diff(struct writer *w, const struct policy *a, const struct policy *b)
{
    uint32_t count = 0;

    for (const struct policy_rule *r = a->first; r != NULL; r = r->next) {
        const struct policy_rule *other = counterpart(b, r);

        if (other == NULL)
            whole_print(w, r, "-");
        else if (r->is_any != other->is_any || !is_within(r, other) || !is_within(other, r))
            change_print(w, r, other);
        else
            continue;
        count++;
    }
    for (const struct policy_rule *r = b->first; r != NULL; r = r->next)
        if (counterpart(a, r) == NULL) {
            whole_print(w, r, "+");
            count++;
        }
    return count;
}
