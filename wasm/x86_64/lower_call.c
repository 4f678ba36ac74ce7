#include "wasm/x86_64/lower.h"

/* Where arguments and results go (abi.h): registers of two kinds, each in its own
 * order, then the spill area. */
struct place {
    bool is_reg;
    uint32_t at; /* register, or number in the spill area */
};

struct places {
    const uint8_t *ints;
    uint32_t int_room, float_room, int_count, float_count, spilled;
};

static const uint8_t arg_regs[WASM_ABI_INT_ARGS] = { RDI, RSI, RDX, RCX, R8, R9 };
static const uint8_t result_regs[WASM_ABI_INT_RESULTS] = { RAX, RDX };

static struct places places_of_args(void)
{
    return (struct places){ arg_regs, WASM_ABI_INT_ARGS, WASM_ABI_FLOAT_ARGS, 0, 0, 0 };
}

static struct places places_of_results(void)
{
    return (struct places){ result_regs, WASM_ABI_INT_RESULTS, WASM_ABI_FLOAT_RESULTS, 0, 0, 0 };
}

static struct place place_next(struct places *p, enum mach_kind kind)
{
    if (kind < MACH_F32 && p->int_count < p->int_room)
        return (struct place){ true, p->ints[p->int_count++] };
    if (kind >= MACH_F32 && p->float_count < p->float_room)
        return (struct place){ true, XMM0 + p->float_count++ };
    return (struct place){ false, p->spilled++ };
}

static enum mach_kind kind_of_wasm(uint8_t type)
{
    switch ((enum wasm_type)type) {
    case WASM_I32: return MACH_I32;
    case WASM_F32: return MACH_F32;
    case WASM_F64: return MACH_F64;
    case WASM_V128: return MACH_V128;
    default: return MACH_I64;
    }
}

static unsigned kind_size(enum mach_kind kind)
{
    static const uint8_t sizes[] = { 4, 8, 4, 8, 16 };

    return sizes[kind];
}

static void spill_store(struct lower *l, enum mach_kind kind, mach_operand value, uint32_t number)
{
    struct mach_instr *in =
        lower_emit(l, kind >= MACH_F32 ? MOP_STOREF_VIA : MOP_STORE_VIA, kind_size(kind));

    in->b = value;
    in->disp = WASM_CONTEXT_SPILL;
    in->imm = (int32_t)(number * sizeof(union wasm_value));
}

static void spill_load(struct lower *l, enum mach_kind kind, mach_operand d, uint32_t number)
{
    struct mach_instr *in =
        lower_emit(l, kind >= MACH_F32 ? MOP_LOADF_VIA : MOP_LOAD_VIA, kind_size(kind));

    in->d = d;
    in->disp = WASM_CONTEXT_SPILL;
    in->imm = (int32_t)(number * sizeof(union wasm_value));
}

/* Puts values into their places: those beyond the registers are stored, the others
 * become uses of the instruction to come. */
static void use_values(struct lower *l, struct places p, const uint32_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        enum mach_kind kind = lower_kind(lower_val(l, values[i])->type);
        struct place place = place_next(&p, kind);
        mach_operand value = lower_use(l, values[i]);

        if (place.is_reg)
            lower_arg(l, value, place.at, false);
        else
            spill_store(l, kind, value, place.at);
    }
}

/* --- Results */

/* The value that takes result `number` of call v, 0: nobody. */
static ir_value result_value(const struct lower *l, ir_value v, uint32_t number)
{
    if (number == 0)
        return v;
    for (ir_value r = lower_val(l, v)->next; r != 0; r = lower_val(l, r)->next) {
        const struct ir_val *value = lower_val(l, r);

        if (value->op != IR_RESULT && value->op != IR_NOP)
            break;
        if (value->op == IR_RESULT && value->a == v && value->sub == number)
            return r;
    }
    return 0;
}

/* One look at the RESULTs that follow call v: list[number]. */
static bool result_values(struct lower *l, ir_value v, uint32_t count, ir_value **list)
{
    *list = arena_array(l->scratch, count + 1u, sizeof **list);
    if (*list == NULL)
        return false;
    (*list)[0] = v;
    for (ir_value r = lower_val(l, v)->next; r != 0; r = lower_val(l, r)->next) {
        const struct ir_val *value = lower_val(l, r);

        if (value->op != IR_RESULT && value->op != IR_NOP)
            break;
        if (value->op == IR_RESULT && value->a == v && value->sub < count)
            (*list)[value->sub] = r;
    }
    return true;
}

static ir_value wanted(const struct lower *l, ir_value v)
{
    return v != 0 && lower_is_live(l, v) ? v : 0;
}

/* Defs of the call just emitted for results in registers, loads for the rest. */
static void define_results(struct lower *l, ir_value v, struct wasm_signature s)
{
    uint32_t call = l->tile_count - 1;
    struct places p = places_of_results();
    ir_value *list = NULL;

    if (s.result_count > 4 && !result_values(l, v, s.result_count, &list)) {
        l->full = true;
        return;
    }
    for (uint32_t i = 0; i < s.result_count; i++) {
        enum mach_kind kind = kind_of_wasm(s.results[i]);
        struct place place = place_next(&p, kind);
        ir_value r = wanted(l, list != NULL ? list[i] : result_value(l, v, i));

        if (r == 0)
            continue;
        if (place.is_reg) {
            lower_arg(l, lower_def(l, r), place.at, true);
            l->tile[call].disp++;
        } else {
            spill_load(l, kind, lower_def(l, r), place.at);
        }
    }
}

/* --- Calls */

static struct wasm_signature signature_of(const struct lower *l, const struct ir_val *value)
{
    const struct wasm_decoded *m = l->unit->module;
    bool indirect = value->op == IR_CALL_INDIRECT || value->op == IR_RETURN_CALL_INDIRECT;

    return m->types[indirect ? value->c : m->funcs[value->c].type].signature;
}

/* The instruction whose uses are the args from `first`. */
static struct mach_instr *emit_call(struct lower *l, enum mach_op op, uint32_t first,
                                    const struct ir_val *value)
{
    struct mach_instr *in = lower_emit(l, op, 8);

    in->imm = (int32_t)first;
    in->disp = (int32_t)(l->out->arg_count - first);
    in->c = value->c;
    in->offset = value->offset;
    return in;
}

/* Arguments, and the call that takes them. */
static struct mach_instr *call_with_args(struct lower *l, const struct ir_val *value,
                                         enum mach_op direct, enum mach_op imported,
                                         enum mach_op indirect_op)
{
    const uint32_t *args = &l->f->extra[value->a];
    uint32_t first = l->out->arg_count, count = value->b;
    bool indirect = value->op == IR_CALL_INDIRECT || value->op == IR_RETURN_CALL_INDIRECT;
    struct mach_instr *in;

    if (indirect) {
        lower_arg(l, lower_use(l, args[0]), RAX, false);
        use_values(l, places_of_args(), args + 1, count - 1);
        in = emit_call(l, indirect_op, first, value);
        in->a = value->sub;
        return in;
    }
    use_values(l, places_of_args(), args, count);
    return emit_call(l, value->c < l->unit->module->imported_func_count ? imported : direct, first,
                     value);
}

static void lower_builtin(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    const uint32_t *args = &l->f->extra[value->a];
    uint32_t first = l->out->arg_count;
    bool has_result = value->type != IR_VOID && lower_is_live(l, v);
    mach_operand word;

    for (uint32_t i = 0; i < value->b && i + 1 < WASM_ABI_INT_ARGS; i++)
        lower_arg(l, lower_use(l, args[i]), arg_regs[i + 1], false);
    if (has_result) {
        /* One word comes back, whatever the type: an i32 is cut from it. */
        word = value->type == IR_I32 ? lower_temp(l, MACH_I64) : lower_def(l, v);
        lower_arg(l, word, RAX, true);
    }
    struct mach_instr *in = emit_call(l, MOP_CALL_BUILTIN, first, value);

    in->c = value->sub;
    in->sub = v == l->try_call;
    if (has_result && value->type == IR_I32)
        lower_2(l, MOP_MOV32, 4, lower_def(l, v), word, MACH_NONE);
}

void lower_call(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);

    if (value->op == IR_CALL_BUILTIN) {
        lower_builtin(l, v);
        return;
    }
    call_with_args(l, value, MOP_CALL_DIRECT, MOP_CALL_IMPORT, MOP_CALL_INDIRECT)->sub =
        v == l->try_call;
    define_results(l, v, signature_of(l, value));
}

void lower_tail_call(struct lower *l, ir_value v)
{
    call_with_args(l, lower_val(l, v), MOP_TAIL_DIRECT, MOP_TAIL_IMPORT, MOP_TAIL_INDIRECT);
}

void lower_return(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    uint32_t first = l->out->arg_count;
    struct mach_instr *in;

    use_values(l, places_of_results(), &l->f->extra[value->a], value->b);
    in = lower_emit(l, MOP_RETURN, 8);
    in->imm = (int32_t)first;
    in->disp = (int32_t)(l->out->arg_count - first);
}

void lower_entry(struct lower *l, ir_value first_of_block)
{
    struct wasm_signature s = wasm_decoded_signature(l->unit->module, l->f->index);
    ir_value *values = arena_array(l->scratch, s.param_count + 1u, sizeof *values);
    struct places p = places_of_args();
    uint32_t first = l->out->arg_count, entry;

    if (values == NULL) {
        l->full = true;
        return;
    }
    for (ir_value v = first_of_block; v != 0; v = lower_val(l, v)->next)
        if (lower_val(l, v)->op == IR_PARAM && lower_val(l, v)->sub < s.param_count)
            values[lower_val(l, v)->sub] = wanted(l, v);
    entry = l->tile_count;
    lower_emit(l, MOP_ENTRY, 8)->imm = (int32_t)first;
    for (uint32_t i = 0; i < s.param_count; i++) {
        enum mach_kind kind = kind_of_wasm(s.params[i]);
        struct place place = place_next(&p, kind);

        if (values[i] == 0)
            continue;
        if (place.is_reg)
            lower_arg(l, lower_def(l, values[i]), place.at, true);
        else
            spill_load(l, kind, lower_def(l, values[i]), place.at);
    }
    l->tile[entry].disp = (int32_t)(l->out->arg_count - first);
}

/* --- Exceptions */

void lower_exception(struct lower *l, ir_value v)
{
    struct ir_val *value = lower_val(l, v);
    bool is_put = value->op == IR_EXCEPTION_PUT;
    struct lower_mem m = { .mem = MEM_BASE };
    mach_operand stored = MACH_NONE;

    if (value->op == IR_EXCEPTION) {
        lower_2(l, MOP_EXCEPTION, 8, lower_def(l, v), MACH_NONE, MACH_NONE);
        return;
    }
    unsigned type = is_put ? lower_val(l, value->c)->type : value->type;
    bool vector = lower_kind(type) >= MACH_F32;

    if (is_put)
        stored = lower_use(l, value->c);
    m.x = lower_use(l, value->a);
    m.disp = (int32_t)(WASM_EXCEPTION_PAYLOAD + sizeof(union wasm_value) * value->b);

    struct mach_instr *in =
        lower_emit(l, is_put ? (vector ? MOP_STOREF : MOP_STORE) : (vector ? MOP_LOADF : MOP_LOAD),
                   lower_size(type));

    in->b = stored;
    in->d = is_put ? MACH_NONE : lower_def(l, v);
    lower_mem_put(in, &m);
}
