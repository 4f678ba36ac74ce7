#include "base/moment.h"

#include "base/num.h"
#include "tests/check.h"

static const struct {
    const char *text;
    int64_t want;
} good[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "1969-12-31T23:59:59Z", -1 },
    { "2025-06-19T11:32:27Z", 1750332747 },
    { "2000-02-29T00:00:00Z", 951782400 },
    { "2024-02-29T23:59:59Z", 1709251199 },
    { "2038-01-19T03:14:08Z", 2147483648 },
    { "1900-03-01T00:00:00Z", -2203891200 },
    { "0001-01-01T00:00:00Z", MOMENT_LEAST },
    { "9999-12-31T23:59:59Z", MOMENT_MOST },
    { "2025-06-19t11:32:27z", 1750332747 },
    { "2025-06-19T11:32:27.5Z", 1750332747 },
    { "2025-06-19T11:32:27.000000000000000000001Z", 1750332747 },
    { "2025-06-19T13:32:27+02:00", 1750332747 },
    { "2025-06-19T06:02:27-05:30", 1750332747 },
    { "2025-06-19T11:32:27+00:00", 1750332747 },
    { "2025-06-19T11:32:27-00:00", 1750332747 },
    { "2025-06-20T11:31:27+23:59", 1750332747 },
};

static const char *const bad[] = {
    "",
    "2025-06-19",
    "2025-06-19T11:32:27",
    "2025-06-19T11:32Z",
    "2025-06-19 11:32:27Z",
    "2025-06-19T11:32:27Z ",
    " 2025-06-19T11:32:27Z",
    "2025-06-19T11:32:27ZZ",
    "2025-06-19T11:32:27.Z",
    "2025-06-19T11:32:27,5Z",
    "2025-06-19T11:32:27+0200",
    "2025-06-19T11:32:27+02",
    "2025-06-19T11:32:27+24:00",
    "2025-06-19T11:32:27+02:60",
    "2025-06-19T11:32:60Z",
    "2025-06-19T11:60:27Z",
    "2025-06-19T24:00:00Z",
    "2025-06-31T11:32:27Z",
    "2025-02-29T11:32:27Z",
    "1900-02-29T11:32:27Z",
    "2025-00-19T11:32:27Z",
    "2025-13-19T11:32:27Z",
    "2025-06-00T11:32:27Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "-025-06-19T11:32:27Z",
    "+025-06-19T11:32:27Z",
    "12025-06-19T11:32:27Z",
    "25-06-19T11:32:27Z",
    "2025-6-19T11:32:27Z",
    "20250619T113227Z",
    "2025-06-19T1a:32:27Z",
    "2025-06-19T\xd9\xa1\xd9\xa1:32:27Z",
};

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* Day by day, by the calendar's own rule, against the count. */
static void check_days(void)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t at = MOMENT_LEAST, got = 0;
    char text[MOMENT_TEXT_SIZE];
    unsigned wrong = 0;

    CASE("every day of years 1 to 9999, there and back");
    for (uint32_t y = 1; y <= 9999; y++) {
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

        for (uint32_t m = 1; m <= 12; m++) {
            uint32_t last = days[m - 1] + (uint32_t)(leap && m == 2);

            wrong += moment_of(&got, y, m, last + 1, 0, 0, 0);
            for (uint32_t d = 1; d <= last; d++, at += 86400) {
                wrong += !moment_of(&got, y, m, d, 0, 0, 0) || got != at;
                if (d != 1 && d != last)
                    continue;
                moment_text(text, at + 86399);
                wrong += moment_parse(&got, text_of(text)) != ERR_OK || got != at + 86399;
            }
        }
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(at, MOMENT_MOST + 1);
}

int main(void)
{
    char text[MOMENT_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t at = 77;

        CASE(good[i].text);
        CHECK_OK(moment_parse(&at, text_of(good[i].text)));
        CHECK_EQ(at, good[i].want);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t at = 77;

        CASE(bad[i]);
        CHECK_ERR(moment_parse(&at, text_of(bad[i])), ERR_MALFORMED);
        CHECK_EQ(at, 77);
    }
    CASE("as text");
    moment_text(text, 1750332747);
    CHECK_TEXT(text, "2025-06-19T11:32:27Z");
    moment_text(text, INT64_MIN);
    CHECK_TEXT(text, "0001-01-01T00:00:00Z");
    moment_text(text, INT64_MAX);
    CHECK_TEXT(text, "9999-12-31T23:59:59Z");
    check_days();
    return check_done();
}
