#include "codec/der.h"

#include "base/moment.h"
#include "base/num.h"
#include "base/writer.h"

struct head {
    uint8_t tag;
    size_t head; /* octets of tag and length; 0: not of our form */
    size_t size; /* of the contents, which are all there */
};

/* "The definite form of length encoding shall be used, encoded in the minimum number of
 * octets" (X.690, 10.1). Four length octets are more than any limit of ours. */
static struct head head_of(const struct reader *r)
{
    struct head none = { 0 }, h;

    if (r->bad || r->left < 2)
        return none;
    h = (struct head){ .tag = r->at[0], .head = 2, .size = r->at[1] };
    if ((h.tag & 0x1f) == 0x1f || h.tag == 0)
        return none; /* a tag above 30, or the end-of-contents of indefinite lengths */
    if (h.size >= 0x80) {
        size_t count = h.size & 0x7f;

        if (count == 0 || count > 4 || count > r->left - 2)
            return none;
        h.size = 0;
        for (size_t i = 0; i < count; i++)
            h.size = h.size << 8 | r->at[2 + i];
        if (h.size < 0x80 || h.size >> (8 * (count - 1)) == 0)
            return none;
        h.head += count;
    }
    return h.size <= r->left - h.head ? h : none;
}

/* Marks r bad and leaves it where the element began. */
static void refuse(struct reader *r, const struct reader *before)
{
    *r = *before;
    reader_fail(r);
}

uint8_t der_peek(const struct reader *r) { return reader_peek(r); }

struct bytes der_take(struct reader *r, uint8_t tag)
{
    struct head h = head_of(r);

    if (h.head == 0 || h.tag != tag) {
        reader_fail(r);
        return (struct bytes){ 0 };
    }
    return (struct bytes){ &reader_take(r, h.head + h.size).data[h.head], h.size };
}

struct reader der_enter(struct reader *r, uint8_t tag)
{
    struct reader inner = reader_of(der_take(r, tag));

    if (!reader_ok(r))
        reader_fail(&inner);
    return inner;
}

struct bytes der_take_raw(struct reader *r)
{
    struct head h = head_of(r);

    if (h.head == 0) {
        reader_fail(r);
        return (struct bytes){ 0 };
    }
    return reader_take(r, h.head + h.size);
}

/* "The bits of the first octet and bit 8 of the second octet shall not all be ones and shall
 * not all be zero" (X.690, 8.3.2); and here, not negative. */
static struct bytes take_number(struct reader *r, uint8_t tag)
{
    struct reader before = *r;
    struct bytes n = der_take(r, tag);

    if (!reader_ok(r))
        return n;
    if (n.size == 0 || n.data[0] >= 0x80 || (n.size > 1 && n.data[0] == 0 && n.data[1] < 0x80)) {
        refuse(r, &before);
        return (struct bytes){ 0 };
    }
    if (n.data[0] == 0) {
        struct reader magnitude = reader_of(n);

        reader_skip(&magnitude, 1);
        n = reader_take(&magnitude, magnitude.left);
    }
    return n;
}

uint64_t der_take_uint(struct reader *r, uint8_t tag)
{
    struct reader before = *r;
    struct bytes n = take_number(r, tag);
    uint64_t value = 0;

    if (n.size > sizeof value) {
        refuse(r, &before);
        return 0;
    }
    for (size_t i = 0; i < n.size; i++)
        value = value << 8 | n.data[i];
    return value;
}

struct bytes der_take_magnitude(struct reader *r) { return take_number(r, DER_INTEGER); }

bool der_take_bool(struct reader *r)
{
    struct reader before = *r;
    struct bytes b = der_take(r, DER_BOOLEAN);

    if (!reader_ok(r))
        return false;
    if (b.size != 1 || (b.data[0] != 0 && b.data[0] != 0xff)) {
        refuse(r, &before);
        return false;
    }
    return b.data[0] != 0;
}

struct bytes der_take_bits(struct reader *r)
{
    struct reader before = *r;
    struct reader bits = der_enter(r, DER_BIT_STRING);

    if (reader_u8(&bits) != 0 || !reader_ok(&bits)) {
        refuse(r, &before);
        return (struct bytes){ 0 };
    }
    return reader_take(&bits, bits.left);
}

static uint32_t take_digits(struct reader *r, unsigned count)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t c = reader_u8(r);

        if (c < '0' || c > '9') {
            reader_fail(r);
            return 0;
        }
        n = n * 10 + (uint32_t)(c - '0');
    }
    return n;
}

/* YYMMDDHHMMSSZ, years 1950 to 2049, or YYYYMMDDHHMMSSZ. Which of the two a year wants is
 * not held against anybody: OCSP has the second alone. */
int64_t der_take_time(struct reader *r)
{
    struct reader before = *r;
    bool is_short = der_peek(r) == DER_UTC_TIME;
    struct reader t = der_enter(r, is_short ? DER_UTC_TIME : DER_GENERALIZED_TIME);
    uint32_t part[6];
    int64_t at = 0;

    part[0] = take_digits(&t, is_short ? 2 : 4);
    if (is_short)
        part[0] += part[0] < 50 ? 2000 : 1900;
    for (unsigned i = 1; i < COUNT_OF(part); i++)
        part[i] = take_digits(&t, 2);
    if (reader_u8(&t) != 'Z' || t.left != 0 || !reader_ok(&t) ||
        !moment_of(&at, part[0], part[1], part[2], part[3], part[4], part[5])) {
        refuse(r, &before);
        return 0;
    }
    return at;
}

/* One arc: "the leading octet of the subidentifier shall not have the value 0x80" (8.19.2). */
static uint64_t take_arc(struct reader *r)
{
    uint64_t n = 0;
    uint8_t b = reader_u8(r);

    if (b == 0x80)
        reader_fail(r);
    for (; (b & 0x80) != 0 && reader_ok(r); b = reader_u8(r)) {
        if (n >> 50 != 0)
            reader_fail(r); /* as wide as we need; 2.25's UUIDs are wider and not ours */
        n = n << 7 | (b & 0x7f);
    }
    return n << 7 | b;
}

struct bytes der_take_oid(struct reader *r)
{
    struct reader before = *r;
    struct bytes oid = der_take(r, DER_OID);
    bool starts = true;

    for (size_t i = 0; i < oid.size; i++) {
        if (starts && oid.data[i] == 0x80)
            break;
        starts = oid.data[i] < 0x80;
        if (starts && i + 1 == oid.size)
            return oid;
    }
    refuse(r, &before);
    return (struct bytes){ 0 };
}

static void put_number(struct writer *w, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    while (at < sizeof digits)
        writer_u8(w, (uint8_t)digits[at++]);
}

bool der_oid_text(char *out, size_t room, struct bytes oid)
{
    struct reader r = reader_of(oid);
    struct writer w = writer_of(out, room);
    uint64_t first = take_arc(&r);
    uint64_t root = first < 80 ? first / 40 : 2;

    put_number(&w, root);
    writer_u8(&w, '.');
    put_number(&w, first - root * 40);
    while (r.left != 0 && writer_ok(&w)) {
        writer_u8(&w, '.');
        put_number(&w, take_arc(&r));
    }
    writer_u8(&w, '\0');
    if (reader_done(&r) && writer_ok(&w))
        return true;
    if (room != 0)
        out[0] = '\0';
    return false;
}

/* Right-aligned in the width; the caller knows that it fits. */
static void put_padded(struct writer *w, struct bytes n, size_t width)
{
    for (size_t i = n.size; i < width; i++)
        writer_u8(w, 0);
    writer_put(w, n);
}

enum err der_ecdsa_parse(uint8_t *out, size_t width, struct bytes der)
{
    struct reader all = reader_of(der);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct bytes first = der_take_magnitude(&r);
    struct bytes second = der_take_magnitude(&r);
    struct writer w = writer_of(out, 2 * width);

    if (!reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    /* Zero is no value of either: an all-zero signature must not get as far as the library. */
    if (first.size == 0 || first.size > width || second.size == 0 || second.size > width)
        return ERR_MALFORMED;
    put_padded(&w, first, width);
    put_padded(&w, second, width);
    return ERR_OK;
}
