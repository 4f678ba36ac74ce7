#include "host/gdb/packet.h"

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static void data_add(struct packet_in *in, uint8_t byte)
{
    if (in->size == PACKET_MAX)
        in->bad = true;
    else
        in->data[in->size++] = byte;
}

static enum packet_event between(struct packet_in *in, uint8_t byte)
{
    switch (byte) {
    case '$':
        in->state = PACKET_DATA;
        in->sum = 0;
        in->size = 0;
        in->bad = false;
        return PACKET_NOTHING;
    case '+': return PACKET_ACK;
    case '-': return PACKET_NACK;
    case 0x03: return PACKET_INTERRUPT;
    default: return PACKET_NOTHING; /* noise on the line */
    }
}

static void sum_digit(struct packet_in *in, uint8_t byte)
{
    int digit = digit_of(byte);

    if (digit < 0)
        in->bad = true;
    in->said = (uint8_t)(in->said << 4 | (digit & 15));
}

enum packet_event packet_feed(struct packet_in *in, uint8_t byte)
{
    switch (in->state) {
    case PACKET_BETWEEN: return between(in, byte);
    case PACKET_DATA:
        if (byte == '$') /* the other side gave up and starts again */
            return between(in, byte);
        if (byte == '#') {
            in->state = PACKET_SUM_HIGH;
            return PACKET_NOTHING;
        }
        in->sum = (uint8_t)(in->sum + byte);
        if (byte == '}')
            in->state = PACKET_ESCAPE;
        else
            data_add(in, byte);
        return PACKET_NOTHING;
    case PACKET_ESCAPE:
        in->sum = (uint8_t)(in->sum + byte);
        data_add(in, byte ^ 0x20);
        in->state = PACKET_DATA;
        return PACKET_NOTHING;
    case PACKET_SUM_HIGH:
        in->said = 0;
        sum_digit(in, byte);
        in->state = PACKET_SUM_LOW;
        return PACKET_NOTHING;
    case PACKET_SUM_LOW:
        sum_digit(in, byte);
        in->state = PACKET_BETWEEN;
        return in->bad || in->sum != in->said ? PACKET_BROKEN : PACKET_WHOLE;
    }
    return PACKET_NOTHING;
}

/* Room for '#' and two digits is kept free. */
static bool room_for(struct packet_out *out, size_t count)
{
    if (count > sizeof out->raw - 3 - out->size)
        out->full = true;
    return !out->full;
}

void packet_start(struct packet_out *out)
{
    out->raw[0] = '$';
    out->size = 1;
    out->full = false;
}

void packet_text(struct packet_out *out, const char *text)
{
    for (; *text != '\0' && room_for(out, 1); text++)
        out->raw[out->size++] = (uint8_t)*text;
}

static const char digits[] = "0123456789abcdef";

void packet_number(struct packet_out *out, uint64_t n)
{
    unsigned shift = 60;

    while (shift > 0 && n >> shift == 0)
        shift -= 4;
    if (!room_for(out, shift / 4 + 1))
        return;
    for (unsigned left = shift / 4 + 1; left > 0; left--)
        out->raw[out->size++] = (uint8_t)digits[n >> (4 * (left - 1)) & 15];
}

void packet_hex(struct packet_out *out, struct bytes b)
{
    if (b.size > PACKET_MAX || !room_for(out, 2 * b.size)) {
        out->full = true;
        return;
    }
    for (size_t i = 0; i < b.size; i++) {
        out->raw[out->size++] = (uint8_t)digits[b.data[i] >> 4];
        out->raw[out->size++] = (uint8_t)digits[b.data[i] & 15];
    }
}

void packet_binary(struct packet_out *out, struct bytes b)
{
    for (size_t i = 0; i < b.size; i++) {
        uint8_t c = b.data[i];

        if (!room_for(out, 2))
            return;
        if (c == '$' || c == '#' || c == '}' || c == '*') {
            out->raw[out->size++] = '}';
            c ^= 0x20;
        }
        out->raw[out->size++] = c;
    }
}

struct bytes packet_finish(struct packet_out *out)
{
    uint8_t sum = 0;

    if (out->full) {
        packet_start(out);
        packet_text(out, "E7f");
    }
    for (size_t i = 1; i < out->size; i++)
        sum = (uint8_t)(sum + out->raw[i]);
    out->raw[out->size++] = '#';
    out->raw[out->size++] = (uint8_t)digits[sum >> 4];
    out->raw[out->size++] = (uint8_t)digits[sum & 15];
    return (struct bytes){ out->raw, out->size };
}

uint64_t packet_take_number(struct reader *r)
{
    uint64_t n = 0;
    unsigned count = 0;

    while (r->left > 0 && digit_of(reader_peek(r)) >= 0) {
        if (++count > 16) {
            reader_fail(r);
            return 0;
        }
        n = n << 4 | (uint64_t)digit_of(reader_u8(r));
    }
    if (count == 0)
        reader_fail(r);
    return n;
}

bool packet_try(struct reader *r, const char *text)
{
    size_t size = bytes_text_size(text, r->left + 1);
    struct bytes there;

    if (!reader_ok(r) || size > r->left)
        return false;
    there = (struct bytes){ r->at, size };
    if (!bytes_equal(there, (struct bytes){ (const uint8_t *)text, size }))
        return false;
    reader_skip(r, size);
    return true;
}

void packet_take(struct reader *r, const char *text)
{
    if (!packet_try(r, text))
        reader_fail(r);
}

void packet_take_hex(struct reader *r, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(reader_u8(r));
        int low = digit_of(reader_u8(r));

        if (high < 0 || low < 0) {
            reader_fail(r);
            high = low = 0;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
}
