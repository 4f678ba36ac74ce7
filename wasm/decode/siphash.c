#include "wasm/decode/siphash.h"

#include <string.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

uint64_t siphash_bytes(const struct siphash_key *key, struct bytes b)
{
    struct sip s = {
        key->first ^ 0x736f6d6570736575,
        key->second ^ 0x646f72616e646f6d,
        key->first ^ 0x6c7967656e657261,
        key->second ^ 0x7465646279746573,
    };
    uint64_t last = (uint64_t)b.size << 56;
    size_t whole = b.size & ~(size_t)7;
    uint64_t word;

    for (size_t i = 0; i < whole; i += 8) {
        memcpy(&word, &b.data[i], 8);
        sip_word(&s, word);
    }
    for (size_t i = whole; i < b.size; i++)
        last |= (uint64_t)b.data[i] << 8 * (i - whole);
    sip_word(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct siphash_key siphash_key_of(struct bytes all)
{
    struct siphash_key one = { 1, 2 };
    struct siphash_key two = { 3, 4 };

    return (struct siphash_key){ siphash_bytes(&one, all), siphash_bytes(&two, all) };
}
