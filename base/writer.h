/* writer.h: a cursor over room that the caller owns.
 *
 * A put that does not fit marks the writer full and writes nothing, and so does
 * every put after it: write straight through, then ask writer_ok() once. */
#ifndef BROCH_BASE_WRITER_H
#define BROCH_BASE_WRITER_H

#include "bytes.h"

struct writer {
    uint8_t *start;
    size_t size;
    size_t room;
    bool full;
};

struct writer writer_of(void *room, size_t size);
static inline bool writer_ok(const struct writer *w) { return !w->full; }
/* What was written, borrowed from the room. */
static inline struct bytes writer_bytes(const struct writer *w)
{
    return (struct bytes){ w->start, w->size };
}

void writer_u8(struct writer *w, uint8_t n);
void writer_u16le(struct writer *w, uint16_t n);
void writer_u32le(struct writer *w, uint32_t n);
void writer_u64le(struct writer *w, uint64_t n);
void writer_u16be(struct writer *w, uint16_t n);
void writer_u32be(struct writer *w, uint32_t n);
void writer_u64be(struct writer *w, uint64_t n);
void writer_leb_u64(struct writer *w, uint64_t n);
void writer_leb_s64(struct writer *w, int64_t n);
void writer_put(struct writer *w, struct bytes b);

#endif
