#include "measure/wide.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

#define PRODUCT_LIMBS (2 * WIDE_LIMBS)

void wide_load(struct wide *out, struct bytes little)
{
    struct reader r = reader_of(little);

    for (size_t i = 0; i < WIDE_LIMBS; i++)
        out->limb[i] = reader_u32le(&r);
}

void wide_store(uint8_t out[WIDE_SIZE], const struct wide *n)
{
    struct writer w = writer_of(out, WIDE_SIZE);

    for (size_t i = 0; i < WIDE_LIMBS; i++)
        writer_u32le(&w, n->limb[i]);
}

static int limbs_compare(const uint32_t *a, const uint32_t *b, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (a[i - 1] != b[i - 1])
            return a[i - 1] < b[i - 1] ? -1 : 1;
    return 0;
}

int wide_compare(const struct wide *a, const struct wide *b)
{
    return limbs_compare(a->limb, b->limb, WIDE_LIMBS);
}

static void multiply(uint32_t out[PRODUCT_LIMBS], const struct wide *a, const struct wide *b)
{
    memset(out, 0, PRODUCT_LIMBS * sizeof *out);
    for (size_t i = 0; i < WIDE_LIMBS; i++) {
        uint64_t carry = 0;

        for (size_t j = 0; j < WIDE_LIMBS; j++) {
            carry += (uint64_t)a->limb[i] * b->limb[j] + out[i + j];
            out[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        out[i + WIDE_LIMBS] = (uint32_t)carry;
    }
}

/* a -= b, both of count limbs; what is borrowed beyond the last. */
static uint32_t subtract(uint32_t *a, const uint32_t *b, size_t count)
{
    uint32_t borrow = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t difference = (uint64_t)a[i] - b[i] - borrow;

        a[i] = (uint32_t)difference;
        borrow = (uint32_t)(difference >> 63);
    }
    return borrow;
}

bool wide_remainder_of(struct wide *out, const struct wide *a, const struct wide *b,
                       const struct wide *q, const struct wide *n)
{
    static const uint32_t zeros[WIDE_LIMBS];
    uint32_t product[PRODUCT_LIMBS], part[PRODUCT_LIMBS];

    multiply(product, a, b);
    multiply(part, q, n);
    if (subtract(product, part, PRODUCT_LIMBS) != 0 ||
        memcmp(product + WIDE_LIMBS, zeros, sizeof zeros) != 0 ||
        limbs_compare(product, n->limb, WIDE_LIMBS) >= 0)
        return false;
    memcpy(out->limb, product, sizeof out->limb);
    return true;
}

/* Bit after bit, the highest first: 6144 subtractions at most, and done once in a while. */
void wide_divide(struct wide *q, struct wide *remainder, const struct wide *a, const struct wide *b,
                 const struct wide *n)
{
    uint32_t product[PRODUCT_LIMBS];
    struct wide rest = { 0 }, quotient = { 0 };

    multiply(product, a, b);
    for (size_t bit = PRODUCT_LIMBS * 32; bit > 0; bit--) {
        size_t i = (bit - 1) / 32, shift = (bit - 1) % 32;
        uint32_t carry = product[i] >> shift & 1;

        for (size_t j = 0; j < WIDE_LIMBS; j++) {
            uint32_t high = rest.limb[j] >> 31;

            rest.limb[j] = rest.limb[j] << 1 | carry;
            carry = high;
        }
        if (carry == 0 && wide_compare(&rest, n) < 0)
            continue;
        (void)subtract(rest.limb, n->limb, WIDE_LIMBS);
        if (i < WIDE_LIMBS) /* the quotient is less than n */
            quotient.limb[i] |= 1u << shift;
    }
    *q = quotient;
    *remainder = rest;
}
