#include "codec/utf8.h"

#include "base/num.h"
#include "tests/check.h"

static const struct {
    const char *name;
    struct bytes text;
    bool valid;
} cases[] = {
    { "nothing", { (const uint8_t *)"", 0 }, true },
    { "ascii", BYTES_TEXT("broch"), true },
    { "two, three and four bytes", BYTES_TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e"), true },
    { "the last scalar value", BYTES_TEXT("\xf4\x8f\xbf\xbf"), true },
    { "one above it", BYTES_TEXT("\xf4\x90\x80\x80"), false },
    { "below the surrogates", BYTES_TEXT("\xed\x9f\xbf"), true },
    { "a surrogate", BYTES_TEXT("\xed\xa0\x80"), false },
    { "overlong slash, two bytes", BYTES_TEXT("\xc0\xaf"), false },
    { "overlong slash, three bytes", BYTES_TEXT("\xe0\x80\xaf"), false },
    { "overlong, four bytes", BYTES_TEXT("\xf0\x8f\xbf\xbf"), false },
    { "a continuation alone", BYTES_TEXT("a\x80"), false },
    { "cut short", BYTES_TEXT("\xe2\x82"), false },
    { "second byte is no continuation", BYTES_TEXT("\xc3("), false },
    { "five bytes", BYTES_TEXT("\xf8\x88\x80\x80\x80"), false },
    { "0xff", BYTES_TEXT("\xff"), false },
};

static void round_trip(void)
{
    bool same = true;

    CASE("every scalar value there and back");
    for (uint32_t point = 0; point <= 0x110000; point++) {
        uint8_t out[UTF8_SIZE_MAX];
        size_t size = utf8_put(out, point);
        uint32_t back = 0;

        if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
            same &= size == 0;
        else
            same &= utf8_take((struct bytes){ out, size }, &back) == size && back == point;
    }
    CHECK(same);
}

int main(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_EQ(utf8_valid(cases[i].text), cases[i].valid);
    }
    round_trip();
    return check_done();
}
