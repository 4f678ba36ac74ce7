/* spaces.c: what a module defines for itself in each index space, and what it
 * exports (core 5.5.6 to 5.5.11, 5.5.16). */
#include "base/limits.h"
#include "wasm/decode/section.h"

/* Room for `more` elements behind the imported ones of an index space. */
static void *space_grow(struct section *s, void *imported, uint32_t count, uint32_t more,
                        size_t size)
{
    return arena_grow(s->arena, imported, count * size, ((size_t)count + more) * size);
}

#define SPACE_GROW(s, array, count, more) \
    (((array) = space_grow(s, array, count, more, sizeof *(array))) != NULL)

enum err section_functions(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_count(s, &count, 1, LIMIT_FUNCTIONS - m->func_count, "functions"));
    if (!SPACE_GROW(s, m->funcs, m->func_count, count))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++, m->func_count++)
        TRY(section_u32(s, &m->funcs[m->func_count].type));
    return ERR_OK;
}

/* "table ::= tt:tabletype | 0x40 0x00 tt:tabletype e:expr" (core 5.5.7). */
static enum err take_table(struct section *s, struct wasm_tabletype *out)
{
    uint8_t zero = 0;

    if (reader_peek(&s->r) != 0x40)
        return section_tabletype(s, out);
    reader_skip(&s->r, 1);
    TRY(section_byte(s, &zero));
    if (zero != 0)
        return section_refuse(s, ERR_MALFORMED, "malformed table", "a zero byte after 0x40");
    TRY(section_tabletype(s, out));
    return section_constexpr(s, &out->init);
}

enum err section_tables(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_count(s, &count, 3, LIMIT_TABLES - m->table_count, "tables"));
    if (!SPACE_GROW(s, m->tables, m->table_count, count))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++, m->table_count++)
        TRY(take_table(s, &m->tables[m->table_count]));
    if (m->table_count > 1)
        m->features |= WASM_FEATURE_REFERENCE_TYPES;
    return ERR_OK;
}

enum err section_memories(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_count(s, &count, 2, LIMIT_MEMORIES - m->memory_count, "memories"));
    if (!SPACE_GROW(s, m->memories, m->memory_count, count))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++, m->memory_count++)
        TRY(section_limits(s, &m->memories[m->memory_count].limits, true));
    return ERR_OK;
}

enum err section_tags(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_count(s, &count, 2, LIMIT_TAGS - m->tag_count, "tags"));
    if (!SPACE_GROW(s, m->tags, m->tag_count, count))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++, m->tag_count++)
        TRY(section_tagtype(s, &m->tags[m->tag_count]));
    return ERR_OK;
}

enum err section_globals(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_count(s, &count, 3, LIMIT_GLOBALS - m->global_count, "globals"));
    if (!SPACE_GROW(s, m->globals, m->global_count, count))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++, m->global_count++) {
        TRY(section_globaltype(s, &m->globals[m->global_count]));
        TRY(section_constexpr(s, &m->globals[m->global_count].init));
    }
    return ERR_OK;
}

static enum err take_export(struct section *s, struct wasm_export *out)
{
    struct wasm_decoded *m = s->m;
    uint8_t kind = 0;

    out->offset = s->base + reader_offset(&s->r);
    TRY(section_name(s, &out->name));
    TRY(section_byte(s, &kind));
    if (kind > WASM_EXTERN_TAG)
        return section_refuse(s, ERR_MALFORMED, "malformed export kind", NULL);
    out->kind = (enum wasm_extern)kind;
    TRY(section_u32(s, &out->index));
    if (kind == WASM_EXTERN_FUNCTION && out->index < m->func_count)
        m->funcs[out->index].declared = true;
    if (kind == WASM_EXTERN_GLOBAL && out->index < m->global_count &&
        m->globals[out->index].is_mutable)
        m->features |= WASM_FEATURE_MUTABLE_GLOBALS;
    return ERR_OK;
}

enum err section_exports(struct section *s)
{
    struct wasm_decoded *m = s->m;

    TRY(section_count(s, &m->export_count, 3, LIMIT_EXPORTS, "exports"));
    m->exports = arena_array(s->arena, m->export_count, sizeof *m->exports);
    if (m->exports == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->export_count; i++)
        TRY(take_export(s, &m->exports[i]));
    return ERR_OK;
}

enum err section_start(struct section *s)
{
    s->m->has_start = true;
    return section_u32(s, &s->m->start);
}
