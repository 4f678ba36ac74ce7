#include "crypto/hash.h"

#include <string.h>

#include "base/num.h"
#include "tests/check.h"

/* FIPS 180-4, the examples that NIST publishes for it ("abc" and nothing). */
static const struct {
    const char *name;
    struct bytes in;
    uint8_t want[HASH_SHA256_SIZE];
} cases[] = {
    { "SHA-256 of nothing",
      { (const uint8_t *)"", 0 },
      { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
        0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
        0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 } },
    { "SHA-256 of abc", BYTES_TEXT("abc"), { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                             0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                             0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                             0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad } },
};

/* FIPS 180-4 likewise: the first bytes of "abc". */
static const struct {
    enum hash_kind kind;
    size_t size;
    struct bytes want;
} shorts[] = {
    { HASH_SHA256, 32, BYTES_TEXT("\xba\x78\x16\xbf") },
    { HASH_SHA384, 48, BYTES_TEXT("\xcb\x00\x75\x3f") },
    { HASH_SHA512, 64, BYTES_TEXT("\xdd\xaf\x35\xa1") },
    { HASH_SHA1, 20, BYTES_TEXT("\xa9\x99\x3e\x36") },
};

int main(void)
{
    uint8_t out[HASH_SIZE_MAX];
    struct hash h;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_OK(hash_sha256(out, cases[i].in));
        CHECK(memcmp(out, cases[i].want, HASH_SHA256_SIZE) == 0);
    }

    CASE("in pieces as in one");
    CHECK_OK(hash_init(&h, HASH_SHA256));
    CHECK_OK(hash_add(&h, BYTES_TEXT("a")));
    CHECK_OK(hash_add(&h, BYTES_TEXT("bc")));
    CHECK_OK(hash_end(&h, out));
    CHECK(memcmp(out, cases[1].want, HASH_SHA256_SIZE) == 0);

    CASE("nothing is added to a hash that has ended");
    CHECK_ERR(hash_add(&h, BYTES_TEXT("x")), ERR_USAGE);
    CHECK_ERR(hash_end(&h, out), ERR_USAGE);
    hash_done(&h);

    CASE("the sizes of the longer ones");
    CHECK_EQ(hash_size(HASH_SHA384), 48);
    CHECK_OK(hash_init(&h, HASH_SHA512));
    CHECK_OK(hash_end(&h, out));
    CHECK_EQ(out[0], 0xcf);

    CASE("all in one, whole and in parts");
    for (size_t i = 0; i < COUNT_OF(shorts); i++) {
        struct bytes parts[] = { BYTES_TEXT("a"), { 0 }, BYTES_TEXT("bc") };
        uint8_t of_parts[HASH_SIZE_MAX];

        CHECK_OK(hash_bytes(shorts[i].kind, out, BYTES_TEXT("abc")));
        CHECK_EQ(hash_size(shorts[i].kind), shorts[i].size);
        CHECK_BYTES(((struct bytes){ out, 4 }), shorts[i].want);
        CHECK_OK(hash_parts(shorts[i].kind, of_parts, parts, COUNT_OF(parts)));
        CHECK(memcmp(out, of_parts, shorts[i].size) == 0);
    }
    CHECK_OK(hash_bytes(HASH_SHA256, out, (struct bytes){ 0 }));
    CHECK(memcmp(out, cases[0].want, HASH_SHA256_SIZE) == 0);
    CHECK_OK(hash_parts(HASH_SHA256, out, NULL, 0));
    CHECK(memcmp(out, cases[0].want, HASH_SHA256_SIZE) == 0);
    CASE("no kind of hash");
    CHECK_ERR(hash_bytes((enum hash_kind)9, out, BYTES_TEXT("abc")), ERR_UNSUPPORTED);
    return check_done();
}
