#include "wasm/ir/build.h"

/* Calls, tail calls, and what is done by calling the runtime (wasm/abi.h). */

static void after_call(struct builder *b)
{
    b->f->has_call = true;
    b->effects++;
    known_forget(b);
    fuel_close(b);
}

static uint8_t first_result(const struct wasm_signature *s)
{
    return s->result_count == 0 ? IR_VOID : ir_type_of(s->results[0]);
}

static void push_call_results(struct builder *b, ir_value call, const struct wasm_signature *s)
{
    if (s->result_count > 0)
        push(b, call);
    for (uint32_t i = 1; i < s->result_count; i++)
        push(b, emit(b, (struct ir_val){ .op = IR_RESULT,
                                         .type = ir_type_of(s->results[i]),
                                         .aux = ref_aux(s->results[i]),
                                         .sub = (uint16_t)i,
                                         .a = call }));
}

static void finish_call(struct builder *b, struct ir_val v, const struct wasm_signature *s)
{
    ir_value call;

    v.aux = s->result_count > 0 ? ref_aux(s->results[0]) : 0;
    call = emit(b, v);

    after_call(b);
    push_call_results(b, call, s);
    try_guard(b, call);
}

/* The arguments of a call as extra words, in front of them `head` where it is not 0. */
static uint32_t call_args(struct builder *b, uint32_t count, ir_value head)
{
    uint32_t at = head == 0 ? b->f->extra_count : emit_extra(b, &head, 1);

    b->stack_count -= count;
    emit_extra(b, b->stack + b->stack_count, count);
    return at;
}

static struct ir_val direct(struct builder *b, uint8_t op, uint32_t function,
                            const struct wasm_signature *s)
{
    uint32_t at = call_args(b, s->param_count, 0);

    return (struct ir_val){
        .op = op, .type = first_result(s), .a = at, .b = s->param_count, .c = function
    };
}

static struct ir_val indirect(struct builder *b, uint8_t op, uint32_t type, uint32_t table,
                              const struct wasm_signature *s)
{
    ir_value index = pop(b);
    uint32_t at = call_args(b, s->param_count, index);

    return (struct ir_val){ .op = op,
                            .type = first_result(s),
                            .sub = (uint16_t)table,
                            .a = at,
                            .b = s->param_count + 1,
                            .c = type };
}

void build_call(struct builder *b, uint32_t function)
{
    struct wasm_signature s = wasm_decoded_signature(b->m, function);

    finish_call(b, direct(b, IR_CALL, function, &s), &s);
}

/* Tables are numbered with 16 bits here; more cannot be called through. */
static bool table_fits(struct builder *b, uint32_t table)
{
    if (table > UINT16_MAX)
        build_fail(b, ERR_LIMIT);
    return table <= UINT16_MAX;
}

void build_call_indirect(struct builder *b, uint32_t type, uint32_t table)
{
    const struct wasm_signature *s = &b->m->types[type].signature;

    if (table_fits(b, table))
        finish_call(b, indirect(b, IR_CALL_INDIRECT, type, table, s), s);
}

void build_return_call(struct builder *b, const struct wasm_instr *i)
{
    struct wasm_signature s;
    struct ir_val v;

    if (i->op == WASM_OP_RETURN_CALL) {
        s = wasm_decoded_signature(b->m, i->a);
        v = direct(b, IR_RETURN_CALL, i->a, &s);
    } else {
        if (!table_fits(b, i->b))
            return;
        s = b->m->types[i->a].signature;
        v = indirect(b, IR_RETURN_CALL_INDIRECT, i->a, i->b, &s);
    }
    v.type = IR_VOID;
    b->f->has_call = true;
    end_block(b, v, NULL, 0);
}

ir_value emit_word(struct builder *b, ir_value v)
{
    return type_at(b, v) == IR_I32 ? emit_op(b, IR_EXTEND_U, IR_I64, v, 0) : v;
}

ir_value emit_builtin(struct builder *b, enum wasm_builtin builtin, const ir_value *args,
                      uint32_t count)
{
    ir_value words[5];
    ir_value call;
    uint32_t at;

    for (uint32_t i = 0; i < count; i++)
        words[i] = emit_word(b, args[i]);
    at = emit_extra(b, words, count);
    call = emit(
        b,
        (struct ir_val){
            .op = IR_CALL_BUILTIN, .type = IR_I64, .sub = (uint16_t)builtin, .a = at, .b = count });
    after_call(b);
    return call;
}

static ir_value number(struct builder *b, uint64_t n) { return emit_const(b, IR_I64, n); }

/* One number, then `count` operands from the stack. */
static ir_value bulk(struct builder *b, enum wasm_builtin builtin, uint64_t head, uint32_t count)
{
    ir_value args[4] = { 0 };

    for (uint32_t i = count; i > 0; i--)
        args[i] = pop(b);
    args[0] = number(b, head);
    return emit_builtin(b, builtin, args, count + 1);
}

static void push_size(struct builder *b, ir_value word, bool is64)
{
    push(b, is64 ? word : emit_op(b, IR_WRAP, IR_I32, word, 0));
}

static void table_access(struct builder *b, const struct wasm_instr *i)
{
    struct ir_val v = { .op = IR_TABLE_GET,
                        .type = IR_REF,
                        .aux = ref_aux((uint8_t)b->m->tables[i->a].type),
                        .b = i->a };

    if (i->op == WASM_OP_TABLE_SET) {
        v.op = IR_TABLE_SET;
        v.type = IR_VOID;
        v.c = pop(b);
    }
    v.a = pop(b);
    b->effects++;
    v.a = emit(b, v);
    if (i->op == WASM_OP_TABLE_GET)
        push(b, v.a);
}

static bool build_table(struct builder *b, const struct wasm_instr *i)
{
    const struct wasm_tabletype *t = i->a < b->m->table_count ? &b->m->tables[i->a] : NULL;
    uint64_t pair = i->a | (uint64_t)i->b << 32;

    switch (i->op) {
    case WASM_OP_TABLE_GET:
    case WASM_OP_TABLE_SET: table_access(b, i); return true;
    case WASM_OP_TABLE_SIZE:
        push(b, emit(b, (struct ir_val){ .op = IR_TABLE_SIZE,
                                         .type = t->limits.is64 ? IR_I64 : IR_I32,
                                         .a = i->a }));
        return true;
    case WASM_OP_TABLE_GROW:
        push_size(b, bulk(b, WASM_BUILTIN_TABLE_GROW, i->a, 2), t->limits.is64);
        return true;
    case WASM_OP_TABLE_FILL: bulk(b, WASM_BUILTIN_TABLE_FILL, i->a, 3); return true;
    case WASM_OP_TABLE_COPY: /* to, then from (core 5.4.5) */
        bulk(b, WASM_BUILTIN_TABLE_COPY, pair, 3);
        return true;
    case WASM_OP_TABLE_INIT: /* segment, then table */
        bulk(b, WASM_BUILTIN_TABLE_INIT, i->b | (uint64_t)i->a << 32, 3);
        return true;
    case WASM_OP_ELEM_DROP: bulk(b, WASM_BUILTIN_ELEM_DROP, i->a, 0); return true;
    default: return false;
    }
}

bool build_bulk(struct builder *b, const struct wasm_instr *i)
{
    uint64_t pair = i->a | (uint64_t)i->b << 32;
    bool is64;

    switch (i->op) {
    case WASM_OP_MEMORY_SIZE:
        is64 = b->m->memories[i->a].limits.is64;
        push(b, emit(b, (struct ir_val){ .op = IR_MEMORY_SIZE,
                                         .type = is64 ? IR_I64 : IR_I32,
                                         .mem = (uint8_t)i->a }));
        return true;
    case WASM_OP_MEMORY_GROW:
        is64 = b->m->memories[i->a].limits.is64;
        push_size(b, bulk(b, WASM_BUILTIN_MEMORY_GROW, i->a, 1), is64);
        return true;
    case WASM_OP_MEMORY_FILL: bulk(b, WASM_BUILTIN_MEMORY_FILL, i->a, 3); return true;
    case WASM_OP_MEMORY_COPY: /* to, then from (core 5.4.6) */
        bulk(b, WASM_BUILTIN_MEMORY_COPY, pair, 3);
        return true;
    case WASM_OP_MEMORY_INIT: /* segment, then memory */
        bulk(b, WASM_BUILTIN_MEMORY_INIT, i->b | (uint64_t)i->a << 32, 3);
        return true;
    case WASM_OP_DATA_DROP: bulk(b, WASM_BUILTIN_DATA_DROP, i->a, 0); return true;
    default: return build_table(b, i);
    }
}
