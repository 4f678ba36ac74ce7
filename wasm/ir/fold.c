#include "wasm/ir/fold.h"

/* Rules that make a pure operation an existing value or a cheaper operation.
 * Floats: only what keeps every bit of every NaN the same. */

enum { FOLD_ROUNDS = 6, FOLD_DEPTH = 4 };

static uint64_t known_bits(const struct builder *b, ir_value at, unsigned depth);

static uint64_t known_bits_load(const struct ir_val *v)
{
    switch (v->sub) {
    case IR_ACCESS_8U: return 0xff;
    case IR_ACCESS_16U: return 0xffff;
    case IR_ACCESS_32U: return UINT32_MAX;
    default: return type_mask(v->type);
    }
}

static uint64_t known_bits_shift(const struct builder *b, const struct ir_val *v, unsigned depth)
{
    uint64_t mask = type_mask(v->type);
    uint64_t bits = known_bits(b, v->a, depth);
    unsigned count;

    if (!is_const(b, v->b))
        return v->op == IR_SHR_U && bits != 0 ? UINT64_MAX >> __builtin_clzll(bits) : mask;
    count = (unsigned)bits_at(b, v->b) & (type_width(v->type) - 1);
    return v->op == IR_SHL ? bits << count & mask : bits >> count;
}

static uint64_t known_bits(const struct builder *b, ir_value at, unsigned depth)
{
    const struct ir_val *v = &b->f->values[at];
    uint64_t mask = type_mask(v->type);

    if (v->op == IR_CONST)
        return ir_const_bits(v);
    if (depth == 0)
        return mask;
    switch (v->op) {
    case IR_ICMP:
    case IR_FCMP: return 1;
    case IR_LOAD: return known_bits_load(v);
    case IR_AND: return known_bits(b, v->a, depth - 1) & known_bits(b, v->b, depth - 1);
    case IR_OR:
    case IR_XOR: return known_bits(b, v->a, depth - 1) | known_bits(b, v->b, depth - 1);
    case IR_SHL:
    case IR_SHR_U: return known_bits_shift(b, v, depth - 1);
    case IR_EXTEND_U: return known_bits(b, v->a, depth - 1);
    case IR_WRAP: return known_bits(b, v->a, depth - 1) & mask;
    case IR_CLZ ... IR_POPCNT: return 0x7f;
    case IR_SELECT: return known_bits(b, v->b, depth - 1) | known_bits(b, v->c, depth - 1);
    default: return mask;
    }
}

uint64_t fold_bits(const struct builder *b, ir_value v) { return known_bits(b, v, FOLD_DEPTH); }

static ir_value rewrite(struct ir_val *v, uint8_t op, ir_value x, ir_value y, bool *again)
{
    *v = (struct ir_val){ .op = op, .type = v->type, .a = x, .b = y };
    *again = true;
    return 0;
}

static ir_value constant(struct builder *b, const struct ir_val *v, uint64_t bits)
{
    return emit_const(b, v->type, bits & type_mask(v->type));
}

/* v = (x op c1) op c2, for an op that associates. */
static bool reassociate(struct builder *b, struct ir_val *v, uint64_t *c)
{
    struct ir_val x = *val(b, v->a);

    if (x.op != v->op || x.type != v->type || !is_const(b, x.b) || !is_const(b, v->b))
        return false;
    *c = bits_at(b, x.b);
    v->a = x.a;
    return true;
}

static ir_value fold_add(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val x = *val(b, v->a);
    uint64_t c, k;

    if (is_const(b, v->b)) {
        k = bits_at(b, v->b);
        if (is_const(b, v->a))
            return constant(b, v, bits_at(b, v->a) + k);
        if (k == 0)
            return v->a;
        if (reassociate(b, v, &c)) {
            v->b = constant(b, v, c + k);
            *again = true;
        } else if (x.op == IR_SUB && is_const(b, x.a)) {
            return rewrite(v, IR_SUB, constant(b, v, bits_at(b, x.a) + k), x.b, again);
        }
    } else if (x.op == IR_SUB && is_const(b, x.a) && bits_at(b, x.a) == 0) {
        return rewrite(v, IR_SUB, v->b, x.b, again);
    }
    return 0;
}

static ir_value fold_sub(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val y = *val(b, v->b);

    if (v->a == v->b)
        return constant(b, v, 0);
    if (is_const(b, v->b))
        return rewrite(v, IR_ADD, v->a, constant(b, v, 0 - bits_at(b, v->b)), again);
    /* c1 - (x + c2) = (c1 - c2) - x */
    if (is_const(b, v->a) && y.op == IR_ADD && is_const(b, y.b))
        return rewrite(v, IR_SUB, constant(b, v, bits_at(b, v->a) - bits_at(b, y.b)), y.a, again);
    if (y.op == IR_SUB && is_const(b, y.a) && bits_at(b, y.a) == 0)
        return rewrite(v, IR_ADD, v->a, y.b, again);
    return 0;
}

static ir_value fold_mul(struct builder *b, struct ir_val *v, bool *again)
{
    uint64_t k, c;

    if (!is_const(b, v->b))
        return 0;
    k = bits_at(b, v->b);
    if (is_const(b, v->a))
        return constant(b, v, bits_at(b, v->a) * k);
    if (k == 0)
        return v->b;
    if (k == 1)
        return v->a;
    if (k == type_mask(v->type))
        return rewrite(v, IR_SUB, constant(b, v, 0), v->a, again);
    if ((k & (k - 1)) == 0)
        return rewrite(v, IR_SHL, v->a, constant(b, v, (uint64_t)__builtin_ctzll(k)), again);
    if (reassociate(b, v, &c)) {
        v->b = constant(b, v, c * k);
        *again = true;
    }
    return 0;
}

static ir_value fold_and(struct builder *b, struct ir_val *v, bool *again)
{
    uint64_t k, c, bits;

    if (v->a == v->b)
        return v->a;
    if (!is_const(b, v->b))
        return 0;
    k = bits_at(b, v->b);
    bits = fold_bits(b, v->a);
    if (is_const(b, v->a) || (bits & k) == 0)
        return constant(b, v, is_const(b, v->a) ? bits_at(b, v->a) & k : 0);
    if ((bits & ~k) == 0)
        return v->a;
    if (reassociate(b, v, &c)) {
        v->b = constant(b, v, c & k);
        *again = true;
    }
    return 0;
}

static ir_value fold_or(struct builder *b, struct ir_val *v, bool *again)
{
    uint64_t k, c;

    if (v->a == v->b)
        return v->op == IR_OR ? v->a : constant(b, v, 0);
    if (!is_const(b, v->b))
        return 0;
    k = bits_at(b, v->b);
    if (is_const(b, v->a))
        return constant(b, v, v->op == IR_OR ? bits_at(b, v->a) | k : bits_at(b, v->a) ^ k);
    if (k == 0)
        return v->a;
    if (v->op == IR_OR && k == type_mask(v->type))
        return v->b;
    if (v->op == IR_XOR && k == 1 && v->type == IR_I32 && val(b, v->a)->op == IR_ICMP)
        return emit_icmp(b, IR_EQ, v->a, constant(b, v, 0));
    if (reassociate(b, v, &c)) {
        v->b = constant(b, v, v->op == IR_OR ? c | k : c ^ k);
        *again = true;
    }
    return 0;
}

static uint64_t shift_const(const struct ir_val *v, uint64_t x, unsigned n)
{
    unsigned width = type_width(v->type);
    int64_t wide = width == 32 ? (int32_t)x : (int64_t)x;

    switch (v->op) {
    case IR_SHL: return x << n;
    case IR_SHR_U: return x >> n;
    case IR_SHR_S: return (uint64_t)(wide >> n);
    case IR_ROTL: return n == 0 ? x : x << n | x >> (width - n);
    default: return n == 0 ? x : x >> n | x << (width - n);
    }
}

/* x << n >> n: a narrowing. */
static ir_value fold_shift_pair(struct builder *b, struct ir_val *v, unsigned n, bool *again)
{
    struct ir_val x = *val(b, v->a);
    unsigned width = type_width(v->type);

    if (x.op != IR_SHL || !is_const(b, x.b) || (bits_at(b, x.b) & (width - 1)) != n)
        return 0;
    if (v->op == IR_SHR_U)
        return rewrite(v, IR_AND, x.a, constant(b, v, type_mask(v->type) >> n), again);
    if (width - n == 8)
        return rewrite(v, IR_EXTEND8_S, x.a, 0, again);
    if (width - n == 16)
        return rewrite(v, IR_EXTEND16_S, x.a, 0, again);
    if (width - n == 32)
        return rewrite(v, IR_EXTEND32_S, x.a, 0, again);
    return 0;
}

static ir_value fold_shift(struct builder *b, struct ir_val *v, bool *again)
{
    unsigned width = type_width(v->type);
    struct ir_val x = *val(b, v->a);
    struct ir_val y = *val(b, v->b);
    unsigned n;

    /* The count is taken modulo the width anyway. */
    if (y.op == IR_AND && is_const(b, y.b) && (bits_at(b, y.b) & (width - 1)) == width - 1) {
        v->b = y.a;
        *again = true;
        return 0;
    }
    if (y.op != IR_CONST)
        return 0;
    n = (unsigned)bits_at(b, v->b) & (width - 1);
    if (n == 0)
        return v->a;
    if (x.op == IR_CONST)
        return constant(b, v, shift_const(v, bits_at(b, v->a), n));
    if (n != bits_at(b, v->b))
        v->b = constant(b, v, n);
    if (v->op == IR_ROTR)
        return rewrite(v, IR_ROTL, v->a, constant(b, v, width - n), again);
    if (v->op == IR_SHR_S && fold_bits(b, v->a) >> (width - 1) == 0)
        return rewrite(v, IR_SHR_U, v->a, v->b, again);
    if (v->op == IR_SHR_U && fold_bits(b, v->a) >> n == 0)
        return constant(b, v, 0);
    if (v->op == IR_SHR_U || v->op == IR_SHR_S)
        fold_shift_pair(b, v, n, again);
    if (!*again && x.op == v->op && v->op != IR_ROTL && is_const(b, x.b)) {
        uint64_t sum = n + (bits_at(b, x.b) & (width - 1));

        if (sum < width)
            return rewrite(v, v->op, x.a, constant(b, v, sum), again);
        if (v->op != IR_SHR_S)
            return constant(b, v, 0);
    }
    return 0;
}

static ir_value fold_count(struct builder *b, struct ir_val *v)
{
    uint64_t x;
    unsigned width = type_width(v->type);

    if (!is_const(b, v->a))
        return 0;
    x = bits_at(b, v->a);
    if (v->op == IR_POPCNT)
        return constant(b, v, (uint64_t)__builtin_popcountll(x));
    if (x == 0)
        return constant(b, v, width);
    if (v->op == IR_CTZ)
        return constant(b, v, (uint64_t)__builtin_ctzll(x));
    return constant(b, v, (uint64_t)__builtin_clzll(x) - (64 - width));
}

static ir_value fold_sign(struct builder *b, struct ir_val *v, unsigned width, bool *again)
{
    struct ir_val x = *val(b, v->a);
    unsigned unused = 64 - width;

    if (x.op == IR_CONST)
        return constant(b, v, (uint64_t)((int64_t)(bits_at(b, v->a) << unused) >> unused));
    if (fold_bits(b, v->a) >> (width - 1) == 0)
        return v->a;
    if (x.op == v->op || (width > 8 && x.op == IR_EXTEND8_S) ||
        (width > 16 && x.op == IR_EXTEND16_S))
        return v->a;
    if (x.op == IR_LOAD && (x.sub == IR_ACCESS_8S || (width >= 16 && x.sub == IR_ACCESS_16S) ||
                            (width >= 32 && x.sub == IR_ACCESS_32S)))
        return v->a;
    if (width == 32 && x.op == IR_EXTEND_S)
        return v->a;
    if (width == 32 && x.op == IR_EXTEND_U)
        return rewrite(v, IR_EXTEND_S, x.a, 0, again);
    return 0;
}

static ir_value fold_width(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val x = *val(b, v->a);

    if (v->op == IR_EXTEND_S) {
        if (x.op == IR_CONST)
            return constant(b, v, (uint64_t)(int64_t)(int32_t)x.a);
        return fold_bits(b, v->a) >> 31 == 0 ? rewrite(v, IR_EXTEND_U, v->a, 0, again) : 0;
    }
    if (v->op == IR_EXTEND_U) {
        if (x.op == IR_CONST)
            return constant(b, v, x.a);
        return x.op == IR_WRAP && fold_bits(b, x.a) >> 32 == 0 ? x.a : 0;
    }
    if (x.op == IR_CONST)
        return constant(b, v, x.a);
    if (x.op == IR_EXTEND_S || x.op == IR_EXTEND_U)
        return x.a;
    if (x.op == IR_EXTEND32_S ||
        (x.op == IR_AND && is_const(b, x.b) && (uint32_t)bits_at(b, x.b) == UINT32_MAX))
        return rewrite(v, IR_WRAP, x.a, 0, again);
    return 0;
}

static ir_value fold_float(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val x = *val(b, v->a);

    if (v->op == IR_BITS) {
        if (x.op == IR_CONST)
            return constant(b, v, ir_const_bits(&x));
        return x.op == IR_BITS && x.aux == v->type ? x.a : 0;
    }
    if (v->op == IR_FABS && (x.op == IR_FNEG || x.op == IR_FABS))
        return rewrite(v, IR_FABS, x.a, 0, again);
    return v->op == IR_FNEG && x.op == IR_FNEG ? x.a : 0;
}

static ir_value fold_select(struct builder *b, struct ir_val *v, bool *again)
{
    struct ir_val k = *val(b, v->a);

    if (k.op == IR_CONST)
        return k.a != 0 ? v->b : v->c;
    if (v->b == v->c)
        return v->b;
    if (k.op == IR_ICMP && k.aux == IR_I32 && is_const(b, k.b) && bits_at(b, k.b) == 0 &&
        (k.sub == IR_EQ || k.sub == IR_NE)) {
        v->a = k.a;
        if (k.sub == IR_EQ)
            ir_swap(&v->b, &v->c);
        *again = true;
        return 0;
    }
    if (v->type == IR_I32 && is_const(b, v->b) && is_const(b, v->c)) {
        uint64_t yes = bits_at(b, v->b), no = bits_at(b, v->c);
        ir_value cond = v->a;

        if (yes == 1 && no == 0)
            return emit_icmp(b, IR_NE, cond, emit_const(b, IR_I32, 0));
        if (yes == 0 && no == 1)
            return emit_icmp(b, IR_EQ, cond, emit_const(b, IR_I32, 0));
    }
    return 0;
}

static bool commutes(uint8_t op)
{
    return op == IR_ADD || op == IR_MUL || op == IR_AND || op == IR_OR || op == IR_XOR;
}

static ir_value fold_once(struct builder *b, struct ir_val *v, bool *again)
{
    if (commutes(v->op) && (is_const(b, v->a) || (!is_const(b, v->b) && v->a > v->b)))
        ir_swap(&v->a, &v->b);
    switch (v->op) {
    case IR_ADD: return fold_add(b, v, again);
    case IR_SUB: return fold_sub(b, v, again);
    case IR_MUL: return fold_mul(b, v, again);
    case IR_AND: return fold_and(b, v, again);
    case IR_OR:
    case IR_XOR: return fold_or(b, v, again);
    case IR_SHL ... IR_ROTR: return fold_shift(b, v, again);
    case IR_CLZ ... IR_POPCNT: return fold_count(b, v);
    case IR_EXTEND8_S: return fold_sign(b, v, 8, again);
    case IR_EXTEND16_S: return fold_sign(b, v, 16, again);
    case IR_EXTEND32_S: return fold_sign(b, v, 32, again);
    case IR_EXTEND_S:
    case IR_EXTEND_U:
    case IR_WRAP: return fold_width(b, v, again);
    case IR_BITS:
    case IR_FABS:
    case IR_FNEG: return fold_float(b, v, again);
    case IR_ICMP: return fold_compare(b, v, again);
    case IR_SELECT: return fold_select(b, v, again);
    default: return 0;
    }
}

ir_value fold(struct builder *b, struct ir_val *v)
{
    bool again = true;

    for (unsigned round = 0; again && round < FOLD_ROUNDS; round++) {
        ir_value found;

        again = false;
        found = fold_once(b, v, &again);
        if (found != 0)
            return found;
    }
    return 0;
}
