/* forms.h: the instruction forms that may be emitted, one row for each opcode. What has
 * no ModRM byte, and the opcodes that the reg field extends, are in decode.c. */
#ifndef BROCH_WASM_VERIFY_FORMS_H
#define BROCH_WASM_VERIFY_FORMS_H

#include <stdint.h>

enum form_flags {
    FORM_KNOWN = 1 << 0,
    FORM_DEF_REG = 1 << 1, /* writes the register in reg */
    FORM_DEF_RM = 1 << 2,  /* writes rm: a register or memory */
    FORM_X_REG = 1 << 3,   /* reg is a vector register */
    FORM_X_RM = 1 << 4,    /* rm is one, where it is a register */
    FORM_MEM_ONLY = 1 << 5,
    FORM_REG_ONLY = 1 << 6,
    FORM_IMM8 = 1 << 7,
    FORM_IMM32 = 1 << 8, /* 16 bits where the operation has 16 */
    FORM_PARTIAL = 1 << 9,
    FORM_KEEPS = 1 << 10, /* leaves the flags alone */
    FORM_LOCK = 1 << 11,  /* only with the lock prefix */
    FORM_VEX = 1 << 12,   /* as VEX.128, too */
    FORM_VEX_ONLY = 1 << 13,
    FORM_GROUP = 1 << 14, /* reg extends the opcode */
    FORM_BYTE = 1 << 15,  /* 8 bits wide */
};

struct form {
    uint16_t flags;
    uint8_t op;     /* enum insn_op */
    uint8_t access; /* bytes of a memory operand; 0: the operation's width */
};

/* The one-byte map (prefix 66 makes its operations 16 bits wide). */
extern const struct form forms_one_byte[256];
/* Maps 0F, 0F38, 0F3A by mandatory prefix: none, 66, F3, F2 (the order of VEX.pp). */
extern const struct form forms_extended[3][4][256];

#endif
