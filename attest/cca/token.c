#include "attest/cca/token.h"

#include "attest/judge.h"

enum { TAG_COLLECTION = 399, TAG_CCA = 907, KEY_PLATFORM = 44234, KEY_REALM = 44241 };
enum { FORMAT_EAT_CWT = 263 }; /* CoAP Content-Formats: application/eat+cwt */

#define TOKEN_MAX ((size_t)64 << 10)

static uint64_t tag_take(struct reader *r)
{
    if (cbor_walk_if_tag(r, TAG_COLLECTION))
        return TAG_COLLECTION;
    return cbor_walk_if_tag(r, TAG_CCA) ? TAG_CCA : 0;
}

bool cca_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    uint64_t tag = tag_take(&r), key;

    if (cbor_walk_head(&r).type != CBOR_MAP)
        return false;
    key = cbor_peek(&r) == CBOR_UINT ? cbor_walk_uint(&r) : 0;
    return tag != 0 || key == KEY_PLATFORM || key == KEY_REALM;
}

/* A token as it is, or in a record: [content format, token, maybe an indicator]
 * (draft-ietf-rats-msg-wrap, 3.1). */
static struct bytes token_take(struct reader *r)
{
    struct bytes token = { 0 };
    uint32_t at = 0;

    if (cbor_peek(r) != CBOR_ARRAY)
        return cbor_walk_bytes(r);
    for (struct cbor_list l = cbor_walk_array(r); cbor_walk_next(&l) && !r->bad; at++) {
        if (at == 1)
            token = cbor_walk_bytes(r);
        else if (at > 2 || (cbor_walk_uint(r) != FORMAT_EAT_CWT && at == 0))
            reader_fail(r);
    }
    if (at < 2)
        reader_fail(r);
    return token;
}

static enum err tokens_take(struct bytes *platform, struct bytes *realm, uint64_t *tag,
                            struct bytes raw)
{
    struct reader r = reader_of(raw);

    TRY(cbor_item_check(raw, CBOR_DEPTH_MAX));
    *tag = tag_take(&r);
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        bool is_number = cbor_peek(&r) == CBOR_UINT;
        uint64_t key = is_number ? cbor_walk_uint(&r) : 0;

        if (!is_number)
            cbor_walk_skip(&r);
        if (key == KEY_PLATFORM)
            *platform = token_take(&r);
        else if (key == KEY_REALM)
            *realm = token_take(&r);
        else
            cbor_walk_skip(&r);
    }
    return reader_done(&r) && platform->size != 0 && realm->size != 0 ? ERR_OK : ERR_MALFORMED;
}

enum err cca_token_parse(struct cca_token *out, struct bytes raw, const char **wrong)
{
    struct bytes platform = { 0 }, realm = { 0 };

    *out = (struct cca_token){ 0 };
    *wrong = "it is larger than any token";
    if (raw.size > TOKEN_MAX)
        return ERR_LIMIT;
    *wrong = "it is not a map with one platform token and one realm token";
    TRY(tokens_take(&platform, &realm, &out->tag, raw));
    *wrong = "the platform token is not one COSE_Sign1";
    TRY(cose_parse(&out->platform_cose, platform, COSE_SIGN1, true));
    *wrong = "the realm token is not one COSE_Sign1";
    TRY(cose_parse(&out->realm_cose, realm, COSE_SIGN1, true));
    TRY(cca_platform_parse(&out->platform, out->platform_cose.payload, CCA_PLATFORM, wrong));
    return cca_realm_parse(&out->realm, out->realm_cose.payload, wrong);
}

enum err cca_describe(struct fields *f, const struct exhibit *e)
{
    struct cca_token *t = arena_alloc(f->arena, sizeof *t);
    const char *wrong;

    if (t == NULL)
        return ERR_NOMEM;
    TRY(cca_token_parse(t, e->raw, &wrong));
    fields_uint(f, "tag", t->tag);
    fields_int(f, "platform_alg", t->platform_cose.headers.algorithm);
    fields_int(f, "realm_alg", t->realm_cose.headers.algorithm);
    fields_group(f, "platform");
    cca_platform_describe(f, &t->platform, CCA_PLATFORM);
    fields_end(f);
    fields_group(f, "realm");
    cca_realm_describe(f, &t->realm);
    fields_end(f);
    fields_bytes(f, "platform_signature", t->platform_cose.signature);
    fields_bytes(f, "realm_signature", t->realm_cose.signature);
    return ERR_OK;
}
