#include "host/gdb/packet.h"

#include "tests/check.h"

static struct packet_in in;

/* Feeds all of it; what the last byte made. */
static enum packet_event feed(struct bytes b)
{
    enum packet_event e = PACKET_NOTHING;

    for (size_t i = 0; i < b.size; i++)
        e = packet_feed(&in, b.data[i]);
    return e;
}

static const struct {
    const char *name;
    struct bytes raw;
    enum packet_event event;
    struct bytes data;
} cases[] = {
    { "an empty packet", BYTES_TEXT("$#00"), PACKET_WHOLE, BYTES_TEXT("") },
    { "a small one", BYTES_TEXT("$g#67"), PACKET_WHOLE, BYTES_TEXT("g") },
    { "digits in capitals", BYTES_TEXT("$m0,4#FD"), PACKET_WHOLE, BYTES_TEXT("m0,4") },
    { "noise before it", BYTES_TEXT("xyz\n$g#67"), PACKET_WHOLE, BYTES_TEXT("g") },
    { "a wrong checksum", BYTES_TEXT("$g#68"), PACKET_BROKEN, { 0 } },
    { "a checksum that is none", BYTES_TEXT("$g#6x"), PACKET_BROKEN, { 0 } },
    { "a checksum that is none, first digit", BYTES_TEXT("$g#x7"), PACKET_BROKEN, { 0 } },
    { "an escaped '#'", BYTES_TEXT("$}\x03#80"), PACKET_WHOLE, BYTES_TEXT("#") },
    { "an escape that escapes the end", BYTES_TEXT("$g}#"), PACKET_NOTHING, { 0 } },
    { "no end yet", BYTES_TEXT("$g#6"), PACKET_NOTHING, { 0 } },
    { "started again in the middle", BYTES_TEXT("$ggg$g#67"), PACKET_WHOLE, BYTES_TEXT("g") },
    { "a sign", BYTES_TEXT("+"), PACKET_ACK, { 0 } },
    { "the other sign", BYTES_TEXT("-"), PACKET_NACK, { 0 } },
    { "an interrupt", BYTES_TEXT("\x03"), PACKET_INTERRUPT, { 0 } },
    { "an interrupt's byte inside of a packet", BYTES_TEXT("$\x03#03"), PACKET_WHOLE,
      BYTES_TEXT("\x03") },
};

static void test_frames(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CASE(cases[i].name);
        memset(&in, 0, sizeof in);
        CHECK_EQ(feed(cases[i].raw), cases[i].event);
        if (cases[i].event == PACKET_WHOLE)
            CHECK_BYTES(packet_bytes(&in), cases[i].data);
    }
}

static void test_length(void)
{
    uint8_t sum[3] = { '#' };

    memset(&in, 0, sizeof in);
    CASE("as long as may be");
    packet_feed(&in, '$');
    for (size_t i = 0; i < PACKET_MAX; i++)
        CHECK_EQ(packet_feed(&in, 'a'), PACKET_NOTHING);
    sum[1] = (uint8_t) "0123456789abcdef"[in.sum >> 4];
    sum[2] = (uint8_t) "0123456789abcdef"[in.sum & 15];
    CHECK_EQ(feed(BYTES_OF(sum)), PACKET_WHOLE);
    CHECK_EQ(in.size, PACKET_MAX);
    CASE("one byte longer");
    packet_feed(&in, '$');
    for (size_t i = 0; i < PACKET_MAX + 1; i++)
        CHECK_EQ(packet_feed(&in, 'a'), PACKET_NOTHING);
    sum[1] = (uint8_t) "0123456789abcdef"[in.sum >> 4];
    sum[2] = (uint8_t) "0123456789abcdef"[in.sum & 15];
    CHECK_EQ(feed(BYTES_OF(sum)), PACKET_BROKEN);
    CASE("and the next one is fine");
    CHECK_EQ(feed(BYTES_TEXT("$g#67")), PACKET_WHOLE);
}

static void test_answers(void)
{
    static struct packet_out out;
    static uint8_t much[PACKET_MAX + 1];

    CASE("an empty answer");
    packet_start(&out);
    CHECK_BYTES(packet_finish(&out), BYTES_TEXT("$#00"));
    CASE("texts, numbers, bytes");
    packet_start(&out);
    packet_text(&out, "T");
    packet_number(&out, 0);
    packet_number(&out, 0x1f);
    packet_hex(&out, BYTES_TEXT("\x00\xab"));
    packet_binary(&out, BYTES_TEXT("a}#$*b"));
    CHECK_BYTES(packet_finish(&out), BYTES_TEXT("$T01f00aba}]}\x03}\x04}\x0a"
                                                "b#63"));
    CASE("the largest number");
    packet_start(&out);
    packet_number(&out, UINT64_MAX);
    CHECK_BYTES(packet_finish(&out), BYTES_TEXT("$ffffffffffffffff#60"));
    CASE("what does not fit is an error answer");
    packet_start(&out);
    packet_hex(&out, BYTES_OF(much));
    CHECK_BYTES(packet_finish(&out), BYTES_TEXT("$E7f#e2"));
    CASE("nor does it in small pieces");
    packet_start(&out);
    for (unsigned i = 0; i < 3 * PACKET_MAX; i++)
        packet_text(&out, "a");
    CHECK_BYTES(packet_finish(&out), BYTES_TEXT("$E7f#e2"));
}

static uint64_t number_in(const char *text, bool *good)
{
    struct reader r = reader_of((struct bytes){ (const uint8_t *)text, strlen(text) });
    uint64_t n = packet_take_number(&r);

    *good = reader_done(&r);
    return n;
}

static void test_numbers(void)
{
    bool good;
    uint8_t bytes[2];
    struct reader r;

    CASE("numbers");
    CHECK_EQ(number_in("0", &good), 0);
    CHECK(good);
    CHECK_EQ(number_in("FfffFfffffffffff", &good), UINT64_MAX);
    CHECK(good);
    CASE("no number");
    (void)number_in("", &good);
    CHECK(!good);
    (void)number_in("x", &good);
    CHECK(!good);
    (void)number_in("-1", &good);
    CHECK(!good);
    CASE("a digit too many");
    (void)number_in("00000000000000001", &good);
    CHECK(!good);
    CASE("bytes in digits");
    r = reader_of(BYTES_TEXT("12fE"));
    packet_take_hex(&r, bytes, 2);
    CHECK(reader_done(&r) && bytes[0] == 0x12 && bytes[1] == 0xfe);
    r = reader_of(BYTES_TEXT("12f"));
    packet_take_hex(&r, bytes, 2);
    CHECK(!reader_ok(&r));
    r = reader_of(BYTES_TEXT("12g0"));
    packet_take_hex(&r, bytes, 2);
    CHECK(!reader_ok(&r));
    CASE("words");
    r = reader_of(BYTES_TEXT("Cont;c"));
    CHECK(!packet_try(&r, "Cont?"));
    CHECK(packet_try(&r, "Cont"));
    packet_take(&r, ";");
    CHECK(reader_ok(&r));
    packet_take(&r, "cc");
    CHECK(!reader_ok(&r) && !packet_try(&r, "c"));
}

int main(void)
{
    test_frames();
    test_length();
    test_answers();
    test_numbers();
    return check_done();
}
