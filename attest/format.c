#include "attest/format.h"

#include "base/num.h"
#include "base/reader.h"
#include "codec/pem.h"
#include "codec/utf8.h"

#define FORMAT_STRING_MOST ((size_t)1 << 20)

/* One % of a format. */
struct spec {
    bool is_left, is_zero, has_precision;
    size_t width, precision;
    unsigned longs; /* l, ll and z all are 64 bits here; int is 32 */
};

struct sink {
    struct writer *w; /* NULL: count only */
    size_t size;
};

struct bytes format_text(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, bytes_text_size(text, FORMAT_STRING_MOST) };
}

static void sink_put(struct sink *s, struct bytes b)
{
    s->size += b.size;
    if (s->w != NULL)
        writer_put(s->w, b);
}

static void sink_fill(struct sink *s, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sink_put(s, (struct bytes){ (const uint8_t *)&c, 1 });
}

static void sink_padded(struct sink *s, const struct spec *spec, struct bytes text)
{
    size_t pad = spec->width > text.size ? spec->width - text.size : 0;

    if (!spec->is_left)
        sink_fill(s, ' ', pad);
    sink_put(s, text);
    if (spec->is_left)
        sink_fill(s, ' ', pad);
}

static void sink_number(struct sink *s, const struct spec *spec, uint64_t n, unsigned base,
                        bool is_negative)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t text[72];
    size_t at = sizeof text;
    size_t least = spec->is_zero && !spec->is_left ? num_min(spec->width, 64) : 1;

    do {
        text[--at] = (uint8_t)digits[n % base];
        n /= base;
    } while (n != 0);
    while (sizeof text - at + (is_negative ? 1 : 0) < least)
        text[--at] = '0';
    if (is_negative)
        text[--at] = '-';
    sink_padded(s, spec, (struct bytes){ &text[at], sizeof text - at });
}

static const char *spec_read(struct spec *spec, const char *f, va_list *args)
{
    *spec = (struct spec){ 0 };
    for (; *f == '-' || *f == '0'; f++) {
        spec->is_left |= *f == '-';
        spec->is_zero |= *f == '0';
    }
    for (; *f >= '0' && *f <= '9' && spec->width < 1000; f++)
        spec->width = spec->width * 10 + (size_t)(*f - '0');
    if (*f == '*') {
        int width = va_arg(*args, int);

        spec->width = width > 0 ? num_min((size_t)width, 1000) : 0;
        f++;
    }
    if (*f == '.') {
        spec->has_precision = true;
        if (*++f == '*') {
            int most = va_arg(*args, int);

            spec->precision = most > 0 ? (size_t)most : 0;
            f++;
        }
        for (; *f >= '0' && *f <= '9' && spec->precision < FORMAT_STRING_MOST; f++)
            spec->precision = spec->precision * 10 + (size_t)(*f - '0');
    }
    for (; *f == 'l' || *f == 'z' || *f == 'h' || *f == 'j'; f++)
        spec->longs += *f != 'h';
    return f;
}

static uint64_t unsigned_take(const struct spec *spec, va_list *args)
{
    return spec->longs > 0 ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned);
}

static void sink_spec(struct sink *s, const struct spec *spec, char kind, va_list *args)
{
    switch (kind) {
    case 's': {
        const char *text = va_arg(*args, const char *);
        size_t most = spec->has_precision ? spec->precision : FORMAT_STRING_MOST;

        if (text == NULL)
            text = "(none)";
        sink_padded(s, spec, (struct bytes){ (const uint8_t *)text, bytes_text_size(text, most) });
        break;
    }
    case 'c': {
        char c = (char)va_arg(*args, int);

        sink_padded(s, spec, (struct bytes){ (const uint8_t *)&c, 1 });
        break;
    }
    case 'd':
    case 'i': {
        int64_t n = spec->longs > 0 ? va_arg(*args, long long) : va_arg(*args, int);

        sink_number(s, spec, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, n < 0);
        break;
    }
    case 'u': sink_number(s, spec, unsigned_take(spec, args), 10, false); break;
    case 'x':
    case 'X': sink_number(s, spec, unsigned_take(spec, args), 16, false); break;
    default: /* '%' itself, and what we do not know */ sink_fill(s, kind, 1);
    }
}

size_t format_vput(struct writer *w, const char *format, va_list args)
{
    struct sink s = { .w = w };
    va_list own;

    va_copy(own, args);
    for (const char *f = format; *f != '\0';) {
        size_t plain = 0;
        struct spec spec;

        while (f[plain] != '\0' && f[plain] != '%')
            plain++;
        sink_put(&s, (struct bytes){ (const uint8_t *)f, plain });
        f += plain;
        if (*f == '\0')
            break;
        f = spec_read(&spec, f + 1, &own);
        if (*f == '\0')
            break;
        sink_spec(&s, &spec, *f++, &own);
    }
    va_end(own);
    return s.size;
}

void format_put(struct writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    format_vput(w, format, args);
    va_end(args);
}

void format_clean(struct writer *w, struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        struct bytes rest = { text.data + at, text.size - at };
        uint32_t point = 0;
        size_t size = utf8_take(rest, &point);

        /* C0, DEL, C1, and the marks that turn the direction of writing. */
        if (size == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0) ||
            (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
            writer_put(w, BYTES_TEXT("\xef\xbf\xbd"));
        else
            writer_put(w, (struct bytes){ rest.data, size });
        at += size != 0 ? size : 1;
    }
}

void format_hex(struct writer *w, struct bytes data)
{
    struct reader r = reader_of(data);

    while (r.left > 0) {
        struct bytes part = reader_take(&r, num_min(r.left, 64));
        char text[128];

        hex_encode(text, part);
        writer_put(w, (struct bytes){ (const uint8_t *)text, part.size * 2 });
    }
}
