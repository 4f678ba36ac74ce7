#include "wasm/opt/opt.h"

/* Loop-invariant code. A pure value whose operands come from outside a loop moves
 * to the end of its preheader; one pass in block order, so that operands move
 * before what uses them, through as many loops as possible. Cheap things stay where
 * they are: registers are worth more. */

enum {
    LICM_LEVELS = 8,   /* loops that one value may leave */
    LICM_INTEGERS = 5, /* values that one loop may be given to keep in registers */
    LICM_FLOATS = 8,
    LICM_CHAIN = 256, /* dominators of a latch that are looked at */
};

struct licm {
    struct ir_func *f;
    ir_block *block_of; /* per value */
    uint8_t *integers;  /* per loop: how many were moved in front of it */
    uint8_t *floats;
    bool *always; /* per block: runs in every round of its loop that comes to its end */
};

/* The blocks that dominate a loop's last latch. */
static void mark_always(struct licm *m)
{
    const struct ir_func *f = m->f;

    for (uint32_t i = 1; i < f->loop_count; i++) {
        const struct ir_loop *l = &f->loops[i];
        ir_block b = l->end - 1;

        for (unsigned n = 0; n < LICM_CHAIN && b >= l->header; n++) {
            if (f->blocks[b].loop == i)
                m->always[b] = true;
            if (b == l->header)
                break;
            b = f->blocks[b].idom;
        }
    }
}

static bool is_const(const struct ir_func *f, ir_value v) { return f->values[v].op == IR_CONST; }

/* Worth a register for the length of a loop. */
static bool is_worth(const struct ir_func *f, const struct ir_val *v)
{
    switch (v->op) {
    case IR_ADD:
    case IR_SUB:
    case IR_AND ... IR_ROTR: return !is_const(f, v->b);
    case IR_COPY:
    case IR_CONST:
    case IR_CONST_V128:
    case IR_EXTEND_U:
    case IR_WRAP:
    case IR_ICMP:
    case IR_FCMP:
    case IR_SELECT:
    case IR_REF_FUNC: return false;
    default: return true;
    }
}

static bool is_inside(const struct licm *m, ir_value v, const struct ir_loop *l)
{
    return m->block_of[v] >= l->header && m->block_of[v] < l->end;
}

static bool is_invariant(const struct licm *m, struct ir_val *v, const struct ir_loop *l)
{
    bool all = true;

    IR_EACH_OPERAND(m->f, v, 0, at, all = all && !is_inside(m, *at, l););
    return all;
}

/* The outermost loop that the value can leave, or 0. */
static uint32_t loop_to_leave(struct licm *m, struct ir_val *v, ir_block b)
{
    const struct ir_func *f = m->f;
    bool is_float = v->type == IR_F32 || v->type == IR_F64 || v->type == IR_V128;
    uint8_t *counts = is_float ? m->floats : m->integers;
    unsigned most = is_float ? LICM_FLOATS : LICM_INTEGERS;
    uint32_t loop = f->blocks[b].loop;
    uint32_t leave = 0;

    for (unsigned n = 0; n < LICM_LEVELS && loop != 0; n++) {
        const struct ir_loop *l = &f->loops[loop];

        if (counts[loop] >= most || !is_invariant(m, v, l))
            break;
        /* What hangs on a condition inside is not worth doing always. */
        if (!m->always[leave == 0 ? b : f->loops[leave].preheader])
            break;
        leave = loop;
        loop = l->parent;
    }
    for (uint32_t i = f->blocks[b].loop; leave != 0 && i != f->loops[leave].parent;
         i = f->loops[i].parent)
        counts[i]++;
    return leave;
}

/* To the end of the block, in front of its terminator (whose place the terminator's
 * predecessor in the list must name: found by `tail`). */
static void append(struct ir_func *f, ir_block to, ir_value v, ir_value *tail)
{
    struct ir_blk *k = &f->blocks[to];
    ir_value before = tail[to];

    f->values[v].next = k->last;
    if (before == 0)
        k->first = v;
    else
        f->values[before].next = v;
    tail[to] = v;
}

static void licm_block(struct licm *m, ir_block b, ir_value *tail)
{
    struct ir_func *f = m->f;
    ir_value *link = &f->blocks[b].first;
    ir_value before = 0;

    while (*link != 0) {
        ir_value v = *link;
        struct ir_val *x = &f->values[v];
        uint32_t leave = 0;

        if (x->op != IR_PHI && ir_flags_of(f, x) == IR_FLAG_PURE && is_worth(f, x))
            leave = loop_to_leave(m, x, b);
        if (leave != 0) {
            *link = x->next;
            m->block_of[v] = f->loops[leave].preheader;
            append(f, m->block_of[v], v, tail);
            continue;
        }
        if (x->next != 0)
            before = v;
        link = &x->next;
    }
    tail[b] = before;
}

enum err opt_licm(struct ir_func *f)
{
    struct licm m = { .f = f };
    ir_value *tail;

    if (f->loop_count <= 1)
        return ERR_OK;
    m.block_of = ir_scratch(f);
    m.integers = arena_alloc(f->arena, f->loop_count);
    m.floats = arena_alloc(f->arena, f->loop_count);
    m.always = arena_array(f->arena, f->block_count, sizeof *m.always);
    tail = arena_array(f->arena, f->block_count, sizeof *tail);
    if (m.block_of == NULL || m.integers == NULL || m.floats == NULL || m.always == NULL ||
        tail == NULL)
        return ERR_NOMEM;
    for (ir_block b = 0; b < f->block_count; b++)
        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next)
            m.block_of[v] = b;
    mark_always(&m);
    for (ir_block b = 0; b < f->block_count; b++)
        licm_block(&m, b, tail);
    return ERR_OK;
}
