#include "codec/pem.h"

#include <string.h>

#include "base/num.h"
#include "base/writer.h"

#define DASHES BYTES_TEXT("-----")
#define BEGIN BYTES_TEXT("-----BEGIN ")
#define END BYTES_TEXT("-----END ")

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Takes the text if it comes next. */
static bool take_if(struct reader *r, struct bytes text)
{
    struct reader ahead = *r;
    struct bytes next = reader_take(&ahead, text.size);

    if (!reader_ok(&ahead) || !bytes_equal(next, text))
        return false;
    *r = ahead;
    return true;
}

/* All before the next byte `stop`, which stays; empty and a bad reader where there is none. */
static struct bytes take_until(struct reader *r, uint8_t stop)
{
    const uint8_t *found = r->left != 0 ? memchr(r->at, stop, r->left) : NULL;
    size_t n = found != NULL ? (size_t)(found - r->at) : 0;

    if (found == NULL || memchr(r->at, '\0', n) != NULL)
        reader_fail(r);
    return reader_take(r, n);
}

/* Moves to the start of a block; false at the end of the text. A block begins at the start of
 * a line, or right after another block. */
static bool find_begin(struct reader *r)
{
    while (r->left != 0 && reader_peek(r) != '\0') {
        struct reader line = *r;

        if (take_if(&line, BEGIN))
            return true;
        (void)take_until(&line, '\n');
        if (!reader_ok(&line))
            break;
        reader_skip(&line, 1);
        *r = line;
    }
    reader_skip(r, r->left);
    return false;
}

bool pem_is(struct bytes text)
{
    struct reader r = reader_of(text);

    return find_begin(&r);
}

/* -----BEGIN label----- base64 -----END label----- (RFC 7468, section 3, the lax form: white
 * space may stand anywhere in the base64, and need not). */
static enum err take_block(struct pem_block *out, struct reader *r, struct arena *arena)
{
    struct pem_block b = { 0 };
    struct bytes text;
    uint8_t *room;

    (void)take_if(r, BEGIN);
    b.label = take_until(r, '-');
    if (b.label.size == 0 || !take_if(r, DASHES))
        return ERR_MALFORMED;
    text = take_until(r, '-');
    if (!take_if(r, END) || !take_if(r, b.label) || !take_if(r, DASHES))
        return ERR_MALFORMED;
    room = arena_alloc(arena, base64_room(text.size));
    if (room == NULL)
        return ERR_NOMEM;
    b.body.data = room;
    TRY(base64_decode(room, base64_room(text.size), &b.body.size, text, BASE64, true));
    *out = b;
    return ERR_OK;
}

enum err pem_next(struct pem_block *out, struct reader *r, struct arena *arena)
{
    if (find_begin(r))
        return take_block(out, r, arena);
    if (!reader_ok(r))
        return ERR_MALFORMED;
    *out = (struct pem_block){ 0 };
    return ERR_OK;
}

/* By characters from ' ' on (RFC 4648, table 1); 64: not of the alphabet. */
/* clang-format off */
static const uint8_t base64_values[] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
    64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
};
/* clang-format on */

static unsigned base64_value(uint8_t c, enum base64_alphabet alphabet)
{
    if (alphabet == BASE64URL) { /* table 2: '-' and '_' instead */
        if (c == '+' || c == '/')
            return 64;
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return c >= ' ' && c < 128 ? base64_values[c - ' '] : 64;
}

/* Four characters of the alphabet to three bytes; false, and nothing written, for others. */
static bool base64_group(uint8_t out[3], const uint8_t text[4], enum base64_alphabet alphabet)
{
    unsigned a = base64_value(text[0], alphabet), b = base64_value(text[1], alphabet);
    unsigned c = base64_value(text[2], alphabet), d = base64_value(text[3], alphabet);

    if ((a | b | c | d) > 63)
        return false;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    out[1] = (uint8_t)(b << 4 | c >> 2);
    out[2] = (uint8_t)(c << 6 | d);
    return true;
}

enum err base64_decode(uint8_t *out, size_t room, size_t *size, struct bytes text,
                       enum base64_alphabet alphabet, bool spaced)
{
    uint32_t held = 0;
    unsigned bits = 0, padding = 0;
    size_t written = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        unsigned value;

        if (bits == 0 && padding == 0 && text.size - i >= 4 && room - written >= 3 &&
            base64_group(&out[written], &text.data[i], alphabet)) {
            written += 3;
            i += 3;
            continue;
        }
        value = base64_value(c, alphabet);
        if (value > 63 || padding != 0) {
            if (spaced && is_space(c))
                continue;
            if (c != '=' || padding == 2)
                return ERR_MALFORMED;
            padding++;
            continue;
        }
        held = (held << 6 | value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (written == room)
                return ERR_LIMIT;
            out[written++] = (uint8_t)(held >> bits);
        }
    }
    /* 0, 2 or 4 bits are left of the last character, and as many times "=" are half of that.
     * What is left has to be zero: else two texts would be one value. */
    if (bits == 6 || (held & ((1u << bits) - 1)) != 0)
        return ERR_MALFORMED;
    if (padding * 2 != bits && (padding != 0 || alphabet == BASE64))
        return ERR_MALFORMED;
    *size = written;
    return ERR_OK;
}

size_t base64_encode(char *out, struct bytes data, enum base64_alphabet alphabet)
{
    const char *last = alphabet == BASE64 ? "+/" : "-_";
    size_t at = 0;

    for (size_t i = 0; i < data.size; i += 3) {
        size_t count = num_min(3, data.size - i);
        uint32_t group = 0;

        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? data.data[i + k] : 0);
        for (size_t k = 0; k <= count; k++) {
            unsigned v = group >> (18 - 6 * k) & 63;

            out[at++] = (char)(v < 26   ? 'A' + v
                               : v < 52 ? 'a' + v - 26
                               : v < 62 ? '0' + v - 52
                                        : (unsigned)last[v - 62]);
        }
        for (size_t k = count; k < 3 && alphabet == BASE64; k++)
            out[at++] = '=';
    }
    return at;
}

static unsigned hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

enum err hex_decode(uint8_t *out, size_t room, size_t *size, struct bytes text, bool spaced)
{
    struct writer w = writer_of(out, room);
    unsigned held = 0, digits = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned value = hex_value(text.data[i]);

        if (spaced && is_space(text.data[i]))
            continue;
        if (value > 15)
            return ERR_MALFORMED;
        held = (held << 4 | value) & 0xff;
        if (++digits == 2) {
            writer_u8(&w, (uint8_t)held);
            digits = 0;
        }
    }
    if (digits != 0)
        return ERR_MALFORMED;
    if (!writer_ok(&w))
        return ERR_LIMIT;
    *size = writer_bytes(&w).size;
    return ERR_OK;
}

void hex_encode(char *out, struct bytes data)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < data.size; i++) {
        out[2 * i] = digits[data.data[i] >> 4];
        out[2 * i + 1] = digits[data.data[i] & 15];
    }
}
