#include "wasm/ir/build.h"

void build_fail(struct builder *b, enum err error)
{
    if (b->err == ERR_OK)
        b->err = error;
}

ir_value emit_loose(struct builder *b, struct ir_val v)
{
    struct ir_func *f = b->f;

    if (b->err != ERR_OK || !BUILD_RESERVE(b, f->values, f->value_room, f->value_count + 1u))
        return 0;
    v.offset = b->offset;
    f->values[f->value_count] = v;
    return f->value_count++;
}

/* Appends to the block at hand. */
ir_value emit(struct builder *b, struct ir_val v)
{
    struct ir_blk *k;
    ir_value at;

    v.next = 0;
    at = emit_loose(b, v);
    if (at == 0)
        return 0;
    k = &b->f->blocks[b->block];
    if (k->last == 0)
        k->first = at;
    else
        val(b, k->last)->next = at;
    k->last = at;
    return at;
}

uint32_t emit_extra(struct builder *b, const uint32_t *words, uint32_t count)
{
    struct ir_func *f = b->f;
    uint32_t at = f->extra_count;

    if (b->err != ERR_OK)
        return 0;
    if (!BUILD_RESERVE(b, f->extra, f->extra_room, at + (size_t)count))
        return 0;
    for (uint32_t i = 0; i < count; i++)
        f->extra[at + i] = words == NULL ? 0 : words[i];
    f->extra_count += count;
    return at;
}

ir_value emit_pure(struct builder *b, struct ir_val v)
{
    ir_value found;

    if (b->err != ERR_OK)
        return 0;
    if (!b->optimize)
        return emit(b, v);
    found = fold(b, &v);
    if (found != 0)
        return found;
    found = number_find(b, &v);
    if (found != 0)
        return found;
    found = emit(b, v);
    if (found != 0)
        number_add(b, found);
    return found;
}

ir_value emit_op(struct builder *b, uint8_t op, uint8_t type, ir_value x, ir_value y)
{
    return emit_pure(b, (struct ir_val){ .op = op, .type = type, .a = x, .b = y });
}

ir_value emit_const(struct builder *b, uint8_t type, uint64_t bits)
{
    if (type == IR_I32 || type == IR_F32)
        bits = (uint32_t)bits;
    return emit_pure(b, (struct ir_val){ .op = IR_CONST,
                                         .type = type,
                                         .aux = type == IR_REF && bits == WASM_EXTERN_NULL,
                                         .a = (uint32_t)bits,
                                         .b = (uint32_t)(bits >> 32) });
}

ir_value emit_icmp(struct builder *b, uint8_t cc, ir_value x, ir_value y)
{
    return emit_pure(
        b, (struct ir_val){
               .op = IR_ICMP, .type = IR_I32, .sub = cc, .aux = type_at(b, x), .a = x, .b = y });
}

void push(struct builder *b, ir_value v)
{
    if (!BUILD_RESERVE(b, b->stack, b->stack_room, b->stack_count + 1u))
        return;
    b->stack[b->stack_count++] = v;
}

ir_value pop(struct builder *b) { return b->stack_count == 0 ? 0 : b->stack[--b->stack_count]; }
