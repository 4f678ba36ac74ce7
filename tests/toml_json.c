/* toml_json.c: prints a TOML document from stdin as the typed JSON of toml-test,
 * or says on stderr what was expected and exits 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/toml.h"

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

static void text_print(struct bytes text)
{
    putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static const char *type_name(enum toml_type type)
{
    static const char *const names[] = { "string",   "integer",        "float",      "bool",
                                         "datetime", "datetime-local", "date-local", "time-local" };

    return names[type];
}

static void value_print(const struct toml_value *v)
{
    bool table = v->type == TOML_TABLE;

    if (v->type != TOML_ARRAY && !table) {
        printf("{\"type\":\"%s\",\"value\":", type_name(v->type));
        if (v->type == TOML_INTEGER)
            printf("\"%lld\"", (long long)v->integer);
        else if (v->type == TOML_BOOL)
            printf("\"%s\"", v->truth ? "true" : "false");
        else
            text_print(v->text);
        putchar('}');
        return;
    }
    putchar(table ? '{' : '[');
    for (const struct toml_value *m = v->first; m != NULL; m = m->next) {
        if (table) {
            text_print(m->key);
            putchar(':');
        }
        value_print(m);
        if (m->next != NULL)
            putchar(',');
    }
    putchar(table ? '}' : ']');
}

int main(void)
{
    static uint8_t raw[TOML_SIZE_MAX + 1];
    struct bytes document = { raw, fread(raw, 1, sizeof raw, stdin) };
    struct toml_error error = { 0 };
    struct toml_value *root = NULL;
    struct arena arena;
    uint32_t line, column;
    enum err e;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 30);
    e = toml_parse(&root, &arena, document, &error);
    if (e == ERR_OK) {
        value_print(root);
        putchar('\n');
    } else {
        toml_place(document, error.offset, &line, &column);
        fprintf(stderr, "%u:%u: expected %s\n", line, column, error.expected);
    }
    arena_done(&arena);
    return e == ERR_OK ? 0 : 1;
}
