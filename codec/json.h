/* json.h: JSON (RFC 8259), from bytes to a tree in an arena, strict.
 *
 * UTF-8 checked, no duplicate names in an object, depth at most JSON_DEPTH_MAX, nothing
 * after the value but white space. Each value knows the exact bytes it was read from:
 * vendors sign those. Strings without escapes are borrowed from the text, others are in the
 * arena; both without a NUL. Numbers keep their text; integers that fit are read. */
#ifndef BROCH_CODEC_JSON_H
#define BROCH_CODEC_JSON_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define JSON_SIZE_MAX ((size_t)16 << 20)
#define JSON_DEPTH_MAX 64u

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool truth;
    bool is_integer; /* a number without fraction or exponent that fits int64_t */
    bool is_escaped; /* a string that had a backslash */
    int64_t integer;
    struct bytes key;          /* of a member */
    struct bytes text;         /* of a string; of a number, as written */
    struct bytes raw;          /* the value's own bytes in the document */
    struct json *first, *next; /* members or elements, in the document's order */
    uint32_t count;
};

struct json_error {
    size_t offset;
    const char *expected;
};

/* ERR_MALFORMED, ERR_LIMIT and ERR_NOMEM with *error, which may be NULL. */
enum err json_parse(struct json **out, struct arena *arena, struct bytes text,
                    struct json_error *error);
/* The member of that name, or NULL; NULL too where `object` is NULL or no object. */
const struct json *json_get(const struct json *object, const char *name);
/* The same where it is of that type, else NULL. */
const struct json *json_get_type(const struct json *object, const char *name, enum json_type type);
/* A string's text; empty where it is NULL or no string. */
struct bytes json_text(const struct json *string);
/* An integer from least to most; false where it is something else. */
bool json_integer_between(int64_t *out, const struct json *number, int64_t least, int64_t most);

#endif
