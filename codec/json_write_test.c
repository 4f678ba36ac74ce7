#include "codec/json_write.h"

#include "tests/check.h"

static uint8_t room[4096];
static struct writer w;
static struct json_write j;

static void begin(bool pretty)
{
    w = writer_of(room, sizeof room);
    j = json_write_to(&w, pretty);
}

static void write_some(void)
{
    json_write_open(&j, NULL, '{');
    json_write_uint(&j, "u", UINT64_MAX);
    json_write_int(&j, "i", INT64_MIN);
    json_write_int(&j, "zero", 0);
    json_write_open(&j, "list", '[');
    json_write_bool(&j, NULL, true);
    json_write_bool(&j, NULL, false);
    json_write_null(&j, NULL);
    json_write_open(&j, NULL, '{');
    json_write_close(&j, '}');
    json_write_open(&j, NULL, '[');
    json_write_close(&j, ']');
    json_write_close(&j, ']');
    json_write_string(&j, "s", "x");
    json_write_close(&j, '}');
}

static void check_text(struct bytes text, const char *want)
{
    begin(false);
    json_write_text(&j, NULL, text);
    CHECK(writer_ok(&w));
    CHECK_BYTES(writer_bytes(&w), ((struct bytes){ (const uint8_t *)want, strlen(want) }));
}

static void check_texts(void)
{
    CASE("strings: quotes, controls, and what is not UTF-8");
    check_text(BYTES_TEXT(""), "\"\"");
    check_text(BYTES_TEXT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    check_text(BYTES_TEXT("\0\x01\x1f\n\r\t\x7f"),
               "\"\\u0000\\u0001\\u001f\\n\\u000d\\u0009\\u007f\"");
    check_text(BYTES_TEXT("\xc2\x80\xc2\x9b\xc2\xa0"), "\"\\u0080\\u009b\xc2\xa0\"");
    check_text(BYTES_TEXT("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    check_text(BYTES_TEXT("a\xff"
                          "b"),
               "\"a\xef\xbf\xbd"
               "b\"");
    check_text(BYTES_TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    check_text(BYTES_TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void check_bytes_forms(void)
{
    static uint8_t data[300];
    char want[2 * sizeof data + 3];

    CASE("bytes as hex and as base64url, in one piece and in many");
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof data; size += 15) {
        size_t at = 0;

        want[at++] = '"';
        for (size_t i = 0; i < size; i++)
            at += (size_t)snprintf(want + at, 3, "%02x", data[i]);
        want[at++] = '"';
        begin(false);
        json_write_hex(&j, NULL, (struct bytes){ data, size });
        CHECK_BYTES(writer_bytes(&w), ((struct bytes){ (uint8_t *)want, at }));
    }
    begin(false);
    json_write_base64url(&j, NULL, BYTES_TEXT("\xfb\xff\xfe\x01"));
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT("\"-__-AQ\""));
    begin(false);
    json_write_base64url(&j, NULL, (struct bytes){ data, 100 });
    CHECK_EQ(w.size, 134 + 2);
}

int main(void)
{
    static const char pretty[] =
        "{\n  \"u\": 18446744073709551615,\n"
        "  \"i\": -9223372036854775808,\n  \"zero\": 0,\n"
        "  \"list\": [\n    true,\n    false,\n    null,\n    {},\n    []\n"
        "  ],\n  \"s\": \"x\"\n}";

    CASE("without a space");
    begin(false);
    write_some();
    CHECK_BYTES(writer_bytes(&w),
                BYTES_TEXT("{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"zero\":0,"
                           "\"list\":[true,false,null,{},[]],\"s\":\"x\"}"));
    CASE("for people");
    begin(true);
    write_some();
    CHECK_BYTES(writer_bytes(&w), BYTES_TEXT(pretty));
    CASE("no room: nothing is written beyond it, at any size");
    for (size_t size = 0; size < sizeof pretty - 1; size++) {
        begin(true);
        w.room = size;
        write_some();
        CHECK(!writer_ok(&w));
        CHECK(w.size <= size);
    }
    check_texts();
    check_bytes_forms();
    return check_done();
}
