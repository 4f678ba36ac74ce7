#include "codec/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    size_t *left = context;

    if (left != NULL && *left < size)
        return NULL;
    if (left != NULL)
        *left -= size;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct json_error error;
static struct json *root;

/* A copy of the exact size, so that a sanitizer sees one byte too far. */
static enum err parse(struct bytes raw)
{
    static uint8_t *exact;

    free(exact);
    exact = malloc(raw.size != 0 ? raw.size : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, raw.data, raw.size);
    root = NULL;
    arena_reset(&arena);
    return json_parse(&root, &arena, (struct bytes){ exact, raw.size }, &error);
}

static enum err parse_text(const char *text)
{
    return parse((struct bytes){ (const uint8_t *)text, strlen(text) });
}

static const struct {
    const char *name;
    struct bytes raw;
    size_t offset;
    const char *expected;
} refusals[] = {
    { "nothing", BYTES_TEXT(""), 0, "a value" },
    { "white space alone", BYTES_TEXT(" \n"), 2, "a value" },
    { "a byte order mark", BYTES_TEXT("\xef\xbb\xbf{}"), 0, "a value" },
    { "two values", BYTES_TEXT("1 2"), 2, "the end of the document" },
    { "a NUL at the end", BYTES_TEXT("{}\0"), 2, "the end of the document" },
    { "a form feed is no white space", BYTES_TEXT("\f1"), 0, "a value" },
    { "half a word", BYTES_TEXT("tru"), 0, "a value" },
    { "a word too long", BYTES_TEXT("nulll"), 4, "the end of the document" },
    { "a word in capitals", BYTES_TEXT("True"), 0, "a value" },
    { "NaN", BYTES_TEXT("NaN"), 0, "a value" },
    { "an open array", BYTES_TEXT("[1"), 2, "a comma or ]" },
    { "an open object", BYTES_TEXT("{\"a\":1"), 6, "a comma or }" },
    { "a bracket alone", BYTES_TEXT("["), 1, "a value" },
    { "a brace alone", BYTES_TEXT("{"), 1, "a name in quotes" },
    { "a closing bracket alone", BYTES_TEXT("]"), 0, "a value" },
    { "closed by the other", BYTES_TEXT("[1}"), 2, "a comma or ]" },
    { "an object closed by the other", BYTES_TEXT("{\"a\":1]"), 6, "a comma or }" },
    { "a comma at the end", BYTES_TEXT("[1,]"), 3, "a value" },
    { "a comma at the end of an object", BYTES_TEXT("{\"a\":1,}"), 7, "a name in quotes" },
    { "a comma first", BYTES_TEXT("[,1]"), 1, "a value" },
    { "a comma first in an object", BYTES_TEXT("{,\"a\":1}"), 1, "a name in quotes" },
    { "no comma", BYTES_TEXT("[1 2]"), 3, "a comma or ]" },
    { "a name without quotes", BYTES_TEXT("{a:1}"), 1, "a name in quotes" },
    { "a number as name", BYTES_TEXT("{1:1}"), 1, "a name in quotes" },
    { "no colon", BYTES_TEXT("{\"a\" 1}"), 5, "a colon after a name" },
    { "no value", BYTES_TEXT("{\"a\":}"), 5, "a value" },
    { "a comment", BYTES_TEXT("/* */1"), 0, "a value" },
    { "single quotes", BYTES_TEXT("'a'"), 0, "a value" },
    { "an open string", BYTES_TEXT("\"abc"), 4, "the end of a string" },
    { "a string that ends in a backslash", BYTES_TEXT("\"abc\\"), 5, "the end of a string" },
    { "an escaped quote and no other", BYTES_TEXT("\"abc\\\""), 6, "the end of a string" },
    { "a line end in a string", BYTES_TEXT("\"a\nb\""), 2, "no control character in a string" },
    { "a NUL in a string", BYTES_TEXT("\"a\0b\""), 2, "no control character in a string" },
    { "a control character after a backslash", BYTES_TEXT("\"\\\n\""), 2,
      "no control character in a string" },
    { "not UTF-8", BYTES_TEXT("\"a\xff\""), 2, "UTF-8" },
    { "a surrogate in UTF-8", BYTES_TEXT("\"\xed\xa0\x80\""), 1, "UTF-8" },
    { "an overlong slash", BYTES_TEXT("\"\xc0\xaf\""), 1, "UTF-8" },
    { "UTF-8 cut by the quote", BYTES_TEXT("\"\xe2\x82\""), 1, "UTF-8" },
    { "-", BYTES_TEXT("-"), 1, "a digit" },
    { "+1", BYTES_TEXT("+1"), 0, "a value" },
    { "01", BYTES_TEXT("01"), 1, "the end of the document" },
    { "-01", BYTES_TEXT("[-01]"), 3, "a comma or ]" },
    { "1.", BYTES_TEXT("1."), 2, "a digit" },
    { ".5", BYTES_TEXT(".5"), 0, "a value" },
    { "1e", BYTES_TEXT("1e"), 2, "a digit" },
    { "1e+", BYTES_TEXT("1e+"), 3, "a digit" },
    { "1e+-1", BYTES_TEXT("1e+-1"), 3, "a digit" },
    { "hexadecimal", BYTES_TEXT("0x10"), 1, "the end of the document" },
    { "-Infinity", BYTES_TEXT("-Infinity"), 1, "a digit" },
    { "a name twice", BYTES_TEXT("{\"a\":1,\"b\":2,\"a\":3}"), 19,
      "an object that names no member twice" },
    { "a name twice, once escaped", BYTES_TEXT("{\"a\":1,\"\\u0061\":3}"), 18,
      "an object that names no member twice" },
    { "the empty name twice", BYTES_TEXT("{\"\":1,\"\":3}"), 11,
      "an object that names no member twice" },
    { "a name twice, deeper", BYTES_TEXT("[{\"x\":{\"a\":1,\"a\":3}}]"), 19,
      "an object that names no member twice" },
};

static const char *const bad_escapes[] = {
    "\\a",
    "\\x41",
    "\\'",
    "\\0",
    "\\u",
    "\\u12",
    "\\u123g",
    "\\ud800",
    "\\ud800x",
    "\\ud800\\n",
    "\\ud800\\u",
    "\\ud800\\ud800",
    "\\udc00",
    "\\udc00\\ud800",
    "\\ud800\\u0041",
    "\\U00000041",
    "\\u 041",
    "\\u+041",
    "ok\\",
};

static void check_refusals(void)
{
    char text[64];

    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        CASE(refusals[i].name);
        CHECK_ERR(parse(refusals[i].raw), ERR_MALFORMED);
        CHECK_NULL(root);
        CHECK_EQ(error.offset, refusals[i].offset);
        CHECK_TEXT(error.expected, refusals[i].expected);
    }
    CASE("escapes that are none");
    for (size_t i = 0; i < COUNT_OF(bad_escapes); i++) {
        snprintf(text, sizeof text, "[\"%s\"]", bad_escapes[i]);
        if (!CHECK_ERR(parse_text(text), ERR_MALFORMED))
            printf("# %s\n", text);
    }
}

static void check_strings(void)
{
    static const struct {
        const char *text;
        struct bytes want;
        bool is_escaped;
    } cases[] = {
        { "\"\"", BYTES_TEXT(""), false },
        { "\"plain\"", BYTES_TEXT("plain"), false },
        { "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"", BYTES_TEXT("\xc3\xa9\xf0\x9f\x98\x80\x7f"), false },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", BYTES_TEXT("\"\\/\b\f\n\r\t"), true },
        { "\"a\\u00e9b\"",
          BYTES_TEXT("a\xc3\xa9"
                     "b"),
          true },
        { "\"\\u0000\"", BYTES_TEXT("\0"), true },
        { "\"\\uD83D\\ude00\"", BYTES_TEXT("\xf0\x9f\x98\x80"), true },
        { "\"\\udbff\\udfff\"", BYTES_TEXT("\xf4\x8f\xbf\xbf"), true },
        { "\"\\uffff\"", BYTES_TEXT("\xef\xbf\xbf"), true },
        { "\"\\\\u0041\"", BYTES_TEXT("\\u0041"), true },
        { "\"\\\\\"", BYTES_TEXT("\\"), true },
    };

    CASE("strings and what their escapes stand for");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!CHECK_OK(parse_text(cases[i].text)))
            continue;
        CHECK_EQ(root->type, JSON_STRING);
        CHECK_BYTES(json_text(root), cases[i].want);
        CHECK_EQ(root->is_escaped, cases[i].is_escaped);
        CHECK_EQ(root->raw.size, strlen(cases[i].text));
    }
    CASE("a string without escapes is borrowed");
    if (CHECK_OK(parse_text("\"abc\"")))
        CHECK(root->text.data == root->raw.data + 1);
}

static void check_numbers(void)
{
    static const struct {
        const char *text;
        bool is_integer;
        int64_t want;
    } cases[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "-1", true, -1 },
        { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775809", false, 0 },
        { "100000000000000000000000000", false, 0 },
        { "1.0", false, 0 },
        { "1e0", false, 0 },
        { "-0.5E-10", false, 0 },
        { "1E+2", false, 0 },
    };
    int64_t n = 7;

    CASE("numbers");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!CHECK_OK(parse_text(cases[i].text)))
            continue;
        CHECK_EQ(root->type, JSON_NUMBER);
        CHECK_EQ(root->is_integer, cases[i].is_integer);
        if (cases[i].is_integer)
            CHECK_EQ(root->integer, cases[i].want);
        CHECK_BYTES(root->text,
                    ((struct bytes){ (const uint8_t *)cases[i].text, strlen(cases[i].text) }));
        CHECK_EQ(json_integer_between(&n, root, INT64_MIN, INT64_MAX), cases[i].is_integer);
    }
    CASE("an integer out of the range asked for is none");
    CHECK_OK(parse_text("256"));
    n = 7;
    CHECK(!json_integer_between(&n, root, 0, 255));
    CHECK(!json_integer_between(&n, root, 257, 300));
    CHECK(!json_integer_between(&n, NULL, 0, 255));
    CHECK_EQ(n, 7);
    CHECK(json_integer_between(&n, root, 256, 256));
    CHECK_EQ(n, 256);
    CHECK_OK(parse_text("\"256\""));
    CHECK(!json_integer_between(&n, root, 0, 300));
}

static void check_tree(void)
{
    static const char text[] =
        " {\"a\" : [1, {} ,[ ], \"x\"],\r\n\t\"b\":{\"c\":null},\"\":true } ";
    const struct json *a, *b;

    CASE("a tree, in order, with the exact bytes of each value");
    if (!CHECK_OK(parse_text(text)))
        return;
    CHECK_EQ(root->type, JSON_OBJECT);
    CHECK_EQ(root->count, 3);
    a = json_get(root, "a");
    b = json_get_type(root, "b", JSON_OBJECT);
    if (!CHECK(a != NULL && b != NULL))
        return;
    CHECK_BYTES(a->raw, BYTES_TEXT("[1, {} ,[ ], \"x\"]"));
    CHECK_BYTES(b->raw, BYTES_TEXT("{\"c\":null}"));
    CHECK_EQ(root->raw.size, sizeof text - 3);
    CHECK_EQ(a->count, 4);
    CHECK_EQ(a->first->next->type, JSON_OBJECT);
    CHECK_BYTES(a->first->next->raw, BYTES_TEXT("{}"));
    CHECK_BYTES(a->first->next->next->raw, BYTES_TEXT("[ ]"));
    CHECK_EQ(json_get(b, "c")->type, JSON_NULL);
    CHECK(json_get(root, "")->truth);

    CASE("what is not there");
    CHECK_NULL(json_get(root, "c"));
    CHECK_NULL(json_get(a, "a"));
    CHECK_NULL(json_get(NULL, "a"));
    CHECK_NULL(json_get_type(root, "a", JSON_OBJECT));
    CHECK_EQ(json_text(a).size, 0);
    CHECK_EQ(json_text(NULL).size, 0);
}

static void check_limits(void)
{
    static char deep[2 * (JSON_DEPTH_MAX + 1) + 1];
    struct bytes huge = { (const uint8_t *)" ", JSON_SIZE_MAX + 1 };
    size_t left = 200000;
    struct arena small;

    CASE("as deep as may be, and deeper");
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    CHECK_OK(parse((struct bytes){ (const uint8_t *)deep, 2 * (size_t)JSON_DEPTH_MAX }));
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    CHECK_ERR(parse((struct bytes){ (const uint8_t *)deep, 2 * ((size_t)JSON_DEPTH_MAX + 1) }),
              ERR_LIMIT);

    CASE("a document that is too long is not looked at");
    CHECK_ERR(json_parse(&root, &arena, huge, NULL), ERR_LIMIT);

    CASE("a document that needs more memory than there is");
    arena_init(&small, (struct arena_source){ chunk_take, chunk_give, &left }, left);
    memset(deep, '[', 10);
    {
        char *text = malloc(20001);

        text[0] = '[';
        for (size_t i = 0; i < 9999; i++)
            memcpy(text + 1 + 2 * i, "1,", 2);
        memcpy(text + 19999, "1]", 2);
        CHECK_ERR(json_parse(&root, &small, (struct bytes){ (uint8_t *)text, 20001 }, &error),
                  ERR_NOMEM);
        CHECK_OK(parse((struct bytes){ (uint8_t *)text, 20001 }));
        CHECK_EQ(root->count, 10000);
        free(text);
    }
    arena_done(&small);
}

/* {"k0":0, … }, with the name of one member given to another. */
static struct bytes members_write(char *room, size_t count, size_t twin, size_t of)
{
    size_t size = 0;

    room[size++] = '{';
    for (size_t i = 0; i < count; i++)
        size += (size_t)sprintf(room + size, "%s\"k%zu\":%zu", i > 0 ? "," : "",
                                (i == twin ? of : i * 7919 % count), i);
    room[size++] = '}';
    return (struct bytes){ (const uint8_t *)room, size };
}

static void check_many(void)
{
    enum { MANY = 200000 };
    char *room = malloc((size_t)MANY * 24);

    CASE("names twice, in objects of all sizes");
    for (size_t count = 2; count < 100; count++) {
        if (count % 7919 == 0)
            continue;
        CHECK_OK(parse(members_write(room, count, count, 0)));
        CHECK_ERR(parse(members_write(room, count, count - 1, 0)), ERR_MALFORMED);
        CHECK_ERR(parse(members_write(room, count, 0, 7919 % count)), ERR_MALFORMED);
    }
    CASE("an object of very many members is not slow");
    CHECK_OK(parse(members_write(room, MANY, MANY, 0)));
    CHECK_EQ(root->count, MANY);
    CHECK_ERR(parse(members_write(room, MANY, MANY - 1, 0)), ERR_MALFORMED);
    free(room);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    check_refusals();
    check_strings();
    check_numbers();
    check_tree();
    check_limits();
    check_many();
    arena_done(&arena);
    return check_done();
}
