/* toml.h: TOML 1.0.0 (toml.io/en/v1.0.0), from bytes to a tree.
 *
 * The tree lives in the arena that the caller gives; strings are borrowed from
 * the document where they contain no escape, else they are in the arena too. So
 * the tree is good as long as both are.
 * The parser is strict and whole. It has no opinion about which keys belong in a
 * document: that is for whoever reads the tree, with toml_place() to say where.
 * Floating point stays text: no document of ours has such a key, and to turn
 * decimals into binary exactly is a library of its own. */
#ifndef BROCH_CODEC_TOML_H
#define BROCH_CODEC_TOML_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* A manifest is a page; anything near this is an attack on our memory. */
#define TOML_SIZE_MAX ((size_t)16 << 20)
/* Tables and arrays inside each other. Parsing recurses that deep at most, and
 * so may whoever walks the tree. */
#define TOML_DEPTH_MAX 100u

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT, /* text, as written but without underscores */
    TOML_BOOL,
    TOML_DATETIME, /* these four are text, as written */
    TOML_DATETIME_LOCAL,
    TOML_DATE_LOCAL,
    TOML_TIME_LOCAL,
    TOML_ARRAY,
    TOML_TABLE,
};

struct toml_value {
    enum toml_type type;
    uint8_t flags;     /* the parser's own */
    uint16_t depth;    /* of nesting; the document itself is 0 */
    uint32_t offset;   /* in the document: of the key, or of an element */
    struct bytes key;  /* of a table's member */
    struct bytes text; /* strings, floats, dates */
    int64_t integer;
    bool truth;
    struct toml_value *first; /* of a table or array: the first member, */
    struct toml_value *last;
    struct toml_value *next; /* in the order of the document */
    uint32_t count;
    /* Members of one table, for searching: a balanced tree. */
    struct toml_value *tree, *left, *right;
    uint32_t level;
};

struct toml_error {
    size_t offset;
    const char *expected; /* "a value", "= after a key", … */
};

/* The whole document as a table. ERR_MALFORMED with *error, ERR_LIMIT (too large
 * or too deep, likewise), ERR_NOMEM. */
enum err toml_parse(struct toml_value **out, struct arena *arena, struct bytes raw,
                    struct toml_error *error);
/* The member of that key, or NULL. Time grows with the logarithm of their number. */
const struct toml_value *toml_get(const struct toml_value *table, struct bytes key);
/* Where an offset is: both counted from 1, columns in characters. */
void toml_place(struct bytes raw, size_t offset, uint32_t *line, uint32_t *column);
/* "a string", "an integer", … */
const char *toml_type_name(enum toml_type type);

#endif
