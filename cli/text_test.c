#include "cli/text.h"

#include <string.h>

#include "base/num.h"
#include "tests/check.h"

static const struct {
    const char *name;
    struct bytes text;
    const char *want;
} cases[] = {
    { "plain", BYTES_TEXT("wasi.fd_write"), "wasi.fd_write" },
    { "characters", BYTES_TEXT("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
    { "an escape sequence", BYTES_TEXT("\x1b]0;x\x07"), "?]0;x?" },
    { "a second line", BYTES_TEXT("a\nb\r"), "a?b?" },
    { "the eight-bit escape",
      BYTES_TEXT("\xc2\x9b"
                 "2J"),
      "??2J" },
    { "right to left",
      BYTES_TEXT("\xe2\x80\xae"
                 "x"),
      "???x" },
    { "not UTF-8", BYTES_TEXT("a\xff\xc3"), "a??" },
    { "a zero", BYTES_TEXT("a\0b"), "a?b" },
    { "nothing", { NULL, 0 }, "" },
};

int main(void)
{
    static uint8_t many[1000];
    char out[TEXT_SHOWN_SIZE];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_TEXT(text_shown(out, cases[i].text), cases[i].want);
    }

    CASE("too long is cut");
    memset(many, 'x', sizeof many);
    text_shown(out, BYTES_OF(many));
    CHECK(strlen(out) < sizeof out);
    CHECK_TEXT(out + strlen(out) - 4, "x...");

    CASE("in place");
    memcpy(out, "a\x1b[0m\n", 7);
    text_clean(out);
    CHECK_TEXT(out, "a?[0m?");
    return check_done();
}
