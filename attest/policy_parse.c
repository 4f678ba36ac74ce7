#include "attest/format.h"
#include "attest/policy_model.h"
#include "base/num.h"
#include "base/reader.h"

enum shape {
    SHAPE_VERSION,
    SHAPE_NAME,
    SHAPE_ALLOW,
    SHAPE_BOOL,
    SHAPE_PLATFORMS,
    SHAPE_HEX,      /* one or a list; may be "any" */
    SHAPE_WORDS,    /* likewise */
    SHAPE_STATUSES, /* likewise */
    SHAPE_NUMBER,
    SHAPE_MOMENT,
    SHAPE_DURATION,
    SHAPE_KEYS, /* of those who sign manifests */
    SHAPE_DISTRUST,
    SHAPE_TCB,
    SHAPE_CONDITIONS,
};

enum scope { SCOPE_TOP = 1, SCOPE_PLATFORM = 2, SCOPE_BOTH = 3 };

/* Every key there is. docs/policy.md tells them in this order. */
static const struct policy_key {
    const char *name;
    enum shape shape;
    enum scope scope;
    enum rule_kind kind;
} keys[] = {
    { "version", SHAPE_VERSION, SCOPE_TOP, RULE_KIND_COUNT },
    { "name", SHAPE_NAME, SCOPE_TOP, RULE_KIND_COUNT },
    { "allow", SHAPE_ALLOW, SCOPE_TOP, RULE_ALLOW },
    { "platforms", SHAPE_PLATFORMS, SCOPE_TOP, RULE_PLATFORM },
    { "distrust", SHAPE_DISTRUST, SCOPE_TOP, RULE_DISTRUST },
    { "simulated", SHAPE_BOOL, SCOPE_BOTH, RULE_SIMULATED },
    { "debug", SHAPE_BOOL, SCOPE_BOTH, RULE_DEBUG },
    { "roots", SHAPE_HEX, SCOPE_BOTH, RULE_ROOT },
    { "families", SHAPE_WORDS, SCOPE_BOTH, RULE_FAMILY },
    { "models", SHAPE_WORDS, SCOPE_BOTH, RULE_MODEL },
    { "chip_ids", SHAPE_HEX, SCOPE_BOTH, RULE_CHIP },
    { "statuses", SHAPE_STATUSES, SCOPE_BOTH, RULE_STATUS },
    { "baseline", SHAPE_MOMENT, SCOPE_BOTH, RULE_BASELINE },
    { "advisories", SHAPE_WORDS, SCOPE_BOTH, RULE_ADVISORY },
    { "minimum_evaluation", SHAPE_NUMBER, SCOPE_BOTH, RULE_EVALUATION },
    { "require_fresh", SHAPE_BOOL, SCOPE_BOTH, RULE_FRESH },
    { "max_age", SHAPE_DURATION, SCOPE_BOTH, RULE_AGE },
    { "measurements", SHAPE_HEX, SCOPE_BOTH, RULE_MEASUREMENT },
    { "reference_values", SHAPE_KEYS, SCOPE_BOTH, RULE_REFERENCE },
    { "signers", SHAPE_HEX, SCOPE_BOTH, RULE_SIGNER },
    { "signer_keys", SHAPE_HEX, SCOPE_BOTH, RULE_SIGNER_KEY },
    { "workloads", SHAPE_HEX, SCOPE_BOTH, RULE_WORKLOAD },
    { "host_data", SHAPE_HEX, SCOPE_BOTH, RULE_HOST_DATA },
    { "minimum_tcb", SHAPE_TCB, SCOPE_PLATFORM, RULE_TCB },
    { "registers", SHAPE_CONDITIONS, SCOPE_PLATFORM, RULE_REGISTER },
    { "fields", SHAPE_CONDITIONS, SCOPE_PLATFORM, RULE_FIELD },
};

static const char *const operators[] = { "one_of",  "not",      "at_least",
                                         "at_most", "bits_set", "bits_clear" };
static const enum rule_operator operator_of[] = { OPERATOR_ONE_OF,   OPERATOR_NONE_OF,
                                                  OPERATOR_AT_LEAST, OPERATOR_AT_MOST,
                                                  OPERATOR_BITS_SET, OPERATOR_BITS_CLEAR };

static const char *const allowances[] = {
    "missing-crl",    "missing-collateral", "masked-chip", "unanchored-key",
    "trailing-bytes", "host-requested",     "sha1",        "endorsement-alone",
};

struct parse {
    struct arena *arena;
    struct bytes text;
    struct policy *policy;
    struct policy_error *error;
    enum platform platform; /* whose table is read; NONE: the top */
};

static enum err refuse(struct parse *s, const struct toml_value *at, const char *key,
                       const char *text)
{
    toml_place(s->text, at->offset, &s->error->line, &s->error->column);
    s->error->key = key;
    s->error->text = text;
    return ERR_INVALID;
}

static const char *path_join(struct parse *s, const char *head, struct bytes key)
{
    return verdict_format(s->arena, "%s%s%.*s", head, head[0] != '\0' ? "." : "",
                          (int)num_min(key.size, 128), (const char *)key.data);
}

/* In the order of judging; those of one kind in the order of the document. */
static enum err rule_add(struct parse *s, struct policy_rule **out, enum rule_kind kind,
                         const char *key)
{
    struct policy_rule *rule = arena_alloc(s->arena, sizeof *rule);
    struct policy_rule **at = &s->policy->first;

    if (rule == NULL)
        return ERR_NOMEM;
    *rule = (struct policy_rule){ .kind = kind, .key = key, .platform = s->platform };
    while (*at != NULL && (*at)->kind <= kind)
        at = &(*at)->next;
    rule->next = *at;
    *at = rule;
    s->policy->count++;
    *out = rule;
    return ERR_OK;
}

static enum err unknown(struct parse *s, const struct toml_value *at, const char *path,
                        const char *const *known, size_t count, const char *what)
{
    struct bytes word = at->type == TOML_STRING && at->key.size == 0 ? at->text : at->key;
    const char *near = policy_suggest(word, known, count);

    if (near == NULL)
        return refuse(s, at, path, verdict_format(s->arena, "This is no %s.", what));
    return refuse(s, at, path, verdict_format(s->arena, "This is no %s; \"%s\" is.", what, near));
}

/* "snp:00ff…", "sha256:00ff…", "00ff…". */
static enum err hex_value(struct parse *s, const struct toml_value *t, const char *key,
                          struct policy_value *v)
{
    size_t colon = 0;
    struct bytes head;

    if (t->type != TOML_STRING)
        return refuse(s, t, key, "This has to be hexadecimal, in quotes.");
    while (colon < t->text.size && t->text.data[colon] != ':')
        colon++;
    head = (struct bytes){ t->text.data, colon };
    if (colon == t->text.size) {
        head.size = 0;
    } else {
        struct reader r = reader_of(t->text);

        reader_skip(&r, colon + 1);
        v->platform = platform_named(head);
        if (v->platform == PLATFORM_NONE && !bytes_equal(head, BYTES_TEXT("sha256")) &&
            !bytes_equal(head, BYTES_TEXT("sha384")) && !bytes_equal(head, BYTES_TEXT("sha512")))
            return refuse(s, t, key, "No platform or digest is called what stands before ':'.");
        if (!policy_hex(&v->hex, s->arena, reader_take(&r, r.left)))
            return refuse(s, t, key, "Hexadecimal has to stand after ':'.");
    }
    if (v->hex.size == 0)
        return refuse(s, t, key, "This has to be hexadecimal, two digits for each byte.");
    return ERR_OK;
}

/* "ed25519:00ff…": the one kind of key that our own lists and manifests are signed by. */
static enum err key_value(struct parse *s, const struct toml_value *t, const char *key,
                          struct policy_value *v)
{
    struct reader r = reader_of(t->text);

    if (t->type != TOML_STRING || !bytes_equal(reader_take(&r, 8), BYTES_TEXT("ed25519:")) ||
        !policy_hex(&v->hex, s->arena, reader_take(&r, r.left)) || v->hex.size != 32)
        return refuse(s, t, key, "A key is \"ed25519:\" and 64 hexadecimal digits.");
    return ERR_OK;
}

static enum err value_check(struct parse *s, enum shape shape, const struct toml_value *t,
                            const char *key, struct policy_value *v)
{
    switch (shape) {
    case SHAPE_HEX: return hex_value(s, t, key, v);
    case SHAPE_WORDS:
        if (t->type != TOML_STRING || t->text.size == 0)
            return refuse(s, t, key, "This has to be text.");
        return ERR_OK;
    case SHAPE_PLATFORMS:
        v->platform = t->type == TOML_STRING ? platform_named(t->text) : PLATFORM_NONE;
        if (v->platform == PLATFORM_NONE)
            return refuse(s, t, key, "No platform has this name.");
        return ERR_OK;
    case SHAPE_STATUSES:
        v->number = t->type == TOML_STRING ? (int64_t)tcb_status_named(t->text) : 0;
        if (v->number == TCB_STATUS_NONE)
            return refuse(s, t, key, "Intel has no TCB status of this name.");
        if (v->number == TCB_REVOKED)
            return refuse(s, t, key, "What Intel revoked cannot be accepted.");
        return ERR_OK;
    case SHAPE_KEYS: return key_value(s, t, key, v);
    case SHAPE_ALLOW:
        for (size_t i = 0; i < COUNT_OF(allowances); i++)
            if (t->type == TOML_STRING && bytes_equal(t->text, format_text(allowances[i])))
                return ERR_OK;
        return unknown(s, t, key, allowances, COUNT_OF(allowances), "allowance");
    default: return ERR_OK;
    }
}

static enum err value_add(struct parse *s, struct policy_rule *rule, enum shape shape,
                          const struct toml_value *t)
{
    struct policy_value *v = arena_alloc(s->arena, sizeof *v);

    if (v == NULL)
        return ERR_NOMEM;
    if (!policy_value_read(v, s->arena, t))
        return refuse(s, t, rule->key, "No rule can compare with this type.");
    TRY(value_check(s, shape, t, rule->key, v));
    if (rule->last_value != NULL)
        rule->last_value->next = v;
    else
        rule->values = v;
    rule->last_value = v;
    return ERR_OK;
}

/* One value, a list of them, or "any". An empty list names nothing, so nothing passes. */
static enum err values_read(struct parse *s, struct policy_rule *rule, enum shape shape,
                            const struct toml_value *t)
{
    bool may_be_any = shape == SHAPE_HEX || shape == SHAPE_WORDS || shape == SHAPE_STATUSES;

    if (may_be_any && t->type == TOML_STRING && bytes_equal(t->text, BYTES_TEXT("any"))) {
        rule->is_any = true;
        return ERR_OK;
    }
    if (t->type != TOML_ARRAY)
        return value_add(s, rule, shape, t);
    for (const struct toml_value *v = t->first; v != NULL; v = v->next)
        TRY(value_add(s, rule, shape, v));
    return ERR_OK;
}

static enum err number_read(struct parse *s, struct policy_rule *rule, enum shape shape,
                            const struct toml_value *t)
{
    bool is_good;

    TRY(value_add(s, rule, shape, t));
    switch (shape) {
    case SHAPE_BOOL: is_good = t->type == TOML_BOOL; break;
    case SHAPE_NUMBER: is_good = t->type == TOML_INTEGER && t->integer >= 0; break;
    case SHAPE_MOMENT: is_good = t->type == TOML_DATE_LOCAL || t->type == TOML_DATETIME; break;
    default:
        is_good = t->type == TOML_STRING && policy_duration(&rule->values->number, t->text);
        rule->values->has_number = true;
    }
    if (is_good)
        return ERR_OK;
    return refuse(s, t, rule->key,
                  shape == SHAPE_BOOL     ? "This has to be true or false."
                  : shape == SHAPE_NUMBER ? "This has to be a number, not negative."
                  : shape == SHAPE_MOMENT
                      ? "This has to be a date, without quotes."
                      : "This has to be like \"90s\", \"30m\", \"24h\", \"7d\".");
}

static enum err tcb_part(struct parse *s, const struct toml_value *t, const char *path,
                         struct bytes family)
{
    struct policy_rule *rule;

    if (t->type != TOML_INTEGER || t->integer < 0)
        return refuse(s, t, path, "A part's version has to be a number, not negative.");
    TRY(rule_add(s, &rule, RULE_TCB, path));
    rule->operator= OPERATOR_AT_LEAST;
    rule->family = family;
    rule->subject = t->key;
    return value_add(s, rule, SHAPE_NUMBER, t);
}

/* part = number, or a table of that for each family of chips: families that are not named are
 * then refused, for nobody said what is new enough there. */
static enum err tcb_read(struct parse *s, const struct toml_value *t, const char *path)
{
    struct policy_rule *families = NULL;

    if (t->type != TOML_TABLE)
        return refuse(s, t, path, "This has to be a table of parts.");
    if (t->first == NULL)
        return refuse(s, t, path, "An empty table says nothing.");
    for (const struct toml_value *m = t->first; m != NULL; m = m->next) {
        const char *at = path_join(s, path, m->key);
        struct policy_value *v;

        if (m->type != TOML_TABLE) {
            TRY(tcb_part(s, m, at, (struct bytes){ 0 }));
            continue;
        }
        if (families == NULL)
            TRY(rule_add(s, &families, RULE_TCB, path)); /* operator ONE_OF: of families */
        if (m->first == NULL)
            return refuse(s, m, at, "An empty table says nothing.");
        v = arena_alloc(s->arena, sizeof *v);
        if (v == NULL)
            return ERR_NOMEM;
        *v = (struct policy_value){ .type = TOML_STRING, .text = m->key, .next = families->values };
        families->values = v;
        for (const struct toml_value *part = m->first; part != NULL; part = part->next)
            TRY(tcb_part(s, part, path_join(s, at, part->key), m->key));
    }
    return ERR_OK;
}

static enum err condition_add(struct parse *s, const struct toml_value *t, enum rule_kind kind,
                              const char *path, struct bytes subject, enum rule_operator operator)
{
    struct policy_rule *rule;

    TRY(rule_add(s, &rule, kind, path));
    rule->operator= operator;
    rule->subject = subject;
    TRY(values_read(s, rule, SHAPE_CONDITIONS, t));
    if (operator!= OPERATOR_ONE_OF && rule->values == NULL)
        return refuse(s, t, path, "There has to be a value to compare with.");
    if (operator>= OPERATOR_AT_LEAST && rule->values->next != NULL)
        return refuse(s, t, path, "There can be one value only.");
    return ERR_OK;
}

static size_t operator_find(struct bytes name)
{
    size_t i = 0;

    while (i < COUNT_OF(operators) && !bytes_equal(name, format_text(operators[i])))
        i++;
    return i;
}

/* path = value, list, or a table of operators; other tables only make the path longer. The TOML
 * parser bounds how deep they are (TOML_DEPTH_MAX): the walk keeps to the tree with a stack. */
static enum err conditions_read(struct parse *s, const struct toml_value *t, enum rule_kind kind,
                                const char *path)
{
    const struct toml_value *next[TOML_DEPTH_MAX];
    const char *paths[TOML_DEPTH_MAX], *subjects[TOML_DEPTH_MAX];
    size_t depth = 0;

    if (t->type != TOML_TABLE)
        return refuse(s, t, path, "This has to be a table.");
    if (t->first == NULL)
        return refuse(s, t, path, "An empty table says nothing.");
    next[0] = t->first;
    paths[0] = path;
    subjects[0] = "";
    for (;;) {
        const struct toml_value *m = next[depth];
        const char *subject;
        size_t operator;

        if (m == NULL) {
            if (depth-- == 0)
                return ERR_OK;
            continue;
        }
        next[depth] = m->next;
        operator= depth> 0 ? operator_find(m->key) : COUNT_OF(operators);
        subject = operator<COUNT_OF(operators) ? subjects[depth]
                                               : path_join(s, subjects[depth], m->key);
        path = path_join(s, paths[depth], m->key);
        if (m->type != TOML_TABLE) {
            TRY(condition_add(s, m, kind, path, format_text(subject),
                                                operator<COUNT_OF(operators)
                              ? operator_of[operator] : OPERATOR_ONE_OF));
            continue;
        }
        if (operator<COUNT_OF(operators) || depth + 1 == TOML_DEPTH_MAX)
            return refuse(s, m, path, "This has to be a value.");
        if (m->first == NULL)
            return refuse(s, m, path, "An empty table says nothing.");
        depth++;
        next[depth] = m->first;
        paths[depth] = path;
        subjects[depth] = subject;
    }
}

static enum err distrust_add(struct parse *s, const struct toml_value *key, bool is_required)
{
    struct policy_rule *rule;

    TRY(rule_add(s, &rule, RULE_DISTRUST, "distrust"));
    TRY(value_add(s, rule, SHAPE_KEYS, key));
    rule->values->number = is_required;
    return ERR_OK;
}

/* distrust = [{ key = "ed25519:…", required = true }]: lists signed by that key are obeyed. */
static enum err distrust_read(struct parse *s, const struct toml_value *t, const char *path)
{
    static const char *const known[] = { "key", "required" };

    if (t->type != TOML_ARRAY)
        return refuse(s, t, path, "This has to be a list of { key = …, required = … }.");
    for (const struct toml_value *entry = t->first; entry != NULL; entry = entry->next) {
        const struct toml_value *key = toml_get(entry, BYTES_TEXT("key"));
        const struct toml_value *required = toml_get(entry, BYTES_TEXT("required"));

        if (entry->type != TOML_TABLE || key == NULL || key->type != TOML_STRING)
            return refuse(s, entry, path, "An entry has to be { key = \"ed25519:…\" }.");
        for (const struct toml_value *m = entry->first; m != NULL; m = m->next)
            if (m != key && m != required)
                return unknown(s, m, path_join(s, path, m->key), known, 2, "key of an entry");
        if (required != NULL && required->type != TOML_BOOL)
            return refuse(s, required, "distrust.required", "This has to be true or false.");
        TRY(distrust_add(s, key, required == NULL || required->truth));
    }
    return ERR_OK;
}

static enum err key_read(struct parse *s, const struct policy_key *k, const struct toml_value *t,
                         const char *path)
{
    struct policy_rule *rule;

    switch (k->shape) {
    case SHAPE_VERSION:
        if (t->type != TOML_INTEGER || t->integer != 1)
            return refuse(s, t, path, "The only version there is, is 1.");
        return ERR_OK;
    case SHAPE_NAME:
        if (t->type != TOML_STRING)
            return refuse(s, t, path, "This has to be text.");
        s->policy->name = t->text;
        return ERR_OK;
    case SHAPE_TCB: return tcb_read(s, t, path);
    case SHAPE_CONDITIONS: return conditions_read(s, t, k->kind, path);
    case SHAPE_DISTRUST: return distrust_read(s, t, path);
    default: break;
    }
    TRY(rule_add(s, &rule, k->kind, path));
    switch (k->shape) {
    case SHAPE_BOOL:
    case SHAPE_NUMBER:
    case SHAPE_MOMENT:
    case SHAPE_DURATION: return number_read(s, rule, k->shape, t);
    default: return values_read(s, rule, k->shape, t);
    }
}

static enum err table_read(struct parse *s, const struct toml_value *table, const char *head)
{
    enum scope scope = s->platform == PLATFORM_NONE ? SCOPE_TOP : SCOPE_PLATFORM;

    for (const struct toml_value *m = table->first; m != NULL; m = m->next) {
        const char *path = path_join(s, head, m->key);
        const char *names[COUNT_OF(keys)];
        const struct policy_key *key = NULL;
        size_t count = 0;

        if (scope == SCOPE_TOP && platform_named(m->key) != PLATFORM_NONE)
            continue; /* its turn comes */
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            if ((keys[i].scope & scope) == 0)
                continue;
            names[count++] = keys[i].name;
            if (bytes_equal(m->key, format_text(keys[i].name)))
                key = &keys[i];
        }
        if (key == NULL)
            return unknown(s, m, path, names, count,
                           scope == SCOPE_TOP ? "key of a policy, nor a platform"
                                              : "key of a platform's table");
        TRY(key_read(s, key, m, path));
    }
    return ERR_OK;
}

/* Where the document is silent, the strict answer stands as a rule of its own. */
static enum err defaults_add(struct parse *s)
{
    static const struct {
        enum rule_kind kind;
        const char *key, *value;
    } strict[] = {
        { RULE_ALLOW, "allow", NULL },
        { RULE_PLATFORM, "platforms", NULL },
        { RULE_SIMULATED, "simulated", "false" },
        { RULE_DEBUG, "debug", "false" },
        { RULE_STATUS, "statuses", "UpToDate" },
        { RULE_ADVISORY, "advisories", NULL },
        { RULE_CODE, "measurements", NULL },
    };

    for (size_t i = 0; i < COUNT_OF(strict); i++) {
        struct policy_rule *rule;
        bool is_there = false;

        for (rule = s->policy->first; rule != NULL; rule = rule->next)
            is_there |= rule->kind == strict[i].kind && rule->platform == PLATFORM_NONE;
        if (is_there)
            continue;
        TRY(rule_add(s, &rule, strict[i].kind, strict[i].key));
        rule->is_default = true;
        if (strict[i].value == NULL)
            continue;
        rule->values = arena_alloc(s->arena, sizeof *rule->values);
        if (rule->values == NULL)
            return ERR_NOMEM;
        rule->values->text = format_text(strict[i].value);
        rule->values->type = strict[i].kind == RULE_STATUS ? TOML_STRING : TOML_BOOL;
        rule->values->number = strict[i].kind == RULE_STATUS ? TCB_UP_TO_DATE : 0;
    }
    return ERR_OK;
}

static void overrides_mark(struct policy *p)
{
    for (struct policy_rule *top = p->first; top != NULL; top = top->next) {
        if (top->platform != PLATFORM_NONE || top->kind == RULE_CODE)
            continue;
        for (const struct policy_rule *own = p->first; own != NULL; own = own->next)
            if (own->kind == top->kind && own->platform != PLATFORM_NONE)
                top->overridden |= 1u << own->platform;
    }
}

static void rules_set(struct judge_rules *out, const struct policy *p)
{
    bool *const members[] = {
        &out->crl_optional,           &out->collateral_optional,    &out->masked_chip_allowed,
        &out->unanchored_key_allowed, &out->trailing_bytes_allowed, &out->host_requested_allowed,
        &out->sha1_allowed,           &out->endorsement_allowed,
    };

    _Static_assert(COUNT_OF(members) == COUNT_OF(allowances), "one for each, in their order");
    for (const struct policy_rule *rule = p->first; rule != NULL; rule = rule->next)
        for (const struct policy_value *v = rule->values; v != NULL; v = v->next)
            for (size_t i = 0; rule->kind == RULE_ALLOW && i < COUNT_OF(members); i++)
                if (bytes_equal(v->text, format_text(allowances[i])))
                    *members[i] = true;
}

static enum err document_read(struct parse *s, const struct toml_value *root)
{
    const struct toml_value *version = toml_get(root, BYTES_TEXT("version"));

    if (version == NULL && root->first != NULL)
        return refuse(s, root->first, "version", "A policy says `version = 1`.");
    TRY(table_read(s, root, ""));
    for (const struct toml_value *m = root->first; m != NULL; m = m->next) {
        s->platform = platform_named(m->key);
        if (s->platform == PLATFORM_NONE)
            continue;
        if (m->type != TOML_TABLE)
            return refuse(s, m, platform_name(s->platform), "This has to be a table.");
        TRY(table_read(s, m, platform_name(s->platform)));
    }
    s->platform = PLATFORM_NONE;
    return defaults_add(s);
}

enum err policy_parse(struct policy **out, struct arena *arena, struct bytes toml,
                      struct policy_error *error)
{
    struct policy_error ignored;
    struct toml_value *root = NULL;
    struct toml_error broken = { 0 };
    struct parse s = { .arena = arena, .text = toml, .error = error != NULL ? error : &ignored };
    enum err e;

    *s.error = (struct policy_error){ .line = 1, .column = 1, .key = "", .text = "" };
    e = toml_parse(&root, arena, toml, &broken);
    if (e != ERR_OK) {
        toml_place(toml, broken.offset, &s.error->line, &s.error->column);
        s.error->text =
            verdict_format(arena, "Expected %s.",
                           broken.expected != NULL ? broken.expected : "a smaller document");
        return e == ERR_NOMEM ? e : ERR_MALFORMED;
    }
    s.policy = arena_alloc(arena, sizeof *s.policy);
    if (s.policy == NULL)
        return ERR_NOMEM;
    TRY(document_read(&s, root));
    overrides_mark(s.policy);
    rules_set(&s.policy->rules, s.policy);
    *out = s.policy;
    return ERR_OK;
}

enum err policy_join(struct policy *p, struct arena *arena, struct bytes key)
{
    struct toml_value value = { .type = TOML_STRING, .text = key };
    struct policy_error error;
    struct parse s = { .arena = arena, .text = key, .policy = p, .error = &error };

    return distrust_add(&s, &value, true);
}
