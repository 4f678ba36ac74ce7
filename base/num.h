/* num.h: small arithmetic that must not go wrong. */
#ifndef BROCH_BASE_NUM_H
#define BROCH_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t num_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t num_max(size_t a, size_t b) { return a > b ? a : b; }

/* Both give false, and leave *out alone, where the result does not fit. */
static inline bool num_add(size_t *out, size_t a, size_t b)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

static inline bool num_mul(size_t *out, size_t a, size_t b)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

/* The next multiple of unit, a power of two. The caller knows that it fits. */
static inline size_t num_align(size_t n, size_t unit) { return (n + unit - 1) & ~(unit - 1); }

/* The number of the highest bit set; n is not 0. */
static inline unsigned num_log2(uint64_t n) { return 63u - (unsigned)__builtin_clzll(n); }

#endif
