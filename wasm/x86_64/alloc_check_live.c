#include "wasm/x86_64/alloc_check.h"

bool alloc_check_has_args(const struct mach_instr *in)
{
    return in->op == MOP_ENTRY || in->op == MOP_RETURN || in->op == MOP_EXCEPTION ||
           (mach_op_flags[in->op] & MOP_CALL) != 0;
}

unsigned alloc_check_operands(const struct mach_instr *before, const struct mach_instr *after,
                              struct alloc_check_operand out[static 5])
{
    uint32_t flags = mach_op_flags[before->op];
    unsigned count = 0;
    bool a = (flags & MOP_USE_A) != 0, x = false;

    switch (before->mem) {
    case MEM_INDEX: a = x = true; break;
    case MEM_HEAP_VIEW:
    case MEM_HEAP:
    case MEM_BASE: x = true; break;
    default: break;
    }
    if (a && mach_is_virtual(before->a))
        out[count++] = (struct alloc_check_operand){ before->a, after->a, CHECK_USE_A };
    if ((flags & MOP_USE_B) && mach_is_virtual(before->b))
        out[count++] = (struct alloc_check_operand){ before->b, after->b, CHECK_USE_B };
    if (x && mach_is_virtual(before->x))
        out[count++] = (struct alloc_check_operand){ before->x, after->x, CHECK_USE_X };
    if ((flags & (MOP_TEMP | MOP_USE_C)) && mach_is_virtual(before->c))
        out[count++] =
            (struct alloc_check_operand){ before->c, after->c,
                                          flags & MOP_TEMP ? CHECK_TEMP_C : CHECK_USE_C };
    if ((flags & MOP_DEF) && mach_is_virtual(before->d))
        out[count++] = (struct alloc_check_operand){ before->d, after->d, CHECK_DEF };
    return count;
}

/* A use that is not preceded by its definition in the block. */
struct exposed {
    uint32_t value, block;
};

struct live {
    const struct mach_func *f;
    const struct mach_instr *before;
    struct arena *arena;
    struct exposed *uses;
    uint32_t use_count, use_room;
    struct exposed *found; /* value live into block */
    uint32_t found_count, found_room;
    uint32_t *defined; /* per value: 1 + the block it was last seen defined in */
    uint32_t *marked;  /* per block: the value last found live into it */
    uint32_t *stack;
    bool full;
};

static void define(struct live *l, mach_operand o, uint32_t block)
{
    l->defined[o - MACH_VIRTUAL] = block + 1;
}

static void use(struct live *l, mach_operand o, uint32_t block)
{
    if (!mach_is_virtual(o) || l->defined[o - MACH_VIRTUAL] == block + 1)
        return;
    if (!ARENA_RESERVE(l->arena, l->uses, l->use_room, (size_t)l->use_count + 1)) {
        l->full = true;
        return;
    }
    l->uses[l->use_count++] = (struct exposed){ o - MACH_VIRTUAL, block };
}

static void args(struct live *l, const struct mach_instr *in, uint32_t block, bool defs)
{
    if (!alloc_check_has_args(in))
        return;
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        const struct mach_arg *arg = &l->f->args[(uint32_t)in->imm + i];

        if (defs && arg->is_def)
            define(l, arg->value, block);
        else if (!defs && !arg->is_def)
            use(l, arg->value, block);
    }
}

static void scan_block(struct live *l, uint32_t block)
{
    const struct mach_block *b = &l->f->blocks[block];
    struct alloc_check_operand operands[5];

    for (uint32_t p = 0; p < b->pred_count; p++) {
        const struct mach_block *pred = &l->f->blocks[b->preds[p]];

        for (uint32_t m = 0; m < pred->move_count; m++)
            define(l, pred->moves[m].d, block);
    }
    for (uint32_t i = b->first; i < b->end; i++) {
        const struct mach_instr *in = &l->before[i];
        unsigned count = alloc_check_operands(in, in, operands);

        args(l, in, block, false);
        for (unsigned k = 0; k < count; k++)
            if (operands[k].role != CHECK_DEF && operands[k].role != CHECK_TEMP_C)
                use(l, operands[k].before, block);
        for (unsigned k = 0; k < count; k++)
            if (operands[k].role == CHECK_DEF)
                define(l, operands[k].before, block);
        args(l, in, block, true);
    }
    for (uint32_t m = 0; m < b->move_count; m++)
        use(l, b->moves[m].a, block);
}

static bool is_moved(const struct mach_block *b, mach_operand d)
{
    for (uint32_t m = 0; m < b->move_count; m++)
        if (b->moves[m].d == d)
            return true;
    return false;
}

/* A phi that an edge does not mention keeps its value along it: it is read there. */
static void scan_kept(struct live *l, uint32_t block)
{
    const struct mach_block *b = &l->f->blocks[block];

    for (uint32_t p = 0; p < b->pred_count; p++)
        for (uint32_t m = 0; m < l->f->blocks[b->preds[p]].move_count; m++) {
            mach_operand d = l->f->blocks[b->preds[p]].moves[m].d;

            for (uint32_t q = 0; q < b->pred_count; q++)
                if (!is_moved(&l->f->blocks[b->preds[q]], d))
                    use(l, d, b->preds[q]);
        }
}

static void found(struct live *l, uint32_t value, uint32_t block)
{
    if (!ARENA_RESERVE(l->arena, l->found, l->found_room, (size_t)l->found_count + 1)) {
        l->full = true;
        return;
    }
    l->found[l->found_count++] = (struct exposed){ value, block };
}

/* Walks from a use up to the one definition; what was marked for the same value
 * before is known above too. */
static void spread(struct live *l, uint32_t value, uint32_t block)
{
    uint32_t top = 0;

    if (l->marked[block] == value)
        return;
    l->marked[block] = value;
    l->stack[top++] = block;
    while (top != 0) {
        const struct mach_block *b = &l->f->blocks[l->stack[--top]];

        found(l, value, (uint32_t)(b - l->f->blocks));
        for (uint32_t p = 0; p < b->pred_count; p++) {
            uint32_t pred = b->preds[p];

            if (l->defined[value] == pred + 1 || l->marked[pred] == value)
                continue;
            l->marked[pred] = value;
            l->stack[top++] = pred;
        }
    }
}

/* Stable order by value, so that each value is walked in one go. */
static enum err sort_uses(struct live *l, struct exposed **sorted)
{
    uint32_t *start = arena_array(l->arena, (size_t)l->f->virtual_count + 2, sizeof *start);

    *sorted = arena_array(l->arena, l->use_count, sizeof **sorted);
    if (start == NULL || *sorted == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < l->use_count; i++)
        start[l->uses[i].value + 1]++;
    for (uint32_t v = 1; v <= l->f->virtual_count; v++)
        start[v] += start[v - 1];
    for (uint32_t i = 0; i < l->use_count; i++)
        (*sorted)[start[l->uses[i].value]++] = l->uses[i];
    return ERR_OK;
}

static enum err by_block(struct alloc_check_live *out, struct live *l)
{
    uint32_t blocks = l->f->block_count;

    out->first = arena_array(l->arena, (size_t)blocks + 2, sizeof *out->first);
    out->list = arena_array(l->arena, l->found_count, sizeof *out->list);
    if (out->first == NULL || out->list == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < l->found_count; i++)
        out->first[l->found[i].block + 2]++;
    for (uint32_t b = 1; b <= blocks + 1; b++)
        out->first[b] += out->first[b - 1];
    for (uint32_t i = 0; i < l->found_count; i++)
        out->list[out->first[l->found[i].block + 1]++] = l->found[i].value;
    return ERR_OK;
}

enum err alloc_check_live_compute(struct alloc_check_live *out, const struct mach_func *f,
                                  const struct mach_instr *before, struct arena *arena)
{
    struct live l = { .f = f, .before = before, .arena = arena };
    struct exposed *sorted;

    l.defined = arena_array(arena, (size_t)f->virtual_count + 1, sizeof *l.defined);
    l.marked = arena_array(arena, f->block_count, sizeof *l.marked);
    l.stack = arena_array(arena, f->block_count, sizeof *l.stack);
    if (l.defined == NULL || l.marked == NULL || l.stack == NULL)
        return ERR_NOMEM;
    for (uint32_t b = 0; b < f->block_count; b++)
        scan_block(&l, b);
    for (uint32_t b = 0; b < f->block_count; b++)
        scan_kept(&l, b);
    if (l.full)
        return ERR_NOMEM;
    TRY(sort_uses(&l, &sorted));
    for (uint32_t i = 0; i < l.use_count; i++)
        spread(&l, sorted[i].value, sorted[i].block);
    /* Phis are found at the head of their block and nowhere above. */
    for (uint32_t b = 0; b < f->block_count; b++) {
        const struct mach_block *block = &f->blocks[b];

        for (uint32_t p = 0; p < block->pred_count; p++) {
            const struct mach_block *pred = &f->blocks[block->preds[p]];

            for (uint32_t m = 0; m < pred->move_count; m++)
                found(&l, pred->moves[m].d - MACH_VIRTUAL, b);
        }
    }
    return l.full ? ERR_NOMEM : by_block(out, &l);
}
