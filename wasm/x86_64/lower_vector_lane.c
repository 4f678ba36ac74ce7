#include "wasm/x86_64/lower_vector.h"

/* Between scalars and lanes, and memory that is narrower than a vector. */

/* --- Splats */

static mach_operand splat8(struct lower *l, mach_operand a)
{
    mach_operand d, x = vec_from_int(l, 4, a);

    if (!l->avx2)
        return vec_2(l, MOP_PSHUFB, x, vec_zero(l));
    d = vec_temp(l);
    lower_2(l, MOP_VPBROADCASTB, 16, d, x, MACH_NONE);
    return d;
}

/* The lowest word of x in every word. */
static mach_operand spread16(struct lower *l, mach_operand x)
{
    mach_operand d;

    if (!l->avx2)
        return vec_imm(l, MOP_PSHUFD, vec_imm(l, MOP_PSHUFLW, x, MACH_NONE, 0), MACH_NONE, 0);
    d = vec_temp(l);
    lower_2(l, MOP_VPBROADCASTW, 16, d, x, MACH_NONE);
    return d;
}

static mach_operand lower_splat(struct lower *l, const struct ir_val *value)
{
    switch (value->sub) {
    case WASM_OP_I8X16_SPLAT: return splat8(l, lower_use_low(l, value->a));
    case WASM_OP_I16X8_SPLAT: return spread16(l, vec_from_int(l, 4, lower_use_low(l, value->a)));
    case WASM_OP_I32X4_SPLAT:
        return vec_imm(l, MOP_PSHUFD, vec_from_int(l, 4, lower_use_low(l, value->a)), MACH_NONE, 0);
    case WASM_OP_I64X2_SPLAT:
        return vec_imm(l, MOP_PSHUFD, vec_from_int(l, 8, lower_use(l, value->a)), MACH_NONE, 0x44);
    case WASM_OP_F32X4_SPLAT: return vec_imm(l, MOP_PSHUFD, lower_use(l, value->a), MACH_NONE, 0);
    case WASM_OP_F64X2_SPLAT:
        return vec_imm(l, MOP_PSHUFD, lower_use(l, value->a), MACH_NONE, 0x44);
    default: return MACH_NONE;
    }
}

/* --- One lane */

static mach_operand extend_sign(struct lower *l, enum mach_op op, mach_operand a)
{
    mach_operand d = lower_temp(l, MACH_I32);

    lower_2(l, op, 4, d, a, MACH_NONE);
    return d;
}

static mach_operand extract_int(struct lower *l, unsigned size, mach_operand a, unsigned lane)
{
    mach_operand d;

    if (lane != 0)
        return vec_to_int(l, MOP_PEXTRD, size, a, (int)lane);
    d = lower_temp(l, MACH_I64);
    lower_2(l, MOP_MOVD_RX, size, d, a, MACH_NONE);
    return d;
}

static mach_operand lower_extract(struct lower *l, const struct ir_val *value)
{
    mach_operand a = lower_use(l, value->a);
    int lane = value->aux;

    switch (value->sub) {
    case WASM_OP_I8X16_EXTRACT_LANE_S:
        return extend_sign(l, MOP_MOVSX8, vec_to_int(l, MOP_PEXTRB, 4, a, lane));
    case WASM_OP_I8X16_EXTRACT_LANE_U: return vec_to_int(l, MOP_PEXTRB, 4, a, lane);
    case WASM_OP_I16X8_EXTRACT_LANE_S:
        return extend_sign(l, MOP_MOVSX16, vec_to_int(l, MOP_PEXTRW, 4, a, lane));
    case WASM_OP_I16X8_EXTRACT_LANE_U: return vec_to_int(l, MOP_PEXTRW, 4, a, lane);
    case WASM_OP_I32X4_EXTRACT_LANE: return extract_int(l, 4, a, value->aux);
    case WASM_OP_I64X2_EXTRACT_LANE: return extract_int(l, 8, a, value->aux);
    case WASM_OP_F32X4_EXTRACT_LANE: return vec_imm(l, MOP_PSHUFD, a, MACH_NONE, 0xe4 | lane);
    default: return vec_imm(l, MOP_PSHUFD, a, MACH_NONE, lane == 0 ? 0xe4 : 0xee);
    }
}

static mach_operand lower_replace(struct lower *l, const struct ir_val *value)
{
    mach_operand a = lower_use(l, value->a);
    int lane = value->aux;

    switch (value->sub) {
    case WASM_OP_I8X16_REPLACE_LANE:
        return vec_imm(l, MOP_PINSRB, a, lower_use_low(l, value->b), lane);
    case WASM_OP_I16X8_REPLACE_LANE:
        return vec_imm(l, MOP_PINSRW, a, lower_use_low(l, value->b), lane);
    case WASM_OP_I32X4_REPLACE_LANE:
        return vec_imm_sized(l, MOP_PINSRD, 4, a, lower_use_low(l, value->b), lane);
    case WASM_OP_I64X2_REPLACE_LANE:
        return vec_imm_sized(l, MOP_PINSRD, 8, a, lower_use(l, value->b), lane);
    case WASM_OP_F32X4_REPLACE_LANE:
        return vec_imm(l, MOP_INSERTPS, a, lower_use(l, value->b), lane << 4);
    default:
        if (lane == 0)
            return vec_imm(l, MOP_PBLENDW, a, lower_use(l, value->b), 0x0f);
        return vec_2(l, MOP_PUNPCKLQDQ, a, lower_use(l, value->b));
    }
}

/* An index of 16 and more must pick 0: with 0x70 added, saturated, its top bit is set. */
static mach_operand swizzle(struct lower *l, mach_operand a, mach_operand index)
{
    return vec_2(l, MOP_PSHUFB, a, vec_pool(l, MOP_PADDUSB, index, VEC_EACH8(0x70)));
}

mach_operand lower_vector_lane(struct lower *l, const struct ir_val *value)
{
    mach_operand a;

    switch (value->sub) {
    case WASM_OP_I8X16_SWIZZLE:
        a = lower_use(l, value->a);
        return swizzle(l, a, lower_use(l, value->b));
    case WASM_OP_I8X16_EXTRACT_LANE_S:
    case WASM_OP_I8X16_EXTRACT_LANE_U:
    case WASM_OP_I16X8_EXTRACT_LANE_S:
    case WASM_OP_I16X8_EXTRACT_LANE_U:
    case WASM_OP_I32X4_EXTRACT_LANE:
    case WASM_OP_I64X2_EXTRACT_LANE:
    case WASM_OP_F32X4_EXTRACT_LANE:
    case WASM_OP_F64X2_EXTRACT_LANE: return lower_extract(l, value);
    case WASM_OP_I8X16_REPLACE_LANE:
    case WASM_OP_I16X8_REPLACE_LANE:
    case WASM_OP_I32X4_REPLACE_LANE:
    case WASM_OP_I64X2_REPLACE_LANE:
    case WASM_OP_F32X4_REPLACE_LANE:
    case WASM_OP_F64X2_REPLACE_LANE: return lower_replace(l, value);
    default: return lower_splat(l, value);
    }
}

/* --- Memory */

static struct lower_mem address_of(struct lower *l, const struct ir_val *value, uint32_t offset)
{
    struct lower_mem m = lower_address(l, value->a, offset, value->mem);

    m.offset = value->offset;
    return m;
}

/* d = op of memory (and a, where there is one); the operation is meant as it stands. */
static mach_operand load_by(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                            const struct lower_mem *m, int imm)
{
    mach_operand d = vec_temp(l);
    struct mach_instr *in = lower_2(l, op, size, d, a, MACH_NONE);

    in->imm = imm;
    lower_mem_put(in, m);
    return d;
}

static mach_operand load_splat8(struct lower *l, const struct lower_mem *m)
{
    mach_operand zero;

    if (l->avx2)
        return load_by(l, MOP_VPBROADCASTB, 16, MACH_NONE, m, 0);
    zero = vec_zero(l);
    return vec_2(l, MOP_PSHUFB, load_by(l, vec_form(l, MOP_PINSRB), 16, zero, m, 0), zero);
}

static mach_operand load_splat16(struct lower *l, const struct lower_mem *m)
{
    if (l->avx2)
        return load_by(l, MOP_VPBROADCASTW, 16, MACH_NONE, m, 0);
    return spread16(l, load_by(l, vec_form(l, MOP_PINSRW), 16, vec_zero(l), m, 0));
}

static mach_operand load_splat32(struct lower *l, const struct lower_mem *m)
{
    if (l->avx)
        return load_by(l, MOP_VBROADCASTSS, 16, MACH_NONE, m, 0);
    return vec_imm(l, MOP_PSHUFD, load_by(l, MOP_LOADF, 4, MACH_NONE, m, 0), MACH_NONE, 0);
}

static mach_operand load_one(struct lower *l, enum mach_op op, const struct lower_mem *m)
{
    return load_by(l, vec_form(l, op), 16, MACH_NONE, m, 0);
}

mach_operand lower_vector_load(struct lower *l, const struct ir_val *value)
{
    struct lower_mem m = address_of(l, value, value->b);

    switch (value->sub) {
    case WASM_OP_V128_LOAD8X8_S: return load_one(l, MOP_PMOVSXBW, &m);
    case WASM_OP_V128_LOAD8X8_U: return load_one(l, MOP_PMOVZXBW, &m);
    case WASM_OP_V128_LOAD16X4_S: return load_one(l, MOP_PMOVSXWD, &m);
    case WASM_OP_V128_LOAD16X4_U: return load_one(l, MOP_PMOVZXWD, &m);
    case WASM_OP_V128_LOAD32X2_S: return load_one(l, MOP_PMOVSXDQ, &m);
    case WASM_OP_V128_LOAD32X2_U: return load_one(l, MOP_PMOVZXDQ, &m);
    case WASM_OP_V128_LOAD8_SPLAT: return load_splat8(l, &m);
    case WASM_OP_V128_LOAD16_SPLAT: return load_splat16(l, &m);
    case WASM_OP_V128_LOAD32_SPLAT: return load_splat32(l, &m);
    case WASM_OP_V128_LOAD64_SPLAT: return load_one(l, MOP_MOVDDUP, &m);
    case WASM_OP_V128_LOAD32_ZERO: return load_by(l, MOP_LOADF, 4, MACH_NONE, &m, 0);
    case WASM_OP_V128_LOAD64_ZERO: return load_by(l, MOP_LOADF, 8, MACH_NONE, &m, 0);
    default: return MACH_NONE;
    }
}

mach_operand lower_vector_load_lane(struct lower *l, const struct ir_val *value)
{
    mach_operand vector = lower_use(l, value->b);
    struct lower_mem m = address_of(l, value, value->c);

    switch (value->sub) {
    case WASM_OP_V128_LOAD8_LANE:
        return load_by(l, vec_form(l, MOP_PINSRB), 16, vector, &m, value->aux);
    case WASM_OP_V128_LOAD16_LANE:
        return load_by(l, vec_form(l, MOP_PINSRW), 16, vector, &m, value->aux);
    case WASM_OP_V128_LOAD32_LANE:
        return load_by(l, vec_form(l, MOP_PINSRD), 4, vector, &m, value->aux);
    case WASM_OP_V128_LOAD64_LANE:
        return load_by(l, vec_form(l, MOP_PINSRD), 8, vector, &m, value->aux);
    default: return MACH_NONE;
    }
}

void lower_vector_store_lane(struct lower *l, const struct ir_val *value)
{
    mach_operand vector = lower_use(l, value->b);
    struct lower_mem m = address_of(l, value, value->c);
    enum mach_op op = vec_form(l, MOP_PEXTRD_ST);
    unsigned size = 4;
    struct mach_instr *in;

    if (value->sub == WASM_OP_V128_STORE8_LANE)
        op = vec_form(l, MOP_PEXTRB_ST);
    else if (value->sub == WASM_OP_V128_STORE16_LANE)
        op = vec_form(l, MOP_PEXTRW_ST);
    else if (value->sub == WASM_OP_V128_STORE64_LANE)
        size = 8;
    if (value->aux == 0 && value->sub >= WASM_OP_V128_STORE32_LANE)
        op = MOP_STOREF;
    in = lower_2(l, op, size, MACH_NONE, MACH_NONE, vector);
    in->imm = value->aux;
    lower_mem_put(in, &m);
}
