#define PKI_UNSIGNED
#include "codec/x509.h"

#include "base/num.h"
#include "tests/check.h"
#include "tests/pki.h"

#define EMPTY PKI_NONE

/* A certificate from its parts: what is not said is as it should be. */
struct parts {
    struct bytes version, serial, algorithm, outside, issuer, validity, subject, spki, unique,
        extensions, after_tbs, signature, after;
};

static struct bytes or_else(struct bytes a, struct bytes b) { return a.data != NULL ? a : b; }

#define LEFT_OUT ((struct bytes){ (const uint8_t *)"", 0 })

static struct bytes build(struct parts p)
{
    struct bytes algorithm = or_else(p.algorithm, PKI_ED25519);
    struct bytes tbs =
        PKI(DER_SEQUENCE, or_else(p.version, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2))),
            or_else(p.serial, pki_number(5)), algorithm, or_else(p.issuer, pki_name("issuer")),
            or_else(p.validity, PKI(DER_SEQUENCE, pki_time("2000"), pki_time("2100"))),
            or_else(p.subject, pki_name("subject")), or_else(p.spki, pki_spki(3)),
            or_else(p.unique, LEFT_OUT), or_else(p.extensions, LEFT_OUT));

    return PKI(DER_SEQUENCE, tbs, or_else(p.outside, algorithm),
               or_else(p.signature, BYTES_TEXT("\x03\x03\x00\x11\x22")),
               or_else(p.after, LEFT_OUT));
}

static struct bytes plain(void)
{
    struct parts p = { .serial = PKI_NONE };

    return build(p);
}

static struct bytes extensions(struct bytes list)
{
    return PKI(DER_CONTEXT_CONSTRUCTED(3), PKI(DER_SEQUENCE, list));
}

static struct bytes ce(const char *last, struct bytes value)
{
    uint8_t oid[3] = { 0x55, 0x1d, (uint8_t)last[0] };

    return pki_extension(pki_copy(BYTES_OF(oid)), false, value);
}

static enum err parse(struct parts p)
{
    struct x509 c;

    return x509_parse(&c, build(p));
}

static void test_good(void)
{
    struct x509 c;
    struct bytes der = plain();

    CASE("a certificate of version 3");
    CHECK_OK(x509_parse(&c, der));
    CHECK_EQ(c.version, 3);
    CHECK_BYTES(c.raw, der);
    CHECK_BYTES(c.serial, BYTES_TEXT("\x05"));
    CHECK_BYTES(c.issuer, pki_name("issuer"));
    CHECK_BYTES(c.subject, pki_name("subject"));
    CHECK_BYTES(c.spki, pki_spki(3));
    CHECK_EQ(c.key.kind, KEY_ED25519);
    CHECK_EQ(c.signature_kind, SIGNATURE_ED25519);
    CHECK_BYTES(c.signature, BYTES_TEXT("\x11\x22"));
    CHECK_EQ(c.not_before, 946684800);
    CHECK_EQ(c.tbs.data - c.raw.data, c.raw.size > 0x83 ? 3 : 2);

    CASE("the subject alone");
    CHECK_BYTES(x509_subject_peek(der), pki_name("subject"));
    CHECK_BYTES(x509_subject_peek(build((struct parts){ .version = LEFT_OUT })),
                pki_name("subject"));
    CHECK_EQ(x509_subject_peek(BYTES_TEXT("\x30\x00")).size, 0);
    CHECK_EQ(x509_subject_peek(LEFT_OUT).size, 0);

    CASE("version 1: no extensions");
    CHECK_OK(x509_parse(&c, build((struct parts){ .version = LEFT_OUT })));
    CHECK_EQ(c.version, 1);
    CASE("serial number 0, and one of 20 bytes");
    CHECK_OK(x509_parse(&c, build((struct parts){ .serial = pki_number(0) })));
    CHECK_EQ(c.serial.size, 0);
    CHECK_OK(parse((struct parts){
        .serial = BYTES_TEXT("\x02\x15\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                             "\xff\xff\xff\xff\xff\xff") }));
    CASE("unique identifiers are passed over");
    CHECK_OK(parse((struct parts){ .unique = BYTES_TEXT("\x81\x02\x00\x01\x82\x02\x00\x02") }));
    CASE("empty names");
    CHECK_OK(parse((struct parts){ .subject = pki_name(""), .issuer = pki_name("") }));
}

static void test_malformed(void)
{
    static const struct {
        const char *name;
        struct parts parts;
    } cases[] = {
        { "version 1 said aloud", { .version = BYTES_TEXT("\xa0\x03\x02\x01\x00") } },
        { "version 4", { .version = BYTES_TEXT("\xa0\x03\x02\x01\x03") } },
        { "a negative serial number", { .serial = BYTES_TEXT("\x02\x01\xff") } },
        { "no serial number", { .serial = BYTES_TEXT("\x05\x00") } },
        { "another algorithm outside", { .outside = BYTES_TEXT("\x30\x05\x06\x03\x2b\x65\x71") } },
        { "the algorithm outside with NULL",
          { .outside = BYTES_TEXT("\x30\x07\x06\x03\x2b\x65\x70\x05\x00") } },
        { "one date",
          { .validity = BYTES_TEXT("\x30\x0f\x17\x0d"
                                   "200101000000Z") } },
        { "a name with an empty set", { .issuer = BYTES_TEXT("\x30\x02\x31\x00") } },
        { "a name of text", { .subject = BYTES_TEXT("\x0c\x01x") } },
        { "an attribute of three parts",
          { .subject =
                BYTES_TEXT("\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x01x\x05\x00") } },
        { "a key that is no sequence", { .spki = BYTES_TEXT("\x05\x00") } },
        { "an empty key", { .spki = BYTES_TEXT("\x30\x00") } },
        { "unique identifiers twice", { .unique = BYTES_TEXT("\x81\x01\x00\x81\x01\x00") } },
        { "unique identifiers in version 1",
          { .version = LEFT_OUT, .unique = BYTES_TEXT("\x81\x01\x00") } },
        { "an empty wrapper of extensions", { .extensions = BYTES_TEXT("\xa3\x00") } },
        { "something after the extensions",
          { .extensions = BYTES_TEXT("\xa3\x02\x30\x00\x05\x00") } },
        { "a signature with unused bits", { .signature = BYTES_TEXT("\x03\x02\x04\x10") } },
        { "a signature of octets", { .signature = BYTES_TEXT("\x04\x02\x11\x22") } },
        { "something after the signature", { .after = BYTES_TEXT("\x05\x00") } },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_ERR(parse(cases[i].parts), ERR_MALFORMED);
    }
    CASE("extensions in version 1");
    CHECK_ERR(parse((struct parts){ .version = LEFT_OUT, .extensions = extensions(EMPTY) }),
              ERR_MALFORMED);
}

/* Every shortening and lengthening of a good one is refused, and leaves the result alone. */
static void test_lengths(void)
{
    struct bytes good = plain();
    static uint8_t longer[512];
    struct x509 c;

    CASE("every truncation");
    c.version = 99;
    for (size_t size = 0; size < good.size; size++)
        CHECK_ERR(x509_parse(&c, (struct bytes){ good.data, size }), ERR_MALFORMED);
    CASE("an extension by one byte");
    memcpy(longer, good.data, good.size);
    CHECK_ERR(x509_parse(&c, (struct bytes){ longer, good.size + 1 }), ERR_MALFORMED);
    CHECK_EQ(c.version, 99);
    CASE("more than the limit");
    static uint8_t huge[X509_SIZE_MAX + 1];
    CHECK_ERR(x509_parse(&c, BYTES_OF(huge)), ERR_LIMIT);
}

static void test_extensions(void)
{
    struct x509 c;
    struct bytes many[X509_EXTENSIONS_MAX + 1];
    static uint8_t oids[X509_EXTENSIONS_MAX + 1][3];

    CASE("the standard extensions");
    struct bytes four[] = {
        ce("\x13", BYTES_TEXT("\x30\x06\x01\x01\xff\x02\x01\x02")),
        ce("\x0f", BYTES_TEXT("\x03\x02\x01\x06")),
        ce("\x0e", BYTES_TEXT("\x04\x02\xaa\xbb")),
        ce("\x23", BYTES_TEXT("\x30\x04\x80\x02\xcc\xdd")),
    };
    CHECK_OK(
        x509_parse(&c, build((struct parts){
                           .extensions = PKI(DER_CONTEXT_CONSTRUCTED(3),
                                             pki_element(DER_SEQUENCE, four, COUNT_OF(four))) })));
    CHECK(c.has_basic_constraints && c.is_ca && c.has_path_length);
    CHECK_EQ(c.path_length, 2);
    CHECK(c.has_key_usage);
    CHECK_EQ(c.key_usage, X509_USE_KEY_CERT_SIGN | X509_USE_CRL_SIGN);
    CHECK_BYTES(c.subject_key_id, BYTES_TEXT("\xaa\xbb"));
    CHECK_BYTES(c.authority_key_id, BYTES_TEXT("\xcc\xdd"));
    CHECK(x509_extension(&c, BYTES_TEXT("\x55\x1d\x13")) == &c.extensions[0]);
    CHECK_NULL(x509_extension(&c, BYTES_TEXT("\x55\x1d\x14")));

    CASE("an extension twice");
    CHECK_ERR(
        parse((struct parts){ .extensions = PKI(DER_CONTEXT_CONSTRUCTED(3),
                                                PKI(DER_SEQUENCE, four[0], four[1], four[0])) }),
        ERR_MALFORMED);

    CASE("as many as there may be, and one more");
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        memcpy(oids[i], "\x2a\x03", 2);
        oids[i][2] = (uint8_t)i;
        many[i] = pki_extension(BYTES_OF(oids[i]), true, EMPTY);
    }
    CHECK_OK(x509_parse(
        &c, build((struct parts){
                .extensions = PKI(DER_CONTEXT_CONSTRUCTED(3),
                                  pki_element(DER_SEQUENCE, many, X509_EXTENSIONS_MAX)) })));
    CHECK_EQ(c.extension_count, X509_EXTENSIONS_MAX);
    CHECK(c.extensions[31].critical);
    CHECK_ERR(
        parse((struct parts){ .extensions = PKI(DER_CONTEXT_CONSTRUCTED(3),
                                                pki_element(DER_SEQUENCE, many, COUNT_OF(many))) }),
        ERR_LIMIT);

    static const struct {
        const char *name, *last;
        struct bytes value;
        enum err want;
    } cases[] = {
        { "basicConstraints: empty", "\x13", BYTES_TEXT("\x30\x00"), ERR_OK },
        { "basicConstraints: FALSE said aloud", "\x13", BYTES_TEXT("\x30\x03\x01\x01\x00"),
          ERR_OK },
        { "basicConstraints: true is FF", "\x13", BYTES_TEXT("\x30\x03\x01\x01\x01"),
          ERR_MALFORMED },
        { "basicConstraints: negative length", "\x13",
          BYTES_TEXT("\x30\x06\x01\x01\xff\x02\x01\xff"), ERR_MALFORMED },
        { "basicConstraints: more behind it", "\x13", BYTES_TEXT("\x30\x00\x00"), ERR_MALFORMED },
        { "keyUsage: nine bits", "\x0f", BYTES_TEXT("\x03\x03\x07\x00\x80"), ERR_OK },
        { "keyUsage: 17 bits", "\x0f", BYTES_TEXT("\x03\x04\x07\x00\x00\x80"), ERR_MALFORMED },
        { "keyUsage: an unused bit is set", "\x0f", BYTES_TEXT("\x03\x02\x02\x06"), ERR_MALFORMED },
        { "keyUsage: eight unused bits", "\x0f", BYTES_TEXT("\x03\x02\x08\x00"), ERR_MALFORMED },
        { "keyUsage: no bits", "\x0f", BYTES_TEXT("\x03\x01\x00"), ERR_OK },
        { "keyUsage: no octet", "\x0f", BYTES_TEXT("\x03\x00"), ERR_MALFORMED },
        { "subjectKeyIdentifier: no octets", "\x0e", BYTES_TEXT("\x05\x00"), ERR_MALFORMED },
        { "authorityKeyIdentifier: none in it", "\x23", BYTES_TEXT("\x30\x00"), ERR_OK },
        { "authorityKeyIdentifier: cut short", "\x23", BYTES_TEXT("\x30\x04\x80\x04\x01\x02"),
          ERR_MALFORMED },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_ERR(
            parse((struct parts){ .extensions = extensions(ce(cases[i].last, cases[i].value)) }),
            cases[i].want);
    }
}

#define RSA_OID(n) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" n

static void test_algorithms(void)
{
    static const struct {
        const char *name;
        struct bytes algorithm;
        enum signature_kind want;
    } cases[] = {
        { "ECDSA SHA-384", BYTES_TEXT("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"),
          SIGNATURE_ECDSA_SHA384 },
        { "ECDSA SHA-256 with NULL",
          BYTES_TEXT("\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"),
          SIGNATURE_ECDSA_SHA256 },
        { "ECDSA SHA-1", BYTES_TEXT("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"),
          SIGNATURE_NONE },
        { "RSA SHA-256", BYTES_TEXT("\x30\x0d" RSA_OID("\x0b") "\x05\x00"),
          SIGNATURE_RSA_PKCS1_SHA256 },
        { "RSA SHA-256 without NULL", BYTES_TEXT("\x30\x0b" RSA_OID("\x0b")),
          SIGNATURE_RSA_PKCS1_SHA256 },
        { "RSA SHA-256 with other parameters", BYTES_TEXT("\x30\x0d" RSA_OID("\x0b") "\x04\x00"),
          SIGNATURE_NONE },
        { "RSA MD5", BYTES_TEXT("\x30\x0d" RSA_OID("\x04") "\x05\x00"), SIGNATURE_NONE },
        { "Ed25519 with NULL", BYTES_TEXT("\x30\x07\x06\x03\x2b\x65\x70\x05\x00"), SIGNATURE_NONE },
        { "no algorithm", BYTES_TEXT("\x30\x00"), SIGNATURE_NONE },
        { "PSS without parameters", BYTES_TEXT("\x30\x0b" RSA_OID("\x0a")), SIGNATURE_NONE },
        { "PSS with NULL", BYTES_TEXT("\x30\x0d" RSA_OID("\x0a") "\x05\x00"), SIGNATURE_NONE },
        { "PSS by its defaults: SHA-1", BYTES_TEXT("\x30\x0d" RSA_OID("\x0a") "\x30\x00"),
          SIGNATURE_NONE },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct x509 c;

        CASE(cases[i].name);
        CHECK_OK(x509_parse(&c, build((struct parts){ .algorithm = cases[i].algorithm })));
        CHECK_EQ(c.signature_kind, cases[i].want);
    }
}

/* RSASSA-PSS-params, from its three numbers and the trailer. */
static struct bytes pss(uint8_t hash, uint8_t mask, uint32_t salt, struct bytes trailer)
{
    uint8_t hash_oid[9] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash };
    uint8_t mask_oid[9] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, mask };
    struct bytes mgf =
        PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")),
            PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_OF(mask_oid)), BYTES_TEXT("\x05\x00")));

    return PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")),
               PKI(DER_SEQUENCE,
                   PKI(DER_CONTEXT_CONSTRUCTED(0),
                       PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_OF(hash_oid)), BYTES_TEXT("\x05\x00"))),
                   PKI(DER_CONTEXT_CONSTRUCTED(1), mgf),
                   PKI(DER_CONTEXT_CONSTRUCTED(2), pki_number(salt)), trailer));
}

static void test_pss(void)
{
    static const struct {
        const char *name;
        uint8_t hash, mask;
        uint32_t salt;
        struct bytes trailer;
        enum signature_kind want;
    } cases[] = {
        { "PSS SHA-256", 1, 1, 32, { 0 }, SIGNATURE_RSA_PSS_SHA256 },
        { "PSS SHA-384", 2, 2, 48, { 0 }, SIGNATURE_RSA_PSS_SHA384 },
        { "PSS SHA-512", 3, 3, 64, { 0 }, SIGNATURE_RSA_PSS_SHA512 },
        { "PSS, the trailer said aloud", 2, 2, 48, BYTES_TEXT("\xa3\x03\x02\x01\x01"),
          SIGNATURE_RSA_PSS_SHA384 },
        { "PSS, another trailer", 2, 2, 48, BYTES_TEXT("\xa3\x03\x02\x01\x02"), SIGNATURE_NONE },
        { "PSS, another hash in the mask", 2, 1, 48, { 0 }, SIGNATURE_NONE },
        { "PSS, a short salt", 2, 2, 20, { 0 }, SIGNATURE_NONE },
        { "PSS, no salt", 1, 1, 0, { 0 }, SIGNATURE_NONE },
        { "PSS, SHA-224", 4, 4, 28, { 0 }, SIGNATURE_NONE },
        { "PSS, more parameters", 2, 2, 48, BYTES_TEXT("\xa3\x03\x02\x01\x01\x05\x00"),
          SIGNATURE_NONE },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct x509 c;

        CASE(cases[i].name);
        CHECK_OK(x509_parse(
            &c, build((struct parts){ .algorithm = pss(cases[i].hash, cases[i].mask, cases[i].salt,
                                                       cases[i].trailer) })));
        CHECK_EQ(c.signature_kind, cases[i].want);
    }
}

#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define EC "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

static struct bytes ec_key(struct bytes algorithm, uint8_t form, size_t size)
{
    uint8_t bits[140] = { 0, form };

    return PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, algorithm),
               PKI(DER_BIT_STRING, ((struct bytes){ bits, size + 2 })));
}

static void test_keys(void)
{
    struct public_key key;

    CASE("EC points");
    CHECK_OK(x509_spki_parse(&key, ec_key(BYTES_TEXT(EC P256), 4, 64)));
    CHECK_EQ(key.kind, KEY_P256);
    CHECK(key.x.size == 32 && key.y.size == 32);
    CHECK_OK(x509_spki_parse(&key, ec_key(BYTES_TEXT(EC "\x06\x05\x2b\x81\x04\x00\x23"), 4, 132)));
    CHECK_EQ(key.kind, KEY_P521);
    CASE("EC points that are compressed, short, long, of no curve or of another");
    struct bytes unknown[] = {
        ec_key(BYTES_TEXT(EC P256), 2, 32),
        ec_key(BYTES_TEXT(EC P256), 4, 63),
        ec_key(BYTES_TEXT(EC P256), 4, 65),
        ec_key(BYTES_TEXT(EC P256), 0, 0),
        ec_key(BYTES_TEXT(EC), 4, 64),
        ec_key(BYTES_TEXT(EC P256 "\x05\x00"), 4, 64),
        ec_key(BYTES_TEXT(EC "\x06\x05\x2b\x81\x04\x00\x0a"), 4, 64),
        ec_key(BYTES_TEXT("\x06\x03\x2a\x03\x04"), 4, 64),
    };
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        CHECK_OK(x509_spki_parse(&key, unknown[i]));
        CHECK_EQ(key.kind, KEY_NONE);
    }

    CASE("RSA");
    CHECK_OK(x509_spki_parse(&key, BYTES_TEXT("\x30\x1b\x30\x0d" RSA_OID(
                                       "\x01") "\x05\x00\x03\x0a\x00"
                                               "\x30\x07\x02\x02\x00\x81\x02\x01\x03")));
    CHECK_EQ(key.kind, KEY_RSA);
    CHECK_BYTES(key.n, BYTES_TEXT("\x81"));
    CHECK_BYTES(key.e, BYTES_TEXT("\x03"));
    CASE("RSA with a negative modulus, and with bytes left over");
    CHECK_ERR(x509_spki_parse(&key, BYTES_TEXT("\x30\x1a\x30\x0d" RSA_OID(
                                        "\x01") "\x05\x00\x03\x09"
                                                "\x00\x30\x06\x02\x01\x81\x02\x01\x03")),
              ERR_MALFORMED);
    CHECK_ERR(x509_spki_parse(&key, BYTES_TEXT("\x30\x1c\x30\x0d" RSA_OID(
                                        "\x01") "\x05\x00\x03\x0b\x00"
                                                "\x30\x07\x02\x02\x00\x81\x02\x01\x03\x00")),
              ERR_MALFORMED);
    CASE("no key at all");
    CHECK_ERR(x509_spki_parse(&key, LEFT_OUT), ERR_MALFORMED);
    CHECK_ERR(x509_spki_parse(&key, BYTES_TEXT("\x30\x00")), ERR_MALFORMED);
}

static struct bytes attribute(struct bytes oid, uint8_t tag, const char *text)
{
    return PKI(DER_SEQUENCE, PKI(DER_OID, oid),
               PKI(tag, ((struct bytes){ (const uint8_t *)text, strlen(text) })));
}

#define AT(n) BYTES_TEXT("\x55\x04" n)

static void test_names(void)
{
    struct bytes name =
        PKI(DER_SEQUENCE, PKI(DER_SET, attribute(AT("\x05"), DER_PRINTABLE_STRING, "53C2")),
            PKI(DER_SET, attribute(AT("\x06"), DER_PRINTABLE_STRING, "US"),
                attribute(AT("\x08"), DER_UTF8_STRING, "CA")),
            PKI(DER_SET, attribute(AT("\x0a"), DER_UTF8_STRING, " A, B+\"c\" \\<d>;#e ")),
            PKI(DER_SET, attribute(AT("\x03"), DER_UTF8_STRING, "#x\n\xc3\xa9\x7f")));
    char text[128];

    CASE("a name as RFC 4514 has it: the last first, escaped");
    x509_name_text(text, sizeof text, name);
    CHECK_TEXT(text,
               "CN=\\#x????,O=\\ A\\, B\\+\\\"c\\\" \\\\\\<d\\>\\;#e\\ ,C=US+ST=CA,2.5.4.5=53C2");
    CASE("cut where it does not fit");
    x509_name_text(text, 6, name);
    CHECK_TEXT(text, "CN=\\#");
    x509_name_text(text, 1, name);
    CHECK_TEXT(text, "");
    CASE("no name");
    x509_name_text(text, sizeof text, LEFT_OUT);
    CHECK_TEXT(text, "");
    x509_name_text(text, sizeof text, pki_name(""));
    CHECK_TEXT(text, "");
    CASE("attributes by their type");
    CHECK_BYTES(x509_name_attribute(name, AT("\x08")), BYTES_TEXT("CA"));
    CHECK_BYTES(x509_name_cn(pki_name("me")), BYTES_TEXT("me"));
    CHECK_EQ(x509_name_attribute(name, AT("\x07")).size, 0);
    CHECK_EQ(
        x509_name_cn(PKI(DER_SEQUENCE, PKI(DER_SET, attribute(AT("\x03"), DER_INTEGER, "a")))).size,
        0);
}

static void test_crls(void)
{
    static const uint32_t serials[] = { 5, 0x80 };
    struct pki_crl list = { .issuer = "issuer",
                            .signer = 1,
                            .from = "2020",
                            .to = "2021",
                            .revoked = serials,
                            .revoked_count = 2 };
    struct x509_crl c;
    int64_t at = 0;

    CASE("a list of two");
    CHECK_OK(x509_crl_parse(&c, pki_crl(&list)));
    CHECK_EQ(c.revoked_count, 2);
    CHECK(c.has_next_update && !c.has_unknown_critical);
    CHECK_BYTES(c.issuer, pki_name("issuer"));
    CHECK_BYTES(x509_crl_issuer_peek(c.raw), c.issuer);
    CHECK_EQ(x509_crl_issuer_peek(LEFT_OUT).size, 0);
    CHECK_EQ(c.this_update, 1577836800);
    CHECK_BYTES(c.number, BYTES_TEXT("\x07"));
    CHECK(x509_crl_has(&c, BYTES_TEXT("\x80"), &at));
    CHECK_EQ(at, 1262304000);
    CHECK(!x509_crl_has(&c, BYTES_TEXT("\x06"), &at));
    CHECK(!x509_crl_has(&c, LEFT_OUT, &at));
    CASE("an empty list without an end");
    list.revoked_count = 0;
    list.to = NULL;
    CHECK_OK(x509_crl_parse(&c, pki_crl(&list)));
    CHECK(c.revoked_count == 0 && !c.has_next_update);
    CASE("a critical extension that changes its meaning");
    list.extension = pki_extension(BYTES_TEXT("\x55\x1d\x1c"), true, EMPTY);
    CHECK_OK(x509_crl_parse(&c, pki_crl(&list)));
    CHECK(c.has_unknown_critical);
    CASE("an extension twice");
    list.extension = pki_extension(BYTES_TEXT("\x55\x1d\x14"), false, pki_number(1));
    CHECK_ERR(x509_crl_parse(&c, pki_crl(&list)), ERR_MALFORMED);
    list.extension = EMPTY;
    CASE("every truncation of a list");
    struct bytes good = pki_crl(&list);

    for (size_t size = 0; size < good.size; size++)
        CHECK_ERR(x509_crl_parse(&c, (struct bytes){ good.data, size }), ERR_MALFORMED);
    CASE("a certificate is no list");
    CHECK_ERR(x509_crl_parse(&c, plain()), ERR_MALFORMED);

    struct bytes entry = PKI(DER_SEQUENCE, pki_number(5), pki_time("2010"),
                             PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x55\x1d\x15"), false,
                                                             BYTES_TEXT("\x0a\x01\x06"))));
    struct bytes other = PKI(
        DER_SEQUENCE, pki_number(5), pki_time("2010"),
        PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x55\x1d\x1d"), true, BYTES_TEXT("\x30\x00"))));
    struct bytes bad = PKI(DER_SEQUENCE, pki_number(5), pki_time("2010"), BYTES_TEXT("\x05\x00"));
    struct bytes entries[] = { entry, other, bad };
    struct x509_crl_entry e;

    CASE("entries with a reason, of another issuer, and malformed");
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        struct bytes tbs = PKI(DER_SEQUENCE, PKI_ED25519, pki_name("issuer"), pki_time("2020"),
                               PKI(DER_SEQUENCE, entries[i])); /* version 1 */

        CHECK_ERR(x509_crl_parse(&c, pki_sign(tbs, 1, false, EMPTY)),
                  i == 2 ? ERR_MALFORMED : ERR_OK);
        if (i == 2)
            break;
        CHECK_EQ(c.has_unknown_critical, i == 1);
        struct reader r = reader_of(c.revoked);
        CHECK(x509_crl_next(&r, &e));
        CHECK_EQ(e.reason, i == 0 ? 6 : 0);
    }
}

static struct bytes request(struct bytes version, struct bytes attributes)
{
    return pki_sign(PKI(DER_SEQUENCE, version, pki_name("subject"), pki_spki(3), attributes), 3,
                    false, EMPTY);
}

static void test_requests(void)
{
    struct bytes list =
        PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x2a\x03\x04"), false, BYTES_TEXT("evidence")));
    struct bytes wanted =
        PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")),
            PKI(DER_SET, list));
    struct bytes password =
        PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07")),
            PKI(DER_SET, PKI(DER_UTF8_STRING, BYTES_TEXT("x"))));
    const uint8_t attributes = DER_CONTEXT_CONSTRUCTED(0);
    struct x509_request q;

    CASE("a request with an extension");
    CHECK_OK(x509_request_parse(&q, request(pki_number(0), PKI(attributes, password, wanted))));
    CHECK_EQ(q.extension_count, 1);
    CHECK_BYTES(q.extensions[0].value, BYTES_TEXT("evidence"));
    CHECK_BYTES(q.subject, pki_name("subject"));
    CHECK_EQ(q.key.kind, KEY_ED25519);
    CASE("a request without attributes, and without even their set");
    CHECK_OK(x509_request_parse(&q, request(pki_number(0), PKI(attributes, EMPTY))));
    CHECK_OK(x509_request_parse(&q, request(pki_number(0), EMPTY)));
    CHECK_EQ(q.extension_count, 0);
    CASE("extensions asked for twice");
    CHECK_ERR(x509_request_parse(&q, request(pki_number(0), PKI(attributes, wanted, wanted))),
              ERR_MALFORMED);
    CASE("two lists of extensions");
    wanted = PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")),
                 PKI(DER_SET, list, list));
    CHECK_ERR(x509_request_parse(&q, request(pki_number(0), PKI(attributes, wanted))),
              ERR_MALFORMED);
    CASE("version 2");
    CHECK_ERR(x509_request_parse(&q, request(pki_number(1), PKI(attributes, EMPTY))),
              ERR_MALFORMED);
}

/* An OCSPResponse over these SingleResponses. */
static struct bytes ocsp(uint8_t status, struct bytes singles, struct bytes extension)
{
    uint8_t outcome[] = { DER_ENUMERATED, 1, status };
    struct bytes data =
        PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(2), PKI(DER_OCTET_STRING, BYTES_TEXT("key"))),
            pki_time("2025"), PKI(DER_SEQUENCE, singles), extension);
    struct bytes basic =
        pki_sign(data, 4, false, PKI(DER_CONTEXT_CONSTRUCTED(0), PKI(DER_SEQUENCE, plain())));

    return PKI(
        DER_SEQUENCE, BYTES_OF(outcome),
        PKI(DER_CONTEXT_CONSTRUCTED(0),
            PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")),
                PKI(DER_OCTET_STRING, basic))));
}

static struct bytes single(struct bytes status, struct bytes rest)
{
    return PKI(DER_SEQUENCE,
               PKI(DER_SEQUENCE,
                   PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2b\x0e\x03\x02\x1a"))),
                   PKI(DER_OCTET_STRING, BYTES_TEXT("name")),
                   PKI(DER_OCTET_STRING, BYTES_TEXT("key")), pki_number(5)),
               status, pki_time("2025"), rest);
}

static void test_ocsp(void)
{
    struct bytes good = BYTES_TEXT("\x80\x00");
    struct bytes held = PKI(DER_CONTEXT_CONSTRUCTED(1), pki_time("2024"),
                            PKI(DER_CONTEXT_CONSTRUCTED(0), BYTES_TEXT("\x0a\x01\x06")));
    struct bytes revoked = PKI(DER_CONTEXT_CONSTRUCTED(1), pki_time("2024"));
    struct bytes nonce =
        PKI(DER_CONTEXT_CONSTRUCTED(1),
            PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x02"),
                                            false, BYTES_TEXT("\x04\x02hi"))));
    struct bytes critical =
        PKI(DER_CONTEXT_CONSTRUCTED(1),
            PKI(DER_SEQUENCE, pki_extension(BYTES_TEXT("\x2a\x03"), true, EMPTY)));
    struct bytes next = PKI(DER_CONTEXT_CONSTRUCTED(0), pki_time("2026"));
    const struct {
        struct bytes status;
        enum x509_ocsp_status want;
    } all[] = { { good, OCSP_GOOD },
                { revoked, OCSP_REVOKED },
                { held, OCSP_HOLD },
                { BYTES_TEXT("\x82\x00"), OCSP_UNKNOWN } };
    struct x509_ocsp o;
    struct x509_ocsp_single s;

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        CASE("a response of each status");
        CHECK_OK(x509_ocsp_parse(&o, ocsp(0, single(all[i].status, next), nonce)));
        CHECK_EQ(o.single_count, 1);
        CHECK_BYTES(o.responder_key_hash, BYTES_TEXT("key"));
        CHECK_BYTES(o.nonce, BYTES_TEXT("hi"));
        CHECK_BYTES(o.certificates, plain());
        struct reader r = reader_of(o.singles);
        CHECK(x509_ocsp_next(&r, &s));
        CHECK_EQ(s.status, all[i].want);
        CHECK(s.has_next_update && !x509_ocsp_next(&r, &s));
        CHECK_BYTES(s.serial, BYTES_TEXT("\x05"));
    }
    CASE("responses that are refused");
    CHECK_ERR(x509_ocsp_parse(&o, ocsp(0, EMPTY, EMPTY)), ERR_MALFORMED);
    CHECK_ERR(x509_ocsp_parse(&o, ocsp(0, single(BYTES_TEXT("\x83\x00"), EMPTY), EMPTY)),
              ERR_MALFORMED);
    CHECK_ERR(x509_ocsp_parse(&o, ocsp(0, single(BYTES_TEXT("\x80\x01\x00"), EMPTY), EMPTY)),
              ERR_MALFORMED);
    CHECK_ERR(x509_ocsp_parse(&o, ocsp(0, single(good, critical), EMPTY)), ERR_MALFORMED);
    CHECK_ERR(x509_ocsp_parse(&o, ocsp(0, single(good, EMPTY), critical)), ERR_MALFORMED);
    CASE("the responder would not answer");
    CHECK_ERR(x509_ocsp_parse(&o, BYTES_TEXT("\x30\x03\x0a\x01\x03")), ERR_UNSUPPORTED);
    CASE("every truncation of a response");
    struct bytes whole = ocsp(0, single(good, next), nonce);

    for (size_t size = 0; size < whole.size; size++)
        CHECK_ERR(x509_ocsp_parse(&o, (struct bytes){ whole.data, size }), ERR_MALFORMED);
}

int main(void)
{
    test_good();
    test_malformed();
    test_lengths();
    test_extensions();
    test_algorithms();
    test_pss();
    test_keys();
    test_names();
    test_crls();
    test_requests();
    test_ocsp();
    return check_done();
}
