#include "wasm/x86_64/alloc_gen.h"

enum { LOOP_PHIS = 6, NEST_MAX = 5 };

struct gen {
    struct mach_func *f;
    struct arena *arena;
    struct alloc_gen_shape shape;
    uint64_t state;
    uint32_t code_room, block_room, kind_room, arg_room;
    uint32_t *scope; /* values that dominate here */
    uint32_t scope_count, scope_room;
    uint32_t depth;
    uint32_t block;      /* open now */
    uint32_t results[4]; /* of the last call */
    uint32_t result_count;
    bool cold;
    bool full;
};

static uint32_t dice(struct gen *g, uint32_t sides)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(g->state >> 33) % sides;
}

/* --- Parts */

static uint32_t new_value(struct gen *g, uint8_t kind)
{
    struct mach_func *f = g->f;

    if (!ARENA_RESERVE(g->arena, f->kinds, g->kind_room, (size_t)f->virtual_count + 2)) {
        g->full = true;
        return 1;
    }
    f->kinds[++f->virtual_count] = kind;
    return f->virtual_count;
}

static void in_scope(struct gen *g, uint32_t value)
{
    if (ARENA_RESERVE(g->arena, g->scope, g->scope_room, (size_t)g->scope_count + 1))
        g->scope[g->scope_count++] = value;
    else
        g->full = true;
}

static struct mach_instr *add(struct gen *g, uint16_t op)
{
    static struct mach_instr nowhere;
    struct mach_func *f = g->f;

    if (!ARENA_RESERVE(g->arena, f->code, g->code_room, (size_t)f->code_count + 1)) {
        g->full = true;
        return &nowhere;
    }
    f->code[f->code_count] = (struct mach_instr){ .op = op,
                                                  .size = 4,
                                                  .d = MACH_NONE,
                                                  .a = MACH_NONE,
                                                  .b = MACH_NONE,
                                                  .x = MACH_NONE,
                                                  .c = MACH_NONE };
    return &f->code[f->code_count++];
}

static uint32_t open_block(struct gen *g)
{
    static struct mach_block nowhere;
    struct mach_func *f = g->f;

    if (!ARENA_RESERVE(g->arena, f->blocks, g->block_room, (size_t)f->block_count + 1)) {
        g->full = true;
        f->blocks = &nowhere;
        return 0;
    }
    f->blocks[f->block_count] =
        (struct mach_block){ .first = f->code_count, .depth = (uint16_t)g->depth, .cold = g->cold };
    g->block = f->block_count++;
    return g->block;
}

static void close_block(struct gen *g, uint32_t succ_count)
{
    struct mach_block *b = &g->f->blocks[g->block];

    b->end = g->f->code_count;
    b->succ_count = succ_count;
    b->succs = arena_array(g->arena, succ_count, sizeof *b->succs);
    g->full = g->full || b->succs == NULL;
}

static void set_succ(struct gen *g, uint32_t block, uint32_t which, uint32_t to)
{
    struct mach_block *b = &g->f->blocks[block];

    if (b->succs == NULL)
        return;
    b->succs[which] = to;
    if (which < 2)
        b->succ[which] = to;
}

/* An operation with just these flags among those of `mask`. */
static uint16_t op_with(uint32_t mask, uint32_t flags)
{
    for (uint16_t op = 0; op < MOP_COUNT; op++)
        if ((mach_op_flags[op] & mask) == flags && op != MOP_ENTRY && op != MOP_RETURN &&
            op != MOP_EXCEPTION)
            return op;
    return MOP_COUNT;
}

static uint8_t any_kind(struct gen *g)
{
    if (!g->shape.vectors || dice(g, 3) != 0)
        return (uint8_t)dice(g, 2);
    return (uint8_t)(MACH_F32 + dice(g, 3));
}

/* A value that may be read here. Mostly one of the latest `pressure`, as programs do. */
static mach_operand pick(struct gen *g, uint8_t kind)
{
    uint32_t window = g->shape.pressure < g->scope_count ? g->shape.pressure : g->scope_count;
    struct mach_instr *in;
    uint32_t v;

    if (dice(g, 8) == 0)
        window = g->scope_count;
    for (uint32_t tries = 0; tries < 16 && window != 0; tries++) {
        v = g->scope[g->scope_count - 1 - dice(g, window)];
        if (g->f->kinds[v] == kind)
            return MACH_VIRTUAL + v;
    }
    v = new_value(g, kind);
    in = add(g, op_with(UINT32_MAX, MOP_DEF | MOP_REMAT));
    in->d = MACH_VIRTUAL + v;
    in->imm = (int32_t)dice(g, 1000);
    in_scope(g, v);
    return MACH_VIRTUAL + v;
}

static void end_jump(struct gen *g)
{
    add(g, op_with(UINT32_MAX, MOP_END));
    close_block(g, 1);
}

/* --- Instructions */

static void compare(struct gen *g)
{
    uint16_t op = op_with(UINT32_MAX, MOP_USE_A | MOP_USE_B | MOP_B_MEM | MOP_FLAGS_OUT);
    mach_operand a = pick(g, MACH_I32), b = pick(g, MACH_I32);
    struct mach_instr *in;

    if (op == MOP_COUNT)
        op = op_with(MOP_USE_A | MOP_USE_B | MOP_FLAGS_OUT | MOP_DEF,
                     MOP_USE_A | MOP_USE_B | MOP_FLAGS_OUT);
    if (op == MOP_COUNT)
        return;
    in = add(g, op);
    in->a = a;
    in->b = b;
}

static void plain(struct gen *g)
{
    const uint32_t no = MOP_CALL | MOP_END;
    uint16_t op = (uint16_t)dice(g, MOP_COUNT);
    uint32_t flags = mach_op_flags[op];
    uint8_t kind = any_kind(g);
    mach_operand a = MACH_NONE, b = MACH_NONE, x = MACH_NONE, c = MACH_NONE;
    uint8_t mem = MEM_NONE;
    struct mach_instr *in;

    if ((flags & no) || op == MOP_ENTRY || op == MOP_RETURN || op == MOP_EXCEPTION)
        return;
    if ((flags & (MOP_DIV | MOP_B_RCX | MOP_A_RAX)) && kind > MACH_I64)
        kind = MACH_I64;
    if (!(flags & (MOP_REMAT | MOP_MOVE | MOP_FLAGS_IN)) && dice(g, 4) == 0) {
        static const uint8_t mems[] = { MEM_HEAP, MEM_BASE, MEM_CONTEXT, MEM_HEAP_VIEW, MEM_INDEX };

        mem = mems[dice(g, flags & MOP_USE_A ? 4 : 5)];
        if (mem != MEM_CONTEXT)
            x = pick(g, MACH_I64);
    }
    if (flags & MOP_USE_A)
        a = pick(g, kind);
    else if (mem == MEM_INDEX)
        a = pick(g, MACH_I64);
    if ((flags & MOP_USE_B) && (mem == MEM_NONE || !(flags & MOP_B_MEM)))
        b = pick(g, kind);
    if (flags & MOP_USE_C)
        c = pick(g, kind);
    if (flags & MOP_TEMP)
        c = MACH_VIRTUAL + new_value(g, kind);
    if (flags & MOP_FLAGS_IN)
        compare(g);
    in = add(g, op);
    in->mem = mem;
    in->a = a;
    in->b = b;
    in->x = x;
    in->c = c;
    in->size = kind == MACH_V128 ? 16 : kind == MACH_I32 || kind == MACH_F32 ? 4 : 8;
    if (flags & MOP_DIV)
        in->sub = (uint8_t)dice(g, 2);
    if (flags & MOP_DEF) {
        uint32_t v = new_value(g, kind);

        in->d = MACH_VIRTUAL + v;
        in_scope(g, v);
    }
}

static void add_arg(struct gen *g, struct mach_instr *in, mach_operand value, uint32_t reg,
                    bool is_def)
{
    struct mach_func *f = g->f;

    if (!ARENA_RESERVE(g->arena, f->args, g->arg_room, (size_t)f->arg_count + 1)) {
        g->full = true;
        return;
    }
    f->args[f->arg_count++] = (struct mach_arg){ value, (uint16_t)reg, is_def };
    in->disp++;
}

static void arguments(struct gen *g, struct mach_instr *in, const mach_operand *values,
                      uint32_t count)
{
    static const uint8_t general[] = { RDI, RSI, RDX, RCX, R8, R9 };
    uint32_t generals = 0, vectors = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t kind = g->f->kinds[values[i] - MACH_VIRTUAL];

        if (kind >= MACH_F32 && vectors < 8)
            add_arg(g, in, values[i], XMM0 + vectors++, false);
        else if (kind < MACH_F32 && generals < 6)
            add_arg(g, in, values[i], general[generals++], false);
    }
}

static void results(struct gen *g, struct mach_instr *in, uint32_t count)
{
    static const uint8_t general[] = { RAX, RDX };
    uint32_t generals = 0, vectors = 0;

    g->result_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t kind = any_kind(g);
        uint32_t *used = kind >= MACH_F32 ? &vectors : &generals, v;

        if (*used == 2)
            continue;
        v = new_value(g, kind);
        add_arg(g, in, MACH_VIRTUAL + v, kind >= MACH_F32 ? XMM0 + *used : general[*used], true);
        ++*used;
        in_scope(g, v);
        g->results[g->result_count++] = v;
    }
}

static void call(struct gen *g, uint8_t sub)
{
    mach_operand values[10];
    uint32_t count = dice(g, 10);
    uint16_t op = op_with(MOP_CALL | MOP_END, MOP_CALL);
    struct mach_instr *in;
    uint32_t at;

    for (uint32_t i = 0; i < count; i++)
        values[i] = pick(g, any_kind(g));
    at = g->f->code_count;
    in = add(g, op);
    in->sub = sub;
    in->imm = (int32_t)g->f->arg_count;
    arguments(g, in, values, count);
    results(g, &g->f->code[at], dice(g, 4));
}

static void leave(struct gen *g)
{
    mach_operand values[3];
    uint32_t count = dice(g, 4);
    struct mach_instr *in;

    for (uint32_t i = 0; i < count; i++)
        values[i] = pick(g, any_kind(g));
    in = add(g, MOP_RETURN);
    in->imm = (int32_t)g->f->arg_count;
    if (count > 0)
        add_arg(g, in, values[0], g->f->kinds[values[0] - MACH_VIRTUAL] >= MACH_F32 ? XMM0 : RAX,
                false);
    if (count > 1)
        add_arg(g, in, values[1], g->f->kinds[values[1] - MACH_VIRTUAL] >= MACH_F32 ? XMM1 : RDX,
                false);
    close_block(g, 0);
}

/* --- Control */

static void region(struct gen *g, uint32_t budget);

/* Phis of a join: `ways` blocks, each with one way out, come to it. */
static void join(struct gen *g, const uint32_t *from, uint32_t ways, uint32_t phis,
                 mach_operand (*sources)[LOOP_PHIS], const uint8_t *kinds)
{
    for (uint32_t w = 0; w < ways; w++) {
        struct mach_block *b = &g->f->blocks[from[w]];

        b->moves = arena_array(g->arena, phis, sizeof *b->moves);
        b->move_count = b->moves != NULL ? phis : 0;
        g->full = g->full || b->moves == NULL;
    }
    for (uint32_t p = 0; p < phis; p++) {
        uint32_t v = new_value(g, kinds[p]);

        for (uint32_t w = 0; w < ways && !g->full; w++)
            g->f->blocks[from[w]].moves[p] =
                (struct mach_edge_move){ MACH_VIRTUAL + v, sources[w][p] };
        in_scope(g, v);
    }
}

static void pick_sources(struct gen *g, mach_operand *sources, const uint8_t *kinds, uint32_t count)
{
    for (uint32_t p = 0; p < count; p++)
        sources[p] = pick(g, kinds[p] == MACH_I64 && dice(g, 4) == 0 ? MACH_I32 : kinds[p]);
}

static void fork_join(struct gen *g, uint32_t budget)
{
    uint32_t ways = 2 + (dice(g, 4) == 0 ? dice(g, 3) : 0), phis = dice(g, LOOP_PHIS);
    uint32_t head, from[5], scope, leaves = dice(g, 4) == 0 ? dice(g, ways) : ways, arrive = 0;
    mach_operand sources[5][LOOP_PHIS];
    uint8_t kinds[LOOP_PHIS];
    bool was_cold = g->cold;

    for (uint32_t p = 0; p < phis; p++)
        kinds[p] = any_kind(g);
    if (ways == 2) {
        compare(g);
        add(g, op_with(UINT32_MAX, MOP_END | MOP_FLAGS_IN));
        add(g, op_with(UINT32_MAX, MOP_END));
    } else {
        mach_operand index = pick(g, MACH_I32), temp = MACH_VIRTUAL + new_value(g, MACH_I64);
        uint16_t op = op_with(MOP_END | MOP_USE_A | MOP_CALL, MOP_END | MOP_USE_A);
        struct mach_instr *in = add(g, op == MOP_COUNT ? op_with(UINT32_MAX, MOP_END) : op);

        in->a = index;
        in->c = temp;
    }
    close_block(g, ways);
    head = g->block;
    scope = g->scope_count;
    for (uint32_t w = 0; w < ways; w++) {
        g->cold = was_cold || dice(g, 5) == 0;
        set_succ(g, head, w, open_block(g));
        region(g, budget / ways);
        if (w == leaves) {
            leave(g);
        } else {
            pick_sources(g, sources[arrive], kinds, phis);
            end_jump(g);
            from[arrive++] = g->block;
        }
        g->scope_count = scope;
        g->cold = was_cold;
    }
    open_block(g);
    for (uint32_t w = 0; w < arrive; w++)
        set_succ(g, from[w], 0, g->block);
    if (arrive > 1)
        join(g, from, arrive, phis, sources, kinds);
}

static void loop(struct gen *g, uint32_t budget)
{
    uint32_t phis = dice(g, LOOP_PHIS), from[2], header, latch;
    mach_operand sources[2][LOOP_PHIS];
    uint8_t kinds[LOOP_PHIS];

    for (uint32_t p = 0; p < phis; p++)
        kinds[p] = any_kind(g);
    pick_sources(g, sources[0], kinds, phis);
    end_jump(g);
    from[0] = g->block;
    g->depth++;
    header = open_block(g);
    set_succ(g, from[0], 0, header);
    /* The phis exist now; what they get on the way back is known later. */
    join(g, from, 1, phis, sources, kinds);
    region(g, budget);
    pick_sources(g, sources[1], kinds, phis);
    compare(g);
    add(g, op_with(UINT32_MAX, MOP_END | MOP_FLAGS_IN));
    add(g, op_with(UINT32_MAX, MOP_END));
    close_block(g, 2);
    latch = g->block;
    set_succ(g, latch, 0, open_block(g));
    end_jump(g);
    set_succ(g, g->block, 0, header);
    if (phis != 0 && !g->full) {
        struct mach_block *back = &g->f->blocks[g->block], *before = &g->f->blocks[from[0]];

        back->moves = arena_array(g->arena, phis, sizeof *back->moves);
        back->move_count = back->moves != NULL ? phis : 0;
        for (uint32_t p = 0; p < back->move_count; p++)
            back->moves[p] = (struct mach_edge_move){ before->moves[p].d, sources[1][p] };
    }
    g->depth--;
    set_succ(g, latch, 1, open_block(g));
    g->f->blocks[header].loop_end = g->block;
}

/* The landing pad of a call: sees what was in scope before its results. */
static void pad(struct gen *g)
{
    uint32_t v = new_value(g, MACH_I64);
    struct mach_instr *in;

    open_block(g);
    g->f->blocks[g->block].is_pad = true;
    in = add(g, MOP_EXCEPTION);
    in->imm = (int32_t)g->f->arg_count;
    add_arg(g, in, MACH_VIRTUAL + v, RAX, true);
    in_scope(g, v);
    for (uint32_t i = dice(g, 8); i-- > 0;)
        plain(g);
    leave(g);
}

static void guarded_call(struct gen *g)
{
    uint32_t head, pad_block, scope = g->scope_count;
    bool was_cold = g->cold;

    call(g, 1);
    add(g, op_with(UINT32_MAX, MOP_END));
    close_block(g, 2);
    head = g->block;
    g->scope_count = scope;
    g->cold = true;
    pad_block = g->f->block_count;
    pad(g);
    set_succ(g, head, 1, pad_block);
    g->scope_count = scope;
    g->cold = was_cold;
    set_succ(g, head, 0, open_block(g));
    for (uint32_t i = 0; i < g->result_count; i++)
        in_scope(g, g->results[i]);
}

static void region(struct gen *g, uint32_t budget)
{
    static uint32_t nest;
    uint32_t end = g->f->code_count + budget;

    nest++;
    while (g->f->code_count < end && !g->full) {
        uint32_t left = end - g->f->code_count, what = dice(g, 40);

        if (what == 0 && nest < NEST_MAX && left > 10)
            fork_join(g, left / 2);
        else if (what == 1 && nest < NEST_MAX && left > 10)
            loop(g, left / 2);
        else if (what == 2 && g->shape.calls)
            call(g, 0);
        else if (what == 3 && g->shape.pads)
            guarded_call(g);
        else
            plain(g);
    }
    nest--;
}

static bool link_preds(struct gen *g)
{
    struct mach_func *f = g->f;

    for (uint32_t b = 0; b < f->block_count; b++)
        for (uint32_t s = 0; s < f->blocks[b].succ_count; s++)
            f->blocks[f->blocks[b].succs[s]].pred_count++;
    for (uint32_t b = 0; b < f->block_count; b++) {
        f->blocks[b].preds = arena_array(g->arena, f->blocks[b].pred_count, sizeof(uint32_t));
        if (f->blocks[b].preds == NULL)
            return false;
        f->blocks[b].pred_count = 0;
    }
    for (uint32_t b = 0; b < f->block_count; b++)
        for (uint32_t s = 0; s < f->blocks[b].succ_count; s++) {
            struct mach_block *to = &f->blocks[f->blocks[b].succs[s]];

            to->preds[to->pred_count++] = b;
        }
    return true;
}

bool alloc_gen_make(struct mach_func *out, const struct alloc_gen_shape *shape, struct arena *arena)
{
    struct gen *g = arena_alloc(arena, sizeof *g);
    struct mach_instr *in;

    if (g == NULL)
        return false;
    *out = (struct mach_func){ .arena = arena };
    g->f = out;
    g->arena = arena;
    g->shape = *shape;
    g->state = shape->seed * 0x9e3779b97f4a7c15u + 1;
    open_block(g);
    in = add(g, MOP_ENTRY);
    {
        mach_operand values[12];
        uint32_t count = dice(g, 12);

        for (uint32_t i = 0; i < count; i++) {
            uint32_t v = new_value(g, any_kind(g));

            values[i] = MACH_VIRTUAL + v;
        }
        arguments(g, in, values, count);
        for (uint32_t i = 0; i < out->arg_count; i++) {
            out->args[i].is_def = 1;
            in_scope(g, out->args[i].value - MACH_VIRTUAL);
        }
    }
    region(g, shape->size);
    leave(g);
    return !g->full && link_preds(g);
}
