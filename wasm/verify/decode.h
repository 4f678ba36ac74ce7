/* decode.h: one x86-64 instruction, in the words that the verifier thinks in.
 *
 * Knows exactly the forms that the compiler may emit (docs/machine-code.md) and refuses
 * the rest: any other opcode, prefix, or way to write an operand. It shares nothing with
 * the encoder. Vector registers are not told apart: no address and no reference is ever
 * in one. (Intel SDM volume 2, chapter 2 and appendix A.) */
#ifndef BROCH_WASM_VERIFY_DECODE_H
#define BROCH_WASM_VERIFY_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REG_RAX,
    REG_RCX,
    REG_RDX,
    REG_RBX,
    REG_RSP,
    REG_RBP,
    REG_RSI,
    REG_RDI,
    REG_R8,
    REG_R9,
    REG_R10,
    REG_R11,
    REG_R12,
    REG_R13,
    REG_R14,
    REG_R15,
    REG_COUNT,
    REG_RIP = 0xfe, /* as a base */
    REG_NONE = 0xff,
};

enum insn_op {
    INSN_PLAIN, /* computes something that no address may be made of */
    INSN_NOP,
    INSN_MOV,
    INSN_MOV_IMM,
    INSN_STORE,
    INSN_STORE_IMM,
    INSN_ADD,
    INSN_XOR,
    INSN_CMP,
    INSN_ADD_IMM,
    INSN_SUB_IMM,
    INSN_CMP_IMM,
    INSN_LEA,
    INSN_MOVSXD,
    INSN_CMOV,
    INSN_DIVIDE,  /* writes rax and rdx */
    INSN_CMPXCHG, /* writes rax */
    INSN_PUSH,
    INSN_POP,
    INSN_RET,
    INSN_CALL, /* rel32 */
    INSN_JMP,  /* rel8 or rel32 */
    INSN_JCC,
    INSN_CALL_INDIRECT,
    INSN_JMP_INDIRECT,
    INSN_STOP, /* int3 */
};

/* Hardware condition codes (the low four bits of jcc's opcode). */
enum { COND_B = 2, COND_AE = 3, COND_E = 4, COND_NE = 5, COND_BE = 6, COND_A = 7 };

struct insn {
    uint32_t at;
    uint32_t next;   /* of the instruction after it */
    uint32_t target; /* of a direct branch, or of a rip-relative operand */
    uint8_t op;      /* enum insn_op */
    uint8_t width;   /* of its general registers and of the operation: 1 2 4 8 */
    uint8_t cc;
    uint8_t reg; /* the general registers in its fields, or REG_NONE */
    uint8_t rm;
    uint8_t def;     /* the general register that it writes, or REG_NONE */
    bool is_partial; /* it may leave upper bits of def as they were */
    bool keeps_flags;
    bool has_mem;
    bool writes_mem;
    uint8_t base;  /* or REG_NONE, REG_RIP */
    uint8_t index; /* or REG_NONE */
    uint8_t scale;
    uint8_t access; /* bytes of memory that it touches */
    int32_t disp;
    int64_t imm;
};

/* Is its memory operand the word of the context (r15) at disp? */
static inline bool insn_is_of_context(const struct insn *in, int32_t disp)
{
    return in->has_mem && in->base == REG_R15 && in->index == REG_NONE && in->disp == disp;
}

/* False where the bytes at `at` (below size) are no instruction that may be emitted, or go
 * past size.
 * config: enum wasm_config; a form is known only with the feature it needs. */
bool insn_decode(struct insn *out, const uint8_t *text, uint32_t size, uint32_t at,
                 uint64_t config);

#endif
