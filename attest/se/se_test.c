/* Secure Execution: requests, answers and host key documents, made here; each defect with its
 * reason. Measurements of s390-tools' own vectors are in tests/run-evidence. */
#include "attest/se/arcb.h"
#include "attest/se/form.h"
#include "base/writer.h"
#include "crypto/seal.h"
#include "tests/judge_kit.h"
#include "tests/pki.h"

#define NOW 1735689600 /* 2025-01-01 */

static uint8_t protection_key[SE_PROTECTION_KEY_SIZE];
static uint8_t measurement_key[SE_MEASUREMENT_KEY_SIZE];
static uint8_t nonce[SE_NONCE_SIZE];

static void fill(struct writer *w, uint8_t of, size_t count)
{
    while (count-- > 0)
        writer_u8(w, of);
}

/* --- requests */

struct request {
    uint32_t version, algorithm;
    uint64_t flags, slots;
    uint32_t reserved;
    int more; /* bytes in `size` that are not there */
    bool no_magic, no_nonce;
};

static struct request good_request(void)
{
    return (struct request){
        .version = 0x100, .algorithm = 1, .flags = SE_FLAG_NONCE | SE_FLAG_ATTEST_PHKH, .slots = 1
    };
}

static struct bytes request_of(const struct request *q)
{
    static uint8_t room[1024];
    struct writer w = writer_of(room, sizeof room);
    uint8_t secret[SE_MEASUREMENT_KEY_SIZE + SE_NONCE_SIZE], locked[sizeof secret];
    uint8_t iv[SEAL_NONCE_SIZE], tag[SEAL_TAG_SIZE];
    size_t size = sizeof secret - (q->no_nonce ? SE_NONCE_SIZE : 0);
    struct seal seal;

    memcpy(secret, measurement_key, sizeof measurement_key);
    memcpy(&secret[sizeof measurement_key], nonce, sizeof nonce);
    memset(iv, 0x77, sizeof iv);
    writer_u64be(&w, q->no_magic ? 1 : 0);
    writer_u32be(&w, q->version);
    writer_u32be(&w, (uint32_t)(0xe0 + 80 * q->slots + size + 16 + (size_t)q->more));
    writer_put(&w, BYTES_OF(iv));
    writer_u32be(&w, 0);
    writer_u64be(&w, q->slots);
    writer_u32be(&w, 0);
    writer_u32be(&w, (uint32_t)size);
    writer_u64be(&w, q->flags);
    writer_u32be(&w, q->algorithm);
    writer_u32be(&w, q->reserved);
    fill(&w, 0x20, 160 + 80 * q->slots);
    CHECK_OK(seal_init(&seal, protection_key));
    CHECK_OK(seal_lock(&seal, iv, writer_bytes(&w), (struct bytes){ secret, size }, locked, tag));
    seal_done(&seal);
    writer_put(&w, (struct bytes){ locked, size });
    writer_put(&w, BYTES_OF(tag));
    return pki_copy(writer_bytes(&w));
}

static void test_requests(void)
{
    struct request q = good_request();
    struct se_arcb a;
    struct se_secret s;
    uint8_t changed[1024];
    struct bytes raw;

    pki_reset();
    CASE("a request opens with its key");
    CHECK_OK(se_arcb_parse(&a, request_of(&q)));
    CHECK(se_arcb_is(request_of(&q)));
    CHECK_OK(se_arcb_open(&s, &a, protection_key));
    CHECK_BYTES(BYTES_OF(s.key), BYTES_OF(measurement_key));
    CHECK_BYTES(BYTES_OF(s.nonce), BYTES_OF(nonce));
    CASE("and with no other");
    CHECK_ERR(se_arcb_open(&s, &a, measurement_key), ERR_INVALID);
    CASE("no byte of it may change");
    raw = request_of(&q);
    for (size_t i = 0; i < raw.size; i++) {
        memcpy(changed, raw.data, raw.size);
        changed[i] ^= 1;
        CHECK(se_arcb_parse(&a, (struct bytes){ changed, raw.size }) != ERR_OK ||
              se_arcb_open(&s, &a, protection_key) != ERR_OK);
    }
    CASE("nor be missing, nor more");
    for (size_t i = 0; i < raw.size; i++)
        CHECK(se_arcb_parse(&a, (struct bytes){ raw.data, i }) != ERR_OK);
    memcpy(changed, raw.data, raw.size);
    CHECK(se_arcb_parse(&a, (struct bytes){ changed, raw.size + 1 }) != ERR_OK);
    CASE("another version");
    q.version = 0x200;
    CHECK_ERR(se_arcb_parse(&a, request_of(&q)), ERR_UNSUPPORTED);
    CHECK_EQ(a.size, 0);
    q = good_request();
    CASE("another way of measuring");
    q.algorithm = 2;
    CHECK_ERR(se_arcb_parse(&a, request_of(&q)), ERR_UNSUPPORTED);
    CHECK_EQ(a.algorithm, 2);
    q = good_request();
    CASE("no magic");
    q.no_magic = true;
    CHECK_ERR(se_arcb_parse(&a, request_of(&q)), ERR_MALFORMED);
    q = good_request();
    CASE("a nonce by the flags, and none there");
    q.no_nonce = true;
    CHECK_ERR(se_arcb_parse(&a, request_of(&q)), ERR_MALFORMED);
    CASE("no nonce by the flags");
    q.flags = 0;
    CHECK_OK(se_arcb_parse(&a, request_of(&q)));
    CHECK_OK(se_arcb_open(&s, &a, protection_key));
    CHECK(!s.has_nonce);
    q = good_request();
    CASE("a size that is not its own");
    q.more = 1;
    CHECK_ERR(se_arcb_parse(&a, request_of(&q)), ERR_MALFORMED);
}

/* --- answers */

static struct bytes header_of(uint8_t tag, uint64_t slots)
{
    static uint8_t room[1024];
    struct writer w = writer_of(room, sizeof room);

    writer_put(&w, BYTES_TEXT("IBMSecEx"));
    writer_u32be(&w, 0x100);
    writer_u32be(&w, 416 + 80 + 16 + 16);
    fill(&w, 0x30, 16);
    writer_u64be(&w, slots);
    writer_u64be(&w, 16);
    fill(&w, 0, 16 + 160);
    fill(&w, 1, 64);
    fill(&w, 2, 64);
    fill(&w, 3, 64);
    fill(&w, 0x40, 80 + 16);
    fill(&w, tag, 16);
    return pki_copy(writer_bytes(&w));
}

struct answer_plan {
    const char *user;
    uint8_t tag; /* of the image that runs */
    bool change, no_answer;
    uint32_t version;
    uint32_t offset; /* of the configuration's id, where it is not its own */
};

static struct bytes answer_of(const struct answer_plan *p)
{
    static uint8_t room[2048];
    struct writer w = writer_of(room, sizeof room);
    struct request q = good_request();
    struct bytes request = request_of(&q);
    struct bytes user = { (const uint8_t *)p->user, strlen(p->user) };
    struct bytes header = header_of(p->tag, 1);
    uint8_t measurement[SE_MEASUREMENT_SIZE], uid[16], additional[32];
    uint32_t at = 0x40 + (uint32_t)request.size;
    struct se_header h;

    memset(uid, 9, sizeof uid);
    memset(additional, 0xad, sizeof additional);
    CHECK_OK(se_header_parse(&h, header));
    CHECK_OK(se_measure(measurement, BYTES_OF(measurement_key),
                        &(struct se_measured){ .pld = h.pld,
                                               .ald = h.ald,
                                               .tld = h.tld,
                                               .tag = h.tag,
                                               .config_uid = BYTES_OF(uid),
                                               .user = user,
                                               .nonce = BYTES_OF(nonce),
                                               .additional = BYTES_OF(additional) }));
    measurement[63] ^= p->change;
    writer_put(&w, BYTES_TEXT("pvattest"));
    writer_u32be(&w, p->version);
    writer_u32be(&w, at + (p->no_answer ? 0 : 64 + 32 + (uint32_t)user.size + 16));
    writer_u64be(&w, 0);
    writer_u32be(&w, (uint32_t)request.size);
    writer_u32be(&w, 0x40);
    writer_u32be(&w, 64);
    writer_u32be(&w, p->no_answer ? 0 : at);
    writer_u32be(&w, 32);
    writer_u32be(&w, p->no_answer ? 0 : at + 64);
    writer_u32be(&w, p->no_answer ? 0 : (uint32_t)user.size);
    writer_u32be(&w, at + 96);
    writer_u32be(&w, p->no_answer ? 0 : 16);
    writer_u32be(&w, p->offset != 0 ? p->offset : at + 96 + (uint32_t)user.size);
    writer_put(&w, request);
    if (!p->no_answer) {
        writer_put(&w, BYTES_OF(measurement));
        writer_put(&w, BYTES_OF(additional));
        writer_put(&w, user);
        writer_put(&w, BYTES_OF(uid));
    }
    CHECK(writer_ok(&w));
    return pki_copy(writer_bytes(&w));
}

static void begin(enum exhibit_role key)
{
    pki_reset();
    kit_begin(NOW);
    kit_put(key, EXHIBIT_SE_KEY, BYTES_OF(protection_key));
    kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_SE_KEY, header_of(5, 1));
}

static void wants(const char *name, const struct answer_plan *p, enum reason want)
{
    CASE(name);
    begin(EXHIBIT_ROOT);
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(p)), want);
}

static void test_answers(void)
{
    struct answer_plan p = { .user = "user", .tag = 5, .version = 0x100 };
    uint8_t changed[2048];
    struct bytes raw;

    wants("an answer", &p, REASON_NONE);
    CHECK_BYTES(kit_claims.report_data, BYTES_TEXT("user"));
    p.tag = 6;
    wants("of another image", &p, REASON_se_measurement_mismatch);
    p.tag = 5;
    p.change = true;
    wants("a changed measurement", &p, REASON_se_measurement_mismatch);
    p.change = false;
    p.no_answer = true;
    wants("a request without an answer", &p, REASON_se_not_a_response);
    p.no_answer = false;
    p.version = 0x200;
    wants("another version of the format", &p, REASON_unsupported_version);
    p.version = 0x100;
    p.offset = 0x3f;
    wants("a part inside of the head", &p, REASON_malformed);
    p.offset = 0x10000;
    wants("a part outside of the file", &p, REASON_malformed);
    p.offset = UINT32_MAX;
    wants("a part at the end of all numbers", &p, REASON_malformed);
    p.offset = 0;

    CASE("a key that the caller does not vouch for");
    begin(EXHIBIT_ENDORSEMENT);
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)),
             REASON_anchor_missing);
    CASE("by the policy's word that is waived, and said");
    begin(EXHIBIT_ENDORSEMENT);
    kit_context.rules.unanchored_key_allowed = true;
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)), REASON_NONE);
    CHECK(kit_has("trust_anchor", true));
    CASE("a key that came with the evidence, before the caller's own");
    kit_begin(NOW);
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_KEY, (struct bytes){ measurement_key, 32 });
    kit_put(EXHIBIT_ROOT, EXHIBIT_SE_KEY, BYTES_OF(protection_key));
    kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_SE_KEY, header_of(5, 1));
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)), REASON_NONE);
    CASE("no key");
    kit_begin(NOW);
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)),
             REASON_se_key_missing);
    CASE("no header");
    kit_begin(NOW);
    kit_put(EXHIBIT_ROOT, EXHIBIT_SE_KEY, BYTES_OF(protection_key));
    kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)),
             REASON_se_header_missing);

    CASE("no byte of an answer may change, none be missing");
    begin(EXHIBIT_ROOT);
    raw = answer_of(&p);
    for (size_t i = 0; i < 2 * raw.size; i++) {
        struct bytes other = { changed, i < raw.size ? raw.size : i - raw.size };

        memcpy(changed, raw.data, raw.size);
        if (i < raw.size)
            changed[i] ^= 1;
        kit_begin(NOW);
        kit_put(EXHIBIT_ROOT, EXHIBIT_SE_KEY, BYTES_OF(protection_key));
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_SE_KEY, header_of(5, 1));
        if (!CHECK_NE(kit_reason(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, other)),
                      REASON_NONE))
            printf("# at %zu\n", i);
        pki_used_ = (size_t)(raw.data + raw.size - pki_room_);
    }

    static const struct {
        const char *name;
        struct bytes nonce, user;
        enum reason want;
    } expected[] = {
        { "the request's nonce", { nonce, sizeof nonce }, { 0 }, REASON_NONE },
        { "another nonce", { measurement_key, 16 }, { 0 }, REASON_nonce_mismatch },
        { "the user's data", { 0 }, { (const uint8_t *)"user", 4 }, REASON_NONE },
        { "other user data", { 0 }, { (const uint8_t *)"none", 4 }, REASON_report_data_mismatch },
        { "more than there is",
          { 0 },
          { (const uint8_t *)"user1", 5 },
          REASON_report_data_mismatch },
    };

    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        CASE(expected[i].name);
        begin(EXHIBIT_ROOT);
        kit_context.nonce = expected[i].nonce;
        kit_context.report_data = expected[i].user;
        kit_want(se_judge, kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SE_RESPONSE, answer_of(&p)),
                 expected[i].want);
        CHECK_EQ(kit_claims.is_fresh, expected[i].want == REASON_NONE);
    }
}

static void test_headers(void)
{
    struct se_header h;
    struct bytes raw = header_of(5, 1);

    CASE("an image's header");
    CHECK_OK(se_header_parse(&h, raw));
    CASE("no length of it but its own");
    for (size_t i = 0; i < raw.size; i++)
        CHECK(se_header_parse(&h, (struct bytes){ raw.data, i }) != ERR_OK);
    CASE("slots beyond its end");
    CHECK_ERR(se_header_parse(&h, header_of(5, 2)), ERR_MALFORMED);
    CHECK_ERR(se_header_parse(&h, header_of(5, UINT64_MAX)), ERR_MALFORMED);
}

/* --- host key documents */

#define IBM "International Business Machines Corporation"

static struct bytes attribute(uint8_t type, const char *text)
{
    const uint8_t oid[] = { 0x55, 0x04, type };

    return PKI(DER_SET,
               PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_OF(oid)),
                   PKI(DER_UTF8_STRING, ((struct bytes){ (const uint8_t *)text, strlen(text) }))));
}

static struct bytes ibm_name(const char *locality, const char *unit, bool other_order)
{
    struct bytes country = attribute(6, "US"), organisation = attribute(10, IBM);

    return PKI(DER_SEQUENCE, other_order ? organisation : country,
               other_order ? country : organisation, attribute(11, unit), attribute(7, locality),
               attribute(8, "New York"), attribute(3, IBM));
}

static struct bytes certificate(struct bytes subject, struct bytes issuer, unsigned key,
                                unsigned signer, uint32_t serial, bool is_ca, const char *to)
{
    struct bytes constraints =
        pki_extension(BYTES_TEXT("\x55\x1d\x13"), true,
                      PKI(DER_SEQUENCE, is_ca ? BYTES_TEXT("\x01\x01\xff") : PKI_NONE));

    return pki_sign(PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2)),
                        pki_number(serial), PKI_ED25519, issuer,
                        PKI(DER_SEQUENCE, pki_time("2000"), pki_time(to)), subject, pki_spki(key),
                        PKI(DER_CONTEXT_CONSTRUCTED(3), PKI(DER_SEQUENCE, constraints))),
                    signer, false, PKI_NONE);
}

static struct bytes list(struct bytes issuer, unsigned signer, uint32_t revoked)
{
    struct bytes entry =
        PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, pki_number(revoked), pki_time("2010")));

    return pki_sign(PKI(DER_SEQUENCE, pki_number(1), PKI_ED25519, issuer, pki_time("2020"),
                        pki_time("2100"), entry),
                    signer, false, PKI_NONE);
}

struct host_plan {
    const char *locality; /* of the signing key */
    const char *unit;
    const char *to;
    unsigned signer; /* of the document; 3 is the signing key */
    uint32_t serial, revoked;
    bool other_order, no_intermediate, no_list, no_root;
    bool two_signers, two_lists;
    const char *issuer_locality;
};

static struct host_plan good_host(void)
{
    return (struct host_plan){ .locality = "Poughkeepsie",
                               .unit = "IBM Z Host Key Signing Service",
                               .to = "2100",
                               .signer = 3,
                               .serial = 7,
                               .revoked = 8,
                               .issuer_locality = "Poughkeepsie" };
}

static void wants_host(const char *name, const struct host_plan *p, enum reason want)
{
    struct bytes ca = pki_name("root"), middle = pki_name("middle"), signer, issuer, document;
    struct exhibit *e;

    CASE(name);
    pki_reset();
    kit_begin(NOW);
    ca = pki_name("root");
    middle = p->no_intermediate ? ca : pki_name("middle");
    signer = ibm_name(p->locality, p->unit, false);
    issuer = ibm_name(p->issuer_locality, p->unit, p->other_order);
    document = certificate(ibm_name("Armonk", "IBM Z Host Key", false), issuer, 4, p->signer,
                           p->serial, false, p->to);
    e = kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, document);
    kit_put(p->no_root ? EXHIBIT_EVIDENCE : EXHIBIT_ROOT, EXHIBIT_CERT,
            certificate(ca, ca, 1, 1, 1, true, "2100"));
    if (!p->no_intermediate)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CERT, certificate(middle, ca, 2, 1, 2, true, "2100"));
    if (p->two_signers)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CERT,
                certificate(signer, middle, 6, 2, 4, false, "2100"));
    kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CERT,
            certificate(signer, middle, 3, p->no_intermediate ? 1 : 2, 3, false, "2100"));
    kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, list(ca, 1, 99));
    if (!p->no_intermediate)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, list(middle, 2, 99));
    if (!p->no_list)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, list(issuer, 3, p->revoked));
    if (p->two_lists)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CRL,
                list(ibm_name(p->locality, p->unit, !p->other_order), 3, 98));
    kit_want(se_judge, e, want);
    CHECK_EQ(se_cert_is(document),
             want != REASON_hkd_issuer_mismatch || strcmp(p->locality, p->issuer_locality) != 0);
}

static void test_hosts(void)
{
    struct host_plan p = good_host();

    wants_host("a host key document", &p, REASON_NONE);
    p.other_order = true;
    wants_host("names in another order", &p, REASON_NONE);
    p = good_host();
    p.locality = p.issuer_locality = "Armonk";
    wants_host("of Armonk", &p, REASON_NONE);
    p.locality = p.issuer_locality = "Springfield";
    wants_host("of a town where IBM signs nothing", &p, REASON_hkd_issuer_mismatch);
    p.locality = "Armonk";
    p.issuer_locality = "Poughkeepsie";
    wants_host("of another signing key", &p, REASON_hkd_issuer_mismatch);
    p = good_host();
    p.unit = "IBM Z Host Key";
    wants_host("signed by what is no signing key", &p, REASON_hkd_issuer_mismatch);
    p = good_host();
    p.signer = 5;
    wants_host("not signed by it", &p, REASON_hkd_bad_signature);
    p = good_host();
    p.revoked = p.serial;
    wants_host("revoked", &p, REASON_hkd_revoked);
    p.two_lists = true;
    wants_host("revoked by the first of two lists, whose names differ", &p, REASON_hkd_revoked);
    p = good_host();
    p.two_signers = true;
    wants_host("the newer of two signing keys of one name", &p, REASON_NONE);
    p = good_host();
    p.to = "2024";
    wants_host("past its end", &p, REASON_hkd_expired);
    p = good_host();
    p.no_list = true;
    wants_host("no list of revoked keys", &p, REASON_crl_missing);
    p = good_host();
    p.no_intermediate = true;
    wants_host("a signing key right under the root", &p, REASON_certificate_chain_invalid);
    p = good_host();
    p.no_root = true;
    wants_host("a root that the caller does not trust", &p, REASON_untrusted_root);
}

int main(void)
{
    memset(protection_key, 0x17, sizeof protection_key);
    memset(measurement_key, 0x41, sizeof measurement_key);
    memset(nonce, 0x61, sizeof nonce);
    test_requests();
    test_answers();
    test_headers();
    test_hosts();
    return kit_done();
}
