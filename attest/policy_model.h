/* policy_model.h: a policy as the parser leaves it: a flat list of rules in the order in which
 * they are judged. For attest/policy*.c and attest/distrust*.c alone.
 *
 * A rule is one key of the document, or a default that stands where the key is missing. Rules of
 * one kind may stand at the top and in a platform's table: the table's take the place of the
 * top's for that platform. All rules have to hold; within a rule one of its values is enough. */
#ifndef BROCH_ATTEST_POLICY_MODEL_H
#define BROCH_ATTEST_POLICY_MODEL_H

#include "attest/policy.h"
#include "codec/toml.h"

/* The order is the order of judging: what a chip is before what runs on it. */
enum rule_kind {
    RULE_ALLOW, /* for the verifiers: judge_rules */
    RULE_PLATFORM,
    RULE_SIMULATED,
    RULE_DEBUG,
    RULE_DISTRUST,
    RULE_ROOT,
    RULE_FAMILY,
    RULE_MODEL,
    RULE_CHIP,
    RULE_TCB,
    RULE_STATUS,
    RULE_BASELINE, /* speaks through RULE_STATUS */
    RULE_ADVISORY,
    RULE_EVALUATION,
    RULE_FRESH,
    RULE_AGE,
    RULE_CODE, /* at least one of the next ones has to be there */
    RULE_MEASUREMENT,
    RULE_REGISTER,
    RULE_REFERENCE,
    RULE_SIGNER,
    RULE_SIGNER_KEY,
    RULE_WORKLOAD,
    RULE_HOST_DATA,
    RULE_FIELD,
    RULE_KIND_COUNT
};

enum rule_operator {
    OPERATOR_ONE_OF,
    OPERATOR_NONE_OF,
    OPERATOR_AT_LEAST,
    OPERATOR_AT_MOST,
    OPERATOR_BITS_SET,
    OPERATOR_BITS_CLEAR,
};

struct policy_value {
    enum toml_type type;
    enum platform platform; /* of "snp:…"; NONE: any */
    struct bytes text;      /* as written; of a number or truth, too */
    struct bytes hex;       /* the bytes that the text spells, if it does */
    bool has_number;        /* integers, truths, moments, "0x…" */
    int64_t number;
    struct policy_value *next;
};

struct policy_rule {
    enum rule_kind kind;
    const char *key;        /* "snp.minimum_tcb.Milan.microcode" */
    enum platform platform; /* whose table it stands in; NONE: the top */
    uint32_t overridden;    /* bits of platforms whose own rule stands instead */
    enum rule_operator operator;
    bool is_default;      /* the document does not have it */
    bool is_any;          /* "any" */
    struct bytes family;  /* RULE_TCB: of this one alone, if not empty */
    struct bytes subject; /* part, register, path of a field */
    struct policy_value *values, *last_value;
    struct policy_rule *next;
};

struct policy {
    struct bytes name;
    struct judge_rules rules;
    struct policy_rule *first;
    uint32_t count;
};

enum rule_outcome { RULE_SKIPPED, RULE_PASSED, RULE_WAIVED, RULE_REFUSED };
struct rule_answer {
    enum rule_outcome outcome;
    enum reason reason; /* of the check, and of the refusal */
    const char *detail; /* static or in the context's arena */
};

/* What one rule says of these claims. */
struct rule_answer policy_rule_judge(const struct policy *p, const struct policy_rule *rule,
                                     const struct claims *c, const struct judge_context *x);

/* One value of a document. false: it is none that a rule can compare with. */
bool policy_value_read(struct policy_value *out, struct arena *arena, const struct toml_value *t);
/* Whether a field of the evidence, whatever its type, is as the rule wants it. */
bool policy_field_match(const struct field *f, const struct policy_rule *rule);
/* The field of that dotted path, or NULL. Elements of lists by their number, from 0. */
const struct field *policy_field_find(const struct fields *f, struct bytes path);
/* Bytes that hex, with or without 0x, spells; false where it is no hex. */
bool policy_hex(struct bytes *out, struct arena *arena, struct bytes text);
/* "24h", "30m", "7d", "90s" in seconds; false where it is no such thing. */
bool policy_duration(int64_t *out, struct bytes text);
/* The known word that `word` was probably meant to be, or NULL. */
const char *policy_suggest(struct bytes word, const char *const *known, size_t count);

#endif
