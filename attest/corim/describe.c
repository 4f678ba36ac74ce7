/* describe.c: manifests field by field, under the draft's own names. */
#include "attest/corim/corim.h"
#include "attest/judge.h"
#include "base/moment.h"

/* A choice of types: text, a number, or bytes, tagged or not; what else there is, encoded. */
static void choice_put(struct fields *f, const char *name, struct bytes item)
{
    struct reader r = reader_of(item), inner;

    if (item.size == 0)
        return;
    if (cbor_peek(&r) == CBOR_TAG)
        (void)cbor_walk_head(&r);
    inner = r;
    switch (cbor_peek(&r)) {
    case CBOR_UINT: fields_uint(f, name, cbor_walk_uint(&r)); break;
    case CBOR_TEXT: fields_text(f, name, cbor_walk_text(&r)); break;
    case CBOR_BYTES: fields_bytes(f, name, cbor_walk_bytes(&r)); break;
    case CBOR_ARRAY: /* of one: profiles in older drafts */
        (void)cbor_walk_head(&r);
        if (cbor_peek(&r) == CBOR_TAG)
            (void)cbor_walk_head(&r);
        if (cbor_peek(&r) == CBOR_TEXT) {
            fields_text(f, name, cbor_walk_text(&r));
            break;
        }
        [[fallthrough]];
    default: fields_bytes(f, name, (struct bytes){ inner.at, inner.left }); break;
    }
}

static void environment_describe(struct fields *f, const struct corim_environment *e)
{
    fields_group(f, "environment");
    choice_put(f, "class_id", e->class_id);
    if (e->vendor.size != 0)
        fields_text(f, "vendor", e->vendor);
    if (e->model.size != 0)
        fields_text(f, "model", e->model);
    if (e->has_layer)
        fields_uint(f, "layer", e->layer);
    if (e->has_index)
        fields_uint(f, "index", e->index);
    choice_put(f, "instance", e->instance);
    choice_put(f, "group", e->group);
    fields_end(f);
}

static void digests_describe(struct fields *f, struct bytes digests)
{
    struct reader r = reader_of(digests);
    struct corim_digest d;

    fields_list(f, "digests");
    while (corim_digest_next(&r, &d)) {
        fields_group(f, NULL);
        if (d.name.size != 0)
            fields_text(f, "alg", d.name);
        else
            fields_int(f, "alg", d.algorithm);
        fields_bytes(f, "val", d.value);
        fields_end(f);
    }
    fields_end(f);
}

static void value_describe(struct fields *f, const struct corim_value *v)
{
    static const char *const names[] = { "reference", "endorsed", "identity_key", "attest_key" };

    fields_group(f, NULL);
    fields_string(f, "triple", names[v->triple]);
    environment_describe(f, &v->environment);
    if (v->platform != PLATFORM_NONE)
        fields_string(f, "platform", platform_name(v->platform));
    choice_put(f, "mkey", v->mkey);
    if (v->version.size != 0)
        fields_text(f, "version", v->version);
    if (v->has_svn)
        fields_uint(f, v->is_svn_minimum ? "min_svn" : "svn", v->svn);
    if (v->digests.size != 0)
        digests_describe(f, v->digests);
    if (v->raw_value.size != 0)
        fields_bytes(f, "raw_value", v->raw_value);
    if (v->raw_mask.size != 0)
        fields_bytes(f, "raw_value_mask", v->raw_mask);
    if (v->name.size != 0)
        fields_text(f, "name", v->name);
    if (v->key_tag != 0) {
        fields_uint(f, "key_type", v->key_tag);
        if (v->key_tag <= 556)
            fields_text(f, "key", v->key); /* 554 to 556 are text: PEM */
        else
            fields_bytes(f, "key", v->key);
    }
    fields_end(f);
}

enum err corim_describe(struct fields *f, const struct exhibit *e)
{
    struct corim c;
    const char *wrong = NULL;
    enum err fault = corim_parse(&c, f->arena, e->raw, &wrong);

    if (fault != ERR_OK) {
        if (wrong != NULL)
            fields_string(f, "fault", wrong);
        return fault;
    }
    fields_bool(f, "is_signed", c.is_signed);
    if (c.is_signed)
        fields_int(f, "alg", c.cose.headers.algorithm);
    choice_put(f, "id", c.id);
    choice_put(f, "profile", c.profile);
    if (c.has_validity && c.not_before != MOMENT_LEAST)
        fields_moment(f, "not_before", c.not_before);
    if (c.has_validity)
        fields_moment(f, "not_after", c.not_after);
    fields_uint(f, "tag_count", c.tag_count);
    fields_uint(f, "comid_count", c.comid_count);
    fields_list(f, "values");
    for (uint32_t i = 0; i < c.value_count; i++)
        value_describe(f, &c.values[i]);
    fields_end(f);
    return ERR_OK;
}
