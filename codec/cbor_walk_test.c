/* Vectors: RFC 8949, appendix A and F, and our own; each is a string of hex. */
#include "codec/cbor_walk.h"

#include "tests/check.h"

static uint8_t room[4096];

static struct bytes hex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 0;

    for (; text[2 * size] != '\0'; size++)
        room[size] = (uint8_t)((strchr(digits, text[2 * size]) - digits) << 4 |
                               (strchr(digits, text[2 * size + 1]) - digits));
    return (struct bytes){ room, size };
}

static const struct {
    const char *name, *hex;
    enum err want;
} items[] = {
    { "number", "00", ERR_OK },
    { "number, longer than needed", "1b0000000000000000", ERR_OK },
    { "float", "f93c00", ERR_OK },
    { "simple value", "f8ff", ERR_OK },
    { "undefined", "f7", ERR_OK },
    { "text in chunks", "7f657374726561646d696e67ff", ERR_OK },
    { "indefinite map", "bf6346756ef563416d7421ff", ERR_OK },
    { "map keys in any order", "a202000100", ERR_OK },
    { "tag", "c11a514b67b0", ERR_OK },
    { "nothing", "", ERR_MALFORMED },
    { "something after it", "0000", ERR_MALFORMED },
    { "break alone", "ff", ERR_MALFORMED },
    { "break in a definite array", "8200ff", ERR_MALFORMED },
    { "break instead of a value", "bf00ff", ERR_MALFORMED },
    { "break after a tag", "9fc0ff", ERR_MALFORMED },
    { "simple value in two bytes that fits one", "f818", ERR_MALFORMED },
    { "reserved information", "1c", ERR_MALFORMED },
    { "indefinite number", "1f", ERR_MALFORMED },
    { "text chunk in bytes", "5f6100ff", ERR_MALFORMED },
    { "chunk in chunks", "5f5f4100ffff", ERR_MALFORMED },
    { "chunk that is a number", "5f00ff", ERR_MALFORMED },
    { "length beyond the end", "4201", ERR_MALFORMED },
    { "length of 2^64-1", "5bffffffffffffffff00", ERR_MALFORMED },
    { "count of 2^63 pairs", "bb800000000000000000", ERR_MALFORMED },
    { "count of 2^64-1", "9bffffffffffffffff00", ERR_MALFORMED },
    { "text that is not UTF-8", "61ff", ERR_MALFORMED },
    { "character cut by chunks", "7f61c361bcff", ERR_MALFORMED },
    { "key twice", "a201000100", ERR_MALFORMED },
    { "key twice, not side by side", "a3010002000100", ERR_MALFORMED },
    { "key twice, in two spellings", "a20100180100", ERR_MALFORMED },
    { "text key twice, in two spellings",
      "a2616100780161"
      "00",
      ERR_MALFORMED },
    { "key twice in an indefinite map", "bf01000100ff", ERR_MALFORMED },
    { "key twice, deep inside", "81a10081a201000100", ERR_MALFORMED },
    { "1 and -2 are two keys", "a201002100", ERR_OK },
    { "text 1 and bytes 1 are two keys", "a2613100413100", ERR_OK },
    { "key in chunks", "a17f6161ff00", ERR_MALFORMED },
};

static void items_are_judged(void)
{
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        CASE(items[i].name);
        CHECK_ERR(cbor_item_check(hex(items[i].hex), CBOR_DEPTH_MAX), items[i].want);
    }
}

static void depth_is_bounded(void)
{
    uint8_t deep[100];

    memset(deep, 0x81, sizeof deep);
    deep[16] = 0;
    CASE("16 arrays deep");
    CHECK_OK(cbor_item_check((struct bytes){ deep, 17 }, CBOR_DEPTH_MAX));
    CHECK_ERR(cbor_item_check((struct bytes){ deep, 17 }, 15), ERR_LIMIT);
    deep[16] = 0x81;
    deep[17] = 0;
    CASE("17 arrays deep");
    CHECK_ERR(cbor_item_check((struct bytes){ deep, 18 }, CBOR_DEPTH_MAX), ERR_LIMIT);
    CASE("a caller cannot raise the limit");
    CHECK_ERR(cbor_item_check((struct bytes){ deep, 18 }, 1000), ERR_LIMIT);
}

/* Keys that are out of order are compared each with each: no more than 256 of them. */
static void many_keys_are_bounded(void)
{
    size_t size = 3;

    room[0] = 0xb9;
    room[1] = 0x01;
    room[2] = 0x2c; /* 300 pairs */
    for (unsigned key = 0; key < 300; key++) {
        unsigned n = key;

        room[size++] = 0x19;
        room[size++] = (uint8_t)(n >> 8);
        room[size++] = (uint8_t)n;
        room[size++] = 0;
    }
    CASE("300 keys in order");
    CHECK_OK(cbor_item_check((struct bytes){ room, size }, CBOR_DEPTH_MAX));
    CASE("300 keys, the last one out of order");
    room[size - 3] = 0x00;
    room[size - 2] = 0x07;
    CHECK_ERR(cbor_item_check((struct bytes){ room, size }, CBOR_DEPTH_MAX), ERR_MALFORMED);
}

static void values_are_read(void)
{
    struct reader r;
    struct cbor_list l;

    CASE("numbers");
    r = reader_of(hex("3900ff1800"));
    CHECK_EQ(cbor_walk_int(&r), -256);
    CHECK_EQ(cbor_walk_uint(&r), 0);
    CHECK(reader_done(&r));
    CASE("a number beyond int64");
    r = reader_of(hex("3bffffffffffffffff"));
    (void)cbor_walk_int(&r);
    CHECK(!reader_ok(&r));
    CASE("null and undefined are taken, false is not");
    r = reader_of(hex("f6f7f4"));
    CHECK(cbor_walk_if_null(&r) && cbor_walk_if_null(&r) && !cbor_walk_if_null(&r));
    CASE("a tag is taken where it is the one");
    r = reader_of(hex("d83d00"));
    CHECK(!cbor_walk_if_tag(&r, 18) && cbor_walk_if_tag(&r, 61));
    CHECK_EQ(cbor_walk_uint(&r), 0);
    CASE("a string in chunks is not borrowed");
    r = reader_of(hex("5f4100ff"));
    (void)cbor_walk_bytes(&r);
    CHECK(!reader_ok(&r));
    CASE("arrays, definite and not");
    r = reader_of(hex("9f0102ff820102"));
    for (int turn = 0; turn < 2; turn++) {
        uint64_t sum = 0;

        for (l = cbor_walk_array(&r); cbor_walk_next(&l);)
            sum += cbor_walk_uint(&r);
        CHECK_EQ(sum, 3);
    }
    CHECK(reader_done(&r));
    CASE("an array that ends too early ends the walk");
    r = reader_of(hex("8301"));
    for (l = cbor_walk_array(&r); cbor_walk_next(&l);)
        (void)cbor_walk_uint(&r);
    CHECK(!reader_ok(&r));
    CASE("an item whole");
    r = reader_of(hex("a101820203f5"));
    CHECK_EQ(cbor_walk_raw(&r).size, 5);
    CHECK_EQ(r.left, 1);
}

int main(void)
{
    items_are_judged();
    depth_is_bounded();
    many_keys_are_bounded();
    values_are_read();
    return check_done();
}
