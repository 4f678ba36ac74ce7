/* Manifests of our own, written and read back, and others' forms written out here. */
#include "attest/corim/corim.h"
#include "crypto/sign.h"
#include "tests/check.h"
#include "tests/judging.h"

static const uint8_t digest[64] = { 0xd1, 0xd2 };
static const uint8_t seed[SIGN_SEED_SIZE] = { 5 };

static const struct corim_reference references[] = {
    { PLATFORM_SIM, { digest, 32 }, { (const uint8_t *)"exec", 4 } },
    { PLATFORM_SNP, { digest, 48 }, { 0 } },
    { PLATFORM_TDX, { digest + 1, 48 }, { 0 } },
};
static const struct corim_source source = {
    .id = { (const uint8_t *)"broch-1.0", 9 },
    .maker = { (const uint8_t *)"Broch", 5 },
    .references = references,
    .count = 3,
};

static uint8_t room[4096];

static struct bytes written(bool is_signed)
{
    struct writer w = writer_of(room, sizeof room);

    if (is_signed)
        CHECK_OK(corim_write_signed(&w, &judging_arena, &source, seed));
    else
        CHECK_OK(corim_write(&w, &judging_arena, &source));
    return writer_bytes(&w);
}

static void ours_is_read_back(bool is_signed)
{
    static uint8_t first[4096];
    struct bytes raw, again;
    struct corim c;
    const char *wrong;

    CASE(is_signed ? "ours, signed, read back" : "ours, read back");
    judging_start();
    raw = written(is_signed);
    CHECK(corim_is(raw));
    CHECK_OK(corim_parse(&c, &judging_arena, raw, &wrong));
    CHECK_EQ(c.is_signed, is_signed);
    CHECK_EQ(c.value_count, 3);
    CHECK(corim_allows(&c, PLATFORM_SIM, references[0].measurement));
    CHECK(corim_allows(&c, PLATFORM_TDX, references[2].measurement));
    CHECK(!corim_allows(&c, PLATFORM_TDX, references[1].measurement));
    CHECK(!corim_allows(&c, PLATFORM_SGX, references[0].measurement));
    CHECK(!corim_allows(&c, PLATFORM_SIM, (struct bytes){ 0 }));
    CASE(is_signed ? "the same bytes again, signed" : "the same bytes again");
    memcpy(first, raw.data, raw.size);
    again = written(is_signed);
    CHECK_BYTES(again, ((struct bytes){ first, raw.size }));
}

static void signature_is_checked(void)
{
    static uint8_t changed[4096];
    struct public_key key = { .kind = KEY_ED25519 };
    uint8_t public[SIGN_PUBLIC_SIZE];
    struct corim c;
    struct bytes raw;
    const char *wrong;

    judging_start();
    raw = written(true);
    memcpy(changed, raw.data, raw.size);
    CHECK_OK(sign_public(public, seed));
    key.x = BYTES_OF(public);
    CASE("a signature by its key");
    CHECK_OK(corim_parse(&c, &judging_arena, raw, &wrong));
    CHECK_EQ(corim_check(&c, &judging_arena, &key), SIGNATURE_GOOD);
    CASE("each byte of the rest changed");
    for (size_t i = 0; i < raw.size; i++) {
        changed[i] ^= 1;
        if (corim_parse(&c, &judging_arena, (struct bytes){ changed, raw.size }, &wrong) == ERR_OK)
            CHECK_NE(corim_check(&c, &judging_arena, &key), SIGNATURE_GOOD);
        changed[i] ^= 1;
    }
    CASE("by another key, and none at all");
    public[0] ^= 1;
    CHECK_OK(corim_parse(&c, &judging_arena, raw, &wrong));
    CHECK_NE(corim_check(&c, &judging_arena, &key), SIGNATURE_GOOD);
    raw = written(false);
    CHECK_OK(corim_parse(&c, &judging_arena, raw, &wrong));
    CHECK_EQ(corim_check(&c, &judging_arena, &key), SIGNATURE_WRONG);
}

static void nothing_wrong_is_written(void)
{
    struct corim_reference odd = { PLATFORM_SIM, { digest, 31 }, { 0 } };
    struct corim_source s = source;
    struct writer w = writer_of(room, sizeof room);

    judging_start();
    s.references = &odd;
    s.count = 1;
    CASE("a measurement of 31 bytes, none at all, no platform, no room");
    CHECK_ERR(corim_write(&w, &judging_arena, &s), ERR_USAGE);
    s.count = 0;
    CHECK_ERR(corim_write(&w, &judging_arena, &s), ERR_USAGE);
    odd = (struct corim_reference){ PLATFORM_NONE, { digest, 32 }, { 0 } };
    s.count = 1;
    CHECK_ERR(corim_write(&w, &judging_arena, &s), ERR_USAGE);
    w = writer_of(room, 40);
    CHECK_ERR(corim_write(&w, &judging_arena, &source), ERR_LIMIT);
}

/* A manifest around one CoMID, all in hex; the lengths are put in here. */
static struct bytes around(const char *profile, const char *comid)
{
    static const char digits[] = "0123456789abcdef";
    static uint8_t raw[2048], inner[1024];
    struct writer w = writer_of(raw, sizeof raw), i = writer_of(inner, sizeof inner);

    for (; *comid != '\0'; comid++)
        if (*comid != ' ') {
            writer_u8(&i, (uint8_t)((strchr(digits, comid[0]) - digits) << 4 |
                                    (strchr(digits, comid[1]) - digits)));
            comid++;
        }
    cbor_put_tag(&w, 501);
    cbor_put_map(&w, profile != NULL ? 3 : 2);
    cbor_put_uint(&w, 0);
    cbor_put_text(&w, BYTES_TEXT("m"));
    cbor_put_uint(&w, 1);
    cbor_put_array(&w, 1);
    cbor_put_tag(&w, 506);
    cbor_put_bytes(&w, writer_bytes(&i));
    if (profile != NULL) {
        cbor_put_uint(&w, 3);
        cbor_put_tag(&w, 32);
        cbor_put_text(&w, (struct bytes){ (const uint8_t *)profile, strlen(profile) });
    }
    return writer_bytes(&w);
}

#define SNP "tag:amd.com,2024:snp-corim-profile"
/* {1: {0: "t"}, 4: {0: [[environment, [measurement]]]}} */
#define COMID(triple) "a2 01 a1 00 6174 04 a1 " triple
#define REFERENCE(environment, measurement) "00 81 82 " environment " 81 " measurement
#define KEYS(environment, key) "03 81 82 " environment " 81 " key
#define CLASS "a1 00 a1 01 6176"                   /* {0: {1: "v"}} */
#define CLASS_MODEL "a1 00 a2 01 6176 02 616d"     /* {0: {1: "v", 2: "m"}} */
#define INSTANCE "a2 00 a1 01 6176 01 d90230 4107" /* …, 1: 560(h'07')} */
#define VALUE "a1 01 a1 01 00"                     /* {1: {1: 0}}: svn 0 */
#define VALUE_KEY "a2 00 05 01 a1 01 00"           /* {0: 5, 1: …} */

#define CCA "http://arm.com/cca/ssd/1"
#define REALM "http://arm.com/cca/realm/1"
#define PSA "http://arm.com/psa/iot/1"
#define PARSEC "tag:github.com/parallaxsecond,2023-03-03:tpm"
#define IMPL "a1 00 a1 00 d90258 4101" /* {0: {0: 600(h'01')}} */
#define IMPL_UEID "a2 00 a1 00 d90258 4101 01 d90226 4101"
#define IMPL_BYTES "a2 00 a1 00 d90258 4101 01 d90230 4101"
#define SPKI "d9022a 6178"
#define DIGESTS "02 81 82 6178 4100"               /* 2: [["x", h'00']] */
#define COMPONENT "a2 00 d90259 a0 01 a1 " DIGESTS /* {0: 601({}), 1: {2: …}} */
#define CONFIG "a2 00 d9025a 6178 01 a1 04 d90230 4101"
#define NAMED "a2 00 76 6363612e736f6674776172652d636f6d706f6e656e74 01 a1 " DIGESTS
#define REALM_OF "a1 01 d90230 4101" /* {1: 560(h'01')} */
#define RAW "04 d90230 4101"
#define RIM "0e a1 63 72696d 81 82 6178 4100" /* 14: {"rim": …} */
#define UUID "a1 00 a1 00 d825 50 00112233445566778899aabbccddeeff"
#define PCR "a2 00 07 01 a1 " DIGESTS

static const struct {
    const char *name, *profile, *comid;
    enum err want;
} manifests[] = {
    { "CCA: a component", CCA, COMID(REFERENCE(IMPL, COMPONENT)), ERR_OK },
    { "CCA: a component by name", CCA, COMID(REFERENCE(IMPL, NAMED)), ERR_OK },
    { "CCA: a configuration", CCA, COMID(REFERENCE(IMPL, CONFIG)), ERR_OK },
    { "CCA: an anchor", CCA, COMID(KEYS(IMPL_UEID, SPKI)), ERR_OK },
    { "CCA: no class", CCA, COMID(REFERENCE(REALM_OF, COMPONENT)), ERR_INVALID },
    { "CCA: values of one instance", CCA, COMID(REFERENCE(IMPL_UEID, COMPONENT)), ERR_INVALID },
    { "CCA: a number for a key", CCA, COMID(REFERENCE(IMPL, PCR)), ERR_INVALID },
    { "CCA: no key", CCA, COMID(REFERENCE(IMPL, "a1 01 a1 " DIGESTS)), ERR_INVALID },
    { "CCA: no digests", CCA, COMID(REFERENCE(IMPL, "a2 00 d90259 a0 01 a1 0b 6178")),
      ERR_INVALID },
    { "CCA: no raw value", CCA, COMID(REFERENCE(IMPL, "a2 00 d9025a 6178 01 a1 " DIGESTS)),
      ERR_INVALID },
    { "CCA: an anchor without instance", CCA, COMID(KEYS(IMPL, SPKI)), ERR_INVALID },
    { "CCA: an anchor's instance of bytes", CCA, COMID(KEYS(IMPL_BYTES, SPKI)), ERR_INVALID },
    { "CCA: a certificate as an anchor", CCA, COMID(KEYS(IMPL_UEID, "d9022b 6178")), ERR_INVALID },
    { "CCA: two keys of one device", CCA, COMID("03 81 82 " IMPL_UEID " 82 " SPKI SPKI),
      ERR_INVALID },
    { "realm", REALM, COMID(REFERENCE(REALM_OF, "a1 01 a2 " RAW RIM)), ERR_OK },
    { "realm: no instance", REALM, COMID(REFERENCE(IMPL, "a1 01 a2 " RAW RIM)), ERR_INVALID },
    { "realm: an instance of another kind", REALM,
      COMID(REFERENCE("a1 01 d90226 4101", "a1 01 a2 " RAW RIM)), ERR_INVALID },
    { "realm: no raw value", REALM, COMID(REFERENCE(REALM_OF, "a1 01 a1 " RIM)), ERR_INVALID },
    { "realm: no registers", REALM, COMID(REFERENCE(REALM_OF, "a1 01 a1 " RAW)), ERR_INVALID },
    { "realm: no such register", REALM,
      COMID(REFERENCE(REALM_OF, "a1 01 a2 " RAW "0e a1 63 72656d 81 82 6178 4100")), ERR_INVALID },
    { "realm: an anchor", REALM, COMID(KEYS(REALM_OF, SPKI)), ERR_INVALID },
    { "PSA: a component", PSA, COMID(REFERENCE(IMPL, COMPONENT)), ERR_OK },
    { "PSA: a configuration", PSA, COMID(REFERENCE(IMPL, CONFIG)), ERR_INVALID },
    { "PSA: an anchor", PSA, COMID(KEYS(IMPL_UEID, SPKI)), ERR_OK },
    { "Parsec: a PCR", PARSEC, COMID(REFERENCE(UUID, PCR)), ERR_OK },
    { "Parsec: a component", PARSEC, COMID(REFERENCE(UUID, COMPONENT)), ERR_INVALID },
    { "Parsec: another class", PARSEC, COMID(REFERENCE(IMPL, PCR)), ERR_INVALID },
    { "Parsec: no digests", PARSEC, COMID(REFERENCE(UUID, VALUE_KEY)), ERR_INVALID },
    { "a reference value", NULL, COMID(REFERENCE(CLASS, VALUE)), ERR_OK },
    { "an environment of nothing", NULL, COMID(REFERENCE("a0", VALUE)), ERR_MALFORMED },
    { "a class of nothing", NULL, COMID(REFERENCE("a1 00 a0", VALUE)), ERR_MALFORMED },
    { "a class id without its tag", NULL, COMID(REFERENCE("a1 00 a1 00 4101", VALUE)),
      ERR_MALFORMED },
    { "a measurement without values", NULL, COMID(REFERENCE(CLASS, "a1 00 05")), ERR_MALFORMED },
    { "values of nothing", NULL, COMID(REFERENCE(CLASS, "a1 01 a0")), ERR_MALFORMED },
    { "a key that is negative", NULL, COMID(REFERENCE(CLASS, "a2 00 24 01 a1 01 00")),
      ERR_MALFORMED },
    { "no measurements", NULL, COMID("00 81 82 " CLASS " 80"), ERR_MALFORMED },
    { "no triples", NULL, "a2 01 a1 00 6174 04 a0", ERR_MALFORMED },
    { "no record in them", NULL, COMID("00 80"), ERR_MALFORMED },
    { "no tag identity", NULL, "a1 04 a1 " REFERENCE(CLASS, VALUE), ERR_MALFORMED },
    { "a record of three", NULL, COMID("00 81 83 " CLASS " 81 " VALUE " 00"), ERR_MALFORMED },
    { "an empty list of digests", NULL, COMID(REFERENCE(CLASS, "a1 01 a1 02 80")), ERR_MALFORMED },
    { "a digest of SHA-256 of one byte", NULL, COMID(REFERENCE(CLASS, "a1 01 a1 02 81 82 01 4100")),
      ERR_MALFORMED },
    { "a digest of one's own algorithm", NULL,
      COMID(REFERENCE(CLASS, "a1 01 a1 02 81 82 6178 4100")), ERR_OK },
    { "a mask of another size", NULL, COMID(REFERENCE(CLASS, "a1 01 a1 04 d90233 82 4100 420000")),
      ERR_MALFORMED },
    { "triples that we do not read", NULL, COMID("0a 81 00"), ERR_OK },
    { "a key of a device", NULL, COMID(KEYS(CLASS, "d9022b 6178")), ERR_OK },
    { "a key without its tag", NULL, COMID(KEYS(CLASS, "6178")), ERR_MALFORMED },
    { "SNP: a number for a key", SNP, COMID(REFERENCE(INSTANCE, VALUE_KEY)), ERR_OK },
    { "SNP: no key", SNP, COMID(REFERENCE(INSTANCE, VALUE)), ERR_INVALID },
    { "SNP: a text for a key", SNP, COMID(REFERENCE(INSTANCE, "a2 00 6178 01 a1 01 00")),
      ERR_INVALID },
    { "SNP: no instance", SNP, COMID(REFERENCE(CLASS, VALUE_KEY)), ERR_INVALID },
    { "SNP: an anchor", SNP, COMID(KEYS(CLASS_MODEL, "d9022b 6178")), ERR_OK },
    { "SNP: an anchor without a model", SNP, COMID(KEYS(CLASS, "d9022b 6178")), ERR_INVALID },
    { "SNP: an anchor without a vendor", SNP, COMID(KEYS("a1 00 a1 02 616d", "d9022b 6178")),
      ERR_INVALID },
    { "SNP: an anchor that is no certificate", SNP, COMID(KEYS(CLASS_MODEL, "d9022a 6178")),
      ERR_INVALID },
    { "other profiles have no such rules", "tag:x", COMID(REFERENCE(CLASS, VALUE)), ERR_OK },
};

static void manifests_are_judged(void)
{
    struct corim c;
    const char *wrong = "";

    for (size_t i = 0; i < sizeof manifests / sizeof *manifests; i++) {
        struct bytes raw = around(manifests[i].profile, manifests[i].comid);

        judging_start();
        CASE(manifests[i].name);
        CHECK_ERR(corim_parse(&c, &judging_arena, raw, &wrong), manifests[i].want);
        CHECK_EQ(wrong == NULL, manifests[i].want == ERR_OK);
        CHECK_NE(corim_parse(&c, &judging_arena, (struct bytes){ raw.data, raw.size - 1 }, &wrong),
                 ERR_OK);
    }
}

#define SNP_CLASS "00 a1 00 d86f 49 2b060104019c780301"
#define HASH "4444444444444444444444444444444444444444444444444444444444444444"
#define SNP_VALUE "a2 00 190281 01 a1 02 81 82 01 5820 " HASH

static void values_are_of_all_keeps(void)
{
    static const struct {
        const char *name, *comid;
        enum platform want;
    } values[] = {
        { "a launch of SNP", COMID(REFERENCE("a1 " SNP_CLASS, SNP_VALUE)), PLATFORM_SNP },
        { "whose instance is the launch",
          COMID(REFERENCE("a2 " SNP_CLASS " 01 d90230 5820 " HASH, SNP_VALUE)), PLATFORM_SNP },
        { "of one chip", COMID(REFERENCE("a2 " SNP_CLASS " 01 d90230 4107", SNP_VALUE)),
          PLATFORM_NONE },
        { "of one group", COMID(REFERENCE("a2 " SNP_CLASS " 02 d90230 4107", SNP_VALUE)),
          PLATFORM_NONE },
    };
    const char *wrong = "";
    struct corim c;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CASE(values[i].name);
        judging_start();
        CHECK_OK(corim_parse(&c, &judging_arena, around(NULL, values[i].comid), &wrong));
        CHECK_EQ(c.values[0].platform, values[i].want);
    }
}

int main(void)
{
    judging_start();
    ours_is_read_back(false);
    ours_is_read_back(true);
    signature_is_checked();
    nothing_wrong_is_written();
    manifests_are_judged();
    values_are_of_all_keeps();
    arena_done(&judging_arena);
    return check_done();
}
