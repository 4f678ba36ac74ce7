/* The only file that moves a pointer through untrusted bytes. */
#include "reader.h"

#include <string.h>

struct reader reader_of(struct bytes raw)
{
    return (struct reader){ .at = raw.data, .left = raw.size, .start = raw.data };
}

void reader_fail(struct reader *r)
{
    r->bad = true;
    r->left = 0;
}

/* The next size bytes, or NULL and a bad reader. */
static const uint8_t *advance(struct reader *r, size_t size)
{
    const uint8_t *here = r->at;

    if (r->bad || size > r->left) {
        reader_fail(r);
        return NULL;
    }
    if (size != 0)
        r->at += size;
    r->left -= size;
    return here;
}

uint8_t reader_u8(struct reader *r)
{
    const uint8_t *p = advance(r, 1);

    return p == NULL ? 0 : p[0];
}

uint8_t reader_peek(const struct reader *r) { return r->left == 0 ? 0 : r->at[0]; }

static uint64_t take_le(struct reader *r, size_t size)
{
    const uint8_t *p = advance(r, size);
    uint64_t n = 0;

    if (p == NULL)
        return 0;
    for (size_t i = size; i > 0; i--)
        n = n << 8 | p[i - 1];
    return n;
}

static uint64_t take_be(struct reader *r, size_t size)
{
    const uint8_t *p = advance(r, size);
    uint64_t n = 0;

    if (p == NULL)
        return 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | p[i];
    return n;
}

uint16_t reader_u16le(struct reader *r) { return (uint16_t)take_le(r, 2); }
uint32_t reader_u32le(struct reader *r) { return (uint32_t)take_le(r, 4); }
uint64_t reader_u64le(struct reader *r) { return take_le(r, 8); }
uint16_t reader_u16be(struct reader *r) { return (uint16_t)take_be(r, 2); }
uint32_t reader_u32be(struct reader *r) { return (uint32_t)take_be(r, 4); }
uint64_t reader_u64be(struct reader *r) { return take_be(r, 8); }

/* "uN ::= n:byte => n (if n < 2^7 and n < 2^N)": the last byte may carry only
 * the bits that are left of the width. */
static uint64_t leb_unsigned(struct reader *r, unsigned width)
{
    const uint8_t *here = r->at;
    uint64_t n = 0;

    for (unsigned shift = 0; shift < width; shift += 7) {
        uint8_t b = reader_u8(r);
        unsigned room = width - shift;

        if (r->bad || (room < 7 && (b & 0x7f) >> room != 0))
            break;
        n |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return n;
    }
    reader_fail(r);
    r->at = here; /* the offset of a bad number is where it begins */
    return 0;
}

/* As above; the bits beyond the width must all repeat the sign. */
static int64_t leb_signed(struct reader *r, unsigned width)
{
    const uint8_t *here = r->at;
    uint64_t n = 0;

    for (unsigned shift = 0; shift < width; shift += 7) {
        uint8_t b = reader_u8(r);
        unsigned room = width - shift;

        if (r->bad)
            break;
        if (room < 7) {
            int beyond = (b & 0x7f) >> (room - 1);

            if (beyond != 0 && beyond != 0x7f >> (room - 1))
                break;
        }
        n |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            if ((b & 0x40) != 0 && shift + 7 < 64)
                n |= ~(uint64_t)0 << (shift + 7);
            return (int64_t)n;
        }
    }
    reader_fail(r);
    r->at = here;
    return 0;
}

uint32_t reader_leb_u32(struct reader *r)
{
    /* Nearly every number in a module is one byte long. */
    if (r->left != 0 && r->at[0] < 0x80) {
        r->left--;
        return *r->at++;
    }
    return (uint32_t)leb_unsigned(r, 32);
}

uint64_t reader_leb_u64(struct reader *r) { return leb_unsigned(r, 64); }
int32_t reader_leb_s32(struct reader *r) { return (int32_t)leb_signed(r, 32); }
int64_t reader_leb_s33(struct reader *r) { return leb_signed(r, 33); }
int64_t reader_leb_s64(struct reader *r) { return leb_signed(r, 64); }

struct bytes reader_take(struct reader *r, size_t size)
{
    const uint8_t *p = advance(r, size);

    return p == NULL ? (struct bytes){ 0 } : (struct bytes){ p, size };
}

struct reader reader_sub(struct reader *r, size_t size)
{
    struct bytes part = reader_take(r, size);
    struct reader sub = reader_of(part);

    sub.bad = r->bad;
    return sub;
}

void reader_copy(struct reader *r, void *out, size_t size)
{
    const uint8_t *p = advance(r, size);

    if (size == 0)
        return; /* out may be NULL then, which the two below do not allow */
    if (p == NULL)
        memset(out, 0, size);
    else
        memcpy(out, p, size);
}

void reader_skip(struct reader *r, size_t size) { (void)advance(r, size); }
