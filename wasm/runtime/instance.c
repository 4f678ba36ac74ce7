#include "wasm/runtime/runtime.h"

struct wasm_function *wasm_instance_function_index(struct wasm_instance *i, uint32_t n)
{
    const struct wasm_module *m = i->module;
    uint32_t imported = m->decoded.imported_func_count;

    if (n < imported)
        return WASM_CONTEXT_ARRAY(struct wasm_function *, &i->context, m->layout.imports)[n];
    n -= imported;
    return &WASM_CONTEXT_ARRAY(struct wasm_function, &i->context, m->layout.functions)[n];
}

/* --- Allocation (core 4.7.2) */

/* One block: the record, the context with its arrays, then the runtime's arrays. */
static enum err instance_take(struct wasm_instance **out, struct wasm_store *store,
                              struct wasm_module *module)
{
    const struct wasm_decoded *m = &module->decoded;
    uint32_t own = m->global_count - m->imported_global_count;
    size_t globals = offsetof(struct wasm_instance, context) + module->layout.size;
    size_t own_globals = globals + m->global_count * sizeof(struct wasm_global *);
    size_t elems = own_globals + own * sizeof(struct wasm_global);
    size_t datas = elems + m->elem_count;
    size_t size = datas + m->data_segment_count; /* counts are below 2^32: no overflow */
    struct wasm_instance *i = wasm_heap_take(&store->engine->host, size);

    if (i == NULL)
        return ERR_NOMEM;
    i->store = store;
    i->module = module;
    i->size = size;
    i->globals = WASM_CONTEXT_ARRAY(struct wasm_global *, i, globals);
    i->own_globals = WASM_CONTEXT_ARRAY(struct wasm_global, i, own_globals);
    i->elems_dropped = (uint8_t *)i + elems;
    i->datas_dropped = (uint8_t *)i + datas;
    wasm_store_head(store, &i->context);
    *out = i;
    return ERR_OK;
}

static enum err number_types(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    uint32_t *numbers = wasm_instance_numbers(i);

    for (uint32_t t = 0; t < m->type_count; t++)
        TRY(wasm_signature_number(&numbers[t], &i->store->signatures, m->types[t].signature));
    return ERR_OK;
}

static void make_functions(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    const uint32_t *numbers = wasm_instance_numbers(i);
    struct wasm_function *own =
        WASM_CONTEXT_ARRAY(struct wasm_function, &i->context, i->module->layout.functions);

    for (uint32_t n = m->imported_func_count; n < m->func_count; n++)
        own[n - m->imported_func_count] = (struct wasm_function){
            .code = wasm_code_entry(&i->module->code, n - m->imported_func_count),
            .context = &i->context,
            .signature = numbers[m->funcs[n].type],
            .index = n,
        };
}

static void make_globals(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    union wasm_value *values =
        WASM_CONTEXT_ARRAY(union wasm_value, &i->context, i->module->layout.globals);

    for (uint32_t n = m->imported_global_count; n < m->global_count; n++) {
        struct wasm_global *g = &i->own_globals[n - m->imported_global_count];

        g->store = i->store;
        g->value = &values[n - m->imported_global_count];
        g->type = m->globals[n].type;
        g->is_mutable = m->globals[n].is_mutable;
        i->globals[n] = g;
    }
}

static enum err make_tags(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    const uint32_t *numbers = wasm_instance_numbers(i);
    struct wasm_tag **tags =
        WASM_CONTEXT_ARRAY(struct wasm_tag *, &i->context, i->module->layout.tags);

    for (uint32_t n = m->imported_tag_count; n < m->tag_count; n++) {
        struct wasm_tag *t = wasm_heap_take(&i->store->engine->host, sizeof *t);

        if (t == NULL)
            return ERR_NOMEM;
        t->store = i->store;
        t->signature = numbers[m->tags[n]];
        t->param_count = m->types[m->tags[n]].signature.param_count;
        t->next = i->store->tags;
        i->store->tags = t;
        tags[n] = t;
    }
    return ERR_OK;
}

static enum err make_memories(struct wasm_instance *i, struct wasm_note *note)
{
    const struct wasm_decoded *m = &i->module->decoded;
    struct wasm_memory **memories =
        WASM_CONTEXT_ARRAY(struct wasm_memory *, &i->context, i->module->layout.memories);

    for (uint32_t n = m->imported_memory_count; n < m->memory_count; n++) {
        enum err e = wasm_memory_new(&memories[n], i->store, m->memories[n].limits);

        if (e != ERR_OK)
            return note_at(note, e, 0, "memory limit", "a memory is larger than may be had");
    }
    if (m->memory_count != 0)
        i->context.memory0 = memories[0]->view.base;
    return ERR_OK;
}

static enum err make_tables(struct wasm_instance *i, struct wasm_note *note)
{
    const struct wasm_decoded *m = &i->module->decoded;
    struct wasm_table **tables =
        WASM_CONTEXT_ARRAY(struct wasm_table *, &i->context, i->module->layout.tables);

    for (uint32_t n = m->imported_table_count; n < m->table_count; n++) {
        const struct wasm_tabletype *t = &m->tables[n];
        union wasm_value fill = { .words = { wasm_word_null(t->type), 0 } };
        enum err e = wasm_table_new(&tables[n], i->store, t->type, t->limits, fill);

        if (e != ERR_OK)
            return note_at(note, e, 0, e == ERR_NOMEM ? "memory limit" : "table limit",
                           "a table is larger than may be had");
    }
    return ERR_OK;
}

static enum err instance_build(struct wasm_instance *i, const struct wasm_linker *linker,
                               struct wasm_note *note)
{
    TRY(number_types(i));
    for (uint32_t n = 0; n < i->module->decoded.import_count; n++)
        TRY(wasm_import_resolve(i, linker, n, note));
    make_functions(i);
    make_globals(i);
    TRY(make_tags(i));
    TRY(make_memories(i, note));
    return make_tables(i, note);
}

/* Takes back what a build that failed put into the store; nobody has seen it. */
static void store_rewind(struct wasm_store *s, const struct wasm_memory *memory,
                         const struct wasm_table *table)
{
    while (s->memories != memory)
        wasm_memory_free(WASM_POP(wasm_memory, s->memories));
    while (s->tables != table)
        wasm_table_free(WASM_POP(wasm_table, s->tables));
}

/* --- Initialisation (core 4.7.3) */

static void set_globals(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;

    for (uint32_t n = m->imported_global_count; n < m->global_count; n++)
        *i->globals[n]->value =
            wasm_value_clean(m->globals[n].type, wasm_constexpr_value(i, m->globals[n].init));
}

static void fill_tables(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;

    for (uint32_t n = m->imported_table_count; n < m->table_count; n++) {
        struct wasm_table *t = wasm_instance_table_index(i, n);
        uint64_t word;

        if (m->tables[n].init.code.size == 0)
            continue;
        word = wasm_constexpr_value(i, m->tables[n].init).words[0];
        for (uint64_t k = 0; k < t->view.size; k++)
            t->view.base[k] = word;
    }
}

static enum wasm_trap place_elems(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    enum wasm_trap trap = WASM_TRAP_NONE;

    for (uint32_t n = 0; n < m->elem_count && trap == WASM_TRAP_NONE; n++) {
        const struct wasm_elem *e = &m->elems[n];

        if (e->mode == WASM_SEGMENT_ACTIVE)
            trap = wasm_elem_init(i, e->table, n, wasm_constexpr_value(i, e->offset).words[0], 0,
                                  e->count);
        i->elems_dropped[n] = e->mode != WASM_SEGMENT_PASSIVE;
    }
    return trap;
}

static enum wasm_trap place_datas(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    enum wasm_trap trap = WASM_TRAP_NONE;

    for (uint32_t n = 0; n < m->data_segment_count && trap == WASM_TRAP_NONE; n++) {
        const struct wasm_data *d = &m->datas[n];

        if (d->mode == WASM_SEGMENT_ACTIVE)
            trap = wasm_data_init(i, d->memory, n, wasm_constexpr_value(i, d->offset).words[0], 0,
                                  d->bytes.size);
        i->datas_dropped[n] = d->mode != WASM_SEGMENT_PASSIVE;
    }
    return trap;
}

static enum err instance_start(struct wasm_instance *i)
{
    const struct wasm_decoded *m = &i->module->decoded;
    enum wasm_trap trap;

    set_globals(i);
    fill_tables(i);
    trap = place_elems(i);
    if (trap == WASM_TRAP_NONE)
        trap = place_datas(i);
    if (trap != WASM_TRAP_NONE) {
        wasm_trap_record(i->store, trap, 0, 0, false);
        return ERR_TRAP;
    }
    if (!m->has_start)
        return ERR_OK;
    return wasm_function_call(wasm_instance_function_index(i, m->start), NULL);
}

enum err wasm_instance_new(struct wasm_instance **out, struct wasm_linker *linker,
                           struct wasm_module *module, struct wasm_note *note)
{
    struct wasm_store *store = wasm_linker_store(linker);
    const struct wasm_memory *memory = store->memories;
    const struct wasm_table *table = store->tables;
    struct wasm_instance *i;
    enum err e;

    if (!module->decoded.validated || !module->code.sealed || module->engine != store->engine)
        return ERR_USAGE;
    TRY(instance_take(&i, store, module));
    e = instance_build(i, linker, note);
    if (e != ERR_OK) {
        store_rewind(store, memory, table);
        wasm_heap_give(&store->engine->host, i, i->size);
        return e;
    }
    wasm_store_add(store, i); /* from here on others may hold its functions */
    TRY(instance_start(i));
    *out = i;
    return ERR_OK;
}
