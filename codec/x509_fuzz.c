/* Covers: x509_parse x509_request_parse x509_crl_parse x509_ocsp_parse x509_spki_parse
 * x509_name_text x509_name_attribute x509_crl_has */
#include "codec/x509.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes input;

/* What is borrowed lies in the input. */
static void inside(struct bytes part)
{
    if (part.size != 0 && (part.data < input.data || part.size > input.size ||
                           (size_t)(part.data - input.data) > input.size - part.size))
        abort();
}

static void name(struct bytes whole)
{
    char text[64];

    inside(whole);
    memset(text, 0x7f, sizeof text);
    x509_name_text(text, sizeof text, whole);
    if (memchr(text, '\0', sizeof text) == NULL)
        abort();
    for (const char *c = text; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e)
            abort();
    inside(x509_name_cn(whole));
}

static void key(const struct public_key *k)
{
    inside(k->x);
    inside(k->y);
    inside(k->n);
    inside(k->e);
    if (k->kind != KEY_RSA && k->x.size != key_field_size(k->kind))
        abort();
}

static void extensions(const struct x509_extension *list, uint32_t count)
{
    if (count > X509_EXTENSIONS_MAX)
        abort();
    for (uint32_t i = 0; i < count; i++) {
        inside(list[i].oid);
        inside(list[i].value);
    }
}

static void certificate(void)
{
    struct x509 c;

    if (x509_parse(&c, input) != ERR_OK)
        return;
    if (!bytes_equal(x509_subject_peek(input), c.subject))
        abort();
    if (c.raw.size != input.size || c.version < 1 || c.version > 3)
        abort();
    inside(c.tbs);
    inside(c.serial);
    inside(c.signature);
    name(c.issuer);
    name(c.subject);
    key(&c.key);
    extensions(c.extensions, c.extension_count);
    inside(c.subject_key_id);
    inside(c.authority_key_id);
}

static void request(void)
{
    struct x509_request q;

    if (x509_request_parse(&q, input) != ERR_OK)
        return;
    inside(q.tbs);
    name(q.subject);
    key(&q.key);
    extensions(q.extensions, q.extension_count);
}

/* Every entry that the parse has counted is found again. */
static void list(void)
{
    struct x509_crl c;
    struct x509_crl_entry e;
    struct reader r;
    uint32_t count = 0;
    int64_t at;

    if (x509_crl_parse(&c, input) != ERR_OK)
        return;
    if (!bytes_equal(x509_crl_issuer_peek(input), c.issuer))
        abort();
    name(c.issuer);
    inside(c.number);
    for (r = reader_of(c.revoked); x509_crl_next(&r, &e); count++)
        if (count < 64 && !x509_crl_has(&c, e.serial, &at))
            abort();
    if (!reader_done(&r) || count != c.revoked_count)
        abort();
}

static void response(void)
{
    struct x509_ocsp o;
    struct x509_ocsp_single s;
    struct reader r;
    uint32_t count = 0;

    if (x509_ocsp_parse(&o, input) != ERR_OK)
        return;
    inside(o.nonce);
    inside(o.certificates);
    inside(o.responder_key_hash);
    for (r = reader_of(o.singles); x509_ocsp_next(&r, &s); count++)
        inside(s.serial);
    if (!reader_done(&r) || count != o.single_count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct public_key k;

    input = (struct bytes){ data, size };
    inside(x509_subject_peek(input));
    inside(x509_crl_issuer_peek(input));
    certificate();
    request();
    list();
    response();
    if (x509_spki_parse(&k, input) == ERR_OK)
        key(&k);
    name(input);
    return 0;
}
