#include "wasm/ir/build.h"

/* Exceptions (core 4.4.8.10, and the legacy form of the proposal).
 *
 * Whatever may raise inside a try jumps, with the exception, to one dispatch
 * block of that try, which compares tags in the order of the clauses. A call
 * does so through a landing pad of its own; a throw goes there directly. What
 * no clause takes goes on to the dispatch of the try around, or to the caller. */

static void raise_to(struct builder *b, ir_value exception, uint32_t handler)
{
    struct frame *t;

    if (b->block == IR_NO_BLOCK || b->err != ERR_OK)
        return;
    if (handler == IR_NO_HANDLER) {
        emit_builtin(b, WASM_BUILTIN_EXCEPTION_THROW, &exception, 1);
        flow_unreachable(b, WASM_TRAP_EXCEPTION);
        return;
    }
    t = &b->frames[handler];
    if (t->other == IR_NO_BLOCK)
        t->other = block_new(b);
    edge_add(b, &t->raises, b->block, &exception, 1);
    end_jump(b, t->other);
}

void try_guard(struct builder *b, ir_value call)
{
    ir_block from = b->block;
    ir_block succ[2];
    ir_value exception;

    if (b->handler == IR_NO_HANDLER)
        return;
    succ[0] = block_new(b);
    succ[1] = block_new(b);
    end_block(b, (struct ir_val){ .op = IR_INVOKE, .a = call }, succ, 2);
    if (b->err != ERR_OK)
        return;
    block_begin_after(b, succ[1], from);
    exception = emit(b, (struct ir_val){ .op = IR_EXCEPTION, .type = IR_REF });
    raise_to(b, exception, b->handler);
    block_begin_after(b, succ[0], from);
}

void try_open(struct builder *b, struct wasm_instr *i)
{
    if (frame_open(b, FRAME_TRY, i) != NULL)
        b->handler = b->frame_count - 1;
}

void try_table_open(struct builder *b, struct wasm_instr *i)
{
    struct frame *t = frame_open(b, FRAME_TRY_TABLE, i);

    if (t == NULL)
        return;
    t->catches = arena_alloc(b->arena, sizeof *t->catches);
    if (t->catches == NULL) {
        build_fail(b, ERR_NOMEM);
        return;
    }
    *t->catches = *i;
    b->handler = b->frame_count - 1;
}

/* What falls out of the body, or of a clause, goes to the label. */
static void leave(struct builder *b, struct frame *t)
{
    uint32_t arity = t->result_count;

    if (b->block == IR_NO_BLOCK)
        return;
    edge_add(b, &t->edges, b->block, b->stack + b->stack_count - arity, arity);
    end_jump(b, frame_label(b, t));
}

/* The block to which all that was raised in the body comes; false: nothing can be. */
static bool dispatch_begin(struct builder *b, struct frame *t)
{
    ir_value first;
    bool same = true;
    uint32_t at;

    b->handler = t->handler;
    b->stack_count = t->height;
    if (t->raises == IR_NO_EDGE || b->err != ERR_OK)
        return false;
    block_begin(b, t->other, t->raises);
    if (b->err != ERR_OK)
        return false;
    locals_forget(b, t->construct);
    first = b->args[b->edges[t->raises].args];
    for (uint32_t e = t->raises; e != IR_NO_EDGE; e = b->edges[e].next)
        same = same && b->args[b->edges[e].args] == first;
    t->exception = first;
    if (!same) {
        t->exception = emit_phi(b, t->other, WASM_EXNREF);
        at = operands_reserve(b, b->f->blocks[t->other].pred_count);
        if (b->err != ERR_OK)
            return false;
        val(b, t->exception)->a = at;
        for (uint32_t e = t->raises; e != IR_NO_EDGE; e = b->edges[e].next)
            b->f->extra[at++] = b->args[b->edges[e].args];
    }
    t->other = IR_NO_BLOCK;
    return true;
}

/* The block at hand asks for the tag: it goes on where the tag is that one, and
 * t->other is where it is not, after t->entry. */
static void test_tag(struct builder *b, struct frame *t, uint32_t tag)
{
    ir_value is = emit(
        b, (struct ir_val){ .op = IR_EXCEPTION_IS, .type = IR_I32, .a = t->exception, .b = tag });
    ir_block succ[2];

    succ[0] = block_new(b);
    succ[1] = t->other = block_new(b);
    t->entry = b->block;
    end_block(b, (struct ir_val){ .op = IR_BRANCH, .a = is }, succ, 2);
    if (b->err == ERR_OK)
        block_begin_after(b, succ[0], t->entry);
}

static void test_next(struct builder *b, struct frame *t)
{
    ir_block next = t->other;

    t->other = IR_NO_BLOCK;
    if (next == IR_NO_BLOCK || b->err != ERR_OK)
        return;
    block_begin_after(b, next, t->entry);
    if (b->err == ERR_OK)
        locals_forget(b, t->construct);
}

static void push_payload(struct builder *b, struct frame *t, uint32_t tag)
{
    const struct wasm_signature *s = &b->m->types[b->m->tags[tag]].signature;

    for (uint32_t i = 0; i < s->param_count; i++)
        push(b, emit(b, (struct ir_val){ .op = IR_EXCEPTION_GET,
                                         .type = ir_type_of(s->params[i]),
                                         .aux = ref_aux(s->params[i]),
                                         .a = t->exception,
                                         .b = i }));
}

void try_catch(struct builder *b, const struct wasm_instr *i)
{
    struct frame *t = frame_at(b, 0);

    leave(b, t);
    if (t->kind == FRAME_TRY) {
        t->kind = FRAME_CATCH;
        dispatch_begin(b, t);
    } else {
        test_next(b, t);
    }
    b->stack_count = t->height;
    if (b->block == IR_NO_BLOCK || b->err != ERR_OK || i->op == WASM_OP_CATCH_ALL)
        return;
    test_tag(b, t, i->a);
    push_payload(b, t, i->a);
}

/* The clauses of a try_table, each a jump. Their labels do not count the try_table. */
static void dispatch_table(struct builder *b, struct frame *t)
{
    for (uint32_t k = 0; k < t->catches->b && b->block != IR_NO_BLOCK && b->err == ERR_OK; k++) {
        struct wasm_catch c = wasm_instr_next_catch(t->catches);
        bool all = c.kind == WASM_CATCH_ALL || c.kind == WASM_CATCH_ALL_REF;

        b->stack_count = t->height;
        if (!all) {
            test_tag(b, t, c.tag);
            push_payload(b, t, c.tag);
        }
        if (c.kind == WASM_CATCH_REF || c.kind == WASM_CATCH_ALL_REF)
            push(b, t->exception);
        frame_branch(b, c.label + 1);
        test_next(b, t);
    }
}

static void try_finish(struct builder *b, uint32_t handler)
{
    struct frame *t = frame_at(b, 0);

    if (t->raises != IR_NO_EDGE) {
        leave(b, t);
        if (t->kind == FRAME_CATCH) {
            test_next(b, t);
        } else if (dispatch_begin(b, t) && t->kind == FRAME_TRY_TABLE) {
            dispatch_table(b, t);
        }
        raise_to(b, t->exception, handler);
    }
    b->handler = t->handler;
    if (b->err == ERR_OK)
        frame_merge(b);
}

void try_end(struct builder *b) { try_finish(b, frame_at(b, 0)->handler); }

void try_delegate(struct builder *b, uint32_t label)
{
    const struct frame *target = frame_at(b, label + 1);
    bool is_try = target->kind == FRAME_TRY || target->kind == FRAME_TRY_TABLE;

    try_finish(b, is_try ? (uint32_t)(target - b->frames) : target->handler);
    b->frame_count--;
}

void build_throw(struct builder *b, uint32_t tag)
{
    const struct wasm_signature *s = &b->m->types[b->m->tags[tag]].signature;
    ir_value number = emit_const(b, IR_I64, tag);
    ir_value exception = emit_builtin(b, WASM_BUILTIN_EXCEPTION_NEW, &number, 1);

    if (b->err != ERR_OK)
        return;
    val(b, exception)->type = IR_REF;
    b->stack_count -= s->param_count;
    for (uint32_t i = 0; i < s->param_count; i++)
        emit(b, (struct ir_val){ .op = IR_EXCEPTION_PUT,
                                 .a = exception,
                                 .b = i,
                                 .c = b->stack[b->stack_count + i] });
    raise_to(b, exception, b->handler);
}

void build_rethrow(struct builder *b, uint32_t label)
{
    raise_to(b, frame_at(b, label)->exception, b->handler);
}

void build_throw_ref(struct builder *b)
{
    ir_value exception = pop(b);
    ir_block from = b->block;
    ir_block succ[2];
    ir_value null;

    if (b->handler != IR_NO_HANDLER) {
        null = emit_icmp(b, IR_EQ, exception, emit_const(b, IR_REF, 0));
        succ[0] = block_new(b);
        succ[1] = block_new(b);
        end_block(b, (struct ir_val){ .op = IR_BRANCH, .a = null }, succ, 2);
        if (b->err != ERR_OK)
            return;
        block_begin_after(b, succ[0], from);
        flow_unreachable(b, WASM_TRAP_NULL_REFERENCE);
        block_begin_after(b, succ[1], from);
    }
    raise_to(b, exception, b->handler);
}
