#include "reader.h"

#include "base/num.h"
#include "tests/check.h"

#define RAW(...) \
    ((struct bytes){ (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) })

static void test_fixed(void)
{
    static const uint8_t raw[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    struct reader r = reader_of(BYTES_OF(raw));

    CASE("fixed widths, little end first");
    CHECK_EQ(reader_u8(&r), 0x01);
    CHECK_EQ(reader_u16le(&r), 0x0302);
    CHECK_EQ(reader_u32le(&r), 0x07060504);
    CHECK_EQ(reader_u64le(&r), 0x0f0e0d0c0b0a0908);
    CHECK(reader_done(&r));

    CASE("fixed widths, big end first");
    r = reader_of(BYTES_OF(raw));
    CHECK_EQ(reader_u16be(&r), 0x0102);
    CHECK_EQ(reader_u32be(&r), 0x03040506);
    CHECK_EQ(reader_u64be(&r), 0x0708090a0b0c0d0e);
    CHECK_EQ(reader_offset(&r), 14);
    CHECK(reader_ok(&r));
    CHECK(!reader_done(&r));
}

static void test_short(void)
{
    struct reader r = reader_of(RAW(1, 2, 3));
    uint8_t out[4] = { 9, 9, 9, 9 };

    CASE("a take that does not fit yields zero and so do all after it");
    CHECK_EQ(reader_u8(&r), 1);
    CHECK_EQ(reader_u32le(&r), 0);
    CHECK(!reader_ok(&r));
    CHECK_EQ(reader_u8(&r), 0);
    CHECK_EQ(reader_peek(&r), 0);
    CHECK_EQ(reader_leb_u32(&r), 0);
    CHECK_EQ(reader_leb_s64(&r), 0);
    CHECK_EQ(reader_offset(&r), 1);
    CHECK(!reader_done(&r));

    CASE("a copy that does not fit gives zeroes");
    r = reader_of(RAW(1, 2, 3));
    reader_copy(&r, out, sizeof out);
    CHECK_BYTES(BYTES_OF(out), RAW(0, 0, 0, 0));
    CHECK(!reader_ok(&r));

    CASE("a size near the top of size_t does not wrap");
    r = reader_of(RAW(1, 2, 3));
    (void)reader_u8(&r);
    CHECK_NULL(reader_take(&r, SIZE_MAX).data);
    CHECK(!reader_ok(&r));

    CASE("nothing at all, and a NULL pointer");
    r = reader_of((struct bytes){ 0 });
    CHECK(reader_done(&r));
    reader_copy(&r, NULL, 0);
    reader_skip(&r, 0);
    CHECK(reader_done(&r));
    CHECK_EQ(reader_peek(&r), 0);
    CHECK(reader_ok(&r));
    CHECK_EQ(reader_u8(&r), 0);
    CHECK(!reader_ok(&r));
}

static void test_parts(void)
{
    struct reader r = reader_of(RAW(1, 2, 3, 4, 5));
    struct reader part;

    CASE("a part ends where it was told to");
    (void)reader_u8(&r);
    part = reader_sub(&r, 2);
    CHECK_EQ(reader_u16be(&part), 0x0203);
    CHECK(reader_done(&part));
    CHECK_EQ(reader_u8(&part), 0);
    CHECK(!reader_ok(&part));
    CHECK(reader_ok(&r));
    CHECK_EQ(reader_u8(&r), 4);

    CASE("a part of a bad reader is bad");
    part = reader_sub(&r, 2);
    CHECK(!reader_ok(&part));
    CHECK(!reader_ok(&r));
    part = reader_sub(&r, 0);
    CHECK(!reader_ok(&part));
}

/* Core specification, 5.2.2: "uN", "sN". A case gives what each width makes of
 * the bytes; BAD where it refuses. */
enum { BAD = -12345 };

/* clang-format off */
static const struct {
    const char *name;
    uint8_t raw[12];
    size_t size;
    int64_t u32, u64, s32, s33, s64;
} lebs[] = {
    { "zero", { 0x00 }, 1, 0, 0, 0, 0, 0 },
    { "63", { 0x3f }, 1, 63, 63, 63, 63, 63 },
    { "64 is -64 when signed", { 0x40 }, 1, 64, 64, -64, -64, -64 },
    { "127 is -1 when signed", { 0x7f }, 1, 127, 127, -1, -1, -1 },
    { "624485", { 0xe5, 0x8e, 0x26 }, 3, 624485, 624485, 624485, 624485, 624485 },
    { "padded zero", { 0x80, 0x80, 0x80, 0x80, 0x00 }, 5, 0, 0, 0, 0, 0 },
    { "padded -1", { 0xff, 0xff, 0xff, 0xff, 0x7f }, 5, BAD, 0x7ffffffff, -1, -1, -1 },
    { "2^31 - 1", { 0xff, 0xff, 0xff, 0xff, 0x07 }, 5, 0x7fffffff, 0x7fffffff, 0x7fffffff,
      0x7fffffff, 0x7fffffff },
    { "2^31", { 0x80, 0x80, 0x80, 0x80, 0x08 }, 5, 0x80000000, 0x80000000, BAD, 0x80000000,
      0x80000000 },
    { "2^32 - 1", { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5, 0xffffffff, 0xffffffff, BAD, 0xffffffff,
      0xffffffff },
    { "-2^31", { 0x80, 0x80, 0x80, 0x80, 0x78 }, 5, BAD, 0x780000000, INT32_MIN, INT32_MIN,
      INT32_MIN },
    { "2^32", { 0x80, 0x80, 0x80, 0x80, 0x10 }, 5, BAD, 0x100000000, BAD, BAD, 0x100000000 },
    { "-2^32", { 0x80, 0x80, 0x80, 0x80, 0x70 }, 5, BAD, 0x700000000, BAD, -0x100000000,
      -0x100000000 },
    { "six bytes", { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }, 6, BAD, 0, BAD, BAD, 0 },
    { "2^63 - 1", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 }, 10, BAD,
      INT64_MAX, BAD, BAD, INT64_MAX },
    { "2^63", { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }, 10, BAD,
      INT64_MIN, BAD, BAD, BAD },
    { "-2^63", { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f }, 10, BAD, BAD, BAD,
      BAD, INT64_MIN },
    { "2^64", { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02 }, 10, BAD, BAD, BAD,
      BAD, BAD },
    { "eleven bytes", { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }, 11,
      BAD, BAD, BAD, BAD, BAD },
    { "no last byte", { 0x80, 0x80 }, 2, BAD, BAD, BAD, BAD, BAD },
    { "no byte", { 0 }, 0, BAD, BAD, BAD, BAD, BAD },
};
/* clang-format on */

static void check_leb(struct reader r, int64_t got, size_t size, int64_t want)
{
    CHECK_EQ(reader_ok(&r), want != BAD);
    CHECK_EQ(got, want == BAD ? 0 : want);
    CHECK_EQ(reader_offset(&r), want == BAD ? 0 : size);
}

static void test_leb(void)
{
    for (size_t i = 0; i < COUNT_OF(lebs); i++) {
        struct bytes raw = { lebs[i].raw, lebs[i].size };
        struct reader r = reader_of(raw);
        int64_t got;

        CASE(lebs[i].name);
        got = reader_leb_u32(&r);
        check_leb(r, got, raw.size, lebs[i].u32);
        r = reader_of(raw);
        got = (int64_t)reader_leb_u64(&r);
        check_leb(r, got, raw.size, lebs[i].u64);
        r = reader_of(raw);
        got = reader_leb_s32(&r);
        check_leb(r, got, raw.size, lebs[i].s32);
        r = reader_of(raw);
        got = reader_leb_s33(&r);
        check_leb(r, got, raw.size, lebs[i].s33);
        r = reader_of(raw);
        got = reader_leb_s64(&r);
        check_leb(r, got, raw.size, lebs[i].s64);
    }
}

int main(void)
{
    test_fixed();
    test_short();
    test_parts();
    test_leb();
    return check_done();
}
