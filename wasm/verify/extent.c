/* Sets of what an index was compared with: lists, in which the best entry of a memory counts. */
#include "wasm/verify/verify.h"

static uint32_t first_of(kind k) { return kind_is(k, KIND_EXTENT) ? (uint32_t)k : 0; }

uint64_t extent_of(const struct verify *v, kind k, uint32_t memory)
{
    uint64_t best = 0;

    for (uint32_t i = first_of(k); i != 0; i = v->extents[i].rest)
        if (v->extents[i].memory == memory && v->extents[i].extent > best)
            best = v->extents[i].extent;
    return best;
}

/* The kind of a set, or of what is left where it is empty. */
static kind kind_of_set(uint32_t first, bool low)
{
    if (first != 0)
        return kind_of(KIND_EXTENT, first | (low ? EXTENT_LOW : 0));
    return low ? kind_of(KIND_LOW, 0) : KIND_ANY;
}

static uint32_t set_with(struct verify *v, uint32_t rest, uint32_t memory, uint64_t extent)
{
    if (v->extent_count == 0)
        v->extent_count = 1; /* 0 is the empty set */
    if (!ARENA_RESERVE(v->arena, v->extents, v->extent_room, v->extent_count + 1u)) {
        v->is_nomem = true;
        return 0;
    }
    v->extents[v->extent_count] = (struct extent){ rest, memory, extent };
    return v->extent_count++;
}

kind extent_add(struct verify *v, kind k, uint32_t memory, uint64_t extent)
{
    if (extent_of(v, k, memory) >= extent)
        return k;
    return kind_of_set(set_with(v, first_of(k), memory, extent), kind_is_low(k));
}

kind extent_shift(struct verify *v, kind k, uint64_t number)
{
    uint32_t set = 0;

    for (uint32_t i = first_of(k); i != 0; i = v->extents[i].rest)
        if (v->extents[i].extent > number)
            set = set_with(v, set, v->extents[i].memory, v->extents[i].extent - number);
    return kind_of_set(set, false);
}

/* Is all that is known of b known of a? */
static bool implies(const struct verify *v, kind a, kind b)
{
    for (uint32_t i = first_of(b); i != 0; i = v->extents[i].rest)
        if (extent_of(v, a, v->extents[i].memory) < v->extents[i].extent)
            return false;
    return kind_is_low(a) || !kind_is_low(b);
}

kind extent_meet(struct verify *v, kind a, kind b)
{
    uint32_t set = 0;

    if (!kind_is(a, KIND_EXTENT) || !kind_is(b, KIND_EXTENT))
        return kind_meet(a, b);
    if (implies(v, b, a)) /* the same number again, so that walks end */
        return a;
    for (uint32_t i = first_of(a); i != 0; i = v->extents[i].rest) {
        uint32_t memory = v->extents[i].memory;
        uint64_t ours = v->extents[i].extent, theirs = extent_of(v, b, memory);

        if (theirs != 0)
            set = set_with(v, set, memory, ours < theirs ? ours : theirs);
    }
    return kind_of_set(set, kind_is_low(a) && kind_is_low(b));
}
