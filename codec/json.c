#include "codec/json.h"

#include <string.h>

#include "base/num.h"
#include "base/writer.h"
#include "codec/utf8.h"

/* What is read byte by byte is read by index below the size: a certificate authority's list
 * of a chip's TCB levels is on the way of every verdict. */
struct parser {
    struct bytes text;
    size_t at;
    struct arena *arena;
    struct json_error *error;
};

/* A container that is not closed yet. */
struct level {
    struct json *node, *last;
};

#define END (-1)

static int peek(const struct parser *p) { return p->at < p->text.size ? p->text.data[p->at] : END; }

static enum err fail(struct parser *p, enum err e, const char *expected)
{
    *p->error = (struct json_error){ p->at, expected };
    return e;
}

static enum err expect(struct parser *p, const char *expected)
{
    return fail(p, ERR_MALFORMED, expected);
}

static enum err no_memory(struct parser *p) { return fail(p, ERR_NOMEM, "memory"); }

static void space_skip(struct parser *p)
{
    for (int c = peek(p); c == ' ' || c == '\n' || c == '\t' || c == '\r'; c = peek(p))
        p->at++;
}

static bool take_if(struct parser *p, int byte)
{
    if (peek(p) != byte)
        return false;
    p->at++;
    return true;
}

static struct bytes since(const struct parser *p, size_t start)
{
    return (struct bytes){ &p->text.data[start], p->at - start };
}

/* --- strings (section 7) */

/* Up to the closing quote; escapes are looked at by string_decode. */
static enum err string_span(struct parser *p, struct bytes *out, bool *is_escaped)
{
    size_t start = p->at;

    *is_escaped = false;
    for (;;) {
        int c = peek(p);
        uint32_t point;
        size_t size = 1;

        if (c == '"')
            break;
        if (c == '\\') {
            *is_escaped = true;
            p->at++; /* what it escapes is no end; it is a character of its own below */
            if (peek(p) == '"' || peek(p) == '\\')
                p->at++;
            continue;
        }
        if (c < 0x20) /* the end too */
            return expect(p, c == END ? "the end of a string" : "no control character in a string");
        if (c >= 0x80) {
            size = utf8_take((struct bytes){ &p->text.data[p->at], p->text.size - p->at }, &point);
            if (size == 0)
                return expect(p, "UTF-8");
        }
        p->at += size;
    }
    *out = since(p, start);
    p->at++;
    return ERR_OK;
}

static bool hex4_take(struct parser *p, uint32_t *out)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < 4; i++, p->at++) {
        int c = peek(p);

        if (c >= '0' && c <= '9')
            n = n << 4 | (uint32_t)(c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            n = n << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *out = n;
    return true;
}

/* After "\u": one scalar value, of one escape or of a pair of surrogates. */
static bool point_take(struct parser *p, uint32_t *out)
{
    uint32_t high, low;

    if (!hex4_take(p, &high))
        return false;
    *out = high;
    if (high < 0xd800 || high > 0xdfff)
        return true;
    if (high > 0xdbff || !take_if(p, '\\') || !take_if(p, 'u') || !hex4_take(p, &low) ||
        low < 0xdc00 || low > 0xdfff)
        return false;
    *out = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
    return true;
}

static bool escape_take(struct parser *p, struct writer *w)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint8_t utf8[UTF8_SIZE_MAX];
    uint32_t point;
    int c = peek(p);

    if (take_if(p, 'u')) {
        if (!point_take(p, &point))
            return false;
        writer_put(w, (struct bytes){ utf8, utf8_put(utf8, point) });
        return true;
    }
    for (size_t i = 0; i < sizeof names - 1; i++) {
        if (c == names[i]) {
            p->at++;
            writer_u8(w, (uint8_t)values[i]);
            return true;
        }
    }
    return false;
}

/* No escape is shorter than what it stands for. */
static enum err string_decode(struct parser *whole, struct bytes *span, size_t start)
{
    struct parser p = *whole;
    uint8_t *room = arena_alloc(p.arena, span->size);
    struct writer w = writer_of(room, span->size);

    if (room == NULL)
        return no_memory(whole);
    p.at = start;
    p.text.size = start + span->size;
    while (peek(&p) != END) {
        size_t run = p.at;

        while (peek(&p) != END && peek(&p) != '\\')
            p.at++;
        writer_put(&w, since(&p, run));
        if (take_if(&p, '\\') && !escape_take(&p, &w))
            return expect(&p, "an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    }
    *span = writer_bytes(&w);
    return ERR_OK;
}

/* At its first quote. */
static enum err string_take(struct parser *p, struct bytes *out, bool *is_escaped)
{
    size_t start = ++p->at;

    TRY(string_span(p, out, is_escaped));
    return *is_escaped ? string_decode(p, out, start) : ERR_OK;
}

/* --- numbers (section 6) */

static bool digits_skip(struct parser *p)
{
    size_t start = p->at;

    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at > start;
}

static bool integer_read(int64_t *out, struct bytes text)
{
    size_t i = text.data[0] == '-';
    int64_t n = 0;

    for (; i < text.size; i++) {
        int64_t digit = text.data[i] - '0';

        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, text.data[0] == '-' ? -digit : digit, &n))
            return false;
    }
    *out = n;
    return true;
}

static enum err number_take(struct parser *p, struct json *v)
{
    size_t start = p->at;
    bool whole = true, good;

    (void)take_if(p, '-');
    good = take_if(p, '0') || digits_skip(p);
    if (good && take_if(p, '.')) {
        good = digits_skip(p);
        whole = false;
    }
    if (good && (peek(p) == 'e' || peek(p) == 'E')) {
        p->at++;
        if (!take_if(p, '+'))
            (void)take_if(p, '-');
        good = digits_skip(p);
        whole = false;
    }
    if (!good)
        return expect(p, "a digit");
    v->type = JSON_NUMBER;
    v->text = since(p, start);
    v->is_integer = whole && integer_read(&v->integer, v->text);
    return ERR_OK;
}

/* --- names */

/* Any order serves, if it is total. */
static int key_compare(struct bytes a, struct bytes b)
{
    if (a.size != b.size)
        return a.size < b.size ? -1 : 1;
    return a.size == 0 ? 0 : memcmp(a.data, b.data, a.size);
}

static void key_sift(struct bytes *keys, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        struct bytes swap;

        if (child + 1 < count && key_compare(keys[child], keys[child + 1]) < 0)
            child++;
        if (key_compare(keys[at], keys[child]) >= 0)
            return;
        swap = keys[at];
        keys[at] = keys[child];
        keys[child] = swap;
    }
}

static bool keys_are_unique(struct bytes *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        key_sift(keys, i, count);
    for (size_t end = count; end-- > 1;) {
        struct bytes greatest = keys[0];

        keys[0] = keys[end];
        key_sift(keys, 0, end);
        if (key_compare(keys[0], greatest) == 0)
            return false;
    }
    return true;
}

static bool keys_are_unique_few(const struct json *object)
{
    for (const struct json *a = object->first; a != NULL; a = a->next)
        for (const struct json *b = object->first; b != a; b = b->next)
            if (bytes_equal(a->key, b->key))
                return false;
    return true;
}

/* Objects of many members are sorted (heapsort): a document made to be slow is not. */
static enum err names_check(struct parser *p, const struct json *object)
{
    struct bytes *keys;
    size_t i = 0;
    bool unique;

    if (object->count <= 24) {
        unique = keys_are_unique_few(object);
    } else {
        keys = arena_array(p->arena, object->count, sizeof *keys);
        if (keys == NULL)
            return no_memory(p);
        for (const struct json *m = object->first; m != NULL; m = m->next)
            keys[i++] = m->key;
        unique = keys_are_unique(keys, i);
    }
    return unique ? ERR_OK : expect(p, "an object that names no member twice");
}

/* --- values */

static enum err word_take(struct parser *p, struct json *v)
{
    static const struct {
        struct bytes word;
        enum json_type type;
        bool truth;
    } words[] = {
        { BYTES_TEXT("true"), JSON_BOOL, true },
        { BYTES_TEXT("false"), JSON_BOOL, false },
        { BYTES_TEXT("null"), JSON_NULL, false },
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct bytes word = words[i].word;

        if (word.size <= p->text.size - p->at &&
            bytes_equal(word, (struct bytes){ &p->text.data[p->at], word.size })) {
            p->at += word.size;
            v->type = words[i].type;
            v->truth = words[i].truth;
            return ERR_OK;
        }
    }
    return expect(p, "a value");
}

/* A scalar, or the bracket of a container. */
static enum err value_take(struct parser *p, struct json *v)
{
    int c = peek(p);

    if (c == '{' || c == '[') {
        v->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        p->at++;
        return ERR_OK;
    }
    if (c == '"') {
        v->type = JSON_STRING;
        return string_take(p, &v->text, &v->is_escaped);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return number_take(p, v);
    return word_take(p, v);
}

static enum err key_take(struct parser *p, struct json *v)
{
    bool is_escaped;

    if (peek(p) != '"')
        return expect(p, "a name in quotes");
    TRY(string_take(p, &v->key, &is_escaped));
    space_skip(p);
    if (!take_if(p, ':'))
        return expect(p, "a colon after a name");
    space_skip(p);
    return ERR_OK;
}

/* The next value, linked to the container that it stands in (NULL: none). */
static enum err value_add(struct parser *p, struct level *in, struct json **out)
{
    struct json *v = arena_alloc(p->arena, sizeof *v);
    size_t start;

    if (v == NULL)
        return no_memory(p);
    space_skip(p);
    if (in != NULL && in->node->type == JSON_OBJECT)
        TRY(key_take(p, v));
    start = p->at;
    TRY(value_take(p, v));
    v->raw = since(p, start); /* of a container: its bracket, until it is closed */
    if (in != NULL) {
        *(in->last != NULL ? &in->last->next : &in->node->first) = v;
        in->last = v;
        in->node->count++;
    }
    *out = v;
    return ERR_OK;
}

static int closer(const struct json *v) { return v->type == JSON_OBJECT ? '}' : ']'; }

/* After a value: closes what ends here. *depth becomes 0 at the end of the outermost. */
static enum err levels_close(struct parser *p, struct level *levels, uint32_t *depth)
{
    while (*depth > 0) {
        struct json *v = levels[*depth - 1].node;

        space_skip(p);
        if (v->first != NULL && take_if(p, ','))
            return ERR_OK;
        if (!take_if(p, closer(v)))
            return expect(p, v->type == JSON_OBJECT ? "a comma or }" : "a comma or ]");
        v->raw.size = (size_t)(&p->text.data[p->at] - v->raw.data);
        if (v->type == JSON_OBJECT)
            TRY(names_check(p, v));
        --*depth;
    }
    return ERR_OK;
}

static enum err tree_take(struct parser *p, struct json **root)
{
    struct level levels[JSON_DEPTH_MAX];
    uint32_t depth = 0;

    do {
        struct json *v = NULL;

        TRY(value_add(p, depth > 0 ? &levels[depth - 1] : NULL, &v));
        if (*root == NULL)
            *root = v;
        if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
            if (depth == JSON_DEPTH_MAX)
                return fail(p, ERR_LIMIT, "less nesting");
            levels[depth++] = (struct level){ .node = v };
            space_skip(p);
            if (peek(p) != closer(v))
                continue;
        }
        TRY(levels_close(p, levels, &depth));
    } while (depth > 0);
    return ERR_OK;
}

enum err json_parse(struct json **out, struct arena *arena, struct bytes text,
                    struct json_error *error)
{
    struct json_error ignored;
    struct parser p = { text, 0, arena, error != NULL ? error : &ignored };
    struct json *root = NULL;

    if (text.size > JSON_SIZE_MAX)
        return fail(&p, ERR_LIMIT, "a shorter document");
    TRY(tree_take(&p, &root));
    space_skip(&p);
    if (p.at < text.size)
        return expect(&p, "the end of the document");
    *out = root;
    return ERR_OK;
}

const struct json *json_get(const struct json *object, const char *name)
{
    struct bytes key = { (const uint8_t *)name, bytes_text_size(name, JSON_SIZE_MAX) };

    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *m = object->first; m != NULL; m = m->next)
        if (bytes_equal(m->key, key))
            return m;
    return NULL;
}

const struct json *json_get_type(const struct json *object, const char *name, enum json_type type)
{
    const struct json *m = json_get(object, name);

    return m != NULL && m->type == type ? m : NULL;
}

struct bytes json_text(const struct json *string)
{
    if (string == NULL || string->type != JSON_STRING)
        return (struct bytes){ 0 };
    return string->text;
}

bool json_integer_between(int64_t *out, const struct json *number, int64_t least, int64_t most)
{
    if (number == NULL || number->type != JSON_NUMBER || !number->is_integer ||
        number->integer < least || number->integer > most)
        return false;
    *out = number->integer;
    return true;
}
