/* Linking, constant expressions, limits and segments: modules without a function,
 * so that nothing is compiled. */
#define _GNU_SOURCE
#include "base/limits.h"
#include "base/num.h"
#include "tests/check.h"
#include "wasm/compile.h"
#include "wasm/runtime/host_test.h"
#include "wasm/runtime/runtime.h"

#define RAW(...)                                                                     \
    ((struct bytes){ (const uint8_t[]){ 0, 'a', 's', 'm', 1, 0, 0, 0, __VA_ARGS__ }, \
                     8 + sizeof((const uint8_t[]){ __VA_ARGS__ }) })

/* (module (import "a" "m" (memory 1 2)) (import "a" "g" (global i32))
 *   (import "a" "t" (table 1 10 funcref))
 *   (global (export "x") i64 (i64.add (i64.mul (i64.const 6) (i64.const 7)) (i64.const 1)))
 *   (global (export "y") i32 (i32.sub (global.get 0) (i32.const 6)))
 *   (global (export "v") v128 (v128.const i64x2 1 2))
 *   (global (export "e") externref (ref.null extern))
 *   (data (i32.const 65534) "ab")) */
#define IMPORTER                                                                                  \
    RAW(0x02, 0x19, 0x03, 0x01, 0x61, 0x01, 0x6d, 0x02, 0x01, 0x01, 0x02, 0x01, 0x61, 0x01, 0x67, \
        0x03, 0x7f, 0x00, 0x01, 0x61, 0x01, 0x74, 0x01, 0x70, 0x01, 0x01, 0x0a, 0x06, 0x2e, 0x04, \
        0x7e, 0x00, 0x42, 0x06, 0x42, 0x07, 0x7e, 0x42, 0x01, 0x7c, 0x0b, 0x7f, 0x00, 0x23, 0x00, \
        0x41, 0x06, 0x6b, 0x0b, 0x7b, 0x00, 0xfd, 0x0c, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, \
        0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x6f, 0x00, 0xd0, 0x6f, 0x0b, \
        0x07, 0x11, 0x04, 0x01, 0x78, 0x03, 0x01, 0x01, 0x79, 0x03, 0x02, 0x01, 0x76, 0x03, 0x03, \
        0x01, 0x65, 0x03, 0x04, 0x0b, 0x0a, 0x01, 0x00, 0x41, 0xfe, 0xff, 0x03, 0x0b, 0x02, 0x61, \
        0x62)

/* No function, no compiler. */
enum err wasm_compile_function(struct wasm_code *out, const struct wasm_unit *unit,
                               uint32_t function, struct arena *arena, struct wasm_note *note)
{
    (void)out;
    (void)unit;
    (void)function;
    (void)arena;
    return note_at(note, ERR_UNSUPPORTED, 0, "no compiler", NULL);
}

struct world {
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_linker *linker;
    struct wasm_instance *instance;
    struct wasm_note note;
};

static enum err world_open(struct world *w, struct bytes raw,
                           const struct wasm_store_limits *limits)
{
    *w = (struct world){ 0 };
    TRY(wasm_engine_new(&w->engine, &test_host, WASM_CONFIG_SSE41));
    TRY(wasm_store_new(&w->store, w->engine, limits));
    TRY(wasm_linker_new(&w->linker, w->store));
    TRY(wasm_module_new(&w->module, w->engine, raw, &w->note));
    return wasm_module_compile(w->module, &w->note);
}

static void world_close(struct world *w)
{
    wasm_linker_free(w->linker);
    wasm_store_free(w->store);
    wasm_module_free(w->module);
    wasm_engine_free(w->engine);
    CHECK_EQ(test_host_state.heap_out, 0);
    CHECK_EQ(test_host_state.reserved_out, 0);
}

static enum err instantiate(struct world *w)
{
    w->note = (struct wasm_note){ 0 };
    return wasm_instance_new(&w->instance, w->linker, w->module, &w->note);
}

static enum err give_memory(struct world *w, struct wasm_limits limits)
{
    struct wasm_memory *m;

    TRY(wasm_memory_new(&m, w->store, limits));
    return wasm_linker_memory(w->linker, BYTES_TEXT("a"), BYTES_TEXT("m"), m);
}

static enum err give_global(struct world *w, enum wasm_type type, bool is_mutable)
{
    struct wasm_global *g;

    TRY(wasm_global_new(&g, w->store, type, is_mutable, (union wasm_value){ .i64 = 5 }));
    return wasm_linker_global(w->linker, BYTES_TEXT("a"), BYTES_TEXT("g"), g);
}

static enum err give_table(struct world *w, enum wasm_type type, struct wasm_limits limits)
{
    struct wasm_table *t;

    TRY(wasm_table_new(&t, w->store, type, limits, (union wasm_value){ 0 }));
    return wasm_linker_table(w->linker, BYTES_TEXT("a"), BYTES_TEXT("t"), t);
}

static void give_all(struct world *w)
{
    CHECK_OK(give_memory(w, (struct wasm_limits){ .least = 1, .most = 2, .has_most = true }));
    CHECK_OK(give_global(w, WASM_I32, false));
    CHECK_OK(give_table(w, WASM_FUNCREF,
                        (struct wasm_limits){ .least = 2, .most = 9, .has_most = true }));
}

static union wasm_value global_of(struct world *w, const char *name)
{
    struct wasm_global *g =
        wasm_instance_global(w->instance, (struct bytes){ (const uint8_t *)name, strlen(name) });

    return g == NULL ? (union wasm_value){ 0 } : wasm_global_get(g);
}

static void test_constants(void)
{
    struct world w;

    CASE("constant expressions");
    CHECK_OK(world_open(&w, IMPORTER, NULL));
    give_all(&w);
    if (CHECK_OK(instantiate(&w))) {
        CHECK_EQ(global_of(&w, "x").i64, 43);
        CHECK_EQ(global_of(&w, "y").words[0], UINT32_MAX); /* 5 - 6, the upper half zero */
        CHECK_EQ(global_of(&w, "v").words[1], 2);
        CHECK_EQ(global_of(&w, "e").externref, WASM_EXTERN_NULL);
        struct wasm_memory *m = wasm_instance_memory0(w.instance);

        CHECK_BYTES(((struct bytes){ wasm_memory_at(m, 65534, 2), 2 }), BYTES_TEXT("ab"));
        CHECK_NULL(wasm_memory_at(m, 65535, 2));
        CHECK_NULL(wasm_memory_at(m, UINT64_MAX, 2));
    }
    world_close(&w);
}

static void test_unknown(void)
{
    struct world w;

    CASE("an import that nobody provides");
    CHECK_OK(world_open(&w, IMPORTER, NULL));
    CHECK_ERR(instantiate(&w), ERR_LINK);
    CHECK_TEXT(w.note.rule, "unknown import");
    CHECK_TEXT(w.note.detail, "a.m");
    world_close(&w);
}

static void test_matching(void)
{
    static const struct {
        const char *name;
        enum { MEMORY, TABLE, GLOBAL } what;
        enum wasm_type type;
        bool is_mutable;
        struct wasm_limits limits;
        enum err want;
    } cases[] = {
        { "a memory that is larger", MEMORY, 0, 0, { 2, 2, true, false, false }, ERR_OK },
        { "a memory that may become less", MEMORY, 0, 0, { 1, 1, true, false, false }, ERR_OK },
        { "a memory that is smaller", MEMORY, 0, 0, { 0, 2, true, false, false }, ERR_LINK },
        { "a memory that may grow further", MEMORY, 0, 0, { 1, 3, true, false, false }, ERR_LINK },
        { "a memory without a maximum", MEMORY, 0, 0, { 1, 0, false, false, false }, ERR_LINK },
        { "a memory of 64 bits", MEMORY, 0, 0, { 1, 2, true, true, false }, ERR_LINK },
        { "a memory that is shared", MEMORY, 0, 0, { 1, 2, true, false, true }, ERR_LINK },
        { "a table of another type", TABLE, WASM_EXTERNREF, 0, { 1, 9, true, 0, 0 }, ERR_LINK },
        { "a table that is empty", TABLE, WASM_FUNCREF, 0, { 0, 9, true, false, false }, ERR_LINK },
        { "a table that may grow further",
          TABLE,
          WASM_FUNCREF,
          0,
          { 1, 11, true, 0, 0 },
          ERR_LINK },
        { "a global of another type", GLOBAL, WASM_I64, false, { 0 }, ERR_LINK },
        { "a global that is mutable", GLOBAL, WASM_I32, true, { 0 }, ERR_LINK },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world w;

        CASE(cases[i].name);
        CHECK_OK(world_open(&w, IMPORTER, NULL));
        give_all(&w);
        if (cases[i].what == MEMORY)
            CHECK_OK(give_memory(&w, cases[i].limits));
        else if (cases[i].what == TABLE)
            CHECK_OK(give_table(&w, cases[i].type, cases[i].limits));
        else
            CHECK_OK(give_global(&w, cases[i].type, cases[i].is_mutable));
        CHECK_ERR(instantiate(&w), cases[i].want);
        if (cases[i].want == ERR_LINK)
            CHECK_TEXT(w.note.rule, "incompatible import type");
        world_close(&w);
    }
}

static void test_kinds(void)
{
    struct wasm_memory *m;
    struct world w;

    CASE("an import of another kind");
    CHECK_OK(world_open(&w, IMPORTER, NULL));
    give_all(&w);
    CHECK_OK(wasm_memory_new(&m, w.store, (struct wasm_limits){ .least = 1 }));
    CHECK_OK(wasm_linker_memory(w.linker, BYTES_TEXT("a"), BYTES_TEXT("g"), m));
    CHECK_ERR(instantiate(&w), ERR_LINK);
    CHECK_TEXT(w.note.rule, "incompatible import type");
    CHECK_TEXT(w.note.detail, "a.g");
    world_close(&w);

    CASE("a module that is not compiled");
    CHECK_OK(world_open(&w, IMPORTER, NULL));
    wasm_module_free(w.module);
    w.module = NULL;
    CHECK_OK(wasm_module_new(&w.module, w.engine, IMPORTER, NULL));
    CHECK_ERR(instantiate(&w), ERR_USAGE);
    world_close(&w);
}

static void test_memory(void)
{
    const struct wasm_store_limits small = { .memory_size = 3 * 65536 };
    struct wasm_memory *a, *b;
    struct wasm_limits huge;
    struct world w;

    CASE("memories grow up to their own maximum");
    CHECK_OK(world_open(&w, IMPORTER, NULL));
    CHECK_OK(wasm_memory_new(&a, w.store, (struct wasm_limits){ .most = 2, .has_most = true }));
    CHECK_EQ(wasm_memory_grow(a, 0), 0);
    CHECK_EQ(wasm_memory_grow(a, 2), 0);
    CHECK_EQ(wasm_memory_grow(a, 1), UINT64_MAX);
    CHECK_EQ(wasm_memory_grow(a, UINT64_MAX), UINT64_MAX);
    CHECK_EQ(wasm_memory_size(a), 2 * 65536);
    CHECK_ERR(wasm_memory_new(&b, w.store, (struct wasm_limits){ .least = 65537 }), ERR_LIMIT);
    huge = (struct wasm_limits){ .least = LIMIT_MEMORY64_PAGES + 1, .is64 = true };
    CHECK_ERR(wasm_memory_new(&b, w.store, huge), ERR_LIMIT);
    huge = (struct wasm_limits){ .least = 2, .most = 1, .has_most = true };
    CHECK_ERR(wasm_memory_new(&b, w.store, huge), ERR_USAGE);
    world_close(&w);

    CASE("and all together up to the store's limit");
    CHECK_OK(world_open(&w, IMPORTER, &small));
    CHECK_OK(wasm_memory_new(&a, w.store, (struct wasm_limits){ .least = 1 }));
    CHECK_OK(wasm_memory_new(&b, w.store, (struct wasm_limits){ .least = 1, .is64 = true }));
    CHECK_EQ(wasm_memory_grow(a, 2), UINT64_MAX);
    CHECK_EQ(wasm_memory_grow(a, 1), 1);
    CHECK_EQ(wasm_memory_grow(b, 1), UINT64_MAX);
    CHECK_ERR(wasm_memory_new(&b, w.store, (struct wasm_limits){ .least = 1 }), ERR_LIMIT);
    world_close(&w);
}

static void test_table(void)
{
    const struct wasm_store_limits small = { .table_elements = 600 };
    union wasm_value fill = { .externref = 7 };
    struct wasm_table *t, *u;
    struct world w;

    CASE("tables grow up to the store's limit and keep their place");
    CHECK_OK(world_open(&w, IMPORTER, &small));
    CHECK_OK(wasm_table_new(&t, w.store, WASM_EXTERNREF, (struct wasm_limits){ .least = 1 }, fill));
    uint64_t *base = t->view.base;
    CHECK_EQ(wasm_table_grow(t, 599, 8), 1);
    CHECK_EQ(wasm_table_grow(t, 1, 8), UINT64_MAX);
    CHECK_EQ(wasm_table_grow(t, UINT64_MAX, 8), UINT64_MAX);
    CHECK(t->view.base == base);
    CHECK_EQ(base[0], 7);
    CHECK_EQ(base[599], 8);
    CHECK_ERR(wasm_table_new(&u, w.store, WASM_FUNCREF, (struct wasm_limits){ .least = 601 }, fill),
              ERR_LIMIT);
    world_close(&w);
}

static void test_refusals(void)
{
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_note note = { 0 };

    CASE("a configuration for no processor, or with unknown bits");
    CHECK_ERR(wasm_engine_new(&engine, &test_host, 0), ERR_UNSUPPORTED);
    CHECK_ERR(wasm_engine_new(&engine, &test_host, UINT64_C(1) << 40 | WASM_CONFIG_SSE41),
              ERR_USAGE);

    CASE("bytes that are no module");
    CHECK_OK(wasm_engine_new(&engine, &test_host, WASM_CONFIG_SSE41));
    CHECK_ERR(wasm_module_new(&module, engine, (struct bytes){ NULL, 0 }, &note), ERR_MALFORMED);
    CHECK(note.rule[0] != 0);
    wasm_engine_free(engine);
    CHECK_EQ(test_host_state.heap_out, 0);
}

/* Its types have other numbers there, and its end comes at another time. */
static void test_other_store(void)
{
    const struct wasm_limits one = { .least = 1, .most = 1, .has_most = true };
    struct wasm_memory *m = NULL;
    struct wasm_table *t = NULL;
    struct wasm_global *g = NULL;
    struct wasm_store *other = NULL;
    struct bytes a = BYTES_TEXT("a");
    struct world w;

    CASE("what belongs to another store cannot be linked");
    CHECK_OK(world_open(&w, RAW(0x05, 0x03, 0x01, 0x00, 0x01), NULL));
    CHECK_OK(wasm_instance_new(&w.instance, w.linker, w.module, &w.note));
    CHECK_OK(wasm_store_new(&other, w.engine, NULL));
    CHECK_OK(wasm_memory_new(&m, other, one));
    CHECK_OK(wasm_table_new(&t, other, WASM_FUNCREF, one, (union wasm_value){ 0 }));
    CHECK_OK(wasm_global_new(&g, other, WASM_FUNCREF, true, (union wasm_value){ 0 }));
    CHECK_ERR(wasm_linker_memory(w.linker, a, a, m), ERR_USAGE);
    CHECK_ERR(wasm_linker_table(w.linker, a, a, t), ERR_USAGE);
    CHECK_ERR(wasm_linker_global(w.linker, a, a, g), ERR_USAGE);
    wasm_linker_free(w.linker);
    CHECK_OK(wasm_linker_new(&w.linker, other));
    CHECK_ERR(wasm_linker_instance(w.linker, a, w.instance), ERR_USAGE);
    CHECK_OK(wasm_linker_memory(w.linker, a, a, m));
    wasm_linker_free(w.linker);
    w.linker = NULL;
    wasm_store_free(other);
    world_close(&w);
}

/* (module (type (func)) (import "a" "f" (func)) (import "a" "m" (memory 1))
 *   (import "a" "t" (table 1 funcref)) (import "a" "g" (global i32)) (import "a" "x" (tag)))
 * with a type of its own, and one that exports such a tag. */
#define IMPORTER_OF_ALL                                                                           \
    RAW(0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x24, 0x05, 0x01, 0x61, 0x01, 0x66, 0x00, 0x00, \
        0x01, 0x61, 0x01, 0x6d, 0x02, 0x00, 0x01, 0x01, 0x61, 0x01, 0x74, 0x01, 0x70, 0x00, 0x01, \
        0x01, 0x61, 0x01, 0x67, 0x03, 0x7f, 0x00, 0x01, 0x61, 0x01, 0x78, 0x04, 0x00, 0x00)
#define EXPORTER_OF_A_TAG                                                                         \
    RAW(0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x0d, 0x03, 0x01, 0x00, 0x00, 0x07, 0x05, 0x01, 0x01, \
        0x78, 0x04, 0x00)

static enum wasm_trap call_nothing(void *context, struct wasm_instance *caller,
                                   union wasm_value *slots)
{
    (void)context;
    (void)caller;
    (void)slots;
    return WASM_TRAP_NONE;
}

/* Whatever the linker says: what is of another store is refused where it is taken over. */
static void test_import_of_other_store(void)
{
    static const char *const names[] = { "f", "m", "t", "g", "x" };
    struct bytes a = BYTES_TEXT("a");
    struct wasm_module *exporter;
    struct wasm_instance *in;
    struct wasm_store *other;
    struct wasm_link link;
    struct world w;

    CASE("imports of another store, of every kind");
    CHECK_OK(world_open(&w, IMPORTER_OF_ALL, NULL));
    CHECK_OK(wasm_store_new(&other, w.engine, NULL));
    CHECK_OK(wasm_module_new(&exporter, w.engine, EXPORTER_OF_A_TAG, &w.note));
    CHECK_OK(wasm_module_compile(exporter, &w.note));
    CHECK_OK(wasm_instance_new(&in, w.linker, exporter, &w.note));
    CHECK_OK(wasm_linker_instance(w.linker, a, in));
    CHECK_OK(wasm_linker_function(w.linker, a, BYTES_TEXT("f"), (struct wasm_signature){ 0 },
                                  call_nothing, NULL));
    give_all(&w);
    CHECK_OK(instantiate(&w));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes name = { (const uint8_t *)names[i], 1 };
        struct wasm_store **owner;
        struct wasm_thread **thread;

        CHECK(wasm_linker_find(&link, w.linker, a, name));
        switch (link.kind) {
        case WASM_EXTERN_FUNCTION:
            thread = &((struct wasm_function *)link.item)->context->thread;
            *thread = &other->thread;
            CHECK_ERR(instantiate(&w), ERR_LINK);
            *thread = &w.store->thread;
            break;
        default:
            owner = link.kind == WASM_EXTERN_MEMORY  ? &((struct wasm_memory *)link.item)->store
                    : link.kind == WASM_EXTERN_TABLE ? &((struct wasm_table *)link.item)->store
                    : link.kind == WASM_EXTERN_TAG   ? &((struct wasm_tag *)link.item)->store
                                                     : &((struct wasm_global *)link.item)->store;
            *owner = other;
            CHECK_ERR(instantiate(&w), ERR_LINK);
            *owner = w.store;
        }
        CHECK_TEXT(w.note.rule, "import of another store");
        CHECK_EQ(w.note.detail[2], names[i][0]);
    }
    CHECK_OK(instantiate(&w));
    wasm_store_free(other);
    wasm_linker_free(w.linker);
    wasm_store_free(w.store);
    wasm_module_free(exporter);
    w.linker = NULL;
    w.store = NULL;
    world_close(&w);
}

int main(void)
{
    test_constants();
    test_unknown();
    test_matching();
    test_kinds();
    test_memory();
    test_table();
    test_refusals();
    test_other_store();
    test_import_of_other_store();
    return check_done();
}
