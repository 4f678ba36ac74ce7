#include "base/moment.h"

#include "base/num.h"
#include "base/reader.h"

#define DAY_SECONDS 86400

static bool year_is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && year_is_leap(year) ? 29u : days[month - 1];
}

/* Days from 1970-01-01 to the first of the month. */
static int64_t days_before(uint32_t year, uint32_t month)
{
    int64_t past = (int64_t)year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;

    for (uint32_t m = 1; m < month; m++)
        days += month_days(year, m);
    return days;
}

bool moment_of(int64_t *out, uint32_t year, uint32_t month, uint32_t day, uint32_t hour,
               uint32_t minute, uint32_t second)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out = (days_before(year, month) + day - 1) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    return true;
}

static uint32_t digits_take(struct reader *r, unsigned count)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t c = reader_u8(r);

        if (c < '0' || c > '9')
            reader_fail(r);
        n = n * 10 + (uint32_t)(c - '0') % 10;
    }
    return n;
}

static void byte_take(struct reader *r, uint8_t want)
{
    if (reader_u8(r) != want)
        reader_fail(r);
}

static void fraction_skip(struct reader *r)
{
    if (reader_peek(r) != '.')
        return;
    reader_skip(r, 1);
    do
        (void)digits_take(r, 1);
    while (reader_ok(r) && reader_peek(r) >= '0' && reader_peek(r) <= '9');
}

/* Seconds that local time is ahead of UTC. RFC 3339 lets 'T' and 'Z' be small. */
static int32_t offset_take(struct reader *r)
{
    uint8_t sign = reader_u8(r);
    uint32_t hour, minute;

    if (sign == 'Z' || sign == 'z')
        return 0;
    if (sign != '+' && sign != '-')
        reader_fail(r);
    hour = digits_take(r, 2);
    byte_take(r, ':');
    minute = digits_take(r, 2);
    if (hour > 23 || minute > 59)
        reader_fail(r);
    return (sign == '-' ? -1 : 1) * (int32_t)(hour * 3600 + minute * 60);
}

enum err moment_parse(int64_t *out, struct bytes text)
{
    struct reader r = reader_of(text);
    uint32_t year, month, day, hour, minute, second;
    int64_t at = 0;
    uint8_t t;

    year = digits_take(&r, 4);
    byte_take(&r, '-');
    month = digits_take(&r, 2);
    byte_take(&r, '-');
    day = digits_take(&r, 2);
    t = reader_u8(&r);
    if (t != 'T' && t != 't')
        reader_fail(&r);
    hour = digits_take(&r, 2);
    byte_take(&r, ':');
    minute = digits_take(&r, 2);
    byte_take(&r, ':');
    second = digits_take(&r, 2);
    fraction_skip(&r);
    if (!reader_ok(&r) || !moment_of(&at, year, month, day, hour, minute, second))
        return ERR_MALFORMED;
    at -= offset_take(&r);
    if (!reader_done(&r) || at < MOMENT_LEAST || at > MOMENT_MOST)
        return ERR_MALFORMED;
    *out = at;
    return ERR_OK;
}

static void digits_put(char *out, uint32_t n, unsigned count)
{
    for (unsigned i = count; i-- > 0; n /= 10)
        out[i] = (char)('0' + n % 10);
}

void moment_text(char out[MOMENT_TEXT_SIZE], int64_t at)
{
    static const char form[MOMENT_TEXT_SIZE] = "0000-00-00T00:00:00Z";
    uint64_t since = (uint64_t)((at < MOMENT_LEAST  ? MOMENT_LEAST
                                 : at > MOMENT_MOST ? MOMENT_MOST
                                                    : at) -
                                MOMENT_LEAST);
    uint32_t days = (uint32_t)(since / DAY_SECONDS), second = (uint32_t)(since % DAY_SECONDS);
    uint32_t year = days / 366 + 1, month = 1; /* not after the right one */
    int64_t day = (int64_t)days - 719162;

    while (year < 9999 && days_before(year + 1, 1) <= day)
        year++;
    while (month < 12 && days_before(year, month + 1) <= day)
        month++;
    for (size_t i = 0; i < COUNT_OF(form); i++)
        out[i] = form[i];
    digits_put(&out[0], year, 4);
    digits_put(&out[5], month, 2);
    digits_put(&out[8], (uint32_t)(day - days_before(year, month)) + 1, 2);
    digits_put(&out[11], second / 3600, 2);
    digits_put(&out[14], second / 60 % 60, 2);
    digits_put(&out[17], second % 60, 2);
}
