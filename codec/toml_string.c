/* toml_string.c: the four kinds of string. */
#include "codec/toml_parse.h"
#include "codec/utf8.h"

/* A string under way. Its bytes go to the arena only when they differ from
 * those of the document; a first pass sees whether, and how much room it takes
 * at most: no escape is shorter than what it stands for. */
struct string {
    uint8_t *out;
    size_t size;
};

static void string_put(struct string *s, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        s->out[s->size++] = bytes[i];
}

static uint32_t hex_take(struct toml_parser *p, unsigned digits)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < digits; i++) {
        int c = toml_peek(p);

        if (c >= '0' && c <= '9')
            n = n << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f' && c != TOML_END)
            n = n << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            toml_expect(p, digits == 4 ? "four hexadecimal digits" : "eight hexadecimal digits");
        reader_skip(&p->r, 1);
    }
    return n;
}

static void point_put(struct toml_parser *p, struct string *s, uint32_t point)
{
    uint8_t bytes[UTF8_SIZE_MAX];
    size_t size = utf8_put(bytes, point);

    if (size == 0)
        toml_expect(p, "the number of a Unicode character");
    string_put(s, bytes, size);
}

/* A backslash at the end of a line: it and all white space after it go. */
static bool line_join(struct toml_parser *p)
{
    size_t ahead = 0;
    int c;

    while ((c = toml_peek_at(p, ahead)) == ' ' || c == '\t')
        ahead++;
    if (c == '\r')
        c = toml_peek_at(p, ahead + 1);
    if (c != '\n')
        return false;
    for (;;) {
        c = toml_peek(p);
        if (c == '\r' && toml_peek_at(p, 1) != '\n')
            return true; /* left for the string to refuse */
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return true;
        reader_skip(&p->r, 1);
    }
}

static void escape_parse(struct toml_parser *p, struct string *s, bool multi)
{
    static const char names[] = "btnfr\"\\";
    static const uint8_t values[] = "\b\t\n\f\r\"\\";
    int c = toml_peek(p);

    if (multi && line_join(p))
        return;
    for (unsigned i = 0; names[i] != '\0'; i++) {
        if (c == names[i]) {
            reader_skip(&p->r, 1);
            string_put(s, &values[i], 1);
            return;
        }
    }
    if (c != 'u' && c != 'U') {
        toml_expect(p, "an escape: \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX");
        return;
    }
    reader_skip(&p->r, 1);
    point_put(p, s, hex_take(p, c == 'u' ? 4 : 8));
}

/* How many bytes the string may take at most: all up to where it ends at the
 * latest. It need not be exact, but must not grow with every string of a long
 * document, so it stops at a quote that no backslash hides. */
static size_t room_for(const struct toml_parser *p, int quote, bool multi)
{
    size_t n = 0;
    int c;

    while ((c = toml_peek_at(p, n)) != TOML_END) {
        if (c == quote &&
            (!multi || (toml_peek_at(p, n + 1) == quote && toml_peek_at(p, n + 2) == quote)))
            break;
        if (c == '\n' && !multi)
            break;
        n += c == '\\' && quote == '"' ? 2 : 1;
    }
    return n + 3; /* up to two quotes may stand before the last three */
}

/* Three quotes end it; one or two before them still belong to the text. */
static bool multi_end(struct toml_parser *p, struct string *s, int quote)
{
    size_t run = 0;
    uint8_t byte = (uint8_t)quote;

    while (run < 6 && toml_peek_at(p, run) == quote)
        run++;
    if (run > 5)
        run = 5;
    reader_skip(&p->r, run);
    for (size_t i = run >= 3 ? 3 : 0; i < run; i++)
        string_put(s, &byte, 1);
    return run >= 3;
}

/* One byte of text, or a line end, which becomes a line feed. */
static void plain_take(struct toml_parser *p, struct string *s, bool multi)
{
    int c = toml_peek(p);
    uint8_t byte = (uint8_t)c;

    if (multi && c == '\r' && toml_peek_at(p, 1) == '\n') {
        reader_skip(&p->r, 1);
        byte = '\n';
        c = '\n';
    }
    if (c == TOML_END || (c == '\n' && !multi))
        toml_expect(p, "a quote at the end of the string");
    else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
        toml_expect(p, "no control character in a string");
    if (p->r.bad)
        return;
    reader_skip(&p->r, 1);
    string_put(s, &byte, 1);
}

struct bytes toml_string_parse(struct toml_parser *p, bool multi)
{
    int quote = toml_peek(p);
    struct string s = { 0 };

    reader_skip(&p->r, 1);
    multi = multi && toml_peek(p) == quote && toml_peek_at(p, 1) == quote;
    if (multi) {
        reader_skip(&p->r, 2);
        if (toml_peek(p) == '\r' && toml_peek_at(p, 1) == '\n')
            reader_skip(&p->r, 1);
        toml_take_if(p, '\n'); /* "a newline immediately following … will be trimmed" */
    }
    s.out = arena_alloc(p->arena, room_for(p, quote, multi));
    if (s.out == NULL) {
        toml_fail(p, ERR_NOMEM, reader_offset(&p->r), "more memory");
        return (struct bytes){ 0 };
    }
    while (!p->r.bad) {
        int c = toml_peek(p);

        if (c == quote && multi) {
            if (multi_end(p, &s, quote))
                break;
        } else if (c == quote) {
            reader_skip(&p->r, 1);
            break;
        } else if (c == '\\' && quote == '"') {
            reader_skip(&p->r, 1);
            escape_parse(p, &s, multi);
        } else {
            plain_take(p, &s, multi);
        }
    }
    return (struct bytes){ s.out, s.size };
}
