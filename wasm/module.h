/* module.h: a module after decoding: what the binary says, and nothing that is
 * not in it. Everything is borrowed from the raw bytes or lies in the module's
 * arena. Index spaces start with the imports (core 5.5, 2.5.1).
 *
 * The decoder fills it and checks form (core 5); the validator checks meaning
 * (core 3) and only then sets `validated`. Compiler and runtime refuse a module
 * in which it is not set. */
#ifndef BROCH_WASM_MODULE_H
#define BROCH_WASM_MODULE_H

#include "base/arena.h"
#include "include/broch/wasm.h"

/* Function type (core 2.3.8). Types that are equal have the same canonical
 * index: the lowest index of an equal type, found by the decoder. */
struct wasm_functype {
    struct wasm_signature signature;
    uint32_t canonical;
};

struct wasm_import {
    struct bytes module;
    struct bytes name;
    enum wasm_extern kind;
    uint32_t index; /* in the index space of its kind */
};

struct wasm_export {
    struct bytes name;
    enum wasm_extern kind;
    uint32_t index;
    uint64_t offset; /* in the module, for errors */
};

struct wasm_func {
    uint32_t type;        /* index into types */
    uint32_t body_offset; /* of the body's first byte (local declarations) in the module */
    struct bytes body;    /* local declarations and code, empty for imports */
    bool
        declared; /* ref.func may name it: an export, element, global or table does (core 3.4.10) */
};

/* A constant expression (core 3.3.10), kept as validated bytecode: only the
 * runtime evaluates it. Its last byte is `end`. */
struct wasm_constexpr {
    struct bytes code;
    uint32_t offset; /* in the module */
};
enum { WASM_CONSTEXPR_OPERANDS = 64 }; /* at one time; validation refuses more */

struct wasm_tabletype {
    enum wasm_type type; /* WASM_FUNCREF, WASM_EXTERNREF or WASM_EXNREF */
    struct wasm_limits limits;
    struct wasm_constexpr init; /* code.size 0: null */
};

struct wasm_memtype {
    struct wasm_limits limits; /* pages of 64 KiB */
};

struct wasm_globaltype {
    enum wasm_type type;
    bool is_mutable;
    struct wasm_constexpr init; /* not for imports */
};

enum wasm_segment_mode { WASM_SEGMENT_PASSIVE, WASM_SEGMENT_ACTIVE, WASM_SEGMENT_DECLARATIVE };

struct wasm_elem {
    enum wasm_segment_mode mode;
    enum wasm_type type;
    uint32_t table;
    struct wasm_constexpr offset; /* active */
    uint32_t count;
    uint32_t *functions;          /* count function indices (UINT32_MAX: null), or NULL where */
    struct wasm_constexpr *exprs; /* expressions are given instead */
};

struct wasm_data {
    enum wasm_segment_mode mode;
    uint32_t memory;
    struct wasm_constexpr offset; /* active */
    struct bytes bytes;
};

struct wasm_name {
    uint32_t index;
    struct bytes name;
};

struct wasm_custom {
    struct bytes name;
    uint32_t offset;
    uint32_t size;
};

/* Features that a module uses, for `broch inspect` and for refusals by name. */
enum wasm_feature {
    WASM_FEATURE_MVP = 0,
    WASM_FEATURE_MULTI_VALUE = 1 << 0,
    WASM_FEATURE_BULK_MEMORY = 1 << 1,
    WASM_FEATURE_REFERENCE_TYPES = 1 << 2,
    WASM_FEATURE_SIGN_EXTENSION = 1 << 3,
    WASM_FEATURE_SATURATING = 1 << 4,
    WASM_FEATURE_SIMD = 1 << 5,
    WASM_FEATURE_RELAXED_SIMD = 1 << 6,
    WASM_FEATURE_TAIL_CALL = 1 << 7,
    WASM_FEATURE_EXTENDED_CONST = 1 << 8,
    WASM_FEATURE_MULTI_MEMORY = 1 << 9,
    WASM_FEATURE_MEMORY64 = 1 << 10,
    WASM_FEATURE_EXCEPTIONS = 1 << 11,
    WASM_FEATURE_LEGACY_EXCEPTIONS = 1 << 12,
    WASM_FEATURE_THREADS = 1 << 13,
    WASM_FEATURE_MUTABLE_GLOBALS = 1 << 14,
};

struct wasm_decoded {
    struct bytes raw;

    struct wasm_functype *types;
    uint32_t type_count;

    struct wasm_import *imports;
    uint32_t import_count;

    struct wasm_func *funcs; /* imported ones first */
    uint32_t func_count;
    uint32_t imported_func_count;

    struct wasm_tabletype *tables;
    uint32_t table_count;
    uint32_t imported_table_count;

    struct wasm_memtype *memories;
    uint32_t memory_count;
    uint32_t imported_memory_count;

    struct wasm_globaltype *globals;
    uint32_t global_count;
    uint32_t imported_global_count;

    uint32_t *tags; /* type index of each; imported ones first */
    uint32_t tag_count;
    uint32_t imported_tag_count;

    struct wasm_export *exports;
    uint32_t export_count;

    bool has_start;
    uint32_t start;

    struct wasm_elem *elems;
    uint32_t elem_count;

    bool has_data_count;
    uint32_t data_count; /* of the data count section */
    struct wasm_data *datas;
    uint32_t data_segment_count;

    struct bytes module_name; /* of the name section */
    struct wasm_name *names;  /* function names, by rising index */
    uint32_t name_count;

    struct wasm_custom *customs;
    uint32_t custom_count;

    uint32_t features; /* enum wasm_feature */
    bool validated;
};

/* The name of a function: name section, else export, else import field; may be empty. */
struct bytes wasm_decoded_function_name(const struct wasm_decoded *m, uint32_t function);
struct wasm_signature wasm_decoded_signature(const struct wasm_decoded *m, uint32_t function);

/* decode/module.c. Form only (core 5). */
enum err wasm_decode(struct wasm_decoded *out, struct bytes raw, struct arena *arena,
                     struct wasm_note *note);
/* validate/module.c. Everything: the module's rules and every body (core 3).
 * Sets m->validated, and adds to m->features what the bodies use. The arena is
 * for scratch (control and operand stacks) and may be reset afterwards. */
enum err wasm_validate(struct wasm_decoded *m, struct arena *scratch, struct wasm_note *note);

#endif
