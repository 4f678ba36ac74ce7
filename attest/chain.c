#include "attest/chain.h"

#include "base/moment.h"
#include "base/num.h"

#define NAME_ROOM 160

/* Why no path was found: the fault of the path that got farthest. */
struct fault {
    enum reason reason;
    const char *detail;
    uint32_t rank; /* steps that were good, then how much is wrong; 0: none yet */
};

/* At one step of the path, from the least telling fault to the most. */
enum severity { FAULT_MISSING = 1, FAULT_SIGNATURE, FAULT_ISSUER, FAULT_VALIDITY, FAULT_ROOT };

/* Issuers are looked for depth first: next[d] is the candidate to try for certs[d]. Candidates
 * are numbered: roots, then exhibits, then extra. */
struct search {
    struct chain *chain;
    struct verdict *v;
    const struct judge_context *x;
    const struct chain_profile *profile;
    const struct root *roots;
    uint32_t root_count;
    const struct bytes *extra;
    uint32_t extra_count;
    uint32_t next[CHAIN_MAX];
    uint32_t depth;
    uint32_t tries; /* signature checks left */
    bool saw_unreadable;
    struct fault fault;
};

static enum reason reason_or(enum reason own, enum reason shared)
{
    return own != REASON_NONE ? own : shared;
}

static const char *subject_text(const struct search *s, const struct x509 *c)
{
    char name[NAME_ROOM];

    x509_name_text(name, sizeof name, c->subject);
    return verdict_format(s->x->arena, "%s", name);
}

/* Keeps the fault if it is the most telling so far. */
static bool fault_note(struct search *s, enum severity severity, enum reason reason,
                       const struct x509 *at, const char *what)
{
    uint32_t rank = s->depth * 8 + severity;

    if (rank > s->fault.rank)
        s->fault = (struct fault){
            reason,
            verdict_format(s->x->arena, "%s: %s: %s",
                           s->profile->what != NULL ? s->profile->what : "certificate",
                           subject_text(s, at), what),
            rank,
        };
    return false;
}

static bool is_known_critical(const struct search *s, struct bytes oid)
{
    /* basicConstraints and keyUsage are read below. subjectAltName is critical where the
     * subject is empty (RFC 5280, 4.2.1.6), and names are not what we go by. */
    static const struct bytes standard[] = { BYTES_TEXT("\x55\x1d\x13"), BYTES_TEXT("\x55\x1d\x0f"),
                                             BYTES_TEXT("\x55\x1d\x11") };

    for (size_t i = 0; i < COUNT_OF(standard); i++)
        if (bytes_equal(oid, standard[i]))
            return true;
    for (uint32_t i = 0; i < s->profile->known_extension_count; i++)
        if (bytes_equal(oid, s->profile->known_extensions[i]))
            return true;
    return false;
}

/* "A certificate-using system MUST reject the certificate if it encounters a critical
 * extension it does not recognize" (RFC 5280, 4.2). */
static bool check_critical(struct search *s, const struct x509 *c)
{
    for (uint32_t i = 0; i < c->extension_count; i++)
        if (c->extensions[i].critical && !is_known_critical(s, c->extensions[i].oid))
            return fault_note(s, FAULT_ISSUER, REASON_certificate_chain_invalid, c,
                              "a critical extension is unknown");
    return true;
}

static bool check_validity(struct search *s, const struct x509 *c)
{
    char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE];
    int64_t now = s->x->now;

    if (c->not_before <= now && now <= c->not_after)
        return true;
    moment_text(from, c->not_before);
    moment_text(to, c->not_after);
    return fault_note(s, FAULT_VALIDITY,
                      now < c->not_before
                          ? REASON_certificate_not_yet_valid
                          : reason_or(s->profile->expired, REASON_certificate_expired),
                      c, verdict_format(s->x->arena, "valid from %s to %s", from, to));
}

static bool check_signature(struct search *s, const struct x509 *c, const struct public_key *key)
{
    const struct chain_profile *p = s->profile;

    if (c->signature_kind == SIGNATURE_NONE || key->kind == KEY_NONE)
        return fault_note(s, FAULT_SIGNATURE, REASON_unsupported_algorithm, c,
                          "signed in a way that we do not know");
    if (c->signature_kind == SIGNATURE_RSA_PKCS1_SHA1)
        return fault_note(s, FAULT_SIGNATURE, REASON_unsupported_algorithm, c, "SHA-1");
    if (s->tries == 0)
        return fault_note(s, FAULT_SIGNATURE, REASON_certificate_chain_invalid, c,
                          "too many certificates of the same names");
    s->tries--;
    switch (signature_check_der(key, c->signature_kind, c->tbs, c->signature, s->x->memo)) {
    case SIGNATURE_GOOD: return true;
    case SIGNATURE_WRONG:
        return fault_note(s, FAULT_SIGNATURE,
                          reason_or(p->bad_signature, REASON_certificate_bad_signature), c,
                          "its signature is not its issuer's");
    default: return fault_note(s, FAULT_ROOT, REASON_crypto_failed, c, "signature");
    }
}

/* Same certificate, or another issue of it. */
static bool is_same_entity(const struct x509 *a, const struct x509 *b)
{
    return bytes_equal(a->subject, b->subject) && key_equal(&a->key, &b->key);
}

static bool is_root(const struct root *root, const struct x509 *c)
{
    struct x509 r;

    if (bytes_equal(root->certificate, c->raw))
        return true;
    return root->by_key && bytes_equal(x509_subject_peek(root->certificate), c->subject) &&
           x509_parse(&r, root->certificate) == ERR_OK && is_same_entity(&r, c);
}

/* Whether c is trusted by itself. Another issue of a root is vouched for by its own signature:
 * its dates are then the maker's. */
static bool find_anchor(struct search *s, const struct x509 *c)
{
    const struct exhibit *e = NULL;

    s->chain->root = NULL;
    for (uint32_t i = 0; i < s->root_count; i++)
        if (is_root(&s->roots[i], c)) {
            s->chain->root = &s->roots[i];
            return bytes_equal(s->roots[i].certificate, c->raw) || check_signature(s, c, &c->key);
        }
    while ((e = exhibit_next(s->x->exhibits, EXHIBIT_CERT, e)) != NULL)
        if (e->role == EXHIBIT_ROOT && bytes_equal(e->raw, c->raw))
            return true;
    return false;
}

/* Steps 6.1.4 (k) to (n) of RFC 5280 for the certificate after certs[depth]. A root that is
 * trusted may be of a version that has no extensions. */
static bool check_issuer(struct search *s, const struct x509 *issuer)
{
    uint32_t between = 0;

    if (issuer->has_basic_constraints ? !issuer->is_ca : !find_anchor(s, issuer))
        return fault_note(s, FAULT_ISSUER, REASON_certificate_not_ca, issuer,
                          "is no certification authority");
    if (issuer->has_key_usage && (issuer->key_usage & X509_USE_KEY_CERT_SIGN) == 0)
        return fault_note(s, FAULT_ISSUER, REASON_certificate_not_ca, issuer,
                          "its key may not sign certificates");
    for (uint32_t i = 1; i <= s->depth; i++) /* those that issued themselves do not count */
        if (!bytes_equal(s->chain->certs[i].subject, s->chain->certs[i].issuer))
            between++;
    if (issuer->has_path_length && between > issuer->path_length)
        return fault_note(s, FAULT_ISSUER, REASON_certificate_chain_invalid, issuer,
                          "more certificates below it than its path length allows");
    return check_critical(s, issuer);
}

static bool candidate(const struct search *s, uint32_t at, struct bytes *raw)
{
    const struct exhibits *given = s->x->exhibits;

    if (at < s->root_count) {
        *raw = s->roots[at].certificate;
        return true;
    }
    at -= s->root_count;
    if (at < given->count) {
        *raw = given->items[at].raw;
        return given->items[at].kind == EXHIBIT_CERT;
    }
    *raw = s->extra[at - given->count];
    return true;
}

static bool is_in_path(const struct search *s, const struct x509 *c)
{
    for (uint32_t i = 0; i <= s->depth; i++)
        if (is_same_entity(&s->chain->certs[i], c))
            return true;
    return false;
}

/* The next candidate that may follow certs[depth], into certs[depth + 1]. */
static bool step(struct search *s)
{
    const struct x509 *c = &s->chain->certs[s->depth];
    struct x509 *issuer = &s->chain->certs[s->depth + 1];
    uint32_t end = s->root_count + s->x->exhibits->count + s->extra_count;

    while (s->next[s->depth] < end && s->tries != 0) {
        uint32_t at = s->next[s->depth]++;
        struct bytes raw, subject;

        if (!candidate(s, at, &raw))
            continue;
        subject = x509_subject_peek(raw);
        if (subject.size != 0 && !bytes_equal(subject, c->issuer))
            continue;
        if (x509_parse(issuer, raw) != ERR_OK) {
            s->saw_unreadable = true;
            continue;
        }
        if (is_in_path(s, issuer))
            continue;
        if (check_signature(s, c, &issuer->key) && check_issuer(s, issuer) &&
            check_validity(s, issuer))
            return true;
    }
    return false;
}

/* Nothing that was tried follows certs[depth]. */
static void note_end(struct search *s)
{
    const struct x509 *c = &s->chain->certs[s->depth];
    const struct chain_profile *p = s->profile;
    char issuer[NAME_ROOM];

    if (bytes_equal(c->subject, c->issuer)) {
        (void)fault_note(s, FAULT_ROOT, reason_or(p->untrusted, REASON_untrusted_root), c,
                         "issued itself, and is not trusted");
        return;
    }
    x509_name_text(issuer, sizeof issuer, c->issuer);
    (void)fault_note(s, FAULT_MISSING,
                     s->saw_unreadable ? REASON_certificate_malformed
                                       : reason_or(p->missing, REASON_certificate_missing),
                     c, verdict_format(s->x->arena, "its issuer is missing: %s", issuer));
}

/* certs[0] to a root; false: the fault says why not. */
static bool find_path(struct search *s)
{
    for (;;) {
        if (find_anchor(s, &s->chain->certs[s->depth])) {
            s->chain->count = s->depth + 1;
            return true;
        }
        while (!step(s)) {
            note_end(s);
            if (s->depth == 0)
                return false;
            s->depth--;
        }
        if (s->depth + 2 < CHAIN_MAX)
            s->next[++s->depth] = 0;
        else if (find_anchor(s, &s->chain->certs[s->depth + 1])) {
            s->chain->count = CHAIN_MAX;
            return true;
        } else
            (void)fault_note(s, FAULT_ROOT, REASON_certificate_chain_invalid, &s->chain->certs[0],
                             "the chain is too long");
    }
}

/* What is asked of the leaf alone: after the path, so that a forged one is called forged. */
static bool check_leaf(struct search *s)
{
    const struct x509 *leaf = &s->chain->certs[0];

    s->depth = CHAIN_MAX; /* tells more than whatever was wrong with other candidates */
    /* "The serial number MUST be a positive integer" (RFC 5280, 4.1.2.2). */
    if (leaf->serial.size == 0 && !s->profile->leaf_serial_may_be_zero)
        return fault_note(s, FAULT_ISSUER, REASON_certificate_malformed, leaf,
                          "its serial number is 0");
    return check_critical(s, leaf) && check_validity(s, leaf);
}

static void report(struct search *s, struct claims *c)
{
    const struct chain *chain = s->chain;
    const struct x509 *top = &chain->certs[chain->count - 1];
    const char *what = s->profile->what != NULL ? s->profile->what : "certificate";
    char until[MOMENT_TEXT_SIZE];
    int64_t end = MOMENT_MOST;

    for (uint32_t i = 0; i < chain->count; i++) {
        if (chain->certs[i].not_after < end)
            end = chain->certs[i].not_after;
        if (c != NULL)
            claims_certificate(c, chain->certs[i].raw);
    }
    moment_text(until, end);
    verdict_pass(s->v, REASON_certificate_bad_signature, "%s: %u certificates", what, chain->count);
    verdict_pass(s->v, REASON_certificate_expired, "%s: until %s", what, until);
    verdict_pass(s->v, REASON_untrusted_root, "%s: %s", what,
                 chain->root != NULL ? chain->root->name : subject_text(s, top));
    if (c == NULL)
        return;
    claims_until(c, end);
    if (c->root.size == 0)
        c->root = top->raw;
}

static bool check_revocation(struct search *s, struct claims *c)
{
    const struct chain_profile *p = s->profile;
    const struct chain *chain = s->chain;

    for (uint32_t i = p->revocation_from; i + 1 < chain->count; i++)
        if (!chain_revocation(s->v, c, s->x, &chain->certs[i + 1], &chain->certs[i],
                              i == 0 ? p->revoked_leaf : p->revoked_other, p->crls, p->crl_count))
            return false;
    return true;
}

bool chain_check(struct chain *out, struct verdict *v, struct claims *c,
                 const struct judge_context *x, struct bytes leaf, const struct bytes *extra,
                 uint32_t extra_count, const struct root *roots, uint32_t root_count,
                 const struct chain_profile *profile)
{
    bool no_roots = profile->roots_from_caller_only || x->rules.only_caller_roots;
    struct search s = {
        .chain = out,
        .v = v,
        .x = x,
        .profile = profile,
        .roots = roots,
        .root_count = no_roots ? 0 : root_count,
        .extra = extra,
        .extra_count = extra_count,
        .tries = CHAIN_TRIES_MAX,
    };

    *out = (struct chain){ 0 };
    if (x509_parse(&out->certs[0], leaf) != ERR_OK)
        return verdict_fail(v, REASON_certificate_malformed, "%s",
                            profile->what != NULL ? profile->what : "certificate");
    if (!find_path(&s) || !check_leaf(&s)) {
        out->count = 0;
        return verdict_fail(v, s.fault.reason, "%s", s.fault.detail);
    }
    /* A maker's root stays one where the caller names it himself. */
    for (uint32_t i = 0; i < root_count && out->root == NULL; i++)
        if (bytes_equal(roots[i].certificate, out->certs[out->count - 1].raw))
            out->root = &roots[i];
    report(&s, c);
    return profile->skip_revocation || check_revocation(&s, c);
}
