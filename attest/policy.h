/* policy.h: which claims a relying party accepts: data, total, default deny.
 *
 * A policy is a TOML document (docs/policy.md). What it does not allow is refused; a key that
 * it does not know is an error. Two are built in: "default" (hardware alone, no debug, fresh
 * lists of revocations, collateral needed, good TCB statuses) and "authentic" (is this genuine
 * evidence of a known maker? debug, any status short of revoked, and missing lists pass, and
 * each is said). Verifiers never see a policy but for its judge_rules. */
#ifndef BROCH_ATTEST_POLICY_H
#define BROCH_ATTEST_POLICY_H

#include "attest/judge.h"

struct policy_error {
    uint32_t line, column; /* from 1 */
    const char *key;       /* "snp.minimum_tcb", in the arena; or "" */
    const char *text;      /* a sentence */
};

/* The policy lives in the arena and borrows from the text. ERR_MALFORMED (no TOML),
 * ERR_INVALID (TOML, no policy), ERR_NOMEM. */
enum err policy_parse(struct policy **out, struct arena *arena, struct bytes toml,
                      struct policy_error *error);
/* Lists of distrust signed by this key ("ed25519:HEX") are then required by the policy, any
 * policy, as if its document named it. ERR_INVALID where it is no key. */
enum err policy_join(struct policy *p, struct arena *arena, struct bytes key);
/* The text of a built-in policy; empty where there is none of that name. */
struct bytes policy_builtin(struct bytes name);
/* As it calls itself; may be empty. */
struct bytes policy_name(const struct policy *p);
/* What the verifiers may let pass. */
void policy_rules(struct judge_rules *out, const struct policy *p);
/* The last word: every rule against the claims, and the distrust lists. Reports each rule
 * that spoke; v->rule names the one that refused. x->policy is not NULL. */
bool policy_judge(struct verdict *v, const struct claims *c, const struct judge_context *x);
/* Whether a rule names the code that these claims are about: "any" names none. */
bool policy_names_code(const struct policy *p, const struct claims *c);
/* Every rule with what it would say of these claims, one line each, the deciding one marked:
 * `broch policy explain`. With claims NULL: the rules themselves. */
void policy_explain(struct writer *w, const struct policy *p, const struct claims *c,
                    const struct judge_context *x);
struct json_write;
/* The same into an object that is open in j: "policy", "decided_by", "rules". */
void policy_explain_json(struct json_write *j, const struct policy *p, const struct claims *c,
                         const struct judge_context *x);
/* What `b` accepts or refuses otherwise than `a`: one line for each key that differs, "+", "-"
 * or "~" first. The count of them. */
uint32_t policy_diff(struct writer *w, const struct policy *a, const struct policy *b);

#endif
