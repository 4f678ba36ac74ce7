#include "wasm/ir/build.h"

/* Atomic instructions (threads proposal). They are laid out regularly: within a
 * group, i32, i64, i32 8, i32 16, i64 8, i64 16, i64 32. */

struct form {
    uint8_t type;
    uint8_t access;
    uint8_t size;
};

static const struct form forms[] = {
    { IR_I32, IR_ACCESS_32U, 4 }, { IR_I64, IR_ACCESS_64, 8 }, { IR_I32, IR_ACCESS_8U, 1 },
    { IR_I32, IR_ACCESS_16U, 2 }, { IR_I64, IR_ACCESS_8U, 1 }, { IR_I64, IR_ACCESS_16U, 2 },
    { IR_I64, IR_ACCESS_32U, 4 },
};

enum { FORMS = 7 };

/* Order is made by the operation itself; what was known of memory is forgotten. */
static ir_value emit_atomic(struct builder *b, struct ir_val v, const struct wasm_instr *i,
                            const struct form *form)
{
    v.type = v.op == IR_ATOMIC_STORE ? IR_VOID : form->type;
    v.aux = form->type;
    v.sub = form->access;
    v.mem = (uint8_t)i->a;
    memory_clobber(b);
    return emit(b, v);
}

static void build_atomic_load(struct builder *b, const struct wasm_instr *i)
{
    const struct form *form = &forms[i->op - WASM_OP_I32_ATOMIC_LOAD];
    struct ir_val v = { .op = IR_ATOMIC_LOAD };

    v.a = memory_address(b, pop(b), (uint8_t)i->a, i->value, form->size, &v.b);
    push(b, emit_atomic(b, v, i, form));
}

static void build_atomic_store(struct builder *b, const struct wasm_instr *i)
{
    const struct form *form = &forms[i->op - WASM_OP_I32_ATOMIC_STORE];
    struct ir_val v = { .op = IR_ATOMIC_STORE };

    v.b = pop(b);
    v.a = memory_address(b, pop(b), (uint8_t)i->a, i->value, form->size, &v.c);
    emit_atomic(b, v, i, form);
}

static void build_rmw(struct builder *b, const struct wasm_instr *i)
{
    static const uint8_t kinds[] = { IR_RMW_ADD, IR_RMW_SUB, IR_RMW_AND,
                                     IR_RMW_OR,  IR_RMW_XOR, IR_RMW_XCHG };
    uint32_t n = i->op - (uint32_t)WASM_OP_I32_ATOMIC_RMW_ADD;
    const struct form *form = &forms[n % FORMS];
    struct ir_val v = { .op = IR_ATOMIC_RMW };
    uint32_t words[2] = { 0, kinds[n / FORMS] };

    v.b = pop(b);
    v.a = memory_address(b, pop(b), (uint8_t)i->a, i->value, form->size, &words[0]);
    v.c = emit_extra(b, words, 2);
    push(b, emit_atomic(b, v, i, form));
}

static void build_cmpxchg(struct builder *b, const struct wasm_instr *i)
{
    const struct form *form = &forms[i->op - WASM_OP_I32_ATOMIC_RMW_CMPXCHG];
    struct ir_val v = { .op = IR_ATOMIC_CMPXCHG };
    uint32_t words[2];

    words[1] = pop(b);
    v.b = pop(b);
    v.a = memory_address(b, pop(b), (uint8_t)i->a, i->value, form->size, &words[0]);
    v.c = emit_extra(b, words, 2);
    push(b, emit_atomic(b, v, i, form));
}

/* memory.atomic.wait32, wait64 and notify: the runtime does them, at an address with the offset
 * added. Their address may be anything: the runtime checks it. */
static void build_wait(struct builder *b, const struct wasm_instr *i)
{
    bool notify = i->op == WASM_OP_MEMORY_ATOMIC_NOTIFY;
    enum wasm_builtin builtin = notify ? WASM_BUILTIN_ATOMIC_NOTIFY
                                : i->op == WASM_OP_MEMORY_ATOMIC_WAIT32
                                    ? WASM_BUILTIN_ATOMIC_WAIT32
                                    : WASM_BUILTIN_ATOMIC_WAIT64;
    ir_value args[4] = { 0 };
    uint32_t count = notify ? 3 : 4;
    ir_value word;

    for (uint32_t k = count; k-- > 1;)
        args[k] = pop(b);
    args[0] = emit_const(b, IR_I64, i->a);
    args[1] = memory_effective(b, args[1], i->value, i->a);
    word = emit_builtin(b, builtin, args, count);
    push(b, emit_op(b, IR_WRAP, IR_I32, word, 0));
}

bool build_atomic(struct builder *b, const struct wasm_instr *i)
{
    if (i->op >= WASM_OP_I32_ATOMIC_LOAD && i->op <= WASM_OP_I64_ATOMIC_LOAD32_U)
        build_atomic_load(b, i);
    else if (i->op >= WASM_OP_I32_ATOMIC_STORE && i->op <= WASM_OP_I64_ATOMIC_STORE32)
        build_atomic_store(b, i);
    else if (i->op >= WASM_OP_I32_ATOMIC_RMW_ADD && i->op < WASM_OP_I32_ATOMIC_RMW_CMPXCHG)
        build_rmw(b, i);
    else if (i->op >= WASM_OP_I32_ATOMIC_RMW_CMPXCHG && i->op <= WASM_OP_I64_ATOMIC_RMW32_CMPXCHG_U)
        build_cmpxchg(b, i);
    else if (i->op >= WASM_OP_MEMORY_ATOMIC_NOTIFY && i->op <= WASM_OP_MEMORY_ATOMIC_WAIT64)
        build_wait(b, i);
    else if (i->op == WASM_OP_ATOMIC_FENCE)
        emit(b, (struct ir_val){ .op = IR_FENCE });
    else
        return false;
    return true;
}
