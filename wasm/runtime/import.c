/* Matching of imports (core 3.4.15 to 3.4.17, 4.7.2): what a module asks for against what a
 * linker has. */
#include "wasm/runtime/runtime.h"
#include "wasm/text.h"

/* "module.name", as much as fits, for the note. */
static enum err refuse(struct wasm_note *note, const struct wasm_import *i, const char *rule)
{
    struct text t = { 0 };

    text_bytes(&t, i->module);
    text_put(&t, ".");
    text_bytes(&t, i->name);
    return note_at(note, ERR_LINK, 0, rule, t.at);
}

/* Of another store the numbers of types mean other types, and what it owns is freed at
 * another time. */
static bool is_of_store(const struct wasm_store *store, struct wasm_link link)
{
    switch (link.kind) {
    case WASM_EXTERN_FUNCTION:
        return wasm_store_of(((struct wasm_function *)link.item)->context) == store;
    case WASM_EXTERN_TABLE: return ((struct wasm_table *)link.item)->store == store;
    case WASM_EXTERN_MEMORY: return ((struct wasm_memory *)link.item)->store == store;
    case WASM_EXTERN_GLOBAL: return ((struct wasm_global *)link.item)->store == store;
    case WASM_EXTERN_TAG: return ((struct wasm_tag *)link.item)->store == store;
    }
    return false;
}

/* Core 3.4.15: what is there may be more than what was asked for, and no more
 * may it become. */
static bool limits_match(uint64_t least, struct wasm_limits have, struct wasm_limits want)
{
    if (have.is64 != want.is64 || have.shared != want.shared || least < want.least)
        return false;
    return !want.has_most || (have.has_most && have.most <= want.most);
}

static enum err take_function(struct wasm_instance *in, const struct wasm_import *i,
                              struct wasm_function *f, bool *fits)
{
    const struct wasm_module *m = in->module;
    struct wasm_host_function *h = wasm_function_host(f);

    if (f->signature != wasm_instance_numbers(in)[m->decoded.funcs[i->index].type]) {
        *fits = false;
        return ERR_OK;
    }
    /* A host function is told who calls: each importer has its own. */
    if (h != NULL) {
        TRY(wasm_host_function_new(&h, in->store, f->signature, h->call, h->context, in));
        f = &h->function;
    }
    WASM_CONTEXT_ARRAY(struct wasm_function *, &in->context, m->layout.imports)[i->index] = f;
    return ERR_OK;
}

static bool take_table(struct wasm_instance *in, const struct wasm_import *i, struct wasm_table *t)
{
    const struct wasm_tabletype *want = &in->module->decoded.tables[i->index];

    WASM_CONTEXT_ARRAY(struct wasm_table *, &in->context, in->module->layout.tables)[i->index] = t;
    return t->type == want->type && limits_match(t->view.size, t->limits, want->limits);
}

static bool take_memory(struct wasm_instance *in, const struct wasm_import *i,
                        struct wasm_memory *m)
{
    const struct wasm_memtype *want = &in->module->decoded.memories[i->index];
    uint32_t at = in->module->layout.memories;

    WASM_CONTEXT_ARRAY(struct wasm_memory *, &in->context, at)[i->index] = m;
    return limits_match(wasm_memory_pages(m), m->limits, want->limits);
}

static bool take_global(struct wasm_instance *in, const struct wasm_import *i,
                        struct wasm_global *g)
{
    const struct wasm_globaltype *want = &in->module->decoded.globals[i->index];
    uint32_t at = in->module->layout.global_pointers;

    in->globals[i->index] = g;
    WASM_CONTEXT_ARRAY(union wasm_value *, &in->context, at)[i->index] = g->value;
    return g->type == want->type && g->is_mutable == want->is_mutable;
}

static bool take_tag(struct wasm_instance *in, const struct wasm_import *i, struct wasm_tag *t)
{
    const struct wasm_module *m = in->module;

    WASM_CONTEXT_ARRAY(struct wasm_tag *, &in->context, m->layout.tags)[i->index] = t;
    return t->signature == wasm_instance_numbers(in)[m->decoded.tags[i->index]];
}

enum err wasm_import_resolve(struct wasm_instance *instance, const struct wasm_linker *linker,
                             uint32_t n, struct wasm_note *note)
{
    const struct wasm_import *i = &instance->module->decoded.imports[n];
    struct wasm_link link;
    bool fits = true;

    if (!wasm_linker_find(&link, linker, i->module, i->name))
        return refuse(note, i, "unknown import");
    if (link.kind != i->kind)
        return refuse(note, i, "incompatible import type");
    if (!is_of_store(instance->store, link))
        return refuse(note, i, "import of another store");
    switch (i->kind) {
    case WASM_EXTERN_FUNCTION: TRY(take_function(instance, i, link.item, &fits)); break;
    case WASM_EXTERN_TABLE: fits = take_table(instance, i, link.item); break;
    case WASM_EXTERN_MEMORY: fits = take_memory(instance, i, link.item); break;
    case WASM_EXTERN_GLOBAL: fits = take_global(instance, i, link.item); break;
    case WASM_EXTERN_TAG: fits = take_tag(instance, i, link.item); break;
    }
    return fits ? ERR_OK : refuse(note, i, "incompatible import type");
}
