#include "wasm/x86_64/emit.h"

/* Opcodes of the one-byte map that the sequences below are made of. */
enum {
    OP_ADD = 0x03,
    OP_OR = 0x0b,
    OP_AND = 0x23,
    OP_SUB = 0x2b,
    OP_XOR = 0x33,
    OP_CMP = 0x3b,
    OP_MOV = 0x8b,
    OP_TEST = 0x85
};
enum { EXT_ADD = 0, EXT_OR = 1, EXT_AND = 4, EXT_SUB = 5, EXT_XOR = 6, EXT_CMP = 7 };

static void op(struct emit *e, uint8_t opcode, unsigned size, uint32_t d, uint32_t a)
{
    encode_int(&e->enc, opcode, size, d, encode_reg(a));
}

static void op_imm(struct emit *e, uint8_t ext, unsigned size, uint32_t d, int32_t imm)
{
    encode_int_imm(&e->enc, ext, size, encode_reg(d), imm);
}

static void shift_right(struct emit *e, unsigned size, uint32_t d, unsigned count)
{
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xc1, .tail = 1, .wide = size == 8 }, 5,
                  encode_reg(d));
    encode_byte(&e->enc, (uint8_t)count);
}

static void setcc(struct emit *e, unsigned cc, uint32_t reg)
{
    struct encode_head h = { .map = 1, .opcode = (uint8_t)(0x90 + cc), .byte_regs = 2 };

    encode_legacy(&e->enc, h, 0, encode_reg(reg));
}

static void cmov(struct emit *e, unsigned cc, unsigned size, uint32_t d, uint32_t a)
{
    struct encode_head h = { .map = 1, .opcode = (uint8_t)(0x40 + cc), .wide = size == 8 };

    encode_legacy(&e->enc, h, d, encode_reg(a));
}

/* --- Constants and conditions */

static void emit_constant(struct emit *e, const struct mach_instr *in)
{
    uint64_t value = (uint32_t)in->imm | (uint64_t)(uint32_t)in->disp << 32;

    if (value == 0 && !e->flags_live)
        op(e, OP_XOR, 4, in->d, in->d);
    else
        encode_mov_imm(&e->enc, in->d, value);
}

static void emit_setcc(struct emit *e, const struct mach_instr *in)
{
    struct encode_head movzx = { .map = 1, .opcode = 0xb6, .byte_regs = 2 };

    setcc(e, in->cc, in->d);
    if (in->sub != 0) {
        setcc(e, in->sub == 1 ? CC_NP : CC_P, R11);
        encode_sized(&e->enc, 0, in->sub == 1 ? OP_AND : OP_OR, 1, 0, in->d, encode_reg(R11));
    }
    encode_legacy(&e->enc, movzx, in->d, encode_reg(in->d));
}

/* --- Counting bits without the instructions for it */

static void emit_bit_scan(struct emit *e, const struct mach_instr *in)
{
    bool from_top = in->op == MOP_CLZ_BSR;
    int32_t bits = in->size * 8;
    struct encode_head scan = { .map = 1, .opcode = from_top ? 0xbd : 0xbc, .wide = in->size == 8 };

    /* Of 0 the scan says nothing but ZF: then the answer is the width. */
    encode_mov_imm(&e->enc, R11, (uint64_t)(from_top ? 2 * bits - 1 : bits));
    encode_legacy(&e->enc, scan, in->d, encode_reg(in->a));
    cmov(e, CC_E, in->size, in->d, R11);
    if (from_top)
        op_imm(e, EXT_XOR, in->size, in->d, bits - 1);
}

static void mask(struct emit *e, unsigned size, uint32_t d, uint64_t pattern)
{
    encode_mov_imm(&e->enc, R11, size == 8 ? pattern : (uint32_t)pattern);
    op(e, OP_AND, size, d, R11);
}

/* Adds up neighbouring fields of 1, 2, 4 bits, then all bytes by a multiplication. */
static void emit_popcnt_slow(struct emit *e, const struct mach_instr *in)
{
    unsigned size = in->size;
    struct encode_head multiply = { .map = 1, .opcode = 0xaf, .wide = size == 8 };

    op(e, OP_MOV, size, in->c, in->d);
    shift_right(e, size, in->c, 1);
    mask(e, size, in->c, 0x5555555555555555u);
    op(e, OP_SUB, size, in->d, in->c);
    op(e, OP_MOV, size, in->c, in->d);
    shift_right(e, size, in->c, 2);
    mask(e, size, in->c, 0x3333333333333333u);
    mask(e, size, in->d, 0x3333333333333333u);
    op(e, OP_ADD, size, in->d, in->c);
    op(e, OP_MOV, size, in->c, in->d);
    shift_right(e, size, in->c, 4);
    op(e, OP_ADD, size, in->d, in->c);
    mask(e, size, in->d, 0x0f0f0f0f0f0f0f0fu);
    encode_mov_imm(&e->enc, R11, size == 8 ? 0x0101010101010101u : 0x01010101u);
    encode_legacy(&e->enc, multiply, in->d, encode_reg(R11));
    shift_right(e, size, in->d, size * 8 - 8);
}

/* --- Division: a in rax, both halves in rdx:rax */

static void divide(struct emit *e, const struct mach_instr *in, struct encode_rm b)
{
    bool is_signed = in->op == MOP_DIV_S;

    if (!is_signed) {
        op(e, OP_XOR, 4, RDX, RDX);
    } else { /* cdq, cqo */
        if (in->size == 8)
            encode_byte(&e->enc, 0x48);
        encode_byte(&e->enc, 0x99);
    }
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xf7, .wide = in->size == 8 },
                  is_signed ? 7 : 6, b);
}

static void emit_divide(struct emit *e, const struct mach_instr *in)
{
    struct encode_rm b = encode_operand(&e->enc, in, in->b);
    emit_label ordinary, done;

    if (in->sub & 2) {
        if (b.is_mem)
            encode_int_imm(&e->enc, EXT_CMP, in->size, b, 0);
        else
            op(e, OP_TEST, in->size, in->b, in->b);
        emit_trap_if(e, CC_E, WASM_TRAP_DIVIDE_BY_ZERO, in->offset);
    }
    if (in->op != MOP_DIV_S || !(in->sub & 4)) {
        divide(e, in, b);
        return;
    }
    ordinary = emit_label_new(e);
    done = emit_label_new(e);
    encode_int_imm(&e->enc, EXT_CMP, in->size, b, -1);
    emit_jcc(e, CC_NE, ordinary);
    if (in->sub & 1) { /* the remainder by -1 is 0 */
        op(e, OP_XOR, 4, RDX, RDX);
        emit_jump(e, done);
    } else { /* a - 1 overflows for one number alone: the smallest */
        op_imm(e, EXT_CMP, in->size, RAX, 1);
        emit_trap_if(e, CC_O, WASM_TRAP_INTEGER_OVERFLOW, in->offset);
    }
    emit_bind(e, ordinary);
    divide(e, in, b);
    emit_bind(e, done);
}

/* --- Through the context */

static void emit_via(struct emit *e, const struct mach_instr *in)
{
    struct encode_rm field = encode_mem(R11, in->imm);

    emit_context_load(e, in->disp);
    if (in->op == MOP_LOAD_VIA || in->op == MOP_LOADF_VIA)
        encode_load(&e->enc, in->size, in->d, field);
    else
        encode_store(&e->enc, in->size, in->b, field);
}

static void emit_table(struct emit *e, const struct mach_instr *in)
{
    struct encode_rm element = { true, R11, (uint8_t)in->a, 8, 0 };

    emit_context_load(e, in->disp);
    encode_int(&e->enc, OP_CMP, 8, in->a, encode_mem(R11, WASM_VIEW_SIZE));
    emit_trap_if(e, CC_AE, WASM_TRAP_TABLE, in->offset);
    encode_load(&e->enc, 8, R11, encode_mem(R11, WASM_VIEW_BASE));
    if (in->op == MOP_TABLE_GET)
        encode_load(&e->enc, 8, in->d, element);
    else
        encode_store(&e->enc, 8, in->b, element);
}

static void emit_bound(struct emit *e, const struct mach_instr *in)
{
    emit_context_load(e, in->disp);
    encode_int(&e->enc, OP_CMP, 8, in->a, encode_mem(R11, WASM_VIEW_BOUND));
    emit_trap_if(e, CC_A, WASM_TRAP_MEMORY, in->offset);
}

/* a + extent <= size, as a <= size - extent, so that nothing wraps. */
static void emit_bound_size(struct emit *e, const struct mach_instr *in)
{
    uint64_t extent = (uint32_t)in->imm | (uint64_t)in->c << 32;

    emit_context_load(e, in->disp);
    encode_load(&e->enc, 8, R11, encode_mem(R11, WASM_VIEW_SIZE));
    for (unsigned i = 0; i < 8 && extent > 0; i++) {
        uint64_t part = extent < INT32_MAX ? extent : INT32_MAX;

        op_imm(e, EXT_SUB, 8, R11, (int32_t)part);
        emit_trap_if(e, CC_B, WASM_TRAP_MEMORY, in->offset);
        extent -= part;
    }
    if (extent > 0) /* beyond the largest memory there is (LIMIT_MEMORY64_PAGES) */
        op(e, OP_XOR, 4, R11, R11);
    op(e, OP_CMP, 8, in->a, R11);
    emit_trap_if(e, extent > 0 ? CC_AE : CC_A, WASM_TRAP_MEMORY, in->offset);
}

static void emit_aligned(struct emit *e, const struct mach_instr *in)
{
    uint32_t low_bits = in->size - 1u, tested = in->a;

    if ((uint32_t)in->imm & low_bits) {
        tested = R11;
        encode_int(&e->enc, 0x8d, 4, R11, encode_mem(in->a, in->imm));
    }
    encode_sized(&e->enc, 0, 0xf7, 1, 1, 0, encode_reg(tested));
    encode_byte(&e->enc, (uint8_t)low_bits);
    emit_trap_if(e, CC_NE, WASM_TRAP_UNALIGNED, in->offset);
}

/* --- Atomics */

static void locked(struct emit *e, const struct mach_instr *in, uint8_t opcode, uint32_t reg)
{
    emit_access(e, in);
    encode_byte(&e->enc, 0xf0);
    encode_sized(&e->enc, 1, opcode, in->size, 0, reg, encode_operand(&e->enc, in, MACH_NONE));
}

static void emit_rmw_loop(struct emit *e, const struct mach_instr *in)
{
    uint8_t opcode = in->sub == IR_RMW_AND ? OP_AND : in->sub == IR_RMW_OR ? OP_OR : OP_XOR;
    unsigned width = in->size == 8 ? 8 : 4;
    emit_label again = emit_label_new(e);

    emit_bind(e, again);
    op(e, OP_MOV, width, in->c, RAX);
    op(e, opcode, width, in->c, in->b);
    locked(e, in, 0xb1, in->c);
    emit_jcc(e, CC_NE, again);
}

static void emit_atomic(struct emit *e, const struct mach_instr *in)
{
    emit_view(e, in);
    switch ((enum mach_op)in->op) {
    case MOP_XADD: locked(e, in, 0xc1, in->d); break;
    case MOP_XCHG: /* locks by itself */
        emit_access(e, in);
        encode_sized(&e->enc, 0, 0x87, in->size, 0, in->d, encode_operand(&e->enc, in, MACH_NONE));
        break;
    case MOP_CMPXCHG: locked(e, in, 0xb1, in->b); break;
    case MOP_RMW_LOOP: emit_rmw_loop(e, in); break;
    default: /* mfence */
        encode_byte(&e->enc, 0x0f);
        encode_byte(&e->enc, 0xae);
        encode_byte(&e->enc, 0xf0);
    }
}

/* --- Stops */

static void emit_safepoint(struct emit *e, const struct mach_instr *in)
{
    encode_int(&e->enc, OP_CMP, 8, RSP, encode_mem(R15, WASM_CONTEXT_STACK_LIMIT));
    emit_trap_if(e, CC_B, WASM_TRAP_INTERRUPTED, in->offset);
}

static void emit_fuel(struct emit *e, const struct mach_instr *in)
{
    emit_context_load(e, WASM_CONTEXT_FUEL);
    encode_int_imm(&e->enc, EXT_SUB, 8, encode_mem(R11, 0), in->imm);
    emit_trap_if(e, CC_S, WASM_TRAP_FUEL, in->offset);
}

void emit_special(struct emit *e, const struct mach_instr *in)
{
    if (emit_call(e, in) || emit_float(e, in))
        return;
    switch ((enum mach_op)in->op) {
    case MOP_MOVI: emit_constant(e, in); break;
    case MOP_SETCC: emit_setcc(e, in); break;
    case MOP_CLZ_BSR:
    case MOP_CTZ_BSF: emit_bit_scan(e, in); break;
    case MOP_POPCNT_SLOW: emit_popcnt_slow(e, in); break;
    case MOP_DIV_S:
    case MOP_DIV_U: emit_divide(e, in); break;
    case MOP_LOAD_VIA:
    case MOP_LOADF_VIA:
    case MOP_STORE_VIA:
    case MOP_STOREF_VIA: emit_via(e, in); break;
    case MOP_TABLE_GET:
    case MOP_TABLE_SET: emit_table(e, in); break;
    case MOP_BOUND: emit_bound(e, in); break;
    case MOP_BOUND_SIZE: emit_bound_size(e, in); break;
    case MOP_ALIGNED: emit_aligned(e, in); break;
    case MOP_XADD:
    case MOP_XCHG:
    case MOP_CMPXCHG:
    case MOP_RMW_LOOP:
    case MOP_MFENCE: emit_atomic(e, in); break;
    case MOP_SAFEPOINT: emit_safepoint(e, in); break;
    case MOP_FUEL: emit_fuel(e, in); break;
    case MOP_JTRAP: emit_trap_if(e, in->cc, (enum wasm_trap)in->trap, in->offset); break;
    default: /* ENTRY, EXCEPTION, NOP: nothing to do */ break;
    }
}

/* --- Moves that allocation put in: the flags must survive them */

void emit_move(struct emit *e, const struct mach_move *m)
{
    static const uint8_t sizes[] = { 4, 8, 4, 8, 16 };
    unsigned size = sizes[m->kind];

    if (m->remat) {
        struct mach_instr in = e->f->code[m->a];
        bool live = e->flags_live;

        in.d = m->d;
        e->flags_live = true;
        emit_special(e, &in);
        e->flags_live = live;
    }
    if (m->d == e->zero_of)
        e->zero_of = MACH_NONE;
    if (m->remat || m->d == m->a)
        return;
    if (mach_is_slot(m->d)) /* the slot of an i32 may be read as an i64 (mach.h) */
        encode_store(&e->enc, m->kind == MACH_I32 ? 8 : size, m->a,
                     encode_mem(RSP, (int32_t)(m->d & ~MACH_SLOT)));
    else if (mach_is_slot(m->a))
        encode_load(&e->enc, size, m->d, encode_mem(RSP, (int32_t)(m->a & ~MACH_SLOT)));
    else if (m->d < XMM0)
        encode_int(&e->enc, OP_MOV, size, m->d, encode_reg(m->a));
    else /* movaps */
        encode_packed(&e->enc, 0x28, 4, m->d, encode_reg(m->a));
}
