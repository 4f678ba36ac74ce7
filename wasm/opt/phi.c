#include "wasm/opt/opt.h"

/* One round in block order settles all but phis that depend on each other around
 * loops; a few rounds settle what compilers write. */
enum { PHI_ROUNDS = 4 };

/* The one value besides itself that the phi can have, or 0. */
static ir_value only_value(struct ir_func *f, ir_value phi, uint32_t count)
{
    uint32_t list = f->values[phi].a;
    ir_value only = 0;

    for (uint32_t i = 0; i < count; i++) {
        ir_value v = ir_resolve(f, f->extra[list + i]);

        f->extra[list + i] = v;
        if (v == phi || v == only)
            continue;
        if (only != 0)
            return 0;
        only = v;
    }
    return only;
}

static bool phi_round(struct ir_func *f)
{
    bool changed = false;

    for (ir_block b = 0; b < f->block_count; b++) {
        uint32_t count = f->blocks[b].pred_count;

        for (ir_value v = f->blocks[b].first; v != 0; v = f->values[v].next) {
            ir_value only;

            if (f->values[v].op == IR_COPY)
                continue;
            if (f->values[v].op != IR_PHI)
                break;
            only = only_value(f, v, count);
            if (only == 0)
                continue;
            f->values[v].op = IR_COPY;
            f->values[v].a = only;
            changed = true;
        }
    }
    return changed;
}

bool opt_phis(struct ir_func *f)
{
    bool any = false;

    for (unsigned round = 0; round < PHI_ROUNDS && phi_round(f); round++)
        any = true;
    return any;
}
