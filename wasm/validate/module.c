/* module.c: the rules of a whole module (core 3.4), in the order of its index
 * spaces: types before what names them, bodies last. */
#include "base/limits.h"
#include "wasm/note.h"
#include "wasm/validate/body.h"
#include "wasm/validate/exports.h"

static enum err refuse(struct body *b, const char *rule, const char *detail)
{
    return note_at(b->note, ERR_INVALID, b->i.offset, rule, detail);
}

static enum err check_type_indices(struct body *b)
{
    const struct wasm_decoded *m = b->m;

    for (uint32_t i = 0; i < m->func_count; i++)
        if (m->funcs[i].type >= m->type_count)
            return refuse(b, "unknown type", "type of a function");
    for (uint32_t i = 0; i < m->tag_count; i++) {
        if (m->tags[i] >= m->type_count)
            return refuse(b, "unknown type", "type of a tag");
        if (m->types[m->tags[i]].signature.result_count != 0)
            return refuse(b, "non-empty tag result type", NULL);
    }
    return ERR_OK;
}

static enum err check_limits(struct body *b, const struct wasm_limits *l, uint64_t range,
                             const char *rule, const char *detail)
{
    if (l->least > range || (l->has_most && l->most > range))
        return refuse(b, rule, detail);
    if (l->has_most && l->least > l->most)
        return refuse(b, "size minimum must not be greater than maximum", NULL);
    return ERR_OK;
}

/* Core 3.2.15: 2^16 pages with 32-bit addresses, 2^48 with 64-bit ones. */
static enum err check_memories(struct body *b)
{
    for (uint32_t i = 0; i < b->m->memory_count; i++) {
        const struct wasm_limits *l = &b->m->memories[i].limits;

        TRY(check_limits(b, l, l->is64 ? (uint64_t)1 << 48 : LIMIT_MEMORY32_PAGES, "memory size",
                         l->is64 ? "at most 2^48 pages" : "must be at most 65536 pages (4GiB)"));
        if (l->shared && !l->has_most)
            return refuse(b, "shared memory must have maximum", NULL);
    }
    return ERR_OK;
}

static enum err check_tables(struct body *b)
{
    for (uint32_t i = 0; i < b->m->table_count; i++) {
        const struct wasm_tabletype *t = &b->m->tables[i];

        TRY(check_limits(b, &t->limits, t->limits.is64 ? UINT64_MAX : UINT32_MAX, "table size",
                         NULL));
        if (t->init.code.size != 0)
            TRY(body_check_constexpr(b, &t->init, t->type, b->m->imported_global_count));
    }
    return ERR_OK;
}

/* An initialiser may name the globals before its own. */
static enum err check_globals(struct body *b)
{
    for (uint32_t i = b->m->imported_global_count; i < b->m->global_count; i++)
        TRY(body_check_constexpr(b, &b->m->globals[i].init, b->m->globals[i].type, i));
    return ERR_OK;
}

static enum err check_elem_contents(struct body *b, const struct wasm_elem *e)
{
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->exprs != NULL)
            TRY(body_check_constexpr(b, &e->exprs[i], e->type, b->m->global_count));
        else if (e->functions[i] >= b->m->func_count)
            return refuse(b, "unknown function", "element segment");
    }
    return ERR_OK;
}

static enum err check_elem(struct body *b, const struct wasm_elem *e)
{
    if (e->mode == WASM_SEGMENT_ACTIVE) {
        const struct wasm_tabletype *table;

        b->i = (struct wasm_instr){ .offset = e->offset.offset };
        if (e->table >= b->m->table_count)
            return refuse(b, "unknown table", "element segment");
        table = &b->m->tables[e->table];
        if (table->type != e->type)
            return refuse(b, "type mismatch", "element segment and its table");
        TRY(body_check_constexpr(b, &e->offset, limits_address(&table->limits),
                                 b->m->global_count));
    }
    return check_elem_contents(b, e);
}

static enum err check_data(struct body *b, const struct wasm_data *d)
{
    if (d->mode != WASM_SEGMENT_ACTIVE)
        return ERR_OK;
    b->i = (struct wasm_instr){ .offset = d->offset.offset };
    if (d->memory >= b->m->memory_count)
        return refuse(b, "unknown memory", "data segment");
    return body_check_constexpr(b, &d->offset, limits_address(&b->m->memories[d->memory].limits),
                                b->m->global_count);
}

static enum err check_start(struct body *b)
{
    const struct wasm_decoded *m = b->m;
    struct wasm_signature type;

    if (!m->has_start)
        return ERR_OK;
    b->i = (struct wasm_instr){ 0 };
    if (m->start >= m->func_count)
        return refuse(b, "unknown function", "start function");
    type = wasm_decoded_signature(m, m->start);
    if (type.param_count != 0 || type.result_count != 0)
        return refuse(b, "start function", "must have type [] -> []");
    return ERR_OK;
}

static enum err check_module(struct body *b)
{
    const struct wasm_decoded *m = b->m;

    TRY(check_type_indices(b));
    TRY(check_memories(b));
    TRY(check_tables(b));
    TRY(check_globals(b));
    TRY(exports_check(m, b->arena, b->note));
    TRY(check_start(b));
    for (uint32_t i = 0; i < m->elem_count; i++)
        TRY(check_elem(b, &m->elems[i]));
    for (uint32_t i = 0; i < m->data_segment_count; i++)
        TRY(check_data(b, &m->datas[i]));
    return ERR_OK;
}

static enum err check_bodies(struct body *b)
{
    for (uint32_t i = b->m->imported_func_count; i < b->m->func_count; i++)
        TRY(body_check_function(b, i));
    return ERR_OK;
}

enum err wasm_validate(struct wasm_decoded *m, struct arena *scratch, struct wasm_note *note)
{
    struct body b;
    enum err e;

    m->validated = false;
    if (note != NULL)
        note->function = -1; /* until it is a body's */
    body_init(&b, m, scratch, note);
    e = check_module(&b);
    if (e == ERR_OK)
        e = check_bodies(&b);
    m->features |= b.features;
    m->validated = e == ERR_OK;
    return e;
}
