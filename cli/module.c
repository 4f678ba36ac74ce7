#include "cli/module.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "cli/heap.h"
#include "cli/verb.h"
#include "cli/wat.h"
#include "exec/confine.h"
#include "host/files.h"

/* What decoding may hold: an import takes some 40 bytes for every byte that
 * declares it, at worst. */
#define ARENA_BYTES ((size_t)4 << 30)

static int refused(const char *path, enum err e, const struct wasm_note *note)
{
    char where[40] = "";

    if (e == ERR_NOMEM)
        return verb_fail(VERB_SOFTWARE, "%s: this machine has not enough memory", path);
    if (note->function >= 0)
        snprintf(where, sizeof where, " (function %" PRId64 ")", note->function);
    return verb_fail(VERB_DATA, "%s: offset 0x%" PRIx64 ": %s%s%s%s", path, note->offset,
                     note->rule, note->detail[0] != '\0' ? ": " : "", note->detail, where);
}

/* What a file is that is no module, by how it starts. */
static const char *other_format(struct bytes raw)
{
    static const struct {
        const char *start;
        size_t size;
        const char *text;
    } formats[] = {
        { "\x7f"
          "ELF",
          4, "an ELF program of this machine; compile it for wasm32-wasi" },
        { "\xfe\xed\xfa", 3, "a Mach-O program" },
        { "\xcf\xfa\xed\xfe", 4, "a Mach-O program" },
        { "MZ", 2, "a Windows program" },
        { "\x1f\x8b", 2, "compressed with gzip; unpack it first" },
        { "\x28\xb5\x2f\xfd", 4, "compressed with zstd; unpack it first" },
        { "PK\x03\x04", 4, "a zip archive; unpack it first" },
        { "!<arch>", 7, "an archive of objects; link it first" },
        { "#!", 2, "a script; give it to its interpreter, built as WebAssembly" },
        { "(module", 7, "WebAssembly text; name it *.wat" },
    };

    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (raw.size >= formats[i].size && memcmp(raw.data, formats[i].start, formats[i].size) == 0)
            return formats[i].text;
    return NULL;
}

int module_read(struct bytes *out, const char *path)
{
    struct note note = { 0 };
    struct bytes raw = { 0 };
    const char *other;
    enum err e;

    if (strcmp(path, "-") == 0)
        return verb_fail(VERB_USAGE, "-: a module comes from a file, not from stdin");
    e = wat_is(path) ? wat_read(&raw, path, &note)
                     : files_read(&raw, path, LIMIT_MODULE_SIZE, &note);
    if (e != ERR_OK)
        return verb_fail(e == ERR_MALFORMED || e == ERR_LIMIT ? VERB_DATA : VERB_USAGE, "%s",
                         note.text);
    other = other_format(raw);
    if (other != NULL) {
        free((void *)(uintptr_t)raw.data);
        return verb_fail(VERB_DATA, "%s: offset 0x0: magic header not detected: the file is %s",
                         path, other);
    }
    *out = raw;
    return 0;
}

void module_init(struct module *m)
{
    const struct arena_source source = heap_source();

    *m = (struct module){ 0 };
    arena_init(&m->arena, source, ARENA_BYTES);
    arena_init(&m->scratch, source, ARENA_BYTES);
}

int module_open(struct module *m, const char *path)
{
    struct wasm_note note = { .function = -1 };
    enum err e;
    int code;

    code = module_read(&m->raw, path);
    if (code != 0)
        return code;
    /* What follows reads hostile bytes outside of any keep, and has all that it needs. Where
     * the kernel knows no filters, the readers' own checks are what there is. */
    if (confine(false) == ERR_OK)
        m->is_confined = true;
    e = wasm_decode(&m->decoded, m->raw, &m->arena, &note);
    if (e == ERR_OK)
        e = wasm_validate(&m->decoded, &m->scratch, &note);
    arena_reset(&m->scratch);
    return e == ERR_OK ? 0 : refused(path, e, &note);
}

void module_close(struct module *m)
{
    arena_done(&m->scratch);
    arena_done(&m->arena);
    free((void *)(uintptr_t)m->raw.data);
}

const char *module_type_text(enum wasm_type type)
{
    static const char *const names[] = { "none", "i32",     "i64",       "f32",   "f64",
                                         "v128", "funcref", "externref", "exnref" };

    return (size_t)type < COUNT_OF(names) ? names[type] : "?";
}

static size_t types_put(char *out, size_t room, const uint8_t *types, uint32_t count)
{
    size_t at = (size_t)snprintf(out, room, "(");

    for (uint32_t i = 0; i < count && at + 16 < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s%s", i > 0 ? ", " : "",
                               module_type_text((enum wasm_type)types[i]));
    return at + (size_t)snprintf(out + at, room - at, ")");
}

const char *module_signature_text(struct wasm_signature s)
{
    static char text[24 * 1024]; /* a thousand of each is the most there can be */
    size_t at = types_put(text, sizeof text / 2, s.params, s.param_count);

    at += (size_t)snprintf(text + at, sizeof text - at, " -> ");
    types_put(text + at, sizeof text - at, s.results, s.result_count);
    return text;
}

const char *module_feature_text(unsigned i)
{
    static const char *const names[] = {
        "multi-value",           "bulk-memory",  "reference-types", "sign-extension",
        "saturating-conversion", "simd",         "relaxed-simd",    "tail-call",
        "extended-const",        "multi-memory", "memory64",        "exceptions",
        "legacy-exceptions",     "threads",      "mutable-globals",
    };

    return i < COUNT_OF(names) ? names[i] : NULL;
}
