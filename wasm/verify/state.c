#include "wasm/verify/state.h"

static bool is_null(kind k) { return k == kind_of(KIND_CONST, 0); }

bool kind_is_low(kind k)
{
    switch (kind_tag(k)) {
    case KIND_LOW:
    case KIND_INDEX:
    case KIND_SIGNATURE: return true;
    case KIND_CONST: return kind_value(k) <= UINT32_MAX;
    case KIND_BOUND: return k & BOUND_LOW;
    case KIND_EXTENT: return k & EXTENT_LOW;
    default: return false;
    }
}

uint64_t kind_most(kind k)
{
    if (kind_is(k, KIND_CONST))
        return kind_value(k);
    if (kind_is_low(k))
        return UINT32_MAX;
    return kind_is(k, KIND_SUM) ? 2 * (uint64_t)UINT32_MAX : UINT64_MAX;
}

bool kind_is_function(kind k)
{
    enum kind_tag tag = kind_tag(k);

    return is_null(k) || tag == KIND_FUNCREF || tag == KIND_FUNCTION || tag == KIND_LOCAL;
}

bool kind_is_exception(kind k)
{
    return is_null(k) || kind_is(k, KIND_EXCEPTION) || kind_is(k, KIND_CAUGHT);
}

/* All ones are the null of the embedder's words (WASM_EXTERN_NULL). */
bool kind_is_extern(kind k) { return kind_is(k, KIND_EXTERN) || k == kind_of(KIND_HUGE, 1); }

static kind meet_functions(kind a, kind b)
{
    if (!is_null(a) && !is_null(b) && !kind_is(a, KIND_FUNCREF) && !kind_is(b, KIND_FUNCREF) &&
        kind_value(a) == kind_value(b))
        return kind_of(KIND_FUNCTION, kind_value(a));
    return kind_of(KIND_FUNCREF, 0);
}

static kind meet_numbers(kind a, kind b)
{
    uint64_t most = kind_most(a) > kind_most(b) ? kind_most(a) : kind_most(b);

    if (most <= UINT32_MAX)
        return kind_of(KIND_LOW, 0);
    return kind_of(most <= 2 * (uint64_t)UINT32_MAX ? KIND_SUM : KIND_ANY, 0);
}

kind kind_meet(kind a, kind b)
{
    if (a == b)
        return a;
    if (kind_is(a, KIND_AT_LEAST) && kind_is(b, KIND_AT_LEAST))
        return a < b ? a : b;
    if (kind_is(a, KIND_BOUND) && kind_is(b, KIND_BOUND) && (a & b & (BOUND_LOW - 1)) != 0)
        return a & b;
    if (kind_is_function(a) && kind_is_function(b))
        return meet_functions(a, b);
    if (kind_is_exception(a) && kind_is_exception(b))
        return kind_of(KIND_EXCEPTION, 0);
    if (kind_is_extern(a) && kind_is_extern(b))
        return kind_of(KIND_EXTERN, 0);
    return meet_numbers(a, b);
}
