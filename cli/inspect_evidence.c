#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include "attest/format.h"
#include "cli/inspect.h"
#include "cli/verbs.h"
#include "cli/verify_input.h"
#include "cli/wat.h"
#include "codec/json_write.h"

struct inspected {
    const struct exhibits *exhibits;
    struct arena *arena;
    bool json;
    bool is_whole; /* every piece could be read to its end */
};

bool inspect_is_module(const char *path)
{
    char start[8] = { 0 };
    struct stat st;
    size_t at = strlen(path), most = sizeof start - 1;
    const char *equals = strchr(path, '=');
    ssize_t n = -1;
    int fd;

    if (equals != NULL && access(path, F_OK) != 0 &&
        exhibit_kind_named((struct bytes){ (const uint8_t *)path, (size_t)(equals - path) }) !=
            EXHIBIT_UNKNOWN)
        return false;
    if (wat_is(path) || (at > 5 && strcmp(path + at - 5, ".wasm") == 0))
        return true;
    /* A look into a pipe would take from it. */
    if (strcmp(path, "-") == 0 ||
        (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) {
        n = read(fd, start, most);
        close(fd);
    }
    /* What cannot be read gets the message that modules get. */
    return n < 0 || (n >= 4 && memcmp(start, "\0asm", 4) == 0) ||
           memcmp(start, "(module", most) == 0;
}

static void item_show(struct writer *w, struct json_write *j, struct inspected *s,
                      const struct exhibit *e)
{
    struct fields fields;
    enum err result;

    fields_init(&fields, s->arena);
    result = inspect_describe(&fields, e);
    s->is_whole &= result == ERR_OK && !fields.is_cut;
    if (!s->json) {
        format_clean(w, format_text(e->name));
        format_put(w, ": %s%s\n", exhibit_kind_name(e->kind),
                   result != ERR_OK ? " (malformed)" : "");
        fields_print(w, &fields);
        return;
    }
    json_write_open(j, NULL, '{');
    json_write_string(j, "kind", exhibit_kind_id(e->kind));
    json_write_string(j, "name", e->name);
    json_write_uint(j, "size", e->raw.size);
    if (e->parent != 0)
        json_write_uint(j, "inside", e->parent - 1);
    json_write_bool(j, "malformed", result != ERR_OK);
    json_write_open(j, "fields", '{');
    fields_json(j, &fields);
    json_write_close(j, '}');
    json_write_close(j, '}');
}

static void inspected_show(struct writer *w, void *context)
{
    struct inspected *s = context;
    struct json_write j = json_write_to(w, true);

    s->is_whole = true;
    if (s->json) {
        json_write_open(&j, NULL, '{');
        json_write_open(&j, "items", '[');
    }
    for (uint32_t i = 0; i < s->exhibits->count; i++)
        item_show(w, &j, s, &s->exhibits->items[i]);
    if (s->json) {
        json_write_close(&j, ']');
        json_write_close(&j, '}');
        writer_u8(w, '\n');
    }
}

int inspect_evidence(const char *path, const char *kind, bool json)
{
    static struct verify_input in;
    struct inspected shown = { .json = json };
    const char *word;
    char *operand;
    int code;

    verify_input_init(&in);
    in.policy_name = NULL;
    word = kind == NULL ? path : verdict_format(&in.arena, "%s=%s", kind, path);
    operand = (char *)(uintptr_t)word;
    if (kind != NULL && exhibit_kind_named((struct bytes){ (const uint8_t *)kind, strlen(kind) }) ==
                            EXHIBIT_UNKNOWN)
        code = verb_misused(&verb_inspect, "--kind %s: there is no such kind", kind);
    else
        code = verify_input_load(&in, &verb_inspect, 1, &operand);
    shown.exhibits = &in.exhibits;
    shown.arena = &in.arena;
    if (code == 0 && in.exhibits.count == 1 && in.exhibits.items[0].kind == EXHIBIT_UNKNOWN)
        code = verb_fail(VERB_DATA,
                         "%s: neither a module nor evidence of a form that we know "
                         "(--kind names it where its contents do not tell)",
                         path);
    if (code == 0)
        code = verify_output(inspected_show, &shown);
    if (code == 0 && !shown.is_whole)
        code = verb_fail(VERB_DATA, "%s: malformed: what could be read is above", path);
    verify_input_done(&in);
    return code;
}
