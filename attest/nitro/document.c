#include "attest/nitro/document.h"

#include "attest/judge.h"
#include "base/ct.h"

/* Ceilings of attestation_process.md, 3.1 and 3.2.2. */
#define CERTIFICATE_MAX 1024u
#define PUBLIC_KEY_MAX 1024u
#define DATA_MAX 512u
#define DOCUMENT_MAX ((size_t)32 << 10)

enum key {
    KEY_MODULE_ID,
    KEY_DIGEST,
    KEY_TIMESTAMP,
    KEY_PCRS,
    KEY_CERTIFICATE,
    KEY_CABUNDLE,
    KEY_PUBLIC_KEY,
    KEY_USER_DATA,
    KEY_NONCE,
    KEY_COUNT,
    KEY_MANDATORY = KEY_PUBLIC_KEY /* and all before it */
};

static const char *const key_names[KEY_COUNT] = {
    "module_id", "digest",     "timestamp", "pcrs",  "certificate",
    "cabundle",  "public_key", "user_data", "nonce",
};

static enum key key_of(struct bytes name)
{
    enum key k = KEY_MODULE_ID;

    while (k < KEY_COUNT) {
        const char *text = key_names[k];

        if (bytes_equal(name, (struct bytes){ (const uint8_t *)text,
                                              bytes_text_size(text, name.size + 1) }))
            break;
        k++;
    }
    return k;
}

static struct bytes sized_take(struct reader *r, size_t least, size_t most)
{
    struct bytes b = cbor_walk_bytes(r);

    if (b.size < least || b.size > most)
        reader_fail(r);
    return b;
}

static void pcrs_take(struct nitro_document *d, struct reader *r)
{
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l); d->pcr_count++) {
        uint64_t index = cbor_walk_uint(r);
        struct bytes value = cbor_walk_bytes(r);

        if (r->bad || index >= NITRO_PCRS_MAX ||
            (value.size != 32 && value.size != 48 && value.size != 64)) {
            reader_fail(r);
            return;
        }
        d->pcrs[index] = value;
    }
    if (d->pcr_count == 0)
        reader_fail(r);
}

static void cabundle_take(struct nitro_document *d, struct reader *r)
{
    for (struct cbor_list l = cbor_walk_array(r); cbor_walk_next(&l);) {
        struct bytes certificate = sized_take(r, 1, CERTIFICATE_MAX);

        if (r->bad || d->cabundle_count == NITRO_CABUNDLE_MAX) {
            reader_fail(r);
            return;
        }
        d->cabundle[d->cabundle_count++] = certificate;
    }
    if (d->cabundle_count == 0)
        reader_fail(r);
}

static void optional_take(struct reader *r, bool *has, struct bytes *out, size_t least, size_t most)
{
    if (cbor_walk_if_null(r))
        return;
    *out = sized_take(r, least, most);
    *has = true;
}

static void value_take(struct nitro_document *d, struct reader *r, enum key k)
{
    switch (k) {
    case KEY_MODULE_ID:
        d->module_id = cbor_walk_text(r);
        if (d->module_id.size == 0)
            reader_fail(r);
        break;
    case KEY_DIGEST:
        d->digest = cbor_walk_text(r);
        if (!bytes_equal(d->digest, BYTES_TEXT("SHA384")))
            reader_fail(r);
        break;
    case KEY_TIMESTAMP:
        d->timestamp = cbor_walk_uint(r);
        if (d->timestamp == 0)
            reader_fail(r);
        break;
    case KEY_PCRS: pcrs_take(d, r); break;
    case KEY_CERTIFICATE: d->certificate = sized_take(r, 1, CERTIFICATE_MAX); break;
    case KEY_CABUNDLE: cabundle_take(d, r); break;
    case KEY_PUBLIC_KEY:
        optional_take(r, &d->has_public_key, &d->public_key, 1, PUBLIC_KEY_MAX);
        break;
    case KEY_USER_DATA: optional_take(r, &d->has_user_data, &d->user_data, 0, DATA_MAX); break;
    case KEY_NONCE: optional_take(r, &d->has_nonce, &d->nonce, 0, DATA_MAX); break;
    default: cbor_walk_skip(r); break;
    }
}

static enum err payload_parse(struct nitro_document *d, struct bytes payload, const char **wrong)
{
    struct reader r = reader_of(payload);
    uint32_t seen = 0;

    *wrong = "the payload is not one well-formed CBOR map with each key once";
    TRY(cbor_item_check(payload, CBOR_DEPTH_MAX));
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        enum key k = key_of(cbor_walk_text(&r));

        if (r.bad) {
            *wrong = "a key that is no text";
            return ERR_MALFORMED;
        }
        value_take(d, &r, k);
        if (r.bad) {
            *wrong = k < KEY_COUNT ? key_names[k] : "a value of indefinite length";
            return ERR_MALFORMED;
        }
        seen |= k < KEY_COUNT ? 1u << k : 0;
    }
    for (uint32_t k = 0; k < KEY_MANDATORY; k++)
        if ((seen & 1u << k) == 0) {
            *wrong = key_names[k];
            return ERR_MALFORMED;
        }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

enum err nitro_document_parse(struct nitro_document *out, struct bytes raw, const char **wrong)
{
    struct nitro_document t = { 0 };

    *wrong = "it is larger than any document";
    if (raw.size > DOCUMENT_MAX)
        return ERR_LIMIT;
    *wrong = "it is not one COSE_Sign1";
    TRY(cose_parse(&t.cose, raw, COSE_SIGN1, true));
    *wrong = "the payload is missing";
    if (t.cose.is_detached)
        return ERR_MALFORMED;
    TRY(payload_parse(&t, t.cose.payload, wrong));
    *wrong = NULL;
    *out = t;
    return ERR_OK;
}

bool nitro_document_is_debug(const struct nitro_document *d)
{
    return ct_zero(d->pcrs[0]) && ct_zero(d->pcrs[1]) && ct_zero(d->pcrs[2]);
}

bool nitro_is(struct bytes raw)
{
    struct reader payload;
    int64_t algorithm;
    struct cbor_head head;

    if (!cose_sign1_peek(raw, &algorithm, &payload))
        return false;
    head = cbor_walk_head(&payload);
    return head.type == CBOR_MAP && key_of(cbor_walk_text(&payload)) < KEY_COUNT;
}

static void optional_describe(struct fields *f, const char *name, bool has, struct bytes data)
{
    if (has)
        fields_bytes(f, name, data);
    else
        fields_null(f, name);
}

enum err nitro_describe(struct fields *f, const struct exhibit *e)
{
    struct nitro_document d;
    const char *wrong;

    TRY(nitro_document_parse(&d, e->raw, &wrong));
    if (d.cose.is_tagged)
        fields_uint(f, "tag", COSE_SIGN1);
    else
        fields_null(f, "tag");
    fields_int(f, "alg", d.cose.headers.algorithm);
    fields_text(f, "module_id", d.module_id);
    fields_text(f, "digest", d.digest);
    fields_uint(f, "timestamp", d.timestamp);
    fields_uint(f, "pcr_count", d.pcr_count);
    fields_group(f, "pcrs");
    for (uint32_t i = 0; i < NITRO_PCRS_MAX; i++)
        if (d.pcrs[i].size != 0)
            fields_bytes(f, fields_name(f, "", i), d.pcrs[i]);
    fields_end(f);
    fields_bytes(f, "certificate", d.certificate);
    fields_list(f, "cabundle");
    for (uint32_t i = 0; i < d.cabundle_count; i++)
        fields_bytes(f, NULL, d.cabundle[i]);
    fields_end(f);
    optional_describe(f, "public_key", d.has_public_key, d.public_key);
    optional_describe(f, "user_data", d.has_user_data, d.user_data);
    optional_describe(f, "nonce", d.has_nonce, d.nonce);
    fields_bool(f, "debug_mode", nitro_document_is_debug(&d));
    fields_bytes(f, "signature", d.cose.signature);
    return ERR_OK;
}
