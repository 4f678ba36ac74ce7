#include "attest/fields.h"

#include "attest/format.h"
#include "base/moment.h"
#include "base/num.h"
#include "codec/json_write.h"

/* Longer ones are cut where people read them; JSON has them whole. */
#define FIELD_BYTES_SHOWN 64u
#define FIELD_NAME_COLUMN 36u

void fields_init(struct fields *f, struct arena *arena)
{
    *f = (struct fields){ .arena = arena, .root = { .type = FIELD_GROUP } };
    /* open is NULL for the root: so that a struct fields may be copied. */
}

static struct field *field_add(struct fields *f, const char *name, enum field_type type)
{
    struct field *parent = f->open != NULL ? f->open : &f->root;
    struct field *n = f->is_cut || f->arena == NULL ? NULL : arena_alloc(f->arena, sizeof *n);

    if (n == NULL) {
        f->is_cut = true;
        return NULL;
    }
    if (parent->type == FIELD_LIST)
        name = NULL;
    else if (name == NULL)
        name = "";
    *n = (struct field){ .name = name, .type = type, .parent = f->open };
    if (parent->last != NULL)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    return n;
}

static void field_number(struct fields *f, const char *name, enum field_type type, uint64_t n)
{
    struct field *field = field_add(f, name, type);

    if (field != NULL)
        field->number = n;
}

static void field_bytes(struct fields *f, const char *name, enum field_type type, struct bytes b)
{
    struct field *field = field_add(f, name, type);

    if (field != NULL)
        field->bytes = b;
}

static void field_open(struct fields *f, const char *name, enum field_type type)
{
    struct field *field = field_add(f, name, type);

    if (field != NULL)
        f->open = field; /* once cut, nothing is added: ends then no longer matter */
}

void fields_group(struct fields *f, const char *name) { field_open(f, name, FIELD_GROUP); }

void fields_list(struct fields *f, const char *name) { field_open(f, name, FIELD_LIST); }

void fields_end(struct fields *f)
{
    if (f->open != NULL)
        f->open = f->open->parent;
}

void fields_uint(struct fields *f, const char *name, uint64_t n)
{
    field_number(f, name, FIELD_UINT, n);
}

void fields_int(struct fields *f, const char *name, int64_t n)
{
    field_number(f, name, FIELD_INT, (uint64_t)n);
}

void fields_bits(struct fields *f, const char *name, uint64_t n)
{
    field_number(f, name, FIELD_BITS, n);
}

void fields_bool(struct fields *f, const char *name, bool truth)
{
    field_number(f, name, FIELD_BOOL, truth);
}

void fields_moment(struct fields *f, const char *name, int64_t at)
{
    field_number(f, name, FIELD_MOMENT, (uint64_t)at);
}

void fields_null(struct fields *f, const char *name) { field_number(f, name, FIELD_NULL, 0); }

void fields_text(struct fields *f, const char *name, struct bytes text)
{
    field_bytes(f, name, FIELD_TEXT, text);
}

void fields_string(struct fields *f, const char *name, const char *text)
{
    field_bytes(f, name, FIELD_TEXT, text != NULL ? format_text(text) : (struct bytes){ 0 });
}

void fields_bytes(struct fields *f, const char *name, struct bytes data)
{
    field_bytes(f, name, FIELD_BYTES, data);
}

const char *fields_name(struct fields *f, const char *prefix, uint64_t number)
{
    struct writer w = { 0 };
    struct bytes head = format_text(prefix);
    char *name = f->arena != NULL ? arena_alloc(f->arena, head.size + 24) : NULL;

    if (name == NULL) {
        f->is_cut = true;
        return "";
    }
    w = writer_of(name, head.size + 23); /* the arena zeroed the last byte */
    format_put(&w, "%s%llu", prefix, (unsigned long long)number);
    return name;
}

static void moment_put(struct writer *w, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];

    if (at < MOMENT_LEAST || at > MOMENT_MOST) {
        format_put(w, "%lld s", (long long)at);
        return;
    }
    moment_text(text, at);
    format_put(w, "%s", text);
}

void fields_value_print(struct writer *w, const struct field *f)
{
    switch (f->type) {
    case FIELD_GROUP:
    case FIELD_LIST: format_put(w, "%s", f->first != NULL ? "" : "(empty)"); break;
    case FIELD_UINT: format_put(w, "%llu", (unsigned long long)f->number); break;
    case FIELD_INT: format_put(w, "%lld", (long long)f->number); break;
    case FIELD_BITS: format_put(w, "0x%llx", (unsigned long long)f->number); break;
    case FIELD_BOOL: format_put(w, "%s", f->number != 0 ? "true" : "false"); break;
    case FIELD_TEXT: format_clean(w, f->bytes); break;
    case FIELD_BYTES:
        format_hex(w, (struct bytes){ f->bytes.data, num_min(f->bytes.size, FIELD_BYTES_SHOWN) });
        if (f->bytes.size > FIELD_BYTES_SHOWN)
            format_put(w, "... (%zu bytes)", f->bytes.size);
        break;
    case FIELD_MOMENT: moment_put(w, (int64_t)f->number); break;
    case FIELD_NULL: format_put(w, "none"); break;
    }
}

/* Names may be the evidence's own, of members of JSON: they are not believed either. */
static void name_print(struct writer *w, const char *name, int width)
{
    size_t start = w->size, used;

    format_clean(w, format_text(name));
    used = num_min(w->size - start, (size_t)width);
    format_put(w, "%*s ", width - (int)used, "");
}

static void group_print(struct writer *w, const struct field *f)
{
    format_clean(w, format_text(f->name != NULL ? f->name : "-"));
    format_put(w, ":%s", f->first != NULL ? "" : " ");
}

void fields_print(struct writer *w, const struct fields *f)
{
    size_t depth = 0;

    for (const struct field *at = f->root.first; at != NULL;) {
        int width = depth * 2 < FIELD_NAME_COLUMN ? (int)(FIELD_NAME_COLUMN - depth * 2) : 0;

        format_put(w, "%*s", (int)num_min(depth * 2, 200), "");
        if (at->type == FIELD_GROUP || at->type == FIELD_LIST)
            group_print(w, at);
        else if (at->name != NULL)
            name_print(w, at->name, width);
        else
            format_put(w, "- ");
        fields_value_print(w, at);
        format_put(w, "\n");
        if (at->first != NULL) {
            at = at->first;
            depth++;
            continue;
        }
        for (; at->next == NULL && at->parent != NULL; depth--)
            at = at->parent;
        at = at->next;
    }
    if (f->is_cut)
        format_put(w, "(the rest is cut: memory ended)\n");
}

static void field_json(struct json_write *j, const struct field *f)
{
    char text[MOMENT_TEXT_SIZE] = { 0 };
    struct writer w = writer_of(text, sizeof text - 1);

    switch (f->type) {
    case FIELD_GROUP: json_write_open(j, f->name, '{'); break;
    case FIELD_LIST: json_write_open(j, f->name, '['); break;
    case FIELD_UINT: json_write_uint(j, f->name, f->number); break;
    case FIELD_INT: json_write_int(j, f->name, (int64_t)f->number); break;
    case FIELD_BOOL: json_write_bool(j, f->name, f->number != 0); break;
    case FIELD_TEXT: json_write_text(j, f->name, f->bytes); break;
    case FIELD_BYTES: json_write_hex(j, f->name, f->bytes); break;
    case FIELD_BITS:
    case FIELD_MOMENT:
        fields_value_print(&w, f);
        json_write_text(j, f->name, writer_bytes(&w));
        break;
    case FIELD_NULL: json_write_null(j, f->name); break;
    }
}

static char bracket_of(const struct field *f) { return f->type == FIELD_LIST ? ']' : '}'; }

void fields_json(struct json_write *j, const struct fields *f)
{
    for (const struct field *at = f->root.first; at != NULL;) {
        field_json(j, at);
        if (at->first != NULL) {
            at = at->first;
            continue;
        }
        if (at->type == FIELD_GROUP || at->type == FIELD_LIST)
            json_write_close(j, bracket_of(at));
        for (; at->next == NULL && at->parent != NULL; at = at->parent)
            json_write_close(j, bracket_of(at->parent));
        at = at->next;
    }
    if (f->is_cut)
        json_write_bool(j, "cut", true);
}
