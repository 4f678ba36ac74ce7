#include "wasm/verify/decode.h"

#include <string.h>

#include "include/broch/wasm.h"
#include "wasm/verify/forms.h"

enum { REX_W = 8, REX_R = 4, REX_X = 2, REX_B = 1 };

/* More than the longest instruction here: lock, 66, REX, three bytes of opcode, ModRM, SIB,
 * a displacement and an immediate of 8 bytes. */
enum { LONGEST = 24 };

struct cursor {
    uint8_t bytes[LONGEST]; /* of the instruction, zero beyond the text */
    unsigned used;
    bool bad;

    bool has_lock;
    bool has_rex;
    bool is_vex;
    uint8_t prefix; /* VEX.pp's numbers: 1 66, 2 F3, 3 F2 */
    uint8_t rex;    /* the low four bits, from VEX as well */
    uint8_t map;    /* 0: one byte */
};

static uint8_t take(struct cursor *c) { return c->bytes[c->used++]; }

static int64_t take_signed(struct cursor *c, unsigned count)
{
    uint64_t value = 0;
    unsigned spare = 64 - 8 * count;

    memcpy(&value, &c->bytes[c->used], count); /* both sides are little-endian */
    c->used += count;
    return (int64_t)(value << spare) >> spare;
}

/* --- Prefixes */

static uint8_t take_vex(struct cursor *c, uint8_t first)
{
    uint8_t byte = take(c);

    c->bad |= c->prefix != 0 || c->has_rex || c->has_lock;
    c->is_vex = true;
    c->map = 1;
    c->rex = byte & 0x80 ? 0 : REX_R;
    if (first == 0xc4) {
        c->map = byte & 0x1f;
        c->rex |= (uint8_t)((byte & 0x40 ? 0 : REX_X) | (byte & 0x20 ? 0 : REX_B));
        byte = take(c);
        c->rex |= byte & 0x80 ? REX_W : 0;
        c->bad |= c->map < 1 || c->map > 3;
    }
    c->bad |= (byte & 4) != 0; /* 256 bits */
    c->prefix = byte & 3;
    return take(c);
}

static uint8_t take_map(struct cursor *c)
{
    uint8_t byte = take(c);

    c->map = byte == 0x38 ? 2 : byte == 0x3a ? 3 : 1;
    return c->map == 1 ? byte : take(c);
}

/* In the one order that is emitted: lock, 66 or F3 or F2, REX, map. */
static uint8_t take_opcode(struct cursor *c)
{
    uint8_t byte = take(c);

    if (byte == 0xf0) {
        c->has_lock = true;
        byte = take(c);
    }
    if (byte == 0x66 || byte == 0xf3 || byte == 0xf2) {
        c->prefix = byte == 0x66 ? 1 : byte == 0xf3 ? 2 : 3;
        byte = take(c);
    }
    if ((byte & 0xf0) == 0x40) {
        c->has_rex = true;
        c->rex = byte & 15;
        byte = take(c);
    }
    if (byte == 0xc4 || byte == 0xc5)
        return take_vex(c, byte);
    return byte == 0x0f ? take_map(c) : byte;
}

/* --- ModRM */

static void take_sib(struct cursor *c, struct insn *in, unsigned mod)
{
    uint8_t sib = take(c);

    in->scale = (uint8_t)(1 << (sib >> 6));
    in->index = (uint8_t)((sib >> 3 & 7) | (c->rex & REX_X ? 8 : 0));
    if (in->index == REG_RSP)
        in->index = REG_NONE;
    in->base = (uint8_t)((sib & 7) | (c->rex & REX_B ? 8 : 0));
    if (mod == 0 && (sib & 7) == 5)
        in->base = REG_NONE;
}

static void take_memory(struct cursor *c, struct insn *in, uint8_t modrm)
{
    unsigned mod = modrm >> 6;

    in->has_mem = true;
    in->index = REG_NONE;
    in->scale = 1;
    if ((modrm & 7) == 4) {
        take_sib(c, in, mod);
    } else if (mod == 0 && (modrm & 7) == 5) {
        in->base = REG_RIP;
    } else {
        in->base = (uint8_t)((modrm & 7) | (c->rex & REX_B ? 8 : 0));
    }
    if (mod == 1)
        in->disp = (int32_t)take_signed(c, 1);
    else if (mod == 2 || in->base == REG_NONE || in->base == REG_RIP)
        in->disp = (int32_t)take_signed(c, 4);
}

/* Without REX the numbers 4 to 7 are ah, ch, dh, bh: never emitted. */
static bool names_high_byte(const struct cursor *c, uint8_t reg)
{
    return !c->has_rex && reg >= 4 && reg <= 7;
}

static void take_operands(struct cursor *c, struct insn *in, const struct form *f)
{
    uint8_t modrm = take(c);

    if (f->flags & FORM_GROUP)
        in->cc = modrm >> 3 & 7; /* kept there until the group is known */
    else if (!(f->flags & FORM_X_REG))
        in->reg = (uint8_t)((modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0));
    if (modrm >> 6 != 3) {
        take_memory(c, in, modrm);
        in->access = f->access != 0 ? f->access : in->width;
    } else if (!(f->flags & FORM_X_RM)) {
        in->rm = (uint8_t)((modrm & 7) | (c->rex & REX_B ? 8 : 0));
    }
    c->bad |=
        (in->has_mem && (f->flags & FORM_REG_ONLY)) || (!in->has_mem && (f->flags & FORM_MEM_ONLY));
    c->bad |= c->has_lock != ((f->flags & FORM_LOCK) != 0);
    c->bad |= (f->flags & FORM_BYTE) && !(f->flags & FORM_GROUP) && names_high_byte(c, in->reg) &&
              f->op != INSN_PLAIN;
}

/* --- What an opcode is */

static void set_def(struct insn *in, const struct form *f)
{
    if (f->flags & FORM_DEF_REG)
        in->def = in->reg;
    if (f->flags & FORM_DEF_RM) {
        if (in->has_mem)
            in->writes_mem = true;
        else
            in->def = in->rm;
    }
}

static void group_arithmetic(struct cursor *c, struct insn *in)
{
    static const uint8_t ops[8] = {
        INSN_ADD_IMM, INSN_PLAIN,   INSN_NOP,   INSN_NOP,
        INSN_PLAIN,   INSN_SUB_IMM, INSN_PLAIN, INSN_CMP_IMM,
    };

    in->op = ops[in->cc];
    c->bad |= in->op == INSN_NOP;
    if (in->op == INSN_CMP_IMM)
        return;
    in->writes_mem = in->has_mem;
    in->def = in->rm;
}

static void group_unary(struct cursor *c, struct insn *in, const struct form *f)
{
    switch (in->cc) {
    case 0: /* test rm, imm */ in->imm = take_signed(c, in->width == 8 ? 4 : in->width); break;
    case 2: /* not, neg */
    case 3:
        in->def = in->rm;
        c->bad |= in->has_mem || (f->flags & FORM_BYTE);
        break;
    case 6: /* div, idiv */
    case 7:
        in->op = INSN_DIVIDE;
        c->bad |= in->width < 4;
        break;
    default: c->bad = true;
    }
}

static void group_shift(struct cursor *c, struct insn *in)
{
    in->def = in->rm;
    c->bad |= in->cc == 2 || in->cc == 3 || in->cc == 6; /* rcl, rcr, sal */
}

static void group_store(struct cursor *c, struct insn *in)
{
    c->bad |= in->cc != 0;
    in->writes_mem = in->has_mem;
    if (!in->has_mem) { /* mov r64, imm32 */
        in->op = INSN_MOV_IMM;
        in->def = in->rm;
        c->bad |= in->width != 8;
    }
}

static void group_branch(struct cursor *c, struct insn *in)
{
    in->op = in->cc == 2 ? INSN_CALL_INDIRECT : INSN_JMP_INDIRECT;
    c->bad |= (in->cc != 2 && in->cc != 4) || c->prefix != 0; /* 66 would cut the address on some */
}

static void group_extended(struct cursor *c, struct insn *in, uint8_t opcode)
{
    static const uint8_t shifts[3] = { 1 << 2 | 1 << 4 | 1 << 6, 1 << 2 | 1 << 4 | 1 << 6,
                                       1 << 2 | 1 << 6 };

    if (opcode == 0xba) { /* bt, btc */
        if (in->cc == 7)
            in->def = in->rm;
        else
            c->bad |= in->cc != 4;
    } else if (c->prefix != 1 || !(shifts[opcode - 0x71] >> in->cc & 1)) {
        c->bad = true; /* vector shifts by a constant, 71 72 73 */
    }
}

static void group(struct cursor *c, struct insn *in, const struct form *f, uint8_t opcode)
{
    if (c->map != 0)
        group_extended(c, in, opcode);
    else if (opcode == 0x80 || opcode == 0x81 || opcode == 0x83)
        group_arithmetic(c, in);
    else if (opcode == 0xc6 || opcode == 0xc7)
        group_store(c, in);
    else if (opcode == 0xf6 || opcode == 0xf7)
        group_unary(c, in, f);
    else if (opcode == 0xff)
        group_branch(c, in);
    else
        group_shift(c, in);
}

/* Features that the processor must have, or the bytes would mean something else. */
static bool has_feature(const struct cursor *c, uint8_t opcode, uint64_t config)
{
    if (c->is_vex && ((c->map == 2 && opcode >= 0xf2) || (c->map == 3 && opcode == 0xf0)))
        return config & WASM_CONFIG_BMI;
    if (c->is_vex)
        return config & WASM_CONFIG_AVX;
    if (c->map == 1 && c->prefix == 2 && (opcode == 0xbc || opcode == 0xbd))
        return config & WASM_CONFIG_BMI;
    if (c->map == 1 && c->prefix == 2 && opcode == 0xb8)
        return config & WASM_CONFIG_POPCNT;
    return true;
}

static void decode_form(struct cursor *c, struct insn *in, uint8_t opcode, uint64_t config)
{
    const struct form *f =
        c->map == 0 ? &forms_one_byte[opcode] : &forms_extended[c->map - 1][c->prefix][opcode];

    if (!(f->flags & FORM_KNOWN) || (c->map == 0 && c->prefix > 1) ||
        !has_feature(c, opcode, config) ||
        (c->is_vex && !(f->flags & (FORM_VEX | FORM_VEX_ONLY))) ||
        (!c->is_vex && (f->flags & FORM_VEX_ONLY))) {
        c->bad = true;
        return;
    }
    in->op = f->op;
    in->width = c->rex & REX_W ? 8 : f->flags & FORM_BYTE ? 1 : 4;
    if (c->prefix == 1 && in->width == 4 && !(f->flags & FORM_X_REG) && !c->is_vex &&
        !(f->flags & FORM_X_RM))
        in->width = 2;
    c->bad |= (f->flags & FORM_BYTE) && in->width != 1; /* REX.W beside a byte operation */
    if (c->map == 1 && opcode >= 0x40 && opcode < 0x50)
        in->cc = opcode & 15;
    take_operands(c, in, f);
    set_def(in, f);
    in->is_partial = in->width < 4 || (f->flags & FORM_PARTIAL);
    in->keeps_flags = f->flags & FORM_KEEPS;
    if (f->flags & FORM_IMM8)
        in->imm = take_signed(c, 1);
    if (f->flags & FORM_IMM32)
        in->imm = take_signed(c, in->width == 2 ? 2 : 4);
    if (f->flags & FORM_GROUP)
        group(c, in, f, opcode);
    c->bad |= (f->flags & FORM_BYTE) && in->def != REG_NONE && names_high_byte(c, in->def);
}

/* --- Without ModRM */

static uint32_t target_of(int64_t at)
{
    return at < 0 || at > INT32_MAX ? UINT32_MAX : (uint32_t)at;
}

static void branch(struct cursor *c, struct insn *in, enum insn_op op, unsigned bytes)
{
    int64_t distance = take_signed(c, bytes);

    in->op = (uint8_t)op;
    in->keeps_flags = true;
    in->target = target_of((int64_t)in->at + c->used + distance);
    c->bad |= c->prefix != 0 || c->has_rex || c->has_lock;
}

static void single(struct cursor *c, struct insn *in, enum insn_op op)
{
    in->op = (uint8_t)op;
    in->keeps_flags = op != INSN_PLAIN;
    c->bad |= c->prefix != 0 || (c->rex & ~REX_B) != 0 || c->has_lock;
}

static void mov_imm(struct cursor *c, struct insn *in, uint8_t opcode)
{
    bool wide = c->rex & REX_W;

    in->op = INSN_MOV_IMM;
    in->width = wide ? 8 : 4;
    in->def = (uint8_t)((opcode & 7) | (c->rex & REX_B ? 8 : 0));
    in->imm = wide ? take_signed(c, 8) : (uint32_t)take_signed(c, 4);
    in->keeps_flags = true;
    c->bad |= c->prefix != 0 || c->has_lock;
}

static void padding(struct cursor *c, struct insn *in)
{
    uint8_t modrm = take(c);

    in->op = INSN_NOP;
    in->keeps_flags = true;
    c->bad |=
        (modrm >> 3 & 7) != 0 || modrm >> 6 == 3 || c->prefix > 1 || c->has_rex || c->has_lock;
    take_memory(c, in, modrm);
    in->has_mem = false;
}

static void fence(struct cursor *c, struct insn *in)
{
    in->op = INSN_NOP;
    c->bad |= take(c) != 0xf0 || c->prefix != 0 || c->has_rex || c->has_lock;
}

static bool decode_one_byte(struct cursor *c, struct insn *in, uint8_t opcode)
{
    uint8_t reg = (uint8_t)((opcode & 7) | (c->rex & REX_B ? 8 : 0));

    if (opcode >= 0x50 && opcode < 0x60) {
        single(c, in, opcode < 0x58 ? INSN_PUSH : INSN_POP);
        in->reg = reg;
    } else if (opcode >= 0x70 && opcode < 0x80) {
        branch(c, in, INSN_JCC, 1);
        in->cc = opcode & 15;
    } else if (opcode >= 0xb8 && opcode < 0xc0) {
        mov_imm(c, in, opcode);
    } else if (opcode == 0x90) {
        in->op = INSN_NOP;
        in->keeps_flags = true;
        c->bad |= c->prefix > 1 || c->has_rex || c->has_lock;
    } else if (opcode == 0x99) { /* cdq, cqo: the sign of rax in rdx */
        in->width = c->rex & REX_W ? 8 : 4;
        in->def = REG_RDX;
        c->bad |= c->prefix != 0 || (c->rex & ~REX_W) != 0 || c->has_lock;
    } else if (opcode == 0xc3) {
        single(c, in, INSN_RET);
    } else if (opcode == 0xcc) {
        single(c, in, INSN_STOP);
    } else if (opcode == 0xe8 || opcode == 0xe9) {
        branch(c, in, opcode == 0xe8 ? INSN_CALL : INSN_JMP, 4);
    } else if (opcode == 0xeb) {
        branch(c, in, INSN_JMP, 1);
    } else {
        return false;
    }
    return true;
}

static bool decode_two_byte(struct cursor *c, struct insn *in, uint8_t opcode)
{
    if (c->is_vex)
        return false;
    if (opcode >= 0x80 && opcode < 0x90) {
        branch(c, in, INSN_JCC, 4);
        in->cc = opcode & 15;
    } else if (opcode == 0x1f) {
        padding(c, in);
    } else if (opcode == 0xae) {
        fence(c, in);
    } else {
        return false;
    }
    return true;
}

bool insn_decode(struct insn *out, const uint8_t *text, uint32_t size, uint32_t at, uint64_t config)
{
    struct cursor c = { .used = 0 };
    uint8_t opcode;

    if (size - at >= LONGEST)
        memcpy(c.bytes, text + at, LONGEST);
    else
        memcpy(c.bytes, text + at, size - at);
    *out = (struct insn){ .at = at,
                          .reg = REG_NONE,
                          .rm = REG_NONE,
                          .def = REG_NONE,
                          .base = REG_NONE,
                          .index = REG_NONE };
    opcode = take_opcode(&c);
    if (!c.bad && !(c.map == 0 && decode_one_byte(&c, out, opcode)) &&
        !(c.map == 1 && decode_two_byte(&c, out, opcode)))
        decode_form(&c, out, opcode, config);
    out->next = at + c.used;
    if (out->base == REG_RIP)
        out->target = target_of((int64_t)out->next + out->disp);
    return !c.bad && c.used <= size - at;
}
