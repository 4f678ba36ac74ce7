/* fixed.c: the world of deterministic mode. */
#include "exec/world/fixed.h"

#include <string.h>

#include "base/num.h"

/* What the wall clock says at the start: 2020-01-01T00:00:00Z, a time that file
 * and certificate checks of programs take for a sound one. */
#define START 1577836800000000000ull
#define STEP 1000u

static enum wasi_errno fixed_time(struct world *base, enum wasi_clock clock, uint64_t *out)
{
    struct fixed_world *w = (struct fixed_world *)base;

    w->now += STEP;
    switch (clock) {
    case WASI_CLOCK_REALTIME: *out = START + w->now; return WASI_OK;
    case WASI_CLOCK_MONOTONIC:
    case WASI_CLOCK_PROCESS:
    case WASI_CLOCK_THREAD: *out = w->now; return WASI_OK;
    }
    return WASI_INVAL;
}

static enum wasi_errno fixed_resolution(struct world *base, enum wasi_clock clock, uint64_t *out)
{
    (void)base;
    if (clock > WASI_CLOCK_THREAD)
        return WASI_INVAL;
    *out = STEP;
    return WASI_OK;
}

static uint32_t rotated(uint32_t n, int by) { return (n << by) | (n >> (32 - by)); }

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
    x[a] += x[b];
    x[d] = rotated(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotated(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotated(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotated(x[b] ^ x[c], 7);
}

/* The block function of RFC 8439, 2.3, with a 64-bit counter and nonce 0. */
static void stream_block(struct fixed_world *w)
{
    uint32_t x[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    uint32_t start[16];

    memcpy(x + 4, w->key, sizeof w->key);
    x[12] = (uint32_t)w->block;
    x[13] = (uint32_t)(w->block >> 32);
    memcpy(start, x, sizeof x);
    for (int i = 0; i < 10; i++) {
        quarter(x, 0, 4, 8, 12);
        quarter(x, 1, 5, 9, 13);
        quarter(x, 2, 6, 10, 14);
        quarter(x, 3, 7, 11, 15);
        quarter(x, 0, 5, 10, 15);
        quarter(x, 1, 6, 11, 12);
        quarter(x, 2, 7, 8, 13);
        quarter(x, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) {
        x[i] += start[i];
        for (int b = 0; b < 4; b++)
            w->left[4 * i + b] = (uint8_t)(x[i] >> (8 * b));
    }
    w->block++;
    w->left_size = sizeof w->left;
}

static enum wasi_errno fixed_random(struct world *base, void *out, size_t size)
{
    struct fixed_world *w = (struct fixed_world *)base;
    uint8_t *to = out;

    while (size > 0) {
        size_t n;

        if (w->left_size == 0)
            stream_block(w);
        n = num_min(size, w->left_size);
        memcpy(to, w->left + sizeof w->left - w->left_size, n);
        w->left_size -= n;
        to += n;
        size -= n;
    }
    return WASI_OK;
}

/* A wait with an end ends at once, unless something is ready now. */
static enum wasi_errno fixed_poll(struct world *base, struct world_poll *items, size_t count,
                                  int64_t timeout_ns)
{
    struct fixed_world *w = (struct fixed_world *)base;

    if (timeout_ns < 0)
        return w->under->ops->poll(w->under, items, count, timeout_ns);
    WASI_TRY(w->under->ops->poll(w->under, items, count, 0));
    for (size_t i = 0; i < count; i++)
        if (items[i].ready)
            return WASI_OK;
    w->now += (uint64_t)timeout_ns;
    return WASI_OK;
}

static void fixed_yield(struct world *base) { (void)base; /* nobody else has a turn */ }

static const struct world_ops ops = {
    .time = fixed_time,
    .resolution = fixed_resolution,
    .random = fixed_random,
    .poll = fixed_poll,
    .yield = fixed_yield,
};

struct world *fixed_world_init(struct fixed_world *w, struct world *under,
                               const uint8_t seed[FIXED_SEED_SIZE])
{
    *w = (struct fixed_world){ .base = { .ops = &ops }, .under = under };
    for (int i = 0; i < 8; i++)
        for (int b = 0; b < 4; b++)
            w->key[i] |= (uint32_t)seed[4 * i + b] << (8 * b);
    return &w->base;
}
