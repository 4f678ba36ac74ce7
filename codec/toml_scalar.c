/* toml_scalar.c: numbers, dates, true and false: words without quotes. */
#include <string.h>

#include "base/num.h"
#include "codec/toml_parse.h"

static bool word_byte(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '_' || c == '.' || c == ':';
}

static bool digit(int c) { return c >= '0' && c <= '9'; }

static bool word_is(struct bytes word, const char *want)
{
    size_t size = 0;

    while (want[size] != '\0')
        size++;
    return word.size == size && memcmp(word.data, want, size) == 0;
}

/* --- Dates and times: RFC 3339, section 5.6, with the checks of 5.7 */

/* Exactly count digits; their number, or a bad reader. */
static unsigned digits_take(struct reader *r, unsigned count)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t c = reader_u8(r);

        if (!digit(c))
            reader_fail(r);
        n = n * 10 + (unsigned)(c - '0');
    }
    return reader_ok(r) ? n : 0;
}

static void byte_take(struct reader *r, uint8_t want)
{
    if (reader_u8(r) != want)
        reader_fail(r);
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static void date_take(struct reader *r)
{
    unsigned year = digits_take(r, 4), month, day;

    byte_take(r, '-');
    month = digits_take(r, 2);
    byte_take(r, '-');
    day = digits_take(r, 2);
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        reader_fail(r);
}

static void hour_minute_take(struct reader *r)
{
    unsigned hour = digits_take(r, 2);

    byte_take(r, ':');
    if (hour > 23 || digits_take(r, 2) > 59)
        reader_fail(r);
}

static void time_take(struct reader *r)
{
    hour_minute_take(r);
    byte_take(r, ':');
    if (digits_take(r, 2) > 60) /* 60 is a leap second */
        reader_fail(r);
    if (reader_peek(r) != '.')
        return;
    reader_skip(r, 1);
    do {
        (void)digits_take(r, 1);
    } while (digit(reader_peek(r)));
}

/* What the word is as a date or time; false where it is none. */
static bool date_classify(enum toml_type *type, struct bytes word)
{
    struct reader r = reader_of(word);
    uint8_t c;

    *type = TOML_TIME_LOCAL;
    if (word.size > 2 && word.data[2] == ':') {
        time_take(&r);
        return reader_done(&r);
    }
    *type = TOML_DATE_LOCAL;
    date_take(&r);
    if (r.bad || r.left == 0)
        return !r.bad;
    c = reader_u8(&r);
    if (c != 'T' && c != 't' && c != ' ')
        return false;
    time_take(&r);
    *type = TOML_DATETIME_LOCAL;
    if (r.bad || r.left == 0)
        return !r.bad;
    *type = TOML_DATETIME;
    c = reader_u8(&r);
    if (c == '+' || c == '-')
        hour_minute_take(&r);
    else if (c != 'Z' && c != 'z')
        return false;
    return reader_done(&r);
}

static bool date_looks(struct bytes w)
{
    if (w.size >= 3 && digit(w.data[0]) && digit(w.data[1]) && w.data[2] == ':')
        return true;
    return w.size >= 5 && digit(w.data[0]) && digit(w.data[1]) && digit(w.data[2]) &&
           digit(w.data[3]) && w.data[4] == '-';
}

/* --- Numbers */

/* Each underscore stands between two digits; the digits go to out. */
static bool digits_copy(struct bytes word, uint8_t *out, size_t *size, bool hexadecimal)
{
    bool was_digit = false;

    *size = 0;
    for (size_t i = 0; i < word.size; i++) {
        uint8_t c = word.data[i];
        bool is_digit = digit(c) || (hexadecimal && ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'));

        if (c == '_') {
            bool next = i + 1 < word.size && word.data[i + 1] != '_';

            if (!was_digit || !next)
                return false;
            was_digit = false;
            /* what follows is judged as a digit in its turn, or is not one */
            if (!digit(word.data[i + 1]) && !hexadecimal)
                return false;
            continue;
        }
        out[(*size)++] = c;
        was_digit = is_digit;
    }
    return true;
}

static bool digits_value(uint64_t *out, struct bytes digits, unsigned base)
{
    uint64_t n = 0;

    if (digits.size == 0)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        uint8_t c = digits.data[i];
        unsigned d = digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);

        if (d >= base || __builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, d, &n))
            return false;
    }
    *out = n;
    return true;
}

/* "0x", "0o", "0b": no sign before them. */
static bool prefixed_parse(struct toml_value *v, struct bytes clean)
{
    unsigned base = clean.data[1] == 'x' ? 16 : clean.data[1] == 'o' ? 8 : 2;
    uint64_t n;

    if (!digits_value(&n, (struct bytes){ clean.data + 2, clean.size - 2 }, base) || n > INT64_MAX)
        return false;
    v->type = TOML_INTEGER;
    v->integer = (int64_t)n;
    return true;
}

static bool integer_parse(struct toml_value *v, struct bytes digits, bool negative)
{
    uint64_t n;

    if (!digits_value(&n, digits, 10) || n > (uint64_t)INT64_MAX + negative)
        return false;
    if (digits.size > 1 && digits.data[0] == '0') /* "Leading zeros are not allowed." */
        return false;
    v->type = TOML_INTEGER;
    v->integer = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

static size_t digit_run(struct bytes b, size_t from)
{
    size_t n = 0;

    while (from + n < b.size && digit(b.data[from + n]))
        n++;
    return n;
}

/* An integer part, then a fraction, an exponent, or both: digits on both sides
 * of the point. */
static bool float_good(struct bytes b)
{
    size_t at = digit_run(b, 0), n;

    if (at == 0 || (at > 1 && b.data[0] == '0') || at == b.size)
        return false;
    if (b.data[at] == '.') {
        n = digit_run(b, at + 1);
        if (n == 0)
            return false;
        at += 1 + n;
    }
    if (at < b.size && (b.data[at] | 0x20) == 'e') {
        at++;
        if (at < b.size && (b.data[at] == '+' || b.data[at] == '-'))
            at++;
        n = digit_run(b, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == b.size;
}

static bool number_parse(struct toml_parser *p, struct toml_value *v, struct bytes word)
{
    bool prefixed = word.size > 2 && word.data[0] == '0' &&
                    (word.data[1] == 'x' || word.data[1] == 'o' || word.data[1] == 'b');
    bool sign = word.size > 1 && (word.data[0] == '+' || word.data[0] == '-');
    uint8_t *room = arena_alloc(p->arena, word.size + 1);
    struct bytes clean, unsigned_part;
    size_t size;

    if (room == NULL) {
        toml_fail(p, ERR_NOMEM, v->offset, "more memory");
        return false;
    }
    if (prefixed) { /* an underscore right behind the prefix is between no two digits */
        room[0] = '0';
        room[1] = word.data[1];
        if (!digits_copy((struct bytes){ word.data + 2, word.size - 2 }, room + 2, &size, true))
            return false;
        return prefixed_parse(v, (struct bytes){ room, size + 2 });
    }
    if (!digits_copy(word, room, &size, false))
        return false;
    clean = (struct bytes){ room, size };
    unsigned_part = sign ? (struct bytes){ clean.data + 1, clean.size - 1 } : clean;
    v->text = clean;
    if (integer_parse(v, unsigned_part, sign && clean.data[0] == '-'))
        return true;
    v->type = TOML_FLOAT;
    return float_good(unsigned_part) || word_is(unsigned_part, "inf") ||
           word_is(unsigned_part, "nan");
}

static struct bytes word_take(struct toml_parser *p)
{
    const uint8_t *start = p->r.at;

    while (word_byte(toml_peek(p)))
        reader_skip(&p->r, 1);
    /* A space may stand between date and time, and nowhere else in a word. */
    if (p->r.at - start == 10 && start[4] == '-' && toml_peek(p) == ' ' &&
        digit(toml_peek_at(p, 1))) {
        reader_skip(&p->r, 1);
        while (word_byte(toml_peek(p)))
            reader_skip(&p->r, 1);
    }
    return (struct bytes){ start, p->r.bad ? 0 : (size_t)(p->r.at - start) };
}

void toml_scalar_parse(struct toml_parser *p, struct toml_value *v)
{
    size_t offset = reader_offset(&p->r);
    struct bytes word = word_take(p);

    if (word_is(word, "true") || word_is(word, "false")) {
        v->type = TOML_BOOL;
        v->truth = word.data[0] == 't';
    } else if (word.size == 0) {
        toml_fail(p, ERR_MALFORMED, offset, "a value");
    } else if (date_looks(word)) {
        v->text = word;
        if (!date_classify(&v->type, word))
            toml_fail(p, ERR_MALFORMED, offset, "a date or time that exists");
    } else if (!number_parse(p, v, word)) {
        toml_fail(p, ERR_MALFORMED, offset,
                  digit(word.data[0]) || word.data[0] == '-' || word.data[0] == '+'
                      ? "a number of 64 bits, with underscores between digits only"
                      : "a value: string, number, date, true, false, array or table");
    }
}
