/* Replays an allocation with names for values: which virtual registers each real
 * register and slot holds, forward over the blocks until nothing changes. Joins
 * keep what all predecessors agree on, so a state only ever loses entries and
 * what is wrong under an early state is wrong for good.
 *
 * A place may hold several virtual registers at once: copies and phis that were
 * coalesced. Old contents under a name from an earlier turn of a loop drop out
 * because such a name is not live into the loop's header. */
#include "wasm/x86_64/alloc_check.h"
#include "base/num.h"

#include <string.h>

#define NO_NODE 0u
#define NO_STATE UINT32_MAX

struct node {
    uint32_t value, next;
};

struct entry {
    uint32_t place, value;
    uint8_t width; /* bytes written there, of a slot */
};

struct check {
    const struct mach_func *f;
    const struct mach_instr *before;
    struct arena *arena;
    struct alloc_check_live live;

    /* The state inside the block that is replayed. Places: registers, then slots in units
     * of 4 bytes, a value standing at its first unit. */
    uint32_t place_count;
    uint32_t *head;    /* per place: its first node */
    uint8_t *width;    /* per place: bytes last written, of a slot */
    uint32_t *owner;   /* per unit: 1 + the place whose value covers it */
    uint32_t *touched; /* places that may hold something */
    uint8_t *is_touched;
    uint32_t touched_count;
    struct node *nodes; /* 0 unused */
    uint32_t node_count, node_room, free_node;

    struct entry **in; /* per block */
    uint32_t *in_count;
    uint8_t *queued;
    uint32_t *wanted; /* per value: stamp of the edge it is live along */
    uint32_t *source; /* per value: 1 + index of the move of this edge that defines it */
    uint32_t stamp;

    uint32_t block, instr;
    const char *wrong;
};

static void fail(struct check *c, const char *what)
{
    if (c->wrong == NULL)
        c->wrong = what;
}

/* --- Places */

/* Of slots and moves: an i32 goes with its upper half, which is zero. */
static uint32_t width_of(uint8_t kind) { return kind == MACH_V128 ? 16 : kind == MACH_F32 ? 4 : 8; }

static uint32_t size_of(uint8_t kind) { return kind == MACH_I32 ? 4 : width_of(kind); }

static uint8_t kind_of(const struct check *c, uint32_t value) { return c->f->kinds[value]; }

static bool in_class(uint32_t reg, uint8_t kind) { return (kind >= MACH_F32) == (reg >= XMM0); }

/* A slot's number as a place, or NO_STATE where it is not within the frame. */
static uint32_t place_of(struct check *c, mach_operand o, uint32_t width)
{
    uint32_t offset;

    if (mach_is_reg(o))
        return o;
    offset = o - MACH_SLOT;
    if (!mach_is_slot(o) || offset % 4 != 0 || offset > c->f->slot_size ||
        width > c->f->slot_size - offset) {
        fail(c, "a slot outside the frame");
        return NO_STATE;
    }
    return MACH_REG_COUNT + offset / 4;
}

static bool holds(const struct check *c, uint32_t place, uint32_t value)
{
    for (uint32_t n = c->head[place]; n != NO_NODE; n = c->nodes[n].next)
        if (c->nodes[n].value == value)
            return true;
    return false;
}

static void clear(struct check *c, uint32_t place)
{
    while (c->head[place] != NO_NODE) {
        uint32_t n = c->head[place];

        c->head[place] = c->nodes[n].next;
        c->nodes[n].next = c->free_node;
        c->free_node = n;
    }
}

/* Whatever lies in any of the bytes is gone. */
static void destroy(struct check *c, uint32_t place, uint32_t width)
{
    clear(c, place);
    if (place < MACH_REG_COUNT)
        return;
    for (uint32_t unit = place; unit < place + width / 4; unit++) {
        if (c->owner[unit] != 0)
            clear(c, c->owner[unit] - 1);
        c->owner[unit] = 0;
    }
}

/* `width` bytes were written there. */
static void cover(struct check *c, uint32_t place, uint32_t width)
{
    if (place < MACH_REG_COUNT)
        return;
    c->width[place] = (uint8_t)width;
    for (uint32_t unit = place; unit < place + width / 4; unit++)
        c->owner[unit] = place + 1;
}

static void put(struct check *c, uint32_t place, uint32_t value)
{
    uint32_t n = c->free_node;

    if (holds(c, place, value))
        return;
    if (n != NO_NODE) {
        c->free_node = c->nodes[n].next;
    } else {
        if (!ARENA_RESERVE(c->arena, c->nodes, c->node_room, (size_t)c->node_count + 2)) {
            fail(c, "the checker has no more memory");
            return;
        }
        n = ++c->node_count;
    }
    c->nodes[n] = (struct node){ .value = value, .next = c->head[place] };
    c->head[place] = n;
    if (!c->is_touched[place]) {
        c->is_touched[place] = 1;
        c->touched[c->touched_count++] = place;
    }
}

static void forget_all(struct check *c)
{
    for (uint32_t i = 0; i < c->touched_count; i++) {
        uint32_t place = c->touched[i];

        clear(c, place);
        c->is_touched[place] = 0;
        for (uint32_t unit = place; unit < place + 4 && unit < c->place_count; unit++)
            c->owner[unit] = 0;
    }
    c->touched_count = 0;
}

/* --- Moves that allocation inserted */

static void written(struct check *c, uint32_t reg)
{
    if (reg >= MACH_REG_COUNT)
        return;
    if (reg == RSP || reg == R14 || reg == R15)
        fail(c, "a pinned register is written");
    if ((MACH_KEPT >> reg & 1) && !(c->f->kept_used >> reg & 1))
        fail(c, "a kept register is written and not in kept_used");
}

static void replay_remat(struct check *c, const struct mach_move *m)
{
    const struct mach_instr *in;

    if (m->a >= c->f->code_count) {
        fail(c, "a rematerialised instruction that is none");
        return;
    }
    in = &c->before[m->a];
    if (!(mach_op_flags[in->op] & MOP_REMAT) || !mach_is_virtual(in->d) || !mach_is_reg(m->d) ||
        !in_class(m->d, kind_of(c, in->d - MACH_VIRTUAL))) {
        fail(c, "an instruction that may not be rematerialised so");
        return;
    }
    written(c, m->d);
    destroy(c, m->d, 0);
    put(c, m->d, in->d - MACH_VIRTUAL);
}

static void replay_move(struct check *c, const struct mach_move *m)
{
    uint32_t width = width_of(m->kind), from, to;

    if (m->remat) {
        replay_remat(c, m);
        return;
    }
    if (mach_is_slot(m->d) && mach_is_slot(m->a)) {
        fail(c, "a move from slot to slot");
        return;
    }
    from = place_of(c, m->a, width);
    to = place_of(c, m->d, width);
    if (from == NO_STATE || to == NO_STATE)
        return;
    if ((from < MACH_REG_COUNT && !in_class(from, m->kind)) ||
        (to < MACH_REG_COUNT && !in_class(to, m->kind))) {
        fail(c, "a move of another class than its registers");
        return;
    }
    written(c, to);
    if (from == to)
        return;
    destroy(c, to, width);
    cover(c, to, width);
    /* More may be moved than the value has, but not more than was written. */
    if (from >= MACH_REG_COUNT && width > c->width[from])
        return;
    for (uint32_t n = c->head[from]; n != NO_NODE; n = c->nodes[n].next)
        if (width >= width_of(kind_of(c, c->nodes[n].value)))
            put(c, to, c->nodes[n].value);
}

/* --- Instructions */

static bool is_slot_allowed(const struct mach_instr *in, const struct alloc_check_operand *o,
                            uint8_t kind)
{
    uint32_t flags = mach_op_flags[in->op];

    if (in->mem != MEM_NONE || in->size > width_of(kind))
        return false;
    return (o->role == CHECK_USE_B && (flags & MOP_B_MEM) && !(flags & MOP_B_RCX)) ||
           (o->role == CHECK_USE_A && (flags & MOP_A_MEM) &&
            !(flags & (MOP_TIED | MOP_A_RAX | MOP_DIV)));
}

static void check_use(struct check *c, const struct mach_instr *in,
                      const struct alloc_check_operand *o)
{
    uint32_t value = o->before - MACH_VIRTUAL, flags = mach_op_flags[in->op], place;
    uint8_t kind = kind_of(c, value);

    if (mach_is_slot(o->after) && !is_slot_allowed(in, o, kind)) {
        fail(c, "a slot where the instruction needs a register");
        return;
    }
    place = place_of(c, o->after, width_of(kind));
    if (place == NO_STATE)
        return;
    if (place >= MACH_REG_COUNT && in->size > c->width[place])
        fail(c, "a slot that is read wider than it was written");
    if (place < MACH_REG_COUNT && !in_class(place, kind))
        fail(c, "an operand of the wrong class");
    else if (!holds(c, place, value))
        fail(c, "an operand that does not hold its value");
    if (o->role == CHECK_USE_B && (flags & MOP_B_RCX) && o->after != RCX)
        fail(c, "a shift count outside rcx");
    if (o->role == CHECK_USE_A && (flags & (MOP_DIV | MOP_A_RAX)) && o->after != RAX)
        fail(c, "an operand that must be in rax");
    if (o->role != CHECK_USE_A && (flags & MOP_DIV) && (o->after == RAX || o->after == RDX))
        fail(c, "an operand in a register that the division uses");
    if (o->role != CHECK_USE_A && (flags & MOP_A_RAX) && o->after == RAX)
        fail(c, "an operand in the rax of a cmpxchg");
    /* The epilogue restores the kept registers before the jump. */
    if ((flags & MOP_CALL) && (flags & MOP_END) &&
        (place >= MACH_REG_COUNT || (MACH_KEPT >> place & 1)))
        fail(c, "a tail call's operand is gone when it jumps");
}

static void check_def(struct check *c, const struct mach_instr *in, const struct mach_instr *now,
                      const struct alloc_check_operand *all, unsigned count,
                      const struct alloc_check_operand *o)
{
    uint32_t flags = mach_op_flags[in->op];
    bool tied = (flags & (MOP_TIED | MOP_A_RAX)) != 0;

    if (!mach_is_reg(o->after) || !in_class(o->after, kind_of(c, o->before - MACH_VIRTUAL))) {
        fail(c, "a result that is not in a register of its class");
        return;
    }
    if (tied && (flags & MOP_USE_A) && now->d != now->a)
        fail(c, "a tied result in another register than its operand");
    if ((flags & MOP_DIV) && o->after != (in->sub & 1 ? RDX : RAX))
        fail(c, "the result of a division in the wrong register");
    if ((flags & MOP_A_RAX) && o->after != RAX)
        fail(c, "a result that must be in rax");
    for (unsigned i = 0; i < count; i++) {
        const struct alloc_check_operand *u = &all[i];
        bool late = tied || (flags & MOP_B_LATE);

        if (u->role == CHECK_DEF || u->after != o->after)
            continue;
        if (u->role == CHECK_TEMP_C)
            fail(c, "the result lies in the scratch register");
        else if (late && u->role != CHECK_USE_A)
            fail(c, "the result overwrites an operand that is read after it");
        else if (late && !tied && in->mem != MEM_NONE && u->role == CHECK_USE_A &&
                 !(flags & MOP_USE_A))
            fail(c, "the result overwrites an address that is read after it");
    }
}

static void check_temp(struct check *c, const struct alloc_check_operand *all, unsigned count,
                       const struct alloc_check_operand *o)
{
    if (!mach_is_reg(o->after) || !in_class(o->after, kind_of(c, o->before - MACH_VIRTUAL)))
        fail(c, "a scratch operand that is not a register of its class");
    for (unsigned i = 0; i < count; i++)
        if (&all[i] != o && all[i].after == o->after)
            fail(c, "the scratch register is an operand too");
}

/* Apart from its virtual operands the instruction must be what it was. A commutative one may
 * have changed its operands' places, and a constant that nobody reads any more may go. */
static bool is_same(const struct mach_instr *was, const struct mach_instr *now)
{
    struct mach_instr same = *now;

    same.d = mach_is_virtual(was->d) ? was->d : now->d;
    same.a = mach_is_virtual(was->a) ? was->a : now->a;
    same.b = mach_is_virtual(was->b) ? was->b : now->b;
    same.x = mach_is_virtual(was->x) ? was->x : now->x;
    same.c = mach_is_virtual(was->c) ? was->c : now->c;
    return same.op == was->op && same.size == was->size && same.cc == was->cc &&
           same.mem == was->mem && same.scale == was->scale && same.sub == was->sub &&
           same.trap == was->trap && same.d == was->d && same.a == was->a && same.b == was->b &&
           same.x == was->x && same.c == was->c && same.disp == was->disp && same.imm == was->imm &&
           same.offset == was->offset;
}

static void check_args(struct check *c, const struct mach_instr *in)
{
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        const struct mach_arg *arg = &c->f->args[(uint32_t)in->imm + i];

        if (!arg->is_def && !holds(c, arg->reg, arg->value - MACH_VIRTUAL))
            fail(c, "an argument that is not in its register");
    }
}

static void define_args(struct check *c, const struct mach_instr *in)
{
    for (uint32_t i = 0; i < (uint32_t)in->disp; i++) {
        const struct mach_arg *arg = &c->f->args[(uint32_t)in->imm + i];

        if (!arg->is_def)
            continue;
        written(c, arg->reg);
        destroy(c, arg->reg, 0);
        put(c, arg->reg, arg->value - MACH_VIRTUAL);
    }
}

/* Real registers whose contents the instruction ends. */
static uint32_t destroyed_by(const struct mach_instr *in)
{
    uint32_t flags = mach_op_flags[in->op];
    uint32_t scratch = 1u << R11 | 1u << XMM15;

    if (flags & MOP_CALL)
        return MACH_CLOBBERED | (in->sub & 1 ? MACH_KEPT : 0) | scratch;
    return (flags & MOP_DIV ? 1u << RAX | 1u << RDX : 0) | scratch;
}

static void flow(struct check *c, uint32_t to, bool slots_only, bool moved);

static void enter_pads(struct check *c, const struct mach_block *b)
{
    for (uint32_t s = 0; s < b->succ_count; s++)
        if (c->f->blocks[b->succs[s]].is_pad)
            flow(c, b->succs[s], true, false);
}

static bool is_in(struct check *c, mach_operand place, mach_operand value)
{
    uint32_t p = place_of(c, place, 4);

    return p != NO_STATE && holds(c, p, value - MACH_VIRTUAL);
}

/* The register that a real copy leaves its operand's names on too. */
static void copy_names(struct check *c, const struct mach_instr *was, const struct mach_instr *now)
{
    uint32_t from, value = was->d - MACH_VIRTUAL;

    if (!(mach_op_flags[was->op] & MOP_MOVE) || !mach_is_virtual(was->a) ||
        size_of(kind_of(c, was->a - MACH_VIRTUAL)) != size_of(kind_of(c, value)))
        return;
    from = place_of(c, now->a, width_of(kind_of(c, value)));
    if (from == NO_STATE || from == now->d)
        return;
    for (uint32_t n = c->head[from]; n != NO_NODE; n = c->nodes[n].next)
        if (size_of(kind_of(c, c->nodes[n].value)) <= was->size)
            put(c, now->d, c->nodes[n].value);
    put(c, from, value);
}

static void replay(struct check *c, const struct mach_block *b, uint32_t at)
{
    struct mach_instr was = c->before[at];
    const struct mach_instr *now = &c->f->code[at];
    uint32_t flags = mach_op_flags[was.op], lost = destroyed_by(&was);
    struct alloc_check_operand operands[5];
    bool copies, has_args = alloc_check_has_args(&was);
    unsigned count;

    if (!is_same(&was, now)) {
        fail(c, "another instruction than before");
        return;
    }
    count = alloc_check_operands(&was, now, operands);
    if ((flags & MOP_COMMUTES) && mach_is_virtual(was.a) && mach_is_virtual(was.b) &&
        !(is_in(c, now->a, was.a) && is_in(c, now->b, was.b))) {
        mach_operand a = was.a;

        was.a = was.b;
        was.b = a;
        count = alloc_check_operands(&was, now, operands);
    }
    if (has_args)
        check_args(c, &was);
    for (unsigned i = 0; i < count; i++) {
        if (operands[i].role == CHECK_DEF)
            check_def(c, &was, now, operands, count, &operands[i]);
        else if (operands[i].role == CHECK_TEMP_C)
            check_temp(c, operands, count, &operands[i]);
        else
            check_use(c, &was, &operands[i]);
    }
    if (c->wrong != NULL)
        return;
    if ((flags & MOP_CALL) && (was.sub & 1)) {
        if ((c->f->kept_used & MACH_KEPT) != MACH_KEPT)
            fail(c, "a call that unwinds destroys kept registers that are not saved");
        enter_pads(c, b);
    }
    for (uint32_t reg = 0; reg < MACH_REG_COUNT; reg++)
        if (lost >> reg & 1)
            destroy(c, reg, 0);
    for (unsigned i = 0; i < count; i++)
        if (operands[i].role == CHECK_TEMP_C) {
            written(c, operands[i].after);
            destroy(c, operands[i].after, 0);
        }
    if ((flags & MOP_DEF) && mach_is_virtual(was.d)) {
        written(c, now->d);
        copies =
            (flags & MOP_MOVE) && mach_is_virtual(was.a) && now->d == now->a &&
            size_of(kind_of(c, was.a - MACH_VIRTUAL)) == size_of(kind_of(c, was.d - MACH_VIRTUAL));
        if (!copies)
            destroy(c, now->d, 0);
        put(c, now->d, was.d - MACH_VIRTUAL);
        copy_names(c, &was, now);
    } else if (mach_is_reg(was.d) && (flags & MOP_DEF)) {
        destroy(c, was.d, 0);
    }
    if (has_args)
        define_args(c, &was);
}

/* --- Edges */

/* Along the edge, is `value` in `place`? Phis take the names of their sources. */
static bool arrives(const struct check *c, const struct mach_block *from, uint32_t place,
                    uint32_t value, bool moved)
{
    uint32_t m = moved ? c->source[value] : 0;

    return holds(c, place, m != 0 ? from->moves[m - 1].a - MACH_VIRTUAL : value);
}

static void enqueue(struct check *c, uint32_t block) { c->queued[block] = 1; }

static void flow_first(struct check *c, uint32_t to, bool slots_only, bool moved)
{
    const struct mach_block *from = &c->f->blocks[c->block];
    struct entry *list = NULL;
    uint32_t count = 0, room = 0;

    for (uint32_t t = 0; t < c->touched_count; t++) {
        uint32_t place = c->touched[t];

        if (slots_only && place < MACH_REG_COUNT)
            continue;
        for (uint32_t n = c->head[place]; n != NO_NODE; n = c->nodes[n].next) {
            uint32_t value = c->nodes[n].value;

            if (c->wanted[value] != c->stamp || (moved && c->source[value] != 0))
                continue;
            if (!ARENA_RESERVE(c->arena, list, room, (size_t)count + 1)) {
                fail(c, "the checker has no more memory");
                return;
            }
            list[count++] = (struct entry){ place, value, c->width[place] };
        }
        for (uint32_t m = 0; moved && m < from->move_count; m++) {
            if (!holds(c, place, from->moves[m].a - MACH_VIRTUAL))
                continue;
            if (!ARENA_RESERVE(c->arena, list, room, (size_t)count + 1)) {
                fail(c, "the checker has no more memory");
                return;
            }
            list[count++] =
                (struct entry){ place, from->moves[m].d - MACH_VIRTUAL, c->width[place] };
        }
    }
    c->in[to] = list;
    c->in_count[to] = count;
    enqueue(c, to);
}

static void flow(struct check *c, uint32_t to, bool slots_only, bool moved)
{
    const struct mach_block *from = &c->f->blocks[c->block];
    struct entry *list = c->in[to];
    uint32_t kept = 0;
    bool narrowed = false;

    c->stamp++;
    for (uint32_t i = c->live.first[to]; i < c->live.first[to + 1]; i++)
        c->wanted[c->live.list[i]] = c->stamp;
    for (uint32_t m = 0; moved && m < from->move_count; m++)
        c->source[from->moves[m].d - MACH_VIRTUAL] = m + 1;
    if (c->in_count[to] == NO_STATE) {
        flow_first(c, to, slots_only, moved);
    } else {
        for (uint32_t i = 0; i < c->in_count[to]; i++)
            if (!(slots_only && list[i].place < MACH_REG_COUNT) &&
                arrives(c, from, list[i].place, list[i].value, moved)) {
                narrowed = narrowed || c->width[list[i].place] < list[i].width;
                list[kept] = list[i];
                list[kept++].width = (uint8_t)num_min(c->width[list[i].place], list[i].width);
            }
        if (kept != c->in_count[to] || narrowed)
            enqueue(c, to);
        c->in_count[to] = kept;
    }
    for (uint32_t m = 0; moved && m < from->move_count; m++)
        c->source[from->moves[m].d - MACH_VIRTUAL] = 0;
}

static uint32_t first_move_of(const struct check *c, uint32_t instr)
{
    uint32_t low = 0, high = c->f->move_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (c->f->moves[middle].before < instr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void replay_block(struct check *c, uint32_t block)
{
    const struct mach_block *b = &c->f->blocks[block];
    uint32_t move = first_move_of(c, b->first);

    c->block = block;
    forget_all(c);
    for (uint32_t i = 0; i < c->in_count[block]; i++) {
        cover(c, c->in[block][i].place, c->in[block][i].width);
        put(c, c->in[block][i].place, c->in[block][i].value);
    }
    for (uint32_t i = b->first; i < b->end && c->wrong == NULL; i++) {
        c->instr = i;
        if (b->is_pad && i == b->first && move < c->f->move_count && c->f->moves[move].before == i)
            fail(c, "a move before a landing pad's first instruction");
        for (; move < c->f->move_count && c->f->moves[move].before == i; move++)
            replay_move(c, &c->f->moves[move]);
        if (c->wrong == NULL)
            replay(c, b, i);
    }
    for (uint32_t s = 0; s < b->succ_count && c->wrong == NULL; s++)
        if (!c->f->blocks[b->succs[s]].is_pad)
            flow(c, b->succs[s], false, b->move_count != 0);
}

static enum err check_init(struct check *c)
{
    const struct mach_func *f = c->f;
    size_t values = (size_t)f->virtual_count + 1;

    c->place_count = MACH_REG_COUNT + f->slot_size / 4 + 4;
    c->head = arena_array(c->arena, c->place_count, sizeof *c->head);
    c->width = arena_array(c->arena, c->place_count, sizeof *c->width);
    c->owner = arena_array(c->arena, c->place_count, sizeof *c->owner);
    c->touched = arena_array(c->arena, c->place_count, sizeof *c->touched);
    c->is_touched = arena_array(c->arena, c->place_count, sizeof *c->is_touched);
    c->in = arena_array(c->arena, f->block_count, sizeof *c->in);
    c->in_count = arena_array(c->arena, f->block_count, sizeof *c->in_count);
    c->queued = arena_array(c->arena, f->block_count, sizeof *c->queued);
    c->wanted = arena_array(c->arena, values, sizeof *c->wanted);
    c->source = arena_array(c->arena, values, sizeof *c->source);
    if (c->head == NULL || c->width == NULL || c->owner == NULL || c->touched == NULL ||
        c->is_touched == NULL || c->in == NULL || c->in_count == NULL || c->queued == NULL ||
        c->wanted == NULL || c->source == NULL)
        return ERR_NOMEM;
    memset(c->in_count, 0xff, f->block_count * sizeof *c->in_count);
    return alloc_check_live_compute(&c->live, f, c->before, c->arena);
}

static void add_text(char **at, const char *text)
{
    while (*text != '\0')
        *(*at)++ = *text++;
    **at = '\0';
}

static void add_number(char **at, uint32_t number)
{
    char digits[12], *d = digits + sizeof digits;

    *--d = '\0';
    do
        *--d = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    add_text(at, d);
}

static const char *sentence(struct check *c)
{
    char *text = arena_alloc(c->arena, bytes_text_size(c->wrong, 128) + 64), *at = text;

    if (text == NULL)
        return c->wrong;
    add_text(&at, "block ");
    add_number(&at, c->block);
    add_text(&at, ", instruction ");
    add_number(&at, c->instr);
    add_text(&at, ": ");
    add_text(&at, c->wrong);
    return text;
}

static const char *check_order(const struct mach_func *f)
{
    for (uint32_t i = 1; i < f->move_count; i++)
        if (f->moves[i].before < f->moves[i - 1].before)
            return "the inserted moves are not in order";
    if (f->kept_used & ~MACH_KEPT)
        return "kept_used names a register that is not kept";
    return NULL;
}

const char *mach_alloc_check(const struct mach_func *after, const struct mach_instr *before,
                             struct arena *scratch)
{
    struct check c = { .f = after, .before = before, .arena = scratch };
    bool again = true;

    if (check_order(after) != NULL)
        return check_order(after);
    if (check_init(&c) != ERR_OK)
        return "the checker has no more memory";
    if (after->block_count == 0)
        return NULL;
    c.in_count[0] = 0;
    c.queued[0] = 1;
    while (again) {
        again = false;
        for (uint32_t b = 0; b < after->block_count; b++) {
            if (!c.queued[b])
                continue;
            c.queued[b] = 0;
            again = true;
            replay_block(&c, b);
            if (c.wrong != NULL)
                return sentence(&c);
        }
    }
    return NULL;
}
