#include "attest/corim/value.h"

enum {
    TAG_OID = 111,
    TAG_SVN = 552,
    TAG_SVN_MINIMUM = 553,
    TAG_BYTES = 560,
    TAG_MASKED = 563,
    KEY_TAG_FIRST = 554,
    KEY_TAG_LAST = 562
};

/* 1.3.6.1.4.1.3704.3.1: the class of AMD's SEV-SNP guests; and in it the key of the launch
 * measurement (draft-deeglaze-amd-sev-snp-corim-profile, 5). */
static const uint8_t snp_class[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x03, 0x01 };
#define SNP_MEASUREMENT 641u

/* Keys of CoMID's maps are integers; text is somebody's extension. */
static int64_t key_take(struct reader *r)
{
    if (cbor_peek(r) != CBOR_TEXT)
        return cbor_walk_int(r);
    (void)cbor_walk_text(r);
    return INT64_MIN;
}

/* --- environment-map. */

static void class_take(struct corim_environment *e, struct reader *r)
{
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); count++)
        switch (key_take(r)) {
        case 0:
            if (cbor_peek(r) != CBOR_TAG) /* $class-id-type-choice: every choice is a tag */
                reader_fail(r);
            e->class_id = cbor_walk_raw(r);
            break;
        case 1: e->vendor = cbor_walk_text(r); break;
        case 2: e->model = cbor_walk_text(r); break;
        case 3:
            e->layer = cbor_walk_uint(r);
            e->has_layer = true;
            break;
        case 4:
            e->index = cbor_walk_uint(r);
            e->has_index = true;
            break;
        default: reader_fail(r); /* "class-map": no extension point */
        }
    if (count == 0)
        reader_fail(r);
}

static void environment_take(struct corim_environment *e, struct reader *r)
{
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); count++)
        switch (key_take(r)) {
        case 0: class_take(e, r); break;
        case 1: e->instance = cbor_walk_raw(r); break;
        case 2: e->group = cbor_walk_raw(r); break;
        default: reader_fail(r);
        }
    if (count == 0) /* "non-empty" */
        reader_fail(r);
}

/* --- measurement-map. */

/* Digests are lists of [algorithm, value], at least one, of the algorithm's own size. */
static void digests_take(struct corim_value *v, struct reader *r)
{
    static const struct {
        int64_t algorithm;
        size_t size;
    } sizes[] = { { 1, 32 }, { 7, 48 }, { 8, 64 } };
    struct reader walk;
    struct corim_digest d;
    uint32_t count = 0;

    v->digests = cbor_walk_raw(r);
    walk = reader_of(v->digests);
    if (cbor_peek(&walk) != CBOR_ARRAY)
        reader_fail(r);
    for (; corim_digest_next(&walk, &d); count++) {
        if (d.value.size == 0)
            reader_fail(r);
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            if (d.algorithm == sizes[i].algorithm && d.value.size != sizes[i].size)
                reader_fail(r);
    }
    if (count == 0 || !reader_done(&walk))
        reader_fail(r);
}

static void svn_take(struct corim_value *v, struct reader *r)
{
    v->is_svn_minimum = cbor_walk_if_tag(r, TAG_SVN_MINIMUM);
    if (!v->is_svn_minimum)
        (void)cbor_walk_if_tag(r, TAG_SVN);
    v->svn = cbor_walk_uint(r);
    v->has_svn = true;
}

static void version_take(struct corim_value *v, struct reader *r)
{
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        if (key_take(r) == 0)
            v->version = cbor_walk_text(r);
        else
            cbor_walk_skip(r);
}

/* "#6.560(bytes) / #6.563([value, mask])" */
static void raw_value_take(struct corim_value *v, struct reader *r)
{
    struct cbor_list l;

    if (cbor_walk_if_tag(r, TAG_BYTES)) {
        v->raw_value = cbor_walk_bytes(r);
        return;
    }
    if (!cbor_walk_if_tag(r, TAG_MASKED)) {
        cbor_walk_skip(r); /* $raw-value-type-choice: somebody's extension */
        return;
    }
    l = cbor_walk_array(r);
    if (cbor_walk_next(&l))
        v->raw_value = cbor_walk_bytes(r);
    if (cbor_walk_next(&l))
        v->raw_mask = cbor_walk_bytes(r);
    if (cbor_walk_next(&l) || v->raw_mask.size != v->raw_value.size)
        reader_fail(r);
}

/* integrity-registers: {number or name: digests}. */
static void registers_take(struct corim_value *v, struct reader *r)
{
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); cbor_walk_skip(r))
        if (cbor_peek(r) == CBOR_TEXT)
            v->has_rim |= bytes_equal(cbor_walk_text(r), BYTES_TEXT("rim"));
        else
            v->has_rim |= cbor_walk_uint(r) == 0;
}

static void values_take(struct corim_value *v, struct reader *r)
{
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); count++)
        switch (key_take(r)) {
        case 0: version_take(v, r); break;
        case 1: svn_take(v, r); break;
        case 2: digests_take(v, r); break;
        case 4: raw_value_take(v, r); break;
        case 5: v->raw_mask = cbor_walk_bytes(r); break; /* older drafts */
        case 11: v->name = cbor_walk_text(r); break;
        case 14: registers_take(v, r); break;
        default: cbor_walk_skip(r); break;
        }
    if (count == 0)
        reader_fail(r);
}

static void measurement_take(struct corim_value *v, struct reader *r)
{
    bool has_values = false;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (key_take(r)) {
        case 0:
            /* "$measured-element-type-choice /= tagged-oid / tagged-uuid / uint / tstr" */
            if (cbor_peek(r) != CBOR_UINT && cbor_peek(r) != CBOR_TEXT && cbor_peek(r) != CBOR_TAG)
                reader_fail(r);
            v->mkey = cbor_walk_raw(r);
            break;
        case 1:
            values_take(v, r);
            has_values = true;
            break;
        case 2: cbor_walk_skip(r); break; /* authorized-by */
        default: reader_fail(r);
        }
    if (!has_values)
        reader_fail(r);
}

static void crypto_key_take(struct corim_value *v, struct reader *r)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type != CBOR_TAG || h.number < KEY_TAG_FIRST || h.number > KEY_TAG_LAST)
        reader_fail(r);
    v->key_tag = h.number;
    if (cbor_peek(r) == CBOR_TEXT)
        v->key = cbor_walk_text(r);
    else if (cbor_peek(r) == CBOR_BYTES)
        v->key = cbor_walk_bytes(r);
    else
        v->key = cbor_walk_raw(r);
    if (v->key.size == 0)
        reader_fail(r);
}

/* --- What platforms a value is for. */

static uint64_t mkey_number(const struct corim_value *v)
{
    struct reader r = reader_of(v->mkey);

    return cbor_peek(&r) == CBOR_UINT ? cbor_walk_uint(&r) : UINT64_MAX;
}

static bool class_is_snp(const struct corim_environment *e)
{
    struct reader r = reader_of(e->class_id);

    return cbor_walk_if_tag(&r, TAG_OID) && bytes_equal(cbor_walk_bytes(&r), BYTES_OF(snp_class));
}

/* A value of one instance, group, layer or index is not one of every keep: nobody here could
 * tell whether it is this one's. AMD's profile names the launch itself for an instance, which
 * says no more than its digest does. */
static bool is_general(const struct corim_value *v)
{
    const struct corim_environment *e = &v->environment;
    struct reader instance = reader_of(e->instance), digests = reader_of(v->digests);
    struct corim_digest d;

    if (e->group.size != 0 || e->has_layer || e->has_index)
        return false;
    return e->instance.size == 0 ||
           (corim_digest_next(&digests, &d) && cbor_walk_if_tag(&instance, TAG_BYTES) &&
            bytes_equal(cbor_walk_bytes(&instance), d.value));
}

static enum platform platform_of(const struct corim_value *v)
{
    struct reader r = reader_of(v->mkey);

    if (v->digests.size == 0 || !is_general(v))
        return PLATFORM_NONE;
    if (class_is_snp(&v->environment) && mkey_number(v) == SNP_MEASUREMENT)
        return PLATFORM_SNP;
    if (bytes_equal(v->environment.vendor, BYTES_TEXT("Broch")) && cbor_peek(&r) == CBOR_TEXT &&
        bytes_equal(cbor_walk_text(&r), BYTES_TEXT("measurement")))
        return platform_named(v->environment.model);
    return PLATFORM_NONE;
}

/* --- Triples. */

/* AMD's profile: reference values are of one launch (instance: bytes), their keys numbers;
 * trust anchors are certificates of a vendor's model. */
static const char *snp_fault(const struct corim_value *v)
{
    struct reader instance = reader_of(v->environment.instance);
    struct reader mkey = reader_of(v->mkey);

    if (v->key_tag != 0) {
        if (v->environment.vendor.size == 0)
            return "SNP profile: a trust anchor's class has no vendor";
        if (v->environment.model.size == 0)
            return "SNP profile: a trust anchor's class has no model";
        return v->key_tag == 555 || v->key_tag == 556 ? NULL
                                                      : "SNP profile: a key is no certificate";
    }
    if (v->triple != CORIM_REFERENCE)
        return NULL;
    if (!cbor_walk_if_tag(&instance, TAG_BYTES))
        return "SNP profile: a reference value's environment has no instance of bytes";
    return cbor_peek(&mkey) == CBOR_UINT ? NULL : "SNP profile: a measurement's key is no number";
}

static enum err value_add(struct corim_read *read, struct corim_value *v)
{
    const char *fault =
        read->profile == CORIM_PROFILE_SNP ? snp_fault(v) : corim_profile_fault(read->profile, v);

    if (fault != NULL) {
        *read->wrong = fault;
        return ERR_INVALID;
    }
    *read->wrong = "more values than any manifest has";
    if (read->count == CORIM_VALUES_MAX)
        return ERR_LIMIT;
    if (!ARENA_RESERVE(read->arena, read->values, read->capacity, (size_t)read->count + 1))
        return ERR_NOMEM;
    v->platform = platform_of(v);
    read->values[read->count++] = *v;
    return ERR_OK;
}

/* [environment, [+ measurement]] or [environment, [+ key], ? conditions] */
static enum err record_read(struct corim_read *read, struct reader *r, enum corim_triple triple)
{
    bool is_keys = triple == CORIM_IDENTITY_KEY || triple == CORIM_ATTEST_KEY;
    struct cbor_list record = cbor_walk_array(r), list;
    struct corim_environment environment = { 0 };
    uint32_t count = 0;

    if (!cbor_walk_next(&record))
        return ERR_MALFORMED;
    environment_take(&environment, r);
    if (!cbor_walk_next(&record))
        return ERR_MALFORMED;
    list = cbor_walk_array(r);
    for (; cbor_walk_next(&list); count++) {
        struct corim_value v = { .triple = triple, .environment = environment };

        if (is_keys)
            crypto_key_take(&v, r);
        else
            measurement_take(&v, r);
        if (r->bad)
            return ERR_MALFORMED;
        if (is_keys && count != 0 && read->profile > CORIM_PROFILE_SNP) {
            *read->wrong = "profile: a trust anchor is more than one key";
            return ERR_INVALID;
        }
        TRY(value_add(read, &v));
    }
    if (is_keys && cbor_walk_next(&record))
        cbor_walk_skip(r);
    return count == 0 || cbor_walk_next(&record) || r->bad ? ERR_MALFORMED : ERR_OK;
}

static enum err triples_read(struct corim_read *read, struct reader *r)
{
    uint32_t kinds = 0;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); kinds++) {
        int64_t key = key_take(r);
        uint32_t count = 0;

        if (key < CORIM_REFERENCE || key > CORIM_ATTEST_KEY) {
            cbor_walk_skip(r);
            continue;
        }
        for (struct cbor_list records = cbor_walk_array(r); cbor_walk_next(&records); count++) {
            enum err e;

            *read->wrong = "a triple is not [environment, measurements or keys]";
            e = record_read(read, r, (enum corim_triple)key);
            if (e != ERR_OK)
                return e;
        }
        if (count == 0)
            return ERR_MALFORMED;
    }
    return r->bad || kinds == 0 ? ERR_MALFORMED : ERR_OK;
}

/* tag-identity-map: {0: tag-id, ? 1: tag-version} */
static void identity_take(struct reader *r)
{
    bool has_id = false;

    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);) {
        int64_t key = key_take(r);

        has_id |= key == 0;
        if (key == 1)
            (void)cbor_walk_uint(r);
        else
            cbor_walk_skip(r);
    }
    if (!has_id)
        reader_fail(r);
}

enum err corim_comid_read(struct corim_read *read, struct bytes comid)
{
    struct reader r = reader_of(comid);
    bool has_identity = false, has_triples = false;

    *read->wrong = "a CoMID is not well-formed CBOR with each key once";
    TRY(cbor_item_check(comid, CBOR_DEPTH_MAX));
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        *read->wrong = "a CoMID's tag-identity";
        switch (key_take(&r)) {
        case 1:
            identity_take(&r);
            has_identity = true;
            break;
        case 4:
            *read->wrong = "a CoMID has no triples";
            TRY(triples_read(read, &r));
            has_triples = true;
            break;
        default: cbor_walk_skip(&r); break;
        }
        if (r.bad)
            return ERR_MALFORMED;
    }
    *read->wrong = "a CoMID without tag-identity or triples";
    return reader_done(&r) && has_identity && has_triples ? ERR_OK : ERR_MALFORMED;
}
