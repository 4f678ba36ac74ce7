/* type.h: value types as the binary format writes them (core 5.3), and the words
 * for a number that is not well encoded.
 *
 * Types of the typed function references and garbage collection proposals are
 * refused by the name of their proposal; the long forms of funcref, externref
 * and exnref give the same type as the short ones. Offsets in notes are `base`
 * plus the reader's own; notes may be NULL. */
#ifndef BROCH_WASM_DECODE_TYPE_H
#define BROCH_WASM_DECODE_TYPE_H

#include "base/reader.h"
#include "wasm/decode/siphash.h"
#include "wasm/note.h"

/* Any value type. */
enum err wasm_valtype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                           struct wasm_note *note);
/* A reference type (tables, element segments). */
enum err wasm_reftype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                           struct wasm_note *note);
/* A heap type (ref.null): gives the nullable reference type to it. */
enum err wasm_heaptype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                            struct wasm_note *note);

/* The reader went bad in a number of `bits` bits (negative: a signed one), or in
 * a take of plain bytes. `before` is the same reader at any earlier time. Both
 * give ERR_MALFORMED. */
enum err wasm_refuse_number(const struct reader *r, const struct reader *before, int bits,
                            uint32_t base, struct wasm_note *note);
enum err wasm_refuse_end(const struct reader *r, uint32_t base, struct wasm_note *note);

const char *wasm_type_name(enum wasm_type type);

static inline bool wasm_type_is_ref(enum wasm_type type)
{
    return type == WASM_FUNCREF || type == WASM_EXTERNREF || type == WASM_EXNREF;
}

static inline bool wasm_type_is_float(enum wasm_type type)
{
    return type == WASM_F32 || type == WASM_F64 || type == WASM_V128;
}

/* Core 3.3.3: function types match when they are the same. */
bool wasm_signature_equal(const struct wasm_signature *a, const struct wasm_signature *b);
uint32_t wasm_signature_hash(const struct siphash_key *key, const struct wasm_signature *a);

#endif
