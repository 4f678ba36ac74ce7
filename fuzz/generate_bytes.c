/* Chance, and the bytes of the module so far. */
#include "fuzz/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
uint8_t code[CODE_ROOM];
size_t size;

void chance_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15u + 0x1234567;
    for (unsigned i = 0; i < 8; i++)
        next();
}

uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x9e3779b97f4a7c15u >> 16;
}

unsigned below(unsigned n) { return (unsigned)(next() % n); }
bool chance(unsigned percent) { return below(100) < percent; }

void put(unsigned byte)
{
    if (size == sizeof code) {
        fputs("generate: the module is too large\n", stderr);
        exit(1);
    }
    code[size++] = (uint8_t)byte;
}

void put_u(uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put((unsigned)(n & 0x7f) | 0x80);
    put((unsigned)n);
}

void put_s(int64_t n)
{
    for (;; n >>= 7) {
        unsigned b = n & 0x7f;

        if ((n >> 6) == 0 || (n >> 6) == -1) {
            put(b);
            return;
        }
        put(b | 0x80);
    }
}

void put_simd(unsigned op)
{
    put(0xfd);
    put_u(op);
}

/* Ends a part whose size stands before it. */
void close_part(size_t start)
{
    static uint8_t part[sizeof code];
    size_t length = size - start;

    memcpy(part, code + start, length);
    size = start;
    put_u(length);
    memcpy(code + size, part, length);
    size += length;
}
