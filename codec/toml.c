#include "codec/toml.h"

#include <string.h>

#include "base/num.h"
#include "codec/toml_parse.h"
#include "codec/utf8.h"

int toml_peek_at(const struct toml_parser *p, size_t ahead)
{
    return p->r.bad || p->r.left <= ahead ? TOML_END : p->r.at[ahead];
}

int toml_peek(const struct toml_parser *p) { return toml_peek_at(p, 0); }

void toml_fail(struct toml_parser *p, enum err e, size_t offset, const char *expected)
{
    if (p->e == ERR_OK) {
        p->e = e;
        p->error = (struct toml_error){ offset, expected };
    }
    reader_fail(&p->r);
}

void toml_expect(struct toml_parser *p, const char *expected)
{
    toml_fail(p, ERR_MALFORMED, reader_offset(&p->r), expected);
}

bool toml_take_if(struct toml_parser *p, int byte)
{
    if (toml_peek(p) != byte)
        return false;
    reader_skip(&p->r, 1);
    return true;
}

void toml_blanks_skip(struct toml_parser *p)
{
    while (toml_peek(p) == ' ' || toml_peek(p) == '\t')
        reader_skip(&p->r, 1);
}

static bool line_end_take(struct toml_parser *p)
{
    if (toml_peek(p) == '\r' && toml_peek_at(p, 1) == '\n')
        reader_skip(&p->r, 1);
    return toml_take_if(p, '\n');
}

static void comment_skip(struct toml_parser *p)
{
    int c;

    if (!toml_take_if(p, '#'))
        return;
    while ((c = toml_peek(p)) != TOML_END && c != '\n') {
        if (c == '\r' && toml_peek_at(p, 1) == '\n')
            return;
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            toml_expect(p, "no control character in a comment");
        else
            reader_skip(&p->r, 1);
    }
}

void toml_lines_skip(struct toml_parser *p)
{
    do {
        toml_blanks_skip(p);
        comment_skip(p);
    } while (line_end_take(p));
}

struct toml_value *toml_value_new(struct toml_parser *p, const struct toml_value *parent,
                                  enum toml_type type, size_t offset)
{
    struct toml_value *v;

    if (parent != NULL && parent->depth >= TOML_DEPTH_MAX) {
        toml_fail(p, ERR_LIMIT, offset, "at most 100 tables and arrays inside each other");
        return NULL;
    }
    v = arena_alloc(p->arena, sizeof *v);
    if (v == NULL) {
        toml_fail(p, ERR_NOMEM, offset, "more memory");
        return NULL;
    }
    v->type = type;
    v->offset = (uint32_t)offset;
    v->depth = parent != NULL ? (uint16_t)(parent->depth + 1) : 0;
    return v;
}

void toml_array_add(struct toml_value *array, struct toml_value *element)
{
    if (array->last != NULL)
        array->last->next = element;
    else
        array->first = element;
    array->last = element;
    array->count++;
}

static int key_compare(struct bytes a, struct bytes b)
{
    size_t size = num_min(a.size, b.size);
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

struct toml_value *toml_find(const struct toml_value *table, struct bytes key)
{
    struct toml_value *v = table->tree;

    while (v != NULL) {
        int order = key_compare(key, v->key);

        if (order == 0)
            return v;
        v = order < 0 ? v->left : v->right;
    }
    return NULL;
}

const struct toml_value *toml_get(const struct toml_value *table, struct bytes key)
{
    return toml_find(table, key);
}

/* An AA tree (Arne Andersson, "Balanced search trees made simple", 1993): a
 * document cannot be arranged so that searching it takes long, as it could with
 * a list or with a hash that is known. Depth is at most 2 log2(n). */
static struct toml_value *tree_skew(struct toml_value *t)
{
    struct toml_value *l = t->left;

    if (l == NULL || l->level != t->level)
        return t;
    t->left = l->right;
    l->right = t;
    return l;
}

static struct toml_value *tree_split(struct toml_value *t)
{
    struct toml_value *r = t->right;

    if (r == NULL || r->right == NULL || r->right->level != t->level)
        return t;
    t->right = r->left;
    r->left = t;
    r->level++;
    return r;
}

static struct toml_value *tree_insert(struct toml_value *t, struct toml_value *v)
{
    if (t == NULL)
        return v;
    if (key_compare(v->key, t->key) < 0)
        t->left = tree_insert(t->left, v);
    else
        t->right = tree_insert(t->right, v);
    return tree_split(tree_skew(t));
}

void toml_table_add(struct toml_value *table, struct toml_value *member)
{
    member->level = 1;
    table->tree = tree_insert(table->tree, member);
    toml_array_add(table, member);
}

static bool bare_key_byte(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static struct bytes key_part(struct toml_parser *p)
{
    const uint8_t *start = p->r.at;
    int c = toml_peek(p);

    if (c == '"' || c == '\'')
        return toml_string_parse(p, false);
    while (bare_key_byte(toml_peek(p)))
        reader_skip(&p->r, 1);
    if (p->r.at == start)
        toml_expect(p, "a key");
    return (struct bytes){ start, (size_t)(p->r.at - start) };
}

/* After a part of a key: true where another follows. */
static bool key_dot(struct toml_parser *p)
{
    toml_blanks_skip(p);
    if (!toml_take_if(p, '.'))
        return false;
    toml_blanks_skip(p);
    return true;
}

static struct toml_value *member_new(struct toml_parser *p, struct toml_value *table,
                                     enum toml_type type, struct bytes key, size_t offset)
{
    struct toml_value *v;

    if (p->r.bad)
        return NULL;
    v = toml_value_new(p, table, type, offset);
    if (v != NULL) {
        v->key = key;
        toml_table_add(table, v);
    }
    return v;
}

/* One step of a dotted key on the left of "=": the table of that name, which no
 * header may have defined, or a new one. */
static struct toml_value *dotted_step(struct toml_parser *p, struct toml_value *table,
                                      struct bytes key, size_t offset)
{
    struct toml_value *v = p->r.bad ? NULL : toml_find(table, key);

    if (v == NULL)
        v = member_new(p, table, TOML_TABLE, key, offset);
    else if (v->type != TOML_TABLE || (v->flags & (TOML_CLOSED | TOML_DEFINED)) != 0) {
        toml_fail(p, ERR_MALFORMED, offset, "a key that is not defined elsewhere");
        return NULL;
    }
    if (v != NULL)
        v->flags |= TOML_DOTTED;
    return v;
}

void toml_pair_parse(struct toml_parser *p, struct toml_value *table)
{
    size_t offset = reader_offset(&p->r);
    struct bytes key = key_part(p);
    struct toml_value *v;

    while (table != NULL && key_dot(p)) {
        table = dotted_step(p, table, key, offset);
        offset = reader_offset(&p->r);
        key = key_part(p);
    }
    if (table == NULL || p->r.bad)
        return;
    if (!toml_take_if(p, '=')) {
        toml_expect(p, "= after a key");
        return;
    }
    if (toml_find(table, key) != NULL) {
        toml_fail(p, ERR_MALFORMED, offset, "a key that is not there yet");
        return;
    }
    v = member_new(p, table, TOML_STRING, key, offset);
    toml_blanks_skip(p);
    if (v != NULL)
        toml_value_parse(p, v);
}

/* One step of a header on the way to its last part. */
static struct toml_value *header_step(struct toml_parser *p, struct toml_value *table,
                                      struct bytes key, size_t offset)
{
    struct toml_value *v = p->r.bad ? NULL : toml_find(table, key);

    if (v == NULL)
        return member_new(p, table, TOML_TABLE, key, offset);
    if ((v->flags & TOML_CLOSED) == 0 && v->type == TOML_TABLE)
        return v;
    if ((v->flags & TOML_CLOSED) == 0 && v->type == TOML_ARRAY)
        return v->last; /* "the most recently defined table element of the array" */
    toml_fail(p, ERR_MALFORMED, offset, "a table, or nothing, under this name");
    return NULL;
}

static struct toml_value *table_define(struct toml_parser *p, struct toml_value *table,
                                       struct bytes key, size_t offset)
{
    struct toml_value *v = toml_find(table, key);

    if (v == NULL)
        v = member_new(p, table, TOML_TABLE, key, offset);
    else if (v->type != TOML_TABLE || v->flags != 0) {
        toml_fail(p, ERR_MALFORMED, offset, "a table that is not defined yet");
        return NULL;
    }
    if (v != NULL)
        v->flags |= TOML_DEFINED;
    return v;
}

static struct toml_value *element_define(struct toml_parser *p, struct toml_value *table,
                                         struct bytes key, size_t offset)
{
    struct toml_value *array = toml_find(table, key), *v;

    if (array == NULL)
        array = member_new(p, table, TOML_ARRAY, key, offset);
    else if (array->type != TOML_ARRAY || (array->flags & TOML_CLOSED) != 0) {
        toml_fail(p, ERR_MALFORMED, offset, "an array of tables, or nothing, under this name");
        return NULL;
    }
    v = array != NULL ? toml_value_new(p, array, TOML_TABLE, offset) : NULL;
    if (v == NULL)
        return NULL;
    v->flags = TOML_DEFINED;
    toml_array_add(array, v);
    return v;
}

/* [a.b] or [[a.b]]; the first bracket is next. */
static void header_parse(struct toml_parser *p)
{
    struct toml_value *table = p->root;
    bool element;
    size_t offset;
    struct bytes key;

    reader_skip(&p->r, 1);
    element = toml_take_if(p, '[');
    toml_blanks_skip(p);
    offset = reader_offset(&p->r);
    key = key_part(p);
    while (table != NULL && key_dot(p)) {
        table = header_step(p, table, key, offset);
        offset = reader_offset(&p->r);
        key = key_part(p);
    }
    if (table == NULL || p->r.bad)
        return;
    if (!toml_take_if(p, ']') || (element && !toml_take_if(p, ']'))) {
        toml_expect(p, element ? "]] after the name" : "] after the name");
        return;
    }
    p->current =
        element ? element_define(p, table, key, offset) : table_define(p, table, key, offset);
}

static void line_parse(struct toml_parser *p)
{
    if (toml_peek(p) == '[')
        header_parse(p);
    else
        toml_pair_parse(p, p->current);
    toml_blanks_skip(p);
    comment_skip(p);
    if (toml_peek(p) != TOML_END && !line_end_take(p))
        toml_expect(p, "the end of the line");
}

/* The first byte that breaks UTF-8, or the size. */
static size_t text_good(struct bytes raw)
{
    struct bytes left = raw;
    uint32_t point;

    while (left.size > 0) {
        size_t size = utf8_take(left, &point);

        if (size == 0)
            break;
        left.data += size;
        left.size -= size;
    }
    return raw.size - left.size;
}

enum err toml_parse(struct toml_value **out, struct arena *arena, struct bytes raw,
                    struct toml_error *error)
{
    struct toml_parser p = { .r = reader_of(raw), .arena = arena };
    size_t good;

    if (raw.size > TOML_SIZE_MAX) {
        *error = (struct toml_error){ TOML_SIZE_MAX, "at most 16 MiB" };
        return ERR_LIMIT;
    }
    good = text_good(raw);
    if (good < raw.size) {
        *error = (struct toml_error){ good, "UTF-8" };
        return ERR_MALFORMED;
    }
    if (toml_peek(&p) == 0xef && toml_peek_at(&p, 1) == 0xbb && toml_peek_at(&p, 2) == 0xbf)
        reader_skip(&p.r, 3); /* a byte order mark, which the 1.0 grammar leaves open */
    p.root = p.current = toml_value_new(&p, NULL, TOML_TABLE, 0);
    if (p.root != NULL)
        p.root->flags = TOML_DEFINED;
    for (toml_lines_skip(&p); toml_peek(&p) != TOML_END; toml_lines_skip(&p))
        line_parse(&p);
    if (p.e != ERR_OK) {
        *error = p.error;
        return p.e;
    }
    *out = p.root;
    return ERR_OK;
}

void toml_place(struct bytes raw, size_t offset, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < num_min(offset, raw.size); i++) {
        if (raw.data[i] == '\n') {
            ++*line;
            *column = 1;
        } else if ((raw.data[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

const char *toml_type_name(enum toml_type type)
{
    static const char *const names[] = {
        "a string",      "an integer",      "a number with a fraction",
        "true or false", "a date and time", "a local date and time",
        "a date",        "a time",          "an array",
        "a table",
    };

    return names[type];
}
