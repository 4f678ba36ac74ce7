#include "wasm/ir/operand.h"

/* The rules of ir.h, one after the other. For tests: it trusts nothing that a pass
 * says about the function, only sizes of arrays. */

struct checker {
    const struct ir_func *f;
    ir_block *block_of; /* of each value; IR_BLOCK_NONE: in no list */
    uint32_t *place;    /* order in its block */
    uint32_t *seen;     /* per block, for counting predecessors */
    uint32_t *enter;    /* dominator tree numbering: depth is enough with jumps */
    const char *why;
};

#define IR_BLOCK_NONE UINT32_MAX

static bool refuse(struct checker *c, const char *why)
{
    if (c->why == NULL)
        c->why = why;
    return false;
}

static const struct ir_val *value(const struct checker *c, ir_value v) { return &c->f->values[v]; }

static bool is_end(const struct ir_val *v) { return (ir_op_flags[v->op] & IR_FLAG_END) != 0; }

static bool check_list(struct checker *c, ir_block b)
{
    const struct ir_blk *k = &c->f->blocks[b];
    uint32_t place = 0;
    ir_value last = 0;
    bool phis = true;

    for (ir_value v = k->first; v != 0; v = value(c, v)->next) {
        const struct ir_val *x;

        if (v >= c->f->value_count)
            return refuse(c, "a value number is too large");
        x = value(c, v);
        if (c->block_of[v] != IR_BLOCK_NONE)
            return refuse(c, "a value is in two lists");
        if (x->op >= IR_OP_COUNT || x->op == IR_NOP || x->op == IR_COPY)
            return refuse(c, "a list holds an unknown, dropped or aliased operation");
        if (x->op == IR_PHI && !phis)
            return refuse(c, "a phi after another operation");
        phis = x->op == IR_PHI;
        if (is_end(x) != (x->next == 0))
            return refuse(c, "a terminator inside a block, or none at its end");
        c->block_of[v] = b;
        c->place[v] = place++;
        last = v;
    }
    if (last == 0 || last != k->last)
        return refuse(c, "the block's last value is not the end of its list");
    return true;
}

static uint32_t succ_expected(const struct ir_val *end)
{
    switch (end->op) {
    case IR_JUMP: return 1;
    case IR_BRANCH:
    case IR_INVOKE: return 2;
    default: return 0;
    }
}

static bool check_edges(struct checker *c, ir_block b)
{
    const struct ir_func *f = c->f;
    const struct ir_blk *k = &f->blocks[b];
    const struct ir_val *end = value(c, k->last);

    if (end->op == IR_SWITCH ? k->succ_count < 1 : k->succ_count != succ_expected(end))
        return refuse(c, "the terminator has another number of successors");
    if (k->succ_count == 2 && end->op == IR_BRANCH && f->extra[k->succ] == f->extra[k->succ + 1])
        return refuse(c, "a branch with one target");
    for (uint32_t i = 0; i < k->succ_count; i++) {
        ir_block s = f->extra[k->succ + i];
        uint32_t found = 0;

        if (s >= f->block_count)
            return refuse(c, "a successor's number is too large");
        if (s == 0)
            return refuse(c, "the entry has a predecessor");
        for (uint32_t p = 0; p < f->blocks[s].pred_count && f->blocks[s].pred_count < 64; p++)
            found += f->extra[f->blocks[s].pred + p] == b;
        if (f->blocks[s].pred_count < 64 && found != 1)
            return refuse(c, "a predecessor is missing or listed twice");
        if (s <= b && !f->blocks[s].is_loop_header)
            return refuse(c, "an edge back to a block that is no loop header");
    }
    for (uint32_t p = 0; p < k->pred_count; p++)
        if (f->extra[k->pred + p] >= f->block_count)
            return refuse(c, "a predecessor's number is too large");
    if (b != 0 && k->pred_count == 0)
        return refuse(c, "a block that nothing reaches");
    return true;
}

/* Each block counts its different successors; the sums must be the pred_counts. */
static bool check_counts(struct checker *c)
{
    const struct ir_func *f = c->f;
    uint32_t *count = c->enter;

    for (ir_block b = 0; b < f->block_count; b++)
        c->seen[b] = IR_BLOCK_NONE;
    for (ir_block b = 0; b < f->block_count; b++)
        for (uint32_t i = 0; i < f->blocks[b].succ_count; i++) {
            ir_block s = f->extra[f->blocks[b].succ + i];

            if (c->seen[s] == b)
                continue;
            c->seen[s] = b;
            count[s]++;
        }
    for (ir_block b = 0; b < f->block_count; b++)
        if (count[b] != f->blocks[b].pred_count)
            return refuse(c, "the number of predecessors is wrong");
    return true;
}

static bool dominates(const struct checker *c, ir_block above, ir_block below)
{
    while (below > above)
        below = c->f->blocks[below].idom;
    return below == above;
}

static bool check_order(struct checker *c, ir_block b)
{
    const struct ir_func *f = c->f;
    const struct ir_blk *k = &f->blocks[b];
    uint32_t forward = 0;

    if (b != 0 && k->idom >= b)
        return refuse(c, "a dominator comes later");
    for (uint32_t i = 0; i < k->pred_count; i++) {
        ir_block p = f->extra[k->pred + i];

        if (p >= b ? !dominates(c, b, p) : !dominates(c, k->idom, p))
            return refuse(c, "the dominator does not dominate a predecessor");
        forward += p < b;
    }
    if (b != 0 && forward == 0)
        return refuse(c, "no predecessor comes earlier");
    if (k->is_loop_header) {
        const struct ir_loop *l = &f->loops[k->loop];

        if (l->header != b || forward != 1)
            return refuse(c, "a loop header without its loop, or with two ways in");
        if (value(c, f->blocks[l->preheader].last)->op != IR_JUMP || k->idom != l->preheader)
            return refuse(c, "a loop without a preheader");
    }
    return true;
}

static bool check_loops(struct checker *c)
{
    const struct ir_func *f = c->f;

    for (uint32_t i = 1; i < f->loop_count; i++) {
        const struct ir_loop *l = &f->loops[i];
        const struct ir_loop *up = &f->loops[l->parent];

        if (l->header >= f->block_count || l->end > f->block_count || l->end <= l->header)
            return refuse(c, "a loop without blocks");
        if (l->parent >= i || (l->parent != 0 && (up->header >= l->header || up->end < l->end)))
            return refuse(c, "a loop is not inside its parent");
    }
    for (ir_block b = 0; b < f->block_count; b++) {
        const struct ir_blk *k = &f->blocks[b];

        if (k->loop >= f->loop_count)
            return refuse(c, "a loop's number is too large");
        if (k->loop != 0 && (b < f->loops[k->loop].header || b >= f->loops[k->loop].end))
            return refuse(c, "a block outside its loop");
        for (uint32_t i = 0; i < k->pred_count; i++)
            if (f->extra[k->pred + i] >= b && f->extra[k->pred + i] >= f->loops[k->loop].end)
                return refuse(c, "a latch outside its loop");
    }
    return true;
}

static bool available(struct checker *c, ir_value v, ir_block b, uint32_t place)
{
    if (v == 0 || v >= c->f->value_count || c->block_of[v] == IR_BLOCK_NONE)
        return refuse(c, "an operand that is in no block");
    if (value(c, v)->type == IR_VOID)
        return refuse(c, "an operand that yields nothing");
    if (c->block_of[v] == b ? c->place[v] >= place : !dominates(c, c->block_of[v], b))
        return refuse(c, "an operand that does not dominate its use");
    return true;
}

static bool check_phi(struct checker *c, ir_block b, const struct ir_val *x)
{
    const struct ir_blk *k = &c->f->blocks[b];

    for (uint32_t i = 0; i < k->pred_count; i++) {
        ir_value v = c->f->extra[x->a + i];

        if (!available(c, v, c->f->extra[k->pred + i], UINT32_MAX))
            return false;
        if (value(c, v)->type != x->type)
            return refuse(c, "a phi of two types");
    }
    return true;
}

static bool same_types(struct checker *c, const struct ir_val *x, uint8_t type, ir_value v)
{
    (void)x;
    return value(c, v)->type == type || refuse(c, "an operand of another type");
}

static bool check_types(struct checker *c, const struct ir_val *x)
{
    switch (x->op) {
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_AND:
    case IR_OR:
    case IR_XOR:
    case IR_SHL:
    case IR_SHR_S:
    case IR_SHR_U:
    case IR_ROTL:
    case IR_ROTR:
    case IR_DIV_S:
    case IR_DIV_U:
    case IR_REM_S:
    case IR_REM_U:
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FMIN:
    case IR_FMAX:
    case IR_FCOPYSIGN: return same_types(c, x, x->type, x->a) && same_types(c, x, x->type, x->b);
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
    case IR_EXTEND8_S:
    case IR_EXTEND16_S:
    case IR_EXTEND32_S:
    case IR_FABS:
    case IR_FNEG:
    case IR_FSQRT:
    case IR_FCEIL:
    case IR_FFLOOR:
    case IR_FTRUNC:
    case IR_FNEAREST:
    case IR_CANON:
    case IR_BOUND: return same_types(c, x, x->type, x->a);
    case IR_ICMP:
    case IR_FCMP: return same_types(c, x, x->aux, x->a) && same_types(c, x, x->aux, x->b);
    case IR_EXTEND_S:
    case IR_EXTEND_U:
    case IR_BRANCH:
    case IR_SWITCH: return same_types(c, x, IR_I32, x->a);
    case IR_WRAP: return same_types(c, x, IR_I64, x->a);
    case IR_PROMOTE: return same_types(c, x, IR_F32, x->a);
    case IR_DEMOTE: return same_types(c, x, IR_F64, x->a);
    case IR_CONVERT_S:
    case IR_CONVERT_U:
    case IR_TRUNC_S:
    case IR_TRUNC_U:
    case IR_TRUNC_SAT_S:
    case IR_TRUNC_SAT_U:
    case IR_BITS: return same_types(c, x, x->aux, x->a);
    case IR_SELECT:
        return same_types(c, x, IR_I32, x->a) && same_types(c, x, x->type, x->b) &&
               same_types(c, x, x->type, x->c);
    case IR_LOAD:
    case IR_STORE: {
        bool is64 = c->f->unit->module->memories[x->mem].limits.is64;

        return same_types(c, x, is64 ? IR_I64 : IR_I32, x->a);
    }
    default: return true;
    }
}

static bool check_pad(struct checker *c, ir_block b)
{
    const struct ir_func *f = c->f;
    const struct ir_blk *k = &f->blocks[b];
    ir_block pad = f->extra[k->succ + 1];
    const struct ir_blk *p = &f->blocks[pad];

    if (p->pred_count != 1 || value(c, p->first)->op != IR_EXCEPTION)
        return refuse(c, "a landing pad that is shared or does not begin with EXCEPTION");
    for (ir_value v = value(c, value(c, k->last)->a)->next; v != k->last; v = value(c, v)->next)
        if (value(c, v)->op != IR_RESULT)
            return refuse(c, "something stands between a call and its INVOKE");
    return true;
}

static bool check_values(struct checker *c, ir_block b)
{
    const struct ir_func *f = c->f;
    const struct ir_blk *k = &f->blocks[b];

    for (ir_value v = k->first; v != 0; v = value(c, v)->next) {
        const struct ir_val *x = value(c, v);
        bool ok = true;

        if (x->op == IR_PHI) {
            if (!check_phi(c, b, x))
                return false;
            continue;
        }
        if (x->op == IR_INVOKE) {
            if (c->block_of[x->a] != b || !check_pad(c, b))
                return refuse(c, "an INVOKE of no call in its block");
            continue;
        }
        if (x->op == IR_RESULT) {
            if (c->block_of[x->a] != b)
                return refuse(c, "a RESULT of no call in its block");
            continue;
        }
        IR_EACH_OPERAND(f, x, 0, at, ok = ok && available(c, *at, b, c->place[v]););
        if (!ok || !check_types(c, x))
            return false;
    }
    return true;
}

const char *ir_check(const struct ir_func *f, struct arena *scratch)
{
    struct checker c = { .f = f };

    c.block_of = arena_array(scratch, f->value_count, sizeof *c.block_of);
    c.place = arena_array(scratch, f->value_count, sizeof *c.place);
    c.seen = arena_array(scratch, f->block_count, sizeof *c.seen);
    c.enter = arena_array(scratch, f->block_count, sizeof *c.enter);
    if (c.block_of == NULL || c.place == NULL || c.seen == NULL || c.enter == NULL)
        return "no memory for checking";
    for (uint32_t v = 0; v < f->value_count; v++)
        c.block_of[v] = IR_BLOCK_NONE;
    for (ir_block b = 0; b < f->block_count; b++)
        if (!check_list(&c, b))
            return c.why;
    for (ir_block b = 0; b < f->block_count; b++)
        if (!check_edges(&c, b))
            return c.why;
    if (!check_counts(&c))
        return c.why;
    for (ir_block b = 0; b < f->block_count; b++)
        if (!check_order(&c, b))
            return c.why;
    if (!check_loops(&c))
        return c.why;
    for (ir_block b = 0; b < f->block_count; b++)
        if (!check_values(&c, b))
            return c.why;
    return NULL;
}
