#include "wasm/ir/operand.h"

/* The IR as text: a line for each block, and one for each value in it. */

struct text {
    char at[160];
    uint32_t size;
};

static void put(struct text *t, const char *s)
{
    while (*s != 0 && t->size + 1 < sizeof t->at)
        t->at[t->size++] = *s++;
    t->at[t->size] = 0;
}

static void put_number(struct text *t, const char *before, uint64_t n)
{
    char digits[24];
    unsigned at = sizeof digits - 1;

    put(t, before);
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    put(t, digits + at);
}

static void put_hex(struct text *t, const char *before, uint64_t n)
{
    char digits[17];
    unsigned at = sizeof digits - 1;

    put(t, before);
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[n & 15];
        n >>= 4;
    } while (n != 0);
    put(t, digits + at);
}

static const char *const type_names[] = { "void", "i32", "i64", "f32", "f64", "v128", "ref" };
static const char *const cc_names[] = { "eq",   "ne",   "lt_s", "lt_u", "gt_s", "gt_u", "le_s",
                                        "le_u", "ge_s", "ge_u", "lt",   "gt",   "le",   "ge" };

static void put_small(struct text *t, const struct ir_val *v)
{
    switch (v->op) {
    case IR_ICMP:
    case IR_FCMP:
        put(t, ".");
        put(t, cc_names[v->sub]);
        break;
    case IR_CONST: put_hex(t, " 0x", ir_const_bits(v)); break;
    case IR_LOAD:
    case IR_VECTOR_LOAD:
    case IR_ATOMIC_LOAD:
        put_number(t, " +", v->b);
        put_number(t, " .", v->sub);
        break;
    case IR_STORE:
    case IR_ATOMIC_STORE:
    case IR_VECTOR_LOAD_LANE:
    case IR_VECTOR_STORE_LANE:
        put_number(t, " +", v->c);
        put_number(t, " .", v->sub);
        break;
    case IR_BOUND: put_number(t, " +", v->b | (uint64_t)v->c << 32); break;
    case IR_GLOBAL_GET:
    case IR_GLOBAL_SET:
    case IR_LOCAL_GET:
    case IR_LOCAL_SET:
    case IR_REF_FUNC:
    case IR_FUEL:
    case IR_TABLE_SIZE: put_number(t, " #", v->a); break;
    case IR_CALL:
    case IR_CALL_INDIRECT:
    case IR_RETURN_CALL:
    case IR_RETURN_CALL_INDIRECT: put_number(t, " #", v->c); break;
    case IR_TABLE_GET:
    case IR_TABLE_SET:
    case IR_EXCEPTION_IS:
    case IR_EXCEPTION_GET:
    case IR_EXCEPTION_PUT: put_number(t, " #", v->b); break;
    default:
        if (v->sub != 0)
            put_number(t, " .", v->sub);
    }
}

static void print_value(const struct ir_func *f, ir_value at, uint32_t pred_count,
                        const struct wasm_dump *dump)
{
    const struct ir_val *v = &f->values[at];
    struct text t = { .size = 0 };

    put(&t, "    ");
    if (v->type != IR_VOID) {
        put_number(&t, "v", at);
        put(&t, " = ");
        put(&t, type_names[v->type]);
        put(&t, " ");
    }
    put(&t, ir_op_names[v->op]);
    put_small(&t, v);
    IR_EACH_OPERAND(f, v, pred_count, use, put_number(&t, " v", *use););
    dump->line(dump->context, t.at);
}

static void print_block(const struct ir_func *f, ir_block at, const struct wasm_dump *dump)
{
    const struct ir_blk *k = &f->blocks[at];
    struct text t = { .size = 0 };

    put_number(&t, "b", at);
    put(&t, k->is_loop_header ? ": loop" : ":");
    for (uint32_t i = 0; i < k->pred_count; i++)
        put_number(&t, i == 0 ? " from b" : " b", f->extra[k->pred + i]);
    for (uint32_t i = 0; i < k->succ_count; i++)
        put_number(&t, i == 0 ? " to b" : " b", f->extra[k->succ + i]);
    put_number(&t, " idom b", k->idom);
    if (k->depth > 0)
        put_number(&t, " depth ", k->depth);
    put(&t, k->cold ? " cold" : "");
    dump->line(dump->context, t.at);
}

void ir_print(const struct ir_func *f, const struct wasm_dump *dump)
{
    for (ir_block b = 0; b < f->block_count; b++) {
        print_block(f, b, dump);
        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next)
            print_value(f, v, f->blocks[b].pred_count, dump);
    }
}
