#include "wasm/x86_64/lower.h"
#include "base/num.h"

/* --- Registers */

enum mach_kind lower_kind(unsigned type)
{
    switch ((enum ir_type)type) {
    case IR_I32: return MACH_I32;
    case IR_F32: return MACH_F32;
    case IR_F64: return MACH_F64;
    case IR_V128: return MACH_V128;
    default: return MACH_I64;
    }
}

unsigned lower_size(unsigned type)
{
    static const uint8_t sizes[] = { 4, 8, 4, 8, 16 };

    return sizes[lower_kind(type)];
}

mach_operand lower_temp(struct lower *l, enum mach_kind kind)
{
    if (!ARENA_RESERVE(l->arena, l->out->kinds, l->kinds_room, l->out->virtual_count + 2u)) {
        l->full = true;
        return MACH_VIRTUAL + 1;
    }
    l->out->kinds[++l->out->virtual_count] = (uint8_t)kind;
    return MACH_VIRTUAL + l->out->virtual_count;
}

mach_operand lower_def(struct lower *l, ir_value v)
{
    if (!lower_is_live(l, v))
        l->reg[v] = lower_temp(l, lower_kind(lower_val(l, v)->type)) - MACH_VIRTUAL;
    return MACH_VIRTUAL + l->reg[v];
}

bool lower_is_const(const struct lower *l, ir_value v, uint64_t *bits)
{
    *bits = ir_const_bits(lower_val(l, v));
    return lower_val(l, v)->op == IR_CONST;
}

bool lower_is_imm(const struct lower *l, ir_value v, unsigned size, int32_t *imm)
{
    uint64_t bits;

    if (!lower_is_const(l, v, &bits))
        return false;
    *imm = (int32_t)bits;
    return size <= 4 || (int64_t)bits == *imm;
}

uint32_t lower_pool(struct lower *l, uint64_t low, uint64_t high)
{
    struct mach_func *f = l->out;
    /* Most functions have few constants, and near ones repeat. */
    uint32_t from = f->pool_count > 32 ? f->pool_count - 32 : 0;

    for (uint32_t i = from; i < f->pool_count; i++)
        if (f->pool[i][0] == low && f->pool[i][1] == high)
            return i;
    if (!ARENA_RESERVE(l->arena, f->pool, f->pool_room, f->pool_count + 1u)) {
        l->full = true;
        return 0;
    }
    f->pool[f->pool_count][0] = low;
    f->pool[f->pool_count][1] = high;
    return f->pool_count++;
}

static mach_operand make_const(struct lower *l, const struct ir_val *v)
{
    uint64_t bits = ir_const_bits(v), high = 0;
    mach_operand d = lower_temp(l, lower_kind(v->type));
    struct mach_instr *in;

    if (v->op == IR_CONST && lower_kind(v->type) <= MACH_I64) {
        in = lower_emit(l, MOP_MOVI, 8);
        in->imm = (int32_t)bits;
        in->disp = (int32_t)(bits >> 32);
        in->d = d;
        return d;
    }
    if (v->op == IR_CONST_V128) {
        const uint32_t *words = &l->f->extra[v->a];

        bits = words[0] | (uint64_t)words[1] << 32;
        high = words[2] | (uint64_t)words[3] << 32;
    }
    in = lower_emit(l, bits == 0 && high == 0 ? MOP_ZEROF : MOP_LOADF_CONST, lower_size(v->type));
    in->d = d;
    if (in->op == MOP_LOADF_CONST) {
        in->mem = MEM_POOL;
        in->disp = (int32_t)lower_pool(l, bits, high);
    }
    return d;
}

mach_operand lower_use(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    /* These are only other names: an i32 in a register has its upper half zero. */
    while (value->op == IR_COPY || value->op == IR_EXTEND_U ||
           (value->op == IR_BOUND && lower_val(l, value->a)->op != IR_CONST)) {
        v = value->a;
        value = lower_val(l, v);
    }
    if (value->op == IR_CONST || value->op == IR_CONST_V128)
        return make_const(l, value);
    return lower_def(l, v);
}

mach_operand lower_use_low(struct lower *l, ir_value v)
{
    while (lower_val(l, v)->op == IR_WRAP || lower_val(l, v)->op == IR_COPY)
        v = lower_val(l, v)->a;
    return lower_use(l, v);
}

/* --- Instructions */

struct mach_instr *lower_emit(struct lower *l, enum mach_op op, unsigned size)
{
    if (!ARENA_RESERVE(l->scratch, l->tile, l->tile_room, l->tile_count + 1u)) {
        l->full = true;
        l->tile_count = 0; /* the first allocation was made at the start: there is room for one */
    }
    struct mach_instr *in = &l->tile[l->tile_count++];

    *in = (struct mach_instr){
        .op = (uint16_t)op,
        .size = (uint8_t)size,
        .d = MACH_NONE,
        .a = MACH_NONE,
        .b = MACH_NONE,
        .x = MACH_NONE,
        .c = MACH_NONE,
    };
    return in;
}

uint32_t lower_arg(struct lower *l, mach_operand value, uint32_t reg, bool is_def)
{
    struct mach_func *f = l->out;

    if (!ARENA_RESERVE(l->arena, f->args, l->args_room, f->arg_count + 1u)) {
        l->full = true;
        return 0;
    }
    f->args[f->arg_count] = (struct mach_arg){ value, (uint16_t)reg, is_def };
    return f->arg_count++;
}

struct mach_instr *lower_2(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                           mach_operand a, mach_operand b)
{
    struct mach_instr *in = lower_emit(l, op, size);

    in->d = d;
    in->a = a;
    in->b = b;
    return in;
}

struct mach_instr *lower_imm(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                             mach_operand a, int32_t imm)
{
    struct mach_instr *in = lower_2(l, op, size, d, a, MACH_NONE);

    in->imm = imm;
    return in;
}

void lower_mem_put(struct mach_instr *in, const struct lower_mem *m)
{
    in->mem = m->mem;
    in->scale = m->scale;
    in->x = m->x;
    in->disp = m->disp;
    in->offset = m->offset;
    in->trap = m->mem == MEM_HEAP || m->mem == MEM_HEAP_VIEW ? WASM_TRAP_MEMORY : WASM_TRAP_NONE;
}

struct mach_instr *lower_2m(struct lower *l, enum mach_op op, unsigned size, mach_operand d,
                            mach_operand a, const struct lower_operand *b)
{
    struct mach_instr *in = lower_2(l, op, size, d, a, b->is_mem ? MACH_NONE : b->reg);

    if (b->is_mem)
        lower_mem_put(in, &b->mem);
    return in;
}

/* Puts the tile before everything that is there. */
static void flush(struct lower *l)
{
    struct mach_func *f = l->out;

    if (!ARENA_RESERVE(l->arena, f->code, l->code_room, (size_t)f->code_count + l->tile_count)) {
        l->full = true;
        l->tile_count = 0;
        return;
    }
    while (l->tile_count > 0)
        f->code[f->code_count++] = l->tile[--l->tile_count];
}

/* --- Values */

static bool is_barrier(const struct ir_val *v)
{
    if (ir_op_flags[v->op] & IR_FLAG_PURE)
        return false;
    switch ((enum ir_op)v->op) {
    case IR_NOP:
    case IR_PARAM:
    case IR_PHI:
    case IR_LOAD:
    case IR_VECTOR_LOAD:
    case IR_BOUND:
    case IR_MEMORY_SIZE:
    case IR_GLOBAL_GET:
    case IR_TABLE_SIZE:
    case IR_LOCAL_GET:
    case IR_RESULT: return false;
    default: return true;
    }
}

static void number_epochs(struct lower *l)
{
    uint32_t epoch = 0;

    for (uint32_t b = 0; b < l->f->block_count; b++) {
        l->block_epoch[b] = ++epoch;
        for (ir_value v = l->f->blocks[b].first; v != 0; v = lower_val(l, v)->next) {
            l->epoch[v] = epoch;
            epoch += is_barrier(lower_val(l, v));
        }
    }
}

static void lower_value(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    switch ((enum ir_op)value->op) {
    case IR_ADD ... IR_ROTR:
    case IR_CLZ ... IR_EXTEND_S:
    case IR_WRAP: lower_int(l, v); break;
    case IR_DIV_S ... IR_REM_U: lower_div(l, v); break;
    case IR_ICMP:
    case IR_FCMP:
    case IR_EXCEPTION_IS: lower_condition(l, v); break;
    case IR_SELECT: lower_select(l, v); break;
    case IR_ATOMIC_LOAD ... IR_FENCE: lower_atomic(l, v); break;
    case IR_LOAD ... IR_LOCAL_SET: lower_memory(l, v); break;
    case IR_CALL ... IR_CALL_BUILTIN: lower_call(l, v); break;
    case IR_EXCEPTION:
    case IR_EXCEPTION_GET:
    case IR_EXCEPTION_PUT: lower_exception(l, v); break;
    case IR_FUEL:
        lower_emit(l, MOP_FUEL, 8)->imm = (int32_t)value->a;
        l->tile[l->tile_count - 1].offset = value->offset;
        break;
    case IR_SAFEPOINT: lower_emit(l, MOP_SAFEPOINT, 8)->offset = value->offset; break;
    case IR_VECTOR ... IR_VECTOR_STORE_LANE: lower_vector(l, v); break;
    case IR_NOP ... IR_PHI:
    case IR_RESULT:          /* made at their uses, by the entry, by moves, by the call */
    case IR_EXTEND_U: break; /* another name of its operand */
    default: lower_float(l, v);
    }
}

/* The values of a block, last first. */
static enum err lower_block(struct lower *l, uint32_t block, ir_value **list, uint32_t *room)
{
    const struct ir_blk *b = &l->f->blocks[l->ir_of[block]];
    uint32_t count = 0;

    l->loop_epoch = b->loop != 0 ? l->block_epoch[l->f->loops[b->loop].header] : 0;
    for (ir_value v = b->first; v != 0; v = lower_val(l, v)->next) {
        if (!ARENA_RESERVE(l->scratch, *list, *room, count + 1u))
            return ERR_NOMEM;
        (*list)[count++] = v;
    }
    if (count == 0)
        return ERR_OK;
    l->epoch_now = l->epoch[(*list)[count - 1]];
    lower_end(l, block, (*list)[--count]);
    flush(l);
    lower_moves(l, block);
    flush(l);
    while (count > 0) {
        ir_value v = (*list)[--count];
        bool pure = ir_op_flags[lower_val(l, v)->op] & IR_FLAG_PURE;

        if (l->reg[v] == LOWER_FOLDED || (pure && l->reg[v] == 0))
            continue;
        l->epoch_now = l->epoch[v];
        lower_value(l, v);
        flush(l);
    }
    if (block == 0) {
        lower_entry(l, b->first);
        flush(l);
    }
    return ERR_OK;
}

static void turn_round(struct mach_func *f)
{
    for (uint32_t i = 0, j = f->code_count; i + 1 < j; i++) {
        struct mach_instr t = f->code[i];

        f->code[i] = f->code[--j];
        f->code[j] = t;
    }
    for (uint32_t b = 0; b < f->block_count; b++) {
        uint32_t end = f->code_count - f->blocks[b].first;

        f->blocks[b].first = f->code_count - f->blocks[b].end;
        f->blocks[b].end = end;
    }
}

static enum err lower_init(struct lower *l, struct mach_func *out, struct ir_func *f,
                           struct arena *arena)
{
    uint64_t config = f->unit->config;
    uint32_t estimate = f->value_count + f->block_count / 4 + 16;

    *out = (struct mach_func){ .ir = f, .arena = arena };
    *l = (struct lower){
        .out = out,
        .f = f,
        .arena = arena,
        .scratch = f->arena,
        .unit = f->unit,
        .avx = (config & WASM_CONFIG_AVX) != 0,
        .avx2 = (config & WASM_CONFIG_AVX2) != 0,
        .bmi = (config & WASM_CONFIG_BMI) != 0,
        .popcnt = (config & WASM_CONFIG_POPCNT) != 0,
    };
    l->reg = arena_array(l->scratch, f->value_count, sizeof *l->reg);
    l->epoch = arena_array(l->scratch, f->value_count, sizeof *l->epoch);
    l->block_epoch = arena_array(l->scratch, f->block_count, sizeof *l->block_epoch);
    if (l->reg == NULL || l->epoch == NULL || l->block_epoch == NULL ||
        !ARENA_RESERVE(l->scratch, l->tile, l->tile_room, 64) ||
        !ARENA_RESERVE(l->arena, out->kinds, l->kinds_room, f->value_count / 2 + 16) ||
        !ARENA_RESERVE(l->arena, out->code, l->code_room, estimate))
        return ERR_NOMEM;
    return ERR_OK;
}

static void frame_locals_place(struct lower *l)
{
    uint32_t unit = 8;

    for (uint32_t i = 0; i < l->f->frame_locals; i++)
        if (l->f->frame_local_types[i] == IR_V128)
            unit = 16;
    l->out->frame_locals_size = l->f->frame_locals * unit;
}

enum err mach_lower(struct mach_func *out, struct ir_func *f, struct arena *arena,
                    struct wasm_note *note)
{
    struct lower l;
    ir_value *list = NULL;
    uint32_t room = 0;

    if (lower_init(&l, out, f, arena) != ERR_OK || lower_blocks(&l) != ERR_OK)
        return note_at(note, ERR_NOMEM, 0, "compile memory", "lowering");
    number_epochs(&l);
    frame_locals_place(&l);
    for (uint32_t b = out->block_count; b-- > 0;) {
        out->blocks[b].first = out->code_count;
        if (l.ir_of[b] != UINT32_MAX) {
            if (lower_block(&l, b, &list, &room) != ERR_OK)
                l.full = true;
        } else {
            lower_emit(&l, MOP_JUMP, 8);
            flush(&l);
            lower_moves(&l, b);
            flush(&l);
        }
        out->blocks[b].end = out->code_count;
    }
    if (l.full)
        return note_at(note, ERR_NOMEM, 0, "compile memory", "lowering");
    if (l.unsupported != NULL)
        return note_at(note, ERR_UNSUPPORTED, 0, "operation", l.unsupported);
    turn_round(out);
    return ERR_OK;
}
