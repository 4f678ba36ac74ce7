/* What comparisons prove. */
#include "wasm/verify/verify.h"

static const struct fact no_fact = { .reg = REG_NONE };

void fact_forget(struct verify *v)
{
    v->fact = no_fact;
    v->not_cc = NO_COND;
}

/* --- Comparing */

/* cmp reg, [base + disp] of 8 bytes, through a view. */
static struct fact compare_view(const struct insn *in, kind view)
{
    uint32_t n = (uint32_t)kind_value(view);

    if (kind_is(view, KIND_TABLE_VIEW) && in->disp == WASM_VIEW_SIZE)
        return (struct fact){ .kind = FACT_INDEX, .when = COND_B, .reg = in->reg, .n = n };
    if (kind_is(view, KIND_VIEW) && in->disp == WASM_VIEW_BOUND && n < BOUND_MEMORIES)
        return (struct fact){ .kind = FACT_BOUND, .when = COND_BE, .reg = in->reg, .n = n };
    return no_fact;
}

static struct fact compare_memory(const struct verify *v, const struct insn *in)
{
    const struct wasm_layout *l = v->unit->layout;
    kind base = in->base < REG_COUNT ? v->now.regs[in->base] : KIND_ANY, a = v->now.regs[in->reg];
    uint32_t tag = ((uint32_t)in->disp - l->tags) / 8;

    if (in->width == 4 && in->base == REG_R11 && kind_is_function(base) &&
        in->disp == WASM_FUNCTION_SIGNATURE && kind_is(a, KIND_SIGNATURE))
        return (struct fact){ FACT_TYPE, COND_E, REG_R11, (uint32_t)kind_value(a), 0, 0 };
    if (in->width != 8)
        return no_fact;
    if (in->base == REG_R15 && kind_is(a, KIND_TAG_OF) && (uint32_t)in->disp >= l->tags &&
        tag < v->m->tag_count && ((uint32_t)in->disp - l->tags) % 8 == 0)
        return (struct fact){ FACT_TAG, COND_E, REG_NONE, (uint32_t)kind_value(a), tag, 0 };
    return compare_view(in, base);
}

static struct fact compare_registers(const struct verify *v, const struct insn *in)
{
    kind a = v->now.regs[in->reg], b = v->now.regs[in->rm];

    if (in->width != 8)
        return no_fact;
    if (in->rm == REG_R11 && kind_is(b, KIND_SIZE))
        return (struct fact){ .kind = FACT_EXTENT, .when = COND_BE, .reg = in->reg, .result = b };
    if (in->rm == REG_R11 && b == kind_of(KIND_CONST, 0))
        return (struct fact){ .kind = FACT_NEVER, .when = COND_B, .reg = REG_NONE };
    if (in->reg == REG_RAX && kind_is(a, KIND_OTHER) && in->rm == REG_R15 &&
        kind_is(b, KIND_CONTEXT))
        return (struct fact){ .kind = FACT_CONTEXT, .when = COND_E, .reg = REG_R11 };
    return no_fact;
}

void fact_compare(struct verify *v, const struct insn *in)
{
    v->fact = in->has_mem ? compare_memory(v, in) : compare_registers(v, in);
}

/* --- What follows */

bool fact_refine(struct verify *v, uint8_t reg, kind k)
{
    struct state *s = &v->now;
    uint32_t link = s->links[reg];

    s->regs[reg] = k;
    if (link == 0)
        return true;
    for (unsigned r = 0; r < REG_COUNT; r++)
        if (s->links[r] == link)
            s->regs[r] = k;
    return cell_set(v, cell_of_slot(8 * (link - 1)), k);
}

static void replace(struct state *s, kind from, kind to)
{
    for (unsigned r = 0; r < REG_COUNT; r++)
        if (s->regs[r] == from)
            s->regs[r] = to;
    for (uint32_t c = 0; c < s->cell_count; c++)
        if (s->cells[c] == from)
            s->cells[c] = to;
}

bool fact_identify(struct verify *v, uint8_t reg, uint32_t number)
{
    /* What had the number came from here an iteration ago: another exception, perhaps. */
    replace(&v->now, kind_of(KIND_EXCEPTION, number), kind_of(KIND_EXCEPTION, 0));
    replace(&v->now, kind_of(KIND_TAG_OF, number), KIND_ANY);
    if (v->fact.kind == FACT_TAG)
        v->fact.kind = FACT_NONE;
    return fact_refine(v, reg, kind_of(KIND_EXCEPTION, number));
}

/* Of a number that is known, a comparison says something of the memory, which never shrinks. */
static bool learn_least(struct verify *v, uint32_t memory, kind number, uint64_t extent)
{
    uint32_t key = cell_of_memory(v, memory);
    kind known = cell_get(v, key), least = kind_of(KIND_AT_LEAST, kind_value(number) + extent);

    if (!kind_is(number, KIND_CONST) || !(kind_value(least) >> EXTENT_BITS == 0) ||
        (kind_is(known, KIND_AT_LEAST) && known >= least))
        return true;
    return cell_set(v, key, least);
}

static bool bounded(struct verify *v)
{
    kind k = v->now.regs[v->fact.reg];
    uint64_t set = UINT64_C(1) << v->fact.n | (kind_is_low(k) ? BOUND_LOW : 0);

    if (kind_is(k, KIND_HUGE)) { /* no bound is so large */
        v->is_dead = true;
        return true;
    }
    if (!(v->unit->config & WASM_CONFIG_EXPLICIT) && !learn_least(v, v->fact.n, k, 0))
        return false;
    if (kind_is(k, KIND_BOUND))
        set |= kind_value(k);
    return fact_refine(v, v->fact.reg, kind_of(KIND_BOUND, set));
}

/* reg + extent <= size of the memory. The register counts even where its number is known:
 * another path may bring one in that is not. */
static bool extends(struct verify *v)
{
    uint32_t memory = kind_memory(v->fact.result);
    uint64_t extent = kind_extent(v->fact.result);
    kind k = v->now.regs[v->fact.reg];

    if (kind_is(k, KIND_HUGE)) {
        v->is_dead = true;
        return true;
    }
    if (!learn_least(v, memory, k, extent))
        return false;
    return fact_refine(v, v->fact.reg, extent_add(v, k, memory, extent));
}

bool fact_apply(struct verify *v)
{
    kind function = v->now.regs[REG_R11];

    switch ((enum fact_kind)v->fact.kind) {
    case FACT_INDEX: /* used at once; what copies of it are known to be must not be lost */
        v->now.regs[v->fact.reg] = kind_of(KIND_INDEX, v->fact.n);
        return true;
    case FACT_BOUND: return bounded(v);
    case FACT_EXTENT: return extends(v);
    case FACT_SIZE: v->now.regs[REG_R11] = v->fact.result; return true;
    case FACT_TYPE: v->now.regs[REG_R11] = kind_of(KIND_FUNCTION, v->fact.n); return true;
    case FACT_CONTEXT:
        if (kind_is(function, KIND_FUNCTION))
            v->now.regs[REG_R11] = kind_of(KIND_LOCAL, kind_value(function));
        return true;
    case FACT_TAG:
        replace(&v->now, kind_of(KIND_EXCEPTION, v->fact.n), kind_of(KIND_CAUGHT, v->fact.m));
        return true;
    case FACT_NEVER: v->is_dead = true; return true;
    case FACT_NONE: break;
    }
    return true;
}
