#include "codec/cbor.h"

#include <string.h>

#include "base/num.h"
#include "codec/utf8.h"

/* RFC 8949, section 3: the low five bits of the first byte. */
enum { INFO_1 = 24, INFO_2 = 25, INFO_4 = 26, INFO_8 = 27 };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, SIMPLE_NULL = 22 };

static void head_put(struct writer *w, enum cbor_type type, uint64_t n)
{
    uint8_t first = (uint8_t)(type << 5);

    if (n < INFO_1) {
        writer_u8(w, (uint8_t)(first | n));
    } else if (n <= UINT8_MAX) {
        writer_u8(w, first | INFO_1);
        writer_u8(w, (uint8_t)n);
    } else if (n <= UINT16_MAX) {
        writer_u8(w, first | INFO_2);
        writer_u16be(w, (uint16_t)n);
    } else if (n <= UINT32_MAX) {
        writer_u8(w, first | INFO_4);
        writer_u32be(w, (uint32_t)n);
    } else {
        writer_u8(w, first | INFO_8);
        writer_u64be(w, n);
    }
}

void cbor_put_uint(struct writer *w, uint64_t n) { head_put(w, CBOR_UINT, n); }

void cbor_put_int(struct writer *w, int64_t n)
{
    if (n >= 0)
        head_put(w, CBOR_UINT, (uint64_t)n);
    else
        head_put(w, CBOR_NEGATIVE, ~(uint64_t)n); /* -1 - n, without overflow */
}

void cbor_put_bytes(struct writer *w, struct bytes b)
{
    head_put(w, CBOR_BYTES, b.size);
    writer_put(w, b);
}

void cbor_put_text(struct writer *w, struct bytes text)
{
    if (!utf8_valid(text))
        w->full = true;
    head_put(w, CBOR_TEXT, text.size);
    writer_put(w, text);
}

void cbor_put_array(struct writer *w, uint64_t count) { head_put(w, CBOR_ARRAY, count); }
void cbor_put_map(struct writer *w, uint64_t count) { head_put(w, CBOR_MAP, count); }
void cbor_put_tag(struct writer *w, uint64_t tag) { head_put(w, CBOR_TAG, tag); }

void cbor_put_bool(struct writer *w, bool b)
{
    head_put(w, CBOR_SIMPLE, b ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_put_null(struct writer *w) { head_put(w, CBOR_SIMPLE, SIMPLE_NULL); }

int cbor_key_compare(struct bytes a, struct bytes b)
{
    size_t size = num_min(a.size, b.size);
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);

    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

int cbor_text_compare(struct bytes a, struct bytes b)
{
    if (a.size != b.size)
        return a.size < b.size ? -1 : 1;
    return cbor_key_compare(a, b);
}

enum cbor_type cbor_peek(const struct reader *r)
{
    if (r->bad || r->left == 0)
        return CBOR_NONE;
    return (enum cbor_type)(reader_peek(r) >> 5);
}

/* Section 4.2.1: "The argument … MUST be as short as possible." */
static uint64_t argument_take(struct reader *r, uint8_t info)
{
    uint64_t n, least;

    switch (info) {
    case INFO_1:
        n = reader_u8(r);
        least = INFO_1;
        break;
    case INFO_2:
        n = reader_u16be(r);
        least = UINT8_MAX + 1u;
        break;
    case INFO_4:
        n = reader_u32be(r);
        least = UINT16_MAX + 1u;
        break;
    case INFO_8:
        n = reader_u64be(r);
        least = (uint64_t)UINT32_MAX + 1;
        break;
    default:
        if (info > INFO_8) /* 28 to 30 mean nothing, 31 an indefinite length */
            reader_fail(r);
        return info > INFO_8 ? 0 : info;
    }
    if (n < least)
        reader_fail(r);
    return reader_ok(r) ? n : 0;
}

static uint64_t head_take(struct reader *r, enum cbor_type want)
{
    if (cbor_peek(r) != want) {
        reader_fail(r);
        return 0;
    }
    return argument_take(r, reader_u8(r) & 31);
}

uint64_t cbor_take_uint(struct reader *r) { return head_take(r, CBOR_UINT); }

int64_t cbor_take_int(struct reader *r)
{
    enum cbor_type type = cbor_peek(r) == CBOR_NEGATIVE ? CBOR_NEGATIVE : CBOR_UINT;
    uint64_t n = head_take(r, type);

    if (n > INT64_MAX) {
        reader_fail(r);
        return 0;
    }
    return type == CBOR_UINT || r->bad ? (int64_t)n : -1 - (int64_t)n;
}

static struct bytes string_take(struct reader *r, enum cbor_type type)
{
    uint64_t size = head_take(r, type);

    if (size > r->left)
        reader_fail(r);
    return reader_take(r, r->bad ? 0 : (size_t)size);
}

struct bytes cbor_take_bytes(struct reader *r) { return string_take(r, CBOR_BYTES); }

struct bytes cbor_take_text(struct reader *r)
{
    struct bytes text = string_take(r, CBOR_TEXT);

    if (r->bad || utf8_valid(text))
        return text;
    reader_fail(r);
    return (struct bytes){ 0 };
}

/* Every element takes a byte at least, so a count beyond that is a lie; caught
 * here, no caller can be made to loop or reserve for it. */
static uint64_t count_take(struct reader *r, enum cbor_type type, unsigned each)
{
    uint64_t count = head_take(r, type);

    if (count > r->left / each)
        reader_fail(r);
    return r->bad ? 0 : count;
}

uint64_t cbor_take_array(struct reader *r) { return count_take(r, CBOR_ARRAY, 1); }
uint64_t cbor_take_map(struct reader *r) { return count_take(r, CBOR_MAP, 2); }
uint64_t cbor_take_tag(struct reader *r) { return head_take(r, CBOR_TAG); }

/* Simple values fit in the first byte: the longer form would be a second one. */
static uint64_t simple_take(struct reader *r)
{
    uint8_t first = reader_u8(r);

    if (first < (CBOR_SIMPLE << 5 | SIMPLE_FALSE) || first > (CBOR_SIMPLE << 5 | SIMPLE_NULL))
        reader_fail(r);
    return r->bad ? 0 : first & 31;
}

bool cbor_take_bool(struct reader *r)
{
    uint64_t n = simple_take(r);

    if (n == SIMPLE_NULL)
        reader_fail(r);
    return n == SIMPLE_TRUE;
}

void cbor_take_null(struct reader *r)
{
    if (simple_take(r) != SIMPLE_NULL)
        reader_fail(r);
}

bool cbor_take_if_null(struct reader *r)
{
    if (r->left == 0 || r->bad || reader_peek(r) != (CBOR_SIMPLE << 5 | SIMPLE_NULL))
        return false;
    reader_skip(r, 1);
    return true;
}

/* The keys of a map while cbor_skip is inside it; a plain run of items where
 * map is false. */
struct frame {
    uint64_t left; /* items, keys and values both counted */
    struct bytes last;
    bool map;
};

/* A key may be a number or a string: nothing that nests. */
static void key_check(struct reader *r, struct frame *f, const uint8_t *start)
{
    struct bytes key = { start, (size_t)(r->at - start) };

    if (f->last.data != NULL && cbor_key_compare(f->last, key) >= 0)
        reader_fail(r);
    f->last = key;
}

/* Steps over one item; of one that nests over the head only, whose items are
 * then counted in *inner. */
static void item_skip(struct reader *r, struct frame *inner)
{
    enum cbor_type type = cbor_peek(r);
    uint64_t count;

    *inner = (struct frame){ 0 };
    switch (type) {
    case CBOR_UINT:
    case CBOR_NEGATIVE: (void)head_take(r, type); break;
    case CBOR_BYTES: (void)cbor_take_bytes(r); break;
    case CBOR_TEXT: (void)cbor_take_text(r); break;
    case CBOR_ARRAY: inner->left = cbor_take_array(r); break;
    case CBOR_MAP:
        count = cbor_take_map(r);
        inner->left = count * 2; /* fits: count_take saw that many bytes */
        inner->map = true;
        break;
    case CBOR_TAG:
        (void)cbor_take_tag(r);
        inner->left = 1;
        break;
    case CBOR_SIMPLE: (void)simple_take(r); break;
    default: reader_fail(r);
    }
}

void cbor_skip(struct reader *r)
{
    struct frame stack[CBOR_DEPTH_MAX + 1] = { { .left = 1 } };
    size_t depth = 0;

    for (;;) {
        struct frame *f = &stack[depth];
        struct frame inner;
        const uint8_t *start = r->at;
        bool key = f->map && f->left % 2 == 0;

        if (r->bad)
            return;
        if (f->left == 0) {
            if (depth-- == 0)
                return;
            continue;
        }
        if (key && cbor_peek(r) > CBOR_TEXT)
            reader_fail(r);
        item_skip(r, &inner);
        if (r->bad)
            return;
        if (key)
            key_check(r, f, start);
        f->left--;
        if (inner.left == 0)
            continue;
        if (depth == CBOR_DEPTH_MAX)
            reader_fail(r);
        else
            stack[++depth] = inner;
    }
}

struct bytes cbor_take_raw(struct reader *r)
{
    const uint8_t *start = r->at;

    cbor_skip(r);
    return r->bad ? (struct bytes){ 0 } : (struct bytes){ start, (size_t)(r->at - start) };
}

struct cbor_map cbor_map_open(struct reader *r)
{
    struct cbor_map m = { .r = r };

    m.left = cbor_take_map(r);
    return m;
}

static bool map_step(struct cbor_map *m, const uint8_t *start)
{
    struct frame f = { .last = m->last };

    if (!m->r->bad)
        key_check(m->r, &f, start);
    m->last = f.last;
    m->left--;
    return !m->r->bad;
}

bool cbor_map_next_uint(struct cbor_map *m, uint64_t *key)
{
    const uint8_t *start = m->r->at;

    if (m->left == 0 || m->r->bad)
        return false;
    *key = cbor_take_uint(m->r);
    return map_step(m, start);
}

bool cbor_map_next_text(struct cbor_map *m, struct bytes *key)
{
    const uint8_t *start = m->r->at;

    if (m->left == 0 || m->r->bad)
        return false;
    *key = cbor_take_text(m->r);
    return map_step(m, start);
}
