#include "base/num.h"
#include "wasm/x86_64/emit.h"

/* Calls and frames. The sequences that leave the function through a pointer are in
 * docs/machine-code.md, and the verifier knows them by their form: change
 * all three together. */

enum { OP_CMP = 0x3b };

static const uint8_t kept_regs[4] = { RBX, RBP, R12, R13 }; /* in the order of pushing */

/* --- Frame: [rsp] slots, locals, the slot for r15, pushed registers, return address */

static bool leaves_context(const struct mach_instr *in)
{
    return in->op == MOP_CALL_IMPORT || in->op == MOP_CALL_INDIRECT || in->op == MOP_TAIL_IMPORT ||
           in->op == MOP_TAIL_INDIRECT;
}

void emit_frame_plan(struct emit *e)
{
    struct mach_func *f = e->f;

    for (uint32_t b = 0; b < f->block_count; b++)
        e->has_pad = e->has_pad || f->blocks[b].is_pad;
    for (uint32_t i = 0; i < f->code_count && !e->has_context_slot; i++)
        e->has_context_slot = leaves_context(&f->code[i]);
    /* A pad is entered from deep inside: r15 and what our caller keeps must be in the frame. */
    e->has_context_slot = e->has_context_slot || e->has_pad;
    e->kept = f->kept_used | (e->has_pad ? MACH_KEPT : 0);
    for (unsigned i = 0; i < COUNT_OF(kept_regs); i++)
        e->kept_count += e->kept >> kept_regs[i] & 1;
    e->frame = (uint32_t)num_align(f->slot_size, 8);
    e->enc.locals_base = e->frame;
    e->frame += (uint32_t)num_align(f->frame_locals_size, 8);
    e->saved_r15 = e->frame;
    e->frame += e->has_context_slot ? 8 : 0;
}

static bool has_call(const struct mach_func *f)
{
    for (uint32_t i = 0; i < f->code_count; i++)
        if (mach_op_flags[f->code[i].op] & MOP_CALL)
            return true;
    return false;
}

/* Leaves with small frames live on the slack below the limit. */
static bool needs_stack_check(const struct emit *e)
{
    return e->frame >= 2048 || (e->unit->config & WASM_CONFIG_INTERRUPT) || has_call(e->f);
}

static void push_or_pop(struct emit *e, uint8_t opcode, uint32_t reg)
{
    if (reg >= R8)
        encode_byte(&e->enc, 0x41);
    encode_byte(&e->enc, (uint8_t)(opcode + (reg & 7)));
}

/* The check comes before the frame is made: its trap finds the return address at rsp. */
static void stack_check(struct emit *e)
{
    struct encode_rm limit = encode_mem(R15, WASM_CONTEXT_STACK_LIMIT);

    if (e->frame <= 4096) {
        encode_int(&e->enc, OP_CMP, 8, RSP, limit);
    } else {
        encode_int(&e->enc, 0x8d, 8, R11, encode_mem(RSP, -(int32_t)e->frame));
        encode_int(&e->enc, OP_CMP, 8, R11, limit);
    }
    emit_trap_if(e, CC_B, WASM_TRAP_STACK, e->unit->module->funcs[e->f->ir->index].body_offset);
}

void emit_prologue(struct emit *e)
{
    if (needs_stack_check(e))
        stack_check(e);
    for (unsigned i = 0; i < COUNT_OF(kept_regs); i++)
        if (e->kept >> kept_regs[i] & 1)
            push_or_pop(e, 0x50, kept_regs[i]);
    if (e->frame != 0)
        encode_int_imm(&e->enc, 5, 8, encode_reg(RSP), (int32_t)e->frame);
    if (e->has_pad)
        encode_store(&e->enc, 8, R15, encode_mem(RSP, (int32_t)e->saved_r15));
}

void emit_epilogue(struct emit *e)
{
    if (e->frame != 0)
        encode_int_imm(&e->enc, 0, 8, encode_reg(RSP), (int32_t)e->frame);
    for (unsigned i = COUNT_OF(kept_regs); i-- > 0;)
        if (e->kept >> kept_regs[i] & 1)
            push_or_pop(e, 0x58, kept_regs[i]);
}

/* --- Calls */

static void call_site(struct emit *e, const struct mach_instr *in)
{
    emit_site(e, WASM_SITE_CALL, WASM_TRAP_NONE, in->offset);
    if ((in->sub & 1) && e->pad_block != EMIT_UNBOUND && e->site_count > 0)
        e->sites[e->site_count - 1].pad_pc = e->pad_block + 1;
}

/* call (ext 2) or jmp (ext 4) through memory */
static void through(struct emit *e, uint8_t ext, struct encode_rm rm)
{
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xff }, ext, rm);
}

/* call or jmp to a function of this module */
static void to_function(struct emit *e, uint8_t opcode, uint32_t function)
{
    encode_byte(&e->enc, opcode);
    if (!ARENA_RESERVE(e->arena, e->relocs, e->reloc_room, e->reloc_count + 1u)) {
        e->enc.full = true;
        return;
    }
    e->relocs[e->reloc_count++] = (struct wasm_reloc){ e->enc.size, function };
    encode_word(&e->enc, 0);
}

/* r11 is a struct wasm_function of any instance; `context`: where its context is known
 * to be already (a register or a field of r11). */
static void call_across(struct emit *e, const struct mach_instr *in, struct encode_rm context)
{
    struct encode_rm saved = encode_mem(RSP, (int32_t)e->saved_r15);

    encode_store(&e->enc, 8, R15, saved);
    encode_load(&e->enc, 8, R15, context);
    encode_load(&e->enc, 8, R14, encode_mem(R15, WASM_CONTEXT_MEMORY0));
    through(e, 2, encode_mem(R11, WASM_FUNCTION_CODE));
    call_site(e, in);
    encode_load(&e->enc, 8, R15, saved);
    encode_load(&e->enc, 8, R14, encode_mem(R15, WASM_CONTEXT_MEMORY0));
}

static void load_import(struct emit *e, const struct mach_instr *in)
{
    emit_context_load(e, (int32_t)(e->unit->layout->imports + 8 * in->c));
}

/* rax: the index. Leaves r11 = the function, known to be of the type. */
static void load_indirect(struct emit *e, const struct mach_instr *in)
{
    const struct wasm_layout *layout = e->unit->layout;
    uint32_t type = e->unit->module->types[in->c].canonical;
    struct encode_rm element = { true, R11, RAX, 8, 0 };

    emit_context_load(e, (int32_t)(layout->tables + 8 * in->a));
    encode_int(&e->enc, OP_CMP, 8, RAX, encode_mem(R11, WASM_VIEW_SIZE));
    emit_trap_if(e, CC_AE, WASM_TRAP_UNDEFINED_ELEMENT, in->offset);
    encode_load(&e->enc, 8, R11, encode_mem(R11, WASM_VIEW_BASE));
    encode_load(&e->enc, 8, R11, element);
    encode_load(&e->enc, 4, RAX, encode_mem(R15, (int32_t)(layout->signatures + 4 * type)));
    /* A null reference faults here, in the page at 0. */
    emit_site(e, WASM_SITE_MEMORY, WASM_TRAP_INDIRECT_NULL, in->offset);
    encode_int(&e->enc, OP_CMP, 4, RAX, encode_mem(R11, WASM_FUNCTION_SIGNATURE));
    emit_trap_if(e, CC_NE, WASM_TRAP_INDIRECT_TYPE, in->offset);
}

/* rax: the context of the function in r11; elsewhere than here: the slow half. */
static struct emit_slow compare_context(struct emit *e)
{
    struct emit_slow s = emit_slow_new(e);

    encode_load(&e->enc, 8, RAX, encode_mem(R11, WASM_FUNCTION_CONTEXT));
    encode_int(&e->enc, OP_CMP, 8, RAX, encode_reg(R15));
    emit_jcc(e, CC_NE, s.in);
    return s;
}

static void emit_indirect(struct emit *e, const struct mach_instr *in)
{
    struct emit_slow s;

    load_indirect(e, in);
    s = compare_context(e);
    through(e, 2, encode_mem(R11, WASM_FUNCTION_CODE));
    call_site(e, in);
    emit_bind(e, s.back);
}

/* A tail call through r11: the frame goes first where the context stays. Across
 * contexts it is a call and a return, since the caller's r15 must come back. */
static void emit_tail_through(struct emit *e)
{
    (void)compare_context(e);
    emit_epilogue(e);
    through(e, 4, encode_mem(R11, WASM_FUNCTION_CODE));
}

bool emit_call(struct emit *e, const struct mach_instr *in)
{
    switch ((enum mach_op)in->op) {
    case MOP_CALL_DIRECT:
        to_function(e, 0xe8, in->c);
        call_site(e, in);
        return true;
    case MOP_CALL_IMPORT:
        load_import(e, in);
        call_across(e, in, encode_mem(R11, WASM_FUNCTION_CONTEXT));
        return true;
    case MOP_CALL_INDIRECT: emit_indirect(e, in); return true;
    case MOP_CALL_BUILTIN:
        encode_int(&e->enc, 0x8b, 8, RDI, encode_reg(R15));
        through(e, 2, encode_mem(R15, (int32_t)(WASM_CONTEXT_BUILTINS + 8 * in->c)));
        call_site(e, in);
        return true;
    case MOP_TAIL_DIRECT:
        emit_epilogue(e);
        to_function(e, 0xe9, in->c);
        return true;
    case MOP_TAIL_IMPORT:
        load_import(e, in);
        emit_tail_through(e);
        return true;
    case MOP_TAIL_INDIRECT:
        load_indirect(e, in);
        emit_tail_through(e);
        return true;
    default: return false;
    }
}

/* The function in r11 belongs to the context in rax, another one. */
void emit_call_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s)
{
    call_across(e, in, encode_reg(RAX));
    if (mach_op_flags[in->op] & MOP_END) {
        emit_epilogue(e);
        encode_byte(&e->enc, 0xc3);
    } else {
        emit_jump(e, s.back);
    }
}
