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
        for (size_t j = 0; j < 4; j++) /* columns */
            quarter(&x[j], &x[4 + j], &x[8 + j], &x[12 + j]);
        for (size_t j = 0; j < 4; j++) /* diagonals */
            quarter(&x[j], &x[4 + (j + 1) % 4], &x[8 + (j + 2) % 4], &x[12 + (j + 3) % 4]);
    }
    for (size_t i = 0; i < CHACHA_BLOCK; i++)
        out[i] = (uint8_t)((x[i / 4] + first[i / 4]) >> (8 * (i % 4)));
}
