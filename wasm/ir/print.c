#include "wasm/ir/operand.h"
#include "wasm/text.h"

/* The IR as text: a line for each block, and one for each value in it. */

static const char *const type_names[] = { "void", "i32", "i64", "f32", "f64", "v128", "ref" };
static const char *const cc_names[] = { "eq",   "ne",   "lt_s", "lt_u", "gt_s", "gt_u", "le_s",
                                        "le_u", "ge_s", "ge_u", "lt",   "gt",   "le",   "ge" };

static void put_small(struct text *t, const struct ir_val *v)
{
    switch (v->op) {
    case IR_ICMP:
    case IR_FCMP:
        text_put(t, ".");
        text_put(t, cc_names[v->sub]);
        break;
    case IR_CONST: text_hex(t, " 0x", ir_const_bits(v)); break;
    case IR_LOAD:
    case IR_VECTOR_LOAD:
    case IR_ATOMIC_LOAD:
        text_number(t, " +", v->b);
        text_number(t, " .", v->sub);
        break;
    case IR_STORE:
    case IR_ATOMIC_STORE:
    case IR_VECTOR_LOAD_LANE:
    case IR_VECTOR_STORE_LANE:
        text_number(t, " +", v->c);
        text_number(t, " .", v->sub);
        break;
    case IR_BOUND: text_number(t, " +", (int64_t)(v->b | (uint64_t)v->c << 32)); break;
    case IR_GLOBAL_GET:
    case IR_GLOBAL_SET:
    case IR_LOCAL_GET:
    case IR_LOCAL_SET:
    case IR_REF_FUNC:
    case IR_FUEL:
    case IR_TABLE_SIZE: text_number(t, " #", v->a); break;
    case IR_CALL:
    case IR_CALL_INDIRECT:
    case IR_RETURN_CALL:
    case IR_RETURN_CALL_INDIRECT: text_number(t, " #", v->c); break;
    case IR_TABLE_GET:
    case IR_TABLE_SET:
    case IR_EXCEPTION_IS:
    case IR_EXCEPTION_GET:
    case IR_EXCEPTION_PUT: text_number(t, " #", v->b); break;
    default:
        if (v->sub != 0)
            text_number(t, " .", v->sub);
    }
}

static void print_value(const struct ir_func *f, ir_value at, uint32_t pred_count,
                        const struct wasm_dump *dump)
{
    const struct ir_val *v = &f->values[at];
    struct text t = { .size = 0 };

    text_put(&t, "    ");
    if (v->type != IR_VOID) {
        text_number(&t, "v", at);
        text_put(&t, " = ");
        text_put(&t, type_names[v->type]);
        text_put(&t, " ");
    }
    text_put(&t, ir_op_names[v->op]);
    put_small(&t, v);
    IR_EACH_OPERAND(f, v, pred_count, use, text_number(&t, " v", *use););
    dump->line(dump->context, t.at);
}

static void print_block(const struct ir_func *f, ir_block at, const struct wasm_dump *dump)
{
    const struct ir_blk *k = &f->blocks[at];
    struct text t = { .size = 0 };

    text_number(&t, "b", at);
    text_put(&t, k->is_loop_header ? ": loop" : ":");
    for (uint32_t i = 0; i < k->pred_count; i++)
        text_number(&t, i == 0 ? " from b" : " b", f->extra[k->pred + i]);
    for (uint32_t i = 0; i < k->succ_count; i++)
        text_number(&t, i == 0 ? " to b" : " b", f->extra[k->succ + i]);
    text_number(&t, " idom b", k->idom);
    if (k->depth > 0)
        text_number(&t, " depth ", k->depth);
    text_put(&t, k->cold ? " cold" : "");
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
