/* imports.c: the import section (core 5.5.5). */
#include "base/limits.h"
#include "wasm/decode/section.h"

/* What an import brings; only the part of its kind is filled. */
struct imported {
    uint32_t type; /* function or tag */
    struct wasm_tabletype table;
    struct wasm_memtype memory;
    struct wasm_globaltype global;
};

static enum err take_import(struct section *s, struct wasm_import *out, struct imported *what)
{
    uint8_t kind = 0;

    TRY(section_name(s, &out->module));
    TRY(section_name(s, &out->name));
    TRY(section_byte(s, &kind));
    if (kind > WASM_EXTERN_TAG)
        return section_refuse(s, ERR_MALFORMED, "malformed import kind", NULL);
    out->kind = (enum wasm_extern)kind;
    switch (out->kind) {
    case WASM_EXTERN_FUNCTION: return section_u32(s, &what->type);
    case WASM_EXTERN_TABLE: return section_tabletype(s, &what->table);
    case WASM_EXTERN_MEMORY: return section_limits(s, &what->memory.limits, true);
    case WASM_EXTERN_GLOBAL: return section_globaltype(s, &what->global);
    case WASM_EXTERN_TAG: return section_tagtype(s, &what->type);
    }
    return ERR_USAGE;
}

static uint32_t import_keep(struct wasm_decoded *m, enum wasm_extern kind,
                            const struct imported *what)
{
    switch (kind) {
    case WASM_EXTERN_FUNCTION: m->funcs[m->func_count].type = what->type; return m->func_count++;
    case WASM_EXTERN_TABLE: m->tables[m->table_count] = what->table; return m->table_count++;
    case WASM_EXTERN_MEMORY: m->memories[m->memory_count] = what->memory; return m->memory_count++;
    case WASM_EXTERN_GLOBAL:
        if (what->global.is_mutable)
            m->features |= WASM_FEATURE_MUTABLE_GLOBALS;
        m->globals[m->global_count] = what->global;
        return m->global_count++;
    case WASM_EXTERN_TAG: m->tags[m->tag_count] = what->type; return m->tag_count++;
    }
    return 0;
}

/* The section is read twice: first to know how many there are of each kind, so
 * that each index space gets exactly its room. */
static enum err count_kinds(struct section *s, uint32_t count)
{
    struct wasm_decoded *m = s->m;
    struct reader start = s->r;
    uint32_t counts[WASM_EXTERN_TAG + 1] = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        struct wasm_import import;
        struct imported what;

        TRY(take_import(s, &import, &what));
        counts[import.kind]++;
    }
    s->r = start;
    m->imported_func_count = counts[WASM_EXTERN_FUNCTION];
    m->imported_table_count = counts[WASM_EXTERN_TABLE];
    m->imported_memory_count = counts[WASM_EXTERN_MEMORY];
    m->imported_global_count = counts[WASM_EXTERN_GLOBAL];
    m->imported_tag_count = counts[WASM_EXTERN_TAG];
    if (m->imported_table_count > LIMIT_TABLES || m->imported_memory_count > LIMIT_MEMORIES)
        return section_refuse(s, ERR_LIMIT, "too many elements", "imported tables or memories");
    return ERR_OK;
}

enum err section_imports(struct section *s)
{
    struct wasm_decoded *m = s->m;

    TRY(section_count(s, &m->import_count, 4, LIMIT_IMPORTS, "imports"));
    TRY(count_kinds(s, m->import_count));
    m->imports = arena_array(s->arena, m->import_count, sizeof *m->imports);
    m->funcs = arena_array(s->arena, m->imported_func_count, sizeof *m->funcs);
    m->tables = arena_array(s->arena, m->imported_table_count, sizeof *m->tables);
    m->memories = arena_array(s->arena, m->imported_memory_count, sizeof *m->memories);
    m->globals = arena_array(s->arena, m->imported_global_count, sizeof *m->globals);
    m->tags = arena_array(s->arena, m->imported_tag_count, sizeof *m->tags);
    if (m->imports == NULL || m->funcs == NULL || m->tables == NULL || m->memories == NULL ||
        m->globals == NULL || m->tags == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->import_count; i++) {
        struct imported what = { 0 };

        TRY(take_import(s, &m->imports[i], &what));
        m->imports[i].index = import_keep(m, m->imports[i].kind, &what);
    }
    return ERR_OK;
}
