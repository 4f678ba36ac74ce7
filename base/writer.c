#include "writer.h"

#include <string.h>

struct writer writer_of(void *room, size_t size)
{
    return (struct writer){ .start = room, .room = size };
}

void writer_put(struct writer *w, struct bytes b)
{
    if (w->full || b.size > w->room - w->size) {
        w->full = true;
        return;
    }
    if (b.size != 0)
        memcpy(w->start + w->size, b.data, b.size);
    w->size += b.size;
}

static void put_le(struct writer *w, uint64_t n, size_t size)
{
    uint8_t raw[8];

    for (size_t i = 0; i < size; i++)
        raw[i] = (uint8_t)(n >> 8 * i);
    writer_put(w, (struct bytes){ raw, size });
}

static void put_be(struct writer *w, uint64_t n, size_t size)
{
    uint8_t raw[8];

    for (size_t i = 0; i < size; i++)
        raw[i] = (uint8_t)(n >> 8 * (size - 1 - i));
    writer_put(w, (struct bytes){ raw, size });
}

void writer_u8(struct writer *w, uint8_t n) { put_le(w, n, 1); }
void writer_u16le(struct writer *w, uint16_t n) { put_le(w, n, 2); }
void writer_u32le(struct writer *w, uint32_t n) { put_le(w, n, 4); }
void writer_u64le(struct writer *w, uint64_t n) { put_le(w, n, 8); }
void writer_u16be(struct writer *w, uint16_t n) { put_be(w, n, 2); }
void writer_u32be(struct writer *w, uint32_t n) { put_be(w, n, 4); }
void writer_u64be(struct writer *w, uint64_t n) { put_be(w, n, 8); }

void writer_leb_u64(struct writer *w, uint64_t n)
{
    while (n >= 0x80) {
        writer_u8(w, (uint8_t)(n | 0x80));
        n >>= 7;
    }
    writer_u8(w, (uint8_t)n);
}

void writer_leb_s64(struct writer *w, int64_t n)
{
    for (;;) {
        uint8_t b = n & 0x7f;

        n >>= 7;
        if ((n == 0 && (b & 0x40) == 0) || (n == -1 && (b & 0x40) != 0)) {
            writer_u8(w, b);
            return;
        }
        writer_u8(w, b | 0x80);
    }
}
