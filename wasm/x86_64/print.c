#include "wasm/text.h"
#include "wasm/x86_64/encode.h"

/* Machine operations as text, a line each: name, operands as `d <- a, b, c`, memory. */

static const char *const reg_names[MACH_REG_COUNT] = {
    "rax",  "rcx",  "rdx",  "rbx",  "rsp",   "rbp",   "rsi",   "rdi",   "r8",    "r9",    "r10",
    "r11",  "r12",  "r13",  "r14",  "r15",   "xmm0",  "xmm1",  "xmm2",  "xmm3",  "xmm4",  "xmm5",
    "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
};
static const char *const kind_names[] = { "i32", "i64", "f32", "f64", "v128" };
static const char *const cc_names[] = { "o", "no", "b", "ae", "e", "ne", "be", "a",
                                        "s", "ns", "p", "np", "l", "ge", "le", "g" };

static void put_operand(struct text *t, const struct mach_func *f, const char *before,
                        mach_operand o)
{
    if (o == MACH_NONE)
        return;
    text_put(t, before);
    if (mach_is_reg(o)) {
        text_put(t, reg_names[o]);
    } else if (mach_is_slot(o)) {
        text_number(t, "[rsp+", o & ~MACH_SLOT);
        text_put(t, "]");
    } else {
        text_number(t, "v", o - MACH_VIRTUAL);
        text_put(t, ".");
        text_put(t, kind_names[f->kinds[o - MACH_VIRTUAL]]);
    }
}

static void put_memory(struct text *t, const struct mach_func *f, const struct mach_instr *in)
{
    static const char *const names[] = { "",       " heap[", " [", " context[", " frame[",
                                         " pool[", " [",     " [", " view[" };

    if (in->mem == MEM_NONE)
        return;
    text_put(t, names[in->mem]);
    if (in->mem == MEM_INDEX)
        put_operand(t, f, "", in->a);
    if (in->mem == MEM_HEAP_VIEW)
        text_number(t, "memory ", in->scale);
    put_operand(t, f, " + ", in->x);
    if (in->mem == MEM_INDEX)
        text_number(t, " * ", in->scale);
    text_number(t, in->disp < 0 ? " " : " + ", in->disp);
    text_put(t, "]");
}

static void put_args(struct text *t, const struct mach_func *f, const struct mach_instr *in)
{
    for (int32_t i = 0; i < in->disp; i++) {
        const struct mach_arg *arg = &f->args[in->imm + i];

        put_operand(t, f, arg->is_def ? " def " : " ", arg->value);
        text_put(t, "=");
        text_put(t, reg_names[arg->reg]);
    }
}

static bool has_args(const struct mach_instr *in)
{
    return (mach_op_flags[in->op] & MOP_CALL) || in->op == MOP_ENTRY || in->op == MOP_RETURN;
}

static void put_instr(struct text *t, const struct mach_func *f, uint32_t index)
{
    const struct mach_instr *in = &f->code[index];
    uint32_t flags = mach_op_flags[in->op];

    text_number(t, "  ", index);
    text_put(t, " ");
    text_put(t, mach_op_names[in->op]);
    text_number(t, ".", in->size);
    if (flags & MOP_FLAGS_IN) {
        text_put(t, " ");
        text_put(t, cc_names[in->cc & 15]);
        text_put(t, in->sub == 1 ? " and not p" : in->sub == 2 ? " or p" : "");
    }
    put_operand(t, f, " ", flags & MOP_DEF ? in->d : MACH_NONE);
    text_put(t, flags & MOP_DEF ? " <-" : "");
    put_operand(t, f, " ", flags & MOP_USE_A ? in->a : MACH_NONE);
    put_operand(t, f, " ", flags & MOP_USE_B ? in->b : MACH_NONE);
    put_operand(t, f, " c=", flags & (MOP_USE_C | MOP_TEMP) ? in->c : MACH_NONE);
    if (has_args(in)) {
        text_number(t, " #", in->c == MACH_NONE ? 0 : in->c);
        put_args(t, f, in);
        return;
    }
    if (in->imm != 0 || in->op == MOP_MOVI)
        text_number(t, " imm ", in->imm);
    put_memory(t, f, in);
}

static void put_move(struct text *t, const struct mach_func *f, const struct mach_move *m)
{
    text_put(t, "      move.");
    text_put(t, kind_names[m->kind]);
    put_operand(t, f, " ", m->d);
    if (m->remat)
        text_number(t, " <- again ", m->a);
    else
        put_operand(t, f, " <- ", m->a);
}

static void put_block(struct text *t, const struct mach_func *f, uint32_t number)
{
    const struct mach_block *b = &f->blocks[number];

    text_number(t, "block ", number);
    text_number(t, " depth ", b->depth);
    text_put(t, b->cold ? " cold" : "");
    text_put(t, b->is_edge ? " edge" : "");
    text_put(t, b->is_pad ? " pad" : "");
    if (b->loop_end != 0)
        text_number(t, " loop to ", b->loop_end);
    text_put(t, " ->");
    for (uint32_t i = 0; i < b->succ_count; i++)
        text_number(t, " ", b->succs[i]);
    for (uint32_t i = 0; i < b->move_count; i++) {
        put_operand(t, f, "; ", b->moves[i].d);
        put_operand(t, f, " <- ", b->moves[i].a);
    }
}

static void flush(struct text *t, const struct wasm_dump *dump)
{
    dump->line(dump->context, t->at);
    *t = (struct text){ .size = 0 };
}

void mach_print(const struct mach_func *f, const struct wasm_dump *dump)
{
    struct text t = { .size = 0 };
    uint32_t move = 0;

    for (uint32_t b = 0; b < f->block_count; b++) {
        put_block(&t, f, b);
        flush(&t, dump);
        for (uint32_t i = f->blocks[b].first; i < f->blocks[b].end; i++) {
            for (; move < f->move_count && f->moves[move].before <= i; move++) {
                put_move(&t, f, &f->moves[move]);
                flush(&t, dump);
            }
            put_instr(&t, f, i);
            flush(&t, dump);
        }
    }
}
