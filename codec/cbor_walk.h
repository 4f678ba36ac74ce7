/* cbor_walk.h: CBOR (RFC 8949) as others write it: well-formed, in any form of the standard.
 *
 * cbor.h reads the one deterministic form that we write ourselves. What chips and services
 * sign is often not in it: indefinite lengths, numbers longer than needed, map keys in any
 * order. This reader takes these, by a policy that the caller gives, and still refuses what
 * is not well-formed (RFC 8949, 5.3.1 and appendix F), deeper than CBOR_DEPTH_MAX, text
 * that is not UTF-8, and a map key that is there twice. Nothing is allocated and nothing
 * recurses. Strings of indefinite length are refused wherever bytes are borrowed (they are
 * not in one piece): cbor_item_check alone accepts them. */
#ifndef BROCH_CODEC_CBOR_WALK_H
#define BROCH_CODEC_CBOR_WALK_H

#include "base/err.h"
#include "base/reader.h"
#include "codec/cbor.h"

/* One item as its head says. Arrays, maps and tags: their contents follow in the reader. */
struct cbor_head {
    enum cbor_type type; /* CBOR_SIMPLE for false, true, null, undefined and others */
    bool is_indefinite;  /* bytes, text, arrays, maps */
    bool is_float;       /* 16, 32, 64 bits: `number` holds the bits, `width` the bytes */
    uint8_t width;
    uint64_t number; /* value; for CBOR_NEGATIVE the value is -1 - number; length, count,
                             tag, or the number of the simple value (20 false, 21 true, 22 null) */
};

/* Whether raw is exactly one well-formed item, at most that deep. ERR_MALFORMED, ERR_LIMIT. */
enum err cbor_item_check(struct bytes raw, uint32_t depth_most);

/* The rest is for input that cbor_item_check accepted; on other input they mark the reader
 * bad, and are safe. */
struct cbor_head cbor_walk_head(struct reader *r);
/* Whether the next byte is a break (FF), which is then taken. */
bool cbor_walk_break(struct reader *r);
/* The encoded bytes of the next whole item. */
struct bytes cbor_walk_raw(struct reader *r);
void cbor_walk_skip(struct reader *r);
/* Of definite length; anything else marks the reader bad. */
struct bytes cbor_walk_bytes(struct reader *r);
struct bytes cbor_walk_text(struct reader *r);
int64_t cbor_walk_int(struct reader *r);
uint64_t cbor_walk_uint(struct reader *r);
/* null or undefined, which is then taken. */
bool cbor_walk_if_null(struct reader *r);
/* Takes tag if that tag stands next. */
bool cbor_walk_if_tag(struct reader *r, uint64_t tag);

/* Walks an array or map, definite or not; for maps next stands before each key. Duplicate
 * keys are found by cbor_walk_map_check, once, before. */
struct cbor_list {
    struct reader *r;
    uint64_t left;
    bool is_indefinite;
};
struct cbor_list cbor_walk_array(struct reader *r);
struct cbor_list cbor_walk_map(struct reader *r);
bool cbor_walk_next(struct cbor_list *l);
/* Marks *r bad where the map that stands next has two equal keys; takes nothing. */
void cbor_walk_map_check(struct reader *r);

#endif
