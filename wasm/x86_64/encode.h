/* encode.h: bytes of single x86-64 instructions, into a growing buffer.
 *
 * encode_mop does what mops.def's columns say; the other functions are the few
 * shapes that the sequences of emit*.c are made of. Nothing here knows of blocks,
 * labels or traps. (Intel SDM volume 2, chapter 2: prefixes, ModRM, SIB, VEX.) */
#ifndef BROCH_WASM_X86_64_ENCODE_H
#define BROCH_WASM_X86_64_ENCODE_H

#include "wasm/x86_64/mach.h"

/* Which operand stands in which field of the instruction. "rm" may be memory. */
enum encode_form {
    FORM_SPECIAL,
    FORM_RM,       /* reg d, rm b; VEX: vvvv a */
    FORM_RMA,      /* reg d, rm a */
    FORM_RMAA,     /* reg d, rm a; VEX: vvvv a too (the upper lanes come from there) */
    FORM_RMAA8,    /* the same with an 8-bit imm */
    FORM_RM8,      /* FORM_RM with an 8-bit imm */
    FORM_RMA8,     /* FORM_RMA with an 8-bit imm */
    FORM_RMI,      /* reg d, rm a, imm of 8 or 32 bits */
    FORM_RMV,      /* reg d, rm a, vvvv b */
    FORM_MR,       /* rm memory, reg b */
    FORM_MR8,      /* the same with an 8-bit imm */
    FORM_MI_STORE, /* rm memory, imm of the operand's width */
    FORM_MI,       /* rm d, ext, imm of 8 or 32 bits */
    FORM_MI8,      /* rm d, ext, imm of 8 bits */
    FORM_MI8_V,    /* rm a, ext, imm of 8 bits; VEX: vvvv d (vector shifts by a constant) */
    FORM_M,        /* rm d, ext */
    FORM_AB,       /* reg a, rm b, no result */
    FORM_BA,       /* rm a, reg b, no result */
    FORM_AI,       /* rm a, ext, imm of 8 or 32 bits */
    FORM_AI8,      /* rm a, ext, imm of 8 bits */
    FORM_CC,       /* FORM_RM with the condition added to the opcode */
    FORM_DA,       /* rm d, reg a */
    FORM_DA8,      /* the same with an 8-bit imm */
    FORM_RMC,      /* FORM_RM with c in the upper four bits of an 8-bit imm (VEX blends) */
};

/* The prefix column: a mandatory prefix, and where the width goes. */
enum {
    P_NONE = 0,
    P_66 = 1,
    P_F3 = 2,
    P_F2 = 3,
    P_PREFIX = 3,        /* mask of the four above; their numbers are VEX's pp */
    P_S = 1 << 2,        /* scalar float: F3 for size 4, F2 for size 8 */
    P_P = 1 << 3,        /* packed float: none for size 4, 66 for size 8 */
    P_WSIZE = 1 << 4,    /* REX.W or VEX.W for size 8 */
    P_WONE = 1 << 5,     /* always W */
    P_SIZES = 1 << 6,    /* 66 for size 2, the opcode less 1 for size 1 */
    P_VEX = 1 << 7,      /* VEX.128 */
    P_ROUNDING = 1 << 8, /* the opcode plus 1 for size 8 (roundss, roundsd) */
    P_INT = P_WSIZE | P_SIZES,
    P_W = P_WONE,
    P_ROUND = P_66 | P_ROUNDING,
};

struct mach_encoding { /* the columns, in mops.def's order */
    uint8_t form;      /* enum encode_form */
    uint16_t prefix;
    uint8_t map;
    uint8_t opcode;
    uint8_t ext;
};

extern const struct mach_encoding mach_encodings[MOP_COUNT];
extern const char *const mach_op_names[MOP_COUNT];

/* A register, or memory: [base + index * scale + disp] or [rip + something]. */
enum { ENCODE_NO_REG = 0xff, ENCODE_RIP = 0xfe };
struct encode_rm {
    bool is_mem;
    uint8_t base;  /* or the register itself; ENCODE_RIP: `disp` is a pool number */
    uint8_t index; /* or ENCODE_NO_REG */
    uint8_t scale; /* 1 2 4 8 */
    int32_t disp;
};

/* A displacement to be written once it is known how far the constants lie. */
struct encode_pool_use {
    uint32_t at;   /* of the 4 bytes */
    uint32_t tail; /* bytes of the instruction after them */
    uint32_t number;
};

struct encoder {
    struct arena *arena;
    uint8_t *bytes;
    uint32_t size, room;
    struct encode_pool_use *pool_uses;
    uint32_t pool_use_count, pool_use_room;
    bool full;            /* the arena had no more: what came since is lost */
    uint32_t locals_base; /* of MEM_FRAME, from rsp */
};

static inline struct encode_rm encode_reg(uint32_t reg)
{
    return (struct encode_rm){ .base = (uint8_t)reg, .index = ENCODE_NO_REG };
}
static inline struct encode_rm encode_mem(uint32_t base, int32_t disp)
{
    return (struct encode_rm){ true, (uint8_t)base, ENCODE_NO_REG, 1, disp };
}
static inline struct encode_rm encode_pool(uint32_t number)
{
    return (struct encode_rm){ true, ENCODE_RIP, ENCODE_NO_REG, 1, (int32_t)number };
}

void encode_byte(struct encoder *e, uint8_t byte);
void encode_word(struct encoder *e, uint32_t word);

/* A legacy instruction without immediate. prefix: P_NONE..P_F2. `tail`: how many bytes
 * of immediate the caller adds. `byte_regs`: registers in it are 8 bits wide (bit 0:
 * reg, bit 1: rm). */
struct encode_head {
    uint8_t prefix, map, opcode, tail;
    bool wide;
    uint8_t byte_regs;
};
void encode_legacy(struct encoder *e, struct encode_head h, uint32_t reg, struct encode_rm rm);
void encode_vex(struct encoder *e, struct encode_head h, uint32_t reg, uint32_t vvvv,
                struct encode_rm rm);

/* An integer instruction of width 1 2 4 8 whose byte form is the opcode before; `tail`
 * bytes of immediate follow. */
void encode_sized(struct encoder *e, uint8_t map, uint8_t opcode, unsigned size, uint8_t tail,
                  uint32_t reg, struct encode_rm rm);
/* One-byte-map instruction, width 4 or 8: op reg, rm. */
void encode_int(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg,
                struct encode_rm rm);
/* The 81 group (ext 0 add, 1 or, 4 and, 5 sub, 6 xor, 7 cmp), in its shorter form where it can. */
void encode_int_imm(struct encoder *e, uint8_t ext, unsigned size, struct encode_rm rm,
                    int32_t imm);
void encode_mov_imm(struct encoder *e, uint32_t reg, uint64_t value);
/* scalar float (size 4, 8): F3 or F2 0F opcode; packed: none or 66. */
void encode_scalar(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg,
                   struct encode_rm rm);
void encode_packed(struct encoder *e, uint8_t opcode, unsigned size, uint32_t reg,
                   struct encode_rm rm);
/* mov of any kind between registers and memory (float registers: size 4 8 16). */
void encode_load(struct encoder *e, unsigned size, uint32_t reg, struct encode_rm rm);
void encode_store(struct encoder *e, unsigned size, uint32_t reg, struct encode_rm rm);

/* The memory operand of an instruction, or its operand o (a register or a slot) where it has
 * none. */
struct encode_rm encode_operand(const struct encoder *e, const struct mach_instr *in,
                                mach_operand o);
/* An operation that is not SPECIAL. */
void encode_mop(struct encoder *e, const struct mach_instr *in);

#endif
