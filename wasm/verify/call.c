/* Calls, returns, and what holds at the function's edges: each side of a call trusts that
 * the other was verified for the same signature. */
#include "wasm/decode/type.h"
#include "wasm/verify/verify.h"

static const uint8_t arg_regs[WASM_ABI_INT_ARGS] = { REG_RDI, REG_RSI, REG_RDX,
                                                     REG_RCX, REG_R8,  REG_R9 };
static const uint8_t result_regs[WASM_ABI_INT_RESULTS] = { REG_RAX, REG_RDX };

/* --- Where values go (abi.h) */

enum side { ARGS, RESULTS };

/* The values of a side come into being; or, of `in`, whether they are of their types.
 * An i32 in the spill area is read as 4 bytes. */
static bool places_walk(struct verify *v, const struct insn *in, struct wasm_signature s,
                        enum side side)
{
    const uint8_t *types = side == ARGS ? s.params : s.results;
    const uint8_t *regs = side == ARGS ? arg_regs : result_regs;
    uint32_t count = side == ARGS ? s.param_count : s.result_count;
    uint32_t int_room = side == ARGS ? WASM_ABI_INT_ARGS : WASM_ABI_INT_RESULTS;
    uint32_t float_room = side == ARGS ? WASM_ABI_FLOAT_ARGS : WASM_ABI_FLOAT_RESULTS;
    uint32_t ints = 0, floats = 0, spilled = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t type = types[i];
        uint32_t cell = 0;
        kind *reg = NULL;

        if (wasm_type_is_float(type) && floats < float_room) {
            floats++;
            continue;
        }
        if (!wasm_type_is_float(type) && ints < int_room)
            reg = &v->now.regs[regs[ints++]];
        else
            cell = cell_of_spill(v, spilled++);
        if (reg == NULL && type == WASM_I32)
            continue;
        if (in != NULL && !operand_fits(reg != NULL ? *reg : cell_get(v, cell), type))
            return verify_refuse(v, in->at, "argument or result that is not of its type");
        if (in == NULL && reg != NULL)
            *reg = operand_kind_of(type);
        if (in == NULL && reg == NULL && !cell_set(v, cell, operand_kind_of(type)))
            return false;
    }
    return true;
}

void call_entry(struct verify *v)
{
    v->now.regs[REG_R15] = kind_of(KIND_CONTEXT, 0);
    v->now.regs[REG_R14] = kind_of(KIND_MEMORY0, 0);
    (void)places_walk(v, NULL, v->signature, ARGS); /* a failure is noted */
}

/* --- Calls */

static bool is_pinned(struct verify *v, const struct insn *in)
{
    if (kind_is(v->now.regs[REG_R15], KIND_CONTEXT) && kind_is(v->now.regs[REG_R14], KIND_MEMORY0))
        return true;
    return verify_refuse(v, in->at, "pinned register is not in place");
}

/* What no callee keeps. r14 and r15 are kept, but another instance's context is only known
 * together with r11. */
static void clobber(struct verify *v)
{
    for (unsigned r = 0; r < REG_COUNT; r++) {
        if (r == REG_RBX || r == REG_RBP || r == REG_R12 || r == REG_R13 || r == REG_R14 ||
            (r == REG_R15 && !kind_is(v->now.regs[r], KIND_OTHER)))
            continue;
        v->now.regs[r] = KIND_ANY;
        v->now.links[r] = 0;
    }
    fact_forget(v);
    cell_forget_spill(v);
}

/* The unwinder enters a pad with the frame as it is at the call, the exception in rax, and
 * nothing else that could be relied on. */
static bool enter_pad(struct verify *v, uint32_t pad)
{
    struct state before = v->now;
    bool done;

    for (unsigned r = 0; r < REG_COUNT; r++) {
        v->now.regs[r] = r == REG_RAX ? kind_of(KIND_EXCEPTION, 0) : KIND_ANY;
        v->now.links[r] = 0;
    }
    done = verify_walk_to(v, pad);
    v->now = before;
    return done;
}

/* After the call: its return address, its pad. */
static bool come_back(struct verify *v, const struct insn *in)
{
    const struct wasm_site_entry *site;

    if (!(v->marks[in->next] & MARK_CALL))
        return verify_refuse(v, in->at, "call without a site");
    clobber(v);
    site = verify_site(v, in->next, WASM_SITE_CALL);
    return site->pad_pc == 0 || enter_pad(v, site->pad_pc);
}

static bool call_signature(struct verify *v, const struct insn *in, struct wasm_signature s)
{
    return places_walk(v, in, s, ARGS) && come_back(v, in) && places_walk(v, NULL, s, RESULTS);
}

/* The function of a relocated call or jump; flow.c has looked at all of them. */
static uint32_t reloc_target(const struct verify *v, const struct insn *in)
{
    const struct wasm_reloc *relocs = v->code->relocs;

    return relocs[verify_below(relocs, sizeof *relocs, v->code->reloc_count, in->at + 1)].target;
}

/* [r11], a function: its signature. */
static bool through_function(struct verify *v, const struct insn *in, kind *function)
{
    *function = v->now.regs[REG_R11];
    if (in->base != REG_R11 || in->index != REG_NONE || in->disp != WASM_FUNCTION_CODE ||
        !(kind_is(*function, KIND_FUNCTION) || kind_is(*function, KIND_LOCAL)))
        return verify_refuse(v, in->at, "call through a pointer that is not known");
    return true;
}

static struct wasm_signature signature_of(const struct verify *v, kind function)
{
    return v->m->types[kind_value(function)].signature;
}

static bool call_function(struct verify *v, const struct insn *in)
{
    bool is_switched = kind_is(v->now.regs[REG_R15], KIND_OTHER) &&
                       kind_is(v->now.regs[REG_R14], KIND_OTHER_MEMORY0);
    kind function;

    if (!through_function(v, in, &function))
        return false;
    if (!is_switched && !kind_is(function, KIND_LOCAL))
        return verify_refuse(v, in->at, "call into an instance that may be another");
    if (!is_switched && !is_pinned(v, in))
        return false;
    return call_signature(v, in, signature_of(v, function));
}

/* --- Built-in functions: indices are constants of the module, references of their table's type */

static bool constant(const struct verify *v, uint8_t reg, uint64_t *out)
{
    *out = kind_value(v->now.regs[reg]);
    return kind_is(v->now.regs[reg], KIND_CONST);
}

static bool builtin_table(struct verify *v, unsigned n, uint32_t to, uint32_t other, kind *result)
{
    const struct wasm_decoded *m = v->m;
    uint8_t type;

    if (to >= m->table_count)
        return false;
    type = (uint8_t)m->tables[to].type;
    switch (n) {
    case WASM_BUILTIN_TABLE_GET: *result = operand_kind_of(type); return true;
    case WASM_BUILTIN_TABLE_GROW: return operand_fits(v->now.regs[REG_RDX], type);
    case WASM_BUILTIN_TABLE_SET:
    case WASM_BUILTIN_TABLE_FILL: return operand_fits(v->now.regs[REG_RCX], type);
    case WASM_BUILTIN_TABLE_COPY:
        return other < m->table_count && (uint8_t)m->tables[other].type == type;
    default: /* TABLE_INIT */ return other < m->elem_count && (uint8_t)m->elems[other].type == type;
    }
}

static bool builtin_fits(struct verify *v, unsigned n, kind *result)
{
    const struct wasm_decoded *m = v->m;
    uint64_t a;
    uint32_t low, high;

    if (n == WASM_BUILTIN_EXCEPTION_THROW) /* looks its argument up */
        return true;
    if (!constant(v, REG_RSI, &a))
        return false;
    low = (uint32_t)a;
    high = (uint32_t)(a >> 32);
    switch (n) {
    case WASM_BUILTIN_MEMORY_COPY: return low < m->memory_count && high < m->memory_count;
    case WASM_BUILTIN_MEMORY_INIT: return low < m->memory_count && high < m->data_segment_count;
    case WASM_BUILTIN_MEMORY_GROW:
    case WASM_BUILTIN_MEMORY_FILL:
    case WASM_BUILTIN_ATOMIC_WAIT32:
    case WASM_BUILTIN_ATOMIC_WAIT64:
    case WASM_BUILTIN_ATOMIC_NOTIFY: return a < m->memory_count;
    case WASM_BUILTIN_DATA_DROP: return a < m->data_segment_count;
    case WASM_BUILTIN_ELEM_DROP: return a < m->elem_count;
    case WASM_BUILTIN_EXCEPTION_NEW: *result = kind_of(KIND_CAUGHT, a); return a < m->tag_count;
    case WASM_BUILTIN_TABLE_GET:
    case WASM_BUILTIN_TABLE_SET:
    case WASM_BUILTIN_TABLE_GROW:
    case WASM_BUILTIN_TABLE_FILL:
    case WASM_BUILTIN_TABLE_COPY:
    case WASM_BUILTIN_TABLE_INIT: return builtin_table(v, n, low, high, result);
    default: /* LAZY_COMPILE is for the slots of the linker */ return false;
    }
}

static bool call_builtin(struct verify *v, const struct insn *in)
{
    uint32_t at = (uint32_t)in->disp - WASM_CONTEXT_BUILTINS;
    kind result = KIND_ANY;

    if (in->disp < WASM_CONTEXT_BUILTINS || at % 8 != 0 || at / 8 >= WASM_BUILTIN_COUNT)
        return verify_refuse(v, in->at, "call through the context");
    if (!builtin_fits(v, at / 8, &result))
        return verify_refuse(v, in->at, "argument of a built-in function");
    if (!come_back(v, in))
        return false;
    v->now.regs[REG_RAX] = result;
    return true;
}

static bool call_trap(struct verify *v, const struct insn *in)
{
    const struct wasm_site_entry *site = verify_site(v, in->next, WASM_SITE_TRAP);

    if (site == NULL || site->trap == WASM_TRAP_STACK) /* that one is the prologue's */
        return verify_refuse(v, in->at, "trap without a site");
    v->is_dead = true;
    return true;
}

bool call_step(struct verify *v, const struct insn *in)
{
    uint32_t target;

    if (in->op == INSN_CALL) {
        target = reloc_target(v, in);
        return is_pinned(v, in) && call_signature(v, in, wasm_decoded_signature(v->m, target));
    }
    if (!in->has_mem)
        return verify_refuse(v, in->at, "call through a register");
    if (in->base != REG_R15)
        return call_function(v, in);
    if (in->index != REG_NONE)
        return verify_refuse(v, in->at, "call through the context");
    if (!is_pinned(v, in))
        return false;
    return in->disp == WASM_CONTEXT_TRAP_EXIT ? call_trap(v, in) : call_builtin(v, in);
}

/* --- Leaving */

static bool same_results(struct wasm_signature a, struct wasm_signature b)
{
    bool same = a.result_count == b.result_count;

    for (uint32_t i = 0; same && i < a.result_count; i++)
        same = a.results[i] == b.results[i];
    return same;
}

bool call_leave(struct verify *v, const struct insn *in)
{
    struct wasm_signature s;
    kind function;

    if (!is_pinned(v, in))
        return false;
    v->is_dead = true;
    if (in->op == INSN_RET)
        return places_walk(v, in, v->signature, RESULTS);
    if (in->op == INSN_JMP) {
        s = wasm_decoded_signature(v->m, reloc_target(v, in));
    } else {
        if (!through_function(v, in, &function))
            return false;
        if (!kind_is(function, KIND_LOCAL))
            return verify_refuse(v, in->at, "jump into an instance that may be another");
        s = signature_of(v, function);
    }
    if (!same_results(s, v->signature))
        return verify_refuse(v, in->at, "tail call with other results");
    return places_walk(v, in, s, ARGS);
}
