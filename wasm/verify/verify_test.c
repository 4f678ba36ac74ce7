/* What the verifier accepts and what it refuses, instruction by instruction; and that a
 * changed bit in code that it accepts is, as a rule, refused. */
#include <stdlib.h>

#include "tests/check.h"
#include "tests/module_bytes.h"
#include "wasm/verify/verify.h"

/* The module that all cases belong to. Functions: 0 is imported. */
enum { IMPORTED, VOID, INT, LONG, REF, RESULT_LONG, FUNCTION_COUNT };

static const uint8_t i32[] = { WASM_I32 }, i64[] = { WASM_I64 }, funcref[] = { WASM_FUNCREF };

static struct wasm_functype types[] = {
    { { NULL, NULL, 0, 0 }, 0 },    { { i32, i32, 1, 1 }, 1 },  { { i64, i32, 1, 1 }, 2 },
    { { funcref, NULL, 1, 0 }, 3 }, { { NULL, i64, 0, 1 }, 4 },
};
static struct wasm_func funcs[FUNCTION_COUNT] = {
    { .type = 1 }, { .type = 0 }, { .type = 1 }, { .type = 2 }, { .type = 3 }, { .type = 4 },
};
static struct wasm_tabletype tables[] = { { .type = WASM_FUNCREF }, { .type = WASM_EXTERNREF } };
static struct wasm_memtype memories[] = { { .limits = { .least = 1 } },
                                          { .limits = { .least = 1, .is64 = true } } };
static struct wasm_globaltype globals[] = { { .type = WASM_I32, .is_mutable = true },
                                            { .type = WASM_I32, .is_mutable = true },
                                            { .type = WASM_I64 },
                                            { .type = WASM_FUNCREF, .is_mutable = true } };
static uint32_t tags[] = { 1 };

static const struct wasm_decoded module = {
    .types = types,
    .type_count = COUNT_OF(types),
    .funcs = funcs,
    .func_count = COUNT_OF(funcs),
    .imported_func_count = 1,
    .tables = tables,
    .table_count = COUNT_OF(tables),
    .memories = memories,
    .memory_count = COUNT_OF(memories),
    .globals = globals,
    .global_count = COUNT_OF(globals),
    .imported_global_count = 1,
    .tags = tags,
    .tag_count = COUNT_OF(tags),
    .validated = true,
};
static struct wasm_layout layout;

enum {
    PLAIN = WASM_CONFIG_SSE41,
    GUARDED = WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_BMI | WASM_CONFIG_POPCNT,
    EXPLICIT = GUARDED | WASM_CONFIG_EXPLICIT,
};

struct verify_case {
    const char *name;
    const char *hex;
    uint32_t text_size;
    uint32_t function; /* 0: VOID */
    uint32_t frame;
    uint8_t saved;
    uint64_t config; /* 0: GUARDED */
    struct {
        uint32_t pc;
        char kind;
        uint32_t pad;
    } sites[6];
    struct wasm_reloc relocs[2];
    const char *want;
};

#include "wasm/verify/context_test.h"
#include "wasm/verify/frame_test.h"

static const struct {
    const struct verify_case *cases;
    size_t count;
} suites[] = { { frame_cases, COUNT_OF(frame_cases) }, { context_cases, COUNT_OF(context_cases) } };

/* --- One function's code */

struct subject {
    struct wasm_unit unit;
    struct wasm_code code;
    struct wasm_site_entry sites[6];
    struct wasm_reloc relocs[2];
    uint8_t bytes[512];
};

static void subject_sites(struct subject *s, const struct verify_case *c)
{
    for (unsigned i = 0; i < COUNT_OF(c->sites) && c->sites[i].kind != 0; i++) {
        char k = c->sites[i].kind;

        s->sites[s->code.site_count++] = (struct wasm_site_entry){
            .pc = c->sites[i].pc,
            .kind = k == 'm'   ? WASM_SITE_MEMORY
                    : k == 'c' ? WASM_SITE_CALL
                               : WASM_SITE_TRAP,
            .trap = k == 's'   ? WASM_TRAP_STACK
                    : k == 't' ? WASM_TRAP_TABLE
                               : WASM_TRAP_MEMORY,
            .pad_pc = c->sites[i].pad,
        };
    }
}

static void subject_make(struct subject *s, const struct verify_case *c)
{
    *s = (struct subject){ .unit = { &module, &layout, c->config == 0 ? GUARDED : c->config } };
    s->code = (struct wasm_code){
        .bytes = s->bytes,
        .size = (uint32_t)module_bytes_hex(s->bytes, 0, sizeof s->bytes, c->hex),
        .text_size = c->text_size,
        .frame_size = c->frame,
        .saved = c->saved,
        .sites = s->sites,
        .relocs = s->relocs,
    };
    subject_sites(s, c);
    for (unsigned i = 0; i < COUNT_OF(c->relocs) && (c->relocs[i].at | c->relocs[i].target); i++)
        s->relocs[s->code.reloc_count++] = c->relocs[i];
}

static enum err subject_judge(const struct subject *s, const struct verify_case *c,
                              struct wasm_note *note)
{
    struct arena arena;
    enum err e;

    arena_init(&arena, module_bytes_heap, 64 << 20);
    e = wasm_verify_function(&s->unit, c->function == 0 ? (uint32_t)VOID : c->function, &s->code,
                             &arena, note);
    arena_done(&arena);
    return e;
}

static void test_case(const struct verify_case *c)
{
    struct subject s;
    struct wasm_note note = { 0 };

    CASE(c->name);
    subject_make(&s, c);
    CHECK_ERR(subject_judge(&s, c, &note), c->want == NULL ? ERR_OK : ERR_INVALID);
    CHECK_TEXT(note.rule, c->want == NULL ? "" : c->want);
    if (note.rule[0] != 0)
        CHECK_EQ(note.function, c->function == 0 ? VOID : (int)c->function);
}

/* --- Changed bits */

static struct {
    uint64_t refused, total;
} flips;

static void flip(const struct verify_case *c)
{
    struct subject s;

    if (c->want != NULL)
        return;
    subject_make(&s, c);
    for (uint32_t bit = 0; bit < 8 * s.code.size; bit++) {
        struct wasm_note note = { 0 };

        s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        flips.refused += subject_judge(&s, c, &note) != ERR_OK;
        s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        flips.total++;
    }
}

/* Of a bit of an operand that may be anything (a displacement, a data register) the
 * change is harmless; of most others it is not code of ours any more. */
static void test_flips(void)
{
    CASE("two of three changed bits are refused");
    CHECK(flips.refused * 3 > flips.total * 2);
    printf("# %llu of %llu\n", (unsigned long long)flips.refused, (unsigned long long)flips.total);
}

static void test_cases(void)
{
    for (size_t n = 0; n < COUNT_OF(suites); n++)
        for (size_t i = 0; i < suites[n].count; i++) {
            test_case(&suites[n].cases[i]);
            flip(&suites[n].cases[i]);
        }
}

/* The same code cannot be had with a table that does not describe it. */
static void test_tables(void)
{
    struct subject s;
    struct wasm_note note = { 0 };

    CASE("sites out of order");
    subject_make(&s, &frame_cases[1]);
    s.sites[0].pc = 6;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("site beyond the text");
    subject_make(&s, &frame_cases[1]);
    s.sites[1].pc = s.code.text_size + 1;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("landing pad of what is no call");
    subject_make(&s, &frame_cases[1]);
    s.sites[1].pad_pc = 1;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("no text");
    subject_make(&s, &frame_cases[1]);
    s.code.text_size = 0;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("more text than code");
    subject_make(&s, &frame_cases[1]);
    s.code.text_size = s.code.size + 1;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("frame beyond the limit");
    subject_make(&s, &frame_cases[1]);
    s.code.frame_size = (1 << 20) + 8;
    CHECK_ERR(subject_judge(&s, &frame_cases[1], &note), ERR_INVALID);
    CASE("no memory for it");
    {
        struct arena arena;

        subject_make(&s, &frame_cases[1]);
        arena_init(&arena, module_bytes_heap, 16);
        CHECK_ERR(wasm_verify_function(&s.unit, INT, &s.code, &arena, NULL), ERR_NOMEM);
        arena_done(&arena);
    }
}

/* The offsets that the cases were assembled with. */
static void test_layout(void)
{
    CASE("layout of the cases");
    CHECK_OK(wasm_layout_of(&layout, &module));
    CHECK_EQ(layout.memories, 0xc0);
    CHECK_EQ(layout.tables, 0xd0);
    CHECK_EQ(layout.tags, 0xe0);
    CHECK_EQ(layout.global_pointers, 0xe8);
    CHECK_EQ(layout.globals, 0xf0);
    CHECK_EQ(layout.signatures, 0x120);
    CHECK_EQ(layout.imports, 0x138);
    CHECK_EQ(layout.functions, 0x140);
}

int main(void)
{
    test_layout();
    test_cases();
    test_flips();
    test_tables();
    return check_done();
}
