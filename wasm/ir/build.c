#include "wasm/ir/build.h"

#include <string.h>

#include "wasm/note.h"

static void build_select(struct builder *b)
{
    struct ir_val v = { .op = IR_SELECT };

    v.a = pop(b);
    v.c = pop(b);
    v.b = pop(b);
    v.type = type_at(b, v.b);
    v.aux = v.type == IR_REF ? val(b, v.b)->aux : 0;
    push(b, emit_pure(b, v));
}

static void build_ref(struct builder *b, const struct wasm_instr *i)
{
    ir_value v, null;

    switch (i->op) {
    case WASM_OP_REF_NULL:
        push(b, emit_const(b, IR_REF, i->type == WASM_EXTERNREF ? WASM_EXTERN_NULL : 0));
        break;
    case WASM_OP_REF_FUNC: push(b, emit_op(b, IR_REF_FUNC, IR_REF, i->a, 0)); break;
    default:
        v = pop(b);
        null = emit_const(b, IR_REF, val(b, v)->aux != 0 ? WASM_EXTERN_NULL : 0);
        push(b, emit_icmp(b, IR_EQ, v, null));
    }
}

static bool build_const(struct builder *b, const struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_I32_CONST: push(b, emit_const(b, IR_I32, i->value)); return true;
    case WASM_OP_I64_CONST: push(b, emit_const(b, IR_I64, i->value)); return true;
    case WASM_OP_F32_CONST: push(b, emit_const(b, IR_F32, i->value)); return true;
    case WASM_OP_F64_CONST: push(b, emit_const(b, IR_F64, i->value)); return true;
    default: return false;
    }
}

/* Control instructions (core 4.4.8); false: another one. */
static bool build_control(struct builder *b, struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_UNREACHABLE: flow_unreachable(b, WASM_TRAP_UNREACHABLE); return true;
    case WASM_OP_BLOCK: flow_block(b, i); return true;
    case WASM_OP_LOOP: flow_loop(b, i); return true;
    case WASM_OP_IF: flow_if(b, i); return true;
    case WASM_OP_ELSE: flow_else(b); return true;
    case WASM_OP_END: flow_end(b); return true;
    case WASM_OP_BR: frame_branch(b, i->a); return true;
    case WASM_OP_BR_IF: flow_br_if(b, i->a); return true;
    case WASM_OP_BR_TABLE: flow_br_table(b, i); return true;
    case WASM_OP_RETURN: flow_return(b); return true;
    case WASM_OP_TRY: try_open(b, i); return true;
    case WASM_OP_TRY_TABLE: try_table_open(b, i); return true;
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL: try_catch(b, i); return true;
    case WASM_OP_DELEGATE: try_delegate(b, i->a); return true;
    case WASM_OP_THROW: build_throw(b, i->a); return true;
    case WASM_OP_RETHROW: build_rethrow(b, i->a); return true;
    case WASM_OP_THROW_REF: build_throw_ref(b); return true;
    default: return false;
    }
}

static bool build_plain(struct builder *b, struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_NOP: return true;
    case WASM_OP_DROP: pop(b); return true;
    case WASM_OP_SELECT:
    case WASM_OP_SELECT_T: build_select(b); return true;
    case WASM_OP_LOCAL_GET: push(b, local_read(b, i->a)); return true;
    case WASM_OP_LOCAL_SET: local_write(b, i->a, pop(b)); return true;
    case WASM_OP_LOCAL_TEE:
        if (b->stack_count > 0)
            local_write(b, i->a, b->stack[b->stack_count - 1]);
        return true;
    case WASM_OP_GLOBAL_GET: build_global_get(b, i->a); return true;
    case WASM_OP_GLOBAL_SET: build_global_set(b, i->a); return true;
    case WASM_OP_CALL: build_call(b, i->a); return true;
    case WASM_OP_CALL_INDIRECT: build_call_indirect(b, i->a, i->b); return true;
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT: build_return_call(b, i); return true;
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_IS_NULL:
    case WASM_OP_REF_FUNC: build_ref(b, i); return true;
    default: return false;
    }
}

static void build_live(struct builder *b, struct wasm_instr *i)
{
    if (build_control(b, i) || build_const(b, i) || build_plain(b, i))
        return;
    if (i->op >= WASM_OP_I32_LOAD && i->op <= WASM_OP_I64_LOAD32_U) {
        build_load(b, i);
        return;
    }
    if (i->op >= WASM_OP_I32_STORE && i->op <= WASM_OP_I64_STORE32) {
        build_store(b, i);
        return;
    }
    if (build_numeric(b, i) || build_bulk(b, i) || build_vector(b, i) || build_atomic(b, i))
        return;
    b->err =
        note_at(b->note, ERR_UNSUPPORTED, i->offset, "unknown instruction", wasm_op_name(i->op));
}

/* Code that nothing reaches: only its nesting is followed (core 3.4, stack-polymorphic). */
static void build_dead(struct builder *b, struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF:
    case WASM_OP_TRY:
    case WASM_OP_TRY_TABLE:
        b->skipped++;
        b->next_construct++;
        return;
    case WASM_OP_END:
    case WASM_OP_DELEGATE:
        if (b->skipped > 0)
            b->skipped--;
        else
            build_control(b, i);
        return;
    case WASM_OP_ELSE:
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL:
        if (b->skipped == 0)
            build_control(b, i);
        return;
    default: return;
    }
}

/* What takes no time at run time takes no fuel. */
static bool is_free(uint16_t op)
{
    return op == WASM_OP_BLOCK || op == WASM_OP_LOOP || op == WASM_OP_ELSE || op == WASM_OP_END ||
           op == WASM_OP_TRY || op == WASM_OP_TRY_TABLE || op == WASM_OP_CATCH ||
           op == WASM_OP_CATCH_ALL || op == WASM_OP_DELEGATE || op == WASM_OP_NOP;
}

static void fuel_count(struct builder *b, uint16_t op)
{
    if (is_free(op))
        return;
    if (b->fuel_op == 0) {
        b->fuel_op = emit(b, (struct ir_val){ .op = IR_FUEL });
        b->effects++;
    }
    b->fuel_count++;
}

void fuel_close(struct builder *b)
{
    if (b->fuel_op != 0)
        val(b, b->fuel_op)->a = b->fuel_count;
    b->fuel_op = 0;
    b->fuel_count = 0;
}

/* The blocks in the order in which they were filled. */
static enum err order_filled(struct builder *b)
{
    uint32_t *order = arena_array(b->arena, b->sequence, sizeof *order);

    if (order == NULL)
        return ERR_NOMEM;
    for (ir_block k = 0; k < b->f->block_count; k++)
        if (b->info[k].sequence != 0)
            order[b->info[k].sequence - 1] = k;
    return ir_order_as(b->f, order, b->sequence);
}

static enum err build_body(struct builder *b, struct reader r)
{
    struct ir_func *f = b->f;
    struct frame *t;

    TRY(b->err);
    f->block_count = 0;
    f->value_count = 1;
    f->values[0] = (struct ir_val){ .op = IR_NOP };
    b->block = block_new(b);
    TRY(b->err);
    f->blocks[0].reachable = true;
    b->info[0].sequence = b->sequence = 1;
    b->offset = b->base;
    TRY(locals_init(b));
    t = frame_open(b, FRAME_FUNCTION, NULL);
    if (t == NULL)
        return b->err;
    t->results = wasm_decoded_signature(b->m, f->index).results;
    t->result_count = (uint16_t)wasm_decoded_signature(b->m, f->index).result_count;
    while (r.left > 0 && b->frame_count > 0) {
        struct wasm_instr i;

        TRY(wasm_instr_read(&i, &r, b->base, b->note));
        b->offset = i.offset;
        if (b->block == IR_NO_BLOCK) {
            build_dead(b, &i);
        } else {
            if (b->fuel)
                fuel_count(b, i.op);
            build_live(b, &i);
        }
        TRY(b->err);
    }
    return order_filled(b);
}

/* The types of parameters and declared locals, one byte each. */
static enum err local_types_read(struct builder *b, struct reader *r)
{
    struct wasm_signature s = wasm_decoded_signature(b->m, b->f->index);
    struct reader again = *r;
    uint64_t total = s.param_count;
    uint32_t runs, at = 0;
    struct wasm_local_run run;
    uint8_t *types;

    TRY(wasm_locals_begin(&runs, &again, b->base, b->note));
    for (uint32_t i = 0; i < runs; i++) {
        TRY(wasm_locals_next(&run, &again, b->base, b->note));
        total += run.count;
    }
    if (total > UINT16_MAX)
        return ERR_LIMIT;
    types = arena_alloc(b->arena, (size_t)total);
    if (types == NULL)
        return ERR_NOMEM;
    for (; at < s.param_count; at++)
        types[at] = s.params[at];
    TRY(wasm_locals_begin(&runs, r, b->base, b->note));
    for (uint32_t i = 0; i < runs; i++) {
        TRY(wasm_locals_next(&run, r, b->base, b->note));
        memset(types + at, (int)run.type, run.count);
        at += run.count;
    }
    b->local_types = types;
    b->local_count = (uint32_t)total;
    return ERR_OK;
}

static void configure(struct builder *b, uint64_t config)
{
    b->optimize = (config & WASM_CONFIG_NO_OPTIMIZE) == 0;
    b->fuel = (config & WASM_CONFIG_FUEL) != 0;
    b->interrupt = (config & WASM_CONFIG_INTERRUPT) != 0;
    b->deterministic = (config & WASM_CONFIG_DETERMINISTIC) != 0;
    b->explicit_bounds = (config & WASM_CONFIG_EXPLICIT) != 0;
}

static struct builder builder_of(struct ir_func *f, const struct wasm_unit *unit,
                                 struct wasm_note *note)
{
    const struct wasm_func *func = &unit->module->funcs[f->index];
    struct builder b = { .f = f,
                         .unit = unit,
                         .m = unit->module,
                         .arena = f->arena,
                         .note = note,
                         .base = func->body_offset,
                         .handler = IR_NO_HANDLER,
                         .body_size = (uint32_t)func->body.size };

    configure(&b, unit->config);
    return b;
}

/* The second try, with the locals in the frame, starts from the same scan. */
static enum err build_again(struct builder *b, struct reader r)
{
    struct builder fresh = builder_of(b->f, b->unit, b->note);

    fresh.scan = b->scan;
    fresh.local_types = b->local_types;
    fresh.local_count = b->local_count;
    fresh.numbers = b->numbers;
    fresh.number_mask = b->number_mask;
    memset(fresh.numbers, 0, (fresh.number_mask + (size_t)1) * sizeof *fresh.numbers);
    fresh.reaches = b->reaches;
    fresh.reach_mask = b->reach_mask;
    memset(fresh.reaches, 0, (fresh.reach_mask + (size_t)1) * sizeof *fresh.reaches);
    fresh.info = b->info;
    fresh.info_room = b->info_room;
    fresh.edges = b->edges;
    fresh.edge_room = b->edge_room;
    fresh.stack = b->stack;
    fresh.stack_room = b->stack_room;
    fresh.args = b->args;
    fresh.arg_room = b->arg_room;
    fresh.frames = b->frames;
    fresh.frame_room = b->frame_room;
    fresh.in_frame = true;
    b->f->extra_count = 0;
    b->f->has_call = false;
    return build_body(&fresh, r);
}

/* Arrays that grow leave copies of themselves behind: better to begin with what
 * most bodies need in the end. */
static enum err reserve(struct builder *b)
{
    struct ir_func *f = b->f;
    uint32_t blocks = 16 + b->scan->blocks + b->scan->blocks / 8;

    if (!ARENA_RESERVE(b->arena, f->values, f->value_room, 64 + b->body_size / 4) ||
        !ARENA_RESERVE(b->arena, f->blocks, f->block_room, blocks) ||
        !ARENA_RESERVE(b->arena, b->info, b->info_room, blocks) ||
        !ARENA_RESERVE(b->arena, b->edges, b->edge_room, blocks) ||
        !ARENA_RESERVE(b->arena, b->frames, b->frame_room, 1 + b->scan->depth) ||
        !ARENA_RESERVE(b->arena, f->extra, f->extra_room, 64 + b->body_size / 8) ||
        !ARENA_RESERVE(b->arena, b->stack, b->stack_room, 16) ||
        !ARENA_RESERVE(b->arena, b->args, b->arg_room, 16))
        return ERR_NOMEM;
    return ERR_OK;
}

enum err ir_build(struct ir_func *out, const struct wasm_unit *unit, uint32_t function,
                  struct arena *arena, struct wasm_note *note)
{
    struct ir_func f = { .unit = unit, .index = function, .arena = arena };
    struct builder b = builder_of(&f, unit, note);
    struct scan scan;
    struct reader r = reader_of(unit->module->funcs[function].body);
    enum err err;

    b.f = &f;
    TRY(local_types_read(&b, &r));
    TRY(scan_body(&scan, &b, r));
    TRY(number_init(&b));
    TRY(memory_init(&b));
    b.scan = &scan;
    TRY(reserve(&b));
    f.has_try = scan.has_try;
    b.in_frame = scan.too_big;
    err = build_body(&b, r);
    if (b.too_big)
        err = build_again(&b, r);
    TRY(err);
    TRY(ir_clean(&f));
    *out = f;
    return ERR_OK;
}
