#include "wasm/verify/forms.h"

#include "wasm/verify/decode.h"

#define K FORM_KNOWN
#define RM (K | FORM_DEF_REG)                /* reg = reg op rm */
#define MR (K | FORM_DEF_RM | FORM_MEM_ONLY) /* memory = reg */
#define GROUP (K | FORM_GROUP)
#define B FORM_BYTE
#define I8 FORM_IMM8
#define KEEPS FORM_KEEPS
#define X (K | FORM_X_REG | FORM_X_RM | FORM_VEX)
#define X_LEGACY (K | FORM_X_REG | FORM_X_RM) /* never as VEX */

const struct form forms_one_byte[256] = {
    [0x03] = { RM, INSN_ADD, 0 },
    [0x0a] = { RM | B, INSN_PLAIN, 0 }, /* or, and: setcc's joins */
    [0x0b] = { RM, INSN_PLAIN, 0 },
    [0x22] = { RM | B, INSN_PLAIN, 0 },
    [0x23] = { RM, INSN_PLAIN, 0 },
    [0x2b] = { RM, INSN_PLAIN, 0 },
    [0x33] = { RM, INSN_XOR, 0 },
    [0x3a] = { K | B, INSN_PLAIN, 0 },
    [0x3b] = { K, INSN_CMP, 0 },
    [0x63] = { RM | KEEPS, INSN_MOVSXD, 4 },
    [0x69] = { RM | FORM_IMM32, INSN_PLAIN, 0 },
    [0x6b] = { RM | I8, INSN_PLAIN, 0 },
    [0x80] = { GROUP | B | I8, INSN_PLAIN, 0 },
    [0x81] = { GROUP | FORM_IMM32, INSN_PLAIN, 0 },
    [0x83] = { GROUP | I8, INSN_PLAIN, 0 },
    [0x84] = { K | B, INSN_PLAIN, 0 }, /* test */
    [0x85] = { K, INSN_PLAIN, 0 },
    [0x86] = { MR | FORM_DEF_REG | B, INSN_PLAIN, 0 }, /* xchg */
    [0x87] = { MR | FORM_DEF_REG, INSN_PLAIN, 0 },
    [0x88] = { MR | KEEPS | B, INSN_STORE, 0 },
    [0x89] = { MR | KEEPS, INSN_STORE, 0 },
    [0x8b] = { RM | KEEPS, INSN_MOV, 0 },
    [0x8d] = { RM | KEEPS | FORM_MEM_ONLY, INSN_LEA, 0 },
    [0xc1] = { GROUP | I8 | FORM_REG_ONLY, INSN_PLAIN, 0 }, /* shifts */
    [0xc6] = { GROUP | KEEPS | B | I8, INSN_STORE_IMM, 0 },
    [0xc7] = { GROUP | KEEPS | FORM_IMM32, INSN_STORE_IMM, 0 },
    [0xd1] = { GROUP | FORM_REG_ONLY, INSN_PLAIN, 0 },
    [0xd3] = { GROUP | FORM_REG_ONLY, INSN_PLAIN, 0 },
    [0xf6] = { GROUP | B, INSN_PLAIN, 0 },
    [0xf7] = { GROUP, INSN_PLAIN, 0 },
    [0xff] = { GROUP, INSN_PLAIN, 8 },
};

#define CMOV                     \
    {                            \
        RM | KEEPS, INSN_CMOV, 0 \
    }
#define CMOV_4 CMOV, CMOV, CMOV, CMOV
#define SETCC                                                      \
    {                                                              \
        K | FORM_DEF_RM | FORM_REG_ONLY | B | KEEPS, INSN_PLAIN, 0 \
    }
#define ROW(flags, access)                    \
    {                                         \
        (uint16_t)(flags), INSN_PLAIN, access \
    }
#define P16 ROW(X, 16)
#define P16_IMM ROW(X | I8, 16)
#define SHIFT ROW(X | FORM_GROUP | I8 | FORM_REG_ONLY, 0)
/* Scalar or packed arithmetic, the same opcodes under each prefix. */
#define ARITHMETIC(n)                                                               \
    [0x51] = ROW(X, n), [0x58] = ROW(X, n), [0x59] = ROW(X, n), [0x5c] = ROW(X, n), \
    [0x5d] = ROW(X, n), [0x5e] = ROW(X, n), [0x5f] = ROW(X, n)
#define LOGIC [0x54] = P16, [0x55] = P16, [0x56] = P16, [0x57] = P16
#define MOVES(n) \
    [0x10] = ROW(X_LEGACY | FORM_MEM_ONLY | KEEPS, n), [0x11] = ROW(X_LEGACY | MR | KEEPS, n)
#define CONVERSIONS(n)                                                                             \
    [0x2a] = ROW(K | FORM_X_REG | KEEPS | FORM_REG_ONLY, 0), [0x2c] = ROW(RM | FORM_X_RM | KEEPS | \
                                                                              FORM_REG_ONLY,       \
                                                                          n)
#define MOVMSK ROW(RM | FORM_X_RM | FORM_REG_ONLY | FORM_VEX | KEEPS, 0)

const struct form forms_extended[3][4][256] = {
    {
        /* 0F */
        {
            MOVES(16),
            ARITHMETIC(16),
            LOGIC,
            [0x28] = ROW(X_LEGACY | FORM_REG_ONLY | KEEPS, 0),
            [0x2e] = ROW(X_LEGACY, 4),
            [0x40] = CMOV_4,
            CMOV_4,
            CMOV_4,
            CMOV_4,
            [0x50] = MOVMSK,
            [0x5a] = ROW(X, 8),
            [0x5b] = P16,
            [0x90] = SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            [0x98] = SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            SETCC,
            [0xa3] = ROW(K | FORM_REG_ONLY, 0), /* bt */
            [0xaf] = ROW(RM, 0),
            [0xb0] = { MR | FORM_LOCK | B, INSN_CMPXCHG, 0 },
            [0xb1] = { MR | FORM_LOCK, INSN_CMPXCHG, 0 },
            [0xb6] = ROW(RM | KEEPS, 1),
            [0xb7] = ROW(RM | KEEPS, 2), /* movzx */
            [0xba] = ROW(GROUP | I8 | FORM_REG_ONLY, 0),
            [0xbc] = ROW(RM | FORM_PARTIAL, 0),
            [0xbd] = ROW(RM | FORM_PARTIAL, 0), /* bsf bsr */
            [0xbe] = ROW(RM | KEEPS, 1),
            [0xbf] = ROW(RM | KEEPS, 2),                        /* movsx */
            [0xc0] = ROW(MR | FORM_DEF_REG | FORM_LOCK | B, 0), /* xadd */
            [0xc1] = ROW(MR | FORM_DEF_REG | FORM_LOCK, 0),
            [0xc2] = P16_IMM,
            [0xc6] = P16_IMM,
        },
        {
            /* 66 */
            ARITHMETIC(16),
            LOGIC,
            [0x2e] = ROW(X_LEGACY, 8),
            [0x50] = MOVMSK,
            [0x5a] = P16,
            [0x60] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0x68] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0x6e] = ROW(K | FORM_X_REG | KEEPS, 0), /* movd, movq */
            [0x70] = P16_IMM,
            [0x71] = SHIFT,
            SHIFT,
            SHIFT,
            P16,
            P16,
            P16,
            [0x7e] = ROW(K | FORM_X_REG | FORM_DEF_RM | FORM_REG_ONLY | KEEPS, 0),
            [0xb1] = { MR | FORM_LOCK, INSN_CMPXCHG, 0 },
            [0xc1] = ROW(MR | FORM_DEF_REG | FORM_LOCK, 0),
            [0xc2] = P16_IMM,
            [0xc4] = ROW(K | FORM_X_REG | FORM_VEX | I8, 2), /* pinsrw */
            [0xc6] = P16_IMM,
            [0xd1] = P16,
            P16,
            P16,
            P16,
            P16,
            [0xd7] = MOVMSK,
            [0xd8] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0xe0] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0xe8] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0xf1] = P16,
            P16,
            P16,
            P16,
            P16,
            [0xf8] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
        },
        {
            /* F3 */
            MOVES(4),
            ARITHMETIC(4),
            CONVERSIONS(4),
            [0x5a] = ROW(X, 4),
            [0x5b] = P16,
            [0xb8] = ROW(RM, 0),
            [0xbc] = ROW(RM, 0),
            [0xbd] = ROW(RM, 0), /* counts of bits */
            [0xe6] = ROW(X, 8),
        },
        {
            /* F2 */
            MOVES(8),
            ARITHMETIC(8),
            CONVERSIONS(8),
            [0x12] = ROW(X, 8),
            [0x5a] = ROW(X, 8),
            [0x70] = P16_IMM,
        },
    },
    {
        /* 0F38 */
        {
            [0xf2] = ROW(RM | FORM_VEX_ONLY, 0), /* andn */
        },
        {
            /* 66 */
            [0x00] = P16,
            [0x04] = P16,
            [0x0b] = P16,
            [0x17] = P16,
            [0x18] = ROW(X | FORM_VEX_ONLY, 4), /* broadcasts */
            [0x1c] = P16,
            P16,
            P16,
            [0x20] = ROW(X, 8),
            [0x23] = ROW(X, 8),
            [0x25] = ROW(X, 8),
            [0x28] = P16,
            P16,
            [0x2b] = P16,
            [0x30] = ROW(X, 8),
            [0x33] = ROW(X, 8),
            [0x35] = ROW(X, 8),
            [0x37] = ROW(X | FORM_VEX_ONLY, 16),
            [0x38] = P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            P16,
            [0x78] = ROW(X | FORM_VEX_ONLY, 1),
            [0x79] = ROW(X | FORM_VEX_ONLY, 2),
            [0xf7] = ROW(RM | FORM_VEX_ONLY | KEEPS, 0), /* shlx */
        },
        { [0xf7] = ROW(RM | FORM_VEX_ONLY | KEEPS, 0) }, /* sarx */
        { [0xf7] = ROW(RM | FORM_VEX_ONLY | KEEPS, 0) }, /* shrx */
    },
    {
        /* 0F3A */
        { { 0 } },
        {
            /* 66 */
            [0x08] = P16_IMM,
            P16_IMM,
            ROW(X | I8, 4),
            ROW(X | I8, 8), /* rounding */
            [0x0e] = P16_IMM,
            P16_IMM,
            [0x14] = ROW(K | FORM_X_REG | FORM_DEF_RM | FORM_VEX | I8 | KEEPS, 1), /* extracts */
            [0x15] = ROW(K | FORM_X_REG | FORM_DEF_RM | FORM_VEX | I8 | KEEPS, 2),
            [0x16] = ROW(K | FORM_X_REG | FORM_DEF_RM | FORM_VEX | I8 | KEEPS, 0),
            [0x20] = ROW(K | FORM_X_REG | FORM_VEX | I8, 1), /* inserts */
            [0x21] = ROW(X | I8, 4),
            [0x22] = ROW(K | FORM_X_REG | FORM_VEX | I8, 0),
        },
        { { 0 } },
        { [0xf0] = ROW(RM | FORM_VEX_ONLY | KEEPS | I8, 0) }, /* rorx */
    },
};
