/* operand.h: which words of an operation are operands.
 *
 * The one list that cleaning, checking and the passes share. Operands in a, b, c
 * are given by a mask; those in extra (phis, calls, returns) by a range. */
#ifndef BROCH_WASM_IR_OPERAND_H
#define BROCH_WASM_IR_OPERAND_H

#include "wasm/ir/ir.h"

enum {
    IR_USES_A = 1,
    IR_USES_B = 2,
    IR_USES_C = 4,
    IR_USES_LIST = 8,
    IR_USES_PHI = 16,
    IR_USES_SWAP = 32 /* ATOMIC_CMPXCHG: extra[c + 1] too */
};

extern const uint8_t ir_op_operands[IR_OP_COUNT];

/* For VECTOR the operand count is not in the operation: unused words are 0, and
 * value 0 is nothing. */
static inline unsigned ir_operands(const struct ir_val *v)
{
    if (v->op != IR_VECTOR)
        return ir_op_operands[v->op];
    return (v->a != 0 ? IR_USES_A : 0u) | (v->b != 0 ? IR_USES_B : 0u) |
           (v->c != 0 ? IR_USES_C : 0u);
}

/* Calls visit(context, &operand) for each operand of v; phis need their block's
 * predecessor count. */
#define IR_EACH_OPERAND(f, v, pred_count, at, body)                               \
    do {                                                                          \
        unsigned uses_ = ir_operands(v);                                          \
        if ((uses_ & IR_USES_A) != 0) {                                           \
            __auto_type at = &(v)->a;                                             \
            body                                                                  \
        }                                                                         \
        if ((uses_ & IR_USES_B) != 0) {                                           \
            __auto_type at = &(v)->b;                                             \
            body                                                                  \
        }                                                                         \
        if ((uses_ & IR_USES_C) != 0) {                                           \
            __auto_type at = &(v)->c;                                             \
            body                                                                  \
        }                                                                         \
        if ((uses_ & IR_USES_SWAP) != 0) {                                        \
            __auto_type at = &(f)->extra[(v)->c + 1];                             \
            body                                                                  \
        }                                                                         \
        if ((uses_ & (IR_USES_LIST | IR_USES_PHI)) != 0) {                        \
            uint32_t count_ = (uses_ & IR_USES_PHI) != 0 ? (pred_count) : (v)->b; \
            for (uint32_t i_ = 0; i_ < count_; i_++) {                            \
                __auto_type at = &(f)->extra[(v)->a + i_];                        \
                body                                                              \
            }                                                                     \
        }                                                                         \
    } while (0)

#endif
