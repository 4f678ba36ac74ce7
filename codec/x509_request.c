#include "codec/x509_form.h"

/* extensionRequest: 1.2.840.113549.1.9.14 (RFC 2985, 5.4.2). */
#define OID_EXTENSION_REQUEST BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")

/* Attribute ::= SEQUENCE { type OID, values SET OF ANY }. Others than extensionRequest (a
 * challenge password, Microsoft's) mean nothing here. */
static enum err take_attribute(struct x509_request *q, struct reader *list, bool *seen)
{
    struct reader a = der_enter(list, DER_SEQUENCE);
    struct bytes oid = der_take_oid(&a);
    struct reader values = der_enter(&a, DER_SET);

    if (!reader_done(&a))
        return ERR_MALFORMED;
    if (!bytes_equal(oid, OID_EXTENSION_REQUEST))
        return ERR_OK;
    if (*seen)
        return ERR_MALFORMED;
    *seen = true;
    TRY(x509_extensions_take(q->extensions, &q->extension_count, &values));
    return reader_done(&values) ? ERR_OK : ERR_MALFORMED;
}

/* CertificationRequestInfo (RFC 2986, 4.1). */
static enum err read_info(struct x509_request *q)
{
    struct reader all = reader_of(q->tbs);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    uint64_t version = der_take_uint(&r, DER_INTEGER);
    bool seen = false;

    q->subject = x509_name_take(&r);
    q->spki = der_take_raw(&r);
    if (!reader_ok(&r) || version != 0)
        return ERR_MALFORMED;
    TRY(x509_spki_parse(&q->key, q->spki));
    if (r.left != 0) { /* some leave out even the empty set */
        struct reader list = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));

        while (list.left != 0)
            TRY(take_attribute(q, &list, &seen));
        if (!reader_done(&list))
            return ERR_MALFORMED;
    }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

enum err x509_request_parse(struct x509_request *out, struct bytes der)
{
    struct x509_signed s;
    struct x509_request q = { .raw = der };

    TRY(x509_signed_parse(&s, der, X509_SIZE_MAX));
    q.tbs = s.tbs;
    q.signature = s.signature;
    q.signature_kind = s.kind;
    TRY(read_info(&q));
    *out = q;
    return ERR_OK;
}
