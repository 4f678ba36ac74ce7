/* What one instruction does to the state. */
#include "base/num.h"
#include "wasm/verify/verify.h"

/* Pointers live in r11 alone, the context of another instance's function beside it in
 * rax until it is compared; anywhere else they are just words. */
static kind kind_in(uint8_t reg, kind k)
{
    enum kind_tag tag = kind_tag(k);

    if (tag < KIND_CONTEXT || tag == KIND_SIGNATURE)
        return k;
    if (tag == KIND_OTHER)
        return reg == REG_RAX ? k : KIND_ANY;
    return reg == REG_R11 && tag >= KIND_VIEW ? k : KIND_ANY;
}

bool step_set(struct verify *v, const struct insn *in, uint8_t reg, kind k)
{
    struct state *s = &v->now;

    if (reg == REG_RSP || reg == REG_R14 || reg == REG_R15)
        return verify_refuse(v, in->at, "write to a pinned register");
    for (unsigned i = 0; i < COUNT_OF(verify_kept_regs); i++)
        if (reg == verify_kept_regs[i] && !(v->code->saved >> i & 1))
            return verify_refuse(v, in->at, "write to a register that was not saved");
    if (reg == REG_R11) { /* what was known of its function goes with it */
        if (kind_is(s->regs[REG_RAX], KIND_OTHER))
            s->regs[REG_RAX] = KIND_ANY;
        if (kind_is(s->regs[REG_R15], KIND_OTHER))
            s->regs[REG_R15] = KIND_ANY;
    }
    if (v->fact.reg == reg)
        v->fact.kind = FACT_NONE;
    s->regs[reg] = kind_in(reg, k);
    s->links[reg] = 0;
    return true;
}

/* What `k` is after a write of `width` bytes that takes its low bytes as they are. */
static kind kind_cut(kind k, unsigned width)
{
    if (width == 8 || (width == 4 && kind_is_low(k)))
        return k;
    return width == 4 ? kind_of(KIND_LOW, 0) : KIND_ANY;
}

/* A result that is computed. */
static bool set_plain(struct verify *v, const struct insn *in, uint8_t reg)
{
    bool low = in->is_partial ? kind_is_low(v->now.regs[reg]) : in->width == 4;

    return step_set(v, in, reg, low ? kind_of(KIND_LOW, 0) : KIND_ANY);
}

/* --- Moves */

/* A frame slot was written: it is no longer what registers were loaded from it. */
static void slot_written(struct verify *v, const struct insn *in)
{
    uint32_t first = (uint32_t)in->disp / 8 + 1;
    uint32_t last = ((uint32_t)in->disp + in->access - 1u) / 8 + 1;

    for (unsigned r = 0; v->effort > 0 && r < REG_COUNT; r++)
        if (v->now.links[r] >= first && v->now.links[r] <= last)
            v->now.links[r] = 0;
}

static void slot_link(struct verify *v, const struct insn *in, uint8_t reg)
{
    if (v->effort > 0 && in->disp % 8 == 0)
        v->now.links[reg] = (uint32_t)in->disp / 8 + 1;
}

static bool use_memory(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    *loaded = KIND_ANY;
    if (!in->has_mem)
        return true;
    if (!operand_check(v, in, stored, loaded))
        return false;
    if (in->writes_mem && operand_is_slot(in))
        slot_written(v, in);
    return true;
}

/* r14 follows r15. */
static bool move_to_r14(struct verify *v, const struct insn *in)
{
    kind context = v->now.regs[REG_R15];

    if (in->width != 8 || !insn_is_of_context(in, WASM_CONTEXT_MEMORY0))
        return verify_refuse(v, in->at, "write to a pinned register");
    if (kind_is(context, KIND_CONTEXT))
        v->now.regs[REG_R14] = kind_of(KIND_MEMORY0, 0);
    else if (kind_is(context, KIND_OTHER))
        v->now.regs[REG_R14] = kind_of(KIND_OTHER_MEMORY0, 0);
    else
        return verify_refuse(v, in->at, "pinned register is not in place");
    return true;
}

static bool move_to_r15(struct verify *v, const struct insn *in, kind k)
{
    if (in->width != 8 || !(kind_is(k, KIND_CONTEXT) || kind_is(k, KIND_OTHER)))
        return verify_refuse(v, in->at, "write to a pinned register");
    v->now.regs[REG_R15] = k;
    v->now.regs[REG_R14] = KIND_ANY;
    return true;
}

static bool step_mov(struct verify *v, const struct insn *in)
{
    uint32_t link = 0;
    kind k;

    if (in->def == REG_R14)
        return move_to_r14(v, in);
    if (!use_memory(v, in, KIND_ANY, &k))
        return false;
    if (!in->has_mem) {
        if (in->rm == REG_RSP)
            return verify_refuse(v, in->at, "rsp as a value");
        k = v->now.regs[in->rm];
        link = v->now.links[in->rm];
    } else if (kind_is(k, KIND_TAG_OF) && !operand_is_slot(in)) {
        if (!fact_identify(v, in->base, in->at + 1))
            return false;
        k = kind_of(KIND_TAG_OF, in->at + 1);
    }
    if (in->def == REG_R15)
        return move_to_r15(v, in, k);
    if (in->width < 4)
        return set_plain(v, in, in->def);
    if (!step_set(v, in, in->def, kind_cut(k, in->width)))
        return false;
    if (in->width == 8 || kind_is_low(k)) { /* then it is the same word */
        v->now.links[in->def] = link;
        if (operand_is_slot(in))
            slot_link(v, in, in->def);
    }
    return true;
}

static kind kind_of_number(uint64_t number)
{
    if (number <= KIND_VALUE_MASK)
        return kind_of(KIND_CONST, number);
    return kind_of(KIND_HUGE, number == UINT64_MAX);
}

static bool step_store(struct verify *v, const struct insn *in)
{
    kind stored, loaded;

    if (in->op == INSN_STORE_IMM) {
        stored = in->width == 8 ? kind_of_number((uint64_t)in->imm) : KIND_ANY;
        return use_memory(v, in, stored, &loaded);
    }
    if (in->reg == REG_RSP)
        return verify_refuse(v, in->at, "rsp as a value");
    stored = v->now.regs[in->reg];
    if (kind_tag(stored) >= KIND_CONTEXT && !kind_is(stored, KIND_SIGNATURE)) {
        if (!operand_is_slot(in))
            return verify_refuse(v, in->at, "store of a pointer of the runtime's");
        if (!kind_is(stored, KIND_CONTEXT))
            stored = KIND_ANY;
    }
    if (!use_memory(v, in, stored, &loaded))
        return false;
    if (operand_is_slot(in) && in->width == 8)
        slot_link(v, in, in->reg);
    return true;
}

static bool step_cmov(struct verify *v, const struct insn *in)
{
    kind b, a = v->now.regs[in->reg];

    if (!use_memory(v, in, KIND_ANY, &b))
        return false;
    if (!in->has_mem)
        b = v->now.regs[in->rm];
    if (kind_is(b, KIND_TAG_OF)) /* of an exception that has no number */
        b = KIND_ANY;
    return step_set(v, in, in->def, extent_meet(v, kind_cut(a, in->width), kind_cut(b, in->width)));
}

/* --- Arithmetic that addresses are made of */

static bool step_add(struct verify *v, const struct insn *in)
{
    kind b, a = v->now.regs[in->reg], shifted = KIND_ANY;

    if (!use_memory(v, in, KIND_ANY, &b))
        return false;
    if (!in->has_mem)
        b = v->now.regs[in->rm];
    if (in->width == 8 && kind_is(a, KIND_CONST) && kind_is(b, KIND_EXTENT))
        shifted = extent_shift(v, b, kind_value(a));
    if (shifted != KIND_ANY)
        return step_set(v, in, in->def, shifted);
    if (in->width == 8 && kind_most(a) <= UINT32_MAX && kind_most(b) <= UINT32_MAX)
        return step_set(v, in, in->def, kind_of(KIND_SUM, 0));
    return set_plain(v, in, in->def);
}

static bool step_sub_imm(struct verify *v, const struct insn *in)
{
    kind loaded, size = in->rm == REG_R11 ? v->now.regs[REG_R11] : KIND_ANY;
    uint64_t extent = kind_extent(size) + (uint64_t)in->imm;

    if (!use_memory(v, in, KIND_ANY, &loaded))
        return false;
    if (in->has_mem)
        return true;
    if (!set_plain(v, in, in->def))
        return false;
    if (kind_is(size, KIND_SIZE) && in->width == 8 && in->imm >= 0 && extent >> EXTENT_BITS == 0)
        v->fact = (struct fact){ FACT_SIZE, COND_AE, REG_R11,
                                 0,         0,       kind_of_size(kind_memory(size), extent) };
    return true;
}

/* A function of this module as a reference, or plain arithmetic. */
static bool step_lea(struct verify *v, const struct insn *in)
{
    uint32_t start = v->unit->layout->functions, at = (uint32_t)in->disp - start, n;

    if (in->base == REG_R15) {
        n = v->m->imported_func_count + at / (uint32_t)sizeof(struct wasm_function);
        if (!kind_is(v->now.regs[REG_R15], KIND_CONTEXT) || in->index != REG_NONE || in->disp < 0 ||
            (uint32_t)in->disp < start || at % sizeof(struct wasm_function) != 0 ||
            n >= v->m->func_count || in->width != 8)
            return verify_refuse(v, in->at, "address of the context");
        return step_set(v, in, in->def,
                        kind_of(KIND_FUNCTION, v->m->types[v->m->funcs[n].type].canonical));
    }
    if (in->base == REG_RSP || in->base == REG_R14 || in->base == REG_RIP || in->index == REG_R14 ||
        in->index == REG_R15)
        return verify_refuse(v, in->at, "address of something");
    return set_plain(v, in, in->def);
}

static bool step_xor(struct verify *v, const struct insn *in)
{
    kind loaded;

    if (!in->has_mem && in->reg == in->rm && in->width >= 4)
        return step_set(v, in, in->def, kind_of(KIND_CONST, 0));
    return use_memory(v, in, KIND_ANY, &loaded) && set_plain(v, in, in->def);
}

static bool step_plain(struct verify *v, const struct insn *in)
{
    kind loaded;

    if (!use_memory(v, in, KIND_ANY, &loaded))
        return false;
    if (in->op == INSN_CMP)
        fact_compare(v, in);
    if (in->op == INSN_DIVIDE)
        return set_plain(v, in, REG_RAX) && set_plain(v, in, REG_RDX);
    if (in->op == INSN_CMPXCHG) /* compares equal: rax stays as it is */
        return step_set(v, in, REG_RAX,
                        kind_is_low(v->now.regs[REG_RAX]) && in->width <= 4 ? kind_of(KIND_LOW, 0)
                                                                            : KIND_ANY);
    return in->def == REG_NONE || set_plain(v, in, in->def);
}

bool step(struct verify *v, const struct insn *in)
{
    if (!in->keeps_flags) {
        fact_forget(v);
    }
    switch ((enum insn_op)in->op) {
    case INSN_NOP: return true;
    case INSN_MOV: return step_mov(v, in);
    case INSN_MOV_IMM: return step_set(v, in, in->def, kind_of_number((uint64_t)in->imm));
    case INSN_STORE:
    case INSN_STORE_IMM: return step_store(v, in);
    case INSN_ADD: return step_add(v, in);
    case INSN_XOR: return step_xor(v, in);
    case INSN_SUB_IMM: return step_sub_imm(v, in);
    case INSN_LEA: return step_lea(v, in);
    case INSN_CMOV: return step_cmov(v, in);
    case INSN_PLAIN:
    case INSN_CMP:
    case INSN_ADD_IMM:
    case INSN_CMP_IMM:
    case INSN_MOVSXD:
    case INSN_DIVIDE:
    case INSN_CMPXCHG: return step_plain(v, in);
    default: return verify_refuse(v, in->at, "instruction out of place");
    }
}
