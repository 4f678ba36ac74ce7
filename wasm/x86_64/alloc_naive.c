/* Every virtual register lives in a slot of its own. Each instruction loads what
 * it reads and stores what it writes; no register holds anything between two
 * instructions, so that calls, landing pads and joins need no thought.
 *
 * Loads and stores are plain moves, which leave the flags alone. */
#include "wasm/x86_64/alloc.h"

enum { NAIVE_FRAME_MAX = 1 << 30 };

struct naive {
    struct mach_func *f;
    struct alloc_moves moves;
    struct alloc_parallel parallel;
    uint32_t *slots; /* byte offset of each virtual register's slot */
    bool unwinds;    /* some call may come back with nothing in any register */
};

static mach_operand slot_of(const struct naive *n, mach_operand value)
{
    return MACH_SLOT + n->slots[alloc_number(value)];
}

static uint8_t kind_of(const struct naive *n, mach_operand value)
{
    return n->f->kinds[alloc_number(value)];
}

/* Vectors first, so that every slot is aligned to its size. */
static enum err place_slots(struct naive *n, uint32_t *spare)
{
    uint64_t at = 0;

    n->slots = arena_array(n->f->arena, (size_t)n->f->virtual_count + 1, sizeof *n->slots);
    if (n->slots == NULL)
        return ERR_NOMEM;
    for (uint32_t width = 16; width >= 4; width /= 2)
        for (uint32_t v = 1; v <= n->f->virtual_count; v++)
            if (alloc_width(n->f->kinds[v]) == width) {
                n->slots[v] = (uint32_t)at;
                at += width;
            }
    at = (at + 15) & ~(uint64_t)15;
    *spare = (uint32_t)at;
    at += 16;
    n->f->slot_size = (uint32_t)at;
    return at <= NAIVE_FRAME_MAX ? ERR_OK : ERR_LIMIT;
}

/* The lowest register of the class that is free. Those that a callee keeps are
 * not needed: one instruction names five at most besides a call's arguments,
 * which leave rax and r10. */
static mach_operand take(uint32_t *busy, uint32_t class)
{
    uint32_t free = class & MACH_CLOBBERED & ~*busy;
    uint32_t reg = (uint32_t)__builtin_ctz(free | 1u << 31);

    *busy |= 1u << reg;
    return reg;
}

static void move(struct naive *n, uint32_t before, uint8_t kind, mach_operand d, mach_operand a)
{
    alloc_move_add(&n->moves, before, kind, d, kind, a);
}

static void load_args(struct naive *n, const struct mach_instr *in, uint32_t at, uint32_t *busy)
{
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        struct mach_arg *arg = &n->f->args[(uint32_t)in->imm + i];

        if (arg->is_def)
            continue;
        move(n, at, kind_of(n, arg->value), arg->reg, slot_of(n, arg->value));
        *busy |= 1u << arg->reg;
    }
}

static void store_args(struct naive *n, const struct mach_instr *in, uint32_t at)
{
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        struct mach_arg *arg = &n->f->args[(uint32_t)in->imm + i];

        if (arg->is_def)
            move(n, at + 1, kind_of(n, arg->value), slot_of(n, arg->value), arg->reg);
    }
}

/* Registers that lowering fixed in the instruction itself. */
static uint32_t fixed_in(const struct mach_instr *in)
{
    const mach_operand all[] = { in->d, in->a, in->b, in->x, in->c };
    uint32_t busy = 0;

    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        if (mach_is_reg(all[i]))
            busy |= 1u << all[i];
    return busy;
}

static void instruction(struct naive *n, uint32_t at)
{
    struct mach_instr *in = &n->f->code[at];
    struct alloc_operand operands[5];
    unsigned count = alloc_operands(in, operands);
    uint32_t busy = fixed_in(in);
    mach_operand tied = MACH_NONE, result = MACH_NONE;

    if (alloc_has_args(in))
        load_args(n, in, at, &busy);
    else
        busy |= alloc_clobbers(in);
    for (unsigned i = 0; i < count; i++)
        if (operands[i].fixed != ALLOC_ANY)
            busy |= 1u << operands[i].fixed;
    for (unsigned i = 0; i < count; i++) {
        struct alloc_operand *o = &operands[i];
        mach_operand value = *o->at, reg = o->fixed;

        if (o->fixed == ALLOC_ANY && o->role == ALLOC_DEF && o->tied && tied != MACH_NONE)
            reg = tied;
        else if (o->fixed == ALLOC_ANY)
            reg = take(&busy, alloc_class(kind_of(n, value)));
        *o->at = reg;
        if (o->role == ALLOC_USE)
            move(n, at, kind_of(n, value), reg, slot_of(n, value));
        else if (o->role == ALLOC_DEF)
            result = value;
        if (o->role == ALLOC_USE && o->tied)
            tied = reg;
    }
    if (result != MACH_NONE)
        move(n, at + 1, kind_of(n, result), slot_of(n, result), in->d);
    if (alloc_has_args(in))
        store_args(n, in, at);
    n->unwinds = n->unwinds || (alloc_clobbers(in) & MACH_KEPT);
}

static void edge_moves(struct naive *n, const struct mach_block *b, uint32_t before)
{
    for (uint32_t i = 0; i < b->move_count; i++)
        alloc_parallel_add(&n->parallel, kind_of(n, b->moves[i].d), slot_of(n, b->moves[i].d),
                           kind_of(n, b->moves[i].a), slot_of(n, b->moves[i].a));
    alloc_parallel_emit(&n->parallel, &n->moves, before);
}

enum err mach_alloc_naive(struct mach_func *f, struct wasm_note *note)
{
    struct naive n = { .f = f, .moves = { .arena = f->arena } };
    uint32_t spare;
    enum err e = place_slots(&n, &spare);

    if (e == ERR_OK)
        e = alloc_parallel_init(&n.parallel, f->arena, f->slot_size, spare);
    if (e != ERR_OK)
        return note_at(note, e, 0, "function too large", "no room for its frame");
    for (uint32_t b = 0; b < f->block_count; b++) {
        const struct mach_block *block = &f->blocks[b];
        bool moved = block->move_count == 0;

        for (uint32_t i = block->first; i < block->end; i++) {
            if (!moved && (mach_op_flags[f->code[i].op] & MOP_END)) {
                edge_moves(&n, block, i);
                moved = true;
            }
            instruction(&n, i);
        }
        if (!moved)
            edge_moves(&n, block, block->end);
    }
    if (n.moves.full || n.parallel.full)
        return note_at(note, ERR_NOMEM, 0, "function too large", "no room for its moves");
    f->moves = n.moves.list;
    f->move_count = n.moves.count;
    f->kept_used = n.unwinds ? MACH_KEPT : 0;
    return ERR_OK;
}
