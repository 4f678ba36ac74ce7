#include "attest/snp/cert.h"

#include "base/ct.h"
#include "base/num.h"

/* 1.3.6.1.4.1.3704.1, and behind it: 1 version, 2 product, 3.n SPLs, 4 HWID, 5 CSP id. */
#define AMD 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01
#define AMD_SIZE 8u
#define OID(...)                                                                             \
    {                                                                                        \
        (const uint8_t[]){ AMD, __VA_ARGS__ }, AMD_SIZE + sizeof((uint8_t[]){ __VA_ARGS__ }) \
    }

static const struct bytes amd_oid = { (const uint8_t[]){ AMD }, AMD_SIZE };
static const struct bytes oids[] = {
    OID(1),    OID(2),    OID(3, 1), OID(3, 2), OID(3, 3), OID(3, 4), OID(3, 5),
    OID(3, 6), OID(3, 7), OID(3, 8), OID(3, 9), OID(4),    OID(5),
};

const struct bytes *snp_cert_extensions(uint32_t *count)
{
    *count = COUNT_OF(oids);
    return oids;
}

static const char *const kind_names[] = {
    [SNP_CERT_ARK] = "ark",   [SNP_CERT_ASK] = "ask",   [SNP_CERT_ASVK] = "asvk",
    [SNP_CERT_VCEK] = "vcek", [SNP_CERT_VLEK] = "vlek",
};

const char *snp_cert_kind_name(enum snp_cert_kind k) { return kind_names[k]; }

/* What follows a prefix of a text; false where it does not start so. */
static bool text_after(struct bytes *rest, struct bytes text, const char *prefix)
{
    size_t size = bytes_text_size(prefix, 16);
    struct reader r = reader_of(text);

    if (!bytes_equal(reader_take(&r, size), (struct bytes){ (const uint8_t *)prefix, size }))
        return false;
    *rest = reader_take(&r, r.left);
    return true;
}

/* "ARK-Milan", "SEV-VLEK-Milan", "SEV-Milan" (57230, section 2.3). */
static enum snp_cert_kind authority_named(enum snp_product *product, struct bytes cn)
{
    static const struct {
        const char *prefix;
        enum snp_cert_kind kind;
    } forms[] = { { "ARK-", SNP_CERT_ARK },
                  { "SEV-VLEK-", SNP_CERT_ASVK },
                  { "SEV-", SNP_CERT_ASK } };
    struct bytes rest;

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (!text_after(&rest, cn, forms[i].prefix))
            continue;
        *product = snp_product_named(rest);
        if (*product != SNP_PRODUCT_NONE)
            return forms[i].kind;
    }
    return SNP_CERT_NONE;
}

static enum snp_cert_kind kind_of(enum snp_product *product, const struct x509 *c)
{
    struct bytes cn = x509_name_cn(c->subject);
    enum snp_product of_issuer = SNP_PRODUCT_NONE;
    enum snp_cert_kind kind, issuer;

    *product = SNP_PRODUCT_NONE;
    kind = bytes_equal(cn, BYTES_TEXT("SEV-VCEK"))   ? SNP_CERT_VCEK
           : bytes_equal(cn, BYTES_TEXT("SEV-VLEK")) ? SNP_CERT_VLEK
                                                     : authority_named(product, cn);
    if (kind != SNP_CERT_VCEK && kind != SNP_CERT_VLEK)
        return kind;
    /* An ASK may sign no VLEK, and an ASVK no VCEK. */
    issuer = authority_named(&of_issuer, x509_name_cn(c->issuer));
    if (issuer == (kind == SNP_CERT_VCEK ? SNP_CERT_ASK : SNP_CERT_ASVK))
        *product = of_issuer;
    return kind;
}

static bool small_parse(uint32_t *out, struct bytes value)
{
    struct reader r = reader_of(value);
    uint64_t n = der_take_uint(&r, DER_INTEGER);

    *out = (uint32_t)n;
    return reader_done(&r) && n <= UINT8_MAX;
}

static bool text_parse(struct bytes *out, struct bytes value)
{
    struct reader r = reader_of(value);
    uint8_t tag = der_peek(&r);

    if (tag != DER_IA5_STRING && tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING)
        return false;
    *out = der_take(&r, tag);
    return reader_done(&r) && out->size != 0;
}

/* Bare octets, or an OCTET STRING of them: AMD issued both. */
static bool hwid_parse(struct bytes *out, struct bytes value)
{
    struct reader r = reader_of(value);

    if (value.size != 64 && value.size != 8)
        value = der_take(&r, DER_OCTET_STRING);
    else
        r.left = 0;
    *out = value;
    return reader_done(&r) && (value.size == 64 || value.size == 8);
}

static bool extension_parse(struct snp_cert *c, struct bytes arcs, struct bytes value)
{
    struct reader r = reader_of(arcs);
    uint8_t first = reader_u8(&r);
    uint8_t n = r.left == 1 ? reader_u8(&r) : 0;
    uint32_t spl;

    if (!reader_done(&r))
        return true;
    if (first == 3 && n >= 1 && n < SNP_SPL_COUNT) {
        if (!small_parse(&spl, value))
            return false;
        c->spl[n] = (uint8_t)spl;
        c->spl_present |= (uint16_t)(1u << n);
        return true;
    }
    if (arcs.size != 1)
        return true;
    switch (first) {
    case 1: return small_parse(&c->struct_version, value);
    case 2: return text_parse(&c->product_name, value);
    case 4: return hwid_parse(&c->hwid, value);
    case 5: return text_parse(&c->csp_id, value);
    default: return true;
    }
}

static enum err extensions_parse(struct snp_cert *c)
{
    for (uint32_t i = 0; i < c->x509.extension_count; i++) {
        const struct x509_extension *e = &c->x509.extensions[i];
        struct reader r = reader_of(e->oid);

        if (bytes_equal(reader_take(&r, AMD_SIZE), amd_oid) &&
            !extension_parse(c, reader_take(&r, r.left), e->value))
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err snp_cert_parse(struct snp_cert *out, struct bytes der)
{
    TRY(x509_parse(&out->x509, der));
    out->kind = kind_of(&out->product, &out->x509);
    out->struct_version = 0;
    out->product_name = out->hwid = out->csp_id = (struct bytes){ 0 };
    out->spl_present = 0;
    TRY(extensions_parse(out));
    if ((out->kind == SNP_CERT_VCEK || out->kind == SNP_CERT_VLEK) &&
        snp_product_named(out->product_name) != out->product)
        out->product = SNP_PRODUCT_NONE;
    return ERR_OK;
}

bool snp_cert_is(struct bytes der)
{
    enum snp_product product;
    struct x509 c;

    return x509_parse(&c, der) == ERR_OK && kind_of(&product, &c) != SNP_CERT_NONE;
}

uint32_t snp_cert_tcb_differs(const struct snp_cert *c, struct bytes tcb)
{
    for (uint32_t i = 0; i < SNP_TCB_SIZE && i < tcb.size; i++) {
        bool reserved;
        uint32_t n = snp_tcb_extension(c->product, i, &reserved);
        bool present = c->spl_present >> n & 1;

        /* A reserved part that the certificate leaves out is zero; another may not be left out. */
        if ((!present && !reserved) || tcb.data[i] != (present ? c->spl[n] : 0))
            return i;
    }
    return SNP_TCB_SIZE;
}

bool snp_cert_is_of_chip(const struct snp_cert *c, struct bytes chip_id)
{
    struct reader r = reader_of(chip_id);
    bool same = c->hwid.size != 0 && bytes_equal(reader_take(&r, c->hwid.size), c->hwid);

    return same && ct_zero(reader_take(&r, r.left));
}

void snp_cert_fields(struct fields *f, const char *name, const struct snp_cert *c,
                     struct bytes reported_tcb)
{
    static const char *const spl_names[SNP_SPL_COUNT] = { NULL,  "3.1", "3.2", "3.3", "3.4",
                                                          "3.5", "3.6", "3.7", "3.8", "3.9" };

    fields_group(f, name);
    if (c->kind != SNP_CERT_NONE)
        fields_string(f, "kind", kind_names[c->kind]);
    fields_text(f, "product_name_ext", c->product_name);
    fields_uint(f, "struct_version", c->struct_version);
    fields_group(f, "tcb_ext");
    for (uint32_t i = 1; i < SNP_SPL_COUNT; i++)
        if (c->spl_present >> i & 1)
            fields_uint(f, spl_names[i], c->spl[i]);
    fields_end(f);
    if (c->hwid.size != 0)
        fields_bytes(f, "hwid", c->hwid);
    if (c->csp_id.size != 0)
        fields_text(f, "csp_id", c->csp_id);
    else
        fields_null(f, "csp_id");
    if (reported_tcb.size != 0)
        snp_tcb_describe(f, "reported_tcb_decoded", reported_tcb, c->product);
    fields_end(f);
}

void snp_cert_describe(struct fields *f, const struct x509 *x)
{
    struct snp_cert c = { .x509 = *x };

    c.kind = kind_of(&c.product, x);
    if (extensions_parse(&c) == ERR_OK && (c.spl_present != 0 || c.product_name.size != 0))
        snp_cert_fields(f, "amd", &c, (struct bytes){ 0 });
}
