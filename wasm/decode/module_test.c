/* The form of modules: sections, counts, names, limits. Own vectors, after core
 * 5.5; what follows the preamble is given. */
#include "tests/check.h"
#include "tests/module_bytes.h"

static const char preamble[] = "0061736d 01000000";

static const struct {
    const char *name;
    const char *text; /* after the preamble */
    enum err want;
    const char *rule;
} cases[] = {
    { "empty module", "", ERR_OK, "" },
    { "custom section", "00[[61] 010203]", ERR_OK, "" },
    { "custom sections anywhere", "00[[61]] 01[00] 00[[61]] 00[[61]]", ERR_OK, "" },
    { "start section without contents",
      "01[01 600000] 02[00] 03[01 00] 04[00] 05[00] 0d[00] 06[00] 07[00] 0800 09[00] 0c[00]"
      "0a[01 [00 0b]] 0b[00]",
      ERR_MALFORMED, "unexpected end of section or function" }, /* start section of size 0 */
    { "all sections, each with its contents",
      "01[01 600000] 02[00] 03[01 00] 04[00] 05[00] 0d[00] 06[00] 07[00] 08[00] 09[00] 0c[00]"
      "0a[01 [00 0b]] 0b[00]",
      ERR_OK, "" },
    { "section 14", "0e[00]", ERR_MALFORMED, "malformed section id" },
    { "section 127", "7f[00]", ERR_MALFORMED, "malformed section id" },
    { "section without size", "01", ERR_MALFORMED, "unexpected end of section or function" },
    { "section of six-byte size", "01 80808080808000", ERR_MALFORMED,
      "integer representation too long" },
    { "section of 33-bit size", "01 8080808010", ERR_MALFORMED, "integer too large" },
    { "section longer than the module", "0105 00", ERR_MALFORMED, "length out of bounds" },
    { "type section twice", "01[00] 01[00]", ERR_MALFORMED,
      "unexpected content after last section" },
    { "types after functions", "03[00] 01[00]", ERR_MALFORMED,
      "unexpected content after last section" },
    { "tags after globals", "06[00] 0d[00]", ERR_MALFORMED,
      "unexpected content after last section" },
    { "data count after code", "0a[00] 0c[00]", ERR_MALFORMED,
      "unexpected content after last section" },
    { "byte left in the type section", "01[00 00]", ERR_MALFORMED, "section size mismatch" },
    { "byte left in the start section", "01[01 600000] 03[01 00] 08[00 00] 0a[01 [00 0b]]",
      ERR_MALFORMED, "section size mismatch" },
    { "custom section without a name", "00[]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "custom name longer than its section", "00[05 61]", ERR_MALFORMED, "length out of bounds" },
    { "custom name not UTF-8", "00[[ff]]", ERR_MALFORMED, "malformed UTF-8 encoding" },
    { "custom name, overlong slash", "00[[c0af]]", ERR_MALFORMED, "malformed UTF-8 encoding" },
    { "custom name, surrogate", "00[[eda080]]", ERR_MALFORMED, "malformed UTF-8 encoding" },
    { "custom name, beyond Unicode", "00[[f4908080]]", ERR_MALFORMED, "malformed UTF-8 encoding" },
    { "custom name cut in a character", "00[[e282]]", ERR_MALFORMED, "malformed UTF-8 encoding" },

    { "a thousand million types", "01[8094ebdc03]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "type of form 0x61", "01[01 610000]", ERR_MALFORMED, "malformed function type" },
    { "type with a bad parameter", "01[01 600140 00]", ERR_MALFORMED, "malformed value type" },
    { "more parameters than bytes", "01[01 6005 7f7f]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "struct type", "01[01 5f0000]", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "array type", "01[01 5e7f00]", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "recursive type", "01[01 4e00 00]", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "sub type", "01[01 5000 600000]", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "parameter (ref null 0)", "01[01 60016300 00]", ERR_UNSUPPORTED,
      "unsupported: typed function references" },
    { "parameter (ref extern)", "01[01 6001646f 00]", ERR_UNSUPPORTED,
      "unsupported: typed function references" },
    { "parameter (ref null func)", "01[01 60016370 00]", ERR_OK, "" },
    { "parameter anyref", "01[01 60016e 00]", ERR_UNSUPPORTED, "unsupported: garbage collection" },

    { "import of kind 5", "02[01 [61][62] 0500]", ERR_MALFORMED, "malformed import kind" },
    { "import with a bad module name", "02[01 [80][62] 0000]", ERR_MALFORMED,
      "malformed UTF-8 encoding" },
    { "import with a bad name", "02[01 [61][80] 0000]", ERR_MALFORMED, "malformed UTF-8 encoding" },
    { "import cut short", "02[01 [61][62] 00]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "import of a table of i32", "02[01 [61][62] 017f0000]", ERR_MALFORMED,
      "malformed reference type" },
    { "import of a tag of attribute 1", "02[01 [61][62] 040100]", ERR_MALFORMED,
      "malformed tag attribute" },
    { "import of a global of mutability 2", "02[01 [61][62] 037f02]", ERR_MALFORMED,
      "malformed mutability" },
    { "more imports than bytes", "02[05 [61][62] 0000]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "a hundred and one memories imported",
      "05[65 00000000000000000000000000000000000000000000000000000000000000000000000000000000"
      "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
      "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
      "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
      "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000]",
      ERR_LIMIT, "too many elements" },

    { "functions without code", "01[01 600000] 03[01 00]", ERR_MALFORMED,
      "function and code section have inconsistent lengths" },
    { "code without functions", "0a[01 [00 0b]]", ERR_MALFORMED,
      "function and code section have inconsistent lengths" },
    { "two functions, one body", "01[01 600000] 03[02 00 00] 0a[01 [00 0b]]", ERR_MALFORMED,
      "function and code section have inconsistent lengths" },
    { "empty code section alone", "0a[00]", ERR_OK, "" },
    { "body longer than the section", "01[01 600000] 03[01 00] 0a[01 05 00 0b]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "body of 4 GiB", "01[01 600000] 03[01 00] 0a[01 ffffffff0f 00 0b]", ERR_MALFORMED,
      "unexpected end of section or function" },

    { "table of limits flag 2", "04[01 700200]", ERR_MALFORMED, "malformed limits flags" },
    { "table of limits flag 8", "04[01 700800]", ERR_MALFORMED, "malformed limits flags" },
    { "memory of limits flag 8", "05[01 0800]", ERR_MALFORMED, "malformed limits flags" },
    { "memory without its maximum", "05[01 0100]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "memory of eleven-byte minimum", "05[01 04 8080808080808080808000]", ERR_MALFORMED,
      "integer representation too long" },
    { "table with initialiser, wrong zero", "04[01 4001 7000 00 d0700b]", ERR_MALFORMED,
      "malformed table" },
    { "table with initialiser", "04[01 4000 7000 00 d0700b]", ERR_OK, "" },
    { "global without end", "06[01 7f00 4100]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "global of mutability 2", "06[01 7f02 41000b]", ERR_MALFORMED, "malformed mutability" },
    { "global of type 0x40", "06[01 4000 41000b]", ERR_MALFORMED, "malformed value type" },
    { "tag of attribute 1", "01[01 600000] 0d[01 0100]", ERR_MALFORMED, "malformed tag attribute" },
    { "export of kind 5", "05[01 0000] 07[01 [61] 0500]", ERR_MALFORMED, "malformed export kind" },
    { "export with a bad name", "05[01 0000] 07[01 [fe] 0200]", ERR_MALFORMED,
      "malformed UTF-8 encoding" },

    { "element segment of kind 8", "09[01 08 00 00]", ERR_MALFORMED,
      "malformed elements segment kind" },
    { "element segment of element kind 1", "09[01 01 01 00]", ERR_MALFORMED,
      "malformed element kind" },
    { "element segment, more than bytes", "09[01 01 00 7f 00]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "element segment of i32", "09[01 05 7f 00]", ERR_MALFORMED, "malformed reference type" },
    { "element expressions without end", "09[01 05 70 01 d070]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "data segment of kind 3", "0b[01 03 00]", ERR_MALFORMED, "malformed data segment kind" },
    { "data segment, more than bytes", "0b[01 01 05 00]", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "data count without data", "0c[01]", ERR_MALFORMED,
      "data count and data section have inconsistent lengths" },
    { "data count of another number", "0c[02] 0b[01 01 00]", ERR_MALFORMED,
      "data count and data section have inconsistent lengths" },
    { "data count right", "0c[01] 0b[01 01 00]", ERR_OK, "" },
    { "memory.init without data count",
      "01[01 600000] 03[01 00] 05[01 0000] 0a[01 [00 410041004100 fc080000 0b]] 0b[01 01 00]",
      ERR_MALFORMED, "data count section required" },
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
        CHECK(note.offset <= size);
    }
}

static const struct {
    const char *name;
    const char *text;
    enum err want;
    const char *rule;
} preambles[] = {
    { "no bytes", "", ERR_MALFORMED, "unexpected end" },
    { "one byte", "00", ERR_MALFORMED, "unexpected end" },
    { "magic alone", "0061736d", ERR_MALFORMED, "unexpected end" },
    { "version cut", "0061736d 0100", ERR_MALFORMED, "unexpected end" },
    { "another magic", "0061736e 01000000", ERR_MALFORMED, "magic header not detected" },
    { "magic the other way round", "6d736100 01000000", ERR_MALFORMED,
      "magic header not detected" },
    { "version 0", "0061736d 00000000", ERR_MALFORMED, "unknown binary version" },
    { "version 2", "0061736d 02000000", ERR_MALFORMED, "unknown binary version" },
    { "a component", "0061736d 0d000100", ERR_UNSUPPORTED, "unsupported: component model" },
};

static void test_preambles(void)
{
    for (size_t i = 0; i < COUNT_OF(preambles); i++) {
        uint8_t room[64];
        struct wasm_note note;
        size_t size = module_bytes_hex(room, 0, sizeof room, preambles[i].text);

        CASE(preambles[i].name);
        CHECK_ERR(module_bytes_judge((struct bytes){ room, size }, &note, NULL), preambles[i].want);
        CHECK_TEXT(note.rule, preambles[i].rule);
        CHECK_EQ(note.function, -1);
    }
}

/* What the decoder says about a module that has one of each thing. */
static void test_contents(void)
{
    static uint8_t room[1024];
    struct wasm_note note = { 0 };
    struct wasm_decoded m = { 0 };
    struct arena arena;
    size_t size = module_bytes_hex(
        room, 0, sizeof room,
        "0061736d 01000000 01[04 60017f00 600000 60017f00 6000017f]"
        "02[02 [6d] [66] 0000 [6d] [67] 037f01] 03[02 01 02] 04[01 70010102] 05[01 0102 03]"
        "06[01 7f00 23000b] 07[02 [66] 0001 [6d] 0200] 08[01] 09[01 00 41000b 02 0102]"
        "0c[02] 0a[02 [00 0b] [00 0b]] 0b[02 00 41000b [aabbcc] 01 [dd]]"
        "00[[6e616d65] 00[[6d6f64]] 01[02 00[6f6e65] 02[74776f]]] 00[[7a] ff]");

    CASE("every part is where the format puts it");
    arena_init(&arena, module_bytes_heap, 1 << 20);
    if (!CHECK_OK(wasm_decode(&m, (struct bytes){ room, size }, &arena, &note)))
        return;
    CHECK_EQ(m.type_count, 4);
    CHECK_EQ(m.types[0].canonical, 0);
    CHECK_EQ(m.types[1].canonical, 1);
    CHECK_EQ(m.types[2].canonical, 0);
    CHECK_EQ(m.types[3].canonical, 3);
    CHECK_EQ(m.import_count, 2);
    CHECK_EQ(m.imports[1].kind, WASM_EXTERN_GLOBAL);
    CHECK_EQ(m.imports[1].index, 0);
    CHECK_EQ(m.func_count, 3);
    CHECK_EQ(m.imported_func_count, 1);
    CHECK_EQ(m.funcs[2].body.size, 2);
    CHECK_EQ(room[m.funcs[2].body_offset + 1], 0x0b);
    CHECK_EQ(m.funcs[0].declared, false);
    CHECK_EQ(m.funcs[1].declared, true);
    CHECK_EQ(m.funcs[2].declared, true);
    CHECK_EQ(m.tables[0].limits.most, 2);
    CHECK_EQ(m.memories[0].limits.least, 2);
    CHECK_EQ(m.global_count, 2);
    CHECK_EQ(m.globals[0].is_mutable, true);
    CHECK_EQ(m.globals[1].init.code.size, 3);
    CHECK_EQ(m.export_count, 2);
    CHECK_EQ(m.has_start, true);
    CHECK_EQ(m.start, 1);
    CHECK_EQ(m.elems[0].count, 2);
    CHECK_EQ(m.elems[0].functions[1], 2);
    CHECK_EQ(m.datas[1].mode, WASM_SEGMENT_PASSIVE);
    CHECK_BYTES(m.datas[1].bytes, BYTES_TEXT("\xdd"));
    CHECK_EQ(m.custom_count, 2);
    CHECK_EQ(m.customs[1].size, 1);
    CHECK_BYTES(m.module_name, BYTES_TEXT("mod"));
    CHECK_BYTES(wasm_decoded_function_name(&m, 0), BYTES_TEXT("one"));
    CHECK_BYTES(wasm_decoded_function_name(&m, 1), BYTES_TEXT("f")); /* of the export */
    CHECK_BYTES(wasm_decoded_function_name(&m, 2), BYTES_TEXT("two"));
    CHECK_EQ(wasm_decoded_signature(&m, 0).param_count, 1);
    CHECK_EQ(wasm_decoded_signature(&m, 3).param_count, 0);
    CHECK_EQ(m.features, WASM_FEATURE_BULK_MEMORY | WASM_FEATURE_MUTABLE_GLOBALS);
    CHECK_EQ(m.validated, false);
    arena_done(&arena);
}

/* A name section that is wrong is no error, and gives no names. */
static const struct {
    const char *name;
    const char *section;
    uint32_t names;
} name_sections[] = {
    { "names in order", "00[[6e616d65] 01[02 00[61] 01[62]]]", 2 },
    { "names out of order", "00[[6e616d65] 01[02 01[61] 00[62]]]", 0 },
    { "name twice", "00[[6e616d65] 01[02 00[61] 00[62]]]", 0 },
    { "name not UTF-8", "00[[6e616d65] 01[01 00[ff]]]", 0 },
    { "name cut", "00[[6e616d65] 01[01 00 05 61]]", 0 },
    { "more names than bytes", "00[[6e616d65] 01[7f 00[61]]]", 0 },
    { "subsection longer than the section", "00[[6e616d65] 01 7f]", 0 },
    { "names of locals only", "00[[6e616d65] 02[00]]", 0 },
    { "names after an unknown part", "00[[6e616d65] 09[ffff] 01[01 00[61]]]", 1 },
    { "names behind a bad module name", "00[[6e616d65] 00[[ff]] 01[01 00[61]]]", 1 },
    { "second name section", "00[[6e616d65]] 00[[6e616d65] 01[01 00[61]]]", 0 },
};

static void test_names(void)
{
    for (size_t i = 0; i < COUNT_OF(name_sections); i++) {
        uint8_t room[256];
        struct wasm_decoded m = { 0 };
        struct arena arena;
        size_t size = module_bytes_hex(room, 0, sizeof room, preamble);

        size = module_bytes_hex(room, size, sizeof room,
                                "01[01 600000] 03[02 00 00] 0a[02 [00 0b] [00 0b]]");
        size = module_bytes_hex(room, size, sizeof room, name_sections[i].section);
        CASE(name_sections[i].name);
        arena_init(&arena, module_bytes_heap, 1 << 20);
        CHECK_OK(wasm_decode(&m, (struct bytes){ room, size }, &arena, NULL));
        CHECK_EQ(m.name_count, name_sections[i].names);
        arena_done(&arena);
    }
}

/* Every prefix of a module is refused or is a module; none reads beyond its end
 * (for which the copy has the exact size). */
static void test_prefixes(void)
{
    static uint8_t room[512];
    size_t size = module_bytes_hex(room, 0, sizeof room, preamble);

    CASE("every prefix");
    size = module_bytes_hex(room, size, sizeof room,
                            "01[02 60017f00 600000] 02[01 [6d] [66] 0000] 03[01 01] 05[01 0001]"
                            "06[01 7f01 41000b] 07[01 [66] 0001] 0c[01]"
                            "0a[01 [00 0240 4100 0e00 00 0b 0b]] 0b[01 00 41000b [aabb]]");
    for (size_t n = 0; n <= size; n++) {
        uint8_t *exact = malloc(n != 0 ? n : 1);
        struct wasm_note note;

        if (exact == NULL)
            abort();
        memcpy(exact, room, n);
        if (module_bytes_judge((struct bytes){ exact, n }, &note, NULL) != ERR_OK)
            CHECK(note.rule[0] != '\0');
        else
            CHECK(n == 8 || n == size || room[n] < 0x0e);
        free(exact);
    }
}

/* The arena refuses at every possible allocation; nothing is half accepted. */
static void test_no_memory(void)
{
    static uint8_t room[512];
    struct wasm_decoded m;
    size_t size = module_bytes_hex(room, 0, sizeof room, preamble);

    CASE("no memory");
    size = module_bytes_hex(room, size, sizeof room, "01[01 600000] 03[01 00] 0a[01 [00 0b]]");
    for (size_t ceiling = 0; ceiling < 4096; ceiling += 16) {
        struct arena arena;
        enum err e;

        m = (struct wasm_decoded){ 0 };
        arena_init(&arena, module_bytes_heap, ceiling);
        e = wasm_decode(&m, (struct bytes){ room, size }, &arena, NULL);
        CHECK(e == ERR_NOMEM || e == ERR_OK);
        CHECK((e == ERR_OK) == (m.func_count == 1));
        arena_done(&arena);
    }
}

int main(void)
{
    test_preambles();
    test_cases();
    test_contents();
    test_names();
    test_prefixes();
    test_no_memory();
    return check_done();
}
