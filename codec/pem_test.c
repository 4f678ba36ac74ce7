#include "codec/pem.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* RFC 4648, section 10, and texts that are not base64 or not the one form of their bytes. */
static const struct {
    const char *text, *data; /* NULL: refused */
    enum base64_alphabet alphabet;
    bool spaced;
} base64[] = {
    { "", "", BASE64, false },
    { "Zg==", "f", BASE64, false },
    { "Zm8=", "fo", BASE64, false },
    { "Zm9v", "foo", BASE64, false },
    { "Zm9vYg==", "foob", BASE64, false },
    { "Zm9vYmFy", "foobar", BASE64, false },
    { "+/+/", "\xfb\xff\xbf", BASE64, false },
    { "-_-_", "\xfb\xff\xbf", BASE64URL, false },
    { "Zg", "f", BASE64URL, false },
    { "Zg==", "f", BASE64URL, false },
    { "Zm8", "fo", BASE64URL, false },
    { " Z m\r\n9\tv\n", "foo", BASE64, true },
    { "Zg=\n=", "f", BASE64, true },
    { "Zg", NULL, BASE64, false },
    { "Zg=", NULL, BASE64, false },
    { "Zg=", NULL, BASE64URL, false },
    { "Zg===", NULL, BASE64, false },
    { "Zm9v=", NULL, BASE64, false },
    { "Z", NULL, BASE64, false },
    { "Z===", NULL, BASE64, false },
    { "Zh==", NULL, BASE64, false }, /* bits left over */
    { "Zm9=", NULL, BASE64, false },
    { "Zg==Zg==", NULL, BASE64, false },
    { "=Zg=", NULL, BASE64, false },
    { "Zm 9v", NULL, BASE64, false },
    { "Zm9\x80", NULL, BASE64, false },
    { "-_-_", NULL, BASE64, false },
    { "+/+/", NULL, BASE64URL, false },
    { "Zm9v.", NULL, BASE64, true },
};

static void test_base64(void)
{
    CASE("base64 is decoded, or refused");
    for (size_t i = 0; i < COUNT_OF(base64); i++) {
        struct bytes text = { (const uint8_t *)base64[i].text, strlen(base64[i].text) };
        uint8_t out[64];
        size_t size = 99;
        enum err e =
            base64_decode(out, sizeof out, &size, text, base64[i].alphabet, base64[i].spaced);

        if (!CHECK_ERR(e, base64[i].data != NULL ? ERR_OK : ERR_MALFORMED))
            printf("# %s\n", base64[i].text);
        if (base64[i].data == NULL)
            CHECK_EQ(size, 99);
        else
            CHECK_BYTES(((struct bytes){ out, size }),
                        ((struct bytes){ (const uint8_t *)base64[i].data, size }));
    }

    char text[16];
    uint8_t out[2];
    size_t size;

    CASE("base64 is encoded");
    CHECK_EQ(base64_encode(text, BYTES_TEXT("foob"), BASE64), 8);
    CHECK(memcmp(text, "Zm9vYg==", 8) == 0);
    CHECK_EQ(base64_encode(text, BYTES_TEXT("foob"), BASE64URL), 6);
    CHECK_EQ(base64_encode(text, BYTES_TEXT("\xfb\xff\xbf"), BASE64URL), 4);
    CHECK(memcmp(text, "-_-_", 4) == 0);
    CASE("no room");
    CHECK_ERR(base64_decode(out, 2, &size, BYTES_TEXT("Zm9v"), BASE64, false), ERR_LIMIT);
    CHECK_OK(base64_decode(out, 2, &size, BYTES_TEXT("Zm8="), BASE64, false));
}

static void test_hex(void)
{
    uint8_t out[4];
    char text[8];
    size_t size;

    CASE("hex of either case");
    CHECK_OK(hex_decode(out, sizeof out, &size, BYTES_TEXT("00aBFf"), false));
    CHECK_BYTES(((struct bytes){ out, size }), BYTES_TEXT("\x00\xab\xff"));
    CHECK_OK(hex_decode(out, sizeof out, &size, BYTES_TEXT(" 0 0\nab\r\n"), true));
    CHECK_EQ(size, 2);
    hex_encode(text, BYTES_TEXT("\x00\xab\xff"));
    CHECK(memcmp(text, "00abff", 6) == 0);
    CASE("hex that is none");
    CHECK_ERR(hex_decode(out, sizeof out, &size, BYTES_TEXT("0"), false), ERR_MALFORMED);
    CHECK_ERR(hex_decode(out, sizeof out, &size, BYTES_TEXT("0g"), false), ERR_MALFORMED);
    CHECK_ERR(hex_decode(out, sizeof out, &size, BYTES_TEXT("0x00"), false), ERR_MALFORMED);
    CHECK_ERR(hex_decode(out, sizeof out, &size, BYTES_TEXT("00 00"), false), ERR_MALFORMED);
    CHECK_ERR(hex_decode(out, sizeof out, &size, BYTES_TEXT("\x10\x11"), false), ERR_MALFORMED);
    CHECK_ERR(hex_decode(out, 1, &size, BYTES_TEXT("0000"), false), ERR_LIMIT);
}

#define BLOCK "-----BEGIN X-----\nZm9v\n-----END X-----\n"

static const struct {
    const char *name;
    struct bytes text;
    enum err want;
    unsigned blocks;
} texts[] = {
    { "one block", BYTES_TEXT(BLOCK), ERR_OK, 1 },
    { "two blocks", BYTES_TEXT(BLOCK BLOCK), ERR_OK, 2 },
    { "text around them", BYTES_TEXT("subject=x\n" BLOCK "more\n" BLOCK "end"), ERR_OK, 2 },
    { "line ends of other systems", BYTES_TEXT("-----BEGIN X-----\r\nZm\r\n9v\r\n-----END X-----"),
      ERR_OK, 1 },
    { "two on one line",
      BYTES_TEXT("-----BEGIN X-----Zm9v-----END X----------BEGIN X-----"
                 "Zm9v-----END X-----"),
      ERR_OK, 2 },
    { "a NUL ends the text", BYTES_TEXT(BLOCK "\0" BLOCK), ERR_OK, 1 },
    { "an empty body", BYTES_TEXT("-----BEGIN X-----\n-----END X-----\n"), ERR_OK, 1 },
    { "no text", { (const uint8_t *)"", 0 }, ERR_OK, 0 },
    { "no block", BYTES_TEXT("nothing here\n"), ERR_OK, 0 },
    { "not at the start of a line", BYTES_TEXT("x -----BEGIN X-----\n"), ERR_OK, 0 },
    { "no end", BYTES_TEXT("-----BEGIN X-----\nZm9v\n"), ERR_MALFORMED, 0 },
    { "a NUL in the body", BYTES_TEXT("-----BEGIN X-----\nZm9v\n\0-----END X-----"), ERR_MALFORMED,
      0 },
    { "the end of another", BYTES_TEXT("-----BEGIN X-----\nZm9v\n-----END Y-----\n"), ERR_MALFORMED,
      0 },
    { "four dashes", BYTES_TEXT("-----BEGIN X-----\nZm9v\n-----END X----\n"), ERR_MALFORMED, 0 },
    { "no label", BYTES_TEXT("-----BEGIN -----\nZm9v\n-----END -----\n"), ERR_MALFORMED, 0 },
    { "the head cut short", BYTES_TEXT("-----BEGIN X"), ERR_MALFORMED, 0 },
    { "no base64", BYTES_TEXT("-----BEGIN X-----\nZm9\n-----END X-----\n"), ERR_MALFORMED, 0 },
    { "headers of RFC 1421", BYTES_TEXT("-----BEGIN X-----\nProc-Type: 4\n\nZm9v\n-----END X-----"),
      ERR_MALFORMED, 0 },
    { "the second is broken", BYTES_TEXT(BLOCK "-----BEGIN X-----\n"), ERR_MALFORMED, 1 },
};

static void test_blocks(struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct reader r = reader_of(texts[i].text);
        struct pem_block b;
        unsigned blocks = 0;
        enum err e;

        CASE(texts[i].name);
        while ((e = pem_next(&b, &r, arena)) == ERR_OK && b.label.size != 0) {
            CHECK_BYTES(b.label, BYTES_TEXT("X"));
            if (b.body.size != 0)
                CHECK_BYTES(b.body, BYTES_TEXT("foo"));
            blocks++;
        }
        CHECK_ERR(e, texts[i].want);
        CHECK_EQ(blocks, texts[i].blocks);
    }
    CASE("whether it is PEM");
    CHECK(pem_is(BYTES_TEXT("a\n" BLOCK)));
    CHECK(!pem_is(BYTES_TEXT("a " BLOCK)));
    CHECK(!pem_is(BYTES_TEXT("\x30\x82")));

    struct arena none;
    struct reader r = reader_of(BYTES_TEXT(BLOCK));
    struct pem_block b;

    CASE("no memory");
    arena_init(&none, (struct arena_source){ take, give, NULL }, 0);
    CHECK_ERR(pem_next(&b, &r, &none), ERR_NOMEM);
    arena_done(&none);
}

int main(void)
{
    struct arena arena;

    arena_init(&arena, (struct arena_source){ take, give, NULL }, 1 << 20);
    test_base64();
    test_hex();
    test_blocks(&arena);
    arena_done(&arena);
    return check_done();
}
