#include "wasm/x86_64/lower.h"

/* Accesses of atomic operations: their size, and the zero extension of a narrow result. */

static unsigned atomic_size(unsigned access)
{
    return access == IR_ACCESS_8U                               ? 1
           : access == IR_ACCESS_16U                            ? 2
           : access == IR_ACCESS_32U || access == IR_ACCESS_32S ? 4
                                                                : 8;
}

static void check_alignment(struct lower *l, mach_operand address, uint32_t place, unsigned size,
                            uint32_t offset)
{
    struct mach_instr *in;

    if (size == 1)
        return;
    in = lower_emit(l, MOP_ALIGNED, size);
    in->a = address;
    in->imm = (int32_t)place;
    in->offset = offset;
    in->trap = WASM_TRAP_UNALIGNED;
}

/* The memory operand, after a check of its alignment. */
static struct lower_mem atomic_address(struct lower *l, ir_value v, uint32_t place, unsigned size)
{
    struct ir_val *value = lower_val(l, v);
    mach_operand address = lower_use(l, value->a);

    check_alignment(l, address, place, size, value->offset);
    struct lower_mem m = lower_address(l, value->a, place, value->mem);

    m.offset = value->offset;
    return m;
}

/* Puts what a narrow operation left in `raw` into the value's own register. */
static void widen(struct lower *l, ir_value v, unsigned size, mach_operand raw)
{
    mach_operand d = lower_def(l, v);

    if (size == 1)
        lower_2(l, MOP_MOVZX8, 4, d, raw, MACH_NONE);
    else if (size == 2)
        lower_2(l, MOP_MOVZX16, 4, d, raw, MACH_NONE);
    else if (size == 4)
        lower_2(l, MOP_MOV32, 4, d, raw, MACH_NONE);
    else
        lower_2(l, MOP_MOV, 8, d, raw, MACH_NONE);
}

static void load_raw(struct lower *l, mach_operand d, unsigned size, const struct lower_mem *m)
{
    enum mach_op op = size == 1 ? MOP_MOVZX8 : size == 2 ? MOP_MOVZX16 : MOP_LOAD;

    lower_mem_put(lower_2(l, op, size == 8 ? 8 : 4, d, MACH_NONE, MACH_NONE), m);
}

static void lower_atomic_store(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = atomic_size(value->sub);
    mach_operand b = size <= 4 ? lower_use_low(l, value->b) : lower_use(l, value->b);
    struct lower_mem m = atomic_address(l, v, value->c, size);

    lower_mem_put(lower_2(l, MOP_XCHG, size, lower_temp(l, MACH_I64), b, MACH_NONE), &m);
}

static void lower_rmw(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    const uint32_t *extra = &l->f->extra[value->c];
    unsigned size = atomic_size(value->sub), rmw = extra[1];
    mach_operand b = lower_use(l, value->b);
    struct lower_mem m = atomic_address(l, v, extra[0], size);
    mach_operand raw = lower_temp(l, MACH_I64);

    if (rmw == IR_RMW_SUB) {
        mach_operand negated = lower_temp(l, MACH_I64);

        lower_2(l, MOP_NEG, 8, negated, b, MACH_NONE);
        b = negated;
    }
    if (rmw == IR_RMW_ADD || rmw == IR_RMW_SUB || rmw == IR_RMW_XCHG) {
        lower_mem_put(lower_2(l, rmw == IR_RMW_XCHG ? MOP_XCHG : MOP_XADD, size, raw, b, MACH_NONE),
                      &m);
    } else {
        mach_operand seen = lower_temp(l, MACH_I64), c = lower_temp(l, MACH_I64);
        struct mach_instr *in;

        load_raw(l, seen, size, &m);
        in = lower_2(l, MOP_RMW_LOOP, size, raw, seen, b);
        in->c = c;
        in->sub = (uint8_t)rmw;
        lower_mem_put(in, &m);
    }
    widen(l, v, size, raw);
}

static void lower_cmpxchg(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    const uint32_t *extra = &l->f->extra[value->c];
    unsigned size = atomic_size(value->sub);
    mach_operand expected = lower_use(l, value->b), replacement = lower_use(l, extra[1]);
    struct lower_mem m = atomic_address(l, v, extra[0], size);
    mach_operand raw = lower_temp(l, MACH_I64);

    lower_mem_put(lower_2(l, MOP_CMPXCHG, size, raw, expected, replacement), &m);
    widen(l, v, size, raw);
}

void lower_atomic(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    unsigned size = atomic_size(value->sub);
    struct lower_mem m;

    switch ((enum ir_op)value->op) {
    case IR_ATOMIC_LOAD:
        m = atomic_address(l, v, value->b, size);
        load_raw(l, lower_def(l, v), size, &m);
        break;
    case IR_ATOMIC_STORE: lower_atomic_store(l, v); break;
    case IR_ATOMIC_RMW: lower_rmw(l, v); break;
    case IR_ATOMIC_CMPXCHG: lower_cmpxchg(l, v); break;
    default: lower_emit(l, MOP_MFENCE, 8);
    }
}
