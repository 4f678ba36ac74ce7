/* lower_vector.h: what the files lower_vector*.c share. Private to them.
 *
 * Each function emits the instructions of one vector operation and yields the register
 * that holds the result; lower_vector.c has the last instruction write the value's own
 * register instead. Baseline is SSE4.1; with AVX the same operations take three operands. */
#ifndef BROCH_WASM_X86_64_LOWER_VECTOR_H
#define BROCH_WASM_X86_64_LOWER_VECTOR_H

#include "wasm/decode/instr.h"
#include "wasm/x86_64/lower.h"

#define VEC_ONES 0xffffffffffffffffu
#define VEC_EACH8(n) ((uint64_t)(n)*0x0101010101010101u)
#define VEC_EACH16(n) ((uint64_t)(n)*0x0001000100010001u)
#define VEC_EACH32(n) ((uint64_t)(n)*0x0000000100000001u)

/* --- lower_vector.c: instructions. The operation is the legacy name of a PAIR. */
enum mach_op vec_form(const struct lower *l, enum mach_op legacy);
mach_operand vec_temp(struct lower *l);
mach_operand vec_1(struct lower *l, enum mach_op op, mach_operand a);
mach_operand vec_2(struct lower *l, enum mach_op op, mach_operand a, mach_operand b);
/* The same for operations whose prefix depends on the size (8: f64x2). */
mach_operand vec_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                       mach_operand b);
/* With an 8-bit immediate; b MACH_NONE where there is none. */
mach_operand vec_imm(struct lower *l, enum mach_op op, mach_operand a, mach_operand b, int imm);
mach_operand vec_imm_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                           mach_operand b, int imm);
/* b is a constant: the same 64 bits twice, or two halves. */
mach_operand vec_pool(struct lower *l, enum mach_op op, mach_operand a, uint64_t each);
mach_operand vec_pool_sized(struct lower *l, enum mach_op op, unsigned size, mach_operand a,
                            uint64_t each);
mach_operand vec_pool_2(struct lower *l, enum mach_op op, mach_operand a, uint64_t low,
                        uint64_t high);
/* A constant in a register. */
mach_operand vec_const(struct lower *l, uint64_t each);
mach_operand vec_zero(struct lower *l);
mach_operand vec_not(struct lower *l, mach_operand a);
/* A 32-bit or 64-bit general register into a vector. */
mach_operand vec_from_int(struct lower *l, unsigned size, mach_operand a);
/* A new general register with an unsized result (movmskps, pextrb …) in it. */
mach_operand vec_to_int(struct lower *l, enum mach_op op, unsigned size, mach_operand a, int imm);

/* Each yields MACH_NONE where the operation is none of theirs. */
mach_operand lower_vector_int(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_compare(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_shift(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_float(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_lane(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_canon(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_shuffle(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_load(struct lower *l, const struct ir_val *value);
mach_operand lower_vector_load_lane(struct lower *l, const struct ir_val *value);
void lower_vector_store_lane(struct lower *l, const struct ir_val *value);

#endif
