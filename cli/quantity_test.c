#include "cli/quantity.h"

#include "base/num.h"
#include "tests/check.h"

enum kind { COUNT, SIZE, TIME };

static const struct {
    const char *text;
    enum kind kind;
    bool good;
    uint64_t want;
} cases[] = {
    { "0", COUNT, true, 0 },
    { "1500", COUNT, true, 1500 },
    { "50M", COUNT, true, 50000000 },
    { "18446744073709551615", COUNT, true, UINT64_MAX },
    { "18446744073709551616", COUNT, false, 0 },
    { "18446744073709552k", COUNT, false, 0 },
    { "10KiB", COUNT, false, 0 },
    { "", COUNT, false, 0 },
    { "k", COUNT, false, 0 },
    { "-1", COUNT, false, 0 },
    { "+1", COUNT, false, 0 },
    { " 1", COUNT, false, 0 },
    { "1 ", COUNT, false, 0 },
    { "0x10", COUNT, false, 0 },
    { "4096", SIZE, true, 4096 },
    { "64MiB", SIZE, true, 64ull << 20 },
    { "64M", SIZE, true, 64ull << 20 },
    { "2GiB", SIZE, true, 2ull << 30 },
    { "16777215TiB", SIZE, true, 16777215ull << 40 },
    { "16777216TiB", SIZE, false, 0 },
    { "64mib", SIZE, false, 0 },
    { "1.5G", SIZE, false, 0 },
    { "10s", TIME, true, 10000 },
    { "500ms", TIME, true, 500 },
    { "2h", TIME, true, 7200000 },
    { "10", TIME, false, 0 },
    { "s", TIME, false, 0 },
    { "10 s", TIME, false, 0 },
};

int main(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t got = 7;
        bool good = cases[i].kind == COUNT  ? quantity_count(&got, cases[i].text)
                    : cases[i].kind == SIZE ? quantity_size(&got, cases[i].text)
                                            : quantity_time(&got, cases[i].text);

        CASE(cases[i].text);
        CHECK_EQ(good, cases[i].good);
        CHECK_EQ(got, cases[i].good ? cases[i].want : 7);
    }
    return check_done();
}
