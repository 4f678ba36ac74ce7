#include "codec/x509_form.h"

#define OID_OCSP_BASIC BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_OCSP_NONCE BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")

#define REASON_CERTIFICATE_HOLD 6u

static bool enter_done(struct reader *inner, struct reader *outer)
{
    if (!reader_done(inner))
        reader_fail(outer);
    return reader_ok(outer);
}

/* CertStatus (RFC 6960, 4.2.1): good [0], revoked [1] { time, reason [0] }, unknown [2]. */
static void take_status(struct x509_ocsp_single *s, struct reader *r)
{
    struct reader info;

    switch (der_peek(r)) {
    case DER_CONTEXT(0):
        s->status = OCSP_GOOD;
        if (der_take(r, DER_CONTEXT(0)).size != 0)
            reader_fail(r);
        return;
    case DER_CONTEXT_CONSTRUCTED(1):
        info = der_enter(r, DER_CONTEXT_CONSTRUCTED(1));
        s->status = OCSP_REVOKED;
        s->revoked_at = der_take_time(&info);
        if (info.left != 0) {
            struct reader reason = der_enter(&info, DER_CONTEXT_CONSTRUCTED(0));

            if (der_take_uint(&reason, DER_ENUMERATED) == REASON_CERTIFICATE_HOLD)
                s->status = OCSP_HOLD;
            (void)enter_done(&reason, &info);
        }
        (void)enter_done(&info, r);
        return;
    default:
        s->status = OCSP_UNKNOWN;
        if (der_take(r, DER_CONTEXT(2)).size != 0)
            reader_fail(r);
    }
}

/* No extension of a response is one that we know, but for the nonce; a critical one that is
 * not known must not be passed over. */
static void take_extensions(struct bytes *nonce, struct reader *r)
{
    struct reader outer = der_enter(r, DER_CONTEXT_CONSTRUCTED(1));
    struct reader list = der_enter(&outer, DER_SEQUENCE);

    while (list.left != 0) {
        struct x509_extension x = x509_extension_take(&list);

        if (nonce != NULL && bytes_equal(x.oid, OID_OCSP_NONCE)) {
            struct reader value = reader_of(x.value);
            struct bytes inner = der_take(&value, DER_OCTET_STRING);

            *nonce = reader_done(&value) ? inner : x.value;
        } else if (x.critical) {
            reader_fail(&list);
        }
    }
    (void)enter_done(&list, &outer);
    (void)enter_done(&outer, r);
}

bool x509_ocsp_next(struct reader *singles, struct x509_ocsp_single *out)
{
    struct x509_ocsp_single s = { 0 };
    struct reader r, id, algorithm;

    if (singles->left == 0)
        return false;
    r = der_enter(singles, DER_SEQUENCE);
    id = der_enter(&r, DER_SEQUENCE);
    algorithm = der_enter(&id, DER_SEQUENCE);
    s.hash_oid = der_take_oid(&algorithm);
    s.issuer_name_hash = der_take(&id, DER_OCTET_STRING);
    s.issuer_key_hash = der_take(&id, DER_OCTET_STRING);
    s.serial = der_take_magnitude(&id);
    (void)enter_done(&id, &r);
    take_status(&s, &r);
    s.this_update = der_take_time(&r);
    if (der_peek(&r) == DER_CONTEXT_CONSTRUCTED(0)) {
        struct reader next = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));

        s.has_next_update = true;
        s.next_update = der_take_time(&next);
        (void)enter_done(&next, &r);
    }
    if (r.left != 0)
        take_extensions(NULL, &r);
    if (!reader_ok(&algorithm) || !enter_done(&r, singles)) {
        reader_fail(singles);
        return false;
    }
    *out = s;
    return true;
}

/* ResponseData. */
static enum err read_data(struct x509_ocsp *o)
{
    struct reader all = reader_of(o->tbs);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct reader part;
    struct x509_ocsp_single single;

    if (der_peek(&r) == DER_CONTEXT_CONSTRUCTED(0))
        return ERR_UNSUPPORTED; /* version 1 is the default and left out */
    if (der_peek(&r) == DER_CONTEXT_CONSTRUCTED(1)) {
        part = der_enter(&r, DER_CONTEXT_CONSTRUCTED(1));
        o->responder_name = x509_name_take(&part);
    } else {
        part = der_enter(&r, DER_CONTEXT_CONSTRUCTED(2));
        o->responder_key_hash = der_take(&part, DER_OCTET_STRING);
    }
    (void)enter_done(&part, &r);
    o->produced_at = der_take_time(&r);
    o->singles = der_take(&r, DER_SEQUENCE);
    if (r.left != 0)
        take_extensions(&o->nonce, &r);
    part = reader_of(o->singles);
    while (x509_ocsp_next(&part, &single))
        o->single_count++;
    return reader_done(&r) && reader_done(&part) && o->single_count != 0 ? ERR_OK : ERR_MALFORMED;
}

/* BasicOCSPResponse. */
static enum err read_basic(struct x509_ocsp *o, struct bytes basic)
{
    struct reader all = reader_of(basic);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct x509_signed s = x509_signed_take(&r);

    o->tbs = s.tbs;
    o->signature = s.signature;
    o->signature_kind = s.kind;
    if (r.left != 0) {
        struct reader outer = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));

        o->certificates = der_take(&outer, DER_SEQUENCE);
        (void)enter_done(&outer, &r);
    }
    return reader_done(&r) && reader_done(&all) ? read_data(o) : ERR_MALFORMED;
}

enum err x509_ocsp_parse(struct x509_ocsp *out, struct bytes der)
{
    struct reader all = reader_of(der);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct reader outer, bytes;
    struct x509_ocsp o = { 0 };
    struct bytes kind, basic;

    if (der.size > X509_SIZE_MAX)
        return ERR_LIMIT;
    if (der_take_uint(&r, DER_ENUMERATED) != 0 && reader_done(&r))
        return ERR_UNSUPPORTED; /* the responder's "try later" and the like: no response */
    outer = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));
    bytes = der_enter(&outer, DER_SEQUENCE);
    kind = der_take_oid(&bytes);
    basic = der_take(&bytes, DER_OCTET_STRING);
    if (!reader_done(&bytes) || !reader_done(&outer) || !reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    if (!bytes_equal(kind, OID_OCSP_BASIC))
        return ERR_UNSUPPORTED;
    TRY(read_basic(&o, basic));
    *out = o;
    return ERR_OK;
}
