#include "cli/policy.h"

#include <stdio.h>
#include <string.h>

#include "attest/format.h"
#include "attest/policy.h"
#include "attest/result.h"
#include "base/num.h"
#include "cli/verbs.h"
#include "codec/json_write.h"

struct policy_command {
    struct verify_input in;
    char **operands;
    int count;
    bool json;
    const char *policy, *key;
};

struct policy_shown {
    const struct policy *a, *b;
    const struct verdict *v; /* NULL: no evidence was given */
    const struct claims *c;  /* NULL: it is not genuine, so the policy was not asked */
    const struct judge_context *x;
    bool json;
    const char *name; /* of the policy's file */
    uint32_t differences;
};

static void explain_show(struct writer *w, void *context)
{
    struct policy_shown *s = context;
    struct json_write j = json_write_to(w, true);

    if (!s->json) {
        if (s->v != NULL && s->c == NULL)
            result_text(w, s->v, &(struct claims){ 0 }, s->x);
        policy_explain(w, s->a, s->c, s->x);
        return;
    }
    json_write_open(&j, NULL, '{');
    policy_explain_json(&j, s->a, s->c, s->x);
    if (s->v != NULL) {
        json_write_bool(&j, "accepted", s->v->code == VERDICT_ACCEPTED);
        if (s->v->reason == REASON_NONE)
            json_write_null(&j, "reason");
        else
            json_write_string(&j, "reason", reason_text(s->v->reason)->id);
    }
    json_write_close(&j, '}');
    writer_u8(w, '\n');
}

static void diff_show(struct writer *w, void *context)
{
    struct policy_shown *s = context;

    s->differences = policy_diff(w, s->a, s->b);
}

static void check_show(struct writer *w, void *context)
{
    struct policy_shown *s = context;
    struct json_write j = json_write_to(w, true);

    if (!s->json) {
        format_clean(w, format_text(s->name));
        format_put(w, ": a policy\n");
        return;
    }
    json_write_open(&j, NULL, '{');
    json_write_bool(&j, "valid", true);
    json_write_text(&j, "name", policy_name(s->a));
    json_write_close(&j, '}');
    writer_u8(w, '\n');
}

static int policy_check(struct policy_command *p)
{
    struct policy *policy = NULL;
    struct policy_shown s = { 0 };
    int code = verify_input_policy(&policy, &p->in, p->operands[0]);

    if (code != 0)
        return code;
    s.a = policy;
    s.json = p->json;
    s.name = p->operands[0];
    return verify_output(check_show, &s);
}

static int policy_show(struct policy_command *p)
{
    struct bytes text =
        policy_builtin((struct bytes){ (const uint8_t *)p->operands[0], strlen(p->operands[0]) });

    if (text.size == 0)
        return verb_misused(&verb_policy, "%s: built in are default and authentic", p->operands[0]);
    if (fwrite(text.data, 1, text.size, stdout) != text.size || fflush(stdout) != 0)
        return verb_fail(VERB_SOFTWARE, "standard output: cannot be written");
    return 0;
}

static int policy_compare(struct policy_command *p)
{
    struct policy *a = NULL, *b = NULL;
    struct policy_shown s = { 0 };
    int code = verify_input_policy(&a, &p->in, p->operands[0]);

    if (code == 0)
        code = verify_input_policy(&b, &p->in, p->operands[1]);
    if (code != 0)
        return code;
    s.a = a;
    s.b = b;
    code = verify_output(diff_show, &s);
    return code != 0 ? code : s.differences != 0;
}

static int policy_explained(struct policy_command *p)
{
    static struct claims claims;
    struct verdict verdict = { 0 };
    struct policy_shown s = { .json = p->json, .x = &p->in.context };
    int code;

    p->in.policy_name = p->operands[0];
    code = verify_input_load(&p->in, &verb_policy, p->count - 1, p->operands + 1);
    if (code != 0)
        return code;
    s.a = p->in.context.policy;
    if (p->count > 1) {
        judge(&verdict, &claims, &p->in.context);
        s.v = &verdict;
        if (verdict.reason == REASON_NONE || verdict.rule[0] != '\0')
            s.c = &claims;
    }
    code = verify_output(explain_show, &s);
    if (code != 0 || s.v == NULL)
        return code;
    return verdict.code == VERDICT_ACCEPTED  ? VERIFY_ACCEPTED
           : verdict.code == VERDICT_REFUSED ? VERIFY_REFUSED
                                             : VERIFY_UNDECIDED;
}

static int policy_distrusted(struct policy_command *p)
{
    return policy_distrust_make(&p->in, p->operands[0], p->key);
}

static const struct {
    const char *name, *operands;
    int least, most;
    int (*run)(struct policy_command *p);
} commands[] = {
    { "check", "POLICY", 1, 1, policy_check },
    { "diff", "POLICY POLICY", 2, 2, policy_compare },
    { "distrust", "LIST.toml", 1, 1, policy_distrusted },
    { "explain", "POLICY [FILE...]", 1, 1 << 16, policy_explained },
    { "show", "default|authentic", 1, 1, policy_show },
};

static int policy_run(int argc, char **argv)
{
    static struct policy_command p;
    struct option_walk w = option_walk_mixed(&verb_policy, argc, argv);
    const struct verb_option *o;
    const char *name;
    size_t i = 0;
    int code;

    verify_input_init(&p.in);
    while ((o = option_next(&w)) != NULL) {
        p.json |= option_is(o, "json");
        if (option_is(o, "key"))
            p.key = w.value;
        else if (!verify_input_option(&p.in, o, w.value) && !option_is(o, "json"))
            return verb_misused(&verb_policy, "--%s was given too often", o->name);
    }
    if (option_stop(&w))
        return w.failed;
    name = w.at < argc ? argv[w.at] : "";
    while (i < COUNT_OF(commands) && strcmp(name, commands[i].name) != 0)
        i++;
    if (i == COUNT_OF(commands))
        return verb_misused(&verb_policy, "check, diff, distrust, explain or show is expected");
    p.operands = argv + w.at + 1;
    p.count = argc - w.at - 1;
    if (p.count < commands[i].least || p.count > commands[i].most)
        return verb_misused(&verb_policy, "%s: %s is expected", name, commands[i].operands);
    code = commands[i].run(&p);
    verify_input_done(&p.in);
    return code;
}

static const struct verb_option policy_options[] = {
    VERIFY_INPUT_OPTIONS,
    { "json", VALUE_NONE, NULL, "Print JSON (check and explain)." },
    { "key", VALUE_FILE, "FILE",
      "The Ed25519 key that signs a distrust list: PEM, or its 32 bytes. By default a key of this "
      "user's, made at first use." },
    { 0 },
};

static const struct verb_example policy_examples[] = {
    { "broch policy show default > mine.toml", "Start a policy of your own." },
    { "broch policy explain mine.toml report.bin --collateral ./endorsements",
      "What each rule says of this evidence, and which one decides." },
    { "broch policy distrust list.toml --key key.pem > list.cose", "Sign a distrust list." },
    { 0 },
};

const struct verb verb_policy = {
    .name = "policy",
    .summary = "check, explain and compare policies",
    .operands = "check|diff|distrust|explain|show ...",
    .operand = VALUE_FILE,
    .text = "A policy says which claims of evidence a relying party accepts: what it does not "
            "allow is refused. docs/policy.md tells the language. Where a policy is named, "
            "`default` and `authentic` are the two that are built in.\n\n"
            "check POLICY: whether it is one, else where it is wrong.\n\n"
            "explain POLICY [FILE...]: its rules in the order in which they are judged and, with "
            "evidence, what each says of it; \"=>\" stands before the one that decides.\n\n"
            "diff POLICY POLICY: a line for each rule that the second has otherwise.\n\n"
            "distrust LIST.toml: writes a signed distrust list to standard output.\n\n"
            "show NAME: the text of a built-in policy.",
    .options = policy_options,
    .examples = policy_examples,
    .exit = "0 done, and for explain accepted, for diff the same; 1 refused, or other; 2 could not "
            "be judged; 64 usage; 65 where a policy or list is none.",
    .run = policy_run,
    .words = "check diff distrust explain show",
};
