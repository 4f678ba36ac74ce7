#include "wasm/x86_64/encode.h"

void encode_byte(struct encoder *e, uint8_t byte)
{
    if (!ARENA_RESERVE(e->arena, e->bytes, e->room, e->size + 1u)) {
        e->full = true;
        return;
    }
    e->bytes[e->size++] = byte;
}

static void encode_half(struct encoder *e, uint32_t half)
{
    encode_byte(e, (uint8_t)half);
    encode_byte(e, (uint8_t)(half >> 8));
}

void encode_word(struct encoder *e, uint32_t word)
{
    encode_half(e, word & 0xffff);
    encode_half(e, word >> 16);
}

/* --- ModRM and SIB */

static uint8_t modrm(unsigned mod, uint32_t reg, unsigned rm)
{
    return (uint8_t)(mod << 6 | (reg & 7) << 3 | (rm & 7));
}

static void encode_rip(struct encoder *e, uint8_t tail, uint32_t reg, int32_t number)
{
    encode_byte(e, modrm(0, reg, 5));
    if (!ARENA_RESERVE(e->arena, e->pool_uses, e->pool_use_room, e->pool_use_count + 1u))
        e->full = true;
    else
        e->pool_uses[e->pool_use_count++] =
            (struct encode_pool_use){ e->size, tail, (uint32_t)number };
    encode_word(e, 0);
}

static void encode_modrm(struct encoder *e, uint8_t tail, uint32_t reg, struct encode_rm rm)
{
    bool sib = rm.index != ENCODE_NO_REG || (rm.base & 7) == RSP || rm.base == ENCODE_NO_REG;
    unsigned mod;

    if (!rm.is_mem) {
        encode_byte(e, modrm(3, reg, rm.base));
        return;
    }
    if (rm.base == ENCODE_RIP) {
        encode_rip(e, tail, reg, rm.disp);
        return;
    }
    /* rbp and r13 have no form without a displacement: that one means "no base". */
    if (rm.base == ENCODE_NO_REG || (rm.disp == 0 && (rm.base & 7) != RBP))
        mod = 0;
    else
        mod = rm.disp == (int8_t)rm.disp ? 1 : 2;
    encode_byte(e, modrm(mod, reg, sib ? 4 : rm.base));
    if (sib) {
        unsigned index = rm.index == ENCODE_NO_REG ? RSP : rm.index;
        unsigned base = rm.base == ENCODE_NO_REG ? RBP : rm.base;
        unsigned scale = (unsigned)__builtin_ctz(rm.scale);

        encode_byte(e, modrm(scale, index, base));
    }
    if (rm.base == ENCODE_NO_REG || mod == 2)
        encode_word(e, (uint32_t)rm.disp);
    else if (mod == 1)
        encode_byte(e, (uint8_t)rm.disp);
}

static unsigned high_bit(uint32_t reg) { return reg >> 3 & 1; }

static unsigned rm_high_bits(struct encode_rm rm) /* X << 1 | B */
{
    unsigned bits = 0;

    if (rm.base < ENCODE_RIP)
        bits |= high_bit(rm.base);
    if (rm.is_mem && rm.index != ENCODE_NO_REG)
        bits |= high_bit(rm.index) << 1;
    return bits;
}

static void encode_map(struct encoder *e, uint8_t map)
{
    if (map >= 1)
        encode_byte(e, 0x0f);
    if (map == 2)
        encode_byte(e, 0x38);
    else if (map == 3)
        encode_byte(e, 0x3a);
}

void encode_legacy(struct encoder *e, struct encode_head h, uint32_t reg, struct encode_rm rm)
{
    static const uint8_t bytes[4] = { 0, 0x66, 0xf3, 0xf2 };
    unsigned rex = (unsigned)h.wide << 3 | high_bit(reg) << 2 | rm_high_bits(rm);
    /* spl, bpl, sil, dil need a REX prefix, or they would be ah, ch, dh, bh. */
    bool low_byte = ((h.byte_regs & 1) && reg >= RSP && reg <= RDI) ||
                    ((h.byte_regs & 2) && !rm.is_mem && rm.base >= RSP && rm.base <= RDI);

    if (h.prefix != P_NONE)
        encode_byte(e, bytes[h.prefix]);
    if (rex != 0 || low_byte)
        encode_byte(e, (uint8_t)(0x40 | rex));
    encode_map(e, h.map);
    encode_byte(e, h.opcode);
    encode_modrm(e, h.tail, reg, rm);
}

void encode_vex(struct encoder *e, struct encode_head h, uint32_t reg, uint32_t vvvv,
                struct encode_rm rm)
{
    unsigned high = rm_high_bits(rm);
    unsigned r = high_bit(reg) ^ 1, v = (vvvv & 15) ^ 15;

    if (high == 0 && !h.wide && h.map == 1) {
        encode_byte(e, 0xc5);
        encode_byte(e, (uint8_t)(r << 7 | v << 3 | h.prefix));
    } else {
        encode_byte(e, 0xc4);
        encode_byte(e, (uint8_t)(r << 7 | (high ^ 3) << 5 | h.map));
        encode_byte(e, (uint8_t)((unsigned)h.wide << 7 | v << 3 | h.prefix));
    }
    encode_byte(e, h.opcode);
    encode_modrm(e, h.tail, reg, rm);
}

/* --- Shapes */

void encode_int(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg, struct encode_rm rm)
{
    encode_legacy(e, (struct encode_head){ .opcode = opcode, .wide = size == 8 }, reg, rm);
}

/* The prefix and width of an integer instruction of any size. */
static struct encode_head int_head(uint8_t map, uint8_t opcode, unsigned size, uint8_t tail)
{
    return (struct encode_head){
        .prefix = size == 2 ? P_66 : P_NONE,
        .map = map,
        .opcode = (uint8_t)(opcode - (size == 1)),
        .tail = tail,
        .wide = size == 8,
        .byte_regs = size == 1 ? 3 : 0,
    };
}

void encode_sized(struct encoder *e, uint8_t map, uint8_t opcode, unsigned size, uint8_t tail,
                  uint32_t reg, struct encode_rm rm)
{
    encode_legacy(e, int_head(map, opcode, size, tail), reg, rm);
}

static void encode_imm(struct encoder *e, unsigned bytes, int32_t imm)
{
    if (bytes == 1)
        encode_byte(e, (uint8_t)imm);
    else if (bytes == 2)
        encode_half(e, (uint32_t)imm & 0xffff);
    else
        encode_word(e, (uint32_t)imm);
}

static uint8_t imm_bytes(unsigned size) { return (uint8_t)(size < 4 ? size : 4); }

void encode_int_imm(struct encoder *e, uint8_t ext, unsigned size, struct encode_rm rm, int32_t imm)
{
    bool is_short = size == 1 || imm == (int8_t)imm;
    uint8_t tail = is_short ? 1 : imm_bytes(size);
    struct encode_head h = int_head(0, 0x81, size, tail);

    if (is_short && size > 1)
        h.opcode = 0x83;
    encode_legacy(e, h, ext, rm);
    encode_imm(e, tail, imm);
}

/* test rm, imm: in eight bits where that asks the same of the flags. */
static void encode_test_imm(struct encoder *e, unsigned size, struct encode_rm rm, int32_t imm)
{
    unsigned width = !rm.is_mem && imm >= 0 && imm < 0x80 ? 1 : size;
    uint8_t tail = imm_bytes(width);

    encode_legacy(e, int_head(0, 0xf7, width, tail), 0, rm);
    encode_imm(e, tail, imm);
}

void encode_mov_imm(struct encoder *e, uint32_t reg, uint64_t value)
{
    int64_t sign = (int32_t)value;

    if (value == (uint64_t)sign && value > UINT32_MAX) {
        encode_legacy(e, (struct encode_head){ .opcode = 0xc7, .wide = true }, 0, encode_reg(reg));
        encode_word(e, (uint32_t)value);
        return;
    }
    if (value > UINT32_MAX || reg >= R8)
        encode_byte(e, (uint8_t)(0x40 | (value > UINT32_MAX ? 8 : 0) | high_bit(reg)));
    encode_byte(e, (uint8_t)(0xb8 | (reg & 7)));
    encode_word(e, (uint32_t)value);
    if (value > UINT32_MAX)
        encode_word(e, (uint32_t)(value >> 32));
}

void encode_scalar(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg,
                   struct encode_rm rm)
{
    struct encode_head h = { .prefix = size == 4 ? P_F3 : P_F2, .map = 1, .opcode = opcode };

    encode_legacy(e, h, reg, rm);
}

void encode_packed(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg,
                   struct encode_rm rm)
{
    struct encode_head h = { .prefix = size == 8 ? P_66 : P_NONE, .map = 1, .opcode = opcode };

    encode_legacy(e, h, reg, rm);
}

void encode_load(struct encoder *e, unsigned size, uint32_t reg, struct encode_rm rm)
{
    if (reg < XMM0)
        encode_int(e, 0x8b, size, reg, rm);
    else if (size == 16) /* movups */
        encode_packed(e, 0x10, 4, reg, rm);
    else
        encode_scalar(e, 0x10, size, reg, rm);
}

void encode_store(struct encoder *e, unsigned size, uint32_t reg, struct encode_rm rm)
{
    if (reg < XMM0)
        encode_int(e, 0x89, size, reg, rm);
    else if (size == 16)
        encode_packed(e, 0x11, 4, reg, rm);
    else
        encode_scalar(e, 0x11, size, reg, rm);
}

/* --- Operations of mops.def */

struct encode_rm encode_operand(const struct encoder *e, const struct mach_instr *in,
                                mach_operand o)
{
    struct encode_rm rm = { .is_mem = true, .index = ENCODE_NO_REG, .scale = 1, .disp = in->disp };
    uint8_t x = in->x < MACH_REG_COUNT ? (uint8_t)in->x : ENCODE_NO_REG;

    switch ((enum mach_mem)in->mem) {
    case MEM_NONE:
        if (mach_is_slot(o))
            return encode_mem(RSP, (int32_t)(o & ~MACH_SLOT));
        return encode_reg(o);
    case MEM_HEAP: rm.base = R14, rm.index = x; break;
    case MEM_HEAP_VIEW: rm.base = R11, rm.index = x; break;
    case MEM_BASE: rm.base = x; break;
    case MEM_CONTEXT: rm.base = R15; break;
    case MEM_FRAME: rm.base = RSP, rm.disp += (int32_t)e->locals_base; break;
    case MEM_POOL: rm.base = ENCODE_RIP; break;
    case MEM_INDEX:
    case MEM_INDEXED:
        rm.base = in->a < MACH_REG_COUNT ? (uint8_t)in->a : ENCODE_NO_REG;
        rm.index = x, rm.scale = in->scale;
        break;
    }
    return rm;
}

static struct encode_head mop_head(const struct mach_instr *in, uint8_t tail)
{
    const struct mach_encoding *m = &mach_encodings[in->op];
    struct encode_head h = { (uint8_t)(m->prefix & P_PREFIX), m->map, m->opcode, tail, false, 0 };

    if (m->prefix & P_S)
        h.prefix = in->size == 4 ? P_F3 : P_F2;
    if (m->prefix & P_P)
        h.prefix = in->size == 8 ? P_66 : P_NONE;
    h.wide = (m->prefix & P_WONE) || ((m->prefix & P_WSIZE) && in->size == 8);
    if ((m->prefix & P_SIZES) && in->size == 2 && m->map == 0)
        h.prefix = P_66;
    if ((m->prefix & P_SIZES) && in->size == 1) {
        h.opcode--;
        h.byte_regs = 3;
    }
    if (m->map == 1 && m->ext == 1) /* movzx and movsx from a byte */
        h.byte_regs = 2;
    if (m->prefix & P_ROUNDING)
        h.opcode = (uint8_t)(h.opcode + (in->size == 8));
    return h;
}

static void encode_reg_rm(struct encoder *e, const struct mach_instr *in, uint8_t tail,
                          uint32_t reg, uint32_t vvvv, struct encode_rm rm)
{
    if (mach_encodings[in->op].prefix & P_VEX)
        encode_vex(e, mop_head(in, tail), reg, vvvv, rm);
    else
        encode_legacy(e, mop_head(in, tail), reg, rm);
}

static void encode_shift(struct encoder *e, const struct mach_instr *in)
{
    struct encode_head h = mop_head(in, 1);

    if (in->imm == 1 && h.map == 0) { /* d1: by one, a byte shorter */
        h.opcode = (uint8_t)(h.opcode + 0x10);
        encode_legacy(e, h, mach_encodings[in->op].ext, encode_reg(in->d));
        return;
    }
    encode_legacy(e, h, mach_encodings[in->op].ext, encode_reg(in->d));
    encode_byte(e, (uint8_t)in->imm);
}

static void encode_mul_imm(struct encoder *e, const struct mach_instr *in)
{
    bool is_short = in->imm == (int8_t)in->imm;
    struct encode_head h = mop_head(in, is_short ? 1 : 4);

    h.opcode = is_short ? 0x6b : 0x69;
    encode_legacy(e, h, in->d, encode_operand(e, in, in->a));
    encode_imm(e, h.tail, in->imm);
}

static void encode_imm_group(struct encoder *e, const struct mach_instr *in, mach_operand o)
{
    if (in->op == MOP_TESTI)
        encode_test_imm(e, in->size, encode_operand(e, in, o), in->imm);
    else
        encode_int_imm(e, mach_encodings[in->op].ext, in->size, encode_operand(e, in, o), in->imm);
}

/* The forms with an 8-bit immediate after an ordinary reg and rm. */
static bool encode_with_imm8(struct encoder *e, const struct mach_instr *in)
{
    uint8_t ext = mach_encodings[in->op].ext, imm = (uint8_t)in->imm;

    switch ((enum encode_form)mach_encodings[in->op].form) {
    case FORM_RMAA8:
        encode_reg_rm(e, in, 1, in->d, in->a < MACH_REG_COUNT ? in->a : in->d,
                      encode_operand(e, in, in->a));
        break;
    case FORM_RM8: encode_reg_rm(e, in, 1, in->d, in->a, encode_operand(e, in, in->b)); break;
    case FORM_RMA8: encode_reg_rm(e, in, 1, in->d, 0, encode_operand(e, in, in->a)); break;
    case FORM_MR8: encode_reg_rm(e, in, 1, in->b, 0, encode_operand(e, in, MACH_NONE)); break;
    case FORM_MI8_V: encode_reg_rm(e, in, 1, ext, in->d, encode_reg(in->a)); break;
    case FORM_AI8: encode_reg_rm(e, in, 1, ext, 0, encode_reg(in->a)); break;
    case FORM_DA8: encode_reg_rm(e, in, 1, in->a, 0, encode_reg(in->d)); break;
    case FORM_RMC:
        encode_reg_rm(e, in, 1, in->d, in->a, encode_operand(e, in, in->b));
        imm = (uint8_t)((in->c & 15) << 4);
        break;
    default: return false;
    }
    encode_byte(e, imm);
    return true;
}

void encode_mop(struct encoder *e, const struct mach_instr *in)
{
    uint8_t ext = mach_encodings[in->op].ext;
    struct encode_head h;

    if (encode_with_imm8(e, in))
        return;
    switch ((enum encode_form)mach_encodings[in->op].form) {
    case FORM_RM: encode_reg_rm(e, in, 0, in->d, in->a, encode_operand(e, in, in->b)); break;
    case FORM_RMA: encode_reg_rm(e, in, 0, in->d, 0, encode_operand(e, in, in->a)); break;
    case FORM_RMAA: /* VEX: with memory the upper lanes are whatever d had */
        encode_reg_rm(e, in, 0, in->d, in->a < MACH_REG_COUNT ? in->a : in->d,
                      encode_operand(e, in, in->a));
        break;
    case FORM_RMI: encode_mul_imm(e, in); break;
    case FORM_RMV: encode_reg_rm(e, in, 0, in->d, in->b, encode_operand(e, in, in->a)); break;
    case FORM_MR: encode_reg_rm(e, in, 0, in->b, 0, encode_operand(e, in, MACH_NONE)); break;
    case FORM_MI_STORE:
        encode_legacy(e, mop_head(in, imm_bytes(in->size)), 0, encode_operand(e, in, MACH_NONE));
        encode_imm(e, imm_bytes(in->size), in->imm);
        break;
    case FORM_MI: encode_imm_group(e, in, in->d); break;
    case FORM_AI: encode_imm_group(e, in, in->a); break;
    case FORM_MI8: encode_shift(e, in); break;
    case FORM_M: encode_legacy(e, mop_head(in, 0), ext, encode_reg(in->d)); break;
    case FORM_AB: encode_reg_rm(e, in, 0, in->a, 0, encode_operand(e, in, in->b)); break;
    case FORM_BA: encode_reg_rm(e, in, 0, in->b, 0, encode_reg(in->a)); break;
    case FORM_CC:
        h = mop_head(in, 0);
        h.opcode = (uint8_t)(h.opcode + in->cc);
        encode_legacy(e, h, in->d, encode_operand(e, in, in->b));
        break;
    case FORM_DA: encode_reg_rm(e, in, 0, in->a, 0, encode_reg(in->d)); break;
    default: break;
    }
}
