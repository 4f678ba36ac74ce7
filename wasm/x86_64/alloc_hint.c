/* Where each value comes from and goes to, so that moves can fall away: fixed
 * registers, tied operands, phis. Only wishes: the scan grants them when free. */
#include "wasm/x86_64/alloc_scan.h"

struct hints {
    struct alloc_scan *s;
    uint32_t *last_use; /* per value: the last instruction in order that reads it */
    uint32_t block;
};

static struct alloc_value *value_of(const struct hints *h, mach_operand o)
{
    return &h->s->values[alloc_number(o)];
}

static void define(struct hints *h, mach_operand o, uint8_t come_reg, uint32_t remat)
{
    struct alloc_value *v = value_of(h, o);

    v->def_block = h->block;
    v->come_reg = come_reg;
    v->remat = remat;
}

static void note_instr(struct hints *h, uint32_t i)
{
    struct mach_func *f = h->s->f;
    struct mach_instr *in = &f->code[i];
    struct alloc_operand operands[5];
    unsigned count = alloc_operands(in, operands);

    for (unsigned k = 0; k < count; k++) {
        if (operands[k].role == ALLOC_USE)
            h->last_use[alloc_number(*operands[k].at)] = i;
        else
            define(h, *operands[k].at, operands[k].fixed,
                   mach_op_flags[in->op] & MOP_REMAT ? i + 1 : 0);
    }
    for (uint32_t k = 0; alloc_has_args(in) && k < (uint32_t)in->disp; k++) {
        const struct mach_arg *arg = &f->args[(uint32_t)in->imm + k];

        if (arg->is_def)
            define(h, arg->value, (uint8_t)arg->reg, 0);
        else
            h->last_use[alloc_number(arg->value)] = i;
    }
}

static void note_phis(struct hints *h, const struct mach_block *b)
{
    const struct mach_block *pred = b->pred_count != 0 ? &h->s->f->blocks[b->preds[0]] : NULL;

    for (uint32_t m = 0; pred != NULL && m < pred->move_count; m++) {
        define(h, pred->moves[m].d, ALLOC_NO_REG, 0);
        value_of(h, pred->moves[m].d)->is_phi = true;
    }
}

static void note_all(struct hints *h)
{
    const struct mach_func *f = h->s->f;

    for (h->block = 0; h->block < f->block_count; h->block++) {
        const struct mach_block *b = &f->blocks[h->block];

        note_phis(h, b);
        for (uint32_t i = b->first; i < b->end; i++)
            note_instr(h, i);
        for (uint32_t m = 0; m < b->move_count; m++)
            if (mach_is_virtual(b->moves[m].a))
                h->last_use[alloc_number(b->moves[m].a)] = b->end;
    }
}

/* Does the value most likely live on after instruction i of the block? */
static bool lives_on(const struct hints *h, mach_operand o, uint32_t i)
{
    const struct mach_func *f = h->s->f;

    return h->last_use[alloc_number(o)] > i ||
           f->blocks[value_of(h, o)->def_block].depth < f->blocks[h->block].depth;
}

static void swap_operands(const struct hints *h, struct mach_instr *in, uint32_t i)
{
    uint32_t flags = mach_op_flags[in->op];
    mach_operand a = in->a;
    uint32_t phi;

    if (!(flags & MOP_COMMUTES) || !(flags & MOP_TIED) || in->mem != MEM_NONE ||
        !mach_is_virtual(in->a) || !mach_is_virtual(in->b) || !mach_is_virtual(in->d) ||
        h->s->f->kinds[alloc_number(in->a)] != h->s->f->kinds[alloc_number(in->b)])
        return;
    phi = value_of(h, in->d)->feeds;
    if (lives_on(h, in->b, i) ||
        (!lives_on(h, in->a, i) && !(phi != 0 && phi == alloc_number(in->b))))
        return;
    in->a = in->b;
    in->b = a;
}

static void feed(struct alloc_value *a, uint32_t phi, uint8_t weight)
{
    if (a->feeds != 0 && a->feeds_weight >= weight)
        return;
    a->feeds = phi;
    a->feeds_weight = weight;
}

/* Passes a wish of d back to a, from which d is made in place. */
static void follow(struct hints *h, struct mach_instr *in, uint32_t i)
{
    struct alloc_value *d = value_of(h, in->d), *a = value_of(h, in->a);

    d->copy_of = alloc_number(in->a);
    if (lives_on(h, in->a, i))
        return;
    if (d->feeds != 0 && d->feeds != alloc_number(in->a))
        feed(a, d->feeds, d->feeds_weight);
    if (a->want_reg == ALLOC_NO_REG)
        a->want_reg = d->want_reg;
}

static void wishes_of(struct hints *h, uint32_t i)
{
    struct mach_func *f = h->s->f;
    struct mach_instr *in = &f->code[i];
    struct alloc_operand operands[5];
    unsigned count;

    swap_operands(h, in, i);
    count = alloc_operands(in, operands);
    for (unsigned k = 0; k < count; k++)
        if (operands[k].role == ALLOC_USE && operands[k].fixed != ALLOC_ANY)
            value_of(h, *operands[k].at)->want_reg = operands[k].fixed;
    for (uint32_t k = 0; alloc_has_args(in) && k < (uint32_t)in->disp; k++) {
        const struct mach_arg *arg = &f->args[(uint32_t)in->imm + k];

        if (!arg->is_def)
            value_of(h, arg->value)->want_reg = (uint8_t)arg->reg;
    }
    if ((mach_op_flags[in->op] & (MOP_TIED | MOP_MOVE)) && mach_is_virtual(in->d) &&
        mach_is_virtual(in->a))
        follow(h, in, i);
}

enum err alloc_hints_compute(struct alloc_scan *s)
{
    struct hints h = { .s = s, .last_use = s->per_value };
    const struct mach_func *f = s->f;

    for (uint32_t v = 1; v <= f->virtual_count; v++) {
        h.last_use[v] = 0;
        s->values[v].come_reg = s->values[v].want_reg = ALLOC_NO_REG;
        s->values[v].likes_reg = s->values[v].last_reg = ALLOC_NO_REG;
    }
    note_all(&h);
    for (h.block = f->block_count; h.block-- > 0;) {
        const struct mach_block *b = &f->blocks[h.block];

        for (uint32_t m = 0; m < b->move_count; m++) {
            /* Among several, the edge that is taken most; a loop's way back is seen first. */
            if (b->moves[m].d != b->moves[m].a)
                feed(value_of(&h, b->moves[m].a), alloc_number(b->moves[m].d),
                     (uint8_t)alloc_weight(s, h.block));
        }
        for (uint32_t i = b->end; i-- > b->first;)
            wishes_of(&h, i);
    }
    return ERR_OK;
}
