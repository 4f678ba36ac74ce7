/* bpf.c: classic BPF: what seccomp accepts, verified and interpreted. */
#include "shim/core/bpf.h"

#include "base/num.h"

/* Opcodes, as linux/bpf_common.h composes them: class | size or operation | source. */
enum {
    LD = 0x00,
    LDX = 0x01,
    ST = 0x02,
    STX = 0x03,
    ALU = 0x04,
    JMP = 0x05,
    RET = 0x06,
    MISC = 0x07,
    IMM = 0x00,
    ABS = 0x20,
    MEM = 0x60,
    LEN = 0x80,
    ADD = 0x00,
    SUB = 0x10,
    MUL = 0x20,
    DIV = 0x30,
    OR = 0x40,
    AND = 0x50,
    LSH = 0x60,
    RSH = 0x70,
    NEG = 0x80,
    XOR = 0xa0,
    JA = 0x00,
    JEQ = 0x10,
    JGT = 0x20,
    JGE = 0x30,
    JSET = 0x40,
    K = 0x00,
    X = 0x08,
    A = 0x10,
    TAX = 0x00,
    TXA = 0x80,
};

#define CELLS 16u
#define ALL_CELLS 0xffffu

static struct bpf_instruction *at(const struct bpf_program *p, uint32_t i)
{
    return &p->page[i / BPF_IN_PAGE][i % BPF_IN_PAGE];
}

/* --- Verifying. */

static bool alu_good(const struct bpf_instruction *in)
{
    switch (in->code & ~(unsigned)(ALU | X)) {
    case ADD:
    case SUB:
    case MUL:
    case AND:
    case OR:
    case XOR: return true;
    case DIV: return (in->code & X) != 0 || in->k != 0;
    case LSH:
    case RSH: return (in->code & X) != 0 || in->k < 32;
    case NEG: return (in->code & X) == 0;
    default: return false;
    }
}

static bool jump_good(const struct bpf_instruction *in, uint32_t left)
{
    switch (in->code & ~(unsigned)(JMP | X)) {
    case JA: return (in->code & X) == 0 && in->k < left;
    case JEQ:
    case JGT:
    case JGE:
    case JSET: return in->yes < left && in->no < left;
    default: return false;
    }
}

/* left: how many instructions follow. */
static bool instruction_good(const struct bpf_instruction *in, uint32_t left)
{
    switch (in->code) {
    case LD | ABS: return in->k < sizeof(struct bpf_call) && in->k % 4 == 0;
    case LD | IMM:
    case LDX | IMM:
    case LD | LEN:
    case LDX | LEN:
    case MISC | TAX:
    case MISC | TXA:
    case RET | K:
    case RET | A: return true;
    case LD | MEM:
    case LDX | MEM:
    case ST:
    case STX: return in->k < CELLS;
    default: break;
    }
    if ((in->code & ~0xffu) != 0)
        return false;
    if ((in->code & 7) == ALU)
        return alu_good(in);
    return (in->code & 7) == JMP && jump_good(in, left);
}

/* Cells that every path to an instruction has stored. All jumps go forward, so
 * one pass is enough; a jump's target is reached with at most what it had. */
static bool cells_good(const struct bpf_program *p, uint16_t reach[BPF_COUNT_MAX])
{
    uint16_t stored = 0;

    for (uint32_t i = 0; i < p->count; i++)
        reach[i] = ALL_CELLS;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct bpf_instruction *in = at(p, i);

        stored &= reach[i];
        switch (in->code & 7) {
        case ST:
        case STX: stored |= (uint16_t)(1u << in->k); break;
        case LD:
        case LDX:
            if ((in->code & 0xe0) == MEM && (stored >> in->k & 1) == 0)
                return false;
            break;
        case JMP:
            if ((in->code & 0xf0) == JA) {
                reach[i + 1 + in->k] &= stored;
            } else {
                reach[i + 1 + in->yes] &= stored;
                reach[i + 1 + in->no] &= stored;
            }
            stored = ALL_CELLS;
            break;
        case RET: stored = ALL_CELLS; break;
        default: break;
        }
    }
    return true;
}

bool bpf_verify(const struct bpf_program *p)
{
    uint16_t reach[BPF_COUNT_MAX];

    if (p->count == 0 || p->count > BPF_COUNT_MAX)
        return false;
    for (uint32_t i = 0; i < p->count; i++)
        if (!instruction_good(at(p, i), p->count - 1 - i))
            return false;
    if ((at(p, p->count - 1)->code & 7) != RET)
        return false;
    return cells_good(p, reach);
}

/* --- Running. */

struct machine {
    uint32_t a;
    uint32_t x;
    uint32_t cell[CELLS];
    bool stopped; /* a division by zero: the program's answer is 0 */
};

static void alu_run(struct machine *m, const struct bpf_instruction *in)
{
    uint32_t operand = (in->code & X) != 0 ? m->x : in->k;

    switch (in->code & 0xf0) {
    case ADD: m->a += operand; break;
    case SUB: m->a -= operand; break;
    case MUL: m->a *= operand; break;
    case AND: m->a &= operand; break;
    case OR: m->a |= operand; break;
    case XOR: m->a ^= operand; break;
    case LSH: m->a = m->a << (operand & 31); break;
    case RSH: m->a = m->a >> (operand & 31); break;
    case NEG: m->a = 0 - m->a; break;
    default: /* DIV */ m->stopped = operand == 0; m->a = operand == 0 ? 0 : m->a / operand;
    }
}

static uint32_t jump_of(const struct machine *m, const struct bpf_instruction *in)
{
    uint32_t operand = (in->code & X) != 0 ? m->x : in->k;
    bool yes;

    switch (in->code & 0xf0) {
    case JA: return in->k;
    case JEQ: yes = m->a == operand; break;
    case JGT: yes = m->a > operand; break;
    case JGE: yes = m->a >= operand; break;
    default: yes = (m->a & operand) != 0; /* JSET */
    }
    return yes ? in->yes : in->no;
}

static uint32_t word_of(const struct bpf_call *call, uint32_t offset)
{
    uint32_t word;

    __builtin_memcpy(&word, (const uint8_t *)call + offset, sizeof word);
    return word;
}

/* Anything but a jump or a return. */
static void step(struct machine *m, const struct bpf_instruction *in, const struct bpf_call *call)
{
    switch (in->code) {
    case LD | ABS: m->a = word_of(call, in->k); break;
    case LD | IMM: m->a = in->k; break;
    case LD | LEN: m->a = sizeof *call; break;
    case LD | MEM: m->a = m->cell[in->k]; break;
    case LDX | IMM: m->x = in->k; break;
    case LDX | LEN: m->x = sizeof *call; break;
    case LDX | MEM: m->x = m->cell[in->k]; break;
    case ST: m->cell[in->k] = m->a; break;
    case STX: m->cell[in->k] = m->x; break;
    case MISC | TAX: m->x = m->a; break;
    case MISC | TXA: m->a = m->x; break;
    default: alu_run(m, in);
    }
}

/* Where only_number is set: false as soon as it looks at anything but the call's
 * number and the architecture. */
static bool run(const struct bpf_program *p, const struct bpf_call *call, bool only_number,
                uint32_t *out)
{
    struct machine m = { .a = 0 };

    *out = BPF_RET_KILL_THREAD;
    for (uint32_t i = 0; i < p->count && !m.stopped; i++) {
        const struct bpf_instruction *in = at(p, i);

        if ((in->code & 7) == RET) {
            *out = (in->code & A) != 0 ? m.a : in->k;
            return true;
        }
        if ((in->code & 7) == JMP) {
            i += jump_of(&m, in);
            continue;
        }
        if (only_number && in->code == (LD | ABS) && in->k >= 8)
            return false;
        step(&m, in, call);
    }
    return true;
}

uint32_t bpf_run(const struct bpf_program *p, const struct bpf_call *call)
{
    uint32_t out;

    (void)run(p, call, false, &out);
    return out;
}

bool bpf_always_allows(const struct bpf_program *p, int32_t number)
{
    const struct bpf_call call = { .number = number, .arch = BPF_ARCH_X86_64 };
    uint32_t out;

    return run(p, &call, true, &out) && (out & BPF_RET_ACTION) == BPF_RET_ALLOW;
}
