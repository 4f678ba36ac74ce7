/* chacha.c: the ChaCha20 block function. */
#include "shim/core/chacha.h"

#include <stddef.h>

static uint32_t word_at(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint32_t turn(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

/* §2.1. */
static inline void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = turn(*d ^ *a, 16);
    *c += *d;
    *b = turn(*b ^ *c, 12);
    *a += *b;
    *d = turn(*d ^ *a, 8);
    *c += *d;
    *b = turn(*b ^ *c, 7);
}

void chacha_block(uint8_t out[static CHACHA_BLOCK], const uint8_t key[static CHACHA_KEY],
                  uint32_t counter, const uint8_t nonce[static CHACHA_NONCE])
{
    uint32_t first[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    uint32_t x[16];

    for (size_t i = 0; i < 8; i++)
        first[4 + i] = word_at(key + 4 * i);
    first[12] = counter;
    for (size_t i = 0; i < 3; i++)
        first[13 + i] = word_at(nonce + 4 * i);
    for (size_t i = 0; i < 16; i++)
        x[i] = first[i];
    for (int i = 0; i < 10; i++) {
        quarter(&x[0], &x[4], &x[8], &x[12]); /* columns */
        quarter(&x[1], &x[5], &x[9], &x[13]);
        quarter(&x[2], &x[6], &x[10], &x[14]);
        quarter(&x[3], &x[7], &x[11], &x[15]);
        quarter(&x[0], &x[5], &x[10], &x[15]); /* diagonals */
        quarter(&x[1], &x[6], &x[11], &x[12]);
        quarter(&x[2], &x[7], &x[8], &x[13]);
        quarter(&x[3], &x[4], &x[9], &x[14]);
    }
    for (size_t i = 0; i < 16; i++) {
        x[i] += first[i];
        __builtin_memcpy(out + 4 * i, &x[i], 4); /* little-endian, as this machine is */
    }
}
