#include "crypto/hmac.h"

#include "base/num.h"
#include "tests/check.h"

/* RFC 4231, test cases 1, 2, 6 and 7; the first 16 bytes of each result. */
static const struct {
    const char *name;
    uint8_t fill; /* of the key; 0: "Jefe" */
    size_t key_size;
    struct bytes data;
    struct bytes want[3]; /* SHA-256, SHA-384, SHA-512 */
} cases[] = {
    { "a short key",
      0x0b,
      20,
      BYTES_TEXT("Hi There"),
      { BYTES_TEXT("\xb0\x34\x4c\x61\xd8\xdb\x38\x53\x5c\xa8\xaf\xce\xaf\x0b\xf1\x2b"),
        BYTES_TEXT("\xaf\xd0\x39\x44\xd8\x48\x95\x62\x6b\x08\x25\xf4\xab\x46\x90\x7f"),
        BYTES_TEXT("\x87\xaa\x7c\xde\xa5\xef\x61\x9d\x4f\xf0\xb4\x24\x1a\x1d\x6c\xb0") } },
    { "a key of text",
      0,
      4,
      BYTES_TEXT("what do ya want for nothing?"),
      { BYTES_TEXT("\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"),
        BYTES_TEXT("\xaf\x45\xd2\xe3\x76\x48\x40\x31\x61\x7f\x78\xd2\xb5\x8a\x6b\x1b"),
        BYTES_TEXT("\x16\x4b\x7a\x7b\xfc\xf8\x19\xe2\xe3\x95\xfb\xe7\x3b\x56\xe0\xa3") } },
    { "a key longer than a block",
      0xaa,
      131,
      BYTES_TEXT("Test Using Larger Than Block-Size Key - Hash Key First"),
      { BYTES_TEXT("\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"),
        BYTES_TEXT("\x4e\xce\x08\x44\x85\x81\x3e\x90\x88\xd2\xc6\x3a\x04\x1b\xc5\xb4"),
        BYTES_TEXT("\x80\xb2\x42\x63\xc7\xc1\xa3\xeb\xb7\x14\x93\xc1\xdd\x7b\xe8\xb4") } },
};

int main(void)
{
    static const enum hash_kind kinds[] = { HASH_SHA256, HASH_SHA384, HASH_SHA512 };
    uint8_t key[131], out[HASH_SIZE_MAX], other[HASH_SIZE_MAX];
    struct bytes none = { 0 };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes parts[] = { { cases[i].data.data, 3 },
                                 none,
                                 { cases[i].data.data + 3, cases[i].data.size - 3 } };

        CASE(cases[i].name);
        memset(key, cases[i].fill, sizeof key);
        if (cases[i].fill == 0)
            memcpy(key, "Jefe", 4);
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            struct bytes by = { key, cases[i].key_size };

            CHECK_OK(hmac_make(out, kinds[k], by, &cases[i].data, 1));
            CHECK_BYTES(((struct bytes){ out, 16 }), cases[i].want[k]);
            CHECK_OK(hmac_make(other, kinds[k], by, parts, COUNT_OF(parts)));
            CHECK_BYTES(((struct bytes){ other, hash_size(kinds[k]) }),
                        ((struct bytes){ out, hash_size(kinds[k]) }));
        }
    }
    CASE("no key, no message");
    CHECK_OK(hmac_make(out, HASH_SHA256, none, NULL, 0));
    CHECK_BYTES(((struct bytes){ out, 16 }),
                BYTES_TEXT("\xb6\x13\x67\x9a\x08\x14\xd9\xec\x77\x2f\x95\xd7\x78\xc3\x5f\xc5"));
    CASE("SHA-1 is for event logs alone");
    CHECK_ERR(hmac_make(out, HASH_SHA1, none, NULL, 0), ERR_UNSUPPORTED);
    return check_done();
}
