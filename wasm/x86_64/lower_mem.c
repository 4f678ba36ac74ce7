#include "wasm/x86_64/lower.h"

/* --- Memory operands */

/* A constant that displacements reach. BOUND is looked through: it is checked on its own. */
static bool is_near_const(const struct lower *l, ir_value address, uint32_t offset, uint64_t *at)
{
    while (lower_val(l, address)->op == IR_BOUND)
        address = lower_val(l, address)->a;
    if (!lower_is_const(l, address, at) || *at > INT32_MAX)
        return false;
    *at += offset;
    return *at <= INT32_MAX;
}

struct lower_mem lower_address(struct lower *l, ir_value address, uint32_t offset, unsigned memory)
{
    struct lower_mem m = { .mem = memory == 0 ? MEM_HEAP : MEM_HEAP_VIEW,
                           .scale = (uint8_t)memory };
    uint64_t at;

    if (is_near_const(l, address, offset, &at)) {
        m.x = MACH_NONE;
        m.disp = (int32_t)at;
        return m;
    }
    m.x = lower_use(l, address);
    if (offset <= INT32_MAX) {
        m.disp = (int32_t)offset;
        return m;
    }
    /* A displacement is signed: add in 64 bits, where an index and an offset of 32 bits
     * each cannot wrap. */
    mach_operand far = lower_temp(l, MACH_I64), sum = lower_temp(l, MACH_I64);
    struct mach_instr *in = lower_emit(l, MOP_MOVI, 8);

    in->d = far;
    in->imm = (int32_t)offset;
    lower_2(l, MOP_ADD, 8, sum, far, m.x);
    m.x = sum;
    return m;
}

static unsigned access_size(unsigned access)
{
    static const uint8_t sizes[] = { 1, 1, 2, 2, 4, 4, 8, 4, 8, 16 };

    return sizes[access];
}

static bool global_is_imported(const struct lower *l, uint32_t index)
{
    return index < l->unit->module->imported_global_count;
}

static int32_t global_place(const struct lower *l, uint32_t index)
{
    const struct wasm_layout *layout = l->unit->layout;
    uint32_t imported = l->unit->module->imported_global_count;

    if (index < imported)
        return (int32_t)(layout->global_pointers + 8 * index);
    return (int32_t)(layout->globals + 16 * (index - imported));
}

static int32_t local_place(const struct lower *l, uint32_t local)
{
    return (int32_t)(l->out->frame_locals_size / l->f->frame_locals * local);
}

bool lower_fold(struct lower *l, ir_value v, unsigned size, struct lower_mem *out)
{
    struct ir_val *value = lower_val(l, v);

    if (value->uses != 1 || l->reg[v] != 0 || l->epoch[v] != l->epoch_now)
        return false;
    if (value->op == IR_LOAD && access_size(value->sub) == size) {
        *out = lower_address(l, value->a, value->b, value->mem);
        out->offset = value->offset;
    } else if (value->op == IR_GLOBAL_GET && !global_is_imported(l, value->a) &&
               size <= lower_size(value->type)) {
        *out = (struct lower_mem){ .mem = MEM_CONTEXT,
                                   .x = MACH_NONE,
                                   .disp = global_place(l, value->a) };
    } else if (value->op == IR_LOCAL_GET && size <= lower_size(value->type)) {
        *out = (struct lower_mem){ .mem = MEM_FRAME,
                                   .x = MACH_NONE,
                                   .disp = local_place(l, value->a) };
    } else {
        return false;
    }
    l->reg[v] = LOWER_FOLDED;
    return true;
}

struct lower_operand lower_operand(struct lower *l, ir_value v, unsigned size)
{
    struct lower_operand o = { .is_mem = false };
    struct ir_val *value = lower_val(l, v);

    o.is_mem = size == lower_size(value->type) && lower_fold(l, v, size, &o.mem);
    if (!o.is_mem && (value->type == IR_F32 || value->type == IR_F64) && value->op == IR_CONST &&
        ir_const_bits(value) != 0) {
        o.is_mem = true;
        o.mem = (struct lower_mem){ .mem = MEM_POOL,
                                    .x = MACH_NONE,
                                    .disp = (int32_t)lower_pool(l, ir_const_bits(value), 0) };
    }
    if (!o.is_mem)
        o.reg = size == 4 ? lower_use_low(l, v) : lower_use(l, v);
    return o;
}

/* --- Loads and stores */

static void load_from(struct lower *l, ir_value v, unsigned access, const struct lower_mem *m)
{
    unsigned type = lower_val(l, v)->type, size = lower_size(type);
    enum mach_op op = MOP_LOAD;

    switch ((enum ir_access)access) {
    case IR_ACCESS_8U: op = MOP_MOVZX8; break;
    case IR_ACCESS_8S: op = MOP_MOVSX8; break;
    case IR_ACCESS_16U: op = MOP_MOVZX16; break;
    case IR_ACCESS_16S: op = MOP_MOVSX16; break;
    case IR_ACCESS_32U:
        size = 4; /* and the upper half becomes zero */
        break;
    case IR_ACCESS_32S: op = size == 8 ? MOP_MOVSX32 : MOP_LOAD; break;
    case IR_ACCESS_64: break;
    default: op = MOP_LOADF; size = access_size(access);
    }
    if (lower_kind(type) >= MACH_F32)
        op = MOP_LOADF;
    lower_mem_put(lower_2(l, op, size, lower_def(l, v), MACH_NONE, MACH_NONE), m);
}

static void store_to(struct lower *l, ir_value value, unsigned size, const struct lower_mem *m,
                     mach_operand reg, bool is_imm, int32_t imm)
{
    bool vector = lower_kind(lower_val(l, value)->type) >= MACH_F32;
    struct mach_instr *in = lower_emit(l,
                                       is_imm   ? MOP_STOREI
                                       : vector ? MOP_STOREF
                                                : MOP_STORE,
                                       size);

    in->b = is_imm ? MACH_NONE : reg;
    in->imm = imm;
    lower_mem_put(in, m);
}

/* A constant that a store can carry itself: as bits, whatever its type. */
static bool store_imm(const struct lower *l, ir_value value, unsigned size, int32_t *imm)
{
    return size <= 8 && lower_is_imm(l, value, size, imm);
}

/* Globals and locals: all bytes of the value's type. */
static void load_whole(struct lower *l, ir_value v, const struct lower_mem *m)
{
    unsigned type = lower_val(l, v)->type;
    enum mach_op op = lower_kind(type) >= MACH_F32 ? MOP_LOADF : MOP_LOAD;

    lower_mem_put(lower_2(l, op, lower_size(type), lower_def(l, v), MACH_NONE, MACH_NONE), m);
}

static void store_whole(struct lower *l, ir_value value, const struct lower_mem *m)
{
    unsigned size = lower_size(lower_val(l, value)->type);
    int32_t imm = 0;
    bool is_imm = store_imm(l, value, size, &imm);

    store_to(l, value, size, m, is_imm ? MACH_NONE : lower_use(l, value), is_imm, imm);
}

static void lower_load(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m = lower_address(l, value->a, value->b, value->mem);

    m.offset = value->offset;
    load_from(l, v, value->sub, &m);
}

static void lower_store(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = access_size(value->sub);
    int32_t imm = 0;
    bool is_imm = store_imm(l, value->b, size, &imm);
    mach_operand reg = MACH_NONE;

    if (!is_imm)
        reg = size <= 4 ? lower_use_low(l, value->b) : lower_use(l, value->b);
    struct lower_mem m = lower_address(l, value->a, value->c, value->mem);

    m.offset = value->offset;
    store_to(l, value->b, size, &m, reg, is_imm, imm);
}

static int32_t view_place(const struct lower *l, unsigned memory)
{
    return (int32_t)(l->unit->layout->memories + 8 * memory);
}

static int32_t table_place(const struct lower *l, uint32_t table)
{
    return (int32_t)(l->unit->layout->tables + 8 * table);
}

static void lower_bound(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool by_size = (l->unit->config & WASM_CONFIG_EXPLICIT) != 0;
    mach_operand a = lower_use(l, value->a);

    if (lower_val(l, value->a)->op == IR_CONST) {
        /* The register that was checked is the one that is used: lower_use knows. */
        mach_operand d = lower_def(l, v);

        lower_2(l, MOP_MOV, lower_size(value->type), d, a, MACH_NONE);
        a = d;
    }
    struct mach_instr *in = lower_emit(l, by_size ? MOP_BOUND_SIZE : MOP_BOUND, 8);

    in->a = a;
    in->imm = (int32_t)value->b; /* the extent: low half, high half */
    in->c = value->c;
    in->disp = view_place(l, value->mem);
    in->offset = value->offset;
    in->trap = WASM_TRAP_MEMORY;
}

static struct mach_instr *via(struct lower *l, ir_value v, int32_t place, int32_t field)
{
    struct ir_val *value = lower_val(l, v);
    bool vector = lower_kind(value->type) >= MACH_F32;
    struct mach_instr *in = lower_2(l, vector ? MOP_LOADF_VIA : MOP_LOAD_VIA,
                                    lower_size(value->type), lower_def(l, v), MACH_NONE, MACH_NONE);

    in->disp = place;
    in->imm = field;
    return in;
}

static void lower_memory_size(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    mach_operand bytes = lower_temp(l, MACH_I64), pages = lower_def(l, v);
    struct mach_instr *in = lower_2(l, MOP_LOAD_VIA, 8, bytes, MACH_NONE, MACH_NONE);

    in->disp = view_place(l, value->mem);
    in->imm = WASM_VIEW_SIZE;
    if (value->type == IR_I64) {
        lower_imm(l, MOP_SHRI, 8, pages, bytes, 16);
        return;
    }
    mach_operand wide = lower_temp(l, MACH_I64);

    lower_imm(l, MOP_SHRI, 8, wide, bytes, 16);
    lower_2(l, MOP_MOV32, 4, pages, wide, MACH_NONE); /* an i32 comes from a 32-bit operation */
}

static void lower_global_get(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m = { .mem = MEM_CONTEXT, .x = MACH_NONE, .disp = global_place(l, value->a) };

    if (global_is_imported(l, value->a))
        via(l, v, m.disp, 0);
    else
        load_whole(l, v, &m);
}

static void lower_global_set(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned type = lower_val(l, value->b)->type;
    struct lower_mem m = { .mem = MEM_CONTEXT, .x = MACH_NONE, .disp = global_place(l, value->a) };

    if (!global_is_imported(l, value->a)) {
        store_whole(l, value->b, &m);
        return;
    }
    mach_operand reg = lower_use(l, value->b);
    struct mach_instr *in = lower_emit(
        l, lower_kind(type) >= MACH_F32 ? MOP_STOREF_VIA : MOP_STORE_VIA, lower_size(type));

    in->b = reg;
    in->disp = m.disp;
}

static void lower_table(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool is_set = value->op == IR_TABLE_SET;
    mach_operand index = lower_use(l, value->a);
    mach_operand b = is_set ? lower_use(l, value->c) : MACH_NONE;
    struct mach_instr *in = lower_emit(l, is_set ? MOP_TABLE_SET : MOP_TABLE_GET, 8);

    in->d = is_set ? MACH_NONE : lower_def(l, v);
    in->a = index;
    in->b = b;
    in->disp = table_place(l, value->b);
    in->offset = value->offset;
    in->trap = WASM_TRAP_TABLE;
}

/* The word of a funcref: the address of its struct wasm_function. */
static void lower_ref_func(struct lower *l, ir_value v)
{
    const struct wasm_layout *layout = l->unit->layout;
    uint32_t index = lower_val(l, v)->a, imported = l->unit->module->imported_func_count;
    bool is_import = index < imported;
    struct lower_mem m = { .mem = MEM_CONTEXT, .x = MACH_NONE };

    m.disp = is_import
                 ? (int32_t)(layout->imports + 8 * index)
                 : (int32_t)(layout->functions + sizeof(struct wasm_function) * (index - imported));
    lower_mem_put(
        lower_2(l, is_import ? MOP_LOAD : MOP_LEA, 8, lower_def(l, v), MACH_NONE, MACH_NONE), &m);
}

static void lower_local(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    struct lower_mem m = { .mem = MEM_FRAME, .x = MACH_NONE, .disp = local_place(l, value->a) };

    if (value->op == IR_LOCAL_SET)
        store_whole(l, value->b, &m);
    else
        load_whole(l, v, &m);
}

void lower_memory(struct lower *l, ir_value v)
{
    switch ((enum ir_op)lower_val(l, v)->op) {
    case IR_LOAD: lower_load(l, v); break;
    case IR_STORE: lower_store(l, v); break;
    case IR_BOUND: lower_bound(l, v); break;
    case IR_MEMORY_SIZE: lower_memory_size(l, v); break;
    case IR_GLOBAL_GET: lower_global_get(l, v); break;
    case IR_GLOBAL_SET: lower_global_set(l, v); break;
    case IR_TABLE_SIZE: via(l, v, table_place(l, lower_val(l, v)->a), WASM_VIEW_SIZE); break;
    case IR_REF_FUNC: lower_ref_func(l, v); break;
    case IR_LOCAL_GET:
    case IR_LOCAL_SET: lower_local(l, v); break;
    default: lower_table(l, v);
    }
}
