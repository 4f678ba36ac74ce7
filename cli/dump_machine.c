#include <inttypes.h>
#include <stdio.h>

#include "cli/dump.h"
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

static void put_number(const char *before, int64_t number) { printf("%s%" PRId64, before, number); }

static void put_operand(const struct mach_func *f, const char *before, mach_operand o)
{
    if (o == MACH_NONE)
        return;
    fputs(before, stdout);
    if (mach_is_reg(o)) {
        fputs(reg_names[o], stdout);
    } else if (mach_is_slot(o)) {
        put_number("[rsp+", o & ~MACH_SLOT);
        fputs("]", stdout);
    } else {
        put_number("v", o - MACH_VIRTUAL);
        fputs(".", stdout);
        fputs(kind_names[f->kinds[o - MACH_VIRTUAL]], stdout);
    }
}

static void put_memory(const struct mach_func *f, const struct mach_instr *in)
{
    static const char *const names[] = { "",       " heap[", " [", " context[", " frame[",
                                         " pool[", " [",     " [", " view[" };

    if (in->mem == MEM_NONE)
        return;
    fputs(names[in->mem], stdout);
    if (in->mem == MEM_INDEX)
        put_operand(f, "", in->a);
    if (in->mem == MEM_HEAP_VIEW)
        put_number("memory ", in->scale);
    put_operand(f, " + ", in->x);
    if (in->mem == MEM_INDEX)
        put_number(" * ", in->scale);
    put_number(in->disp < 0 ? " " : " + ", in->disp);
    fputs("]", stdout);
}

static void put_args(const struct mach_func *f, const struct mach_instr *in)
{
    for (int32_t i = 0; i < in->disp; i++) {
        const struct mach_arg *arg = &f->args[in->imm + i];

        put_operand(f, arg->is_def ? " def " : " ", arg->value);
        fputs("=", stdout);
        fputs(reg_names[arg->reg], stdout);
    }
}

static bool has_args(const struct mach_instr *in)
{
    return (mach_op_flags[in->op] & MOP_CALL) || in->op == MOP_ENTRY || in->op == MOP_RETURN;
}

static void put_instr(const struct mach_func *f, uint32_t index)
{
    const struct mach_instr *in = &f->code[index];
    uint32_t flags = mach_op_flags[in->op];

    put_number("  ", index);
    fputs(" ", stdout);
    fputs(mach_op_names[in->op], stdout);
    put_number(".", in->size);
    if (flags & MOP_FLAGS_IN) {
        fputs(" ", stdout);
        fputs(cc_names[in->cc & 15], stdout);
        fputs(in->sub == 1 ? " and not p" : in->sub == 2 ? " or p" : "", stdout);
    }
    put_operand(f, " ", flags & MOP_DEF ? in->d : MACH_NONE);
    fputs(flags & MOP_DEF ? " <-" : "", stdout);
    put_operand(f, " ", flags & MOP_USE_A ? in->a : MACH_NONE);
    put_operand(f, " ", flags & MOP_USE_B ? in->b : MACH_NONE);
    put_operand(f, " c=", flags & (MOP_USE_C | MOP_TEMP) ? in->c : MACH_NONE);
    if (has_args(in)) {
        put_number(" #", in->c == MACH_NONE ? 0 : in->c);
        put_args(f, in);
        return;
    }
    if (in->imm != 0 || in->op == MOP_MOVI)
        put_number(" imm ", in->imm);
    put_memory(f, in);
}

static void put_move(const struct mach_func *f, const struct mach_move *m)
{
    fputs("      move.", stdout);
    fputs(kind_names[m->kind], stdout);
    put_operand(f, " ", m->d);
    if (m->remat)
        put_number(" <- again ", m->a);
    else
        put_operand(f, " <- ", m->a);
}

static void put_block(const struct mach_func *f, uint32_t number)
{
    const struct mach_block *b = &f->blocks[number];

    put_number("block ", number);
    put_number(" depth ", b->depth);
    fputs(b->cold ? " cold" : "", stdout);
    fputs(b->is_edge ? " edge" : "", stdout);
    fputs(b->is_pad ? " pad" : "", stdout);
    if (b->loop_end != 0)
        put_number(" loop to ", b->loop_end);
    fputs(" ->", stdout);
    for (uint32_t i = 0; i < b->succ_count; i++)
        put_number(" ", b->succs[i]);
    for (uint32_t i = 0; i < b->move_count; i++) {
        put_operand(f, "; ", b->moves[i].d);
        put_operand(f, " <- ", b->moves[i].a);
    }
}

void dump_machine(const struct mach_func *f)
{
    uint32_t move = 0;

    for (uint32_t b = 0; b < f->block_count; b++) {
        put_block(f, b);
        putchar('\n');
        for (uint32_t i = f->blocks[b].first; i < f->blocks[b].end; i++) {
            for (; move < f->move_count && f->moves[move].before <= i; move++) {
                put_move(f, &f->moves[move]);
                putchar('\n');
            }
            put_instr(f, i);
            putchar('\n');
        }
    }
}
