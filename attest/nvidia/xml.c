#include "attest/nvidia/xml.h"

#include "attest/format.h"
#include "base/num.h"
#include "base/reader.h"
#include "codec/utf8.h"

static const struct bytes xmlns = { (const uint8_t *)"xmlns", 5 };

struct parser {
    struct reader r;
    struct arena *arena;
    struct xml_document *document;
    struct xml_node *open; /* NULL: outside of the root */
    uint32_t depth, namespaces;
    enum err error; /* the first that is not simply malformed */
};

static enum err parser_error(const struct parser *p)
{
    return p->error != ERR_OK ? p->error : ERR_MALFORMED;
}

/* --- characters */

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Letters beyond ASCII are all taken for letters: names are only compared. */
static bool is_name(uint8_t c, bool first)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80)
        return true;
    return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

static bool skip_space(struct reader *r)
{
    bool any = false;

    while (is_space(reader_peek(r))) {
        (void)reader_u8(r);
        any = true;
    }
    return any;
}

static void expect(struct reader *r, const char *text)
{
    for (; *text != '\0'; text++)
        if (reader_u8(r) != (uint8_t)*text)
            reader_fail(r);
}

/* The bytes of r from the place where `before` was, up to where r is now. */
static struct bytes since(struct reader before, const struct reader *r)
{
    return reader_take(&before, before.left - r->left);
}

static struct bytes take_ncname(struct reader *r)
{
    struct reader before = *r;

    if (!is_name(reader_peek(r), true))
        reader_fail(r);
    while (reader_ok(r) && is_name(reader_peek(r), false))
        (void)reader_u8(r);
    return since(before, r);
}

static void take_name(struct reader *r, struct bytes *prefix, struct bytes *local)
{
    *prefix = (struct bytes){ 0 };
    *local = take_ncname(r);
    if (reader_peek(r) == ':') {
        (void)reader_u8(r);
        *prefix = *local;
        *local = take_ncname(r);
    }
}

/* XML 1.0, 2.2 (production 2). */
static bool is_character(uint32_t c)
{
    return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c < 0xd800) ||
           (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

static void take_numeric(struct reader *r, struct writer *w)
{
    uint32_t base = 10, c = 0;

    if (reader_peek(r) == 'x') {
        (void)reader_u8(r);
        base = 16;
    }
    do {
        uint8_t d = reader_u8(r);

        if (d >= '0' && d <= '9')
            d = (uint8_t)(d - '0');
        else if (base == 16 && (d | 0x20) >= 'a' && (d | 0x20) <= 'f')
            d = (uint8_t)((d | 0x20) - 'a' + 10);
        else
            reader_fail(r);
        c = c * base + d;
        if (!reader_ok(r) || c > 0x10ffff) {
            reader_fail(r);
            return;
        }
    } while (reader_peek(r) != ';');
    (void)reader_u8(r);
    if (is_character(c)) {
        uint8_t out[UTF8_SIZE_MAX];

        writer_put(w, (struct bytes){ out, utf8_put(out, c) });
    } else {
        reader_fail(r);
    }
}

/* After '&'. */
static void take_reference(struct reader *r, struct writer *w)
{
    static const struct {
        struct bytes name;
        uint8_t c;
    } entities[] = {
        { { (const uint8_t *)"amp", 3 }, '&' },   { { (const uint8_t *)"lt", 2 }, '<' },
        { { (const uint8_t *)"gt", 2 }, '>' },    { { (const uint8_t *)"quot", 4 }, '"' },
        { { (const uint8_t *)"apos", 4 }, '\'' },
    };
    struct bytes name;

    if (reader_peek(r) == '#') {
        (void)reader_u8(r);
        take_numeric(r, w);
        return;
    }
    name = take_ncname(r);
    expect(r, ";");
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (bytes_equal(name, entities[i].name)) {
            writer_u8(w, entities[i].c);
            return;
        }
    reader_fail(r); /* entities that a document type would declare: there is none */
}

/* Characters up to `end`, which is not taken, with references resolved and line ends made one
 * (2.11). In attributes white space becomes spaces (3.3.3). What comes out is never longer. */
static struct bytes take_characters(struct parser *p, uint8_t end, bool is_attribute)
{
    struct reader *r = &p->r;
    struct reader scan = *r;
    struct writer w;
    size_t size = 0;
    uint32_t brackets = 0;
    uint8_t *room;

    while (scan.left > 0 && reader_peek(&scan) != end) {
        (void)reader_u8(&scan);
        size++;
    }
    room = arena_alloc(p->arena, size + 1);
    if (room == NULL) {
        p->error = ERR_NOMEM;
        reader_fail(r);
        return (struct bytes){ 0 };
    }
    w = writer_of(room, size + 1);
    while (reader_ok(r) && r->left > 0 && reader_peek(r) != end) {
        uint8_t c = reader_u8(r);

        if (c == '\r') {
            if (reader_peek(r) == '\n')
                (void)reader_u8(r);
            c = '\n';
        }
        if (c == '&') {
            take_reference(r, &w);
            brackets = 0;
            continue;
        }
        /* "]]>" may not stand in text (2.4). */
        if (c == '<' || (c < 0x20 && !is_space(c)) || (c == '>' && brackets >= 2 && !is_attribute))
            reader_fail(r);
        brackets = c == ']' ? brackets + 1 : 0;
        writer_u8(&w, is_attribute && is_space(c) ? ' ' : c);
    }
    if (!writer_ok(&w))
        reader_fail(r);
    return writer_bytes(&w);
}

/* --- names and namespaces */

static const struct xml_attribute *namespace_find(const struct xml_node *n, struct bytes prefix)
{
    for (; n != NULL; n = n->parent)
        for (uint32_t i = 0; i < n->attribute_count && n->attributes[i].is_namespace; i++)
            if (bytes_equal(n->attributes[i].local, prefix))
                return &n->attributes[i];
    return NULL;
}

static int compare(struct bytes a, struct bytes b)
{
    int order =
        __builtin_memcmp(a.size > 0 ? a.data : (const uint8_t *)"",
                         b.size > 0 ? b.data : (const uint8_t *)"", num_min(a.size, b.size));

    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

/* Canonical XML 1.1, 2.2: namespaces by prefix, then attributes by URI and name. */
static int attribute_compare(const struct xml_attribute *a, const struct xml_attribute *b)
{
    int order;

    if (a->is_namespace != b->is_namespace)
        return a->is_namespace ? -1 : 1;
    order = compare(a->uri, b->uri);
    return order != 0 ? order : compare(a->local, b->local);
}

static void attributes_sort(struct xml_attribute *a, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct xml_attribute moved = a[i];
        uint32_t at = i;

        for (; at > 0 && attribute_compare(&moved, &a[at - 1]) < 0; at--)
            a[at] = a[at - 1];
        a[at] = moved;
    }
}

static bool resolve(const struct xml_node *n, struct bytes prefix, struct bytes *uri)
{
    const struct xml_attribute *found = namespace_find(n, prefix);

    if (found == NULL)
        return prefix.size == 0;
    *uri = found->value;
    return true;
}

/* Namespaces are known when all attributes are: sorted first they are found by the search. */
static bool names_resolve(struct xml_node *n)
{
    attributes_sort(n->attributes, n->attribute_count);
    if (!resolve(n, n->prefix, &n->uri))
        return false;
    for (uint32_t i = 0; i < n->attribute_count; i++) {
        struct xml_attribute *a = &n->attributes[i];

        if (!a->is_namespace && a->prefix.size > 0 && !resolve(n, a->prefix, &a->uri))
            return false;
    }
    attributes_sort(n->attributes, n->attribute_count);
    for (uint32_t i = 1; i < n->attribute_count; i++)
        if (attribute_compare(&n->attributes[i - 1], &n->attributes[i]) == 0)
            return false; /* the same name twice */
    return true;
}

static bool attribute_take(struct parser *p, struct xml_attribute *a)
{
    struct reader *r = &p->r;
    uint8_t quote;

    take_name(r, &a->prefix, &a->local);
    skip_space(r);
    expect(r, "=");
    skip_space(r);
    quote = reader_u8(r);
    if (quote != '"' && quote != '\'')
        reader_fail(r);
    a->value = take_characters(p, quote, true);
    if (reader_u8(r) != quote)
        reader_fail(r);
    if (bytes_equal(a->prefix, BYTES_TEXT("xml")) || bytes_equal(a->local, BYTES_TEXT("xml")))
        p->error = ERR_UNSUPPORTED; /* inherited by canonical subsets in a way of their own */
    if (a->prefix.size == 0 && bytes_equal(a->local, xmlns)) {
        a->is_namespace = true;
        a->local = (struct bytes){ 0 };
    } else if (bytes_equal(a->prefix, xmlns)) {
        a->is_namespace = true;
        if (a->value.size == 0 || bytes_equal(a->local, xmlns))
            reader_fail(r);
    }
    /* Each is looked at for every prefix below it. */
    if (a->is_namespace && ++p->namespaces > XML_NAMESPACES_MAX)
        p->error = ERR_LIMIT;
    return reader_ok(r) && p->error == ERR_OK;
}

/* --- elements */

static struct xml_node *node_add(struct parser *p)
{
    struct xml_node *n;

    if (p->document->node_count++ >= XML_NODES_MAX) {
        p->error = ERR_LIMIT;
        return NULL;
    }
    n = arena_alloc(p->arena, sizeof *n);
    if (n == NULL) {
        p->error = ERR_NOMEM;
        return NULL;
    }
    n->parent = p->open;
    if (n->parent == NULL)
        p->document->root = n;
    else if (n->parent->last == NULL)
        n->parent->first = n->parent->last = n;
    else
        n->parent->last = n->parent->last->next = n;
    return n;
}

/* After '<'. */
static bool start_take(struct parser *p)
{
    struct reader *r = &p->r;
    struct xml_attribute room[XML_ATTRIBUTES_MAX];
    struct xml_node *n = node_add(p);
    uint32_t count = 0;
    bool spaced;

    if (n == NULL)
        return false;
    take_name(r, &n->prefix, &n->local);
    while ((spaced = skip_space(r)), reader_ok(r) && is_name(reader_peek(r), true)) {
        if (count == XML_ATTRIBUTES_MAX) {
            p->error = ERR_LIMIT;
            return false;
        }
        room[count] = (struct xml_attribute){ 0 };
        if (!spaced || !attribute_take(p, &room[count++]))
            return false;
    }
    n->attributes = arena_array(p->arena, count > 0 ? count : 1, sizeof *n->attributes);
    if (n->attributes == NULL) {
        p->error = ERR_NOMEM;
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        n->attributes[i] = room[i];
    n->attribute_count = count;
    if (!reader_ok(r) || !names_resolve(n))
        return false;
    if (reader_peek(r) == '/') {
        expect(r, "/>");
        return reader_ok(r);
    }
    expect(r, ">");
    p->open = n;
    if (++p->depth > XML_DEPTH_MAX) {
        p->error = ERR_LIMIT;
        return false;
    }
    return reader_ok(r);
}

/* After "</". */
static bool end_take(struct parser *p)
{
    struct bytes prefix, local;

    take_name(&p->r, &prefix, &local);
    skip_space(&p->r);
    expect(&p->r, ">");
    if (!reader_ok(&p->r) || p->open == NULL || !bytes_equal(prefix, p->open->prefix) ||
        !bytes_equal(local, p->open->local))
        return false;
    p->open = p->open->parent;
    p->depth--;
    return true;
}

static bool markup_take(struct parser *p)
{
    expect(&p->r, "<");
    switch (reader_peek(&p->r)) {
    case '/': (void)reader_u8(&p->r); return end_take(p);
    case '!':
    case '?': p->error = ERR_UNSUPPORTED; return false;
    default: return start_take(p);
    }
}

static bool text_take(struct parser *p)
{
    struct xml_node *n = node_add(p);

    if (n == NULL)
        return false;
    n->is_text = true;
    n->text = take_characters(p, '<', false);
    return reader_ok(&p->r);
}

/* A byte order mark; then <?xml version="1.0" encoding="UTF-8" standalone="…"?> or nothing. */
static void prolog_take(struct parser *p)
{
    struct reader ahead = p->r;
    struct bytes prefix, name;

    if (reader_u8(&ahead) == 0xef && reader_u8(&ahead) == 0xbb && reader_u8(&ahead) == 0xbf)
        p->r = ahead;
    ahead = p->r;
    if (reader_u8(&ahead) != '<' || reader_u8(&ahead) != '?') {
        skip_space(&p->r);
        return;
    }
    p->r = ahead;
    expect(&p->r, "xml");
    while (reader_ok(&p->r) && skip_space(&p->r) && reader_peek(&p->r) != '?') {
        struct bytes value;
        uint8_t quote;

        take_name(&p->r, &prefix, &name);
        expect(&p->r, "=");
        quote = reader_u8(&p->r);
        if (quote != '"' && quote != '\'')
            reader_fail(&p->r);
        value = take_characters(p, quote, true);
        (void)reader_u8(&p->r);
        if (bytes_equal(name, BYTES_TEXT("encoding")) && !bytes_equal(value, BYTES_TEXT("UTF-8")) &&
            !bytes_equal(value, BYTES_TEXT("utf-8")))
            p->error = ERR_UNSUPPORTED;
    }
    expect(&p->r, "?>");
    skip_space(&p->r);
}

enum err xml_parse(struct xml_document *out, struct arena *arena, struct bytes text, size_t *offset)
{
    struct xml_document document = { .size = text.size };
    struct parser p = { .r = reader_of(text), .arena = arena, .document = &document };
    bool good = true;

    *offset = 0;
    if (text.size > XML_SIZE_MAX)
        return ERR_LIMIT;
    if (!utf8_valid(text))
        return ERR_MALFORMED;
    prolog_take(&p);
    do
        good = reader_ok(&p.r) && p.r.left > 0 && p.error == ERR_OK &&
               (p.open != NULL && reader_peek(&p.r) != '<' ? text_take(&p) : markup_take(&p));
    while (good && p.open != NULL);
    skip_space(&p.r);
    *offset = reader_offset(&p.r);
    if (!good || p.error != ERR_OK || !reader_done(&p.r))
        return parser_error(&p);
    *out = document;
    return ERR_OK;
}

/* --- looking at it */

static bool text_is(struct bytes b, const char *text) { return bytes_equal(b, format_text(text)); }

bool xml_is(const struct xml_node *n, const char *uri, const char *local)
{
    return n != NULL && !n->is_text && text_is(n->local, local) && text_is(n->uri, uri);
}

const struct xml_node *xml_child(const struct xml_node *n, const struct xml_node *after,
                                 const char *uri, const char *local)
{
    const struct xml_node *at;

    if (n == NULL)
        return NULL;
    for (at = after != NULL ? after->next : n->first; at != NULL; at = at->next)
        if (xml_is(at, uri, local))
            return at;
    return NULL;
}

const struct xml_node *xml_only(const struct xml_node *n, const char *uri, const char *local)
{
    const struct xml_node *found = xml_child(n, NULL, uri, local);

    return found != NULL && xml_child(n, found, uri, local) == NULL ? found : NULL;
}

struct bytes xml_attribute(const struct xml_node *n, const char *uri, const char *local)
{
    for (uint32_t i = 0; n != NULL && i < n->attribute_count; i++)
        if (!n->attributes[i].is_namespace && text_is(n->attributes[i].local, local) &&
            text_is(n->attributes[i].uri, uri))
            return n->attributes[i].value;
    return (struct bytes){ 0 };
}

struct bytes xml_text(const struct xml_node *n)
{
    if (n == NULL || n->first == NULL || !n->first->is_text || n->first->next != NULL)
        return (struct bytes){ 0 };
    return n->first->text;
}

/* --- the canonical form */

static void put_text(struct writer *w, const char *text) { writer_put(w, format_text(text)); }

/* Section 2.3: what is escaped in text, and what in attributes. */
static void put_escaped(struct writer *w, struct bytes raw, bool is_attribute)
{
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t c = raw.data[i];

        if (c == '&')
            put_text(w, "&amp;");
        else if (c == '<')
            put_text(w, "&lt;");
        else if (c == '>' && !is_attribute)
            put_text(w, "&gt;");
        else if (c == '"' && is_attribute)
            put_text(w, "&quot;");
        else if (c == '\t' && is_attribute)
            put_text(w, "&#x9;");
        else if (c == '\n' && is_attribute)
            put_text(w, "&#xA;");
        else if (c == '\r')
            put_text(w, "&#xD;");
        else
            writer_u8(w, c);
    }
}

static void put_name(struct writer *w, struct bytes prefix, struct bytes local)
{
    writer_put(w, prefix);
    if (prefix.size > 0)
        writer_u8(w, ':');
    writer_put(w, local);
}

static void put_attribute(struct writer *w, const struct xml_attribute *a)
{
    writer_u8(w, ' ');
    if (!a->is_namespace)
        put_name(w, a->prefix, a->local);
    else if (a->local.size > 0)
        put_name(w, xmlns, a->local);
    else
        writer_put(w, xmlns);
    put_text(w, "=\"");
    put_escaped(w, a->value, true);
    writer_u8(w, '"');
}

/* A declaration that says what is in scope already is left out. */
static bool is_news(const struct xml_node *n, const struct xml_attribute *a)
{
    const struct xml_attribute *before = namespace_find(n->parent, a->local);

    if (before == NULL)
        return a->value.size > 0;
    return !bytes_equal(before->value, a->value);
}

/* All namespaces in scope at n, the nearest of each prefix, in order. */
static void put_scope(struct writer *w, const struct xml_node *n)
{
    const struct xml_attribute *names[XML_NAMESPACES_MAX];
    uint32_t count = 0;

    for (const struct xml_node *at = n; at != NULL; at = at->parent)
        for (uint32_t i = 0; i < at->attribute_count && at->attributes[i].is_namespace; i++) {
            const struct xml_attribute *a = &at->attributes[i];
            uint32_t place = count;

            if (namespace_find(n, a->local) != a || a->value.size == 0)
                continue;
            if (count == XML_NAMESPACES_MAX) {
                w->full = true;
                return;
            }
            for (; place > 0 && compare(a->local, names[place - 1]->local) < 0; place--)
                names[place] = names[place - 1];
            names[place] = a;
            count++;
        }
    for (uint32_t i = 0; i < count; i++)
        put_attribute(w, names[i]);
}

static void put_start(struct writer *w, const struct xml_node *n, bool is_top)
{
    writer_u8(w, '<');
    put_name(w, n->prefix, n->local);
    if (is_top)
        put_scope(w, n);
    for (uint32_t i = 0; i < n->attribute_count; i++)
        if (!n->attributes[i].is_namespace || (!is_top && is_news(n, &n->attributes[i])))
            put_attribute(w, &n->attributes[i]);
    writer_u8(w, '>');
}

static void put_end(struct writer *w, const struct xml_node *n)
{
    put_text(w, "</");
    put_name(w, n->prefix, n->local);
    writer_u8(w, '>');
}

void xml_canonical(struct writer *w, const struct xml_node *n, const struct xml_node *without)
{
    for (const struct xml_node *at = n; at != NULL && writer_ok(w);) {
        if (at == without) {
            /* Nothing of it. */
        } else if (at->is_text) {
            put_escaped(w, at->text, false);
        } else {
            put_start(w, at, at == n);
            if (at->first != NULL) {
                at = at->first;
                continue;
            }
            put_end(w, at);
        }
        while (at != n && at->next == NULL) {
            at = at->parent;
            put_end(w, at);
        }
        at = at == n ? NULL : at->next;
    }
}
