/* shared.h: the one way to touch memory that the other side writes at the same time.
 *
 * Each load is one fetch of one aligned word, which the compiler may neither split,
 * repeat nor leave out; whoever needs a value twice keeps the copy. Indices are
 * published with release and fetched with acquire, so that what lies behind them
 * is seen whole. Bulk data goes through shared_copy_in and _out, once.
 *
 * SHARED_HOOK, where a test defines it before this header is included, is told of
 * every fetch before it happens: tests/liar changes the word there. */
#ifndef BROCH_GATE_SHARED_H
#define BROCH_GATE_SHARED_H

#include <stddef.h>
#include <stdint.h>

#ifndef SHARED_HOOK
#define SHARED_HOOK(at, size) ((void)0)
#endif

/* Structures are moved as words, whatever the types of their fields. */
typedef uint64_t __attribute__((may_alias)) shared_word;

static inline uint32_t shared_load32(const uint32_t *at)
{
    SHARED_HOOK(at, sizeof *at);
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline uint64_t shared_load64(const uint64_t *at)
{
    SHARED_HOOK(at, sizeof *at);
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void shared_store32(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static inline void shared_store64(uint64_t *at, uint64_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* Between "I have submitted" and "is the host asleep", and between "I sleep" and
 * "is there a submission": x86 lets the load overtake the store (Intel SDM volume
 * 3, 9.2.3.4), and then both sides would sleep. */
static inline void shared_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* A ring's entry, taken and put as whole words; size is a multiple of 8, both are
 * aligned to it. Every word is fetched once. */
static inline void shared_take(void *to, const void *from, size_t size)
{
    shared_word *out = (shared_word *)to;
    const shared_word *in = (const shared_word *)from;

    for (size_t i = 0; i < size / sizeof *in; i++) {
        SHARED_HOOK(&in[i], sizeof in[i]);
        out[i] = __atomic_load_n(&in[i], __ATOMIC_RELAXED);
    }
}

static inline void shared_put(void *to, const void *from, size_t size)
{
    shared_word *out = (shared_word *)to;
    const shared_word *in = (const shared_word *)from;

    for (size_t i = 0; i < size / sizeof *in; i++)
        __atomic_store_n(&out[i], in[i], __ATOMIC_RELAXED);
}

#endif
