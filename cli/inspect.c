#include "cli/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/digest.h"
#include "cli/option.h"
#include "cli/text.h"
#include "cli/verbs.h"

const char *inspect_extern(enum wasm_extern kind)
{
    static const char *const names[] = { "function", "table", "memory", "global", "tag" };

    return names[kind];
}

static const char *limits_text(const struct wasm_limits *l, const char *unit)
{
    static char text[128];
    int at = snprintf(text, sizeof text, "%" PRIu64, l->least);

    if (l->has_most)
        at += snprintf(text + at, sizeof text - (size_t)at, " to %" PRIu64, l->most);
    else
        at += snprintf(text + at, sizeof text - (size_t)at, " or more");
    snprintf(text + at, sizeof text - (size_t)at, " %s%s%s", unit, l->is64 ? ", 64-bit" : "",
             l->shared ? ", shared" : "");
    return text;
}

const char *inspect_type(const struct wasm_decoded *m, enum wasm_extern kind, uint32_t index)
{
    static char text[160];

    switch (kind) {
    case WASM_EXTERN_FUNCTION: return module_signature_text(wasm_decoded_signature(m, index));
    case WASM_EXTERN_TABLE:
        snprintf(text, sizeof text, "%s, %s", module_type_text(m->tables[index].type),
                 limits_text(&m->tables[index].limits, "elements"));
        return text;
    case WASM_EXTERN_MEMORY: return limits_text(&m->memories[index].limits, "pages");
    case WASM_EXTERN_GLOBAL:
        snprintf(text, sizeof text, "%s%s", m->globals[index].is_mutable ? "mutable " : "",
                 module_type_text(m->globals[index].type));
        return text;
    default: return module_signature_text(m->types[m->tags[index]].signature);
    }
}

static bool exports_function(const struct wasm_decoded *m, struct bytes name)
{
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].kind == WASM_EXTERN_FUNCTION && bytes_equal(m->exports[i].name, name))
            return true;
    return false;
}

const char *inspect_kind(const struct wasm_decoded *m)
{
    if (exports_function(m, BYTES_TEXT("_start")))
        return "command";
    if (exports_function(m, BYTES_TEXT("_initialize")))
        return "reactor";
    return "library";
}

static void digest_print(const char *label, const uint8_t digest[HASH_SHA256_SIZE])
{
    char text[DIGEST_TEXT_SIZE];

    digest_text(text, digest);
    printf("%-10s sha256:%s\n", label, text);
}

static void digests_print(const struct module *m)
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (hash_sha256(digest, m->raw) == ERR_OK)
        digest_print("module", digest);
    if (digest_workload(digest, m->raw, (struct bytes){ 0 }) == ERR_OK)
        digest_print("workload", digest);
}

static void features_print(const struct wasm_decoded *m)
{
    printf("%-10s", "features");
    if (m->features == 0)
        printf(" none beyond WebAssembly 1.0");
    for (unsigned i = 0; module_feature_text(i) != NULL; i++)
        if ((m->features >> i & 1) != 0)
            printf(" %s", module_feature_text(i));
    printf("\n");
}

static void imports_print(const struct wasm_decoded *m)
{
    char module[TEXT_SHOWN_SIZE], name[TEXT_SHOWN_SIZE];

    printf("imports (%" PRIu32 ")\n", m->import_count);
    for (uint32_t i = 0; i < m->import_count; i++) {
        const struct wasm_import *x = &m->imports[i];

        printf("    %s.%s: %s %s\n", text_shown(module, x->module), text_shown(name, x->name),
               inspect_extern(x->kind), inspect_type(m, x->kind, x->index));
    }
}

static void exports_print(const struct wasm_decoded *m)
{
    char name[TEXT_SHOWN_SIZE];

    printf("exports (%" PRIu32 ")\n", m->export_count);
    for (uint32_t i = 0; i < m->export_count; i++) {
        const struct wasm_export *x = &m->exports[i];

        printf("    %s: %s %s\n", text_shown(name, x->name), inspect_extern(x->kind),
               inspect_type(m, x->kind, x->index));
    }
}

static void rest_print(const struct wasm_decoded *m)
{
    char name[TEXT_SHOWN_SIZE];

    printf("memories (%" PRIu32 ")\n", m->memory_count);
    for (uint32_t i = 0; i < m->memory_count; i++)
        printf("    %s%s\n", inspect_type(m, WASM_EXTERN_MEMORY, i),
               i < m->imported_memory_count ? ", imported" : "");
    printf("tables (%" PRIu32 ")\n", m->table_count);
    for (uint32_t i = 0; i < m->table_count; i++)
        printf("    %s%s\n", inspect_type(m, WASM_EXTERN_TABLE, i),
               i < m->imported_table_count ? ", imported" : "");
    printf("custom sections (%" PRIu32 ")\n", m->custom_count);
    for (uint32_t i = 0; i < m->custom_count; i++)
        printf("    %s: %" PRIu32 " bytes\n", text_shown(name, m->customs[i].name),
               m->customs[i].size);
}

static void inspect_print(const struct module *m, const char *path)
{
    const struct wasm_decoded *d = &m->decoded;
    char name[TEXT_SHOWN_SIZE];

    text_shown(name, (struct bytes){ (const uint8_t *)path, strlen(path) });
    printf("%-10s %s, %zu bytes, valid, %s\n", "file", name, m->raw.size, inspect_kind(d));
    if (d->module_name.size > 0)
        printf("%-10s %s\n", "name", text_shown(name, d->module_name));
    digests_print(m);
    features_print(d);
    printf("%-10s %" PRIu32 " functions, %" PRIu32 " types, %" PRIu32 " globals, %" PRIu32
           " tags, %" PRIu32 " data and %" PRIu32 " element segments\n",
           "has", d->func_count - d->imported_func_count, d->type_count,
           d->global_count - d->imported_global_count, d->tag_count - d->imported_tag_count,
           d->data_segment_count, d->elem_count);
    if (d->has_start)
        printf("%-10s function %" PRIu32 " (%s)\n", "start", d->start,
               text_shown(name, wasm_decoded_function_name(d, d->start)));
    imports_print(d);
    exports_print(d);
    rest_print(d);
}

static int inspect_run(int argc, char **argv)
{
    struct option_walk w = option_walk_mixed(&verb_inspect, argc, argv);
    const struct verb_option *o;
    const char *kind = NULL;
    struct module m;
    bool json = false;
    int code;

    while ((o = option_next(&w)) != NULL) {
        json |= option_is(o, "json");
        if (option_is(o, "kind"))
            kind = w.value;
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at + 1 != argc)
        return verb_misused(&verb_inspect, "expected one module, or one file of evidence");
    if (kind != NULL || !inspect_is_module(argv[w.at]))
        return inspect_evidence(argv[w.at], kind, json);
    module_init(&m);
    code = module_open(&m, argv[w.at]);
    if (code == 0 && json)
        inspect_json(&m, argv[w.at]);
    else if (code == 0)
        inspect_print(&m, argv[w.at]);
    module_close(&m);
    return code;
}

static const struct verb_option inspect_options[] = {
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { "kind", VALUE_TEXT, "KIND",
      "What a file of evidence is, where its contents do not tell: snp-report, quote, tpm-quote, "
      "tpm-pcrs, event-log, cert, …" },
    { 0 },
};

static const struct verb_example inspect_examples[] = {
    { "broch inspect app.wasm", "Look before you run." },
    { "broch inspect quote.bin", "What a quote says, before anybody believes it." },
    { "broch inspect --json app.wasm | jq -r '.imports[].name'", "The names that it imports." },
    { 0 },
};

const struct verb verb_inspect = {
    .name = "inspect",
    .summary = "tell what is in a module, or in evidence",
    .operands = "FILE",
    .operand = VALUE_FILE,
    .text =
        "Decodes and validates a module, and prints what it is (a command is started at "
        "_start, a reactor is initialised and then called, a library is only called), its "
        "digest and that of the workload it makes without a manifest, the features of "
        "WebAssembly that it uses, imports, exports, memories, tables and custom sections. "
        "Nothing of it runs.\n\n"
        "Of attestation evidence (a report, quote, token, document, event log), certificates, "
        "lists of revocations, TCB information and reference values it prints every field, under "
        "the vendor's own name, and what is wrapped in them. Nothing is judged: that is `broch "
        "verify`.",
    .options = inspect_options,
    .examples = inspect_examples,
    .exit = "0 where the file is valid, 65 where it is not, 64 for a mistake on the command "
            "line.",
    .run = inspect_run,
};
