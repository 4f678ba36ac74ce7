#include "codec/toml.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct toml_error error;
static struct toml_value *root;

static enum err parse(struct bytes raw)
{
    root = NULL;
    return toml_parse(&root, &arena, raw, &error);
}

/* tests/run-toml runs the whole suite; these say where an error is. */
static const struct {
    const char *name;
    struct bytes raw;
    uint32_t line, column;
    const char *expected;
} refusals[] = {
    { "no value", BYTES_TEXT("a = 1\nb =\n"), 2, 4, "a value" },
    { "a key twice", BYTES_TEXT("a = 1\na = 2"), 2, 1, "a key that is not there yet" },
    { "a table twice", BYTES_TEXT("[a]\n[b]\n  [ a ]"), 3, 5, "a table that is not defined yet" },
    { "text behind a value", BYTES_TEXT("a = 1 2"), 1, 7, "the end of the line" },
    { "columns are characters", BYTES_TEXT("\"\xc3\xa9\xc3\xa9\" : 1"), 1, 6, "= after a key" },
    { "not UTF-8", BYTES_TEXT("a = \"x\"\nb = \"\xff\""), 2, 6, "UTF-8" },
    { "no end of a string", BYTES_TEXT("a = \"abc"), 1, 9, "a quote at the end of the string" },
    { "an unknown escape", BYTES_TEXT("a = \"\\q\""), 1, 7,
      "an escape: \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX" },
    { "2^63", BYTES_TEXT("a = 9223372036854775808"), 1, 5,
      "a number of 64 bits, with underscores between digits only" },
    { "the 30th of February", BYTES_TEXT("a = 2024-02-30"), 1, 5, "a date or time that exists" },
    { "an inline table over two lines", BYTES_TEXT("a = {b = 1,\nc = 2}"), 1, 12, "a key" },
    { "a dotted key into an inline table", BYTES_TEXT("a = {}\na.b = 1"), 2, 1,
      "a key that is not defined elsewhere" },
    { "bare carriage return", BYTES_TEXT("a = 1\rb = 2"), 1, 6, "the end of the line" },
};

static void check_refusals(void)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        uint32_t line, column;

        CASE(refusals[i].name);
        CHECK_ERR(parse(refusals[i].raw), ERR_MALFORMED);
        toml_place(refusals[i].raw, error.offset, &line, &column);
        CHECK_EQ(line, refusals[i].line);
        CHECK_EQ(column, refusals[i].column);
        CHECK_TEXT(error.expected, refusals[i].expected);
    }
}

static void check_depth(void)
{
    static uint8_t deep[300000];

    CASE("nesting has a limit: arrays");
    memset(deep, '[', sizeof deep);
    memcpy(deep, "a =", 3);
    CHECK_ERR(parse(BYTES_OF(deep)), ERR_LIMIT);

    CASE("nesting has a limit: dotted keys");
    for (size_t i = 0; i + 1 < sizeof deep; i += 2) {
        deep[i] = 'a';
        deep[i + 1] = '.';
    }
    CHECK_ERR(parse(BYTES_OF(deep)), ERR_LIMIT);

    CASE("nesting has a limit: inline tables");
    for (size_t i = 0; i + 3 < sizeof deep; i += 3)
        memcpy(deep + i, "a={", 3);
    CHECK_ERR(parse(BYTES_OF(deep)), ERR_LIMIT);
}

static void check_many(void)
{
    static char many[1 << 21];
    size_t size = 0;
    uint32_t found = 0;

    CASE("a hundred thousand keys in order are found quickly");
    for (uint32_t i = 0; i < 100000; i++)
        size += (size_t)snprintf(many + size, sizeof many - size, "k%06u = %u\n", i, i);
    if (!CHECK_OK(parse((struct bytes){ (const uint8_t *)many, size })))
        return;
    for (uint32_t i = 0; i < 100000; i++) {
        char key[16];
        const struct toml_value *v;

        snprintf(key, sizeof key, "k%06u", i);
        v = toml_get(root, (struct bytes){ (const uint8_t *)key, 7 });
        found += v != NULL && v->integer == i;
    }
    CHECK_EQ(found, 100000);
    CHECK_NULL(toml_get(root, BYTES_TEXT("k1")));
}

static void check_memory(void)
{
    static const char raw[] = "[a]\nb = [1, {c = 'x'}]\n[[d]]\ne = \"\"\"y\"\"\"\n";
    enum err e = ERR_NOMEM;
    size_t ceiling;

    CASE("out of memory at every size of arena");
    for (ceiling = 0; e == ERR_NOMEM && ceiling < 1 << 20; ceiling += 64) {
        struct arena small;
        struct toml_value *out = NULL;

        arena_init(&small, (struct arena_source){ chunk_take, chunk_give, NULL }, ceiling);
        e = toml_parse(&out, &small, BYTES_TEXT(raw), &error);
        arena_done(&small);
    }
    CHECK_OK(e);
    CHECK(ceiling > 64);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 28);
    check_refusals();
    check_depth();
    check_many();
    check_memory();
    arena_done(&arena);
    return check_done();
}
