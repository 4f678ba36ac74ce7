/* Covers: archive_open archive_size archive_entry archive_data archive_find archive_write */
#include "codec/archive.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct back {
    struct archive a;
    size_t at;
};

static void entry_of(void *context, uint32_t i, struct archive_entry *out)
{
    struct back *b = context;
    uint32_t found = 0;

    archive_entry(&b->a, i, out);
    if (i > 0 && (!archive_find(&b->a, out->parent, out->name, &found) || found != i))
        abort();
}

static enum err data_of(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    struct back *b = context;
    struct archive_entry e;

    archive_entry(&b->a, i, &e);
    *out = archive_data(&b->a, &e);
    out->data += at;
    out->size -= at;
    return ERR_OK;
}

static enum err compare(void *context, struct bytes part)
{
    struct back *b = context;

    if (part.size > b->a.raw.size - b->at)
        abort();
    if (part.size > 0 && memcmp(b->a.raw.data + b->at, part.data, part.size) != 0)
        abort();
    b->at += part.size;
    return ERR_OK;
}

/* An archive that is accepted writes back to itself, and every entry is found by name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct back b = { 0 };
    struct archive_list list = { .context = &b, .entry = entry_of, .data = data_of };
    struct archive_sink sink = { compare, &b };
    uint64_t written = 0;

    if (archive_open(&b.a, (struct bytes){ data, size }) != ERR_OK)
        return 0;
    list.count = b.a.count;
    if (archive_size(b.a.raw) != size || archive_write(&list, &sink, &written) != ERR_OK ||
        written != size || b.at != size)
        abort();
    return 0;
}
