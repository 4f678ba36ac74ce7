/* SHA-256, the ChaCha20 block, health tests and the generator. lesson E26 */
#include "shim/core/entropy.h"

#include <stdlib.h>
#include <string.h>

#include "shim/core/chacha.h"
#include "shim/core/fake_test.h"
#include "shim/core/sha256.h"
#include "tests/check.h"

static struct bytes hex(const char *text)
{
    static uint8_t room[4][128];
    static unsigned turn;
    uint8_t *out = room[turn++ % 4];
    size_t size = 0;

    for (; *text != '\0'; text += 2) {
        const char two[3] = { text[0], text[1], '\0' };

        out[size++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (struct bytes){ out, size };
}

static void test_sha256(void)
{
    /* FIPS 180-4's examples (csrc.nist.gov, SHA256.pdf), and NIST's million. */
    static const struct {
        const char *text;
        size_t times;
        const char *digest;
    } all[] = {
        { "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "aaaaaaaaaa", 100000,
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    };

    CASE("SHA-256: FIPS 180-4");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sha256 h;
        uint8_t out[SHA256_SIZE];

        sha256_init(&h);
        for (size_t j = 0; j < all[i].times; j++)
            sha256_add(&h, all[i].text, strlen(all[i].text));
        sha256_end(out, &h);
        CHECK_BYTES(BYTES_OF(out), hex(all[i].digest));
    }
}

static void test_chacha(void)
{
    uint8_t key[32];
    uint8_t out[CHACHA_BLOCK];

    CASE("ChaCha20 block: RFC 8439, 2.3.2 and A.1");
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    chacha_block(out, key, 1, hex("000000090000004a00000000").data);
    CHECK_BYTES(BYTES_OF(out),
                hex("10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
                    "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"));
    memset(key, 0, sizeof key);
    chacha_block(out, key, 0, hex("000000000000000000000000").data);
    CHECK_BYTES(BYTES_OF(out),
                hex("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"));
}

static void test_health(void)
{
    uint64_t sample[512];

    CASE("repetition count: SP 800-90B 4.4.1");
    for (size_t i = 0; i < 512; i++)
        sample[i] = i;
    CHECK(entropy_repetition_ok(sample, 512, 2));
    sample[100] = sample[99];
    CHECK(!entropy_repetition_ok(sample, 512, 2));
    CHECK(entropy_repetition_ok(sample, 512, 3));
    sample[511] = sample[510] = sample[509];
    CHECK(!entropy_repetition_ok(sample, 512, 3));
    CHECK(entropy_repetition_ok(sample, 511, 3));

    CASE("adaptive proportion: 4.4.2");
    for (size_t i = 0; i < 512; i++)
        sample[i] = i % 2;
    CHECK(entropy_proportion_ok(sample, 512, 257));
    CHECK(!entropy_proportion_ok(sample, 512, 256));
}

static void test_generator(void)
{
    static uint8_t a[1 << 16], b[1 << 16];
    unsigned count[256] = { 0 };
    uint8_t small[8];

    CASE("the generator: never the same, nothing missing, any size");
    entropy_get(a, sizeof a);
    entropy_get(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    for (size_t i = 0; i + 32 <= sizeof a; i += 32)
        CHECK(memcmp(a + i, b + i, 32) != 0);
    for (size_t i = 0; i < sizeof a; i++)
        count[a[i]]++;
    for (size_t i = 0; i < 256; i++) /* 256 of each are expected; ten deviations either way */
        CHECK(count[i] > 96 && count[i] < 416);
    for (size_t size = 0; size < 600; size++) {
        memset(a, 0xa5, 1024);
        entropy_get(a, size);
        CHECK_EQ(a[size], 0xa5);
    }
    entropy_add(small, 0);
    /* Past the next reseeding. */
    for (int i = 0; i < 40; i++)
        entropy_get(a, sizeof a);

    CASE("a processor that has neither instruction");
    fake.no_instructions = true;
    for (int i = 0; i < 40; i++)
        entropy_get(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    fake.no_instructions = false;
}

static void test_getrandom(void)
{
    const uint64_t end = fake_at((FAKE_PAGES - 1) * PLACE_PAGE);
    const uint8_t zero[16] = { 0 };

    CASE("getrandom: flags, faults, sizes");
    CHECK_EQ(CALL3(getrandom, fake_at(0), 16, 1), 16);
    CHECK(memcmp(fake_memory(), zero, 16) != 0);
    CHECK_EQ(CALL3(getrandom, fake_at(0), 16, 8), -LINUX_EINVAL);
    CHECK_EQ(CALL3(getrandom, fake_at(0), 16, 6), -LINUX_EINVAL);
    CHECK_EQ(CALL3(getrandom, fake_at(0), 0, 0), 0);
    CHECK_EQ(CALL3(getrandom, 8, 16, 0), -LINUX_EFAULT);
    CHECK_EQ(CALL3(getrandom, end - 512, 1024, 0), 512);
    CHECK_EQ(CALL3(getrandom, fake_at(0), 100000, 0), 100000);
    /* All that came before needed nothing from the host. */
    CHECK_EQ(fake.calls[GATE_LAUNCH], 0);
}

int main(void)
{
    fake_begin();
    test_sha256();
    test_chacha();
    test_health();
    test_generator();
    test_getrandom();
    return check_done();
}
