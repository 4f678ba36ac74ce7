/* Memory operands: each base has its own rule. */
#include "base/num.h"
#include "wasm/decode/type.h"
#include "wasm/verify/verify.h"

/* What wasm/runtime/memory.c reserves, from the base, and more than that is never
 * touched: of a 32-bit memory 8 GiB and a WebAssembly page; of a 64-bit one all that it may grow to
 * (which is the view's bound), 2 GiB and a page. With WASM_CONFIG_EXPLICIT only what it may
 * grow to is sure, so that every access must be below the size itself.
 *
 * Guarded, 32 bits:  index + disp + size <= (2^32-1) + (2^31-1) + 16 < 8 GiB;
 *                    a sum of index and offset: 2 * (2^32-1) + disp + size <= 8 GiB + 64 KiB.
 * Guarded, 64 bits:  index <= bound, disp + size <= 2^31-1 + 16 < 2 GiB + 64 KiB.
 * An index compared with the bound of a 32-bit memory, which is 4 GiB: as the first. */
#define RESERVED_32 ((UINT64_C(8) << 30) + 65536)
#define RESERVED_AFTER_64 ((UINT64_C(2) << 30) + 65536)

kind operand_kind_of(uint8_t type)
{
    switch ((enum wasm_type)type) {
    case WASM_I32: return kind_of(KIND_LOW, 0);
    case WASM_FUNCREF: return kind_of(KIND_FUNCREF, 0);
    case WASM_EXTERNREF: return kind_of(KIND_EXTERN, 0);
    case WASM_EXNREF: return kind_of(KIND_EXCEPTION, 0);
    default: return KIND_ANY;
    }
}

bool operand_fits(kind k, uint8_t type)
{
    switch ((enum wasm_type)type) {
    case WASM_I32: return kind_is_low(k);
    case WASM_FUNCREF: return kind_is_function(k);
    case WASM_EXTERNREF: return kind_is_extern(k);
    case WASM_EXNREF: return kind_is_exception(k);
    default: return true;
    }
}

static unsigned type_size(uint8_t type)
{
    return type == WASM_I32 || type == WASM_F32 ? 4 : type == WASM_V128 ? 16 : 8;
}

/* --- Memories */

static kind index_of(const struct verify *v, const struct insn *in)
{
    return in->index == REG_NONE ? kind_of(KIND_CONST, 0) : v->now.regs[in->index];
}

/* What a check of a constant index has told of the memory. */
static uint64_t least_of(const struct verify *v, uint32_t memory)
{
    kind k = cell_get(v, cell_of_memory(v, memory));

    return kind_is(k, KIND_AT_LEAST) ? kind_value(k) : 0;
}

static bool check_explicit(struct verify *v, const struct insn *in, uint32_t memory, uint64_t end)
{
    kind index = index_of(v, in);

    if (kind_is(index, KIND_CONST) && in->scale == 1 &&
        kind_value(index) + end <= least_of(v, memory))
        return true;
    if (in->scale == 1 && end <= extent_of(v, index, memory))
        return true;
    return verify_refuse(v, in->at, "memory access without its check");
}

static bool check_guarded(struct verify *v, const struct insn *in, uint32_t memory, uint64_t end)
{
    bool is64 = v->m->memories[memory].limits.is64;
    kind index = index_of(v, in);
    uint64_t room = is64 ? RESERVED_AFTER_64 : RESERVED_32, most;

    if (kind_is(index, KIND_BOUND) && in->scale == 1 && memory < BOUND_MEMORIES &&
        (index >> memory & 1))
        return true;
    if (kind_is(index, KIND_CONST) && in->scale == 1 && kind_value(index) <= least_of(v, memory))
        return true;
    if (is64 && !kind_is(index, KIND_CONST)) /* its bound may be below what 32 bits reach */
        return verify_refuse(v, in->at, "memory access without its check");
    most = kind_most(index);
    if (most > 2 * (uint64_t)UINT32_MAX || most * in->scale > room || most * in->scale + end > room)
        return verify_refuse(v, in->at, "memory index that may have upper bits");
    return true;
}

static bool check_memory(struct verify *v, const struct insn *in, uint32_t memory)
{
    uint64_t end = (uint64_t)in->disp + in->access;

    if (memory >= v->m->memory_count || in->disp < 0 || in->access == 0)
        return verify_refuse(v, in->at, "memory operand");
    if (!(v->marks[in->at] & MARK_MEMORY))
        return verify_refuse(v, in->at, "memory access without a site");
    if (v->unit->config & WASM_CONFIG_EXPLICIT)
        return check_explicit(v, in, memory, end);
    return check_guarded(v, in, memory, end);
}

/* --- The frame and the constants */

bool operand_is_slot(const struct insn *in) { return in->has_mem && in->base == REG_RSP; }

static bool check_frame(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    uint32_t at = (uint32_t)in->disp;

    if (in->index != REG_NONE || in->disp < 0 || at > v->frame || in->access > v->frame - at ||
        in->access == 0)
        return verify_refuse(v, in->at, "access outside the frame");
    if (!in->writes_mem) {
        if (at % 8 == 0 && in->access <= 8)
            *loaded = cell_get(v, cell_of_slot(at));
        return true;
    }
    if (at % 8 == 0 && in->access == 8)
        return cell_set(v, cell_of_slot(at), stored);
    for (uint32_t word = at / 8; word <= (at + in->access - 1) / 8; word++)
        if (!cell_set(v, cell_of_slot(8 * word), KIND_ANY))
            return false;
    return true;
}

static bool check_constant(struct verify *v, const struct insn *in)
{
    const struct wasm_code *c = v->code;

    if (in->writes_mem || in->target < c->text_size || in->target > c->size ||
        in->access > c->size - in->target || in->access == 0)
        return verify_refuse(v, in->at, "access outside the constants");
    return true;
}

/* --- The context */

/* Is disp in an array of `count` elements of `size` bytes at `start`? */
static bool in_array(const struct insn *in, uint32_t start, uint32_t count, uint32_t size,
                     uint32_t *number)
{
    uint32_t at = (uint32_t)in->disp - start;

    *number = at / size;
    return (uint32_t)in->disp >= start && *number < count && at % size == 0;
}

/* A global at offset 0 of the operand's word. */
static bool check_global(struct verify *v, const struct insn *in, uint32_t number, kind stored,
                         kind *loaded)
{
    const struct wasm_globaltype *g = &v->m->globals[number];
    uint8_t type = (uint8_t)g->type;

    *loaded = in->access == 8 ? operand_kind_of(type) : KIND_ANY;
    if (type == WASM_I32)
        *loaded = KIND_ANY; /* the upper half of its word is nobody's promise */
    if (in->access > type_size(type))
        return verify_refuse(v, in->at, "global of another size");
    if (!in->writes_mem)
        return true;
    if (!g->is_mutable || in->access != type_size(type))
        return verify_refuse(v, in->at, "write to a global");
    if (wasm_type_is_ref(type) && !operand_fits(stored, type))
        return verify_refuse(v, in->at, "no reference into a global of references");
    return true;
}

static bool read_context(const struct verify *v, const struct insn *in, kind *loaded)
{
    const struct wasm_layout *l = v->unit->layout;
    const struct wasm_decoded *m = v->m;
    uint32_t n;

    if (in->disp == WASM_CONTEXT_STACK_LIMIT)
        *loaded = KIND_ANY;
    else if (in->disp == WASM_CONTEXT_SPILL)
        *loaded = kind_of(KIND_SPILL, 0);
    else if (in->disp == WASM_CONTEXT_FUEL)
        *loaded = kind_of(KIND_FUEL, 0);
    else if (in_array(in, l->memories, m->memory_count, 8, &n))
        *loaded = kind_of(KIND_VIEW, n);
    else if (in_array(in, l->tables, m->table_count, 8, &n))
        *loaded = kind_of(KIND_TABLE_VIEW, n);
    else if (in_array(in, l->imports, m->imported_func_count, 8, &n))
        *loaded = kind_of(KIND_FUNCTION, m->types[m->funcs[n].type].canonical);
    else if (in_array(in, l->global_pointers, m->imported_global_count, 8, &n))
        *loaded = kind_of(KIND_GLOBAL, n);
    else if (!in_array(in, l->tags, m->tag_count, 8, &n)) /* only ever compared */
        return false;
    return true;
}

static bool check_context(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    const struct wasm_layout *l = v->unit->layout;
    const struct wasm_decoded *m = v->m;
    uint32_t n;

    if (in->index != REG_NONE || in->disp < 0)
        return verify_refuse(v, in->at, "context operand");
    if (in_array(in, l->globals, m->global_count - m->imported_global_count, 16, &n))
        return check_global(v, in, m->imported_global_count + n, stored, loaded);
    if (in->writes_mem)
        return verify_refuse(v, in->at, "write to the context");
    if (in->access == 4 && in_array(in, l->signatures, m->type_count, 4, &n)) {
        *loaded = kind_of(KIND_SIGNATURE, m->types[n].canonical);
        return true;
    }
    if (in->access != 8 || !read_context(v, in, loaded))
        return verify_refuse(v, in->at, "read of the context");
    return true;
}

/* --- Through pointers */

static bool read_view(struct verify *v, const struct insn *in, kind view, kind *loaded)
{
    uint32_t n = (uint32_t)kind_value(view);
    bool is_memory = kind_is(view, KIND_VIEW);

    if (in->writes_mem || in->index != REG_NONE ||
        (in->access != 8 && !(in->access == 4 && in->disp == WASM_VIEW_SIZE)))
        return verify_refuse(v, in->at, "view operand");
    if (in->disp == WASM_VIEW_BASE)
        *loaded = kind_of(is_memory ? KIND_BASE : KIND_TABLE_BASE, n);
    else if (is_memory && in->disp == WASM_VIEW_SIZE && in->access == 8)
        *loaded = kind_of_size(n, 0);
    else if (in->disp != WASM_VIEW_SIZE && !(is_memory && in->disp == WASM_VIEW_BOUND))
        return verify_refuse(v, in->at, "view operand");
    return true;
}

static bool check_element(struct verify *v, const struct insn *in, uint32_t table, kind stored,
                          kind *loaded)
{
    uint8_t type = (uint8_t)v->m->tables[table].type;

    if (in->index == REG_NONE || in->scale != 8 || in->disp != 0 || in->access != 8 ||
        v->now.regs[in->index] != kind_of(KIND_INDEX, table))
        return verify_refuse(v, in->at, "table access without its check");
    if (in->writes_mem && !operand_fits(stored, type))
        return verify_refuse(v, in->at, "no reference into a table");
    *loaded = operand_kind_of(type);
    return true;
}

static bool check_spill(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    uint32_t number = (uint32_t)in->disp / 16;

    if (in->index != REG_NONE || in->disp < 0 || in->disp % 16 != 0 || in->access > 16 ||
        in->access == 0 || number >= WASM_ABI_SPILL_COUNT)
        return verify_refuse(v, in->at, "access outside the spill area");
    if (in->writes_mem)
        return cell_set(v, cell_of_spill(v, number), in->access == 8 ? stored : KIND_ANY);
    if (in->access == 8)
        *loaded = cell_get(v, cell_of_spill(v, number));
    return true;
}

/* A null reference faults in the page at 0, where nothing is mapped. */
static bool read_function(struct verify *v, const struct insn *in, kind function, kind *loaded)
{
    bool is_known = !kind_is(function, KIND_FUNCREF);

    if (in->writes_mem || in->index != REG_NONE || in->base != REG_R11)
        return verify_refuse(v, in->at, "function operand");
    if (in->disp == WASM_FUNCTION_SIGNATURE && in->access == 4 &&
        (is_known || (v->marks[in->at] & MARK_MEMORY)))
        return true;
    if (in->disp != WASM_FUNCTION_CONTEXT || in->access != 8 || !is_known)
        return verify_refuse(v, in->at, "function operand");
    *loaded = kind_of(KIND_OTHER, 0);
    return true;
}

static bool check_payload(struct verify *v, const struct insn *in, uint32_t tag, kind stored,
                          kind *loaded)
{
    const struct wasm_signature *s = &v->m->types[v->m->tags[tag]].signature;
    uint32_t number = ((uint32_t)in->disp - WASM_EXCEPTION_PAYLOAD) / 16;

    if (in->disp < WASM_EXCEPTION_PAYLOAD || in->disp % 16 != 0 || number >= s->param_count ||
        in->access != type_size(s->params[number]))
        return verify_refuse(v, in->at, "exception payload");
    if (wasm_type_is_ref(s->params[number])) {
        *loaded = operand_kind_of(s->params[number]);
        if (in->writes_mem && !operand_fits(stored, s->params[number]))
            return verify_refuse(v, in->at, "no reference into an exception");
    }
    return true;
}

static bool check_exception(struct verify *v, const struct insn *in, kind base, kind stored,
                            kind *loaded)
{
    if (in->index != REG_NONE)
        return verify_refuse(v, in->at, "exception operand");
    if (in->disp == WASM_EXCEPTION_TAG && in->access == 8 && !in->writes_mem) {
        *loaded = kind_of(KIND_TAG_OF, kind_value(base));
        return true;
    }
    if (!kind_is(base, KIND_CAUGHT))
        return verify_refuse(v, in->at, "exception whose tag is not known");
    return check_payload(v, in, (uint32_t)kind_value(base), stored, loaded);
}

static bool check_pointer(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    kind base = v->now.regs[in->base];

    switch (kind_tag(base)) {
    case KIND_VIEW:
    case KIND_TABLE_VIEW: return read_view(v, in, base, loaded);
    case KIND_BASE: return check_memory(v, in, (uint32_t)kind_value(base));
    case KIND_TABLE_BASE: return check_element(v, in, (uint32_t)kind_value(base), stored, loaded);
    case KIND_GLOBAL:
        if (in->disp != 0 || in->index != REG_NONE)
            return verify_refuse(v, in->at, "global operand");
        return check_global(v, in, (uint32_t)kind_value(base), stored, loaded);
    case KIND_SPILL: return check_spill(v, in, stored, loaded);
    case KIND_FUEL:
        if (in->op != INSN_SUB_IMM || in->width != 8 || in->disp != 0 || in->index != REG_NONE ||
            in->imm < 0)
            return verify_refuse(v, in->at, "fuel operand");
        return true;
    case KIND_FUNCREF:
    case KIND_FUNCTION:
    case KIND_LOCAL: return read_function(v, in, base, loaded);
    case KIND_EXCEPTION:
    case KIND_CAUGHT: return check_exception(v, in, base, stored, loaded);
    default: return verify_refuse(v, in->at, "memory operand of no known base");
    }
}

bool operand_check(struct verify *v, const struct insn *in, kind stored, kind *loaded)
{
    *loaded = KIND_ANY;
    if (in->base == REG_RIP)
        return check_constant(v, in);
    if (in->base == REG_NONE)
        return verify_refuse(v, in->at, "memory operand of no known base");
    if (in->base == REG_RSP)
        return check_frame(v, in, stored, loaded);
    if (in->base == REG_R15 && kind_is(v->now.regs[REG_R15], KIND_CONTEXT))
        return check_context(v, in, stored, loaded);
    if (in->base == REG_R14 && kind_is(v->now.regs[REG_R14], KIND_MEMORY0))
        return check_memory(v, in, 0);
    if (in->base == REG_R14 || in->base == REG_R15)
        return verify_refuse(v, in->at, "pinned register is not in place");
    return check_pointer(v, in, stored, loaded);
}
