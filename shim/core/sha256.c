/* sha256.c: SHA-256, as FIPS 180-4 §6.2 writes it. */
#include "shim/core/sha256.h"

#include "base/num.h"

/* §4.2.2. */
static const uint32_t constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void schedule(uint32_t w[64], const uint8_t *block)
{
    for (size_t t = 0; t < 16; t++)
        w[t] = word_at(block + 4 * t);
    for (size_t t = 16; t < 64; t++) {
        uint32_t a = turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t b = turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = b + w[t - 7] + a + w[t - 16];
    }
}

static void compress(struct sha256 *s, const uint8_t *block)
{
    uint32_t w[64];
    uint32_t v[8]; /* a to h */

    schedule(w, block);
    for (size_t i = 0; i < 8; i++)
        v[i] = s->state[i];
    for (size_t t = 0; t < 64; t++) {
        uint32_t e = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t first = v[7] + e + choice + constant[t] + w[t];
        uint32_t a = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

        for (size_t i = 7; i > 0; i--)
            v[i] = v[i - 1];
        v[4] += first;
        v[0] = first + a + majority;
    }
    for (size_t i = 0; i < 8; i++)
        s->state[i] += v[i];
}

void sha256_init(struct sha256 *h)
{
    *h = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                     0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } }; /* §5.3.3 */
}

void sha256_add(struct sha256 *h, const void *data, size_t size)
{
    const uint8_t *at = data;

    for (size_t i = 0; i < size; i++) {
        h->block[h->size++ % SHA256_BLOCK] = at[i];
        if (h->size % SHA256_BLOCK == 0)
            compress(h, h->block);
    }
}

void sha256_end(uint8_t out[static SHA256_SIZE], struct sha256 *h)
{
    uint64_t bits = h->size * 8;
    uint8_t byte = 0x80;

    /* §5.1.1: a one, zeroes, and the length in the last eight bytes. */
    do {
        sha256_add(h, &byte, 1);
        byte = 0;
    } while (h->size % SHA256_BLOCK != SHA256_BLOCK - 8);
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        byte = (uint8_t)(bits >> (shift - 8));
        sha256_add(h, &byte, 1);
    }
    for (size_t i = 0; i < SHA256_SIZE; i++)
        out[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
    *h = (struct sha256){ .size = 0 };
    __asm__ volatile("" ::"r"(h) : "memory"); /* the wiping stays */
}
