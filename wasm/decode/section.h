/* section.h: one section being decoded; what the files of this folder share.
 *
 * A part takes a section's contents from `r` and fills `m`. It leaves whatever
 * it did not read in the reader: module.c says that the size does not match. */
#ifndef BROCH_WASM_DECODE_SECTION_H
#define BROCH_WASM_DECODE_SECTION_H

#include "base/reader.h"
#include "wasm/module.h"
#include "wasm/note.h"

struct section {
    struct wasm_decoded *m;
    struct reader r;
    uint32_t base; /* of r's first byte in the module */
    struct arena *arena;
    struct wasm_note *note;
};

/* --- Pieces (section.c) */

enum err section_refuse(struct section *s, enum err error, const char *rule, const char *detail);
enum err section_u32(struct section *s, uint32_t *out);
enum err section_u64(struct section *s, uint64_t *out);
enum err section_byte(struct section *s, uint8_t *out);
/* A name: UTF-8, at most LIMIT_NAME_SIZE bytes. */
enum err section_name(struct section *s, struct bytes *out);
/* The count of a vector whose elements take at least `least` bytes each: it is
 * refused where the bytes left cannot hold them, so that nothing is allocated on
 * the strength of a number alone. */
enum err section_count(struct section *s, uint32_t *out, uint32_t least, uint32_t limit,
                       const char *what);
/* Reads an expression up to its end and keeps its bytes; functions that it names
 * are marked as declared. */
enum err section_constexpr(struct section *s, struct wasm_constexpr *out);
enum err section_limits(struct section *s, struct wasm_limits *out, bool may_share);
enum err section_tabletype(struct section *s, struct wasm_tabletype *out);
enum err section_globaltype(struct section *s, struct wasm_globaltype *out);
enum err section_tagtype(struct section *s, uint32_t *type);

/* --- Sections */

enum err section_types(struct section *s);     /* types.c */
enum err section_imports(struct section *s);   /* imports.c */
enum err section_functions(struct section *s); /* spaces.c */
enum err section_tables(struct section *s);
enum err section_memories(struct section *s);
enum err section_tags(struct section *s);
enum err section_globals(struct section *s);
enum err section_exports(struct section *s);
enum err section_start(struct section *s);
enum err section_elements(struct section *s); /* segments.c */
enum err section_data_count(struct section *s);
enum err section_datas(struct section *s);
enum err section_code(struct section *s);
/* names.c. Never refuses: a name section that is not well formed is left out. */
void section_debug_names(struct section *s);

#endif
