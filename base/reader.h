/* reader.h: a cursor over bytes that somebody else wrote.
 *
 * A take that does not fit, or a number that is not well encoded, marks the
 * reader bad and yields zeroes, and so does every take after it: parse straight
 * through, then ask reader_done() or reader_ok() once. Never use a value as an
 * index, count or loop bound before asking.
 * The reader borrows. It never frees, and must not outlive the bytes. */
#ifndef BROCH_BASE_READER_H
#define BROCH_BASE_READER_H

#include "bytes.h"

struct reader {
    const uint8_t *at;
    size_t left;
    const uint8_t *start;
    bool bad;
};

struct reader reader_of(struct bytes raw);

/* Nothing went wrong so far. */
static inline bool reader_ok(const struct reader *r) { return !r->bad; }
/* Nothing went wrong and nothing is left over. */
static inline bool reader_done(const struct reader *r) { return !r->bad && r->left == 0; }
/* Bytes taken since reader_of (or, in a part, since reader_sub). After a bad take:
 * the offset where that take began. */
static inline size_t reader_offset(const struct reader *r) { return (size_t)(r->at - r->start); }

void reader_fail(struct reader *r);

uint8_t reader_u8(struct reader *r);
/* The next byte without taking it; 0 where there is none (the reader stays good). */
uint8_t reader_peek(const struct reader *r);
uint16_t reader_u16le(struct reader *r);
uint32_t reader_u32le(struct reader *r);
uint64_t reader_u64le(struct reader *r);
uint16_t reader_u16be(struct reader *r);
uint32_t reader_u32be(struct reader *r);
uint64_t reader_u64be(struct reader *r);

/* LEB128 as WebAssembly has it (core specification, 5.2.2): at most
 * ceil(bits/7) bytes, and no bits beyond the width of the type. */
uint32_t reader_leb_u32(struct reader *r);
uint64_t reader_leb_u64(struct reader *r);
int32_t reader_leb_s32(struct reader *r);
int64_t reader_leb_s33(struct reader *r);
int64_t reader_leb_s64(struct reader *r);

/* The next size bytes, borrowed. */
struct bytes reader_take(struct reader *r, size_t size);
/* A reader over the next size bytes; it is bad from the start if this one is. */
struct reader reader_sub(struct reader *r, size_t size);
/* Fills out with zeroes where size bytes are not left. */
void reader_copy(struct reader *r, void *out, size_t size);
void reader_skip(struct reader *r, size_t size);

#endif
