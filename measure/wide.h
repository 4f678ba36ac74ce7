/* wide.h: numbers of 3072 bits, for the two quotients in a SIGSTRUCT. Not for secrets, and not
 * for more than that: signatures are crypto/'s. */
#ifndef BROCH_MEASURE_WIDE_H
#define BROCH_MEASURE_WIDE_H

#include "base/bytes.h"

#define WIDE_SIZE 384u
#define WIDE_LIMBS (WIDE_SIZE / 4)

struct wide {
    uint32_t limb[WIDE_LIMBS]; /* the lowest first */
};

/* 384 little-endian bytes, both ways. */
void wide_load(struct wide *out, struct bytes little);
void wide_store(uint8_t out[WIDE_SIZE], const struct wide *n);
/* Less than, equal to, or more than 0. */
int wide_compare(const struct wide *a, const struct wide *b);
/* a * b - q * n, where that is from 0 to n - 1; else false. */
bool wide_remainder_of(struct wide *out, const struct wide *a, const struct wide *b,
                       const struct wide *q, const struct wide *n);
/* a * b divided by n, where a and b are less than n. */
void wide_divide(struct wide *q, struct wide *remainder, const struct wide *a, const struct wide *b,
                 const struct wide *n);

#endif
