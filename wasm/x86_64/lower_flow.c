#include "wasm/x86_64/lower.h"

/* --- Blocks and edges
 *
 * A critical edge (from a block with several successors to one with several
 * predecessors, or with phis) gets a block of its own, right after the one it
 * leaves, so that loops stay contiguous. A terminator may name a target more than
 * once; all these edges are one, as the IR's lists of predecessors have it. */

struct edge {
    uint32_t from;   /* IR block */
    uint32_t source; /* machine block that ends in it */
};

struct edges {
    struct edge *list;     /* grouped by target: from[target] .. from[target + 1] */
    uint32_t *first;       /* per IR block */
    uint32_t *fill;        /* per IR block: next free in its group */
    uint32_t *stamp;       /* per IR block: 1 + the last block that named it */
    uint32_t *stamp_block; /* and the machine block that leads there */
};

static bool has_phi(const struct lower *l, uint32_t target)
{
    return l->f->values[l->f->blocks[target].first].op == IR_PHI;
}

static bool is_critical(const struct lower *l, const struct ir_blk *from, uint32_t target)
{
    return from->succ_count > 1 && (l->f->blocks[target].pred_count > 1 || has_phi(l, target));
}

static bool is_switch(const struct lower *l, const struct ir_blk *b)
{
    return l->f->values[b->last].op == IR_SWITCH;
}

static bool is_new(struct edges *e, uint32_t from, uint32_t target)
{
    bool seen = e->stamp[target] == from + 1;

    e->stamp[target] = from + 1;
    return !seen;
}

static uint32_t edge_room(const struct lower *l)
{
    uint32_t count = 0;

    for (uint32_t b = 0; b < l->f->block_count; b++)
        count += l->f->blocks[b].succ_count;
    return count;
}

/* A number for each machine block; edges get theirs after the block that they leave. */
static enum err number_blocks(struct lower *l, struct edges *e)
{
    uint32_t count = 0, room = l->f->block_count + edge_room(l);

    l->mach_of = arena_array(l->scratch, l->f->block_count + 1u, sizeof *l->mach_of);
    e->stamp = arena_array(l->scratch, l->f->block_count + 1u, sizeof *e->stamp);
    if (l->mach_of == NULL || e->stamp == NULL)
        return ERR_NOMEM;
    for (uint32_t b = 0; b < l->f->block_count; b++) {
        const struct ir_blk *block = &l->f->blocks[b];

        l->mach_of[b] = count++;
        for (uint32_t i = 0; i < block->succ_count; i++) {
            uint32_t target = l->f->extra[block->succ + i];

            count += is_new(e, b, target) && is_critical(l, block, target);
        }
    }
    l->mach_of[l->f->block_count] = count;
    if (count > room)
        return ERR_LIMIT;
    l->out->block_count = count;
    l->out->blocks = arena_array(l->arena, count + 1u, sizeof *l->out->blocks);
    l->phi_of = arena_array(l->scratch, count + 1u, sizeof *l->phi_of);
    l->ir_of = arena_array(l->scratch, count + 1u, sizeof *l->ir_of);
    return l->out->blocks == NULL || l->phi_of == NULL || l->ir_of == NULL ? ERR_NOMEM : ERR_OK;
}

static void describe_block(struct lower *l, uint32_t b)
{
    const struct ir_blk *block = &l->f->blocks[b];
    struct mach_block *m = &l->out->blocks[l->mach_of[b]];
    ir_value first = block->first;

    l->ir_of[l->mach_of[b]] = b;
    m->depth = block->depth;
    m->cold = block->cold;
    m->is_pad = first != 0 && l->f->values[first].op == IR_EXCEPTION;
    if (block->is_loop_header)
        for (uint32_t i = block->loop; i != 0; i = l->f->loops[i].parent)
            if (l->f->loops[i].header == b) {
                m->loop_end = l->mach_of[l->f->loops[i].end];
                break;
            }
}

static void describe_edge(struct lower *l, uint32_t number, uint32_t from, uint32_t target)
{
    const struct ir_blk *a = &l->f->blocks[from], *b = &l->f->blocks[target];
    struct mach_block *m = &l->out->blocks[number];

    l->ir_of[number] = UINT32_MAX;
    m->is_edge = true;
    m->depth = a->depth < b->depth ? a->depth : b->depth;
    m->cold = a->cold || b->cold;
    m->succs[0] = l->mach_of[target];
    m->succ_count = 1;
}

/* Where the succs of the blocks lie: all in one array, those of edges too. */
struct succ_room {
    uint32_t *next;
};

static enum err link_block(struct lower *l, struct edges *e, uint32_t b, struct succ_room *room)
{
    const struct ir_blk *block = &l->f->blocks[b];
    struct mach_block *m = &l->out->blocks[l->mach_of[b]];
    uint32_t edge = l->mach_of[b] + 1, *table = NULL;

    if (is_switch(l, block)) {
        table = arena_array(l->arena, block->succ_count + 1u, sizeof *table);
        if (table == NULL || !ARENA_RESERVE(l->arena, l->out->jump_tables, l->jump_table_room,
                                            l->jump_table_count + 1u))
            return ERR_NOMEM;
        table[0] = block->succ_count;
        l->out->jump_tables[l->jump_table_count++] = table;
    }
    m->succs = room->next;
    room->next += block->succ_count;
    for (uint32_t i = 0; i < block->succ_count; i++) {
        uint32_t target = l->f->extra[block->succ + i];
        uint32_t source = l->mach_of[b], next = l->mach_of[target];

        if (is_new(e, b, target)) {
            if (is_critical(l, block, target)) {
                l->out->blocks[edge].succs = room->next++;
                describe_edge(l, edge, b, target);
                source = next = edge++;
            }
            e->stamp_block[target] = next;
            e->list[e->fill[target]++] = (struct edge){ b, source };
            m->succs[m->succ_count++] = next;
        }
        next = e->stamp_block[target];
        if (table != NULL)
            table[i + 1] = next;
    }
    return ERR_OK;
}

/* preds, and which phi operand comes along each edge. */
static enum err link_preds(struct lower *l, struct edges *e)
{
    uint32_t *operand = arena_array(l->scratch, l->f->block_count + 1u, sizeof *operand);
    uint32_t *preds = arena_array(l->arena, edge_room(l) + 1u, sizeof *preds);

    if (operand == NULL || preds == NULL)
        return ERR_NOMEM;
    for (uint32_t t = 0; t < l->f->block_count; t++) {
        const struct ir_blk *block = &l->f->blocks[t];
        struct mach_block *m = &l->out->blocks[l->mach_of[t]];

        for (uint32_t k = 0; k < block->pred_count; k++)
            operand[l->f->extra[block->pred + k]] = k;
        m->preds = preds;
        for (uint32_t i = e->first[t]; i < e->fill[t]; i++) {
            *preds++ = e->list[i].source;
            m->pred_count++;
            if (has_phi(l, t))
                l->phi_of[e->list[i].source] = operand[e->list[i].from];
        }
    }
    return ERR_OK;
}

static enum err link_edge_preds(struct lower *l)
{
    uint32_t *preds = arena_array(l->arena, l->out->block_count + 1u, sizeof *preds);
    uint32_t from = 0;

    if (preds == NULL)
        return ERR_NOMEM;
    for (uint32_t b = 0; b < l->out->block_count; b++) {
        struct mach_block *m = &l->out->blocks[b];

        if (m->is_edge) {
            preds[b] = from;
            m->preds = &preds[b];
            m->pred_count = 1;
        } else {
            from = b;
        }
        m->succ[0] = m->succ_count > 0 ? m->succs[0] : 0;
        m->succ[1] = m->succ_count > 1 ? m->succs[1] : 0;
    }
    return ERR_OK;
}

enum err lower_blocks(struct lower *l)
{
    uint32_t count = l->f->block_count, room = edge_room(l), at = 0;
    struct edges e = { 0 };
    struct succ_room succs;

    TRY(number_blocks(l, &e));
    e.list = arena_array(l->scratch, room + 1u, sizeof *e.list);
    e.first = arena_array(l->scratch, count + 1u, sizeof *e.first);
    e.fill = arena_array(l->scratch, count + 1u, sizeof *e.fill);
    e.stamp_block = arena_array(l->scratch, count + 1u, sizeof *e.stamp_block);
    succs.next = arena_array(l->arena, 2u * (size_t)room + 1, sizeof *succs.next);
    if (e.list == NULL || e.first == NULL || e.fill == NULL || e.stamp_block == NULL ||
        succs.next == NULL)
        return ERR_NOMEM;
    for (uint32_t b = 0; b < count; b++) {
        e.stamp[b] = 0;
        e.first[b] = e.fill[b] = at;
        at += l->f->blocks[b].pred_count;
    }
    if (at > room)
        return ERR_LIMIT;
    for (uint32_t b = 0; b < l->out->block_count; b++)
        l->phi_of[b] = UINT32_MAX;
    for (uint32_t b = 0; b < count; b++) {
        describe_block(l, b);
        TRY(link_block(l, &e, b, &succs));
    }
    TRY(link_preds(l, &e));
    return link_edge_preds(l);
}

/* --- Phis */

static uint32_t phi_count(const struct lower *l, ir_value v)
{
    uint32_t count = 0;

    for (; v != 0 && l->f->values[v].op == IR_PHI; v = l->f->values[v].next)
        count++;
    return count;
}

void lower_moves(struct lower *l, uint32_t block)
{
    struct mach_block *m = &l->out->blocks[block];
    uint32_t k = l->phi_of[block];
    ir_value phi;

    if (k == UINT32_MAX)
        return;
    phi = l->f->blocks[l->ir_of[m->succs[0]]].first;
    m->moves = arena_array(l->arena, phi_count(l, phi) + 1u, sizeof *m->moves);
    if (m->moves == NULL) {
        l->full = true;
        return;
    }
    for (; phi != 0 && l->f->values[phi].op == IR_PHI; phi = l->f->values[phi].next) {
        mach_operand a = lower_use(l, l->f->extra[l->f->values[phi].a + k]);
        mach_operand d = lower_def(l, phi);

        if (a != d)
            m->moves[m->move_count++] = (struct mach_edge_move){ d, a };
    }
}

/* --- Terminators */

static void end_branch(struct lower *l, uint32_t block, ir_value v)
{
    if (l->out->blocks[block].succ_count == 1) { /* both ways lead to one place */
        lower_emit(l, MOP_JUMP, 8);
        return;
    }
    struct lower_cc cc = lower_flags(l, lower_val(l, v)->a);
    struct mach_instr *in = lower_emit(l, MOP_BRANCH, 8);

    in->cc = cc.cc;
    in->sub = cc.sub;
}

/* Which of the function's jump tables belongs to a block: they were made in block order. */
static uint32_t table_of(struct lower *l) { return --l->jump_table_count; }

static void end_switch(struct lower *l, uint32_t block, ir_value v)
{
    struct mach_block *m = &l->out->blocks[block];
    uint32_t table = table_of(l);
    mach_operand index;
    struct mach_instr *in;

    if (m->succ_count == 1) {
        lower_emit(l, MOP_JUMP, 8);
        return;
    }
    index = lower_use(l, lower_val(l, v)->a);
    if (l->out->jump_tables[table][0] == 2) {
        lower_2(l, MOP_TEST, 4, MACH_NONE, index, index);
        lower_emit(l, MOP_BRANCH, 8)->cc = CC_E;
        return;
    }
    mach_operand scratch = lower_temp(l, MACH_I64);

    in = lower_emit(l, MOP_JUMP_TABLE, 8);
    in->a = index;
    in->c = scratch;
    in->imm = (int32_t)table;
}

void lower_end(struct lower *l, uint32_t block, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    l->try_call = 0;
    switch ((enum ir_op)value->op) {
    case IR_JUMP: lower_emit(l, MOP_JUMP, 8); break;
    case IR_BRANCH: end_branch(l, block, v); break;
    case IR_SWITCH: end_switch(l, block, v); break;
    case IR_RETURN: lower_return(l, v); break;
    case IR_RETURN_CALL:
    case IR_RETURN_CALL_INDIRECT: lower_tail_call(l, v); break;
    case IR_INVOKE:
        l->try_call = value->a;
        lower_emit(l, MOP_INVOKE, 8);
        break;
    case IR_UNREACHABLE: {
        struct mach_instr *in = lower_emit(l, MOP_TRAP, 8);

        in->trap = (uint8_t)value->sub;
        in->offset = value->offset;
        break;
    }
    default: l->unsupported = ir_op_names[value->op];
    }
}
