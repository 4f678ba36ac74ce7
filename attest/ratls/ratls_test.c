/* RA-TLS: what is taken out of certificates, and the binding of their keys. The evidence in
 * them is not real: ratls_judge is asked after a verifier has judged it, so the test says what
 * that verifier found. Lessons I1, I2 (the key's part; the session's is the channel's) and E3. */
#include "attest/ratls/carrier.h"
#include "attest/ratls/form.h"
#include "codec/cbor.h"
#include "tests/judge_kit.h"
#include "tests/pki.h"

#define NOW 1735689600 /* 2025-01-01 */
#define OID_EVIDENCE BYTES_TEXT("\x67\x81\x05\x05\x04\x09")
#define OID_GRAMINE BYTES_TEXT("\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06")
#define OID_GRAMINE_TWICE BYTES_TEXT("\x06\x09\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x06")
#define OID_OPEN_ENCLAVE BYTES_TEXT("\x2a\x86\x48\x86\xf7\x14\x0a\x01\x01")
#define OID_ENARX(n) BYTES_TEXT("\x2b\x06\x01\x04\x01\x83\xc7\x1e\x01" n)

static const char quote[] = "a quote, for all that this file knows";
#define QUOTE BYTES_TEXT(quote)

struct plan {
    unsigned key;        /* of the certificate */
    unsigned hashed_key; /* that the claims name */
    uint64_t algorithm;
    const char *nonce;
    bool no_hash;
    uint64_t tag;
    bool extra_element;
};

static struct bytes claims_of(const struct plan *p)
{
    static uint8_t room[256], inner[128];
    struct writer w = writer_of(room, sizeof room), i = writer_of(inner, sizeof inner);
    uint8_t hash[HASH_SIZE_MAX];
    enum hash_kind kind = HASH_SHA256;

    (void)ratls_hash_kind(&kind, p->algorithm);
    CHECK_OK(hash_bytes(kind, hash, pki_spki(p->hashed_key)));
    cbor_put_array(&i, 2);
    cbor_put_uint(&i, p->algorithm);
    cbor_put_bytes(&i, (struct bytes){ hash, hash_size(kind) });
    cbor_put_map(&w, (p->nonce != NULL) + (p->no_hash ? 0u : 1u));
    if (p->nonce != NULL) {
        cbor_put_text(&w, BYTES_TEXT("nonce"));
        cbor_put_bytes(&w, (struct bytes){ (const uint8_t *)p->nonce, strlen(p->nonce) });
    }
    if (!p->no_hash) {
        cbor_put_text(&w, BYTES_TEXT("pubkey-hash"));
        cbor_put_bytes(&w, writer_bytes(&i));
    }
    return writer_bytes(&w);
}

static struct bytes evidence_of(const struct plan *p)
{
    static uint8_t room[512];
    struct writer w = writer_of(room, sizeof room);

    cbor_put_tag(&w, p->tag);
    cbor_put_array(&w, p->extra_element ? 3 : 2);
    cbor_put_bytes(&w, QUOTE);
    cbor_put_bytes(&w, claims_of(p));
    if (p->extra_element)
        cbor_put_uint(&w, 1);
    return writer_bytes(&w);
}

static struct plan good_plan(void)
{
    return (struct plan){ .key = 1, .hashed_key = 1, .algorithm = 1, .tag = 60000 };
}

static struct bytes certificate(unsigned key, struct bytes oid, struct bytes value)
{
    struct pki_certificate c = {
        .subject = "keep",
        .issuer = "keep",
        .key = key,
        .signer = key,
        .extension = pki_extension(oid, false, value),
    };

    return pki_certificate(&c);
}

/* What the evidence's own verifier would have found. */
static uint8_t found[64];

static void judged(enum platform platform, enum hash_kind kind, struct bytes data)
{
    memset(found, 0, sizeof found);
    CHECK_OK(hash_bytes(kind, found, data));
    kit_claims.platform = platform;
    kit_claims.report_data = BYTES_OF(found);
}

static const struct exhibit *put_certificate(struct bytes der)
{
    return kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_CERT, der);
}

static void wants(const char *name, const struct plan *p, enum reason want)
{
    const struct exhibit *e;

    CASE(name);
    kit_begin(NOW);
    e = put_certificate(certificate(p->key, OID_EVIDENCE, evidence_of(p)));
    judged(PLATFORM_SGX, HASH_SHA256, claims_of(p));
    kit_want(ratls_judge, e, want);
}

static void test_ccc(void)
{
    struct plan p = good_plan();

    wants("a certificate of the CCC form", &p, REASON_NONE);
    CHECK(kit_has("key_binding", false));
    p.algorithm = 7;
    wants("pubkey-hash by SHA-384", &p, REASON_NONE);
    p.algorithm = 8;
    wants("pubkey-hash by SHA-512", &p, REASON_NONE);
    p.algorithm = 2;
    wants("pubkey-hash by an algorithm that we do not know", &p, REASON_unsupported_algorithm);
    p = good_plan();
    p.hashed_key = 2;
    wants("lesson I2: the claims name another key", &p, REASON_key_binding_mismatch);
    p = good_plan();
    p.no_hash = true;
    wants("claims that name no key", &p, REASON_key_binding_mismatch);
    p = good_plan();
    p.tag = 60003;
    wants("a tag that we do not know", &p, REASON_unsupported_algorithm);
    p = good_plan();
    p.extra_element = true;
    wants("one element too many", &p, REASON_ratls_malformed);
}

static void test_report_data(void)
{
    struct plan p = good_plan();
    const struct exhibit *e;

    for (size_t i = 0; i < sizeof found; i++) {
        char name[64];

        snprintf(name, sizeof name, "report data is compared whole: byte %zu", i);
        CASE(name);
        kit_begin(NOW);
        e = put_certificate(certificate(1, OID_EVIDENCE, evidence_of(&p)));
        judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
        found[i] ^= 1;
        kit_want(ratls_judge, e, REASON_report_data_mismatch);
    }
    CASE("report data that is only the hash, without its zeros");
    kit_begin(NOW);
    e = put_certificate(certificate(1, OID_EVIDENCE, evidence_of(&p)));
    judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
    kit_claims.report_data.size = 32;
    kit_want(ratls_judge, e, REASON_report_data_mismatch);
}

static void test_expected(void)
{
    static const struct {
        const char *name, *in_claims, *wanted;
        enum reason want;
    } cases[] = {
        { "the nonce of the challenge", "challenge 1", "challenge 1", REASON_NONE },
        { "a nonce of another challenge: a replay", "challenge 1", "challenge 2",
          REASON_nonce_mismatch },
        { "the beginning of a nonce", "challenge 1", "challenge", REASON_nonce_mismatch },
        { "no nonce, and one is wanted", NULL, "challenge", REASON_nonce_mismatch },
        { "a nonce that nobody wants", "challenge 1", "", REASON_NONE },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct plan p = good_plan();
        const struct exhibit *e;

        CASE(cases[i].name);
        kit_begin(NOW);
        p.nonce = cases[i].in_claims;
        e = put_certificate(certificate(1, OID_EVIDENCE, evidence_of(&p)));
        judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
        kit_context.nonce =
            (struct bytes){ (const uint8_t *)cases[i].wanted, strlen(cases[i].wanted) };
        kit_want(ratls_judge, e, cases[i].want);
        CHECK_EQ(kit_claims.is_fresh, cases[i].want == REASON_NONE && cases[i].wanted[0] != '\0');
    }
}

static void test_certificate(void)
{
    struct plan p = good_plan();
    struct pki_certificate c = { .subject = "keep", .issuer = "keep", .key = 1, .signer = 1 };
    static const struct {
        const char *name;
        unsigned signer;
        const char *issuer, *from, *to;
        bool spoil;
        enum reason want;
    } cases[] = {
        { "lesson E3: signed by another key than its own", 2, "keep", NULL, NULL, false,
          REASON_bad_certificate_signature },
        { "a changed signature", 1, "keep", NULL, NULL, true, REASON_bad_certificate_signature },
        { "past its end", 1, "keep", NULL, "2024", false, REASON_certificate_expired },
        { "not valid yet", 1, "keep", "2026", NULL, false, REASON_certificate_not_yet_valid },
        { "lesson E3: issued by somebody whom the caller does not trust", 2, "a stranger", NULL,
          NULL, false, REASON_certificate_missing },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct exhibit *e;

        CASE(cases[i].name);
        kit_begin(NOW);
        c.signer = cases[i].signer;
        c.issuer = cases[i].issuer;
        c.from = cases[i].from;
        c.to = cases[i].to;
        c.bad_signature = cases[i].spoil;
        c.extension = pki_extension(OID_EVIDENCE, false, evidence_of(&p));
        e = put_certificate(pki_certificate(&c));
        judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
        kit_want(ratls_judge, e, cases[i].want);
    }
}

static struct bytes enarx_crls(void)
{
    return PKI(
        DER_SEQUENCE,
        PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, PKI(DER_UTF8_STRING, BYTES_TEXT("https://kds/crl")),
                              PKI(DER_SEQUENCE, pki_number(7)))));
}

static struct bytes enarx_sgx(void)
{
    return PKI(
        DER_SEQUENCE, PKI(DER_OCTET_STRING, QUOTE), enarx_crls(),
        PKI(DER_SEQUENCE,
            PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, pki_number(1)), PKI(DER_SEQUENCE, pki_number(2))),
            PKI(DER_OCTET_STRING, BYTES_TEXT("{\"tcbInfo\":{}}"))));
}

/* A certificate's beginning is told from a sequence's. */
static struct bytes enarx_snp(bool is_old)
{
    struct bytes vcek = PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, pki_number(2)));
    struct bytes report = PKI(DER_OCTET_STRING, QUOTE);

    if (is_old)
        return PKI(DER_SEQUENCE, vcek, report);
    return PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, vcek, enarx_crls()), report);
}

static struct bytes request(unsigned key, unsigned signer, struct bytes oid, struct bytes value)
{
    struct bytes attribute =
        PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")),
            PKI(DER_SET, PKI(DER_SEQUENCE, pki_extension(oid, false, value))));
    struct bytes tbs = PKI(DER_SEQUENCE, pki_number(0), pki_name(""), pki_spki(key),
                           PKI(DER_CONTEXT_CONSTRUCTED(0), attribute));

    return pki_sign(tbs, signer, false, PKI_NONE);
}

static void test_requests(void)
{
    static const struct {
        const char *name;
        bool is_snp, is_old;
        unsigned signer, attested;
        enum reason want;
    } cases[] = {
        { "Enarx's request with an SGX quote", false, false, 1, 1, REASON_NONE },
        { "Enarx's request with an SNP report", true, false, 1, 1, REASON_NONE },
        { "the same of older keeps", true, true, 1, 1, REASON_NONE },
        { "not signed by its key", true, false, 2, 1, REASON_bad_certificate_signature },
        { "lesson E3: canned evidence in a request of another key", true, false, 1, 2,
          REASON_key_binding_mismatch },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool snp = cases[i].is_snp;
        const struct exhibit *e;

        CASE(cases[i].name);
        kit_begin(NOW);
        e = kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_REQUEST,
                    snp ? request(1, cases[i].signer, OID_ENARX("\x03"), enarx_snp(cases[i].is_old))
                        : request(1, cases[i].signer, OID_ENARX("\x02"), enarx_sgx()));
        judged(snp ? PLATFORM_SNP : PLATFORM_SGX, snp ? HASH_SHA384 : HASH_SHA256,
               pki_spki(cases[i].attested));
        kit_want(ratls_judge, e, cases[i].want);
    }
    CASE("lesson I1: Enarx's marker of a keep without evidence");
    kit_begin(NOW);
    judged(PLATFORM_NONE, HASH_SHA256, pki_spki(1));
    kit_want(ratls_judge,
             kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_REQUEST,
                     request(1, 1, OID_ENARX("\x01"), PKI_NONE)),
             REASON_ratls_no_evidence);
    CASE("lesson I1: the marker beside evidence that somebody else had judged");
    kit_begin(NOW);
    judged(PLATFORM_SNP, HASH_SHA384, pki_spki(1));
    kit_want(ratls_judge,
             kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_REQUEST,
                     request(1, 1, OID_ENARX("\x01"), PKI_NONE)),
             REASON_ratls_no_evidence);
    CASE("lesson I1: a certificate without any extension of ours");
    kit_begin(NOW);
    judged(PLATFORM_SNP, HASH_SHA384, pki_spki(1));
    kit_want(ratls_judge,
             put_certificate(certificate(1, BYTES_TEXT("\x55\x1d\x63"), BYTES_TEXT("x"))),
             REASON_ratls_no_evidence);
}

static struct bytes open_enclave(uint32_t type, uint64_t size)
{
    static uint8_t room[128];
    struct writer w = writer_of(room, sizeof room);

    writer_u32le(&w, 1);
    writer_u32le(&w, type);
    writer_u64le(&w, size);
    writer_put(&w, QUOTE);
    return writer_bytes(&w);
}

static void test_others(void)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n"
                              "-----END PUBLIC KEY-----\n";

    CASE("Gramine's legacy form");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, pki_spki(1));
    kit_want(ratls_judge, put_certificate(certificate(1, OID_GRAMINE, QUOTE)), REASON_NONE);
    CASE("the same under the OID that Gramine writes");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, pki_spki(1));
    kit_want(ratls_judge, put_certificate(certificate(1, OID_GRAMINE_TWICE, QUOTE)), REASON_NONE);
    CASE("Gramine's form of another key");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, pki_spki(2));
    kit_want(ratls_judge, put_certificate(certificate(1, OID_GRAMINE, QUOTE)),
             REASON_key_binding_mismatch);
    CASE("Open Enclave: the hash of the key as PEM, with its NUL");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, BYTES_OF(pem));
    kit_want(ratls_judge,
             put_certificate(certificate(1, OID_OPEN_ENCLAVE, open_enclave(2, sizeof quote - 1))),
             REASON_NONE);
    CASE("Open Enclave: a local report");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, BYTES_OF(pem));
    kit_want(ratls_judge,
             put_certificate(certificate(1, OID_OPEN_ENCLAVE, open_enclave(1, sizeof quote - 1))),
             REASON_unsupported_algorithm);
    CASE("Open Enclave: a size that is not its own");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, BYTES_OF(pem));
    kit_want(ratls_judge,
             put_certificate(certificate(1, OID_OPEN_ENCLAVE, open_enclave(2, sizeof quote))),
             REASON_ratls_malformed);
    CASE("evidence without a certificate binds no key");
    struct plan p = good_plan();

    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
    kit_want(ratls_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_EVIDENCE, evidence_of(&p)),
             REASON_ratls_key_missing);
    CASE("and with its key beside it");
    kit_begin(NOW);
    judged(PLATFORM_SGX, HASH_SHA256, claims_of(&p));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_KEY, pki_spki(1));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_KEY, pki_spki(1));
    kit_want(ratls_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RATLS_EVIDENCE, evidence_of(&p)),
             REASON_NONE);
    CASE("but not with another one, too");
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_KEY, pki_spki(2));
    kit_want(ratls_judge, exhibit_next(&kit_exhibits, EXHIBIT_RATLS_EVIDENCE, NULL),
             REASON_ambiguous_evidence);
}

static uint32_t count_of(enum exhibit_kind kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < kit_exhibits.count; i++)
        count += kit_exhibits.items[i].kind == kind && kit_exhibits.items[i].parent == 9;
    return count;
}

static void test_unwrap(void)
{
    struct x509_request q;
    struct x509 c;

    CASE("what Enarx carries for SGX");
    kit_begin(NOW);
    CHECK_OK(x509_request_parse(&q, request(1, 1, OID_ENARX("\x02"), enarx_sgx())));
    CHECK_EQ(ratls_unwrap_request(&kit_exhibits, EXHIBIT_EVIDENCE, 9, "q", &q), 5);
    CHECK_EQ(count_of(EXHIBIT_QUOTE), 1);
    CHECK_EQ(count_of(EXHIBIT_CERT), 2);
    CHECK_EQ(count_of(EXHIBIT_CRL), 1);
    CHECK_EQ(count_of(EXHIBIT_TCB_INFO), 1);
    CASE("what Enarx carries for SNP");
    kit_begin(NOW);
    CHECK_OK(x509_request_parse(&q, request(1, 1, OID_ENARX("\x03"), enarx_snp(false))));
    CHECK_EQ(ratls_unwrap_request(&kit_exhibits, EXHIBIT_EVIDENCE, 9, "q", &q), 3);
    CHECK_EQ(count_of(EXHIBIT_SNP_REPORT), 1);
    CHECK_EQ(count_of(EXHIBIT_CERT), 1);
    CHECK_EQ(count_of(EXHIBIT_CRL), 1);
    CASE("nothing is taken from a marker");
    kit_begin(NOW);
    CHECK_OK(x509_request_parse(&q, request(1, 1, OID_ENARX("\x01"), PKI_NONE)));
    CHECK_EQ(ratls_unwrap_request(&kit_exhibits, EXHIBIT_EVIDENCE, 9, "q", &q), 0);
    CASE("what is beside a legacy quote");
    struct bytes beside[] = { pki_extension(OID_GRAMINE, false, QUOTE),
                              pki_extension(BYTES_TEXT("\x2a\x86\x48\x86\xf8\x4d\x8a\x39\x07"),
                                            false, certificate(2, OID_ENARX("\x09"), PKI_NONE)) };
    struct reader inside = reader_of(PKI(DER_SEQUENCE, beside[0], beside[1]));
    struct pki_certificate legacy = { .subject = "a", .issuer = "a", .key = 1, .signer = 1 };

    legacy.extension = der_take(&inside, DER_SEQUENCE);
    kit_begin(NOW);
    CHECK_OK(x509_parse(&c, pki_certificate(&legacy)));
    CHECK_EQ(ratls_unwrap_cert(&kit_exhibits, EXHIBIT_EVIDENCE, 9, "c", &c), 2);
    CHECK_EQ(count_of(EXHIBIT_QUOTE), 1);
    CHECK_EQ(count_of(EXHIBIT_CERT), 1);
    CASE("endorsements beside the CCC form");
    uint8_t room[1024];
    struct writer w = writer_of(room, sizeof room);

    cbor_put_tag(&w, 60000);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, BYTES_TEXT("{\"tcbInfo\":{}}"));
    cbor_put_bytes(&w, certificate(2, OID_ENARX("\x09"), PKI_NONE));
    cbor_put_bytes(&w, BYTES_TEXT("{\"enclaveIdentity\":{}}"));
    cbor_put_bytes(&w, BYTES_TEXT("neither"));
    struct plan good = good_plan();
    struct bytes endorsed[] = {
        pki_extension(OID_EVIDENCE, false, evidence_of(&good)),
        pki_extension(BYTES_TEXT("\x67\x81\x05\x05\x04\x02"), false, writer_bytes(&w)),
    };

    inside = reader_of(PKI(DER_SEQUENCE, endorsed[0], endorsed[1]));
    legacy.extension = der_take(&inside, DER_SEQUENCE);
    kit_begin(NOW);
    CHECK_OK(x509_parse(&c, pki_certificate(&legacy)));
    CHECK_EQ(ratls_unwrap_cert(&kit_exhibits, EXHIBIT_EVIDENCE, 9, "c", &c), 4);
    CHECK_EQ(count_of(EXHIBIT_QUOTE), 1);
    CHECK_EQ(count_of(EXHIBIT_TCB_INFO), 1);
    CHECK_EQ(count_of(EXHIBIT_QE_IDENTITY), 1);
    CHECK_EQ(count_of(EXHIBIT_CERT), 1);
    CASE("of two forms the CCC one counts");
    struct plan p = good_plan();
    struct pki_certificate both = { .subject = "a", .issuer = "a", .key = 1, .signer = 1 };
    struct bytes two[] = { pki_extension(OID_GRAMINE, false, BYTES_TEXT("legacy")),
                           pki_extension(OID_EVIDENCE, false, evidence_of(&p)) };
    struct ratls_carrier carrier;

    both.extension = PKI(DER_SEQUENCE, two[0], two[1]);
    /* Both elements, without the head that PKI put before them. */
    struct reader r = reader_of(both.extension);

    both.extension = der_take(&r, DER_SEQUENCE);
    CHECK_OK(x509_parse(&c, pki_certificate(&both)));
    CHECK_OK(ratls_carrier_find(&carrier, c.extensions, c.extension_count));
    CHECK_EQ(carrier.form, RATLS_CCC);
    CHECK(carrier.has_more_forms);
    CHECK_BYTES(carrier.evidence, QUOTE);
}

int main(void)
{
    test_ccc();
    test_report_data();
    test_expected();
    test_certificate();
    test_requests();
    test_others();
    test_unwrap();
    return kit_done();
}
