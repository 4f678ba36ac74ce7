#include "crypto/kdf.h"

#include "tests/check.h"

/* RFC 5869, appendix A.1. */
static const uint8_t want[42] = {
    0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f, 0x64, 0xd0, 0x36,
    0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a, 0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56,
    0xec, 0xc4, 0xc5, 0xbf, 0x34, 0x00, 0x72, 0x08, 0xd5, 0xb8, 0x87, 0x18, 0x58, 0x65,
};

int main(void)
{
    uint8_t key[22], salt[13], info[10], out[42], other[42];
    static uint8_t large[255 * 32 + 1];

    memset(key, 0x0b, sizeof key);
    for (uint8_t i = 0; i < sizeof salt; i++)
        salt[i] = i;
    for (uint8_t i = 0; i < sizeof info; i++)
        info[i] = (uint8_t)(0xf0 + i);

    CASE("test case 1 of the RFC");
    CHECK_OK(kdf_derive(out, sizeof out, BYTES_OF(key), BYTES_OF(salt), BYTES_OF(info)));
    CHECK_BYTES(BYTES_OF(out), BYTES_OF(want));

    CASE("another use, another key");
    CHECK_OK(kdf_derive(other, sizeof other, BYTES_OF(key), BYTES_OF(salt), BYTES_TEXT("x")));
    CHECK(!bytes_equal(BYTES_OF(out), BYTES_OF(other)));

    CASE("more than the RFC gives is refused");
    CHECK_ERR(kdf_derive(large, sizeof large, BYTES_OF(key), BYTES_OF(salt), BYTES_OF(info)),
              ERR_IO);
    return check_done();
}
