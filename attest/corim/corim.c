#include "attest/corim/corim.h"

#include "attest/corim/value.h"
#include "base/moment.h"

enum {
    TAG_TIME = 1,
    TAG_CORIM_CHOICE = 500,
    TAG_UNSIGNED = 501,
    TAG_SIGNED = 502,
    TAG_COSWID = 505,
    TAG_COMID = 506,
    TAG_TRUST_LIST = 508,
};

/* --- Envelopes. */

/* "signed-corim = #6.18([protected, unprotected, bstr .cbor unsigned-corim, signature])" */
static enum err body_find(struct corim *out, struct bytes *body, struct bytes raw,
                          const char **wrong)
{
    struct reader r = reader_of(raw);

    *wrong = "it is not well-formed CBOR with each key once";
    TRY(cbor_item_check(raw, CBOR_DEPTH_MAX));
    (void)cbor_walk_if_tag(&r, TAG_CORIM_CHOICE);
    if (cbor_walk_if_tag(&r, TAG_UNSIGNED)) {
        *body = reader_take(&r, r.left);
        return ERR_OK;
    }
    (void)cbor_walk_if_tag(&r, TAG_SIGNED);
    *wrong = "it is neither tag 501 nor a COSE_Sign1";
    TRY(cose_parse(&out->cose, reader_take(&r, r.left), COSE_SIGN1, true));
    out->is_signed = true;
    *wrong = "the signed payload is not well-formed CBOR with each key once";
    TRY(cbor_item_check(out->cose.payload, CBOR_DEPTH_MAX));
    r = reader_of(out->cose.payload);
    (void)cbor_walk_if_tag(&r, TAG_UNSIGNED); /* older drafts sign the map without its tag */
    *body = reader_take(&r, r.left);
    return ERR_OK;
}

bool corim_is(struct bytes raw)
{
    struct reader r = reader_of(raw), payload;
    int64_t algorithm;
    bool is_tagged = cbor_walk_if_tag(&r, TAG_CORIM_CHOICE);

    if (cbor_walk_if_tag(&r, TAG_UNSIGNED))
        return cbor_walk_head(&r).type == CBOR_MAP;
    is_tagged = cbor_walk_if_tag(&r, TAG_SIGNED) || is_tagged;
    return cose_sign1_peek(reader_take(&r, r.left), &algorithm, &payload) &&
           (is_tagged || cbor_walk_if_tag(&payload, TAG_UNSIGNED));
}

/* --- corim-map (4.1). */

static int64_t time_take(struct reader *r)
{
    int64_t at;

    if (!cbor_walk_if_tag(r, TAG_TIME))
        reader_fail(r);
    at = cbor_walk_int(r);
    if (at < MOMENT_LEAST || at > MOMENT_MOST)
        reader_fail(r);
    return r->bad ? 0 : at;
}

static void validity_take(struct corim *out, struct reader *r)
{
    out->not_before = MOMENT_LEAST;
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (cbor_walk_int(r)) {
        case 0: out->not_before = time_take(r); break;
        case 1:
            out->not_after = time_take(r);
            out->has_validity = true;
            break;
        default: reader_fail(r);
        }
    if (!out->has_validity)
        reader_fail(r);
}

/* Text, or a UUID: 16 bytes, with or without tag 37. */
static struct bytes id_take(struct reader *r)
{
    struct reader ahead = *r;
    struct bytes item = cbor_walk_raw(r);

    if (cbor_peek(&ahead) == CBOR_TEXT)
        return item;
    (void)cbor_walk_if_tag(&ahead, 37);
    if (cbor_walk_bytes(&ahead).size != 16)
        reader_fail(r);
    return item;
}

/* One element of `tags`. CoMIDs are read; others are only known by name. */
static enum err tag_take(struct corim_read *read, struct reader *r, struct corim *out)
{
    struct cbor_head h = cbor_walk_head(r);
    struct bytes body;

    out->tag_count++;
    if (h.type == CBOR_BYTES && !h.is_indefinite) { /* older drafts: the tag inside a string */
        struct reader inner = reader_of(reader_take(r, num_min(r->left, h.number)));

        *read->wrong = "a tag in a string is not well-formed";
        TRY(cbor_item_check((struct bytes){ inner.at, inner.left }, CBOR_DEPTH_MAX));
        h = cbor_walk_head(&inner);
        body = cbor_walk_bytes(&inner);
    } else {
        body = cbor_walk_bytes(r);
    }
    *read->wrong = "an element of tags is none of 505, 506, 508 over a byte string";
    if (r->bad || h.type != CBOR_TAG || body.size == 0)
        return ERR_MALFORMED;
    if (h.number == TAG_COSWID || h.number == TAG_TRUST_LIST)
        return ERR_OK;
    if (h.number != TAG_COMID)
        return ERR_MALFORMED;
    out->comid_count++;
    return corim_comid_read(read, body);
}

static enum err tags_take(struct corim_read *read, struct bytes tags, struct corim *out)
{
    struct reader r = reader_of(tags);

    for (struct cbor_list l = cbor_walk_array(&r); cbor_walk_next(&l);)
        TRY(tag_take(read, &r, out));
    *read->wrong = "tags is empty or no array";
    return reader_done(&r) && out->tag_count != 0 ? ERR_OK : ERR_MALFORMED;
}

static void map_take(struct corim *out, struct reader *r, struct bytes *tags)
{
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (cbor_peek(r) == CBOR_TEXT ? (cbor_walk_skip(r), -1) : cbor_walk_int(r)) {
        case 0: out->id = id_take(r); break;
        case 1: *tags = cbor_walk_raw(r); break;
        case 3: out->profile = cbor_walk_raw(r); break;
        case 4: validity_take(out, r); break;
        default: cbor_walk_skip(r); break;
        }
}

enum err corim_parse(struct corim *out, struct arena *arena, struct bytes raw, const char **wrong)
{
    struct corim t = { 0 };
    struct corim_read read = { .arena = arena, .wrong = wrong };
    struct bytes body, tags = { 0 };
    struct reader r;

    *wrong = "it is larger than any manifest";
    if (raw.size > CORIM_SIZE_MAX)
        return ERR_LIMIT;
    TRY(body_find(&t, &body, raw, wrong));
    r = reader_of(body);
    map_take(&t, &r, &tags);
    *wrong = "the manifest is not a map with an id, tags, and values of the right types";
    if (!reader_done(&r) || t.id.size == 0 || tags.size == 0)
        return ERR_MALFORMED;
    read.profile = corim_profile_of(t.profile);
    TRY(tags_take(&read, tags, &t));
    *wrong = NULL;
    t.values = read.values;
    t.value_count = read.count;
    *out = t;
    return ERR_OK;
}

/* --- Use. */

bool corim_digest_next(struct reader *digests, struct corim_digest *out)
{
    struct corim_digest t = { 0 };
    struct cbor_list l;

    if (reader_offset(digests) == 0)
        (void)cbor_walk_head(digests);
    if (digests->bad || digests->left == 0 || cbor_walk_break(digests))
        return false;
    l = cbor_walk_array(digests);
    if (!cbor_walk_next(&l))
        reader_fail(digests);
    if (cbor_peek(digests) == CBOR_TEXT)
        t.name = cbor_walk_text(digests);
    else
        t.algorithm = cbor_walk_int(digests);
    if (!cbor_walk_next(&l))
        reader_fail(digests);
    t.value = cbor_walk_bytes(digests);
    if (cbor_walk_next(&l) || digests->bad)
        return false;
    *out = t;
    return true;
}

bool corim_reference_next(const struct corim *c, struct corim_cursor *at, enum platform *platform,
                          struct bytes *measurement)
{
    for (; at->value < c->value_count; at->value++, at->is_inside = false) {
        const struct corim_value *value = &c->values[at->value];
        struct corim_digest d;

        if (value->triple != CORIM_REFERENCE || value->platform == PLATFORM_NONE ||
            value->digests.size == 0)
            continue;
        if (!at->is_inside)
            at->digests = reader_of(value->digests);
        at->is_inside = true;
        if (!corim_digest_next(&at->digests, &d))
            continue;
        *platform = value->platform;
        *measurement = d.value;
        return true;
    }
    return false;
}

bool corim_allows(const struct corim *c, enum platform platform, struct bytes measurement)
{
    struct corim_cursor at = { 0 };
    enum platform found;
    struct bytes value;

    while (corim_reference_next(c, &at, &found, &value))
        if (found == platform && measurement.size != 0 && bytes_equal(value, measurement))
            return true;
    return false;
}

enum signature_answer corim_check(const struct corim *c, struct arena *arena,
                                  const struct public_key *key)
{
    enum signature_kind kind = cose_signature_kind(c->cose.headers.algorithm);
    struct bytes message;

    if (!c->is_signed || !c->cose.headers.has_algorithm || kind == SIGNATURE_NONE)
        return SIGNATURE_WRONG;
    message = cose_sign1_message(arena, &c->cose);
    return message.size == 0 ? SIGNATURE_UNKNOWN
                             : signature_check(key, kind, message, c->cose.signature, NULL);
}
