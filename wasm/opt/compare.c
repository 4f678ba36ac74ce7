#include "wasm/opt/opt.h"

/* A comparison costs nothing more than its flags where a branch or a select is all
 * that asks for it; where several do, each gets its own, as long as there is room
 * for them: a comparison again is cheaper than a truth value in a register. */

static bool is_compare(const struct ir_val *v) { return v->op == IR_ICMP || v->op == IR_FCMP; }

/* In front of the value that *link names. */
static ir_value clone_before(struct ir_func *f, ir_value compare, ir_value *link)
{
    ir_value at = f->value_count++;

    f->values[at] = f->values[compare];
    f->values[at].uses = 1;
    f->values[at].next = *link;
    f->values[compare].uses--;
    *link = at;
    return at;
}

void opt_compares(struct ir_func *f)
{
    ir_count_uses(f);
    for (ir_block b = 0; b < f->block_count; b++) {
        ir_value *link = &f->blocks[b].first;

        while (*link != 0 && f->value_count < f->value_room) {
            ir_value user = *link;
            struct ir_val *v = &f->values[user];

            if ((v->op == IR_BRANCH || v->op == IR_SELECT) && is_compare(&f->values[v->a]) &&
                f->values[v->a].uses > 1)
                v->a = clone_before(f, v->a, link);
            link = &f->values[user].next;
        }
    }
}
