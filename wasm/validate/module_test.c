/* The rules of whole modules (core 3.4), and what modules made to be slow or
 * large cost. Own vectors; what follows the preamble is given. */
#include <time.h>

#include "base/limits.h"
#include "tests/check.h"
#include "tests/module_bytes.h"

static const char preamble[] = "0061736d 01000000";

#define TIMES_8(s) s s s s s s s s
#define TIMES_64(s) TIMES_8(TIMES_8(s))

static const struct {
    const char *name;
    const char *text;
    enum err want;
    const char *rule;
} cases[] = {
    { "constant of 64 operands at one time",
      "06[01 7f00 " TIMES_64("4101") TIMES_8("6a6a6a6a6a6a6a") "6a6a6a6a6a6a6a 0b]", ERR_OK, "" },
    { "constant of 65 operands at one time",
      "06[01 7f00 4101 " TIMES_64("4101") TIMES_64("6a") "0b]", ERR_LIMIT, "constant expression" },
    { "function of no type", "03[01 00] 0a[01 [00 0b]]", ERR_INVALID, "unknown type" },
    { "imported function of no type", "02[01 [][] 0001]", ERR_INVALID, "unknown type" },
    { "tag of no type", "0d[01 0000]", ERR_INVALID, "unknown type" },
    { "tag with a result", "01[01 6000017f] 0d[01 0000]", ERR_INVALID,
      "non-empty tag result type" },
    { "imported tag with a result", "01[01 6000017f] 02[01 [][] 040000]", ERR_INVALID,
      "non-empty tag result type" },

    { "memory of 65536 pages", "05[01 00808004]", ERR_OK, "" },
    { "memory of 65537 pages", "05[01 00818004]", ERR_INVALID, "memory size" },
    { "memory growing to 65537 pages", "05[01 0100818004]", ERR_INVALID, "memory size" },
    { "imported memory of 65537 pages", "02[01 [][] 0200818004]", ERR_INVALID, "memory size" },
    { "memory of more than its maximum", "05[01 010201]", ERR_INVALID,
      "size minimum must not be greater than maximum" },
    { "64-bit memory of 2^48 pages", "05[01 0480808080808040]", ERR_OK, "" },
    { "64-bit memory of 2^48+1 pages", "05[01 0481808080808040]", ERR_INVALID, "memory size" },
    { "shared memory", "05[01 030101]", ERR_OK, "" },
    { "shared memory without maximum", "05[01 0201]", ERR_INVALID,
      "shared memory must have maximum" },
    { "three memories", "05[03 0000 0000 0400]", ERR_OK, "" },
    { "table of 2^32-1", "04[01 7000ffffffff0f]", ERR_OK, "" },
    { "table of 2^32", "04[01 70008080808010]", ERR_INVALID, "table size" },
    { "64-bit table of 2^64-1", "04[01 7004ffffffffffffffffff01]", ERR_OK, "" },
    { "table of more than its maximum", "04[01 70010201]", ERR_INVALID,
      "size minimum must not be greater than maximum" },
    { "table initialised with another type", "04[01 4000 7000 00 d06f0b]", ERR_INVALID,
      "type mismatch" },
    { "table initialised with a function of nobody", "04[01 4000 7000 00 d2000b]", ERR_INVALID,
      "unknown function" },
    { "table initialised with a later global", "04[01 4000 7000 00 23000b] 06[01 7000 d0700b]",
      ERR_INVALID, "unknown global" },

    { "global of a constant", "06[01 7f00 41000b]", ERR_OK, "" },
    { "global of another type", "06[01 7e00 41000b]", ERR_INVALID, "type mismatch" },
    { "global of nothing", "06[01 7f00 0b]", ERR_INVALID, "type mismatch" },
    { "global of two values", "06[01 7f00 41004100 0b]", ERR_INVALID, "type mismatch" },
    { "global of an extended constant", "06[01 7e00 420142026a0b]", ERR_INVALID, "type mismatch" },
    { "global of a product", "06[01 7e00 420142027e0b]", ERR_OK, "" },
    { "global of a quotient", "06[01 7f00 410141026d0b]", ERR_INVALID,
      "constant expression required" },
    { "global of a float sum", "06[01 7d00 4300000000 4300000000 92 0b]", ERR_INVALID,
      "constant expression required" },
    { "global of nop", "06[01 7f00 01 41000b]", ERR_INVALID, "constant expression required" },
    { "global of a block", "06[01 7f00 027f 4100 0b 0b]", ERR_INVALID,
      "constant expression required" },
    { "global of a call", "01[01 6000017f] 02[01 [][] 0000] 06[01 7f00 10000b]", ERR_INVALID,
      "constant expression required" },
    { "global ends in delegate", "06[01 7f00 41001800]", ERR_INVALID,
      "constant expression required" },
    { "global of itself", "06[01 7f00 23000b]", ERR_INVALID, "unknown global" },
    { "global of a later one", "06[02 7f00 23010b 7f00 41000b]", ERR_INVALID, "unknown global" },
    { "global of an earlier one", "06[02 7f00 41000b 7f00 23000b]", ERR_OK, "" },
    { "global of a mutable one", "06[02 7f01 41000b 7f00 23000b]", ERR_INVALID,
      "constant expression required" },
    { "global of an imported mutable one", "02[01 [][] 037f01] 06[01 7f00 23000b]", ERR_INVALID,
      "constant expression required" },
    { "global of a function of nobody", "06[01 7000 d2000b]", ERR_INVALID, "unknown function" },
    { "global of a vector", "06[01 7b00 fd0c 00000000000000000000000000000000 0b]", ERR_OK, "" },

    { "export of no function", "07[01 [] 0000]", ERR_INVALID, "unknown function" },
    { "export of no table", "07[01 [] 0100]", ERR_INVALID, "unknown table" },
    { "export of no memory", "07[01 [] 0200]", ERR_INVALID, "unknown memory" },
    { "export of no global", "07[01 [] 0300]", ERR_INVALID, "unknown global" },
    { "export of no tag", "07[01 [] 0400]", ERR_INVALID, "unknown tag" },
    { "export twice under two names", "05[01 0000] 07[02 [61] 0200 [62] 0200]", ERR_OK, "" },
    { "export twice under one name", "05[01 0000] 07[02 [61] 0200 [61] 0200]", ERR_INVALID,
      "duplicate export name" },
    { "two things under one name", "04[01 700000] 05[01 0000] 07[02 [61] 0200 [61] 0100]",
      ERR_INVALID, "duplicate export name" },
    { "two empty names", "05[01 0000] 07[02 [] 0200 [] 0200]", ERR_INVALID,
      "duplicate export name" },
    { "first and last of three", "05[01 0000] 07[03 [61] 0200 [62] 0200 [61] 0200]", ERR_INVALID,
      "duplicate export name" },

    { "start of nobody", "08[00]", ERR_INVALID, "unknown function" },
    { "start with a parameter", "01[01 60017f00] 02[01 [][] 0000] 08[00]", ERR_INVALID,
      "start function" },
    { "start with a result", "01[01 6000017f] 02[01 [][] 0000] 08[00]", ERR_INVALID,
      "start function" },
    { "start alone does not declare", "01[01 600000] 03[01 00] 08[00] 0a[01 [00 d2001a 0b]]",
      ERR_INVALID, "undeclared function reference" },

    { "elements for no table", "09[01 00 41000b 00]", ERR_INVALID, "unknown table" },
    { "elements for the second table", "04[01 700000] 09[01 02 01 41000b 00 00]", ERR_INVALID,
      "unknown table" },
    { "elements of a function of nobody", "04[01 700000] 09[01 00 41000b 0100]", ERR_INVALID,
      "unknown function" },
    { "passive elements of a function of nobody", "09[01 0100 0100]", ERR_INVALID,
      "unknown function" },
    { "declared elements of a function of nobody", "09[01 0300 0100]", ERR_INVALID,
      "unknown function" },
    { "elements at an i64", "04[01 700000] 09[01 00 42000b 00]", ERR_INVALID, "type mismatch" },
    { "elements at an i32 of a 64-bit table", "04[01 700400] 09[01 00 41000b 00]", ERR_INVALID,
      "type mismatch" },
    { "elements at two values", "04[01 700000] 09[01 00 410041000b 00]", ERR_INVALID,
      "type mismatch" },
    { "functions for a table of externref", "04[01 6f0000] 09[01 00 41000b 00]", ERR_INVALID,
      "type mismatch" },
    { "externref for a table of functions", "04[01 700000] 09[01 06 00 41000b 6f 00]", ERR_INVALID,
      "type mismatch" },
    { "element expression of another type", "09[01 05 70 01 d06f0b]", ERR_INVALID,
      "type mismatch" },
    { "element expression of a number", "09[01 05 70 01 41000b]", ERR_INVALID, "type mismatch" },
    { "element expression that is no constant", "09[01 05 70 01 000b]", ERR_INVALID,
      "constant expression required" },

    { "data for no memory", "0b[01 00 41000b 00]", ERR_INVALID, "unknown memory" },
    { "data for the second memory", "05[01 0000] 0b[01 02 01 41000b 00]", ERR_INVALID,
      "unknown memory" },
    { "data at an i64", "05[01 0000] 0b[01 00 42000b 00]", ERR_INVALID, "type mismatch" },
    { "data at an i32 of a 64-bit memory", "05[01 0400] 0b[01 00 41000b 00]", ERR_INVALID,
      "type mismatch" },
    { "data at nothing", "05[01 0000] 0b[01 00 0b 00]", ERR_INVALID, "type mismatch" },
    { "data at a reference", "05[01 0000] 0b[01 00 d0700b 00]", ERR_INVALID, "type mismatch" },
    { "passive data need no memory", "0b[01 01 00]", ERR_OK, "" },
};

static void test_cases(void)
{
    static uint8_t room[4096];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wasm_note note;
        size_t size = module_bytes_hex(room, 0, sizeof room, preamble);

        CASE(cases[i].name);
        size = module_bytes_hex(room, size, sizeof room, cases[i].text);
        CHECK_ERR(module_bytes_judge((struct bytes){ room, size }, &note, NULL), cases[i].want);
        CHECK_TEXT(note.rule, cases[i].rule);
        if (cases[i].want != ERR_OK)
            CHECK_EQ(note.function, strstr(cases[i].text, "d2001a") != NULL ? 0 : -1);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint32_t features;
} features[] = {
    { "features: none", "05[01 0000]", 0 },
    { "features: several results", "01[01 6000027f7f]", WASM_FEATURE_MULTI_VALUE },
    { "features: two memories", "05[02 0000 0000]", WASM_FEATURE_MULTI_MEMORY },
    { "features: memory64", "05[01 0400]", WASM_FEATURE_MEMORY64 },
    { "features: shared", "05[01 030101]", WASM_FEATURE_THREADS },
    { "features: tags", "01[01 600000] 0d[01 0000]", WASM_FEATURE_EXCEPTIONS },
    { "features: extended constants", "06[01 7f00 410141026a0b]", WASM_FEATURE_EXTENDED_CONST },
    { "features: sign extension", "01[01 600000] 03[01 00] 0a[01 [00 4100 c0 1a 0b]]",
      WASM_FEATURE_SIGN_EXTENSION },
    { "features: saturating", "01[01 600000] 03[01 00] 0a[01 [00 4300000000 fc00 1a 0b]]",
      WASM_FEATURE_SATURATING },
    { "features: SIMD", "01[01 600000] 03[01 00] 0a[01 [00 4100 fd0f 1a 0b]]", WASM_FEATURE_SIMD },
    { "features: tail calls", "01[01 600000] 03[01 00] 0a[01 [00 1200 0b]]",
      WASM_FEATURE_TAIL_CALL },
    { "features: legacy exceptions", "01[01 600000] 03[01 00] 0a[01 [00 0640 19 0b 0b]]",
      WASM_FEATURE_LEGACY_EXCEPTIONS },
};

static void test_features(void)
{
    for (size_t i = 0; i < COUNT_OF(features); i++) {
        uint8_t room[256];
        struct wasm_note note;
        uint32_t got = 0;
        size_t size = module_bytes_hex(room, 0, sizeof room, preamble);

        CASE(features[i].name);
        size = module_bytes_hex(room, size, sizeof room, features[i].text);
        CHECK_OK(module_bytes_judge((struct bytes){ room, size }, &note, &got));
        CHECK_EQ(got, features[i].features);
    }
}

/* --- Modules made to be slow */

struct bomb {
    uint8_t *data;
    size_t size;
    size_t room;
};

static void put(struct bomb *b, const void *data, size_t size)
{
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size);
        b->data = realloc(b->data, b->room);
        if (b->data == NULL)
            abort();
    }
    memcpy(&b->data[b->size], data, size);
    b->size += size;
}

static void put_byte(struct bomb *b, unsigned byte)
{
    uint8_t one = (uint8_t)byte;

    put(b, &one, 1);
}

static void put_leb(struct bomb *b, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_byte(b, (unsigned)(n & 0x7f) | 0x80);
    put_byte(b, (unsigned)n);
}

/* An index as a block type: signed, so that bit 6 of the last byte is clear. */
static void put_block_type(struct bomb *b, uint32_t index)
{
    for (; index >= 0x40; index >>= 7)
        put_byte(b, (index & 0x7f) | 0x80);
    put_byte(b, index);
}

/* A section, or a body, of what was put into `part`; part is emptied. */
static void put_part(struct bomb *b, int id, struct bomb *part)
{
    if (id >= 0)
        put_byte(b, (unsigned)id);
    put_leb(b, part->size);
    put(b, part->data, part->size);
    part->size = 0;
}

static void put_type(struct bomb *b, uint32_t params, uint32_t results, unsigned first)
{
    put_byte(b, 0x60);
    put_leb(b, params);
    for (uint32_t i = 0; i < params; i++)
        put_byte(b, i == 0 ? first : 0x7f);
    put_leb(b, results);
    for (uint32_t i = 0; i < results; i++)
        put_byte(b, 0x7f);
}

/* Judges, and asks for no more CPU time than `seconds` and no more memory than
 * the module's size allows. Both are far above what is needed, so that a slow or
 * sanitized machine passes; a quadratic shape takes a hundred times as long. */
static void judge(struct bomb *b, enum err want, const char *rule, double seconds)
{
    struct wasm_note note = { 0 };
    struct wasm_decoded m = { 0 };
    struct arena kept;
    struct arena scratch;
    clock_t start = clock();
    enum err e;

    arena_init(&kept, module_bytes_heap, SIZE_MAX);
    arena_init(&scratch, module_bytes_heap, SIZE_MAX);
    e = wasm_decode(&m, (struct bytes){ b->data, b->size }, &kept, &note);
    if (e == ERR_OK)
        e = wasm_validate(&m, &scratch, &note);
    CHECK_ERR(e, want);
    CHECK_TEXT(note.rule, rule);
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < seconds);
    CHECK(kept.peak <= 64 * b->size + (1 << 20));
    CHECK(scratch.peak <= 64 * b->size + (8 << 20));
    arena_done(&kept);
    arena_done(&scratch);
    free(b->data);
}

static struct bomb bomb_new(void)
{
    struct bomb b = { 0 };

    put(&b, "\0asm\1\0\0", 8);
    return b;
}

/* A module of one function with the types given and this body (without locals). */
static void put_function(struct bomb *b, struct bomb *types, struct bomb *body)
{
    struct bomb code = { 0 };

    put_part(b, 1, types);
    put(b, "\3\2\1\0", 4);
    put_byte(&code, 1);
    put_part(&code, -1, body);
    put_part(b, 10, &code);
    free(code.data);
    free(types->data);
    free(body->data);
}

static void test_deep_blocks(uint32_t depth, enum err want, const char *rule)
{
    struct bomb b = bomb_new();
    struct bomb types = { 0 };
    struct bomb body = { 0 };

    put_leb(&types, 2);
    put_type(&types, 0, 0, 0);
    put_type(&types, 1000, 1000, 0x7f);
    put(&body, "\0\0", 2); /* no locals; unreachable */
    for (uint32_t i = 0; i < depth; i++)
        put(&body, "\2\1", 2);
    for (uint32_t i = 0; i < depth; i++)
        put(&body, "\x0b", 1);
    put(&body, "\0\x0b", 2);
    put_function(&b, &types, &body);
    judge(&b, want, rule, 5);
}

/* Many tables of many labels, each label a block of its own with its own type of
 * a thousand results, on a stack of operands of unknown type. */
static void test_branch_tables(void)
{
    enum { BLOCKS = 1000, TABLES = 100, LABELS = 10000 };
    struct bomb b = bomb_new();
    struct bomb types = { 0 };
    struct bomb body = { 0 };

    put_leb(&types, 1 + BLOCKS);
    put_type(&types, 0, 0, 0);
    for (uint32_t i = 0; i < BLOCKS; i++)
        put_type(&types, i, 1000, 0x7e);
    put(&body, "\0\0", 2);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        put_byte(&body, 2);
        put_block_type(&body, 1 + i);
        put_byte(&body, 0);
    }
    for (uint32_t t = 0; t < TABLES; t++) {
        for (uint32_t i = 0; i < 1000; i++)
            put_byte(&body, 0x1b); /* select of two unknown: unknown */
        put(&body, "\x41\0\x0e", 3);
        put_leb(&body, LABELS);
        for (uint32_t i = 0; i <= LABELS; i++)
            put_leb(&body, i % BLOCKS);
    }
    for (uint32_t i = 0; i < BLOCKS; i++)
        put(&body, "\x0b\0", 2);
    put(&body, "\x0b", 1);
    put_function(&b, &types, &body);
    judge(&b, ERR_OK, "", 10);
}

/* As many functions as there can be, each of seven bytes and 50,000 locals. */
static void test_many_locals(void)
{
    enum { COUNT = 300000 };
    struct bomb b = bomb_new();
    struct bomb part = { 0 };

    put(&part, "\1\x60\0\0", 4);
    put_part(&b, 1, &part);
    put_leb(&part, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        put_byte(&part, 0);
    put_part(&b, 3, &part);
    put_leb(&part, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        put(&part, "\6\1\xd0\x86\3\x7f\x0b", 7);
    put_part(&b, 10, &part);
    free(part.data);
    judge(&b, ERR_OK, "", 5);
}

static void test_many_names(uint32_t twice, enum err want, const char *rule)
{
    enum { COUNT = 200000 };
    struct bomb b = bomb_new();
    struct bomb part = { 0 };

    put(&b, "\5\3\1\0\0", 5);
    put_leb(&part, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        char name[16];

        snprintf(name, sizeof name, "%08u", i == twice ? 0 : i);
        put_byte(&part, 8);
        put(&part, name, 8);
        put(&part, "\2\0", 2);
    }
    put_part(&b, 7, &part);
    free(part.data);
    judge(&b, want, rule, 5);
}

static void test_operands(void)
{
    struct bomb b = bomb_new();
    struct bomb types = { 0 };
    struct bomb body = { 0 };

    put_leb(&types, 1);
    put_type(&types, 0, 1000, 0);
    put_byte(&body, 0);
    for (uint32_t i = 0; i < 1001; i++)
        put(&body, "\x10\0", 2); /* calls itself: a thousand operands more */
    put_byte(&body, 0x0b);
    put_function(&b, &types, &body);
    judge(&b, ERR_LIMIT, "too many operands", 5);
}

static void test_params(void)
{
    struct bomb b = bomb_new();
    struct bomb types = { 0 };

    put_leb(&types, 1);
    put_type(&types, LIMIT_PARAMS + 1, 0, 0x7f);
    put_part(&b, 1, &types);
    free(types.data);
    judge(&b, ERR_LIMIT, "too many elements", 5);
}

/* Sections full of the shortest things there are: what the decoder keeps of them
 * stays within a multiple of their bytes. */
static const struct {
    const char *name;
    int section;
    const char *unit; /* repeated */
    size_t size;
    enum err want;
    const char *rule;
} dense[] = {
    { "dense types", 1, "\x60\0\0", 3, ERR_OK, "" },
    { "dense imports", 2, "\0\0\0\0", 4, ERR_INVALID, "unknown type" },
    { "dense globals", 6, "\x7f\0\x41\0\x0b", 5, ERR_OK, "" },
    { "dense empty globals", 6, "\x7f\0\x0b", 3, ERR_INVALID, "type mismatch" },
    { "dense element segments", 9, "\1\0\0", 3, ERR_OK, "" },
    { "dense element expressions", 9, "\5\x70\1\x0b", 4, ERR_INVALID, "type mismatch" },
    { "dense exports", 7, "\0\0\0", 3, ERR_INVALID, "unknown function" },
    { "dense data segments", 11, "\1\0", 2, ERR_OK, "" },
    { "dense tables", 4, "\x70\0\0", 3, ERR_OK, "" },
};

static void test_dense(void)
{
    for (size_t k = 0; k < COUNT_OF(dense); k++) {
        struct bomb b = bomb_new();
        struct bomb part = { 0 };

        CASE(dense[k].name);
        put_leb(&part, LIMIT_TABLES);
        for (uint32_t i = 0; i < LIMIT_TABLES; i++)
            put(&part, dense[k].unit, dense[k].size);
        put_part(&b, dense[k].section, &part);
        free(part.data);
        judge(&b, dense[k].want, dense[k].rule, 5);
    }
}

static void test_custom_sections(void)
{
    struct bomb b = bomb_new();

    CASE("many custom sections");
    for (uint32_t i = 0; i < 200000; i++)
        put(&b, "\0\1\0", 3);
    judge(&b, ERR_OK, "", 5);
}

static void test_bombs(void)
{
    test_dense();
    test_custom_sections();
    CASE("blocks in blocks, a thousand operands each");
    test_deep_blocks(LIMIT_NESTING - 1, ERR_OK, "");
    CASE("one block too deep");
    test_deep_blocks(LIMIT_NESTING, ERR_LIMIT, "blocks nested too deeply");
    CASE("tables of labels of many types");
    test_branch_tables();
    CASE("many functions of many locals");
    test_many_locals();
    CASE("many export names");
    test_many_names(UINT32_MAX, ERR_OK, "");
    CASE("many export names, the last one twice");
    test_many_names(199999, ERR_INVALID, "duplicate export name");
    CASE("a million operands and one");
    test_operands();
    CASE("a thousand and one parameters");
    test_params();
}

int main(void)
{
    test_cases();
    test_features();
    test_bombs();
    return check_done();
}
