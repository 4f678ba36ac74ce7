/* fields.h: evidence field by field, under the vendor's own names: what `broch inspect`
 * prints, and the platform's own claims in a verdict.
 *
 * An ordered tree in an arena. Parsers of attest/ each have a `…_describe` that writes one.
 * Names are snake_case forms of the specification's (REPORTED_TCB: "reported_tcb") and
 * static. Where memory ends, `is_cut` says so and the rest is dropped. */
#ifndef BROCH_ATTEST_FIELDS_H
#define BROCH_ATTEST_FIELDS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/writer.h"

enum field_type {
    FIELD_GROUP, /* named members */
    FIELD_LIST,  /* elements; their names are NULL */
    FIELD_UINT,
    FIELD_INT,
    FIELD_BITS, /* a register: a number shown in hex, "0x30000" */
    FIELD_BOOL,
    FIELD_TEXT,   /* UTF-8; printing replaces what is not */
    FIELD_BYTES,  /* shown in hex */
    FIELD_MOMENT, /* seconds since 1970, shown as RFC 3339 */
    FIELD_NULL,
};

struct field {
    const char *name;
    enum field_type type;
    uint64_t number; /* UINT, BITS, BOOL; INT and MOMENT as int64_t */
    struct bytes bytes;
    struct field *first, *last, *next, *parent;
};

struct fields {
    struct arena *arena;
    struct field root; /* a group */
    struct field *open;
    bool is_cut;
};

void fields_init(struct fields *f, struct arena *arena);
void fields_group(struct fields *f, const char *name); /* until fields_end */
void fields_list(struct fields *f, const char *name);  /* likewise */
void fields_end(struct fields *f);
void fields_uint(struct fields *f, const char *name, uint64_t n);
void fields_int(struct fields *f, const char *name, int64_t n);
void fields_bits(struct fields *f, const char *name, uint64_t n);
void fields_bool(struct fields *f, const char *name, bool truth);
/* Text and bytes are borrowed: they must live as long as the fields. */
void fields_text(struct fields *f, const char *name, struct bytes text);
void fields_string(struct fields *f, const char *name, const char *text);
void fields_bytes(struct fields *f, const char *name, struct bytes data);
void fields_moment(struct fields *f, const char *name, int64_t at);
void fields_null(struct fields *f, const char *name);
/* A name made at run time ("pcr07"): a copy in the arena, for the `name` of the others. */
const char *fields_name(struct fields *f, const char *prefix, uint64_t number);

/* As indented text for people, and as JSON. */
void fields_print(struct writer *w, const struct fields *f);
/* One value, as text on one line; nothing for a group or list that has something in it. */
void fields_value_print(struct writer *w, const struct field *f);
struct json_write;
/* The members of the root, into an object that is open in j. */
void fields_json(struct json_write *j, const struct fields *f);

#endif
