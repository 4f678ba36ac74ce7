#include "codec/x509.h"

#include "base/num.h"
#include "codec/x509_form.h"

/* BasicConstraints (RFC 5280, 4.2.1.9). */
static enum err read_basic_constraints(struct x509 *c, struct bytes value)
{
    struct reader all = reader_of(value);
    struct reader r = der_enter(&all, DER_SEQUENCE);

    c->has_basic_constraints = true;
    if (der_peek(&r) == DER_BOOLEAN)
        c->is_ca = der_take_bool(&r);
    if (r.left != 0) {
        uint64_t length = der_take_uint(&r, DER_INTEGER);

        c->has_path_length = true;
        c->path_length = (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX);
    }
    return reader_done(&r) && reader_done(&all) ? ERR_OK : ERR_MALFORMED;
}

/* KeyUsage (4.2.1.3): bit 0 is the highest bit of the first byte. */
static enum err read_key_usage(struct x509 *c, struct bytes value)
{
    struct reader all = reader_of(value);
    struct reader r = der_enter(&all, DER_BIT_STRING);
    uint8_t unused = reader_u8(&r);
    uint32_t used = 0;

    if (unused > 7 || r.left > 2 || (r.left == 0 && unused != 0))
        return ERR_MALFORMED;
    for (unsigned at = 0; r.left != 0; at += 8) {
        uint8_t b = reader_u8(&r);

        if (r.left == 0 && (b & ((1u << unused) - 1)) != 0)
            return ERR_MALFORMED;
        for (unsigned i = 0; i < 8; i++)
            if ((b & (0x80 >> i)) != 0)
                used |= 1u << (at + i);
    }
    c->has_key_usage = true;
    c->key_usage = used;
    return reader_done(&r) && reader_done(&all) ? ERR_OK : ERR_MALFORMED;
}

static enum err read_extensions(struct x509 *c)
{
    for (uint32_t i = 0; i < c->extension_count; i++) {
        const struct x509_extension *x = &c->extensions[i];

        if (bytes_equal(x->oid, X509_OID_CE("\x13"))) {
            TRY(read_basic_constraints(c, x->value));
        } else if (bytes_equal(x->oid, X509_OID_CE("\x0f"))) {
            TRY(read_key_usage(c, x->value));
        } else if (bytes_equal(x->oid, X509_OID_CE("\x23"))) {
            TRY(x509_authority_key_id(&c->authority_key_id, x->value));
        } else if (bytes_equal(x->oid, X509_OID_CE("\x0e"))) {
            struct reader all = reader_of(x->value);

            c->subject_key_id = der_take(&all, DER_OCTET_STRING);
            if (!reader_done(&all))
                return ERR_MALFORMED;
        }
    }
    return ERR_OK;
}

/* Version ::= INTEGER { v1(0), v2(1), v3(2) }; v1 is the default and left out. */
static uint32_t take_version(struct reader *tbs)
{
    struct reader version;
    uint64_t n;

    if (der_peek(tbs) != DER_CONTEXT_CONSTRUCTED(0))
        return 1;
    version = der_enter(tbs, DER_CONTEXT_CONSTRUCTED(0));
    n = der_take_uint(&version, DER_INTEGER);
    if (!reader_done(&version) || n < 1 || n > 2)
        reader_fail(tbs);
    return (uint32_t)(n & 3) + 1;
}

/* After the key: two bit strings of 1993 that nobody uses, and the extensions. */
static enum err take_rest(struct x509 *c, struct reader *tbs)
{
    for (uint8_t n = 1; n <= 2; n++)
        if (c->version >= 2 && der_peek(tbs) == DER_CONTEXT(n))
            (void)der_take(tbs, DER_CONTEXT(n));
    if (c->version == 3 && tbs->left != 0) {
        struct reader extensions = der_enter(tbs, DER_CONTEXT_CONSTRUCTED(3));

        TRY(x509_extensions_take(c->extensions, &c->extension_count, &extensions));
        if (!reader_done(&extensions))
            return ERR_MALFORMED;
    }
    return reader_done(tbs) ? read_extensions(c) : ERR_MALFORMED;
}

/* TBSCertificate (4.1.2). */
static enum err read_tbs(struct x509 *c, struct bytes algorithm)
{
    struct reader all = reader_of(c->tbs);
    struct reader tbs = der_enter(&all, DER_SEQUENCE);
    struct bytes algorithm_inside;
    struct reader validity;

    c->version = take_version(&tbs);
    c->serial = der_take_magnitude(&tbs);
    algorithm_inside = der_take_raw(&tbs);
    c->issuer = x509_name_take(&tbs);
    validity = der_enter(&tbs, DER_SEQUENCE);
    c->not_before = der_take_time(&validity);
    c->not_after = der_take_time(&validity);
    c->subject = x509_name_take(&tbs);
    c->spki = der_take_raw(&tbs);
    if (!reader_ok(&tbs) || !reader_done(&validity))
        return ERR_MALFORMED;
    /* "This field MUST contain the same algorithm identifier as the signatureAlgorithm": what
     * is outside is not signed. */
    if (!bytes_equal(algorithm, algorithm_inside))
        return ERR_MALFORMED;
    TRY(x509_spki_parse(&c->key, c->spki));
    return take_rest(c, &tbs);
}

enum err x509_parse(struct x509 *out, struct bytes der)
{
    struct x509_signed s;
    struct x509 c = { .raw = der };

    TRY(x509_signed_parse(&s, der, X509_SIZE_MAX));
    c.tbs = s.tbs;
    c.signature = s.signature;
    c.signature_kind = s.kind;
    TRY(read_tbs(&c, s.algorithm));
    *out = c;
    return ERR_OK;
}

struct bytes x509_subject_peek(struct bytes der)
{
    struct reader all = reader_of(der);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct reader tbs = der_enter(&r, DER_SEQUENCE);
    unsigned before = der_peek(&tbs) == DER_CONTEXT_CONSTRUCTED(0) ? 5 : 4;

    for (unsigned i = 0; i < before; i++) /* version, serial, algorithm, issuer, validity */
        (void)der_take_raw(&tbs);
    return der_peek(&tbs) == DER_SEQUENCE ? der_take_raw(&tbs) : (struct bytes){ 0 };
}

const struct x509_extension *x509_extension(const struct x509 *c, struct bytes oid)
{
    for (uint32_t i = 0; i < c->extension_count; i++)
        if (bytes_equal(c->extensions[i].oid, oid))
            return &c->extensions[i];
    return NULL;
}
