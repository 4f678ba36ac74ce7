#include "wasm/ir/build.h"

/* Loads, stores and globals. What was loaded or stored is remembered within an
 * extended basic block, so that it need not be loaded again. */

static const uint8_t access_size[] = {
    [IR_ACCESS_8U] = 1,  [IR_ACCESS_8S] = 1,   [IR_ACCESS_16U] = 2, [IR_ACCESS_16S] = 2,
    [IR_ACCESS_32U] = 4, [IR_ACCESS_32S] = 4,  [IR_ACCESS_64] = 8,  [IR_ACCESS_F32] = 4,
    [IR_ACCESS_F64] = 8, [IR_ACCESS_128] = 16,
};

void known_forget(struct builder *b)
{
    for (uint32_t i = 0; i < KNOWN_CELLS; i++)
        b->cells[i].value = 0;
    for (uint32_t i = 0; i < KNOWN_GLOBALS; i++)
        b->globals[i].value = 0;
}

void memory_clobber(struct builder *b)
{
    b->effects++;
    for (uint32_t i = 0; i < KNOWN_CELLS; i++)
        b->cells[i].value = 0;
}

/* Where the access goes, in words that two accesses can be compared by. */
static struct known_cell cell_of(struct builder *b, ir_value index, uint64_t offset, uint8_t memory,
                                 uint8_t access, uint8_t type)
{
    struct known_cell c = { .base = index,
                            .offset = offset,
                            .memory = memory,
                            .access = access,
                            .type = type,
                            .size = access_size[access] };

    if (is_const(b, index) && offset <= UINT32_MAX && bits_at(b, index) <= UINT32_MAX) {
        c.base = 0;
        c.offset = bits_at(b, index) + offset;
    }
    return c;
}

static bool cells_disjoint(const struct known_cell *x, const struct known_cell *y)
{
    /* Two imported memories may be one. */
    if (x->memory != y->memory || x->base != y->base)
        return false;
    return x->offset >= y->offset ? x->offset - y->offset >= y->size
                                  : y->offset - x->offset >= x->size;
}

static ir_value cell_load(struct builder *b, const struct known_cell *c)
{
    for (uint32_t i = 0; i < KNOWN_CELLS; i++) {
        const struct known_cell *k = &b->cells[i];

        if (k->value != 0 && k->base == c->base && k->offset == c->offset &&
            k->memory == c->memory && k->access == c->access && k->type == c->type)
            return k->value;
    }
    return 0;
}

static void cell_remember(struct builder *b, struct known_cell c, ir_value v)
{
    c.value = v;
    b->cells[b->cell_next] = c;
    b->cell_next = (b->cell_next + 1) % KNOWN_CELLS;
}

static void cell_store(struct builder *b, const struct known_cell *c)
{
    for (uint32_t i = 0; i < KNOWN_CELLS; i++)
        if (!cells_disjoint(&b->cells[i], c))
            b->cells[i].value = 0;
}

static bool may_remember(const struct builder *b, uint32_t memory)
{
    return b->optimize && !b->m->memories[memory].limits.shared;
}

enum { REACH_LEAST = 16, REACH_MOST = 1024, WRAP_SLACK = 65535 };

enum err memory_init(struct builder *b)
{
    uint32_t size = REACH_LEAST;

    while (size < REACH_MOST && size < b->body_size / 32)
        size *= 2;
    b->reaches = arena_array(b->arena, size, sizeof *b->reaches);
    b->reach_mask = size - 1;
    return b->reaches == NULL ? ERR_NOMEM : ERR_OK;
}

/* A memory that is less than 4 GiB by at least a page whatever happens: no 32-bit
 * memory of less than 65536 pages grows to that many (wasm/runtime/memory.c). */
static bool never_whole(const struct builder *b, uint32_t memory)
{
    const struct wasm_limits *l = &b->m->memories[memory].limits;

    if (l->is64)
        return false;
    if (l->has_most && l->most < 65536)
        return true;
    return memory >= b->m->imported_memory_count && l->least < 65536;
}

/* Once an access at x, of extent e, did not trap, x + e is at most the memory's
 * size, which is at most 2^32 - 65536: x + c is then below 2^32 for every c up
 * to e + 65535, and adding c to the offset instead is the same. */
void memory_fold(struct builder *b, ir_value *index, uint64_t *offset, uint32_t memory,
                 uint32_t size)
{
    struct ir_val v = *val(b, *index);
    bool sum = v.op == IR_ADD && is_const(b, v.b);
    ir_value root = sum ? v.a : *index;
    uint32_t delta = sum ? (uint32_t)bits_at(b, v.b) : 0;
    struct known_reach *r;

    if (!b->optimize || b->err != ERR_OK || v.op == IR_CONST || !never_whole(b, memory) ||
        *offset > INT32_MAX / 2)
        return;
    r = &b->reaches[root * 0x9e3779b1u >> 8 & b->reach_mask];
    if (r->root == root && r->memory == memory && block_dominates(b, r->block, b->block)) {
        uint32_t more = delta - r->delta;

        if (more <= INT32_MAX / 2 && more <= (uint64_t)r->extent + WRAP_SLACK) {
            *index = r->base;
            *offset += more;
            return;
        }
    }
    *r = (struct known_reach){ root, *index, delta, (uint32_t)*offset + size, b->block, memory };
}

/* Explicit mode: `index` plus extent is inside. A check that dominates and reaches
 * as far is enough; one in this block reaches further if nothing happened
 * since that could be told from a trap there. */
static ir_value bound_explicit(struct builder *b, ir_value index, uint8_t memory, uint64_t extent)
{
    struct ir_val v = { .op = IR_BOUND,
                        .type = type_at(b, index),
                        .mem = memory,
                        .a = index,
                        .b = (uint32_t)extent,
                        .c = (uint32_t)(extent >> 32) };
    ir_value made;

    for (uint32_t i = 0; i < KNOWN_BOUNDS && b->optimize; i++) {
        const struct known_bound *k = &b->bounds[i];
        struct ir_val *old = val(b, k->value);

        if (k->value == 0 || old->a != index || old->mem != memory)
            continue;
        if ((old->b | (uint64_t)old->c << 32) >= extent && block_dominates(b, k->block, b->block))
            return k->value;
        if (k->block == b->block && k->effects == b->effects) {
            old->b = v.b;
            old->c = v.c;
            return k->value;
        }
    }
    made = emit(b, v);
    b->bounds[b->bound_next] = (struct known_bound){ made, b->block, b->effects };
    b->bound_next = (b->bound_next + 1) % KNOWN_BOUNDS;
    return made;
}

static ir_value bound_guarded(struct builder *b, ir_value index, uint8_t memory)
{
    struct ir_val v = { .op = IR_BOUND, .type = IR_I64, .mem = memory, .a = index };
    ir_value made = b->optimize && b->err == ERR_OK ? number_find(b, &v) : 0;

    if (made != 0)
        return made;
    made = emit(b, v);
    if (b->optimize && made != 0)
        number_add(b, made);
    return made;
}

/* index + offset, or all ones where that wraps: out of bounds of every memory. */
static ir_value add_saturated(struct builder *b, ir_value index, uint64_t offset)
{
    ir_value sum = emit_op(b, IR_ADD, IR_I64, index, emit_const(b, IR_I64, offset));
    ir_value wraps = emit_icmp(b, IR_LT_U, sum, index);
    ir_value most = emit_const(b, IR_I64, UINT64_MAX);

    return emit_pure(
        b, (struct ir_val){ .op = IR_SELECT, .type = IR_I64, .a = wraps, .b = most, .c = sum });
}

ir_value memory_address(struct builder *b, ir_value index, uint8_t memory, uint64_t offset,
                        uint32_t size, uint32_t *out_offset)
{
    bool is64 = b->m->memories[memory].limits.is64;

    if (b->err != ERR_OK)
        return 0;
    if (is64 && offset > INT32_MAX - 64) {
        index = add_saturated(b, index, offset);
        offset = 0;
    }
    *out_offset = (uint32_t)offset;
    if (b->explicit_bounds)
        return bound_explicit(b, index, memory, offset + size);
    return is64 ? bound_guarded(b, index, memory) : index;
}

ir_value memory_effective(struct builder *b, ir_value index, uint64_t offset, uint32_t memory)
{
    if (b->m->memories[memory].limits.is64)
        return add_saturated(b, index, offset);
    return emit_op(b, IR_ADD, IR_I64, emit_op(b, IR_EXTEND_U, IR_I64, index, 0),
                   emit_const(b, IR_I64, offset));
}

struct access_row {
    uint8_t type;
    uint8_t access;
};

static const struct access_row loads[] = {
    { IR_I32, IR_ACCESS_32U }, { IR_I64, IR_ACCESS_64 },  { IR_F32, IR_ACCESS_F32 },
    { IR_F64, IR_ACCESS_F64 }, { IR_I32, IR_ACCESS_8S },  { IR_I32, IR_ACCESS_8U },
    { IR_I32, IR_ACCESS_16S }, { IR_I32, IR_ACCESS_16U }, { IR_I64, IR_ACCESS_8S },
    { IR_I64, IR_ACCESS_8U },  { IR_I64, IR_ACCESS_16S }, { IR_I64, IR_ACCESS_16U },
    { IR_I64, IR_ACCESS_32S }, { IR_I64, IR_ACCESS_32U },
};

static const struct access_row stores[] = {
    { IR_I32, IR_ACCESS_32U }, { IR_I64, IR_ACCESS_64 },  { IR_F32, IR_ACCESS_F32 },
    { IR_F64, IR_ACCESS_F64 }, { IR_I32, IR_ACCESS_8U },  { IR_I32, IR_ACCESS_16U },
    { IR_I64, IR_ACCESS_8U },  { IR_I64, IR_ACCESS_16U }, { IR_I64, IR_ACCESS_32U },
};

static struct access_row load_row(uint16_t op)
{
    if (op == WASM_OP_V128_LOAD)
        return (struct access_row){ IR_V128, IR_ACCESS_128 };
    return loads[op - WASM_OP_I32_LOAD];
}

static struct access_row store_row(uint16_t op)
{
    if (op == WASM_OP_V128_STORE)
        return (struct access_row){ IR_V128, IR_ACCESS_128 };
    return stores[op - WASM_OP_I32_STORE];
}

void build_load(struct builder *b, const struct wasm_instr *i)
{
    struct access_row row = load_row(i->op);
    uint32_t size = access_size[row.access];
    ir_value index = pop(b);
    uint64_t at = i->value;
    struct known_cell c;
    ir_value v;

    memory_fold(b, &index, &at, i->a, size);
    c = cell_of(b, index, at, (uint8_t)i->a, row.access, row.type);
    v = may_remember(b, i->a) ? cell_load(b, &c) : 0;
    if (v == 0) {
        uint32_t offset = 0;
        ir_value address = memory_address(b, index, (uint8_t)i->a, at, size, &offset);

        v = emit(b, (struct ir_val){ .op = IR_LOAD,
                                     .type = row.type,
                                     .sub = row.access,
                                     .mem = (uint8_t)i->a,
                                     .a = address,
                                     .b = offset });
        if (may_remember(b, i->a))
            cell_remember(b, c, v);
    }
    push(b, v);
}

/* A narrow store keeps the low bits alone: what only changes the others is no use. */
static ir_value narrowed(struct builder *b, ir_value v, uint8_t access)
{
    uint64_t bits = access == IR_ACCESS_8U ? 0xff : access == IR_ACCESS_16U ? 0xffff : UINT32_MAX;
    struct ir_val x = *val(b, v);

    if (!b->optimize || (access != IR_ACCESS_8U && access != IR_ACCESS_16U &&
                         (access != IR_ACCESS_32U || x.type != IR_I64)))
        return v;
    if (x.op == IR_AND && is_const(b, x.b) && (bits_at(b, x.b) & bits) == bits)
        return x.a;
    if ((x.op == IR_EXTEND8_S && bits == 0xff) || (x.op == IR_EXTEND16_S && bits <= 0xffff))
        return x.a;
    return v;
}

void build_store(struct builder *b, const struct wasm_instr *i)
{
    struct access_row row = store_row(i->op);
    ir_value value = pop(b);
    ir_value index = pop(b);
    uint32_t size = access_size[row.access];
    bool whole = size == 4 ? row.type != IR_I64 : size >= 8;
    uint64_t at = i->value;
    uint32_t offset = 0;
    struct known_cell c;
    ir_value address;

    memory_fold(b, &index, &at, i->a, size);
    c = cell_of(b, index, at, (uint8_t)i->a, row.access, row.type);
    address = memory_address(b, index, (uint8_t)i->a, at, size, &offset);
    emit(b, (struct ir_val){ .op = IR_STORE,
                             .type = IR_VOID,
                             .sub = row.access,
                             .aux = row.type,
                             .mem = (uint8_t)i->a,
                             .a = address,
                             .b = narrowed(b, value, row.access),
                             .c = offset });
    b->effects++;
    cell_store(b, &c);
    if (whole && may_remember(b, i->a))
        cell_remember(b, c, value);
}

/* The value of an immutable global that a lone constant initialises; 0: not so. */
static ir_value global_constant(struct builder *b, uint32_t index)
{
    const struct wasm_globaltype *g = &b->m->globals[index];
    struct reader r = reader_of(g->init.code);
    struct wasm_instr i, end;

    if (index < b->m->imported_global_count || g->is_mutable ||
        wasm_instr_read(&i, &r, 0, NULL) != ERR_OK || wasm_instr_read(&end, &r, 0, NULL) != ERR_OK)
        return 0;
    if (end.op != WASM_OP_END || i.op < WASM_OP_I32_CONST || i.op > WASM_OP_F64_CONST)
        return 0;
    return emit_const(b, ir_type_of((uint8_t)g->type), i.value);
}

void build_global_get(struct builder *b, uint32_t index)
{
    const struct wasm_globaltype *g = &b->m->globals[index];
    struct ir_val v = { .op = IR_GLOBAL_GET,
                        .type = ir_type_of((uint8_t)g->type),
                        .aux = ref_aux((uint8_t)g->type),
                        .a = index };
    ir_value made = b->optimize ? global_constant(b, index) : 0;

    for (uint32_t i = 0; i < KNOWN_GLOBALS && made == 0 && b->optimize; i++)
        if (b->globals[i].value != 0 && b->globals[i].index == index)
            made = b->globals[i].value;
    if (made == 0) {
        made = g->is_mutable ? emit(b, v) : emit_pure(b, v);
        b->globals[b->global_next] = (struct known_global){ index, made };
        b->global_next = (b->global_next + 1) % KNOWN_GLOBALS;
    }
    push(b, made);
}

void build_global_set(struct builder *b, uint32_t index)
{
    uint32_t imported = b->m->imported_global_count;
    ir_value v = pop(b);

    emit(b, (struct ir_val){ .op = IR_GLOBAL_SET, .a = index, .b = v });
    b->effects++;
    /* Two imports may be one global. */
    for (uint32_t i = 0; i < KNOWN_GLOBALS; i++)
        if (b->globals[i].index == index || (index < imported && b->globals[i].index < imported))
            b->globals[i].value = 0;
    b->globals[b->global_next] = (struct known_global){ index, v };
    b->global_next = (b->global_next + 1) % KNOWN_GLOBALS;
}
