#include "wasm/ir/fold.h"

static const uint8_t swapped[] = {
    [IR_EQ] = IR_EQ,     [IR_NE] = IR_NE,     [IR_LT_S] = IR_GT_S, [IR_LT_U] = IR_GT_U,
    [IR_GT_S] = IR_LT_S, [IR_GT_U] = IR_LT_U, [IR_LE_S] = IR_GE_S, [IR_LE_U] = IR_GE_U,
    [IR_GE_S] = IR_LE_S, [IR_GE_U] = IR_LE_U,
};
static const uint8_t inverted[] = {
    [IR_EQ] = IR_NE,     [IR_NE] = IR_EQ,     [IR_LT_S] = IR_GE_S, [IR_LT_U] = IR_GE_U,
    [IR_GT_S] = IR_LE_S, [IR_GT_U] = IR_LE_U, [IR_LE_S] = IR_GT_S, [IR_LE_U] = IR_GT_U,
    [IR_GE_S] = IR_LT_S, [IR_GE_U] = IR_LT_U,
};

static bool compare_consts(uint8_t cc, uint8_t type, uint64_t x, uint64_t y)
{
    int64_t s = type == IR_I32 ? (int32_t)x : (int64_t)x;
    int64_t t = type == IR_I32 ? (int32_t)y : (int64_t)y;

    switch (cc) {
    case IR_EQ: return x == y;
    case IR_NE: return x != y;
    case IR_LT_S: return s < t;
    case IR_LT_U: return x < y;
    case IR_GT_S: return s > t;
    case IR_GT_U: return x > y;
    case IR_LE_S: return s <= t;
    case IR_LE_U: return x <= y;
    case IR_GE_S: return s >= t;
    default: return x >= y;
    }
}

static ir_value truth(struct builder *b, bool holds) { return emit_const(b, IR_I32, holds); }

static ir_value inverse(struct builder *b, ir_value compare)
{
    struct ir_val x = *val(b, compare);

    if (x.op == IR_ICMP) {
        x.sub = inverted[x.sub];
        return emit_pure(b, x);
    }
    /* With a NaN only EQ and NE are each other's opposite. */
    if (x.op == IR_FCMP && (x.sub == IR_EQ || x.sub == IR_NE)) {
        x.sub = x.sub == IR_EQ ? IR_NE : IR_EQ;
        return emit_pure(b, x);
    }
    return 0;
}

/* x == 0 and x != 0 */
static ir_value fold_zero(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val x = *val(b, v->a);

    if (x.op == IR_ICMP || x.op == IR_FCMP)
        return v->sub == IR_NE ? v->a : inverse(b, v->a);
    if (v->sub == IR_NE && v->aux == IR_I32 && fold_bits(b, v->a) <= 1)
        return v->a;
    if (x.op == IR_SUB || x.op == IR_XOR) {
        v->a = x.a;
        v->b = x.b;
        *again = true;
    } else if (x.op == IR_EXTEND_U || x.op == IR_EXTEND_S) {
        v->a = x.a;
        v->aux = IR_I32;
        v->b = emit_const(b, IR_I32, 0);
        *again = true;
    }
    return 0;
}

static void compare_with(struct builder *b, struct ir_val *v, uint8_t cc, uint64_t k)
{
    v->sub = cc;
    v->b = emit_const(b, v->aux, k);
}

/* The constant is on the right. */
static ir_value fold_with_const(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val x = *val(b, v->a);
    uint64_t k = bits_at(b, v->b);
    uint64_t bits;

    if ((v->sub == IR_EQ || v->sub == IR_NE) && k == 0)
        return fold_zero(b, v, again);
    if ((v->sub == IR_LT_U && k == 1) || (v->sub == IR_LE_U && k == 0)) {
        compare_with(b, v, IR_EQ, 0);
        *again = true;
        return 0;
    }
    if ((v->sub == IR_GE_U && k == 1) || (v->sub == IR_GT_U && k == 0)) {
        compare_with(b, v, IR_NE, 0);
        *again = true;
        return 0;
    }
    bits = fold_bits(b, v->a);
    if (v->sub == IR_LT_U && k > bits)
        return truth(b, true);
    if (v->sub == IR_GE_U && k > bits)
        return truth(b, false);
    if ((v->sub == IR_LE_U && k >= bits) || (v->sub == IR_GE_U && k == 0))
        return truth(b, true);
    if ((v->sub == IR_GT_U && k >= bits) || (v->sub == IR_LT_U && k == 0))
        return truth(b, false);
    if ((v->sub == IR_EQ || v->sub == IR_NE) && (k & ~bits) != 0)
        return truth(b, v->sub == IR_NE);
    if ((v->sub == IR_EQ || v->sub == IR_NE) && k == 1 &&
        (x.op == IR_ICMP || (x.op == IR_FCMP && v->sub == IR_EQ)))
        return v->sub == IR_EQ ? v->a : inverse(b, v->a);
    if ((v->sub == IR_EQ || v->sub == IR_NE) && x.op == IR_ADD && is_const(b, x.b)) {
        v->b = emit_const(b, v->aux, k - bits_at(b, x.b));
        v->a = x.a;
        *again = true;
        return 0;
    }
    /* A 64-bit comparison of what is 32 bits wide. Below 2^31 the signs agree too. */
    if (v->aux == IR_I64 && x.op == IR_EXTEND_U && k <= INT32_MAX &&
        (v->sub == IR_EQ || v->sub == IR_NE || v->sub == IR_LT_U || v->sub == IR_LE_U ||
         v->sub == IR_GT_U || v->sub == IR_GE_U)) {
        v->aux = IR_I32;
        v->a = x.a;
        v->b = emit_const(b, IR_I32, k);
        *again = true;
    }
    return 0;
}

ir_value fold_compare(struct builder *b, struct ir_val *v, bool *again)
{
    bool a_const = is_const(b, v->a), b_const = is_const(b, v->b);
    struct ir_val x, y;

    if (v->aux != IR_I32 && v->aux != IR_I64)
        return 0;
    if (a_const && b_const)
        return truth(b,
                     compare_consts((uint8_t)v->sub, v->aux, bits_at(b, v->a), bits_at(b, v->b)));
    if (v->a == v->b)
        return truth(b, v->sub == IR_EQ || v->sub == IR_LE_S || v->sub == IR_LE_U ||
                            v->sub == IR_GE_S || v->sub == IR_GE_U);
    if (a_const) {
        ir_swap(&v->a, &v->b);
        v->sub = swapped[v->sub];
        b_const = true;
    }
    if (b_const)
        return fold_with_const(b, v, again);
    x = *val(b, v->a);
    y = *val(b, v->b);
    if (v->aux == IR_I64 && ((x.op == IR_EXTEND_U && y.op == IR_EXTEND_U) ||
                             (x.op == IR_EXTEND_S && y.op == IR_EXTEND_S && v->sub != IR_LT_U &&
                              v->sub != IR_LE_U && v->sub != IR_GT_U && v->sub != IR_GE_U))) {
        static const uint8_t as_unsigned[] = {
            [IR_EQ] = IR_EQ,     [IR_NE] = IR_NE,     [IR_LT_S] = IR_LT_U, [IR_LT_U] = IR_LT_U,
            [IR_GT_S] = IR_GT_U, [IR_GT_U] = IR_GT_U, [IR_LE_S] = IR_LE_U, [IR_LE_U] = IR_LE_U,
            [IR_GE_S] = IR_GE_U, [IR_GE_U] = IR_GE_U,
        };

        if (x.op == IR_EXTEND_U)
            v->sub = as_unsigned[v->sub];
        v->aux = IR_I32;
        v->a = x.a;
        v->b = y.a;
        *again = true;
    }
    return 0;
}
