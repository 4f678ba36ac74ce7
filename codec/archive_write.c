/* archive_write.c: the writer. It goes over the list once for each part, because a part
 * can only be written when the sizes of those before it are known. */
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/writer.h"
#include "codec/archive_form.h"

struct writing {
    const struct archive_list *list;
    const struct archive_sink *sink;
    uint64_t texts; /* bytes, together */
    uint64_t size;  /* of the whole archive */
    uint64_t put;   /* so far */
};

static bool has_data(const struct archive_entry *e)
{
    return e->type == ARCHIVE_FILE && !e->unchanged && e->size > 0;
}

static uint64_t text_size(const struct archive_entry *e)
{
    return e->name.size + (e->type == ARCHIVE_SYMLINK ? e->target.size : 0);
}

static uint64_t data_start(const struct writing *w)
{
    return ARCHIVE_HEADER_SIZE + (uint64_t)w->list->count * ARCHIVE_RECORD_SIZE + w->texts;
}

static enum err put(struct writing *w, struct bytes b)
{
    w->put += b.size;
    return b.size > 0 ? w->sink->put(w->sink->context, b) : ERR_OK;
}

static enum err gap_put(struct writing *w, uint64_t to)
{
    static const uint8_t zeroes[ARCHIVE_PAGE];

    return to > w->put ? put(w, (struct bytes){ zeroes, (size_t)(to - w->put) }) : ERR_OK;
}

/* What does not need the entries before it; their order is the caller's promise, and
 * archive_open checks it again. */
static bool entry_good(const struct archive_entry *e, uint32_t i)
{
    if (i == 0)
        return e->type == ARCHIVE_DIRECTORY && e->name.size == 0;
    if (e->parent >= i || !archive_name_good(e->name))
        return false;
    if (e->type == ARCHIVE_SYMLINK)
        return archive_target_good(e->target);
    return e->type != ARCHIVE_LINK || e->link < i;
}

static enum err measure(struct writing *w)
{
    struct archive_entry e;
    uint64_t at;

    if (w->list->count > LIMIT_ARCHIVE_ENTRIES)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < w->list->count; i++) {
        w->list->entry(w->list->context, i, &e);
        if (!entry_good(&e, i))
            return ERR_INVALID;
        w->texts += text_size(&e);
    }
    at = data_start(w);
    for (uint32_t i = 0; i < w->list->count && at <= LIMIT_ARCHIVE_SIZE; i++) {
        w->list->entry(w->list->context, i, &e);
        if (has_data(&e) && e.size > LIMIT_ARCHIVE_SIZE)
            return ERR_LIMIT;
        if (has_data(&e))
            at = archive_data_at(at, e.size) + e.size;
    }
    w->size = archive_data_at(at, 0) + archive_end().size;
    return w->size <= LIMIT_ARCHIVE_SIZE ? ERR_OK : ERR_LIMIT;
}

static enum err header_put(struct writing *w)
{
    uint8_t room[ARCHIVE_HEADER_SIZE];
    struct writer out = writer_of(room, sizeof room);

    writer_put(&out, archive_magic());
    writer_u32le(&out, ARCHIVE_VERSION);
    writer_u32le(&out, w->list->count);
    writer_u64le(&out, w->texts);
    writer_u64le(&out, w->size);
    return put(w, writer_bytes(&out));
}

static enum err record_put(struct writing *w, const struct archive_entry *e, uint64_t text,
                           uint64_t at)
{
    uint8_t room[ARCHIVE_RECORD_SIZE];
    struct writer out = writer_of(room, sizeof room);
    bool is_file = e->type == ARCHIVE_FILE;

    writer_u32le(&out, e->parent);
    writer_u8(&out, (uint8_t)e->type);
    writer_u8(&out, (uint8_t)((is_file && e->executable ? ARCHIVE_FLAG_EXECUTABLE : 0) |
                              (is_file && e->unchanged ? ARCHIVE_FLAG_UNCHANGED : 0)));
    writer_u16le(&out, (uint16_t)e->name.size);
    writer_u32le(&out, (uint32_t)text);
    writer_u32le(&out, e->type == ARCHIVE_LINK ? e->link : 0);
    writer_u64le(&out, e->mtime);
    writer_u64le(&out, e->atime);
    writer_u64le(&out, is_file ? e->size : e->type == ARCHIVE_SYMLINK ? e->target.size : 0);
    writer_u64le(&out, at);
    return put(w, writer_bytes(&out));
}

static enum err records_put(struct writing *w)
{
    uint64_t text = 0, at = data_start(w);
    struct archive_entry e;

    for (uint32_t i = 0; i < w->list->count; i++) {
        w->list->entry(w->list->context, i, &e);
        if (has_data(&e))
            at = archive_data_at(at, e.size);
        TRY(record_put(w, &e, text, has_data(&e) ? at : 0));
        text += text_size(&e);
        at += has_data(&e) ? e.size : 0;
    }
    return ERR_OK;
}

static enum err texts_put(struct writing *w)
{
    struct archive_entry e;

    for (uint32_t i = 0; i < w->list->count; i++) {
        w->list->entry(w->list->context, i, &e);
        TRY(put(w, e.name));
        if (e.type == ARCHIVE_SYMLINK)
            TRY(put(w, e.target));
    }
    return ERR_OK;
}

static enum err file_put(struct writing *w, uint32_t i, uint64_t size)
{
    TRY(gap_put(w, archive_data_at(w->put, size)));
    for (uint64_t at = 0; at < size;) {
        struct bytes part = { 0 };

        TRY(w->list->data(w->list->context, i, at, &part));
        if (part.size == 0)
            return ERR_USAGE;
        part.size = (size_t)(part.size < size - at ? part.size : size - at);
        TRY(put(w, part));
        at += part.size;
    }
    return ERR_OK;
}

static enum err data_put(struct writing *w)
{
    struct archive_entry e;

    for (uint32_t i = 0; i < w->list->count; i++) {
        w->list->entry(w->list->context, i, &e);
        if (has_data(&e))
            TRY(file_put(w, i, e.size));
    }
    return ERR_OK;
}

enum err archive_write(const struct archive_list *list, const struct archive_sink *sink,
                       uint64_t *size)
{
    struct writing w = { .list = list, .sink = sink };

    if (list->count == 0)
        return ERR_INVALID;
    TRY(measure(&w));
    TRY(header_put(&w));
    TRY(records_put(&w));
    TRY(texts_put(&w));
    TRY(data_put(&w));
    TRY(gap_put(&w, archive_data_at(w.put, 0)));
    TRY(put(&w, archive_end()));
    if (size != NULL)
        *size = w.size;
    return w.put == w.size ? ERR_OK : ERR_USAGE;
}
