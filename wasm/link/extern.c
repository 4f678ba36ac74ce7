/* extern.c: what a module asks for and offers, by number and by name. */
#include "wasm/runtime/runtime.h"

/* The type of an entity, as of an import, without names. */
static struct wasm_extern_type type_of(const struct wasm_module *module, enum wasm_extern kind,
                                       uint32_t index)
{
    const struct wasm_decoded *m = &module->decoded;
    struct wasm_extern_type t = { .kind = kind };

    switch (kind) {
    case WASM_EXTERN_FUNCTION: t.signature = m->types[m->funcs[index].type].signature; break;
    case WASM_EXTERN_TABLE:
        t.type = m->tables[index].type;
        t.limits = m->tables[index].limits;
        break;
    case WASM_EXTERN_MEMORY: t.limits = m->memories[index].limits; break;
    case WASM_EXTERN_GLOBAL:
        t.type = m->globals[index].type;
        t.is_mutable = m->globals[index].is_mutable;
        break;
    case WASM_EXTERN_TAG: t.signature = m->types[m->tags[index]].signature; break;
    }
    return t;
}

uint32_t wasm_module_import_count(const struct wasm_module *module)
{
    return module->decoded.import_count;
}

struct wasm_extern_type wasm_module_import(const struct wasm_module *module, uint32_t index)
{
    const struct wasm_import *i = &module->decoded.imports[index];
    struct wasm_extern_type t = type_of(module, i->kind, i->index);

    t.module = i->module;
    t.name = i->name;
    return t;
}

uint32_t wasm_module_export_count(const struct wasm_module *module)
{
    return module->decoded.export_count;
}

struct wasm_extern_type wasm_module_export(const struct wasm_module *module, uint32_t index)
{
    const struct wasm_export *x = &module->decoded.exports[index];
    struct wasm_extern_type t = type_of(module, x->kind, x->index);

    t.name = x->name;
    return t;
}

struct wasm_link wasm_instance_export(struct wasm_instance *instance, uint32_t n)
{
    const struct wasm_export *x = &instance->module->decoded.exports[n];
    struct wasm_link link = { .kind = x->kind };

    switch (x->kind) {
    case WASM_EXTERN_FUNCTION: link.item = wasm_instance_function_index(instance, x->index); break;
    case WASM_EXTERN_TABLE: link.item = wasm_instance_table_index(instance, x->index); break;
    case WASM_EXTERN_MEMORY: link.item = wasm_instance_memory_index(instance, x->index); break;
    case WASM_EXTERN_GLOBAL: link.item = instance->globals[x->index]; break;
    case WASM_EXTERN_TAG: link.item = wasm_instance_tag_index(instance, x->index); break;
    }
    return link;
}

static void *export_named(struct wasm_instance *instance, struct bytes name, enum wasm_extern kind)
{
    const struct wasm_decoded *m = &instance->module->decoded;

    for (uint32_t n = 0; n < m->export_count; n++)
        if (m->exports[n].kind == kind && bytes_equal(m->exports[n].name, name))
            return wasm_instance_export(instance, n).item;
    return NULL;
}

struct wasm_function *wasm_instance_function(struct wasm_instance *instance, struct bytes name)
{
    return export_named(instance, name, WASM_EXTERN_FUNCTION);
}

struct wasm_memory *wasm_instance_memory(struct wasm_instance *instance, struct bytes name)
{
    return export_named(instance, name, WASM_EXTERN_MEMORY);
}

struct wasm_global *wasm_instance_global(struct wasm_instance *instance, struct bytes name)
{
    return export_named(instance, name, WASM_EXTERN_GLOBAL);
}

struct wasm_memory *wasm_instance_memory0(struct wasm_instance *instance)
{
    if (instance->module->decoded.memory_count == 0)
        return NULL;
    return wasm_instance_memory_index(instance, 0);
}
