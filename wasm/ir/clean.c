#include "wasm/ir/operand.h"

static void count_one(struct ir_func *f, ir_value v)
{
    if (f->values[v].uses < UINT16_MAX)
        f->values[v].uses++;
}

void ir_count_uses(struct ir_func *f)
{
    for (uint32_t v = 0; v < f->value_count; v++)
        f->values[v].uses = 0;
    for (ir_block b = 0; b < f->block_count; b++)
        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next)
            IR_EACH_OPERAND(f, &f->values[v], f->blocks[b].pred_count, at, count_one(f, *at););
}

/* What must stay whether or not it is used. */
static bool is_root(const struct ir_func *f, const struct ir_val *v)
{
    switch (v->op) {
    case IR_NOP:
    case IR_COPY:
    case IR_PARAM:
    case IR_PHI:
    case IR_MEMORY_SIZE:
    case IR_GLOBAL_GET:
    case IR_TABLE_SIZE:
    case IR_LOCAL_GET:
    case IR_RESULT:
    case IR_EXCEPTION_IS:
    case IR_EXCEPTION_GET: return false;
    default: return ir_flags_of(f, v) != IR_FLAG_PURE;
    }
}

/* `next` of live values makes a work list: marks are in `uses`, and the list of
 * values still to be looked at lies in `work`. */
struct marks {
    struct ir_func *f;
    uint32_t *work;
    uint32_t count;
};

static void mark(struct marks *m, uint32_t *at)
{
    ir_value v = ir_resolve(m->f, *at);

    *at = v;
    if (m->f->values[v].uses == 0) {
        m->f->values[v].uses = 1;
        m->work[m->count++] = v;
    }
}

static void mark_all(struct marks *m)
{
    struct ir_func *f = m->f;

    for (ir_block b = 0; b < f->block_count; b++)
        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next) {
            struct ir_val *x = &f->values[v];

            /* A phi finds its block's predecessor count in c. */
            if (x->op == IR_PHI)
                x->c = f->blocks[b].pred_count;
            if (is_root(f, x) && x->uses == 0) {
                x->uses = 1;
                m->work[m->count++] = v;
            }
        }
    while (m->count > 0) {
        struct ir_val *x = &f->values[m->work[--m->count]];

        IR_EACH_OPERAND(f, x, x->c, at, mark(m, at););
    }
}

static void sweep(struct ir_func *f)
{
    for (ir_block b = 0; b < f->block_count; b++) {
        struct ir_blk *k = &f->blocks[b];
        ir_value *link = &k->first;
        ir_value last = 0;

        for (ir_value v = k->first; v != 0;) {
            struct ir_val *x = &f->values[v];
            ir_value next = x->next;

            if (x->uses == 0) {
                x->op = IR_NOP;
                x->type = IR_VOID;
                x->next = 0;
            } else {
                *link = v;
                link = &x->next;
                last = v;
            }
            v = next;
        }
        *link = 0;
        k->last = last;
    }
}

enum err ir_clean(struct ir_func *f)
{
    struct marks m = { .f = f };

    m.work = ir_scratch(f);
    if (m.work == NULL)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < f->value_count; v++)
        f->values[v].uses = 0;
    mark_all(&m);
    sweep(f);
    ir_count_uses(f);
    return ERR_OK;
}
