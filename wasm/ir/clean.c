#include "wasm/ir/operand.h"

/* For VECTOR the operand count is not in the operation: unused words are 0, and
 * value 0 is nothing. */
unsigned ir_operands(const struct ir_val *v)
{
    switch (v->op) {
    case IR_NOP:
    case IR_CONST:
    case IR_CONST_V128:
    case IR_PARAM:
    case IR_MEMORY_SIZE:
    case IR_GLOBAL_GET:
    case IR_TABLE_SIZE:
    case IR_REF_FUNC:
    case IR_LOCAL_GET:
    case IR_EXCEPTION:
    case IR_FENCE:
    case IR_FUEL:
    case IR_SAFEPOINT:
    case IR_JUMP:
    case IR_UNREACHABLE: return 0;
    case IR_PHI: return IR_USES_PHI;
    case IR_CALL:
    case IR_CALL_INDIRECT:
    case IR_CALL_BUILTIN:
    case IR_RETURN:
    case IR_RETURN_CALL:
    case IR_RETURN_CALL_INDIRECT: return IR_USES_LIST;
    case IR_GLOBAL_SET:
    case IR_LOCAL_SET: return IR_USES_B;
    case IR_TABLE_SET:
    case IR_EXCEPTION_PUT: return IR_USES_A | IR_USES_C;
    case IR_STORE:
    case IR_ATOMIC_STORE:
    case IR_ATOMIC_RMW:
    case IR_VECTOR_LOAD_LANE:
    case IR_VECTOR_STORE_LANE:
    case IR_SHUFFLE:
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
    case IR_ICMP:
    case IR_FCMP:
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FMIN:
    case IR_FMAX:
    case IR_FCOPYSIGN: return IR_USES_A | IR_USES_B;
    case IR_ATOMIC_CMPXCHG: return IR_USES_A | IR_USES_B | IR_USES_SWAP;
    case IR_SELECT: return IR_USES_A | IR_USES_B | IR_USES_C;
    case IR_VECTOR:
        return (v->a != 0 ? IR_USES_A : 0u) | (v->b != 0 ? IR_USES_B : 0u) |
               (v->c != 0 ? IR_USES_C : 0u);
    default: return IR_USES_A;
    }
}

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
