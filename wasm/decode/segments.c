/* segments.c: element and data segments, and the bodies of functions (core
 * 5.5.12 to 5.5.15). */
#include "base/limits.h"
#include "wasm/decode/section.h"
#include "wasm/decode/type.h"

/* The bits of an element segment's first number (core 5.5.12). */
enum { ELEM_NOT_ACTIVE = 1, ELEM_EXPLICIT = 2, ELEM_EXPRESSIONS = 4 };

static enum err take_elem_kind(struct section *s, struct wasm_elem *out)
{
    uint8_t kind = 0;

    TRY(section_byte(s, &kind));
    if (kind != 0)
        return section_refuse(s, ERR_MALFORMED, "malformed element kind", NULL);
    out->type = WASM_FUNCREF;
    return ERR_OK;
}

/* Everything before the elements. */
static enum err take_elem_head(struct section *s, uint32_t flags, struct wasm_elem *out)
{
    out->type = WASM_FUNCREF;
    out->mode = (flags & ELEM_NOT_ACTIVE) == 0 ? WASM_SEGMENT_ACTIVE
                : (flags & ELEM_EXPLICIT) != 0 ? WASM_SEGMENT_DECLARATIVE
                                               : WASM_SEGMENT_PASSIVE;
    if (out->mode == WASM_SEGMENT_ACTIVE) {
        if ((flags & ELEM_EXPLICIT) != 0)
            TRY(section_u32(s, &out->table));
        TRY(section_constexpr(s, &out->offset));
        if ((flags & ELEM_EXPLICIT) == 0)
            return ERR_OK; /* the short forms: funcref, no kind */
    } else {
        s->m->features |= WASM_FEATURE_BULK_MEMORY;
    }
    if ((flags & ELEM_EXPRESSIONS) != 0)
        return wasm_reftype_read(&out->type, &s->r, s->base, s->note);
    return take_elem_kind(s, out);
}

static enum err take_elem(struct section *s, struct wasm_elem *out)
{
    uint32_t flags;

    TRY(section_u32(s, &flags));
    if (flags > 7)
        return section_refuse(s, ERR_MALFORMED, "malformed elements segment kind", NULL);
    TRY(take_elem_head(s, flags, out));
    TRY(section_count(s, &out->count, 1, LIMIT_TABLE_ELEMENTS, "elements of a segment"));
    if ((flags & ELEM_EXPRESSIONS) == 0) {
        out->functions = arena_array(s->arena, out->count, sizeof *out->functions);
        if (out->functions == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < out->count; i++) {
            TRY(section_u32(s, &out->functions[i]));
            if (out->functions[i] < s->m->func_count)
                s->m->funcs[out->functions[i]].declared = true;
        }
        return ERR_OK;
    }
    s->m->features |= WASM_FEATURE_REFERENCE_TYPES;
    out->exprs = arena_array(s->arena, out->count, sizeof *out->exprs);
    if (out->exprs == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < out->count; i++)
        TRY(section_constexpr(s, &out->exprs[i]));
    return ERR_OK;
}

enum err section_elements(struct section *s)
{
    struct wasm_decoded *m = s->m;

    TRY(section_count(s, &m->elem_count, 3, LIMIT_ELEMENT_SEGMENTS, "element segments"));
    m->elems = arena_array(s->arena, m->elem_count, sizeof *m->elems);
    if (m->elems == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->elem_count; i++)
        TRY(take_elem(s, &m->elems[i]));
    return ERR_OK;
}

enum err section_data_count(struct section *s)
{
    s->m->has_data_count = true;
    s->m->features |= WASM_FEATURE_BULK_MEMORY;
    return section_u32(s, &s->m->data_count);
}

static enum err take_data(struct section *s, struct wasm_data *out)
{
    uint32_t flags;
    uint32_t size;

    TRY(section_u32(s, &flags));
    if (flags > 2)
        return section_refuse(s, ERR_MALFORMED, "malformed data segment kind", NULL);
    out->mode = flags == 1 ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
    if (flags == 1)
        s->m->features |= WASM_FEATURE_BULK_MEMORY;
    if (flags == 2)
        TRY(section_u32(s, &out->memory));
    if (flags != 1)
        TRY(section_constexpr(s, &out->offset));
    TRY(section_u32(s, &size));
    if (size > s->r.left)
        return section_refuse(s, ERR_MALFORMED, "unexpected end of section or function",
                              "bytes of a data segment");
    out->bytes = reader_take(&s->r, size);
    return ERR_OK;
}

enum err section_datas(struct section *s)
{
    struct wasm_decoded *m = s->m;

    TRY(section_count(s, &m->data_segment_count, 2, LIMIT_DATA_SEGMENTS, "data segments"));
    m->datas = arena_array(s->arena, m->data_segment_count, sizeof *m->datas);
    if (m->datas == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->data_segment_count; i++)
        TRY(take_data(s, &m->datas[i]));
    return ERR_OK;
}

static enum err take_body(struct section *s, struct wasm_func *out)
{
    uint32_t size;

    TRY(section_u32(s, &size));
    if (size > s->r.left)
        return section_refuse(s, ERR_MALFORMED, "unexpected end of section or function",
                              "body of a function");
    if (size > LIMIT_FUNCTION_SIZE)
        return section_refuse(s, ERR_LIMIT, "function too large", "LIMIT_FUNCTION_SIZE");
    out->body_offset = s->base + (uint32_t)reader_offset(&s->r);
    out->body = reader_take(&s->r, size);
    return ERR_OK;
}

/* The instructions are read by the validator, once. */
enum err section_code(struct section *s)
{
    struct wasm_decoded *m = s->m;
    uint32_t count;

    TRY(section_u32(s, &count));
    if (count != m->func_count - m->imported_func_count)
        return section_refuse(s, ERR_MALFORMED,
                              "function and code section have inconsistent"
                              " lengths",
                              NULL);
    for (uint32_t i = 0; i < count; i++)
        TRY(take_body(s, &m->funcs[m->imported_func_count + i]));
    return ERR_OK;
}
