#include "attest/anchor.h"

static bool key_does(const struct public_key *key, enum signature_kind kind)
{
    switch (kind) {
    case SIGNATURE_ECDSA_SHA256: return key->kind == KEY_P256;
    case SIGNATURE_ECDSA_SHA384: return key->kind == KEY_P384;
    case SIGNATURE_ECDSA_SHA512: return key->kind == KEY_P521;
    case SIGNATURE_ED25519: return key->kind == KEY_ED25519;
    default: return false;
    }
}

static bool prepare(struct verdict *v, const struct judge_context *x, const struct cose *cose,
                    enum signature_kind *kind, struct bytes *message)
{
    *kind = cose_signature_kind(cose->headers.algorithm);
    if (!cose->headers.has_algorithm || *kind == SIGNATURE_NONE)
        return verdict_fail(v, REASON_unsupported_algorithm, "COSE algorithm %lld",
                            (long long)cose->headers.algorithm);
    *message = cose_sign1_message(x->arena, cose);
    return message->size != 0 || verdict_fail(v, REASON_out_of_memory, NULL);
}

bool anchor_key_check(struct verdict *v, const struct judge_context *x, const struct cose *cose,
                      const struct public_key *key, enum reason bad_signature, const char *what)
{
    enum signature_kind kind = SIGNATURE_NONE;
    struct bytes message = { 0 };

    if (!prepare(v, x, cose, &kind, &message))
        return false;
    if (!key_does(key, kind))
        return verdict_fail(v, bad_signature, "%s is not a key for COSE algorithm %lld", what,
                            (long long)cose->headers.algorithm);
    return signature_report(v, signature_check(key, kind, message, cose->signature, NULL),
                            bad_signature, what);
}

/* What became of the keys that were there. */
struct search {
    enum signature_kind kind;
    struct bytes message, signature;
    uint32_t given, trusted, tried;
    enum signature_answer answer;
    struct public_key key; /* the one that signed */
    bool is_root;
};

static void key_try(struct search *s, const struct public_key *key, bool is_root)
{
    enum signature_answer answer;

    if (!key_does(key, s->kind))
        return;
    answer = signature_check(key, s->kind, s->message, s->signature, NULL);
    s->tried++;
    /* Good is final, and "could not say" is not to become a plain no. */
    if (answer != SIGNATURE_WRONG)
        s->answer = answer;
    if (answer == SIGNATURE_GOOD) {
        s->key = *key;
        s->is_root = is_root;
    }
}

static void keys_try(struct search *s, const struct judge_context *x,
                     const struct anchor_profile *profile)
{
    for (const struct exhibit *e = NULL;
         (e = exhibit_next(x->exhibits, EXHIBIT_KEY, e)) != NULL && s->answer != SIGNATURE_GOOD;) {
        bool is_root = e->role == EXHIBIT_ROOT;
        struct public_key key;

        s->given++;
        if (!is_root && !x->rules.unanchored_key_allowed)
            continue;
        s->trusted++;
        if ((e->owner.size == 0 || bytes_equal(e->owner, profile->owner)) &&
            exhibit_key(&key, x->arena, e) == ERR_OK)
            key_try(s, &key, is_root);
    }
    if (s->given == 0 && profile->embedded != NULL && x->rules.unanchored_key_allowed)
        key_try(s, profile->embedded, false);
}

/* SubjectPublicKeyInfo up to the key's own bytes (RFC 5480, 2; RFC 8410, 4). */
static struct bytes spki_head(enum key_kind kind)
{
    static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
    static const uint8_t p384[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };
    static const uint8_t p521[] = { 0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
                                    0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04 };
    static const uint8_t ed25519[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

    switch (kind) {
    case KEY_P256: return BYTES_OF(p256);
    case KEY_P384: return BYTES_OF(p384);
    case KEY_P521: return BYTES_OF(p521);
    default: return BYTES_OF(ed25519); /* key_does takes no others */
    }
}

static struct bytes spki_of(struct arena *arena, const struct public_key *key)
{
    struct bytes head = spki_head(key->kind);
    size_t size = head.size + key->x.size + key->y.size;
    uint8_t *at = arena_alloc(arena, size);
    struct writer w = writer_of(at, at == NULL ? 0 : size);

    writer_put(&w, head);
    writer_put(&w, key->x);
    writer_put(&w, key->y);
    return writer_ok(&w) ? writer_bytes(&w) : (struct bytes){ 0 };
}

bool anchor_cose_check(struct verdict *v, struct claims *c, const struct judge_context *x,
                       const struct cose *cose, const struct anchor_profile *profile,
                       struct public_key *key)
{
    struct search s = { .answer = SIGNATURE_WRONG, .signature = cose->signature };

    if (!prepare(v, x, cose, &s.kind, &s.message))
        return false;
    keys_try(&s, x, profile);
    if (s.given != 0 && s.trusted == 0)
        return verdict_fail(v, REASON_untrusted_root,
                            "the %s was given, but not as one that is trusted (--root)",
                            profile->what);
    if (s.tried == 0)
        return verdict_fail(v, REASON_anchor_missing, "no %s for COSE algorithm %lld%s",
                            profile->what, (long long)cose->headers.algorithm,
                            s.given == 0 ? "" : " and this device among the keys given");
    if (!signature_report(v, s.answer, profile->bad_signature, profile->what))
        return false;
    if (s.is_root)
        verdict_pass(v, REASON_untrusted_root, "%s by the caller's word", profile->what);
    else
        verdict_waive(v, REASON_untrusted_root, "the %s is not one that the caller trusts",
                      profile->what);
    c->root = spki_of(x->arena, &s.key);
    c->is_hardware = s.is_root;
    *key = s.key;
    return true;
}
