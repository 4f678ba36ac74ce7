/* cbor.h: CBOR (RFC 8949) in the one form that section 4.2.1 calls deterministic.
 *
 * Writing goes to a struct writer, reading comes from a struct reader, nothing
 * is allocated, and the error is kept where these keep it: put or take straight
 * through, then ask writer_ok() or reader_done() once.
 * The reader refuses what the writer never writes: indefinite lengths, numbers
 * longer than needed, map keys that are out of order or twice there, text that
 * is not UTF-8. It also refuses floating point, `undefined` and other simple
 * values: none of our formats has them, and each has more than one spelling. */
#ifndef BROCH_CODEC_CBOR_H
#define BROCH_CODEC_CBOR_H

#include "base/reader.h"
#include "base/writer.h"

/* How deep arrays, maps and tags may nest in what cbor_skip steps over: our
 * records need 5, certificates and receipts 9. */
#define CBOR_DEPTH_MAX 16

enum cbor_type {
    CBOR_UINT,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE, /* true, false, null */
    CBOR_NONE,   /* nothing left, or the reader is bad */
};

void cbor_put_uint(struct writer *w, uint64_t n);
void cbor_put_int(struct writer *w, int64_t n);
void cbor_put_bytes(struct writer *w, struct bytes b);
/* Text that is not UTF-8 marks the writer full. */
void cbor_put_text(struct writer *w, struct bytes text);
/* The count elements follow. */
void cbor_put_array(struct writer *w, uint64_t count);
/* The count pairs follow, each key before its value, in the order that
 * cbor_key_compare gives to the encoded keys. */
void cbor_put_map(struct writer *w, uint64_t count);
void cbor_put_tag(struct writer *w, uint64_t tag);
void cbor_put_bool(struct writer *w, bool b);
void cbor_put_null(struct writer *w);

/* The order of section 4.2.1: bytewise, of the encoded form. */
int cbor_key_compare(struct bytes a, struct bytes b);
/* The same order for the text itself, or bytes itself: shorter ones first. */
int cbor_text_compare(struct bytes a, struct bytes b);

/* What comes next; its head is not checked yet. */
enum cbor_type cbor_peek(const struct reader *r);
uint64_t cbor_take_uint(struct reader *r);
int64_t cbor_take_int(struct reader *r);
struct bytes cbor_take_bytes(struct reader *r);
struct bytes cbor_take_text(struct reader *r);
/* The count is never more than the bytes left could hold. */
uint64_t cbor_take_array(struct reader *r);
uint64_t cbor_take_map(struct reader *r);
uint64_t cbor_take_tag(struct reader *r);
bool cbor_take_bool(struct reader *r);
void cbor_take_null(struct reader *r);
/* true for null, which is then taken; false, and nothing taken, for all else. */
bool cbor_take_if_null(struct reader *r);
/* One whole item, checked by all rules above, at any depth up to the maximum. */
void cbor_skip(struct reader *r);
/* The encoded bytes of one whole item, checked like cbor_skip. */
struct bytes cbor_take_raw(struct reader *r);

/* Walks the keys of one map and refuses disorder and duplicates:
 *
 *     for (struct cbor_map m = cbor_map_open(r); cbor_map_next_uint(&m, &key);)
 *         switch (key) … take or skip the value …
 *
 * next gives false at the end, and where the reader went bad. */
struct cbor_map {
    struct reader *r;
    uint64_t left;
    struct bytes last; /* the encoded key before this one */
};

struct cbor_map cbor_map_open(struct reader *r);
bool cbor_map_next_uint(struct cbor_map *m, uint64_t *key);
bool cbor_map_next_text(struct cbor_map *m, struct bytes *key);

#endif
