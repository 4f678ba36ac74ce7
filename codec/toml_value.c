/* toml_value.c: arrays, inline tables, and which value it is. */
#include "codec/toml_parse.h"

static void array_parse(struct toml_parser *p, struct toml_value *v)
{
    v->type = TOML_ARRAY;
    reader_skip(&p->r, 1);
    for (;;) {
        struct toml_value *element;

        toml_lines_skip(p);
        if (toml_take_if(p, ']'))
            break;
        element = p->r.bad ? NULL : toml_value_new(p, v, TOML_STRING, reader_offset(&p->r));
        if (element == NULL)
            return;
        toml_array_add(v, element);
        toml_value_parse(p, element);
        toml_lines_skip(p);
        if (toml_take_if(p, ','))
            continue;
        if (toml_take_if(p, ']'))
            break;
        toml_expect(p, ", or ] after a value");
        return;
    }
    v->flags |= TOML_CLOSED;
}

/* "Inline tables are intended to appear on a single line", and no comma comes
 * after the last pair: both are errors in 1.0. */
static void inline_table_parse(struct toml_parser *p, struct toml_value *v)
{
    v->type = TOML_TABLE;
    reader_skip(&p->r, 1);
    toml_blanks_skip(p);
    if (!toml_take_if(p, '}')) {
        for (;;) {
            toml_blanks_skip(p);
            toml_pair_parse(p, v);
            toml_blanks_skip(p);
            if (toml_take_if(p, '}'))
                break;
            if (!toml_take_if(p, ',')) {
                toml_expect(p, ", or } after a value");
                return;
            }
        }
    }
    v->flags |= TOML_CLOSED;
}

void toml_value_parse(struct toml_parser *p, struct toml_value *v)
{
    switch (toml_peek(p)) {
    case '"':
    case '\'':
        v->type = TOML_STRING;
        v->text = toml_string_parse(p, true);
        break;
    case '[': array_parse(p, v); break;
    case '{': inline_table_parse(p, v); break;
    default: toml_scalar_parse(p, v);
    }
}
