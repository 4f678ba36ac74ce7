#include <jansson.h>
#include <stdio.h>

#include "cli/digest.h"
#include "cli/inspect.h"

/* Names in a validated module are UTF-8 (core 5.2.4); custom section names too. */
static json_t *text_json(struct bytes text)
{
    json_t *s = json_stringn((const char *)text.data, text.size);

    return s != NULL ? s : json_string("");
}

static json_t *digest_json(const uint8_t digest[HASH_SHA256_SIZE])
{
    char text[DIGEST_TEXT_SIZE];

    digest_text(text, digest);
    return json_sprintf("sha256:%s", text);
}

static json_t *imports_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < m->import_count; i++) {
        const struct wasm_import *x = &m->imports[i];

        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:s, s:s}", "module", text_json(x->module),
                                        "name", text_json(x->name), "kind", inspect_extern(x->kind),
                                        "type", inspect_type(m, x->kind, x->index)));
    }
    return list;
}

static json_t *exports_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < m->export_count; i++) {
        const struct wasm_export *x = &m->exports[i];

        json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "name", text_json(x->name), "kind",
                                              inspect_extern(x->kind), "type",
                                              inspect_type(m, x->kind, x->index)));
    }
    return list;
}

static json_t *limits_json(const struct wasm_limits *l, bool imported)
{
    json_t *o = json_pack("{s:I, s:b, s:b, s:b}", "least", (json_int_t)l->least, "is64", l->is64,
                          "shared", l->shared, "imported", imported);

    if (l->has_most)
        json_object_set_new(o, "most", json_integer((json_int_t)l->most));
    return o;
}

static json_t *memories_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < m->memory_count; i++)
        json_array_append_new(list,
                              limits_json(&m->memories[i].limits, i < m->imported_memory_count));
    return list;
}

static json_t *tables_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < m->table_count; i++) {
        json_t *o = limits_json(&m->tables[i].limits, i < m->imported_table_count);

        json_object_set_new(o, "type", json_string(module_type_text(m->tables[i].type)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *features_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; module_feature_text(i) != NULL; i++)
        if ((m->features >> i & 1) != 0)
            json_array_append_new(list, json_string(module_feature_text(i)));
    return list;
}

static json_t *customs_json(const struct wasm_decoded *m)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < m->custom_count; i++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:i}", "name",
                                              text_json(m->customs[i].name), "offset",
                                              m->customs[i].offset, "size", m->customs[i].size));
    return list;
}

void inspect_json(const struct module *m, const char *path)
{
    const struct wasm_decoded *d = &m->decoded;
    uint8_t digest[HASH_SHA256_SIZE];
    json_t *o = json_object();

    json_object_set_new(o, "file", json_string(path));
    json_object_set_new(o, "size", json_integer((json_int_t)m->raw.size));
    json_object_set_new(o, "kind", json_string(inspect_kind(d)));
    json_object_set_new(o, "name", text_json(d->module_name));
    if (hash_sha256(digest, m->raw) == ERR_OK)
        json_object_set_new(o, "digest", digest_json(digest));
    if (digest_workload(digest, m->raw, (struct bytes){ 0 }) == ERR_OK)
        json_object_set_new(o, "workload", digest_json(digest));
    json_object_set_new(o, "features", features_json(d));
    json_object_set_new(o, "functions", json_integer(d->func_count - d->imported_func_count));
    json_object_set_new(o, "start", d->has_start ? json_integer(d->start) : json_null());
    json_object_set_new(o, "imports", imports_json(d));
    json_object_set_new(o, "exports", exports_json(d));
    json_object_set_new(o, "memories", memories_json(d));
    json_object_set_new(o, "tables", tables_json(d));
    json_object_set_new(o, "customs", customs_json(d));
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}
