#include <string.h>

#include "cli/measure.h"
#include "cli/verbs.h"
#include "codec/pem.h"
#include "crypto/private_key.h"
#include "measure/id_block.h"

struct id_words {
    const char *digest, *family, *image, *svn, *policy, *id_key, *author_key, *block;
};

static int misused(const char *name, const char *value)
{
    return verb_misused(&verb_measure_snp_id_block, "--%s %s: see the help for what it may be",
                        name, value);
}

static bool key_show(struct measure_io *m, const char *name, const struct id_key *k)
{
    uint8_t digest[ID_DIGEST_SIZE];

    if (id_key_digest(digest, k) != ERR_OK)
        return false;
    measure_field(m, name, digest, sizeof digest);
    return true;
}

static const char *answer(enum err e)
{
    return e == ERR_OK ? "good" : e == ERR_INVALID ? "wrong" : "could not be checked";
}

/* The signatures, by name; exit code 1 where one is wrong. */
static int auth_show(struct measure_io *m, const struct id_auth *a, const struct bytes *block)
{
    enum err author = a->has_author ? id_auth_check_author(a) : ERR_OK;
    enum err signature = block != NULL ? id_auth_check_block(a, *block) : ERR_OK;

    fields_uint(&m->fields, "id_key_algo", a->id_key_algo);
    fields_uint(&m->fields, "auth_key_algo", a->author_key_algo);
    if (!key_show(m, "id_key_digest", &a->id_key) ||
        (a->has_author && !key_show(m, "author_key_digest", &a->author_key)))
        return verb_fail(VERB_SOFTWARE, "hashing failed");
    measure_field(m, "id_block_signature", a->block_signature, sizeof a->block_signature);
    if (block != NULL)
        fields_string(&m->fields, "id_block_signature_is", answer(signature));
    if (a->has_author) {
        measure_field(m, "id_key_signature", a->key_signature, sizeof a->key_signature);
        fields_string(&m->fields, "id_key_signature_is", answer(author));
    }
    if (author != ERR_OK || signature != ERR_OK)
        return verb_fail(1, "a signature is %s", answer(author != ERR_OK ? author : signature));
    return 0;
}

static void base64_show(struct measure_io *m, const char *name, const uint8_t *data, size_t size)
{
    char *text = arena_alloc(&m->in.arena, (size + 2) / 3 * 4);

    if (text != NULL)
        fields_text(&m->fields, name,
                    (struct bytes){ (const uint8_t *)text,
                                    base64_encode(text, (struct bytes){ data, size }, BASE64) });
    else
        m->fields.is_cut = true;
}

static int check_do(struct measure_io *m, const struct id_words *s, const char *path)
{
    struct bytes raw, block;
    struct id_auth auth;
    int code = verify_input_read(&raw, &m->in, path);
    enum err e;

    if (code == 0 && s->block != NULL)
        code = verify_input_read(&block, &m->in, s->block);
    if (code != 0)
        return code;
    e = id_auth_parse(&auth, raw);
    if (e != ERR_OK)
        return verb_fail(VERB_DATA, "%s: %s", path,
                         e == ERR_UNSUPPORTED ? "an algorithm or curve that we do not know"
                                              : "not ID authentication information");
    return auth_show(m, &auth, s->block != NULL ? &block : NULL);
}

static int block_read(struct id_block *b, struct measure_io *m, const struct id_words *s)
{
    uint64_t svn;

    if (!measure_hex(&b->launch_digest, m, s->digest, 48))
        return misused("launch-digest", s->digest);
    if (!measure_hex(&b->family_id, m, s->family, 16))
        return misused("family-id", s->family);
    if (!measure_hex(&b->image_id, m, s->image, 16))
        return misused("image-id", s->image);
    if (!measure_number(&svn, s->svn, UINT32_MAX))
        return misused("guest-svn", s->svn);
    if (!measure_number(&b->policy, s->policy, UINT64_MAX))
        return misused("policy", s->policy);
    b->version = 1;
    b->guest_svn = (uint32_t)svn;
    return 0;
}

static int key_read(struct private_key *k, struct measure_io *m, const char *path)
{
    struct bytes pem;
    int code = verify_input_read(&pem, &m->in, path);

    if (code != 0)
        return code;
    if (private_key_parse(k, pem) != ERR_OK)
        return verb_fail(VERB_DATA, "%s: no private key in PEM without a passphrase", path);
    if (k->kind == KEY_P384)
        return 0;
    private_key_done(k);
    return verb_fail(VERB_DATA, "%s: not a key of P-384", path);
}

static int make_with(struct measure_io *m, const struct id_block *b, const struct private_key *id,
                     const struct private_key *author)
{
    uint8_t block[ID_BLOCK_SIZE], raw[ID_AUTH_SIZE];
    struct bytes signed_block = BYTES_OF(block);
    struct id_auth auth;

    id_block_write(block, b);
    if (id_auth_make(raw, signed_block, id, author) != ERR_OK ||
        id_auth_parse(&auth, BYTES_OF(raw)) != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "signing failed");
    base64_show(m, "id_block", block, sizeof block);
    base64_show(m, "id_auth", raw, sizeof raw);
    return auth_show(m, &auth, &signed_block);
}

static int make_do(struct measure_io *m, const struct id_words *s)
{
    struct private_key id, author;
    struct id_block b = { 0 };
    int code;

    if (s->digest == NULL || s->id_key == NULL)
        return verb_misused(&verb_measure_snp_id_block,
                            "--launch-digest and --id-key are needed, or a FILE to check");
    code = block_read(&b, m, s);
    if (code == 0)
        code = key_read(&id, m, s->id_key);
    if (code != 0)
        return code;
    if (s->author_key == NULL) {
        code = make_with(m, &b, &id, NULL);
    } else {
        code = key_read(&author, m, s->author_key);
        if (code == 0) {
            code = make_with(m, &b, &id, &author);
            private_key_done(&author);
        }
    }
    private_key_done(&id);
    return code;
}

static void word_take(struct id_words *s, const struct verb_option *o, const char *value)
{
    const struct {
        const char *name;
        const char **at;
    } words[] = {
        { "launch-digest", &s->digest }, { "family-id", &s->family },
        { "image-id", &s->image },       { "guest-svn", &s->svn },
        { "policy", &s->policy },        { "id-key", &s->id_key },
        { "id-block", &s->block },       { "author-key", &s->author_key },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (option_is(o, words[i].name))
            *words[i].at = value;
}

static int measure_id_block_run(int argc, char **argv)
{
    static const char none[] = "00000000000000000000000000000000";
    struct option_walk w = option_walk_mixed(&verb_measure_snp_id_block, argc, argv);
    struct id_words s = { .family = none, .image = none, .svn = "0", .policy = "0x30000" };
    const struct verb_option *o;
    struct measure_io *m = measure_begin();

    while ((o = option_next(&w)) != NULL) {
        m->json |= option_is(o, "json");
        word_take(&s, o, w.value);
    }
    if (option_stop(&w))
        return measure_end(m, w.failed);
    if (w.at + 1 < argc)
        return measure_end(m, verb_misused(&verb_measure_snp_id_block, "one FILE is expected"));
    if ((w.at < argc) == (s.digest != NULL || s.id_key != NULL || s.author_key != NULL))
        return measure_end(m, verb_misused(&verb_measure_snp_id_block,
                                           "--launch-digest and --id-key are needed, or a FILE to "
                                           "check: one of both"));
    if (w.at == argc && s.block != NULL)
        return measure_end(
            m, verb_misused(&verb_measure_snp_id_block, "--id-block is for a FILE to check"));
    return measure_end(m, w.at < argc ? check_do(m, &s, argv[w.at]) : make_do(m, &s));
}

static const struct verb_option options[] = {
    { "author-key", VALUE_FILE, "KEY", "The key that vouches for the ID key: PEM, P-384." },
    { "family-id", VALUE_TEXT, "HEX", "FAMILY_ID, 16 bytes; zeros by default." },
    { "guest-svn", VALUE_TEXT, "N", "GUEST_SVN; 0 by default." },
    { "id-block", VALUE_FILE, "FILE", "To check: the block that FILE signs." },
    { "id-key", VALUE_FILE, "KEY", "The key that signs the block: PEM, P-384." },
    { "image-id", VALUE_TEXT, "HEX", "IMAGE_ID, 16 bytes; zeros by default." },
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { "launch-digest", VALUE_TEXT, "HEX", "The measurement that may start." },
    { "policy", VALUE_TEXT, "HEX", "The guest policy; 0x30000 by default." },
    { 0 },
};

const struct verb verb_measure_snp_id_block = {
    .name = "measure snp-id-block",
    .summary = "make or check an ID block and what signs it",
    .operands = "[FILE]",
    .operand = VALUE_FILE,
    .text = "With a FILE of 4096 bytes, checks that ID authentication information. Without, signs "
            "an ID block for a launch digest and prints both in base64, as QEMU takes them, and "
            "the digests of the keys, as reports show them.",
    .options = options,
    .exit = "0; 1 where a signature is wrong; 2 where a file cannot be read; "
            "65 where a file is broken.",
    .run = measure_id_block_run,
};
