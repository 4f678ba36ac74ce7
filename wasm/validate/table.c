/* table.c: references, tables, and the bulk instructions of tables and memories
 * (core 3.4.6 to 3.4.8). */
#include "wasm/validate/body.h"

static enum err find_table(struct body *b, uint32_t index, const struct wasm_tabletype **out)
{
    if (index >= b->m->table_count)
        return body_unknown(b, "unknown table", index, b->m->table_count);
    *out = &b->m->tables[index];
    return ERR_OK;
}

static enum err find_memory(struct body *b, uint32_t index, enum wasm_type *address)
{
    if (index >= b->m->memory_count)
        return body_unknown(b, "unknown memory", index, b->m->memory_count);
    *address = limits_address(&b->m->memories[index].limits);
    return ERR_OK;
}

static enum err find_elem(struct body *b, uint32_t index, const struct wasm_elem **out)
{
    if (index >= b->m->elem_count)
        return body_unknown(b, "unknown elem segment", index, b->m->elem_count);
    *out = &b->m->elems[index];
    return ERR_OK;
}

/* Data segments come behind the code; the data count section says how many. */
static enum err find_data(struct body *b, uint32_t index)
{
    if (!b->m->has_data_count)
        return note_at(b->note, ERR_MALFORMED, b->i.offset, "data count section required",
                       wasm_op_name(b->i.op));
    if (index >= b->m->data_count)
        return body_unknown(b, "unknown data segment", index, b->m->data_count);
    return ERR_OK;
}

static enum err pop_three(struct body *b, enum wasm_type first, enum wasm_type second,
                          enum wasm_type third)
{
    TRY(body_pop(b, third));
    TRY(body_pop(b, second));
    return body_pop(b, first);
}

static enum err ref_is_null(struct body *b)
{
    enum wasm_type type;

    TRY(body_pop_any(b, &type));
    if (type != TYPE_UNKNOWN && !wasm_type_is_ref(type))
        return body_refuse(b, "type mismatch", "expected a reference");
    return body_push(b, WASM_I32);
}

static enum err ref_func(struct body *b)
{
    if (b->i.a >= b->m->func_count)
        return body_unknown(b, "unknown function", b->i.a, b->m->func_count);
    if (!b->m->funcs[b->i.a].declared)
        return body_refuse(b, "undeclared function reference", NULL);
    return body_push(b, WASM_FUNCREF);
}

static enum err table_op(struct body *b)
{
    const struct wasm_tabletype *table = NULL;
    enum wasm_type address;

    TRY(find_table(b, b->i.a, &table));
    address = limits_address(&table->limits);
    switch (b->i.op) {
    case WASM_OP_TABLE_GET: TRY(body_pop(b, address)); return body_push(b, table->type);
    case WASM_OP_TABLE_SET: TRY(body_pop(b, table->type)); return body_pop(b, address);
    case WASM_OP_TABLE_SIZE: return body_push(b, address);
    case WASM_OP_TABLE_GROW:
        TRY(body_pop(b, address));
        TRY(body_pop(b, table->type));
        return body_push(b, address);
    default: /* table.fill */ return pop_three(b, address, table->type, address);
    }
}

enum err body_reference(struct body *b)
{
    switch (b->i.op) {
    case WASM_OP_REF_NULL: return body_push(b, b->i.type);
    case WASM_OP_REF_IS_NULL: return ref_is_null(b);
    case WASM_OP_REF_FUNC: return ref_func(b);
    case WASM_OP_TABLE_GET:
    case WASM_OP_TABLE_SET:
    case WASM_OP_TABLE_SIZE:
    case WASM_OP_TABLE_GROW:
    case WASM_OP_TABLE_FILL: return table_op(b);
    default: return ERR_USAGE;
    }
}

/* "table.copy x y" takes a length of the narrower of both address types. */
static enum wasm_type narrower(enum wasm_type x, enum wasm_type y) { return x == WASM_I32 ? x : y; }

static enum err table_copy(struct body *b)
{
    const struct wasm_tabletype *to = NULL;
    const struct wasm_tabletype *from = NULL;
    enum wasm_type to_address;
    enum wasm_type from_address;

    TRY(find_table(b, b->i.a, &to));
    TRY(find_table(b, b->i.b, &from));
    if (to->type != from->type)
        return body_mismatch(b, to->type, from->type);
    to_address = limits_address(&to->limits);
    from_address = limits_address(&from->limits);
    return pop_three(b, to_address, from_address, narrower(to_address, from_address));
}

static enum err table_init(struct body *b)
{
    const struct wasm_tabletype *table = NULL;
    const struct wasm_elem *elem = NULL;

    TRY(find_table(b, b->i.b, &table));
    TRY(find_elem(b, b->i.a, &elem));
    if (elem->type != table->type)
        return body_mismatch(b, table->type, elem->type);
    return pop_three(b, limits_address(&table->limits), WASM_I32, WASM_I32);
}

enum err body_bulk(struct body *b)
{
    const struct wasm_elem *elem = NULL;
    enum wasm_type to = WASM_I32;
    enum wasm_type from = WASM_I32;

    switch (b->i.op) {
    case WASM_OP_MEMORY_INIT:
        TRY(find_memory(b, b->i.b, &to));
        TRY(find_data(b, b->i.a));
        return pop_three(b, to, WASM_I32, WASM_I32);
    case WASM_OP_DATA_DROP: return find_data(b, b->i.a);
    case WASM_OP_MEMORY_COPY:
        TRY(find_memory(b, b->i.a, &to));
        TRY(find_memory(b, b->i.b, &from));
        return pop_three(b, to, from, narrower(to, from));
    case WASM_OP_TABLE_INIT: return table_init(b);
    case WASM_OP_ELEM_DROP: return find_elem(b, b->i.a, &elem);
    case WASM_OP_TABLE_COPY: return table_copy(b);
    default: return ERR_USAGE;
    }
}
