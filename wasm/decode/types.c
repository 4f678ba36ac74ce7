/* types.c: the type section (core 5.5.4), and which of its types are equal. */
#include "base/limits.h"
#include "wasm/decode/section.h"
#include "wasm/decode/siphash.h"
#include "wasm/decode/type.h"

/* One byte for each parameter and result of the section: each took at least one
 * byte of it, so the section's size is room enough for all. */
struct pool {
    uint8_t *at;
    size_t left;
};

static uint32_t feature_of_type(enum wasm_type type)
{
    switch (type) {
    case WASM_V128: return WASM_FEATURE_SIMD;
    case WASM_FUNCREF:
    case WASM_EXTERNREF: return WASM_FEATURE_REFERENCE_TYPES;
    case WASM_EXNREF: return WASM_FEATURE_EXCEPTIONS;
    default: return 0;
    }
}

static enum err take_result_type(struct section *s, struct pool *pool, uint32_t limit,
                                 const uint8_t **types, uint32_t *count)
{
    enum wasm_type type;

    TRY(section_count(s, count, 1, limit, "parameters or results of a type"));
    if (*count > pool->left)
        return ERR_USAGE;
    *types = pool->at;
    for (uint32_t i = 0; i < *count; i++) {
        TRY(wasm_valtype_read(&type, &s->r, s->base, s->note));
        pool->at[i] = (uint8_t)type;
        s->m->features |= feature_of_type(type);
    }
    pool->at += *count;
    pool->left -= *count;
    return ERR_OK;
}

static enum err take_type(struct section *s, struct pool *pool, struct wasm_signature *out)
{
    uint8_t form = reader_peek(&s->r);

    if (s->r.left == 0)
        return wasm_refuse_end(&s->r, s->base, s->note);
    if (form == 0x5e || form == 0x5f || (form >= 0x4e && form <= 0x50))
        return section_refuse(s, ERR_UNSUPPORTED, "unsupported: garbage collection",
                              form == 0x5e   ? "an array type"
                              : form == 0x5f ? "a struct type"
                                             : "a recursive type or subtype");
    if (form != 0x60)
        return section_refuse(s, ERR_MALFORMED, "malformed function type", NULL);
    reader_skip(&s->r, 1);
    TRY(take_result_type(s, pool, LIMIT_PARAMS, &out->params, &out->param_count));
    TRY(take_result_type(s, pool, LIMIT_RESULTS, &out->results, &out->result_count));
    if (out->result_count > 1)
        s->m->features |= WASM_FEATURE_MULTI_VALUE;
    return ERR_OK;
}

/* Finds for each type the lowest index of an equal one. The rows hold an index
 * plus one; there are at least twice as many rows as types. */
static enum err find_equal(struct section *s, struct bytes pool)
{
    struct wasm_decoded *m = s->m;
    struct siphash_key key = siphash_key_of(pool);
    size_t rows = 4;
    uint32_t *table;

    while (rows < 2 * (size_t)m->type_count)
        rows *= 2;
    table = arena_array(s->arena, rows, sizeof *table);
    if (table == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->type_count; i++) {
        size_t row = wasm_signature_hash(&key, &m->types[i].signature) & (rows - 1);

        while (table[row] != 0 &&
               !wasm_signature_equal(&m->types[table[row] - 1].signature, &m->types[i].signature))
            row = (row + 1) & (rows - 1);
        if (table[row] == 0)
            table[row] = i + 1;
        m->types[i].canonical = table[row] - 1;
    }
    return ERR_OK;
}

enum err section_types(struct section *s)
{
    struct wasm_decoded *m = s->m;
    struct pool pool = { .left = s->r.left };
    uint8_t *first;

    TRY(section_count(s, &m->type_count, 3, LIMIT_TYPES, "types"));
    m->types = arena_array(s->arena, m->type_count, sizeof *m->types);
    first = arena_alloc(s->arena, pool.left);
    if (m->types == NULL || first == NULL)
        return ERR_NOMEM;
    pool.at = first;
    for (uint32_t i = 0; i < m->type_count; i++)
        TRY(take_type(s, &pool, &m->types[i].signature));
    return find_equal(s, (struct bytes){ first, (size_t)(pool.at - first) });
}
