#include <inttypes.h>
#include <stdio.h>

#include "cli/dump.h"
#include "wasm/ir/operand.h"

/* The IR as text: a line for each block, and one for each value in it. */

static const char *const type_names[] = { "void", "i32", "i64", "f32", "f64", "v128", "ref" };
static const char *const cc_names[] = { "eq",   "ne",   "lt_s", "lt_u", "gt_s", "gt_u", "le_s",
                                        "le_u", "ge_s", "ge_u", "lt",   "gt",   "le",   "ge" };

static void put_number(const char *before, int64_t number) { printf("%s%" PRId64, before, number); }

static void put_small(const struct ir_val *v)
{
    switch (v->op) {
    case IR_ICMP:
    case IR_FCMP:
        fputs(".", stdout);
        fputs(cc_names[v->sub], stdout);
        break;
    case IR_CONST: printf(" 0x%" PRIx64, ir_const_bits(v)); break;
    case IR_LOAD:
    case IR_VECTOR_LOAD:
    case IR_ATOMIC_LOAD:
        put_number(" +", v->b);
        put_number(" .", v->sub);
        break;
    case IR_STORE:
    case IR_ATOMIC_STORE:
    case IR_VECTOR_LOAD_LANE:
    case IR_VECTOR_STORE_LANE:
        put_number(" +", v->c);
        put_number(" .", v->sub);
        break;
    case IR_BOUND: put_number(" +", (int64_t)(v->b | (uint64_t)v->c << 32)); break;
    case IR_GLOBAL_GET:
    case IR_GLOBAL_SET:
    case IR_LOCAL_GET:
    case IR_LOCAL_SET:
    case IR_REF_FUNC:
    case IR_FUEL:
    case IR_TABLE_SIZE: put_number(" #", v->a); break;
    case IR_CALL:
    case IR_CALL_INDIRECT:
    case IR_RETURN_CALL:
    case IR_RETURN_CALL_INDIRECT: put_number(" #", v->c); break;
    case IR_TABLE_GET:
    case IR_TABLE_SET:
    case IR_EXCEPTION_IS:
    case IR_EXCEPTION_GET:
    case IR_EXCEPTION_PUT: put_number(" #", v->b); break;
    default:
        if (v->sub != 0)
            put_number(" .", v->sub);
    }
}

static void print_value(const struct ir_func *f, ir_value at, uint32_t pred_count)
{
    const struct ir_val *v = &f->values[at];

    fputs("    ", stdout);
    if (v->type != IR_VOID) {
        put_number("v", at);
        fputs(" = ", stdout);
        fputs(type_names[v->type], stdout);
        fputs(" ", stdout);
    }
    fputs(ir_op_names[v->op], stdout);
    put_small(v);
    IR_EACH_OPERAND(f, v, pred_count, use, put_number(" v", *use););
    putchar('\n');
}

static void print_block(const struct ir_func *f, ir_block at)
{
    const struct ir_blk *k = &f->blocks[at];

    put_number("b", at);
    fputs(k->is_loop_header ? ": loop" : ":", stdout);
    for (uint32_t i = 0; i < k->pred_count; i++)
        put_number(i == 0 ? " from b" : " b", f->extra[k->pred + i]);
    for (uint32_t i = 0; i < k->succ_count; i++)
        put_number(i == 0 ? " to b" : " b", f->extra[k->succ + i]);
    put_number(" idom b", k->idom);
    if (k->depth > 0)
        put_number(" depth ", k->depth);
    fputs(k->cold ? " cold" : "", stdout);
    putchar('\n');
}

void dump_ir(const struct ir_func *f)
{
    for (ir_block b = 0; b < f->block_count; b++) {
        print_block(f, b);
        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next)
            print_value(f, v, f->blocks[b].pred_count);
    }
}
