#include "codec/json_write.h"

#include "codec/pem.h"
#include "codec/utf8.h"

struct json_write json_write_to(struct writer *w, bool pretty)
{
    return (struct json_write){ .w = w, .pretty = pretty };
}

static void line_put(struct json_write *j)
{
    if (!j->pretty)
        return;
    writer_u8(j->w, '\n');
    for (uint32_t i = 0; i < j->depth && writer_ok(j->w); i++)
        writer_put(j->w, BYTES_TEXT("  "));
}

/* One character, at the start of text; its size. */
static size_t character_put(struct writer *w, struct bytes text)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t point = 0;
    size_t size = utf8_take(text, &point);

    if (size == 0) {
        writer_put(w, BYTES_TEXT("\xef\xbf\xbd")); /* U+FFFD */
        return 1;
    }
    if (point == '"' || point == '\\') {
        writer_u8(w, '\\');
        writer_u8(w, (uint8_t)point);
    } else if (point == '\n') {
        writer_put(w, BYTES_TEXT("\\n"));
    } else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) { /* C1 too: for terminals */
        writer_put(w, BYTES_TEXT("\\u00"));
        writer_u8(w, (uint8_t)digits[point >> 4]);
        writer_u8(w, (uint8_t)digits[point & 15]);
    } else {
        writer_put(w, (struct bytes){ text.data, size });
    }
    return size;
}

static void quoted_put(struct writer *w, struct bytes text)
{
    writer_u8(w, '"');
    for (size_t at = 0; at < text.size && writer_ok(w);)
        at += character_put(w, (struct bytes){ &text.data[at], text.size - at });
    writer_u8(w, '"');
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, bytes_text_size(text, SIZE_MAX) };
}

/* What stands before a value: comma, line, name. */
static void value_begin(struct json_write *j, const char *key)
{
    if (j->started)
        writer_u8(j->w, ',');
    if (j->depth > 0)
        line_put(j);
    if (key != NULL) {
        quoted_put(j->w, text_of(key));
        writer_put(j->w, j->pretty ? BYTES_TEXT(": ") : BYTES_TEXT(":"));
    }
    j->started = true;
}

void json_write_open(struct json_write *j, const char *key, char bracket)
{
    value_begin(j, key);
    writer_u8(j->w, (uint8_t)bracket);
    j->started = false;
    j->depth++;
}

void json_write_close(struct json_write *j, char bracket)
{
    j->depth--;
    if (j->started)
        line_put(j);
    writer_u8(j->w, (uint8_t)bracket);
    j->started = true;
}

void json_write_text(struct json_write *j, const char *key, struct bytes text)
{
    value_begin(j, key);
    quoted_put(j->w, text);
}

void json_write_string(struct json_write *j, const char *key, const char *text)
{
    json_write_text(j, key, text_of(text));
}

/* In pieces through a small room: what is written may be large. */
void json_write_hex(struct json_write *j, const char *key, struct bytes data)
{
    char room[64];

    value_begin(j, key);
    writer_u8(j->w, '"');
    for (size_t at = 0; at < data.size && writer_ok(j->w); at += sizeof room / 2) {
        size_t size = data.size - at < sizeof room / 2 ? data.size - at : sizeof room / 2;

        hex_encode(room, (struct bytes){ &data.data[at], size });
        writer_put(j->w, (struct bytes){ (const uint8_t *)room, 2 * size });
    }
    writer_u8(j->w, '"');
}

void json_write_base64url(struct json_write *j, const char *key, struct bytes data)
{
    enum { PIECE = 48 }; /* a multiple of 3: pieces join without padding */
    char room[PIECE / 3 * 4];

    value_begin(j, key);
    writer_u8(j->w, '"');
    for (size_t at = 0; at < data.size && writer_ok(j->w); at += PIECE) {
        size_t size = data.size - at < PIECE ? data.size - at : PIECE;

        size = base64_encode(room, (struct bytes){ &data.data[at], size }, BASE64URL);
        writer_put(j->w, (struct bytes){ (const uint8_t *)room, size });
    }
    writer_u8(j->w, '"');
}

static void digits_put(struct writer *w, uint64_t n)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    writer_put(w, (struct bytes){ &digits[at], sizeof digits - at });
}

void json_write_int(struct json_write *j, const char *key, int64_t n)
{
    value_begin(j, key);
    if (n < 0)
        writer_u8(j->w, '-');
    digits_put(j->w, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void json_write_uint(struct json_write *j, const char *key, uint64_t n)
{
    value_begin(j, key);
    digits_put(j->w, n);
}

void json_write_bool(struct json_write *j, const char *key, bool truth)
{
    value_begin(j, key);
    writer_put(j->w, truth ? BYTES_TEXT("true") : BYTES_TEXT("false"));
}

void json_write_null(struct json_write *j, const char *key)
{
    value_begin(j, key);
    writer_put(j->w, BYTES_TEXT("null"));
}
