#include "codec/der.h"

#include "base/num.h"
#include "tests/check.h"

/* Elements of any tag, as der_take_raw has them. */
static const struct {
    const char *name;
    struct bytes raw;
    bool valid;
} elements[] = {
    { "an empty sequence", BYTES_TEXT("\x30\x00"), true },
    { "one byte", BYTES_TEXT("\x04\x01x"), true },
    { "nothing", { (const uint8_t *)"", 0 }, false },
    { "a tag alone", BYTES_TEXT("\x30"), false },
    { "end of contents", BYTES_TEXT("\x00\x00"), false },
    { "an indefinite length", BYTES_TEXT("\x30\x80\x00\x00"), false },
    { "a length of 1 in two octets", BYTES_TEXT("\x04\x81\x01x"), false },
    { "a length with a leading zero", BYTES_TEXT("\x04\x82\x00\x01x"), false },
    { "a reserved length", BYTES_TEXT("\x04\xff"), false },
    { "a length in five octets", BYTES_TEXT("\x04\x85\x01\x00\x00\x00\x00x"), false },
    { "a length beyond the end", BYTES_TEXT("\x04\x02x"), false },
    { "a length of 2^32 - 1", BYTES_TEXT("\x04\x84\xff\xff\xff\xffx"), false },
    { "a length cut short", BYTES_TEXT("\x04\x82\x01"), false },
    { "a tag above 30", BYTES_TEXT("\x1f\x20\x00"), false },
};

static void test_elements(void)
{
    for (size_t i = 0; i < COUNT_OF(elements); i++) {
        struct reader r = reader_of(elements[i].raw);
        struct bytes raw;

        CASE(elements[i].name);
        raw = der_take_raw(&r);
        CHECK_EQ(reader_done(&r), elements[i].valid);
        if (elements[i].valid)
            CHECK_BYTES(raw, elements[i].raw);
        else
            CHECK_EQ(raw.size, 0);
    }

    static uint8_t long_one[3 + 128] = { DER_OCTET_STRING, 0x81, 128 };
    struct reader r = reader_of(BYTES_OF(long_one));

    CASE("128 are two length octets");
    CHECK_EQ(der_take(&r, DER_OCTET_STRING).size, 128);
    CHECK(reader_done(&r));

    CASE("another tag: bad, where the element began");
    r = reader_of(BYTES_TEXT("\x05\x00\x04\x01x"));
    (void)der_take(&r, DER_NULL);
    (void)der_take(&r, DER_INTEGER);
    CHECK(!reader_ok(&r));
    CHECK_EQ(reader_offset(&r), 2);
    CASE("what is entered wrongly is bad from the start");
    r = reader_of(BYTES_TEXT("\x30\x00"));
    struct reader inner = der_enter(&r, DER_SET);
    CHECK(!reader_ok(&inner));
}

static const struct {
    const char *name;
    struct bytes raw;
    bool valid;
    uint64_t value;
} numbers[] = {
    { "0", BYTES_TEXT("\x02\x01\x00"), true, 0 },
    { "127", BYTES_TEXT("\x02\x01\x7f"), true, 127 },
    { "128", BYTES_TEXT("\x02\x02\x00\x80"), true, 128 },
    { "2^64 - 1", BYTES_TEXT("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"), true, UINT64_MAX },
    { "2^64", BYTES_TEXT("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"), false, 0 },
    { "no octet", BYTES_TEXT("\x02\x00"), false, 0 },
    { "-1", BYTES_TEXT("\x02\x01\xff"), false, 0 },
    { "a leading zero too many", BYTES_TEXT("\x02\x02\x00\x7f"), false, 0 },
    { "two zeros", BYTES_TEXT("\x02\x02\x00\x00"), false, 0 },
    { "ENUMERATED instead", BYTES_TEXT("\x0a\x01\x00"), false, 0 },
};

static void test_numbers(void)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct reader r = reader_of(numbers[i].raw);

        CASE(numbers[i].name);
        CHECK_EQ(der_take_uint(&r, DER_INTEGER), numbers[i].value);
        CHECK_EQ(reader_done(&r), numbers[i].valid);
    }
    struct reader r = reader_of(BYTES_TEXT("\x02\x01\x00\x02\x03\x00\xff\x01"));

    CASE("magnitudes have no leading zeros, and 0 has no bytes");
    CHECK_EQ(der_take_magnitude(&r).size, 0);
    CHECK_BYTES(der_take_magnitude(&r), BYTES_TEXT("\xff\x01"));
    CHECK(reader_done(&r));
}

static void test_small(void)
{
    static const struct {
        struct bytes raw;
        bool valid, value;
    } bools[] = {
        { BYTES_TEXT("\x01\x01\xff"), true, true },
        { BYTES_TEXT("\x01\x01\x00"), true, false },
        { BYTES_TEXT("\x01\x01\x01"), false, false },
        { BYTES_TEXT("\x01\x00"), false, false },
        { BYTES_TEXT("\x01\x02\xff\xff"), false, false },
    };
    struct reader r;

    CASE("booleans are 00 or FF");
    for (size_t i = 0; i < COUNT_OF(bools); i++) {
        r = reader_of(bools[i].raw);
        CHECK_EQ(der_take_bool(&r), bools[i].value);
        CHECK_EQ(reader_done(&r), bools[i].valid);
    }
    CASE("bit strings of whole bytes");
    r = reader_of(BYTES_TEXT("\x03\x03\x00\xab\xcd"));
    CHECK_BYTES(der_take_bits(&r), BYTES_TEXT("\xab\xcd"));
    CHECK(reader_done(&r));
    r = reader_of(BYTES_TEXT("\x03\x02\x01\xaa"));
    (void)der_take_bits(&r);
    CHECK(!reader_ok(&r));
    r = reader_of(BYTES_TEXT("\x03\x00"));
    (void)der_take_bits(&r);
    CHECK(!reader_ok(&r));
}

static const struct {
    const char *name;
    struct bytes raw;
    bool valid;
    int64_t at;
} times[] = {
    { "UTCTime of 2049",
      BYTES_TEXT("\x17\x0d"
                 "491231235959Z"),
      true, 2524607999 },
    { "UTCTime of 1950",
      BYTES_TEXT("\x17\x0d"
                 "500101000000Z"),
      true, -631152000 },
    { "GeneralizedTime",
      BYTES_TEXT("\x18\x0f"
                 "20250619113227Z"),
      true, 1750332747 },
    { "the end of 9999",
      BYTES_TEXT("\x18\x0f"
                 "99991231235959Z"),
      true, 253402300799 },
    { "a leap day",
      BYTES_TEXT("\x17\x0d"
                 "240229000000Z"),
      true, 1709164800 },
    { "a leap day in no leap year",
      BYTES_TEXT("\x17\x0d"
                 "230229000000Z"),
      false, 0 },
    { "month 13",
      BYTES_TEXT("\x17\x0d"
                 "231301000000Z"),
      false, 0 },
    { "second 60",
      BYTES_TEXT("\x17\x0d"
                 "230101000060Z"),
      false, 0 },
    { "without seconds",
      BYTES_TEXT("\x17\x0b"
                 "2301010000Z"),
      false, 0 },
    { "without Z",
      BYTES_TEXT("\x17\x0c"
                 "230101000000"),
      false, 0 },
    { "with an offset",
      BYTES_TEXT("\x17\x11"
                 "230101000000+0100"),
      false, 0 },
    { "with a fraction",
      BYTES_TEXT("\x18\x11"
                 "20230101000000.5Z"),
      false, 0 },
    { "UTCTime of four digits",
      BYTES_TEXT("\x17\x0f"
                 "20230101000000Z"),
      false, 0 },
    { "a letter",
      BYTES_TEXT("\x17\x0d"
                 "2301O1000000Z"),
      false, 0 },
    { "a date as text",
      BYTES_TEXT("\x13\x0d"
                 "230101000000Z"),
      false, 0 },
};

static void test_times(void)
{
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct reader r = reader_of(times[i].raw);

        CASE(times[i].name);
        CHECK_EQ(der_take_time(&r), times[i].at);
        CHECK_EQ(reader_done(&r), times[i].valid);
    }
}

static const struct {
    struct bytes raw;
    const char *text; /* NULL: no OID */
} oids[] = {
    { BYTES_TEXT("\x2a\x86\x48\xce\x3d\x03\x01\x07"), "1.2.840.10045.3.1.7" },
    { BYTES_TEXT("\x55\x04\x03"), "2.5.4.3" },
    { BYTES_TEXT("\x88\x37\x03"), "2.999.3" },
    { BYTES_TEXT("\x00"), "0.0" },
    { BYTES_TEXT("\x67\x81\x05\x05\x04\x09"), "2.23.133.5.4.9" },
    { BYTES_TEXT("\x2a\x80\x01"), NULL },
    { BYTES_TEXT("\x2a\x86"), NULL },
    { { (const uint8_t *)"", 0 }, NULL },
};

static void test_oids(void)
{
    char text[64];

    CASE("object identifiers as text");
    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        uint8_t raw[16] = { DER_OID, (uint8_t)oids[i].raw.size };
        struct reader r = reader_of((struct bytes){ raw, oids[i].raw.size + 2 });

        memcpy(&raw[2], oids[i].raw.data, oids[i].raw.size);
        CHECK_BYTES(der_take_oid(&r),
                    oids[i].text != NULL ? oids[i].raw : ((struct bytes){ NULL, 0 }));
        CHECK_EQ(reader_done(&r), oids[i].text != NULL);
        CHECK_EQ(der_oid_text(text, sizeof text, oids[i].raw), oids[i].text != NULL);
        CHECK_TEXT(text, oids[i].text != NULL ? oids[i].text : "");
    }
    CASE("no room for the text");
    CHECK(!der_oid_text(text, 7, BYTES_TEXT("\x55\x04\x03")));
    CHECK_TEXT(text, "");
    CHECK(der_oid_text(text, 8, BYTES_TEXT("\x55\x04\x03")));
    CHECK(!der_oid_text(text, 0, BYTES_TEXT("\x55\x04\x03")));
}

/* Forms of an ECDSA signature that other libraries were caught taking (the classes of the
 * Wycheproof project), with fields of 4 bytes. */
static const struct {
    const char *name;
    struct bytes der;
    enum err want;
} signatures[] = {
    { "r = 1, s = 2", BYTES_TEXT("\x30\x06\x02\x01\x01\x02\x01\x02"), ERR_OK },
    { "r as wide as the field", BYTES_TEXT("\x30\x0a\x02\x05\x00\xff\xff\xff\xff\x02\x01\x02"),
      ERR_OK },
    { "r wider than the field", BYTES_TEXT("\x30\x0a\x02\x05\x01\x00\x00\x00\x00\x02\x01\x02"),
      ERR_MALFORMED },
    { "r = 0", BYTES_TEXT("\x30\x06\x02\x01\x00\x02\x01\x02"), ERR_MALFORMED },
    { "s = 0", BYTES_TEXT("\x30\x06\x02\x01\x01\x02\x01\x00"), ERR_MALFORMED },
    { "r = -1", BYTES_TEXT("\x30\x06\x02\x01\xff\x02\x01\x02"), ERR_MALFORMED },
    { "r with a leading zero", BYTES_TEXT("\x30\x07\x02\x02\x00\x01\x02\x01\x02"), ERR_MALFORMED },
    { "r of no bytes", BYTES_TEXT("\x30\x05\x02\x00\x02\x01\x02"), ERR_MALFORMED },
    { "bytes after the sequence", BYTES_TEXT("\x30\x06\x02\x01\x01\x02\x01\x02\x00"),
      ERR_MALFORMED },
    { "bytes in the sequence after s", BYTES_TEXT("\x30\x08\x02\x01\x01\x02\x01\x02\x05\x00"),
      ERR_MALFORMED },
    { "s is missing", BYTES_TEXT("\x30\x03\x02\x01\x01"), ERR_MALFORMED },
    { "a long length", BYTES_TEXT("\x30\x81\x06\x02\x01\x01\x02\x01\x02"), ERR_MALFORMED },
    { "an indefinite length", BYTES_TEXT("\x30\x80\x02\x01\x01\x02\x01\x02\x00\x00"),
      ERR_MALFORMED },
    { "a set", BYTES_TEXT("\x31\x06\x02\x01\x01\x02\x01\x02"), ERR_MALFORMED },
    { "ENUMERATED", BYTES_TEXT("\x30\x06\x0a\x01\x01\x02\x01\x02"), ERR_MALFORMED },
    { "raw r and s", BYTES_TEXT("\x00\x00\x00\x01\x00\x00\x00\x02"), ERR_MALFORMED },
    { "cut short", BYTES_TEXT("\x30\x06\x02\x01\x01\x02\x01"), ERR_MALFORMED },
    { "nothing", { (const uint8_t *)"", 0 }, ERR_MALFORMED },
};

static void test_signatures(void)
{
    for (size_t i = 0; i < COUNT_OF(signatures); i++) {
        uint8_t out[8];

        CASE(signatures[i].name);
        memset(out, 0xee, sizeof out);
        CHECK_ERR(der_ecdsa_parse(out, 4, signatures[i].der), signatures[i].want);
        if (signatures[i].want != ERR_OK)
            CHECK_EQ(out[0], 0xee); /* nothing was written */
    }
    uint8_t out[8];

    CASE("both are padded to the width");
    CHECK_OK(der_ecdsa_parse(out, 4, signatures[0].der));
    CHECK_BYTES(BYTES_OF(out), BYTES_TEXT("\x00\x00\x00\x01\x00\x00\x00\x02"));
}

int main(void)
{
    test_elements();
    test_numbers();
    test_small();
    test_times();
    test_oids();
    test_signatures();
    return check_done();
}
