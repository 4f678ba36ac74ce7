#include "codec/cbor.h"

#include "base/num.h"
#include "tests/check.h"

/* Encodings from RFC 8949, appendix A, as far as they are of our form; then
 * what the same document allows and our form does not, or nobody allows. */
static const struct {
    const char *name;
    struct bytes raw;
    bool valid;
} items[] = {
    { "0", BYTES_TEXT("\x00"), true },
    { "23", BYTES_TEXT("\x17"), true },
    { "24", BYTES_TEXT("\x18\x18"), true },
    { "1000000000000", BYTES_TEXT("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), true },
    { "-1", BYTES_TEXT("\x20"), true },
    { "-18446744073709551616", BYTES_TEXT("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"), true },
    { "false", BYTES_TEXT("\xf4"), true },
    { "null", BYTES_TEXT("\xf6"), true },
    { "a tagged time as text",
      BYTES_TEXT("\xc0\x74"
                 "2013-03-21T20:04:00Z"),
      true },
    { "bytes", BYTES_TEXT("\x44\x01\x02\x03\x04"), true },
    { "text", BYTES_TEXT("\x62\xc3\xbc"), true },
    { "nested arrays", BYTES_TEXT("\x83\x01\x82\x02\x03\x82\x04\x05"), true },
    { "a map", BYTES_TEXT("\xa2\x61\x61\x01\x61\x62\x82\x02\x03"), true },
    { "numbers sort before text", BYTES_TEXT("\xa2\x18\x64\x01\x61\x61\x02"), true },
    { "depth of sixteen",
      BYTES_TEXT("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"), true },

    { "nothing", { (const uint8_t *)"", 0 }, false },
    { "bytes left over", BYTES_TEXT("\x00\x00"), false },
    { "23 in two bytes", BYTES_TEXT("\x18\x17"), false },
    { "255 in three bytes", BYTES_TEXT("\x19\x00\xff"), false },
    { "65535 in five bytes", BYTES_TEXT("\x1a\x00\x00\xff\xff"), false },
    { "2^32-1 in nine bytes", BYTES_TEXT("\x1b\x00\x00\x00\x00\xff\xff\xff\xff"), false },
    { "a number cut short", BYTES_TEXT("\x19\x01"), false },
    { "reserved information 28", BYTES_TEXT("\x1c"), false },
    { "indefinite bytes", BYTES_TEXT("\x5f\x42\x01\x02\xff"), false },
    { "indefinite array", BYTES_TEXT("\x9f\xff"), false },
    { "indefinite map", BYTES_TEXT("\xbf\xff"), false },
    { "a break alone", BYTES_TEXT("\xff"), false },
    { "bytes cut short", BYTES_TEXT("\x44\x01\x02\x03"), false },
    { "bytes of 2^64-1",
      BYTES_TEXT("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"
                 "a"),
      false },
    { "text that is not UTF-8", BYTES_TEXT("\x61\xff"), false },
    { "an array one short", BYTES_TEXT("\x82\x01"), false },
    { "an array of 2^62", BYTES_TEXT("\x9b\x40\x00\x00\x00\x00\x00\x00\x00\x01"), false },
    { "a map of 2^63", BYTES_TEXT("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x01\x02"), false },
    { "a map without its last value", BYTES_TEXT("\xa1\x01"), false },
    { "a key twice", BYTES_TEXT("\xa2\x01\x00\x01\x00"), false },
    { "keys out of order", BYTES_TEXT("\xa2\x61\x62\x00\x61\x61\x00"), false },
    { "long text before short", BYTES_TEXT("\xa2\x62\x61\x61\x00\x61\x62\x00"), false },
    { "disorder in an inner map", BYTES_TEXT("\x81\xa2\x02\x00\x01\x00"), false },
    { "an array as a key", BYTES_TEXT("\xa1\x80\x00"), false },
    { "a tag alone", BYTES_TEXT("\xc1"), false },
    { "half float", BYTES_TEXT("\xf9\x3c\x00"), false },
    { "double", BYTES_TEXT("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"), false },
    { "undefined", BYTES_TEXT("\xf7"), false },
    { "simple value 16", BYTES_TEXT("\xf0"), false },
    { "false in two bytes", BYTES_TEXT("\xf8\x14"), false },
    { "depth of seventeen",
      BYTES_TEXT("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"),
      false },
};

static void check_items(void)
{
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        struct reader r = reader_of(items[i].raw);

        CASE(items[i].name);
        cbor_skip(&r);
        CHECK_EQ(reader_done(&r), items[i].valid);
    }
}

static void check_numbers(void)
{
    static const int64_t numbers[] = {
        0,         23, 24,  255, 256,  65535, 65536,  UINT32_MAX, (int64_t)UINT32_MAX + 1,
        INT64_MAX, -1, -24, -25, -256, -257,  -65536, -65537,     -(int64_t)UINT32_MAX - 1,
        INT64_MIN,
    };

    CASE("numbers there and back, shortest form");
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        uint8_t room[16];
        struct writer w = writer_of(room, sizeof room);
        struct reader r;

        cbor_put_int(&w, numbers[i]);
        CHECK(writer_ok(&w));
        r = reader_of(writer_bytes(&w));
        CHECK_EQ(cbor_take_int(&r), numbers[i]);
        CHECK(reader_done(&r));
    }

    CASE("a negative number below the range of 64 bits");
    struct reader r = reader_of(BYTES_TEXT("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"));
    CHECK_EQ(cbor_take_int(&r), 0);
    CHECK(!reader_ok(&r));
}

static void check_all_kinds(void)
{
    uint8_t room[64];
    struct writer w = writer_of(room, sizeof room);
    struct reader r;
    struct bytes key = { 0 };

    CASE("all kinds there and back");
    cbor_put_array(&w, 5);
    cbor_put_bytes(&w, BYTES_TEXT("\x00\xff"));
    cbor_put_map(&w, 2);
    cbor_put_text(&w, BYTES_TEXT("b"));
    cbor_put_bool(&w, true);
    cbor_put_text(&w, BYTES_TEXT("aa"));
    cbor_put_null(&w);
    cbor_put_tag(&w, 18);
    cbor_put_uint(&w, 7);
    cbor_put_bool(&w, false);
    cbor_put_null(&w);
    CHECK(writer_ok(&w));

    r = reader_of(writer_bytes(&w));
    CHECK_EQ(cbor_take_array(&r), 5);
    CHECK_BYTES(cbor_take_bytes(&r), BYTES_TEXT("\x00\xff"));
    struct cbor_map m = cbor_map_open(&r);
    CHECK(cbor_map_next_text(&m, &key));
    CHECK_BYTES(key, BYTES_TEXT("b"));
    CHECK(cbor_take_bool(&r));
    CHECK(cbor_map_next_text(&m, &key));
    CHECK(cbor_take_if_null(&r));
    CHECK(!cbor_map_next_text(&m, &key));
    CHECK_EQ(cbor_peek(&r), CBOR_TAG);
    CHECK_EQ(cbor_take_tag(&r), 18);
    CHECK(!cbor_take_if_null(&r));
    CHECK_EQ(cbor_take_uint(&r), 7);
    CHECK(!cbor_take_bool(&r));
    cbor_take_null(&r);
    CHECK(reader_done(&r));
    CHECK_EQ(cbor_peek(&r), CBOR_NONE);
}

static void check_maps(void)
{
    static const struct bytes bad[] = {
        BYTES_TEXT("\xa2\x02\x00\x01\x00"),
        BYTES_TEXT("\xa2\x01\x00\x01\x00"),
        BYTES_TEXT("\xa2\x01\x00\x20\x00"),
        BYTES_TEXT("\xa2\x18\x18\x00\x17\x00"),
    };

    CASE("map helper: order, duplicates, key type");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct reader r = reader_of(bad[i]);
        unsigned rounds = 0;
        uint64_t key;

        for (struct cbor_map m = cbor_map_open(&r); cbor_map_next_uint(&m, &key); rounds++)
            cbor_skip(&r);
        CHECK(!reader_ok(&r));
        CHECK_EQ(rounds, 1);
    }
}

static void check_wrong_takes(void)
{
    struct reader r;

    CASE("a take of another type marks the reader bad and yields nothing");
    r = reader_of(BYTES_TEXT("\x01\x01"));
    CHECK_EQ(cbor_take_bytes(&r).size, 0);
    CHECK(!reader_ok(&r));
    CHECK_EQ(cbor_take_uint(&r), 0);
    r = reader_of(BYTES_TEXT("\xf6"));
    CHECK(!cbor_take_bool(&r));
    CHECK(!reader_ok(&r));
    r = reader_of(BYTES_TEXT("\xf5"));
    cbor_take_null(&r);
    CHECK(!reader_ok(&r));

    CASE("text that is not UTF-8 is not written");
    uint8_t room[8];
    struct writer w = writer_of(room, sizeof room);
    cbor_put_text(&w, BYTES_TEXT("\xc0\xaf"));
    CHECK(!writer_ok(&w));
}

int main(void)
{
    check_items();
    check_numbers();
    check_all_kinds();
    check_maps();
    check_wrong_takes();
    return check_done();
}
