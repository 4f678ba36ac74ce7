#include "cli/wast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "cli/wast_host.h"
#include "cli/wast_source.h"
#include "cli/wast_value.h"
#include "exec/memory.h"

enum { NAME_ROOM = 4096 };

enum { WAST_REASONS = 8 };

struct wast_result {
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped;
    uint32_t reason_count;
    char reasons[WAST_REASONS][200]; /* why some were skipped, each once */
};

/* A module of the script, and its instance where there is one. */
struct entry {
    char *name; /* "$M", or NULL */
    struct wasm_module *module;
    struct wasm_instance *instance;
    char unsupported[200]; /* the proposal that it needs, or empty */
};

struct script {
    const char *path;
    bool verbose;
    struct wast_result *result;
    struct wasm_engine *engine;
    struct wasm_store *store;
    struct wasm_linker *linker;
    struct entry *entries;
    size_t entry_count;
    struct wasm_module **extra; /* modules of assertions: instances of them may live on */
    size_t extra_count;
    json_t *left_out; /* "module name as registered": why it is not there */
    int line;
    const char *type;
};

/* --- Counting */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static void fail(struct script *s, const char *what, const char *detail)
{
    s->result->failed++;
    printf("  %s:%d: %s: %s%s%s\n", s->path, s->line, s->type, what, detail[0] != 0 ? ": " : "",
           detail);
}

static void pass(struct script *s)
{
    s->result->passed++;
    if (s->verbose)
        printf("  %s:%d: %s: passed\n", s->path, s->line, s->type);
}

static void judge(struct script *s, bool holds, const char *what, const char *detail)
{
    if (holds)
        pass(s);
    else
        fail(s, what, detail);
}

static void skip(struct script *s, const char *reason)
{
    struct wast_result *r = s->result;

    r->skipped++;
    if (s->verbose)
        printf("  %s:%d: %s: skipped: %s\n", s->path, s->line, s->type, reason);
    for (uint32_t i = 0; i < r->reason_count; i++)
        if (strcmp(r->reasons[i], reason) == 0)
            return;
    if (r->reason_count < WAST_REASONS)
        snprintf(r->reasons[r->reason_count++], sizeof r->reasons[0], "%s", reason);
}

static const char *error_text(enum err e)
{
    static const char *const texts[] = { "accepted",  "malformed",    "invalid", "unsupported",
                                         "limit",     "unlinkable",   "trap",    "host",
                                         "no memory", "input/output", "usage" };

    return (unsigned)e < COUNT_OF(texts) ? texts[e] : "unknown error";
}

/* --- Modules */

static void *grown(void *at, size_t count, size_t size)
{
    at = realloc(at, (count + 1) * size);
    if (at == NULL)
        abort();
    return at;
}

/* Decodes, validates and compiles the file of a command. */
static enum err module_load(struct script *s, struct wasm_module **out, const json_t *command,
                            struct wasm_note *note)
{
    char *path = wast_source_beside(s->path, text_of(command, "filename"));
    struct bytes contents = { 0 };
    enum err e = ERR_IO;

    *out = NULL;
    if (path != NULL && wast_source_read(&contents, path))
        e = wasm_module_new(out, s->engine, contents, note);
    free((void *)(uintptr_t)contents.data);
    free(path);
    if (e != ERR_OK)
        return e;
    s->extra = grown(s->extra, s->extra_count, sizeof *s->extra);
    s->extra[s->extra_count++] = *out;
    e = wasm_module_compile(*out, note);
    return e == ERR_UNSUPPORTED ? ERR_USAGE : e; /* what is validated has to compile */
}

static struct entry *entry_add(struct script *s, const json_t *command)
{
    const json_t *name = json_object_get(command, "name");
    struct entry *e;

    s->entries = grown(s->entries, s->entry_count, sizeof *s->entries);
    e = &s->entries[s->entry_count++];
    *e = (struct entry){ 0 };
    e->name = json_is_string(name) ? strdup(json_string_value(name)) : NULL;
    return e;
}

/* The module of a name, or the last one; NULL where there is none. */
static struct entry *entry_find(const struct script *s, const json_t *name)
{
    for (size_t i = s->entry_count; i > 0; i--) {
        struct entry *e = &s->entries[i - 1];

        if (name == NULL || (json_is_string(name) && e->name != NULL &&
                             strcmp(e->name, json_string_value(name)) == 0))
            return e;
    }
    return NULL;
}

static void note_print(char *to, size_t size, enum err e, const struct wasm_note *note)
{
    snprintf(to, size, "%s: %.47s%s%.120s (offset %llu)", error_text(e), note->rule,
             note->detail[0] != 0 ? ": " : "", note->detail, (unsigned long long)note->offset);
}

/* A module of ours that does not come to life is a failure, unless it is for a
 * proposal that is refused by name. */
static void entry_refuse(struct script *s, struct entry *entry, enum err e,
                         const struct wasm_note *note)
{
    char text[256];

    if (e == ERR_UNSUPPORTED) {
        snprintf(entry->unsupported, sizeof entry->unsupported, "%s", note->rule);
        skip(s, entry->unsupported);
        return;
    }
    note_print(text, sizeof text, e, note);
    fail(s, "the module is refused", text);
}

/* Why an import is missing that a module which is left out was to provide, or NULL. */
static const char *missing_reason(const struct script *s, const struct wasm_note *note)
{
    const char *dot = strchr(note->detail, '.');
    char module[sizeof note->detail];

    if (strcmp(note->rule, "unknown import") != 0 || dot == NULL)
        return NULL;
    snprintf(module, sizeof module, "%.*s", (int)(dot - note->detail), note->detail);
    return json_string_value(json_object_get(s->left_out, module));
}

static void instantiate(struct script *s, struct entry *entry)
{
    struct wasm_note note = { 0 };
    enum err e = wasm_instance_new(&entry->instance, s->linker, entry->module, &note);
    const char *reason = e == ERR_LINK ? missing_reason(s, &note) : NULL;

    if (reason != NULL) {
        snprintf(entry->unsupported, sizeof entry->unsupported, "%s", reason);
        skip(s, reason);
    } else if (e == ERR_TRAP) {
        fail(s, "trap", wasm_trap_text(wasm_store_trap(s->store)->trap));
    } else if (e != ERR_OK) {
        entry_refuse(s, entry, e, &note);
    }
}

static void do_module(struct script *s, const json_t *command, bool alive)
{
    struct entry *entry = entry_add(s, command);
    struct wasm_note note = { 0 };
    enum err e = module_load(s, &entry->module, command, &note);

    if (e != ERR_OK) {
        entry->module = NULL;
        entry_refuse(s, entry, e, &note);
    } else if (alive) {
        instantiate(s, entry);
    }
}

static void do_module_instance(struct script *s, const json_t *command)
{
    const struct entry *of = entry_find(s, json_object_get(command, "module"));
    struct entry from = of != NULL ? *of : (struct entry){ 0 };
    struct entry *entry = entry_add(s, command);

    entry->module = from.module;
    memcpy(entry->unsupported, from.unsupported, sizeof entry->unsupported);
    if (entry->module != NULL)
        instantiate(s, entry);
    else
        skip(s, entry->unsupported);
}

static void do_register(struct script *s, const json_t *command)
{
    struct entry *entry = entry_find(s, json_object_get(command, "name"));
    uint8_t room[NAME_ROOM];
    struct bytes as = wast_name(json_object_get(command, "as"), room, sizeof room);

    if (entry == NULL || entry->instance == NULL) {
        if (entry == NULL || entry->unsupported[0] == 0)
            fail(s, "no such instance", "");
        else
            json_object_set_new(s->left_out, text_of(command, "as"),
                                json_string(entry->unsupported));
        return;
    }
    if (wasm_linker_instance(s->linker, as, entry->instance) != ERR_OK)
        fail(s, "no memory", "");
}

/* --- Actions */

enum outcome { DONE, TRAPPED, IMPOSSIBLE, LEFT_OUT };

struct answer {
    enum outcome outcome;
    const char *why; /* of IMPOSSIBLE and LEFT_OUT */
    uint32_t count;
    union wasm_value slots[LIMIT_PARAMS];
    enum wasm_type types[LIMIT_RESULTS];
};

static void act_get(struct wasm_instance *instance, struct bytes field, struct answer *a)
{
    const struct wasm_global *g = wasm_instance_global(instance, field);

    a->outcome = g != NULL ? DONE : IMPOSSIBLE;
    a->why = "no such global";
    if (g == NULL)
        return;
    a->count = 1;
    a->types[0] = wasm_global_type(g);
    a->slots[0] = wasm_global_get(g);
}

static void act_invoke(struct wasm_instance *instance, struct bytes field, const json_t *args,
                       struct answer *a)
{
    struct wasm_function *f = wasm_instance_function(instance, field);
    struct wasm_signature g;

    a->outcome = IMPOSSIBLE;
    a->why = "no such function";
    if (f == NULL)
        return;
    g = wasm_function_signature(f);
    a->why = "arguments do not fit";
    if (json_array_size(args) != g.param_count)
        return;
    for (uint32_t i = 0; i < g.param_count; i++)
        if (!wast_value_parse(&a->slots[i], json_array_get(args, i)))
            return;
    a->outcome = wasm_function_call(f, a->slots) == ERR_OK ? DONE : TRAPPED;
    a->count = g.result_count;
    for (uint32_t i = 0; i < g.result_count; i++)
        a->types[i] = g.results[i];
}

static void act(struct script *s, const json_t *command, struct answer *a)
{
    const json_t *action = json_object_get(command, "action");
    const struct entry *entry = entry_find(s, json_object_get(action, "module"));
    uint8_t room[NAME_ROOM];
    struct bytes field = wast_name(json_object_get(action, "field"), room, sizeof room);

    if (entry == NULL || entry->instance == NULL) {
        bool left_out = entry != NULL && entry->unsupported[0] != 0;

        a->outcome = left_out ? LEFT_OUT : IMPOSSIBLE;
        a->why = left_out ? entry->unsupported : "there is no instance";
    } else if (strcmp(text_of(action, "type"), "get") == 0) {
        act_get(entry->instance, field, a);
    } else {
        act_invoke(entry->instance, field, json_object_get(action, "args"), a);
    }
}

/* True where the assertion is not decided yet. */
static bool act_possible(struct script *s, const struct answer *a)
{
    if (a->outcome == LEFT_OUT)
        skip(s, a->why);
    else if (a->outcome == IMPOSSIBLE)
        fail(s, a->why, "");
    return a->outcome == DONE || a->outcome == TRAPPED;
}

static const char *last_trap(const struct script *s)
{
    return wasm_trap_text(wasm_store_trap(s->store)->trap);
}

static void do_assert_return(struct script *s, const json_t *command, struct answer *a)
{
    const json_t *expected = json_object_get(command, "expected");

    act(s, command, a);
    if (!act_possible(s, a))
        return;
    if (a->outcome == TRAPPED) {
        fail(s, "trap", last_trap(s));
        return;
    }
    if (strcmp(s->type, "action") == 0) {
        pass(s);
        return;
    }
    if (json_array_size(expected) != a->count) {
        fail(s, "wrong number of results", "");
        return;
    }
    for (uint32_t i = 0; i < a->count; i++)
        if (!wast_value_matches(json_array_get(expected, i), a->types[i], a->slots[i])) {
            fail(s, "wrong result", text_of(json_object_get(command, "action"), "field"));
            printf("    got");
            wast_value_print(a->types[i], a->slots[i]);
            printf(", want ");
            json_dumpf(json_array_get(expected, i), stdout, JSON_COMPACT);
            printf("\n");
            return;
        }
    pass(s);
}

/* The suite gives the beginning of the message, or (an index behind it) more than it. */
static bool text_fits(const char *want, const char *got)
{
    size_t want_size = strlen(want), got_size = strlen(got);

    return strncmp(want, got, want_size < got_size ? want_size : got_size) == 0;
}

static void do_assert_trap(struct script *s, const json_t *command, struct answer *a)
{
    act(s, command, a);
    if (!act_possible(s, a))
        return;
    if (a->outcome == DONE)
        fail(s, "no trap", text_of(command, "text"));
    else if (strcmp(s->type, "assert_exception") == 0)
        judge(s, wasm_store_trap(s->store)->trap == WASM_TRAP_EXCEPTION, "another trap",
              last_trap(s));
    else
        judge(s, text_fits(text_of(command, "text"), last_trap(s)), "another trap", last_trap(s));
}

/* --- Assertions about modules */

static void do_assert_refused(struct script *s, const json_t *command, enum err want)
{
    struct wasm_note note = { 0 };
    struct wasm_module *module;
    char text[256];
    enum err e = module_load(s, &module, command, &note);

    note_print(text, sizeof text, e, &note);
    if (e == ERR_UNSUPPORTED)
        skip(s, note.rule);
    else if (e == ERR_OK && strncmp(text_of(command, "text"), "multiple ", 9) == 0)
        skip(s, "WebAssembly 3.0 allows several tables and memories; this script is older");
    else
        judge(s, e == want, text_of(command, "text"), text);
}

static void do_assert_unlinkable(struct script *s, const json_t *command)
{
    struct wasm_note note = { 0 };
    struct wasm_module *module;
    struct wasm_instance *instance;
    char text[256];
    enum err e = module_load(s, &module, command, &note);

    if (e == ERR_UNSUPPORTED) {
        skip(s, note.rule);
        return;
    }
    if (e == ERR_OK)
        e = wasm_instance_new(&instance, s->linker, module, &note);
    note_print(text, sizeof text, e, &note);
    if (e == ERR_LINK && missing_reason(s, &note) != NULL)
        skip(s, missing_reason(s, &note));
    else if (strcmp(s->type, "assert_unlinkable") == 0)
        judge(s, e == ERR_LINK && text_fits(text_of(command, "text"), note.rule),
              text_of(command, "text"), text);
    else
        judge(s, e == ERR_TRAP && text_fits(text_of(command, "text"), last_trap(s)),
              text_of(command, "text"), e == ERR_TRAP ? last_trap(s) : text);
}

static void do_command(struct script *s, const json_t *command, struct answer *a)
{
    s->type = text_of(command, "type");
    s->line = (int)json_integer_value(json_object_get(command, "line"));
    if (strcmp(s->type, "module") == 0)
        do_module(s, command, true);
    else if (strcmp(s->type, "module_definition") == 0)
        do_module(s, command, false);
    else if (strcmp(s->type, "module_instance") == 0)
        do_module_instance(s, command);
    else if (strcmp(s->type, "register") == 0)
        do_register(s, command);
    else if (strcmp(s->type, "action") == 0 || strcmp(s->type, "assert_return") == 0)
        do_assert_return(s, command, a);
    else if (strcmp(s->type, "assert_trap") == 0 || strcmp(s->type, "assert_exhaustion") == 0 ||
             strcmp(s->type, "assert_exception") == 0)
        do_assert_trap(s, command, a);
    else if (strcmp(s->type, "assert_invalid") == 0)
        do_assert_refused(s, command, ERR_INVALID);
    else if (strcmp(s->type, "assert_malformed") == 0)
        do_assert_refused(s, command, ERR_MALFORMED);
    else if (strcmp(s->type, "assert_unlinkable") == 0 ||
             strcmp(s->type, "assert_uninstantiable") == 0)
        do_assert_unlinkable(s, command);
    else
        fail(s, "unknown command", "");
}

static void script_done(struct script *s)
{
    wasm_linker_free(s->linker);
    wasm_store_free(s->store);
    for (size_t i = 0; i < s->entry_count; i++)
        free(s->entries[i].name);
    for (size_t i = 0; i < s->extra_count; i++)
        wasm_module_free(s->extra[i]);
    free(s->entries);
    free(s->extra);
    json_decref(s->left_out);
    wasm_engine_free(s->engine);
}

static bool script_open(struct script *s, uint64_t config)
{
    struct wasm_store_limits limits = { .fuel = INT64_MAX };
    struct wasm_host host;

    memory_host(&host, UINT64_MAX);
    s->left_out = json_object();
    return s->left_out != NULL && wasm_engine_new(&s->engine, &host, config) == ERR_OK &&
           wasm_store_new(&s->store, s->engine, &limits) == ERR_OK &&
           wasm_linker_new(&s->linker, s->store) == ERR_OK &&
           wast_host_define(s->linker, s->store) == ERR_OK;
}

static json_t *script_load(const char *path, json_error_t *error)
{
    struct bytes text = { 0 };
    json_t *root;

    *error = (json_error_t){ .text = "cannot be read" };
    if (!wast_source_read(&text, path))
        return NULL;
    root = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, error);
    free((void *)(uintptr_t)text.data);
    return root;
}

static bool script_run(struct wast_result *out, const char *path, uint64_t config, bool verbose)
{
    struct script s = { .path = path, .verbose = verbose, .result = out };
    json_error_t error;
    json_t *root = script_load(path, &error);
    struct answer *a = calloc(1, sizeof *a);
    json_t *commands = json_object_get(root, "commands"), *command;
    size_t i;

    *out = (struct wast_result){ 0 };
    if (root == NULL || a == NULL || !script_open(&s, config)) {
        fprintf(stderr, "broch: %s: %s\n", path,
                root == NULL ? error.text : "the engine refuses this configuration");
        script_done(&s);
        json_decref(root);
        free(a);
        return false;
    }
    json_array_foreach(commands, i, command) do_command(&s, command, a);
    script_done(&s);
    json_decref(root);
    free(a);
    return true;
}

bool wast_one(const char *path, uint64_t config, bool verbose)
{
    struct wast_result r;

    if (!script_run(&r, path, config, verbose)) {
        printf("FAIL %s: 0 passed, 1 failed, 0 skipped\n", path);
        return false;
    }
    printf("%s %s: %u passed, %u failed, %u skipped\n", r.failed == 0 ? "ok" : "FAIL", path,
           r.passed, r.failed, r.skipped);
    for (uint32_t i = 0; i < r.reason_count; i++)
        printf("  skipped %s: %s\n", path, r.reasons[i]);
    fflush(stdout); /* a crash in the next one must not take these lines along */
    return r.failed == 0;
}
