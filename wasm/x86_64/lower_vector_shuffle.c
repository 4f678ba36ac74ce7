#include <string.h>

#include "wasm/x86_64/lower_vector.h"

/* i8x16.shuffle: the cheapest instruction that moves the bytes so, else pshufb. A shuffle
 * is held as 16 lanes, 0..15 of the first operand, 16..31 of the second. */

struct shuffle {
    uint8_t lanes[16];
    mach_operand a, b;
};

static uint64_t half_of(const uint8_t *bytes)
{
    uint64_t bits = 0;

    for (unsigned i = 8; i-- > 0;)
        bits = bits << 8 | bytes[i];
    return bits;
}

static mach_operand by_table(struct lower *l, mach_operand a, const uint8_t *index)
{
    return vec_pool_2(l, MOP_PSHUFB, a, half_of(index), half_of(index + 8));
}

/* Groups of `size` bytes move as a whole: group[i] is the number of the one that goes to i. */
static bool in_groups(const struct shuffle *s, unsigned size, uint8_t *group)
{
    for (unsigned i = 0; i < 16; i++) {
        if (s->lanes[i] % size != i % size || s->lanes[i] / size != s->lanes[i - i % size] / size)
            return false;
        group[i / size] = (uint8_t)(s->lanes[i] / size);
    }
    return true;
}

/* --- One operand */

static mach_operand shuffle_one(struct lower *l, const struct shuffle *s)
{
    uint8_t group[16];
    bool is_same = true;

    for (unsigned i = 0; i < 16; i++)
        is_same = is_same && s->lanes[i] == i;
    if (is_same)
        return s->a;
    if (in_groups(s, 4, group))
        return vec_imm(l, MOP_PSHUFD, s->a, MACH_NONE,
                       group[0] | group[1] << 2 | group[2] << 4 | group[3] << 6);
    return by_table(l, s->a, s->lanes);
}

/* --- Two operands */

/* The lanes i of the first, i of the second, i + 1 of the first, … from `from` on. */
static bool interleaves(const uint8_t *lanes, unsigned size, unsigned from)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned pair = i / (2 * size), second = i / size & 1;

        if (lanes[i] != from + pair * size + i % size + 16 * second)
            return false;
    }
    return true;
}

static mach_operand try_unpack(struct lower *l, const struct shuffle *s)
{
    static const uint16_t ops[2][4] = {
        { MOP_PUNPCKLBW, MOP_PUNPCKLWD, MOP_PUNPCKLDQ, MOP_PUNPCKLQDQ },
        { MOP_PUNPCKHBW, MOP_PUNPCKHWD, MOP_PUNPCKHDQ, MOP_PUNPCKHQDQ },
    };

    for (unsigned high = 0; high < 2; high++)
        for (unsigned k = 0; k < 4; k++)
            if (interleaves(s->lanes, 1u << k, 8 * high))
                return vec_2(l, (enum mach_op)ops[high][k], s->a, s->b);
    return MACH_NONE;
}

/* 16 bytes in a row out of both, one after the other. */
static mach_operand try_align(struct lower *l, const struct shuffle *s)
{
    for (unsigned i = 1; i < 16; i++)
        if (s->lanes[i] != s->lanes[0] + i)
            return MACH_NONE;
    return vec_imm(l, MOP_PALIGNR, s->b, s->a, s->lanes[0]);
}

/* Every word stays where it is. */
static mach_operand try_blend(struct lower *l, const struct shuffle *s)
{
    uint8_t group[16];
    int imm = 0;

    if (!in_groups(s, 2, group))
        return MACH_NONE;
    for (unsigned i = 0; i < 8; i++) {
        if (group[i] % 8 != i)
            return MACH_NONE;
        imm |= group[i] / 8 << i;
    }
    return vec_imm(l, MOP_PBLENDW, s->a, s->b, imm);
}

/* Two groups of the first, then two of the second. */
static mach_operand try_shufps(struct lower *l, const struct shuffle *s)
{
    uint8_t group[16];

    if (!in_groups(s, 4, group) || group[0] > 3 || group[1] > 3 || group[2] < 4 || group[3] < 4)
        return MACH_NONE;
    return vec_imm(l, MOP_SHUFP, s->a, s->b,
                   group[0] | group[1] << 2 | (group[2] - 4) << 4 | (group[3] - 4) << 6);
}

static mach_operand try_two(struct lower *l, const struct shuffle *s)
{
    static mach_operand (*const tries[])(struct lower *, const struct shuffle *) = {
        try_unpack,
        try_align,
        try_blend,
        try_shufps,
    };

    for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        mach_operand d = tries[i](l, s);

        if (d != MACH_NONE)
            return d;
    }
    return MACH_NONE;
}

static struct shuffle turned(const struct shuffle *s)
{
    struct shuffle t = { .a = s->b, .b = s->a };

    for (unsigned i = 0; i < 16; i++)
        t.lanes[i] = s->lanes[i] ^ 16;
    return t;
}

/* Each gives its bytes and zeroes (an index with the top bit) for the other's. */
static mach_operand by_tables(struct lower *l, const struct shuffle *s)
{
    uint8_t first[16], second[16];
    mach_operand x, y;

    for (unsigned i = 0; i < 16; i++) {
        first[i] = s->lanes[i] < 16 ? s->lanes[i] : 0x80;
        second[i] = s->lanes[i] < 16 ? 0x80 : s->lanes[i] - 16;
    }
    x = by_table(l, s->a, first);
    y = by_table(l, s->b, second);
    return vec_2(l, MOP_POR, x, y);
}

static mach_operand shuffle_two(struct lower *l, const struct shuffle *s)
{
    struct shuffle t = turned(s);
    mach_operand d = try_two(l, s);

    if (d == MACH_NONE)
        d = try_two(l, &t);
    return d != MACH_NONE ? d : by_tables(l, s);
}

/* Zeroes where the other operand, which is zero, is asked for. */
static mach_operand shuffle_zero(struct lower *l, const struct shuffle *s)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++)
        index[i] = s->lanes[i] < 16 ? s->lanes[i] : 0x80;
    return by_table(l, s->a, index);
}

static bool is_zero(const struct lower *l, ir_value v)
{
    const struct ir_val *value = lower_val(l, v);
    const uint32_t *w;

    if (value->op != IR_CONST_V128)
        return false;
    w = &l->f->extra[value->a];
    return (w[0] | w[1] | w[2] | w[3]) == 0;
}

mach_operand lower_vector_shuffle(struct lower *l, const struct ir_val *value)
{
    ir_value a = value->a, b = value->b;
    struct shuffle s;
    uint32_t from_a = 0;

    memcpy(s.lanes, &l->f->extra[value->c], sizeof s.lanes);
    for (unsigned i = 0; i < 16; i++) {
        s.lanes[i] &= a == b ? 15 : 31;
        from_a += s.lanes[i] < 16;
    }
    if (from_a == 0 || (from_a < 16 && is_zero(l, a))) { /* the second operand comes first */
        for (unsigned i = 0; i < 16; i++)
            s.lanes[i] ^= 16;
        a = value->b;
        b = value->a;
        from_a = 16 - from_a;
    }
    s.a = lower_use(l, a);
    if (from_a == 16)
        return shuffle_one(l, &s);
    if (is_zero(l, b))
        return shuffle_zero(l, &s);
    s.b = lower_use(l, b);
    return shuffle_two(l, &s);
}
