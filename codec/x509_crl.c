#include "codec/x509_form.h"

/* What an extension of the list says (RFC 5280, 5.2). All that changes what the list means is
 * critical by the standard: deltaCRLIndicator, issuingDistributionPoint. */
static enum err read_extension(struct x509_crl *c, const struct x509_extension *x)
{
    struct reader value = reader_of(x->value);

    if (bytes_equal(x->oid, X509_OID_CE("\x14"))) {
        c->number = der_take_magnitude(&value);
        return reader_done(&value) ? ERR_OK : ERR_MALFORMED;
    }
    if (bytes_equal(x->oid, X509_OID_CE("\x23")))
        return x509_authority_key_id(&c->authority_key_id, x->value);
    if (x->critical)
        c->has_unknown_critical = true;
    return ERR_OK;
}

static enum err read_extensions(struct x509_crl *c, struct reader *r)
{
    struct x509_extension list[X509_EXTENSIONS_MAX];
    uint32_t count = 0;

    TRY(x509_extensions_take(list, &count, r));
    for (uint32_t i = 0; i < count; i++)
        TRY(read_extension(c, &list[i]));
    return reader_done(r) ? ERR_OK : ERR_MALFORMED;
}

/* cRLReason (5.3.1), where an entry has one. */
static uint32_t read_reason(const struct x509_extension *x)
{
    struct reader value = reader_of(x->value);
    uint64_t reason = der_take_uint(&value, DER_ENUMERATED);

    return reader_done(&value) && reason < 32 ? (uint32_t)reason : 0;
}

bool x509_crl_next(struct reader *revoked, struct x509_crl_entry *out)
{
    struct reader r;
    struct x509_crl_entry e = { 0 };

    if (revoked->left == 0)
        return false;
    r = der_enter(revoked, DER_SEQUENCE);
    e.serial = der_take_magnitude(&r);
    e.at = der_take_time(&r);
    if (r.left != 0) {
        struct reader list = der_enter(&r, DER_SEQUENCE);

        while (list.left != 0) {
            struct x509_extension x = x509_extension_take(&list);

            if (bytes_equal(x.oid, X509_OID_CE("\x15")))
                e.reason = read_reason(&x);
            else
                e.has_critical |= x.critical;
        }
        if (!reader_done(&list))
            reader_fail(&r);
    }
    if (!reader_done(&r)) {
        reader_fail(revoked);
        return false;
    }
    *out = e;
    return true;
}

static enum err read_revoked(struct x509_crl *c, struct reader *tbs)
{
    struct x509_crl_entry e;
    struct reader list;

    c->revoked = der_take(tbs, DER_SEQUENCE);
    list = reader_of(c->revoked);
    for (; x509_crl_next(&list, &e); c->revoked_count++)
        c->has_unknown_critical |= e.has_critical;
    return reader_done(&list) ? ERR_OK : ERR_MALFORMED;
}

static bool is_time(uint8_t tag) { return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME; }

/* TBSCertList (5.1.2). */
static enum err read_tbs(struct x509_crl *c, struct bytes algorithm)
{
    struct reader all = reader_of(c->tbs);
    struct reader tbs = der_enter(&all, DER_SEQUENCE);
    bool is_v2 = der_peek(&tbs) == DER_INTEGER;

    if (is_v2 && der_take_uint(&tbs, DER_INTEGER) != 1)
        return ERR_MALFORMED;
    if (!bytes_equal(der_take_raw(&tbs), algorithm))
        return ERR_MALFORMED;
    c->issuer = x509_name_take(&tbs);
    c->this_update = der_take_time(&tbs);
    c->has_next_update = is_time(der_peek(&tbs));
    if (c->has_next_update)
        c->next_update = der_take_time(&tbs);
    if (der_peek(&tbs) == DER_SEQUENCE)
        TRY(read_revoked(c, &tbs));
    if (is_v2 && tbs.left != 0) {
        struct reader extensions = der_enter(&tbs, DER_CONTEXT_CONSTRUCTED(0));

        TRY(read_extensions(c, &extensions));
    }
    return reader_done(&tbs) ? ERR_OK : ERR_MALFORMED;
}

struct bytes x509_crl_issuer_peek(struct bytes der)
{
    struct reader all = reader_of(der);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct reader tbs = der_enter(&r, DER_SEQUENCE);
    struct bytes issuer = { 0 };

    if (der_peek(&tbs) == DER_INTEGER)
        (void)der_take_raw(&tbs);
    (void)der_take_raw(&tbs); /* algorithm */
    if (der_peek(&tbs) == DER_SEQUENCE)
        issuer = der_take_raw(&tbs);
    /* A date comes next in lists alone: certificates and requests have two more parts. */
    return is_time(der_peek(&tbs)) ? issuer : (struct bytes){ 0 };
}

enum err x509_crl_parse(struct x509_crl *out, struct bytes der)
{
    struct x509_signed s;
    struct x509_crl c = { .raw = der };

    TRY(x509_signed_parse(&s, der, X509_CRL_SIZE_MAX));
    c.tbs = s.tbs;
    c.signature = s.signature;
    c.signature_kind = s.kind;
    TRY(read_tbs(&c, s.algorithm));
    *out = c;
    return ERR_OK;
}

bool x509_crl_has(const struct x509_crl *crl, struct bytes serial, int64_t *at)
{
    struct reader list = reader_of(crl->revoked);

    while (list.left != 0) {
        struct reader entry = der_enter(&list, DER_SEQUENCE);

        if (bytes_equal(der_take_magnitude(&entry), serial)) {
            *at = der_take_time(&entry);
            return true;
        }
    }
    return false;
}
