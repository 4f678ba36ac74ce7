#include "wasm/verify/forms.h"

#include "wasm/verify/decode.h"

/* A table is read by rows. */
/* clang-format off */
#define K FORM_KNOWN
#define RM (K | FORM_DEF_REG)                /* reg = reg op rm */
#define MR (K | FORM_DEF_RM | FORM_MEM_ONLY) /* memory = reg */
#define GROUP (K | FORM_GROUP)
#define B FORM_BYTE
#define I8 FORM_IMM8
#define KEEPS FORM_KEEPS
#define X (K | FORM_X_REG | FORM_X_RM | FORM_VEX)
#define X_LEGACY (K | FORM_X_REG | FORM_X_RM) /* never as VEX */
#define IS(flags, op) { flags, INSN_##op, 0 }
#define ROW(flags, access) { (uint16_t)(flags), INSN_PLAIN, access }

const struct form forms_one_byte[256] = {
    [0x03] = IS(RM, ADD), [0x0a] = IS(RM | B, PLAIN), [0x0b] = IS(RM, PLAIN), /* or */
    [0x22] = IS(RM | B, PLAIN), [0x23] = IS(RM, PLAIN), /* and */
    [0x2b] = IS(RM, PLAIN), [0x33] = IS(RM, XOR),
    [0x3a] = IS(K | B, PLAIN), [0x3b] = IS(K, CMP),
    [0x63] = { RM | KEEPS, INSN_MOVSXD, 4 },
    [0x69] = IS(RM | FORM_IMM32, PLAIN), [0x6b] = IS(RM | I8, PLAIN), /* imul */
    [0x80] = IS(GROUP | B | I8, PLAIN), IS(GROUP | FORM_IMM32, PLAIN),
    [0x83] = IS(GROUP | I8, PLAIN),
    [0x84] = IS(K | B, PLAIN), IS(K, PLAIN), /* test */
    [0x86] = IS(MR | FORM_DEF_REG | B, PLAIN), IS(MR | FORM_DEF_REG, PLAIN), /* xchg */
    [0x88] = IS(MR | KEEPS | B, STORE), IS(MR | KEEPS, STORE),
    [0x8b] = IS(RM | KEEPS, MOV), [0x8d] = IS(RM | KEEPS | FORM_MEM_ONLY, LEA),
    [0xc6] = IS(GROUP | KEEPS | B | I8, STORE_IMM), IS(GROUP | KEEPS | FORM_IMM32, STORE_IMM),
    [0xc1] = IS(GROUP | I8 | FORM_REG_ONLY, PLAIN), /* shifts */
    [0xd1] = IS(GROUP | FORM_REG_ONLY, PLAIN), [0xd3] = IS(GROUP | FORM_REG_ONLY, PLAIN),
    [0xf6] = IS(GROUP | B, PLAIN), IS(GROUP, PLAIN), [0xff] = { GROUP, INSN_PLAIN, 8 },
};

#define CMOV IS(RM | KEEPS, CMOV)
#define CMOV_4 CMOV, CMOV, CMOV, CMOV
#define SETCC IS(K | FORM_DEF_RM | FORM_REG_ONLY | B | KEEPS, PLAIN)
#define SETCC_4 SETCC, SETCC, SETCC, SETCC
#define P16 ROW(X, 16)
#define P16_4 P16, P16, P16, P16
#define P16_IMM ROW(X | I8, 16)
#define SHIFT ROW(X | FORM_GROUP | I8 | FORM_REG_ONLY, 0)
/* Scalar or packed arithmetic, the same opcodes under each prefix. */
#define ARITHMETIC(n) [0x51] = ROW(X, n), [0x58] = ROW(X, n), ROW(X, n), [0x5c] = ROW(X, n), \
    ROW(X, n), ROW(X, n), ROW(X, n)
#define LOGIC [0x54] = P16_4
#define MOVES(n) [0x10] = ROW(X_LEGACY | FORM_MEM_ONLY | KEEPS, n), ROW(X_LEGACY | MR | KEEPS, n)
#define CONVERSIONS(n) [0x2a] = ROW(K | FORM_X_REG | KEEPS | FORM_REG_ONLY, 0), \
    [0x2c] = ROW(RM | FORM_X_RM | KEEPS | FORM_REG_ONLY, n)
#define MOVMSK ROW(RM | FORM_X_RM | FORM_REG_ONLY | FORM_VEX | KEEPS, 0)
#define EXTRACT (K | FORM_X_REG | FORM_DEF_RM | FORM_VEX | I8 | KEEPS)
#define INSERT (K | FORM_X_REG | FORM_VEX | I8)
#define BMI (RM | FORM_VEX_ONLY | KEEPS)

const struct form forms_extended[3][4][256] = { {
    { /* 0F */
        MOVES(16), ARITHMETIC(16), LOGIC,
        [0x28] = ROW(X_LEGACY | FORM_REG_ONLY | KEEPS, 0), [0x2e] = ROW(X_LEGACY, 4),
        [0x40] = CMOV_4, CMOV_4, CMOV_4, CMOV_4,
        [0x50] = MOVMSK, [0x5a] = ROW(X, 8), P16,
        [0x90] = SETCC_4, SETCC_4, SETCC_4, SETCC_4,
        [0xa3] = ROW(K | FORM_REG_ONLY, 0), [0xba] = ROW(GROUP | I8 | FORM_REG_ONLY, 0), /* bt */
        [0xaf] = ROW(RM, 0), /* imul */
        [0xb0] = IS(MR | FORM_LOCK | B, CMPXCHG), IS(MR | FORM_LOCK, CMPXCHG),
        [0xb6] = ROW(RM | KEEPS, 1), ROW(RM | KEEPS, 2), /* movzx, movsx */
        [0xbe] = ROW(RM | KEEPS, 1), ROW(RM | KEEPS, 2),
        [0xbc] = ROW(RM | FORM_PARTIAL, 0), ROW(RM | FORM_PARTIAL, 0), /* bsf, bsr */
        [0xc0] = ROW(MR | FORM_DEF_REG | FORM_LOCK | B, 0), ROW(MR | FORM_DEF_REG | FORM_LOCK, 0),
        [0xc2] = P16_IMM, [0xc6] = P16_IMM,
    }, { /* 66 0F */
        ARITHMETIC(16), LOGIC,
        [0x2e] = ROW(X_LEGACY, 8), [0x50] = MOVMSK, [0x5a] = P16,
        [0x60] = P16_4, P16_4, P16_4, P16, P16,
        [0x6e] = ROW(K | FORM_X_REG | KEEPS, 0), /* movd, movq */
        [0x7e] = ROW(K | FORM_X_REG | FORM_DEF_RM | FORM_REG_ONLY | KEEPS, 0),
        [0x70] = P16_IMM, SHIFT, SHIFT, SHIFT, P16, P16, P16,
        [0xb1] = IS(MR | FORM_LOCK, CMPXCHG), [0xc1] = ROW(MR | FORM_DEF_REG | FORM_LOCK, 0),
        [0xc2] = P16_IMM, [0xc4] = ROW(INSERT, 2), [0xc6] = P16_IMM,
        [0xd1] = P16_4, P16, [0xd7] = MOVMSK, P16_4, P16_4,
        [0xe0] = P16_4, P16, P16, P16, [0xe8] = P16_4, P16_4,
        [0xf1] = P16_4, P16, [0xf8] = P16_4, P16, P16, P16,
    }, { /* F3 0F */
        MOVES(4), ARITHMETIC(4), CONVERSIONS(4),
        [0x5a] = ROW(X, 4), P16, [0xe6] = ROW(X, 8),
        [0xb8] = ROW(RM, 0), [0xbc] = ROW(RM, 0), ROW(RM, 0), /* popcnt, tzcnt, lzcnt */
    }, { /* F2 0F */
        MOVES(8), ARITHMETIC(8), CONVERSIONS(8),
        [0x12] = ROW(X, 8), [0x5a] = ROW(X, 8), [0x70] = P16_IMM,
    },
}, {
    { /* 0F38 */
        [0xf2] = ROW(RM | FORM_VEX_ONLY, 0), /* andn */
    }, { /* 66 0F38 */
        [0x00] = P16, [0x04] = P16, [0x0b] = P16, [0x17] = P16,
        [0x18] = ROW(X | FORM_VEX_ONLY, 4), [0x1c] = P16, P16, P16,
        [0x20] = ROW(X, 8), [0x23] = ROW(X, 8), [0x25] = ROW(X, 8),
        [0x28] = P16, P16, [0x2b] = P16,
        [0x30] = ROW(X, 8), [0x33] = ROW(X, 8), [0x35] = ROW(X, 8),
        [0x37] = ROW(X | FORM_VEX_ONLY, 16), P16_4, P16_4, P16,
        [0x78] = ROW(X | FORM_VEX_ONLY, 1), ROW(X | FORM_VEX_ONLY, 2), /* broadcasts */
        [0xf7] = ROW(BMI, 0), /* shlx; sarx, shrx */
    }, { [0xf7] = ROW(BMI, 0) }, { [0xf7] = ROW(BMI, 0) },
}, {
    { { 0 } },
    { /* 66 0F3A */
        [0x08] = P16_IMM, P16_IMM, ROW(X | I8, 4), ROW(X | I8, 8), [0x0e] = P16_IMM, P16_IMM,
        [0x14] = ROW(EXTRACT, 1), ROW(EXTRACT, 2), ROW(EXTRACT, 0),
        [0x20] = ROW(INSERT, 1), ROW(X | I8, 4), ROW(INSERT, 0),
    },
    { { 0 } },
    { [0xf0] = ROW(BMI | I8, 0) }, /* rorx */
} };
/* clang-format on */
