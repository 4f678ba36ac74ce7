#include "writer.h"

#include "base/num.h"
#include "base/reader.h"
#include "tests/check.h"

static void test_put(void)
{
    static const uint8_t want[] = { 1, 3, 2, 7, 6, 5, 4, 2, 3, 4, 5, 6, 7, 'h', 'i' };
    uint8_t room[15];
    struct writer w = writer_of(room, sizeof room);

    CASE("everything in its order");
    writer_u8(&w, 1);
    writer_u16le(&w, 0x0203);
    writer_u32le(&w, 0x04050607);
    writer_u16be(&w, 0x0203);
    writer_u32be(&w, 0x04050607);
    writer_put(&w, BYTES_TEXT("hi"));
    writer_put(&w, (struct bytes){ 0 });
    CHECK(writer_ok(&w));
    CHECK_BYTES(writer_bytes(&w), BYTES_OF(want));

    CASE("64 bits both ways");
    w = writer_of(room, sizeof room);
    writer_u64le(&w, 0x0807060504030201);
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT("\1\2\3\4\5\6\7\10"));
    w = writer_of(room, sizeof room);
    writer_u64be(&w, 0x0102030405060708);
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT("\1\2\3\4\5\6\7\10"));
}

static void test_full(void)
{
    uint8_t room[4] = { 9, 9, 9, 9 };
    struct writer w = writer_of(room, 3);

    CASE("a put that does not fit writes nothing, and neither do those after it");
    writer_u16le(&w, 0x0201);
    writer_u32le(&w, 0xffffffff);
    CHECK(!writer_ok(&w));
    writer_u8(&w, 0xff);
    CHECK(!writer_ok(&w));
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT("\1\2"));
    CHECK_BYTES(BYTES_OF(room), BYTES_TEXT("\1\2\11\11"));

    CASE("no room at all");
    w = writer_of(NULL, 0);
    writer_put(&w, (struct bytes){ 0 });
    CHECK(writer_ok(&w));
    writer_u8(&w, 0);
    CHECK(!writer_ok(&w));

    CASE("a size near the top of size_t does not wrap");
    w = writer_of(room, sizeof room);
    writer_u8(&w, 1);
    writer_put(&w, (struct bytes){ room, SIZE_MAX });
    CHECK(!writer_ok(&w));
    CHECK_EQ(w.size, 1);
}

/* What the reader refuses it refuses by value, so the edges of each width are
 * the interesting numbers. */
static void test_leb(void)
{
    static const int64_t edges[] = {
        0,          1,         -1,        63,   64,        -64,       -65,
        127,        128,       8191,      8192, INT32_MAX, INT32_MIN, (int64_t)INT32_MAX + 1,
        UINT32_MAX, INT64_MAX, INT64_MIN,
    };
    uint8_t room[10];

    CASE("LEB128 is read back as it was written, in at most ten bytes");
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        struct writer w = writer_of(room, sizeof room);
        struct reader r;

        writer_leb_s64(&w, edges[i]);
        CHECK(writer_ok(&w));
        r = reader_of(writer_bytes(&w));
        CHECK_EQ(reader_leb_s64(&r), edges[i]);
        CHECK(reader_done(&r));

        w = writer_of(room, sizeof room);
        writer_leb_u64(&w, (uint64_t)edges[i]);
        CHECK(writer_ok(&w));
        r = reader_of(writer_bytes(&w));
        CHECK_EQ(reader_leb_u64(&r), (uint64_t)edges[i]);
        CHECK(reader_done(&r));
    }
}

int main(void)
{
    test_put();
    test_full();
    test_leb();
    return check_done();
}
