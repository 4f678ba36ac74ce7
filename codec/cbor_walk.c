#include "codec/cbor_walk.h"

#include "base/num.h"
#include "codec/utf8.h"

/* RFC 8949, section 3: the low five bits of the first byte, and the byte that ends what
 * has no length. */
enum { INFO_1 = 24, INFO_2 = 25, INFO_4 = 26, INFO_8 = 27, INFO_INDEFINITE = 31 };
enum { BREAK = 0xff, SIMPLE_NULL = 0xf6, SIMPLE_UNDEFINED = 0xf7 };

/* Keys of a map that is not in order, which are compared each with each. The largest map
 * that a vendor signs has 40 keys. */
#define MAP_KEYS_MAX 256u

static uint64_t argument_take(struct reader *r, uint8_t info)
{
    switch (info) {
    case INFO_1: return reader_u8(r);
    case INFO_2: return reader_u16be(r);
    case INFO_4: return reader_u32be(r);
    case INFO_8: return reader_u64be(r);
    default:
        if (info > INFO_8)
            reader_fail(r);
        return info;
    }
}

struct cbor_head cbor_walk_head(struct reader *r)
{
    uint8_t first = reader_u8(r);
    uint8_t info = first & 31;
    struct cbor_head h = { .type = (enum cbor_type)(first >> 5) };

    if (info == INFO_INDEFINITE && h.type >= CBOR_BYTES && h.type <= CBOR_MAP) {
        h.is_indefinite = true;
        return r->bad ? (struct cbor_head){ .type = CBOR_NONE } : h;
    }
    h.number = argument_take(r, info);
    if (h.type == CBOR_SIMPLE && info >= INFO_2) {
        h.is_float = true;
        h.width = info == INFO_2 ? 2 : info == INFO_4 ? 4 : 8;
    } else if (h.type == CBOR_SIMPLE && info == INFO_1 && h.number < 32) {
        reader_fail(r); /* section 3.3: "An encoder MUST NOT issue two-byte sequences …" */
    }
    return r->bad ? (struct cbor_head){ .type = CBOR_NONE } : h;
}

bool cbor_walk_break(struct reader *r)
{
    if (r->bad || r->left == 0 || reader_peek(r) != BREAK)
        return false;
    reader_skip(r, 1);
    return true;
}

static struct bytes string_take(struct reader *r, const struct cbor_head *h)
{
    struct bytes s;

    if (h->is_indefinite || h->number > r->left)
        reader_fail(r);
    s = reader_take(r, r->bad ? 0 : (size_t)h->number);
    if (!r->bad && h->type == CBOR_TEXT && !utf8_valid(s))
        reader_fail(r);
    return r->bad ? (struct bytes){ 0 } : s;
}

/* What is open around the item that stands next. */
struct frame {
    uint64_t left; /* items; keys and values both counted */
    bool is_indefinite;
    bool is_map;
    bool is_odd;           /* a key was seen, its value not yet (indefinite maps) */
    enum cbor_type chunks; /* BYTES or TEXT: the parts of a string; else NONE */
};

/* Takes one item; of one that nests only the head, and *inner is what it opens. False where
 * it opens nothing. */
static bool item_open(struct reader *r, const struct frame *f, struct frame *inner)
{
    struct cbor_head h = cbor_walk_head(r);

    *inner = (struct frame){ .chunks = CBOR_NONE, .is_indefinite = h.is_indefinite };
    if (f->chunks != CBOR_NONE && (h.type != f->chunks || h.is_indefinite))
        reader_fail(r); /* section 3.2.3: chunks are definite, and of the string's own type */
    if (r->bad)
        return false;
    switch (h.type) {
    case CBOR_BYTES:
    case CBOR_TEXT:
        inner->chunks = h.type;
        if (!h.is_indefinite)
            (void)string_take(r, &h);
        return h.is_indefinite;
    case CBOR_MAP: inner->is_map = true; [[fallthrough]];
    case CBOR_ARRAY:
        /* Every item takes a byte at least: a count beyond that is a lie. */
        if (!h.is_indefinite && h.number > r->left / (inner->is_map ? 2 : 1))
            reader_fail(r);
        inner->left = r->bad ? 0 : h.number * (inner->is_map ? 2 : 1);
        return !r->bad && (h.is_indefinite || inner->left != 0);
    case CBOR_TAG: inner->left = 1; return true;
    default: return false;
    }
}

/* Whether the innermost thing open has ended; a break is taken. */
static bool frame_ended(struct reader *r, const struct frame *f)
{
    if (!f->is_indefinite)
        return f->left == 0;
    if (!cbor_walk_break(r))
        return false;
    if (f->is_map && f->is_odd)
        reader_fail(r);
    return true;
}

/* Steps over one item. With `maps`, every map in it is looked at for keys that are there
 * twice. Each level is walked once more for that: at most depth times the size in all. */
static enum err item_step(struct reader *r, uint32_t depth_most, bool maps)
{
    struct frame stack[CBOR_DEPTH_MAX + 1] = { { .left = 1, .chunks = CBOR_NONE } };
    uint32_t depth = 0;

    for (;;) {
        struct frame *f = &stack[depth];
        struct frame inner;

        if (frame_ended(r, f)) {
            if (depth == 0 || r->bad)
                return r->bad ? ERR_MALFORMED : ERR_OK;
            depth--;
            continue;
        }
        if (maps && cbor_peek(r) == CBOR_MAP && f->chunks == CBOR_NONE)
            cbor_walk_map_check(r);
        f->left -= !f->is_indefinite;
        f->is_odd = !f->is_odd;
        if (item_open(r, f, &inner)) {
            if (depth == num_min(depth_most, CBOR_DEPTH_MAX)) {
                reader_fail(r);
                return ERR_LIMIT;
            }
            stack[++depth] = inner;
        }
        if (r->bad)
            return ERR_MALFORMED;
    }
}

enum err cbor_item_check(struct bytes raw, uint32_t depth_most)
{
    struct reader r = reader_of(raw);

    /* First the form alone: then a failure in a map's keys is one of keys, and nesting that
     * is too deep is said to be that. */
    TRY(item_step(&r, depth_most, false));
    if (!reader_done(&r))
        return ERR_MALFORMED;
    r = reader_of(raw);
    return item_step(&r, depth_most, true);
}

void cbor_walk_skip(struct reader *r)
{
    if (item_step(r, CBOR_DEPTH_MAX, false) != ERR_OK)
        reader_fail(r);
}

struct bytes cbor_walk_raw(struct reader *r)
{
    const uint8_t *start = r->at;

    cbor_walk_skip(r);
    return r->bad ? (struct bytes){ 0 } : (struct bytes){ start, (size_t)(r->at - start) };
}

static struct bytes string_walk(struct reader *r, enum cbor_type want)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type != want)
        reader_fail(r);
    return string_take(r, &h);
}

struct bytes cbor_walk_bytes(struct reader *r) { return string_walk(r, CBOR_BYTES); }
struct bytes cbor_walk_text(struct reader *r) { return string_walk(r, CBOR_TEXT); }

int64_t cbor_walk_int(struct reader *r)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type > CBOR_NEGATIVE || h.number > INT64_MAX)
        reader_fail(r);
    if (r->bad)
        return 0;
    return h.type == CBOR_UINT ? (int64_t)h.number : -1 - (int64_t)h.number;
}

uint64_t cbor_walk_uint(struct reader *r)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type != CBOR_UINT)
        reader_fail(r);
    return r->bad ? 0 : h.number;
}

bool cbor_walk_if_null(struct reader *r)
{
    uint8_t next = reader_peek(r);

    if (r->bad || (next != SIMPLE_NULL && next != SIMPLE_UNDEFINED))
        return false;
    reader_skip(r, 1);
    return true;
}

bool cbor_walk_if_tag(struct reader *r, uint64_t tag)
{
    struct reader ahead = *r;
    struct cbor_head h = cbor_walk_head(&ahead);

    if (h.type != CBOR_TAG || h.number != tag)
        return false;
    *r = ahead;
    return true;
}

static struct cbor_list list_open(struct reader *r, enum cbor_type want)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type != want || h.number > r->left)
        reader_fail(r);
    if (r->bad)
        return (struct cbor_list){ .r = r };
    return (struct cbor_list){ .r = r, .left = h.number, .is_indefinite = h.is_indefinite };
}

struct cbor_list cbor_walk_array(struct reader *r) { return list_open(r, CBOR_ARRAY); }
struct cbor_list cbor_walk_map(struct reader *r) { return list_open(r, CBOR_MAP); }

bool cbor_walk_next(struct cbor_list *l)
{
    if (l->r->bad)
        return false;
    if (l->is_indefinite)
        return !cbor_walk_break(l->r);
    if (l->left == 0)
        return false;
    l->left--;
    return true;
}

/* A key without its spelling: 0 in one byte and 0 in nine are one. Keys that nest are
 * compared as they are written: nobody looks them up. */
struct key {
    enum cbor_type type;
    uint64_t number;
    struct bytes text;
};

static struct key key_take(struct reader *r)
{
    struct reader ahead = *r;
    struct cbor_head h = cbor_walk_head(&ahead);
    struct key k = { .type = h.type, .number = h.number };

    if (h.type == CBOR_BYTES || h.type == CBOR_TEXT) {
        k.text = string_walk(r, h.type);
    } else if (h.type >= CBOR_ARRAY && (h.type != CBOR_SIMPLE || h.is_float)) {
        k.text = cbor_walk_raw(r);
        k.number = 0;
    } else {
        cbor_walk_skip(r);
    }
    return k;
}

static int key_compare(const struct key *a, const struct key *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return cbor_text_compare(a->text, b->text);
}

static bool key_is_among(const struct key *k, const struct key *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (key_compare(k, &keys[i]) == 0)
            return true;
    return false;
}

void cbor_walk_map_check(struct reader *r)
{
    struct reader ahead = *r;
    struct cbor_list l = cbor_walk_map(&ahead);
    struct key keys[MAP_KEYS_MAX];
    struct key last = { 0 };
    uint32_t count = 0;
    bool in_order = true; /* as long as it is, one comparison finds every double */

    for (; cbor_walk_next(&l); count++) {
        struct key k = key_take(&ahead);

        cbor_walk_skip(&ahead);
        if (ahead.bad)
            break;
        in_order = in_order && (count == 0 || key_compare(&last, &k) < 0);
        if (count < MAP_KEYS_MAX)
            keys[count] = k;
        if (!in_order && (count >= MAP_KEYS_MAX || key_is_among(&k, keys, count))) {
            reader_fail(&ahead);
            break;
        }
        last = k;
    }
    if (ahead.bad)
        reader_fail(r);
}
