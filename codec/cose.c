#include "codec/cose.h"

#include "base/num.h"

/* RFC 9052, 3.1, and RFC 9360, 2: header parameters that we know. */
enum {
    LABEL_ALGORITHM = 1,
    LABEL_CRITICAL = 2,
    LABEL_CONTENT_TYPE = 3,
    LABEL_KEY_ID = 4,
    LABEL_IV = 5,
    LABEL_X5CHAIN = 33,
};

/* Parameters in one header. Vendors use six at most. */
#define HEADERS_MAX 64u

/* A label: an integer, or text. */
struct label {
    bool is_text;
    int64_t number;
    struct bytes text;
};

static struct label label_take(struct reader *r)
{
    struct label l = { .is_text = cbor_peek(r) == CBOR_TEXT };

    if (l.is_text)
        l.text = cbor_walk_text(r);
    else
        l.number = cbor_walk_int(r);
    return l;
}

static bool label_equal(const struct label *a, const struct label *b)
{
    return a->is_text == b->is_text && a->number == b->number && bytes_equal(a->text, b->text);
}

/* Whether that header (an encoded map, or nothing) has the label. */
static bool header_has(struct bytes map, const struct label *wanted)
{
    struct reader r = reader_of(map);

    if (map.size == 0)
        return false;
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        struct label found = label_take(&r);

        if (label_equal(&found, wanted))
            return true;
        cbor_walk_skip(&r);
    }
    return false;
}

static void algorithm_take(struct cose_headers *h, struct reader *r, bool is_protected)
{
    bool is_number = cbor_peek(r) == CBOR_UINT || cbor_peek(r) == CBOR_NEGATIVE;
    int64_t n = 0;

    if (is_number)
        n = cbor_walk_int(r);
    else
        (void)cbor_walk_text(r); /* a name that nobody registered: none that we know */
    if (is_number && is_protected) {
        h->has_algorithm = true;
        h->algorithm = n;
    } else if (is_number) {
        h->has_unprotected_algorithm = true;
        h->unprotected_algorithm = n;
    }
}

static void parameter_take(struct cose_headers *h, struct reader *r, const struct label *l,
                           bool is_protected)
{
    switch (l->is_text ? 0 : l->number) {
    case LABEL_ALGORITHM: algorithm_take(h, r, is_protected); break;
    case LABEL_CONTENT_TYPE: h->content_type = cbor_walk_raw(r); break;
    case LABEL_KEY_ID: h->key_id = cbor_walk_bytes(r); break;
    case LABEL_IV: h->iv = cbor_walk_bytes(r); break;
    case LABEL_X5CHAIN: h->x5chain = cbor_walk_raw(r); break;
    default: cbor_walk_skip(r); break;
    }
}

/* Section 3.1: "crit … MUST be placed in the protected-header bucket", at least one label,
 * and each of them in that bucket too. */
static enum err critical_check(struct reader *r, struct bytes map, bool is_protected)
{
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_array(r); cbor_walk_next(&l); count++) {
        struct label named = label_take(r);

        /* Each is looked up in the map, which this very list may fill. */
        if (count == HEADERS_MAX)
            return ERR_LIMIT;
        if (r->bad || !header_has(map, &named))
            return ERR_MALFORMED;
        if (named.is_text || named.number < LABEL_ALGORITHM ||
            (named.number > LABEL_IV && named.number != LABEL_X5CHAIN))
            return ERR_UNSUPPORTED;
    }
    return r->bad || count == 0 || !is_protected ? ERR_MALFORMED : ERR_OK;
}

/* Reads one of the two maps into *h. `other` is the one that was read before. */
static enum err header_parse(struct cose_headers *h, struct bytes map, struct bytes other,
                             bool is_protected)
{
    struct reader r = reader_of(map);
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l); count++) {
        struct label label = label_take(&r);

        if (r.bad || header_has(other, &label))
            return ERR_MALFORMED;
        if (count == HEADERS_MAX)
            return ERR_LIMIT;
        if (!label.is_text && label.number == LABEL_CRITICAL)
            TRY(critical_check(&r, map, is_protected));
        else
            parameter_take(h, &r, &label, is_protected);
    }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

static bool map_is_empty(struct bytes map)
{
    struct reader r = reader_of(map);
    struct cbor_list l = cbor_walk_map(&r);

    return !cbor_walk_next(&l);
}

/* Both headers of a message, a signer or a recipient. */
static enum err headers_take(struct cose_headers *h, struct reader *r)
{
    struct bytes protected = cbor_walk_bytes(r);
    struct bytes unprotected = cbor_walk_raw(r);
    struct cose_headers t = { 0 };

    if (r->bad)
        return ERR_MALFORMED;
    if (protected.size != 0) {
        TRY(cbor_item_check(protected, CBOR_DEPTH_MAX));
        TRY(header_parse(&t, protected, (struct bytes){ 0 }, true));
        /* Section 4.4: a map without entries counts as no bytes at all, however it was sent. */
        if (!map_is_empty(protected))
            t.protected_raw = protected;
    }
    TRY(header_parse(&t, unprotected, t.protected_raw, false));
    *h = t;
    return ERR_OK;
}

static void payload_take(struct cose *c, struct reader *r)
{
    c->is_detached = cbor_peek(r) == CBOR_SIMPLE;
    if (!c->is_detached)
        c->payload = cbor_walk_bytes(r);
    else if (!cbor_walk_if_null(r))
        reader_fail(r);
}

static struct bytes array_take(struct reader *r)
{
    if (cbor_peek(r) != CBOR_ARRAY)
        reader_fail(r);
    return cbor_walk_raw(r);
}

static void body_take(struct cose *c, struct reader *r, struct cbor_list *l)
{
    bool has_signature = c->kind == COSE_SIGN1 || c->kind == COSE_MAC0 || c->kind == COSE_MAC;
    bool has_list = c->kind == COSE_SIGN || c->kind == COSE_MAC || c->kind == COSE_ENCRYPT;

    if (!cbor_walk_next(l))
        reader_fail(r);
    payload_take(c, r);
    if (has_signature && !cbor_walk_next(l))
        reader_fail(r);
    if (has_signature)
        c->signature = cbor_walk_bytes(r);
    if (has_list && !cbor_walk_next(l))
        reader_fail(r);
    if (has_list)
        c->signatures = array_take(r);
    if (cbor_walk_next(l))
        reader_fail(r);
}

enum err cose_parse(struct cose *out, struct bytes raw, enum cose_kind want, bool allow_untagged)
{
    struct reader r = reader_of(raw);
    struct cose t = { .kind = want };
    struct cbor_list l;

    TRY(cbor_item_check(raw, CBOR_DEPTH_MAX));
    t.is_tagged = cbor_walk_if_tag(&r, (uint64_t)want);
    if (!t.is_tagged && (cbor_peek(&r) == CBOR_TAG || !allow_untagged))
        return ERR_INVALID;
    l = cbor_walk_array(&r);
    if (!cbor_walk_next(&l))
        return ERR_MALFORMED;
    TRY(headers_take(&t.headers, &r));
    if (!cbor_walk_next(&l)) /* the two headers are two elements */
        return ERR_MALFORMED;
    body_take(&t, &r, &l);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

bool cose_sign1_peek(struct bytes raw, int64_t *algorithm, struct reader *payload)
{
    static const struct label wanted = { .number = LABEL_ALGORITHM };
    struct reader r = reader_of(raw);
    struct cose_headers h = { 0 };
    struct cbor_head head;
    struct bytes protected;

    (void)cbor_walk_if_tag(&r, COSE_SIGN1);
    head = cbor_walk_head(&r);
    if (head.type != CBOR_ARRAY || (!head.is_indefinite && head.number != 4))
        return false;
    protected = cbor_walk_bytes(&r);
    if (cbor_peek(&r) != CBOR_MAP || !header_has(protected, &wanted))
        return false;
    cbor_walk_skip(&r);
    if (header_parse(&h, protected, (struct bytes){ 0 }, true) != ERR_OK || !h.has_algorithm)
        return false;
    head = cbor_walk_head(&r);
    if (head.type != CBOR_BYTES || head.is_indefinite)
        return false;
    *algorithm = h.algorithm;
    *payload = reader_sub(&r, num_min(r.left, head.number));
    return !payload->bad;
}

bool cose_signature_next(struct reader *signatures, struct cose_signature *out, enum err *e)
{
    struct cose_signature t = { 0 };
    struct cbor_list l;

    *e = ERR_OK;
    /* The array's own head is taken with the first of them. */
    if (reader_offset(signatures) == 0)
        (void)cbor_walk_head(signatures);
    if (signatures->bad || signatures->left == 0 || cbor_walk_break(signatures))
        return false;
    l = cbor_walk_array(signatures);
    if (!cbor_walk_next(&l))
        reader_fail(signatures);
    *e = headers_take(&t.headers, signatures);
    if (*e != ERR_OK)
        return false;
    if (!cbor_walk_next(&l) || !cbor_walk_next(&l))
        reader_fail(signatures);
    t.signature = cbor_walk_bytes(signatures);
    if (cbor_walk_next(&l) || signatures->bad) {
        *e = ERR_MALFORMED;
        return false;
    }
    *out = t;
    return true;
}

/* "Sig_structure = [ context, body_protected, ? sign_protected, external_aad, payload ]" */
static void structure_put(struct writer *w, struct bytes context, const struct cose *c,
                          const struct cose_signature *s, struct bytes external)
{
    cbor_put_array(w, (uint64_t)(s == NULL ? 4 : 5));
    cbor_put_text(w, context);
    cbor_put_bytes(w, c->headers.protected_raw);
    if (s != NULL)
        cbor_put_bytes(w, s->headers.protected_raw);
    cbor_put_bytes(w, external);
}

static struct bytes payload_of(const struct cose *c, struct bytes detached)
{
    return c->is_detached ? detached : c->payload;
}

void cose_sign1_input(struct writer *w, const struct cose *c, struct bytes payload,
                      struct bytes external)
{
    structure_put(w, BYTES_TEXT("Signature1"), c, NULL, external);
    cbor_put_bytes(w, payload_of(c, payload));
}

void cose_sign_input(struct writer *w, const struct cose *c, const struct cose_signature *s,
                     struct bytes payload, struct bytes external)
{
    structure_put(w, BYTES_TEXT("Signature"), c, s, external);
    cbor_put_bytes(w, payload_of(c, payload));
}

void cose_mac0_input(struct writer *w, const struct cose *c, struct bytes payload,
                     struct bytes external)
{
    structure_put(w, c->kind == COSE_MAC ? BYTES_TEXT("MAC") : BYTES_TEXT("MAC0"), c, NULL,
                  external);
    cbor_put_bytes(w, payload_of(c, payload));
}

void cose_encrypt0_input(struct writer *w, const struct cose *c, struct bytes external)
{
    struct bytes context = c->kind == COSE_ENCRYPT ? BYTES_TEXT("Encrypt") : BYTES_TEXT("Encrypt0");

    cbor_put_array(w, 3);
    cbor_put_text(w, context);
    cbor_put_bytes(w, c->headers.protected_raw);
    cbor_put_bytes(w, external);
}

/* Heads of the array and of its four strings, and the context. */
#define MESSAGE_FRAME 64u

struct bytes cose_sign1_message(struct arena *arena, const struct cose *c)
{
    struct bytes none = { 0 };
    size_t room = c->payload.size + c->headers.protected_raw.size + MESSAGE_FRAME;
    uint8_t *at = arena_alloc(arena, room);
    struct writer w = writer_of(at, at == NULL ? 0 : room);

    cose_sign1_input(&w, c, none, none);
    return writer_ok(&w) ? writer_bytes(&w) : none;
}

enum signature_kind cose_signature_kind(int64_t algorithm)
{
    switch (algorithm) {
    case COSE_ES256: return SIGNATURE_ECDSA_SHA256;
    case COSE_ES384: return SIGNATURE_ECDSA_SHA384;
    case COSE_ES512: return SIGNATURE_ECDSA_SHA512;
    case COSE_EDDSA: return SIGNATURE_ED25519;
    case COSE_PS256: return SIGNATURE_RSA_PSS_SHA256;
    case COSE_PS384: return SIGNATURE_RSA_PSS_SHA384;
    case COSE_PS512: return SIGNATURE_RSA_PSS_SHA512;
    default: return SIGNATURE_NONE;
    }
}

/* What a COSE_Key says: RFC 9053, 7, and RFC 8230, 4. -1 is the curve, or n of an RSA key. */
struct key_parts {
    int64_t type, curve;
    struct bytes n, x, y;
};

static enum err key_parts_take(struct key_parts *out, struct bytes raw)
{
    struct reader r = reader_of(raw);

    TRY(cbor_item_check(raw, CBOR_DEPTH_MAX));
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        struct label label = label_take(&r);
        bool is_bytes = cbor_peek(&r) == CBOR_BYTES;

        if (!label.is_text && label.number == 1 && cbor_peek(&r) != CBOR_TEXT)
            out->type = cbor_walk_int(&r);
        else if (!label.is_text && label.number == -1 && is_bytes)
            out->n = cbor_walk_bytes(&r);
        else if (!label.is_text && label.number == -1)
            out->curve = cbor_walk_int(&r);
        else if (!label.is_text && label.number == -2)
            out->x = cbor_walk_bytes(&r);
        else if (!label.is_text && label.number == -3 && is_bytes)
            out->y = cbor_walk_bytes(&r);
        else
            cbor_walk_skip(&r); /* y as a boolean too: a compressed point, which we do not do */
    }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

static struct bytes magnitude(struct bytes number)
{
    struct reader r = reader_of(number);

    while (r.left != 0 && reader_peek(&r) == 0)
        reader_skip(&r, 1);
    return reader_take(&r, r.left);
}

enum err cose_key_parse(struct public_key *out, struct bytes raw)
{
    enum { TYPE_OKP = 1, TYPE_EC2 = 2, TYPE_RSA = 3, CURVE_ED25519 = 6 };
    static const enum key_kind curves[] = { KEY_NONE, KEY_P256, KEY_P384, KEY_P521 };
    struct key_parts p = { 0 };
    struct public_key k;

    TRY(key_parts_take(&p, raw));
    if (p.type == TYPE_EC2 && p.curve >= 1 && p.curve <= 3)
        k = (struct public_key){ .kind = curves[p.curve], .x = p.x, .y = p.y };
    else if (p.type == TYPE_OKP && p.curve == CURVE_ED25519)
        k = (struct public_key){ .kind = KEY_ED25519, .x = p.x };
    else if (p.type == TYPE_RSA)
        k = (struct public_key){ .kind = KEY_RSA, .n = magnitude(p.n), .e = magnitude(p.x) };
    else
        return ERR_UNSUPPORTED;
    if (k.kind == KEY_RSA ? k.n.size == 0 || k.e.size == 0 : k.x.size != key_field_size(k.kind))
        return ERR_MALFORMED;
    if (p.type == TYPE_EC2 && k.y.size != k.x.size)
        return k.y.size == 0 ? ERR_UNSUPPORTED : ERR_MALFORMED;
    *out = k;
    return ERR_OK;
}

enum err cose_x5chain(struct bytes *out, uint32_t room, uint32_t *count, struct bytes x5chain)
{
    struct reader r = reader_of(x5chain);
    uint32_t n = 0;

    if (cbor_peek(&r) == CBOR_BYTES) {
        if (room == 0)
            return ERR_LIMIT;
        out[n++] = cbor_walk_bytes(&r);
    } else {
        for (struct cbor_list l = cbor_walk_array(&r); cbor_walk_next(&l); n++) {
            if (n == room)
                return ERR_LIMIT;
            out[n] = cbor_walk_bytes(&r);
        }
    }
    if (!reader_done(&r) || n == 0)
        return ERR_MALFORMED;
    *count = n;
    return ERR_OK;
}
