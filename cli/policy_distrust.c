#include <stdio.h>
#include <string.h>

#include "attest/distrust.h"
#include "attest/sign1.h"
#include "base/moment.h"
#include "cli/policy.h"
#include "cli/verifier_key.h"
#include "codec/pem.h"
#include "codec/toml.h"
#include "crypto/sign.h"

#define LIST_SIZE_MAX ((size_t)16 << 20)

struct list_read {
    struct arena *arena;
    struct bytes text;
    const char *path;
};

static int wrong(const struct list_read *s, const struct toml_value *at, const char *text)
{
    uint32_t line = 1, column = 1;

    toml_place(s->text, at->offset, &line, &column);
    return verb_fail(VERB_DATA, "%s:%u:%u: %s", s->path, line, column, text);
}

static int moment_take(int64_t *out, const struct list_read *s, const struct toml_value *root,
                       const char *name)
{
    const struct toml_value *t =
        toml_get(root, (struct bytes){ (const uint8_t *)name, strlen(name) });

    if (t == NULL || t->type != TOML_DATETIME || moment_parse(out, t->text) != ERR_OK)
        return wrong(s, t != NULL ? t : root,
                     verdict_format(s->arena, "`%s = 2026-01-31T00:00:00Z` is expected", name));
    return 0;
}

static int member_take(struct distrust_entry *e, const struct list_read *s,
                       const struct toml_value *m)
{
    uint8_t *raw;
    size_t size = 0;
    unsigned k = 0;

    while (k < DISTRUST_MEMBER_COUNT &&
           !bytes_equal(m->key, (struct bytes){ (const uint8_t *)distrust_member_names[k],
                                                strlen(distrust_member_names[k]) }))
        k++;
    if (k == DISTRUST_MEMBER_COUNT)
        return wrong(s, m,
                     "an entry has reason, vendor, platform, family, model, chip_id, "
                     "measurement, signer, certificate");
    if (m->type != TOML_STRING || m->text.size == 0)
        return wrong(s, m, "text is expected");
    if (k == DISTRUST_PLATFORM && platform_named(m->text) == PLATFORM_NONE)
        return wrong(s, m, "no platform has this name");
    e->members[k] = m->text;
    if (distrust_is_text(k))
        return 0;
    raw = arena_alloc(s->arena, m->text.size);
    if (raw == NULL || hex_decode(raw, m->text.size, &size, m->text, false) != ERR_OK)
        return wrong(s, m, "hexadecimal is expected");
    e->members[k] = (struct bytes){ raw, size };
    return 0;
}

static int entries_take(struct distrust_entry **out, uint32_t *count, const struct list_read *s,
                        const struct toml_value *root)
{
    const struct toml_value *list = toml_get(root, BYTES_TEXT("distrust"));
    int code = 0;

    for (const struct toml_value *m = root->first; m != NULL; m = m->next)
        if (m != list && !bytes_equal(m->key, BYTES_TEXT("issued")) &&
            !bytes_equal(m->key, BYTES_TEXT("expires")))
            return wrong(s, m, "a list has issued, expires and [[distrust]]");
    if (list == NULL || list->type != TOML_ARRAY || list->count > DISTRUST_ENTRIES_MAX)
        return wrong(s, list != NULL ? list : root, "[[distrust]] entries are expected");
    *out = arena_array(s->arena, list->count + 1u, sizeof **out);
    if (*out == NULL)
        return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", s->path);
    for (const struct toml_value *t = list->first; t != NULL && code == 0; t = t->next) {
        struct distrust_entry *e = &(*out)[(*count)++];

        if (t->type != TOML_TABLE)
            return wrong(s, t, "a table is expected");
        for (const struct toml_value *m = t->first; m != NULL && code == 0; m = m->next)
            code = member_take(e, s, m);
        if (code == 0 && (e->members[DISTRUST_REASON].size == 0 || t->count < 2))
            code = wrong(s, t, "an entry needs a reason, and what it is about");
    }
    return code;
}

static int list_sign(const struct list_read *s, struct bytes payload, const char *key_path)
{
    uint8_t seed[VERIFIER_SEED_SIZE], key[SIGN_PUBLIC_SIZE];
    size_t size = payload.size + 256;
    void *room = arena_alloc(s->arena, size);
    struct writer w = writer_of(room, room != NULL ? size : 0);
    struct distrust_list l;
    int code = verifier_key_open(seed, key_path);
    enum err e;

    if (code != 0)
        return code;
    e = sign1_make(&w, s->arena, payload, seed);
    if (e == ERR_OK)
        e = sign_public(key, seed);
    explicit_bzero(seed, sizeof seed);
    if (e != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "%s: cannot be signed", s->path);
    if (distrust_parse(&l, payload) != ERR_OK)
        return verb_fail(VERB_DATA, "%s: it expires before it is issued", s->path);
    if (fwrite(w.start, 1, w.size, stdout) != w.size || fflush(stdout) != 0)
        return verb_fail(VERB_SOFTWARE, "standard output: cannot be written");
    fprintf(stderr, "broch: %u entries, signed by ed25519:%s\n", l.count,
            verdict_hex(s->arena, BYTES_OF(key)));
    return 0;
}

int policy_distrust_make(struct verify_input *in, const char *path, const char *key_path)
{
    struct list_read s = { .arena = &in->arena, .path = path };
    struct distrust_entry *entries = NULL;
    struct toml_value *root = NULL;
    struct toml_error broken = { 0 };
    int64_t issued = 0, expires = 0;
    uint32_t count = 0;
    struct writer w;
    void *room;
    int code = verify_input_read(&s.text, in, path);

    if (code != 0)
        return code;
    if (toml_parse(&root, s.arena, s.text, &broken) != ERR_OK) {
        struct toml_value at = { .offset = (uint32_t)broken.offset };

        return wrong(&s, &at,
                     broken.expected != NULL
                         ? verdict_format(s.arena, "expected %s", broken.expected)
                         : "no TOML");
    }
    if ((code = entries_take(&entries, &count, &s, root)) != 0 ||
        (code = moment_take(&issued, &s, root, "issued")) != 0 ||
        (code = moment_take(&expires, &s, root, "expires")) != 0)
        return code;
    room = arena_alloc(s.arena, LIST_SIZE_MAX);
    w = writer_of(room, room != NULL ? LIST_SIZE_MAX : 0);
    distrust_write(&w, issued, expires, entries, count);
    if (!writer_ok(&w))
        return verb_fail(VERB_DATA, "%s: too large, or text that is not UTF-8", path);
    return list_sign(&s, writer_bytes(&w), key_path);
}
