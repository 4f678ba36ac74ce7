/* toml_parse.h: what the files of the TOML parser share; nobody else includes it.
 *
 * A parse that fails remembers the first thing that it expected and where, and
 * its reader is bad from then on: every peek gives TOML_END, so loops end. */
#ifndef BROCH_CODEC_TOML_PARSE_H
#define BROCH_CODEC_TOML_PARSE_H

#include "base/reader.h"
#include "codec/toml.h"

#define TOML_END (-1)

enum toml_flag {
    TOML_DEFINED = 1, /* its header [a] has been seen */
    TOML_DOTTED = 2,  /* made by a dotted key: no header may define it */
    TOML_CLOSED = 4,  /* an inline table or a plain array: nothing is added later */
};

struct toml_parser {
    struct reader r;
    struct arena *arena;
    struct toml_value *root;
    struct toml_value *current; /* the table that key = value lines go to */
    enum err e;
    struct toml_error error;
};

/* The next byte, or the one after it; TOML_END where there is none. */
int toml_peek(const struct toml_parser *p);
int toml_peek_at(const struct toml_parser *p, size_t ahead);
void toml_fail(struct toml_parser *p, enum err e, size_t offset, const char *expected);
/* At the next byte. */
void toml_expect(struct toml_parser *p, const char *expected);
/* Takes the byte if it is next. */
bool toml_take_if(struct toml_parser *p, int byte);
void toml_blanks_skip(struct toml_parser *p);
/* Blanks, comments and line ends, any number of each. */
void toml_lines_skip(struct toml_parser *p);

/* A new value inside `parent`, not yet linked; NULL where it fails. */
struct toml_value *toml_value_new(struct toml_parser *p, const struct toml_value *parent,
                                  enum toml_type type, size_t offset);
void toml_array_add(struct toml_value *array, struct toml_value *element);
/* The key is not in the table yet. */
void toml_table_add(struct toml_value *table, struct toml_value *member);
struct toml_value *toml_find(const struct toml_value *table, struct bytes key);

/* "a" . 'b' . c = value, into this table: toml.c */
void toml_pair_parse(struct toml_parser *p, struct toml_value *table);
/* toml_value.c: any value, as what *v is to hold. v->depth is set. */
void toml_value_parse(struct toml_parser *p, struct toml_value *v);
/* toml_string.c: the quotes are next. Lines may break only where multi is set. */
struct bytes toml_string_parse(struct toml_parser *p, bool multi);
/* toml_scalar.c: a word that is not quoted: number, date, true, false. */
void toml_scalar_parse(struct toml_parser *p, struct toml_value *v);

#endif
