#include "wasm/ir/build.h"

/* Structured control becomes blocks. A label gets its block when the first branch
 * asks for it; blocks are numbered by `sequence` when they begin to be filled,
 * which is a reverse post-order in which loops are contiguous. */

static const uint8_t one_type[] = { WASM_NONE, WASM_I32,     WASM_I64,       WASM_F32,   WASM_F64,
                                    WASM_V128, WASM_FUNCREF, WASM_EXTERNREF, WASM_EXNREF };

ir_block block_new(struct builder *b)
{
    struct ir_func *f = b->f;
    ir_block at = f->block_count;

    if (b->err != ERR_OK)
        return 0;
    if (!BUILD_RESERVE(b, f->blocks, f->block_room, at + 1u) ||
        !BUILD_RESERVE(b, b->info, b->info_room, at + 1u))
        return 0;
    f->blocks[at] = (struct ir_blk){ 0 };
    b->info[at] = (struct block_info){ 0 };
    f->block_count++;
    return at;
}

static void block_fill(struct builder *b, ir_block block, ir_block idom)
{
    struct block_info *i = &b->info[block];
    const struct block_info *up = &b->info[idom];

    i->sequence = ++b->sequence;
    b->f->blocks[block].reachable = true;
    b->f->blocks[block].idom = idom;
    if (block != idom) {
        const struct block_info *jump = &b->info[up->jump];

        i->depth = up->depth + 1;
        i->jump =
            up->depth - jump->depth == jump->depth - b->info[jump->jump].depth ? jump->jump : idom;
    }
    b->block = block;
}

void block_begin_after(struct builder *b, ir_block block, ir_block pred)
{
    uint32_t at = emit_extra(b, &pred, 1);
    bool follows = b->sequence > 0 && b->info[pred].sequence == b->sequence;

    if (b->err != ERR_OK)
        return;
    b->f->blocks[block].pred = at;
    b->f->blocks[block].pred_count = 1;
    block_fill(b, block, pred);
    if (!follows)
        known_forget(b);
}

void block_begin(struct builder *b, ir_block block, uint32_t edges)
{
    uint32_t count = 0;
    uint32_t at;
    ir_block idom = IR_NO_BLOCK;

    for (uint32_t e = edges; e != IR_NO_EDGE; e = b->edges[e].next)
        count++;
    at = emit_extra(b, NULL, count);
    if (b->err != ERR_OK)
        return;
    b->f->blocks[block].pred = at;
    b->f->blocks[block].pred_count = count;
    for (uint32_t e = edges; e != IR_NO_EDGE; e = b->edges[e].next) {
        b->f->extra[at++] = b->edges[e].from;
        idom = idom == IR_NO_BLOCK ? b->edges[e].from : block_common(b, idom, b->edges[e].from);
    }
    block_fill(b, block, idom);
    known_forget(b);
}

void end_block(struct builder *b, struct ir_val terminator, const ir_block *succ, uint32_t count)
{
    uint32_t at;

    if (b->err != ERR_OK)
        return;
    fuel_close(b);
    at = emit_extra(b, succ, count);
    emit(b, terminator);
    if (b->err != ERR_OK)
        return;
    b->f->blocks[b->block].succ = at;
    b->f->blocks[b->block].succ_count = count;
    b->block = IR_NO_BLOCK;
}

void end_jump(struct builder *b, ir_block to)
{
    end_block(b, (struct ir_val){ .op = IR_JUMP }, &to, 1);
}

void edge_add(struct builder *b, uint32_t *list, ir_block from, const ir_value *values,
              uint32_t count)
{
    if (!BUILD_RESERVE(b, b->edges, b->edge_room, b->edge_count + 1u) ||
        !BUILD_RESERVE(b, b->args, b->arg_room, b->arg_count + (size_t)count))
        return;
    b->edges[b->edge_count] = (struct edge){ from, b->arg_count, *list };
    *list = b->edge_count++;
    for (uint32_t i = 0; i < count; i++)
        b->args[b->arg_count++] = values[i];
}

struct frame *frame_at(struct builder *b, uint32_t label)
{
    return &b->frames[b->frame_count - 1 - label];
}

ir_block frame_label(struct builder *b, struct frame *t)
{
    if (t->label == IR_NO_BLOCK)
        t->label = block_new(b);
    return t->label;
}

uint32_t frame_arity(const struct frame *t)
{
    return t->kind == FRAME_LOOP ? t->param_count : t->result_count;
}

static const ir_value *top_values(struct builder *b, uint32_t count)
{
    return b->stack + b->stack_count - count;
}

static void frame_edge(struct builder *b, struct frame *t)
{
    uint32_t arity = frame_arity(t);

    edge_add(b, &t->edges, b->block, top_values(b, arity), arity);
}

static void emit_return(struct builder *b, uint32_t count)
{
    uint32_t at = emit_extra(b, top_values(b, count), count);

    end_block(b, (struct ir_val){ .op = IR_RETURN, .a = at, .b = count }, NULL, 0);
}

/* An unconditional branch. */
void frame_branch(struct builder *b, uint32_t label)
{
    struct frame *t = frame_at(b, label);

    if (t->kind == FRAME_FUNCTION) {
        emit_return(b, t->result_count);
        return;
    }
    frame_edge(b, t);
    end_jump(b, frame_label(b, t));
}

void frame_branch_if(struct builder *b, uint32_t label, ir_value condition)
{
    struct frame *t = frame_at(b, label);
    ir_block from = b->block;
    ir_block succ[2];

    if (b->err != ERR_OK)
        return;
    frame_edge(b, t);
    succ[0] = frame_label(b, t);
    succ[1] = block_new(b);
    end_block(b, (struct ir_val){ .op = IR_BRANCH, .a = condition }, succ, 2);
    block_begin_after(b, succ[1], from);
}

static void frame_types(struct builder *b, struct frame *t, const struct wasm_instr *i)
{
    if (i->block_has_type) {
        const struct wasm_signature *s = &b->m->types[i->a].signature;

        t->params = s->params;
        t->param_count = (uint16_t)s->param_count;
        t->results = s->results;
        t->result_count = (uint16_t)s->result_count;
    } else if (i->type != WASM_NONE) {
        t->results = &one_type[i->type];
        t->result_count = 1;
    }
}

struct frame *frame_open(struct builder *b, uint8_t kind, const struct wasm_instr *i)
{
    struct frame *t;

    if (!BUILD_RESERVE(b, b->frames, b->frame_room, b->frame_count + 1u))
        return NULL;
    t = &b->frames[b->frame_count++];
    *t = (struct frame){ .kind = kind,
                         .label = IR_NO_BLOCK,
                         .edges = IR_NO_EDGE,
                         .other = IR_NO_BLOCK,
                         .raises = IR_NO_EDGE,
                         .handler = b->handler,
                         .entry = b->block };
    if (i != NULL) {
        frame_types(b, t, i);
        t->construct = b->next_construct++;
    }
    t->height = b->stack_count - t->param_count;
    return t;
}

void flow_block(struct builder *b, const struct wasm_instr *i) { frame_open(b, FRAME_BLOCK, i); }

/* Keeps a copy of the top values: its place in args. */
static uint32_t save_values(struct builder *b, uint32_t count)
{
    uint32_t at = b->arg_count;

    if (!BUILD_RESERVE(b, b->args, b->arg_room, b->arg_count + (size_t)count))
        return 0;
    for (uint32_t i = 0; i < count; i++)
        b->args[b->arg_count++] = top_values(b, count)[i];
    return at;
}

void flow_loop(struct builder *b, const struct wasm_instr *i)
{
    struct frame *t = frame_open(b, FRAME_LOOP, i);
    ir_block header = block_new(b);

    if (b->err != ERR_OK)
        return;
    t->label = header;
    t->saved = b->arg_count;
    frame_edge(b, t);
    t->edges = IR_NO_EDGE; /* the way in is kept apart: args at `saved` */
    end_jump(b, header);
    if (b->err != ERR_OK)
        return;
    b->f->blocks[header].is_loop_header = true;
    block_fill(b, header, t->entry);
    known_forget(b);
    locals_forget(b, t->construct);
    /* From the last to the first: each goes to the head of the block. */
    for (uint32_t p = t->param_count; p-- > 0;)
        b->stack[t->height + p] = emit_phi(b, header, t->params[p]);
    save_values(b, t->param_count);
    if (b->interrupt)
        emit(b, (struct ir_val){ .op = IR_SAFEPOINT });
}

static void param_phis_fill(struct builder *b, struct frame *t, uint32_t count,
                            const ir_value *phis)
{
    for (uint32_t p = 0; p < t->param_count; p++) {
        uint32_t at = operands_reserve(b, count);
        uint32_t k = 0;

        if (b->err != ERR_OK)
            return;
        b->f->extra[at + k++] = b->args[t->saved + p];
        for (uint32_t e = t->edges; e != IR_NO_EDGE; e = b->edges[e].next)
            b->f->extra[at + k++] = b->args[b->edges[e].args + p];
        val(b, phis[p])->a = at;
        phi_settle(b, phis[p], count);
    }
}

static void loop_seal(struct builder *b, struct frame *t)
{
    uint32_t count = 1;
    uint32_t at, k = 0;

    for (uint32_t e = t->edges; e != IR_NO_EDGE; e = b->edges[e].next)
        count++;
    at = emit_extra(b, NULL, count);
    if (b->err != ERR_OK)
        return;
    b->f->extra[at + k++] = t->entry;
    for (uint32_t e = t->edges; e != IR_NO_EDGE; e = b->edges[e].next)
        b->f->extra[at + k++] = b->edges[e].from;
    b->f->blocks[t->label].pred = at;
    b->f->blocks[t->label].pred_count = count;
    param_phis_fill(b, t, count, b->args + t->saved + t->param_count);
    locals_seal(b, t->label);
}

static void else_arm(struct builder *b, struct frame *t)
{
    for (uint32_t p = 0; p < t->param_count; p++)
        b->stack[t->height + p] = b->args[t->saved + p];
    b->stack_count = t->height + t->param_count;
}

void flow_if(struct builder *b, const struct wasm_instr *i)
{
    ir_value condition = pop(b);
    struct frame *t = frame_open(b, FRAME_IF, i);
    bool has_else;
    ir_block succ[2];

    if (b->err != ERR_OK)
        return;
    has_else = b->scan->constructs[t->construct].has_else;
    t->saved = save_values(b, t->param_count);
    if (b->optimize && is_const(b, condition)) {
        t->known = bits_at(b, condition) != 0 ? KNOWN_THEN : KNOWN_ELSE;
        if (t->known == KNOWN_ELSE)
            b->block = IR_NO_BLOCK; /* until the else; t->entry stays open */
        return;
    }
    if (!has_else) {
        frame_edge(b, t); /* parameters and results are of the same types */
        succ[1] = frame_label(b, t);
    } else {
        t->other = block_new(b);
        succ[1] = t->other;
    }
    succ[0] = block_new(b);
    end_block(b, (struct ir_val){ .op = IR_BRANCH, .a = condition }, succ, 2);
    block_begin_after(b, succ[0], t->entry);
}

void flow_else(struct builder *b)
{
    struct frame *t = frame_at(b, 0);

    if (b->block != IR_NO_BLOCK) {
        frame_edge(b, t);
        end_jump(b, frame_label(b, t));
    }
    t->kind = FRAME_ELSE;
    else_arm(b, t);
    if (t->known == KNOWN_ELSE) {
        b->block = t->entry;
    } else if (t->known == KNOWN_NOT) {
        block_begin_after(b, t->other, t->entry);
        locals_forget(b, t->construct);
    }
}

static void push_results(struct builder *b, struct frame *t, uint32_t edge_count)
{
    b->stack_count = t->height;
    for (uint32_t r = 0; r < t->result_count; r++) {
        ir_value first = b->args[b->edges[t->edges].args + r];
        bool same = true;
        ir_value phi;
        uint32_t at;

        for (uint32_t e = t->edges; e != IR_NO_EDGE && same; e = b->edges[e].next)
            same = b->args[b->edges[e].args + r] == first;
        if (same) {
            push(b, first);
            continue;
        }
        phi = emit_phi(b, t->label, t->results[r]);
        at = operands_reserve(b, edge_count);
        if (b->err != ERR_OK)
            return;
        val(b, phi)->a = at;
        for (uint32_t e = t->edges; e != IR_NO_EDGE; e = b->edges[e].next)
            b->f->extra[at++] = b->args[b->edges[e].args + r];
        push(b, phi);
    }
}

/* What comes after the construct: all that branch to its label, and what falls out
 * of its end. */
void frame_merge(struct builder *b)
{
    struct frame *t = frame_at(b, 0);

    if (t->label != IR_NO_BLOCK) {
        if (b->block != IR_NO_BLOCK) {
            frame_edge(b, t);
            end_jump(b, t->label);
        }
        block_begin(b, t->label, t->edges);
        if (b->err != ERR_OK)
            return;
        if (t->kind != FRAME_FUNCTION)
            locals_forget(b, t->construct);
        push_results(b, t, b->f->blocks[t->label].pred_count);
    }
}

static void end_function(struct builder *b)
{
    frame_merge(b);
    if (b->block != IR_NO_BLOCK)
        emit_return(b, frame_at(b, 0)->result_count);
}

void flow_end(struct builder *b)
{
    struct frame *t = frame_at(b, 0);

    switch (t->kind) {
    case FRAME_FUNCTION: end_function(b); break;
    case FRAME_LOOP: loop_seal(b, t); break;
    case FRAME_IF:
        if (t->known == KNOWN_ELSE) {
            else_arm(b, t);
            b->block = t->entry;
        }
        frame_merge(b);
        break;
    case FRAME_TRY:
    case FRAME_CATCH:
    case FRAME_TRY_TABLE: try_end(b); break;
    default: frame_merge(b);
    }
    b->frame_count--;
}

void flow_br_if(struct builder *b, uint32_t label)
{
    ir_value condition = pop(b);

    if (b->optimize && b->err == ERR_OK && is_const(b, condition)) {
        if (bits_at(b, condition) != 0)
            frame_branch(b, label);
        return;
    }
    frame_branch_if(b, label, condition);
}

void flow_br_table(struct builder *b, struct wasm_instr *i)
{
    ir_value index = pop(b);
    uint32_t count = i->a + 1;
    uint32_t *succ;
    bool one = true;
    uint32_t chosen = i->a;

    if (b->err != ERR_OK)
        return;
    if (b->optimize && is_const(b, index)) {
        if (bits_at(b, index) < chosen)
            chosen = (uint32_t)bits_at(b, index);
        for (uint32_t k = 0; k < chosen; k++)
            wasm_instr_next_label(i);
        frame_branch(b, wasm_instr_next_label(i));
        return;
    }
    succ = arena_array(b->arena, count, sizeof *succ);
    if (succ == NULL) {
        build_fail(b, ERR_NOMEM);
        return;
    }
    for (uint32_t k = 0; k < count && b->err == ERR_OK; k++) {
        struct frame *t = frame_at(b, wasm_instr_next_label(i));

        /* One edge from here, however often the table names the label. */
        if (t->edges == IR_NO_EDGE || b->edges[t->edges].from != b->block)
            frame_edge(b, t);
        succ[k] = frame_label(b, t);
        one = one && succ[k] == succ[0];
    }
    if (one)
        end_jump(b, succ[0]);
    else
        end_block(b, (struct ir_val){ .op = IR_SWITCH, .a = index }, succ, count);
}

void flow_return(struct builder *b) { emit_return(b, b->frames[0].result_count); }

void flow_unreachable(struct builder *b, uint16_t trap)
{
    end_block(b, (struct ir_val){ .op = IR_UNREACHABLE, .sub = trap }, NULL, 0);
}
