#include "wasm/x86_64/emit.h"

/* Opcodes of the 0F map. */
enum {
    F_MOVAPS = 0x28,
    F_CVTSI = 0x2a,
    F_CVTT = 0x2c,
    F_UCOMIS = 0x2e,
    F_ANDP = 0x54,
    F_ORP = 0x56,
    F_XORP = 0x57,
    F_ADD = 0x58,
    F_SUB = 0x5c,
    F_MIN = 0x5d,
    F_MAX = 0x5f
};
enum { OP_OR = 0x0b, OP_XOR = 0x33, OP_CMP = 0x3b, OP_MOV = 0x8b, OP_TEST = 0x85 };

static void move(struct emit *e, uint32_t d, uint32_t a)
{
    if (d != a)
        encode_packed(&e->enc, F_MOVAPS, 4, d, encode_reg(a));
}

static void zero(struct emit *e, uint32_t d)
{
    encode_packed(&e->enc, F_XORP, 4, d, encode_reg(d));
}

static void compare(struct emit *e, unsigned size, uint32_t a, uint32_t b)
{
    encode_packed(&e->enc, F_UCOMIS, size, a, encode_reg(b));
}

static void emit_load(struct emit *e, const struct mach_instr *in)
{
    emit_view(e, in);
    emit_access(e, in);
    if (in->op == MOP_STOREF)
        encode_store(&e->enc, in->size, in->b, encode_operand(&e->enc, in, MACH_NONE));
    else
        encode_load(&e->enc, in->size, in->d, encode_operand(&e->enc, in, MACH_NONE));
}

static void emit_movf(struct emit *e, const struct mach_instr *in)
{
    if (mach_is_slot(in->a))
        encode_load(&e->enc, in->size, in->d, encode_operand(&e->enc, in, in->a));
    else
        move(e, in->d, in->a);
}

/* --- From integers */

static void cvtsi(struct emit *e, unsigned to, unsigned from, uint32_t d, uint32_t a)
{
    struct encode_head h = {
        .prefix = to == 4 ? P_F3 : P_F2, .map = 1, .opcode = F_CVTSI, .wide = from == 8
    };

    encode_legacy(&e->enc, h, d, encode_reg(a));
}

static void emit_convert(struct emit *e, const struct mach_instr *in)
{
    zero(e, in->d); /* the conversion keeps the upper part of d: do not wait for it */
    if (in->op == MOP_CVT_U64) {
        struct emit_slow s = emit_slow_new(e);

        encode_int(&e->enc, OP_TEST, 8, in->a, encode_reg(in->a));
        emit_jcc(e, CC_S, s.in);
        cvtsi(e, in->sub, 8, in->d, in->a);
        emit_bind(e, s.back);
        return;
    }
    cvtsi(e, in->sub, in->size, in->d, in->a);
}

/* Of a number from 2^63 on: half of it, with the lost bit kept so that rounding
 * comes out the same, then twice that. */
static void convert_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    emit_label even = emit_label_new(e);

    encode_int(&e->enc, OP_MOV, 8, R11, encode_reg(in->a));
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xd1, .wide = true }, 5,
                  encode_reg(R11));
    emit_jcc(e, CC_AE, even);
    encode_int_imm(&e->enc, 1, 8, encode_reg(R11), 1);
    emit_bind(e, even);
    cvtsi(e, in->sub, 8, in->d, R11);
    encode_scalar(&e->enc, F_ADD, in->sub, in->d, encode_reg(in->d));
    emit_jump(e, s.back);
}

/* --- To integers. The hardware answers 80…0 where it cannot. */

static void cvtt(struct emit *e, unsigned from, unsigned to, uint32_t d, uint32_t a)
{
    struct encode_head h = {
        .prefix = from == 4 ? P_F3 : P_F2, .map = 1, .opcode = F_CVTT, .wide = to == 8
    };

    encode_legacy(&e->enc, h, d, encode_reg(a));
}

static void emit_trunc(struct emit *e, const struct mach_instr *in)
{
    struct emit_slow s = emit_slow_new(e);

    if (in->op == MOP_TRUNC_S) {
        cvtt(e, in->sub, in->size, in->d, in->a);
        encode_int_imm(&e->enc, 7, in->size, encode_reg(in->d), 1);
        emit_jcc(e, CC_O, s.in);
    } else if (in->size == 4) {
        /* Every u32 is an i64: what does not survive the cut was none. */
        cvtt(e, in->sub, 8, R11, in->a);
        encode_int(&e->enc, OP_MOV, 4, in->d, encode_reg(R11));
        encode_int(&e->enc, OP_CMP, 8, R11, encode_reg(in->d));
        emit_jcc(e, CC_NE, s.in);
    } else {
        cvtt(e, in->sub, 8, in->d, in->a);
        encode_int(&e->enc, OP_TEST, 8, in->d, encode_reg(in->d));
        emit_jcc(e, CC_S, s.in);
    }
    emit_bind(e, s.back);
}

static void trap_always(struct emit *e, enum wasm_trap trap, uint32_t offset)
{
    /* The two conditions together are every case. */
    emit_trap_if(e, CC_P, trap, offset);
    emit_trap_if(e, CC_NP, trap, offset);
}

static void trunc_s_trap(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    bool exclusive = in->size == 4 && in->sub == 8; /* lower_float.c, trunc_bound */

    compare(e, in->sub, in->a, in->a);
    emit_trap_if(e, CC_P, WASM_TRAP_INVALID_CONVERSION, in->offset);
    encode_packed(&e->enc, F_UCOMIS, in->sub, in->a, encode_pool((uint32_t)in->imm));
    emit_trap_if(e, exclusive ? CC_BE : CC_B, WASM_TRAP_INTEGER_OVERFLOW, in->offset);
    zero(e, XMM15); /* then it is the smallest integer itself, unless it is positive */
    compare(e, in->sub, in->a, XMM15);
    emit_trap_if(e, CC_AE, WASM_TRAP_INTEGER_OVERFLOW, in->offset);
    emit_jump(e, s.back);
}

static void trunc_s_saturate(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    emit_label number = emit_label_new(e);
    uint64_t most = in->size == 4 ? INT32_MAX : INT64_MAX;

    compare(e, in->sub, in->a, in->a);
    emit_jcc(e, CC_NP, number);
    encode_int(&e->enc, OP_XOR, 4, in->d, encode_reg(in->d));
    emit_jump(e, s.back);
    emit_bind(e, number);
    zero(e, XMM15);
    compare(e, in->sub, in->a, XMM15);
    emit_jcc(e, CC_B, s.back); /* d is the smallest already */
    encode_mov_imm(&e->enc, in->d, most);
    emit_jump(e, s.back);
}

/* From 2^63 on (or a NaN, or too small): take 2^63 off, convert, put it back. Ends
 * with the sign flag set where even that did not fit. */
static void trunc_high(struct emit *e, const struct mach_instr *in)
{
    move(e, XMM15, in->a);
    encode_scalar(&e->enc, F_SUB, in->sub, XMM15, encode_pool((uint32_t)in->imm));
    cvtt(e, in->sub, 8, in->d, XMM15);
    encode_int(&e->enc, OP_TEST, 8, in->d, encode_reg(in->d));
}

static void add_high(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    struct encode_head btc = { .map = 1, .opcode = 0xba, .tail = 1, .wide = true };

    encode_legacy(&e->enc, btc, 7, encode_reg(in->d));
    encode_byte(&e->enc, 63);
    emit_jump(e, s.back);
}

static void trunc_u_trap(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    compare(e, in->sub, in->a, in->a);
    emit_trap_if(e, CC_P, WASM_TRAP_INVALID_CONVERSION, in->offset);
    if (in->size == 4) {
        trap_always(e, WASM_TRAP_INTEGER_OVERFLOW, in->offset);
        return;
    }
    trunc_high(e, in);
    emit_trap_if(e, CC_S, WASM_TRAP_INTEGER_OVERFLOW, in->offset);
    add_high(e, in, s);
}

static void trunc_u_saturate(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    emit_label positive = emit_label_new(e), most = emit_label_new(e);

    zero(e, XMM15);
    compare(e, in->sub, in->a, XMM15);
    emit_jcc(e, CC_A, positive); /* not for a NaN */
    encode_int(&e->enc, OP_XOR, 4, in->d, encode_reg(in->d));
    emit_jump(e, s.back);
    emit_bind(e, positive);
    if (in->size == 8) {
        trunc_high(e, in);
        emit_jcc(e, CC_S, most);
        add_high(e, in, s);
    }
    emit_bind(e, most);
    encode_mov_imm(&e->enc, in->d, in->size == 4 ? UINT32_MAX : UINT64_MAX);
    emit_jump(e, s.back);
}

/* --- Minimum and maximum: the hardware's are right except for equal operands (zeroes of
 * both signs) and NaNs. */

static void emit_extreme(struct emit *e, const struct mach_instr *in)
{
    struct emit_slow s = emit_slow_new(e);

    compare(e, in->size, in->d, in->b);
    emit_jcc(e, CC_E, s.in); /* equal or unordered */
    encode_scalar(&e->enc, in->op == MOP_FMIN ? F_MIN : F_MAX, in->size, in->d, encode_reg(in->b));
    emit_bind(e, s.back);
}

static void extreme_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    emit_label unordered = emit_label_new(e);

    emit_jcc(e, CC_P, unordered);
    encode_packed(&e->enc, in->op == MOP_FMIN ? F_ORP : F_ANDP, 4, in->d, encode_reg(in->b));
    emit_jump(e, s.back);
    emit_bind(e, unordered);
    encode_scalar(&e->enc, F_ADD, in->size, in->d, encode_reg(in->b)); /* the quiet NaN */
    emit_jump(e, s.back);
}

static void emit_copysign(struct emit *e, const struct mach_instr *in)
{
    move(e, XMM15, in->b);
    encode_packed(&e->enc, F_ANDP, 4, in->d, encode_pool((uint32_t)in->disp));
    encode_packed(&e->enc, F_ANDP, 4, XMM15, encode_pool((uint32_t)in->imm));
    encode_packed(&e->enc, F_ORP, 4, in->d, encode_reg(XMM15));
}

/* d keeps its value where the condition is false. */
static void emit_fselect(struct emit *e, const struct mach_instr *in)
{
    emit_label keep = emit_label_new(e), take = emit_label_new(e);

    if (in->d == in->b)
        return;
    if (in->sub == 1)
        emit_jcc(e, CC_P, keep);
    if (in->sub == 2)
        emit_jcc(e, CC_P, take);
    emit_jcc(e, in->cc ^ 1u, keep);
    emit_bind(e, take);
    move(e, in->d, in->b);
    emit_bind(e, keep);
}

static void emit_canon(struct emit *e, const struct mach_instr *in)
{
    struct emit_slow s = emit_slow_new(e);

    compare(e, in->size, in->d, in->d);
    emit_jcc(e, CC_P, s.in);
    emit_bind(e, s.back);
}

bool emit_float(struct emit *e, const struct mach_instr *in)
{
    switch ((enum mach_op)in->op) {
    case MOP_MOVF: emit_movf(e, in); return true;
    case MOP_LOADF:
    case MOP_LOADF_CONST:
    case MOP_STOREF: emit_load(e, in); return true;
    case MOP_ZEROF: zero(e, in->d); return true;
    case MOP_CVT_SI:
    case MOP_CVT_U64: emit_convert(e, in); return true;
    case MOP_TRUNC_S:
    case MOP_TRUNC_U: emit_trunc(e, in); return true;
    case MOP_FMIN:
    case MOP_FMAX: emit_extreme(e, in); return true;
    case MOP_COPYSIGN: emit_copysign(e, in); return true;
    case MOP_FSELECT: emit_fselect(e, in); return true;
    case MOP_CANON: emit_canon(e, in); return true;
    default: return false;
    }
}

void emit_float_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    switch ((enum mach_op)in->op) {
    case MOP_CVT_U64: convert_slow(e, in, s); break;
    case MOP_TRUNC_S: (in->cc & 1 ? trunc_s_saturate : trunc_s_trap)(e, in, s); break;
    case MOP_TRUNC_U: (in->cc & 1 ? trunc_u_saturate : trunc_u_trap)(e, in, s); break;
    case MOP_CANON:
        encode_load(&e->enc, in->size, in->d, encode_pool((uint32_t)in->imm));
        emit_jump(e, s.back);
        break;
    default: extreme_slow(e, in, s);
    }
}
