#include "codec/archive.h"

#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/reader.h"
#include "codec/archive_form.h"

static const uint8_t magic[8] = { 'b', 'r', 'o', 'c', 'h', 't', 'r', 'e' };

struct bytes archive_magic(void) { return BYTES_OF(magic); }

struct bytes archive_end(void) { return BYTES_TEXT("broch tree end.\n"); }

uint64_t archive_data_at(uint64_t at, uint64_t size)
{
    uint64_t unit = size >= ARCHIVE_PAGE ? ARCHIVE_PAGE : ARCHIVE_UNIT;

    return (at + unit - 1) & ~(unit - 1);
}

int archive_name_compare(struct bytes a, struct bytes b)
{
    size_t size = num_min(a.size, b.size);
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool archive_name_good(struct bytes name)
{
    if (name.size == 0 || name.size > ARCHIVE_NAME_MAX)
        return false;
    if (memchr(name.data, '/', name.size) != NULL || memchr(name.data, 0, name.size) != NULL)
        return false;
    return !bytes_equal(name, BYTES_TEXT(".")) && !bytes_equal(name, BYTES_TEXT(".."));
}

bool archive_target_good(struct bytes target)
{
    return target.size > 0 && target.size <= ARCHIVE_TARGET_MAX &&
           memchr(target.data, 0, target.size) == NULL;
}

struct header {
    struct bytes magic;
    uint32_t version;
    uint32_t count;
    uint64_t texts;
    uint64_t size;
};

static struct header header_take(struct reader *r)
{
    struct header h = { .magic = reader_take(r, sizeof magic) };

    h.version = reader_u32le(r);
    h.count = reader_u32le(r);
    h.texts = reader_u64le(r);
    h.size = reader_u64le(r);
    return h;
}

static enum err header_check(const struct reader *r, const struct header *h)
{
    if (!reader_ok(r) || !bytes_equal(h->magic, BYTES_OF(magic)))
        return ERR_MALFORMED;
    if (h->version != ARCHIVE_VERSION)
        return ERR_UNSUPPORTED;
    if (h->count > LIMIT_ARCHIVE_ENTRIES || h->size > LIMIT_ARCHIVE_SIZE)
        return ERR_LIMIT;
    return ERR_OK;
}

uint64_t archive_size(struct bytes start)
{
    struct reader r = reader_of(start);
    struct header h = header_take(&r);

    return header_check(&r, &h) == ERR_OK ? h.size : 0;
}

/* One record as it stands there. */
struct record {
    uint32_t parent;
    uint8_t type;
    uint8_t flags;
    uint16_t name_size;
    uint32_t text_at;
    uint32_t link;
    uint64_t mtime;
    uint64_t atime;
    uint64_t size;
    uint64_t at;
};

static struct record record_take(struct reader *r)
{
    struct record c = { .parent = reader_u32le(r) };

    c.type = reader_u8(r);
    c.flags = reader_u8(r);
    c.name_size = reader_u16le(r);
    c.text_at = reader_u32le(r);
    c.link = reader_u32le(r);
    c.mtime = reader_u64le(r);
    c.atime = reader_u64le(r);
    c.size = reader_u64le(r);
    c.at = reader_u64le(r);
    return c;
}

static struct record record_at(const struct archive *a, uint32_t i)
{
    const uint8_t *at = a->records.data + (size_t)i * ARCHIVE_RECORD_SIZE;
    struct reader r = reader_of((struct bytes){ at, ARCHIVE_RECORD_SIZE });

    return record_take(&r);
}

/* A check under way: where the next entry's texts and contents must begin. */
struct check {
    struct archive *a;
    uint64_t text;
    uint64_t data;
    uint32_t last_parent;
    struct bytes last_name;
};

static bool zeroes(struct bytes raw, uint64_t from, uint64_t to)
{
    for (; from < to; from++)
        if (raw.data[from] != 0)
            return false;
    return true;
}

static bool text_take(struct check *c, uint64_t size, struct bytes *out)
{
    if (size > c->a->texts.size - c->text)
        return false;
    *out = (struct bytes){ c->a->texts.data + c->text, (size_t)size };
    c->text += size;
    return true;
}

static bool place_check(struct check *c, const struct record *r, uint32_t i, struct bytes name)
{
    int order;

    if (i == 0)
        return r->parent == 0 && name.size == 0 && r->type == ARCHIVE_DIRECTORY;
    if (r->parent >= i || record_at(c->a, r->parent).type != ARCHIVE_DIRECTORY ||
        !archive_name_good(name))
        return false;
    order = r->parent != c->last_parent || i == 1 ? 1 : archive_name_compare(name, c->last_name);
    if (r->parent < c->last_parent || order <= 0)
        return false;
    c->last_parent = r->parent;
    c->last_name = name;
    return true;
}

static bool data_check(struct check *c, const struct record *r)
{
    uint64_t at = archive_data_at(c->data, r->size);

    if (r->size == 0 || (r->flags & ARCHIVE_FLAG_UNCHANGED) != 0)
        return r->at == 0;
    if (r->at != at || at > c->a->raw.size || r->size > c->a->raw.size - at ||
        !zeroes(c->a->raw, c->data, at))
        return false;
    c->data = at + r->size;
    return true;
}

static bool link_check(const struct check *c, const struct record *r, uint32_t i)
{
    uint8_t type;

    if (r->link >= i || r->size != 0)
        return false;
    type = record_at(c->a, r->link).type;
    return type == ARCHIVE_FILE || type == ARCHIVE_SYMLINK;
}

static bool record_check(struct check *c, uint32_t i)
{
    struct record r = record_at(c->a, i);
    uint8_t flags = r.type == ARCHIVE_FILE ? ARCHIVE_FLAGS : 0;
    struct bytes text;

    if (r.text_at != c->text || (r.flags & ~flags) != 0 || !text_take(c, r.name_size, &text) ||
        !place_check(c, &r, i, text) || (r.type != ARCHIVE_LINK && r.link != 0))
        return false;
    if (r.type == ARCHIVE_FILE)
        return data_check(c, &r);
    if (r.at != 0)
        return false;
    switch (r.type) {
    case ARCHIVE_DIRECTORY: return r.size == 0;
    case ARCHIVE_SYMLINK: return text_take(c, r.size, &text) && archive_target_good(text);
    case ARCHIVE_LINK: return link_check(c, &r, i);
    default: return false;
    }
}

/* The last bytes, and nothing behind them. */
static bool end_check(const struct check *c)
{
    struct bytes raw = c->a->raw, end = archive_end();
    uint64_t at = archive_data_at(c->data, 0);

    return at < raw.size && raw.size - at == end.size && zeroes(raw, c->data, at) &&
           bytes_equal((struct bytes){ raw.data + at, end.size }, end);
}

enum err archive_open(struct archive *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct header h = header_take(&r);
    struct archive a = { .raw = raw, .count = h.count };
    struct check c = { .a = &a };

    TRY(header_check(&r, &h));
    if (h.count == 0 || h.size != raw.size || h.texts > raw.size)
        return ERR_MALFORMED;
    a.records = reader_take(&r, (size_t)h.count * ARCHIVE_RECORD_SIZE);
    a.texts = reader_take(&r, (size_t)h.texts);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    c.data = reader_offset(&r);
    for (uint32_t i = 0; i < a.count; i++)
        if (!record_check(&c, i))
            return ERR_MALFORMED;
    if (c.text != a.texts.size || !end_check(&c))
        return ERR_MALFORMED;
    *out = a;
    return ERR_OK;
}

void archive_entry(const struct archive *a, uint32_t i, struct archive_entry *out)
{
    struct record r = record_at(a, i);
    const uint8_t *text = a->texts.data + r.text_at;

    *out = (struct archive_entry){
        .parent = r.parent,
        .type = (enum archive_type)r.type,
        .executable = (r.flags & ARCHIVE_FLAG_EXECUTABLE) != 0,
        .unchanged = (r.flags & ARCHIVE_FLAG_UNCHANGED) != 0,
        .name = { text, r.name_size },
        .mtime = r.mtime,
        .atime = r.atime,
        .size = r.type == ARCHIVE_FILE ? r.size : 0,
        .link = r.link,
        .at = r.at,
    };
    if (r.type == ARCHIVE_SYMLINK)
        out->target = (struct bytes){ text + r.name_size, (size_t)r.size };
}

struct bytes archive_data(const struct archive *a, const struct archive_entry *e)
{
    if (e->type != ARCHIVE_FILE || e->unchanged || e->size == 0)
        return (struct bytes){ 0 };
    return (struct bytes){ a->raw.data + e->at, (size_t)e->size };
}

bool archive_find(const struct archive *a, uint32_t parent, struct bytes name, uint32_t *out)
{
    uint32_t low = 1, high = a->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct archive_entry e;
        int order;

        archive_entry(a, middle, &e);
        order =
            e.parent != parent ? (e.parent < parent ? -1 : 1) : archive_name_compare(e.name, name);
        if (order == 0) {
            *out = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
