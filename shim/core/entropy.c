/* entropy.c: sources, health tests, and the generator.
 *
 * Each reseeding hashes the key so far with everything that the sources give, so a
 * source that is bad, or the host's, takes nothing away. The generator erases its
 * key with every request: the first half of each first block is the next key. */
#include "shim/core/entropy.h"

#include "base/num.h"
#include "shim/core/chacha.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/file.h"
#include "shim/core/lock.h"
#include "shim/core/port.h"
#include "shim/core/sha256.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

#define RESEED_SIZE ((uint64_t)1 << 20)
#define WORDS 8u   /* 512 bits of each instruction */
#define RETRIES 32 /* Intel's advice is 10 for RDRAND, more for RDSEED */
#define JITTER_WINDOW 512u
#define JITTER_WINDOWS 1u       /* beside an instruction */
#define JITTER_WINDOWS_ALONE 8u /* 1024 bits, at a quarter of a bit each */
#define JITTER_ROOM 256u
/* SP 800-90B 4.4: a false alarm in 2^20. A word of an instruction is taken for 20
 * bits at least, a stretch of the loop for a quarter of one. */
#define WORD_REPETITION 2u
#define JITTER_REPETITION 81u
#define JITTER_PROPORTION 468u

static struct {
    struct lock lock;
    bool seeded;
    uint8_t key[CHACHA_KEY];
    uint64_t given;   /* bytes, since the last reseeding */
    uint64_t counter; /* of reseedings */
} drbg;

static void wipe(void *at, size_t size)
{
    __builtin_memset(at, 0, size);
    __asm__ volatile("" ::"r"(at) : "memory");
}

/* --- Health. */

bool entropy_repetition_ok(const uint64_t *sample, size_t count, unsigned cutoff)
{
    unsigned same = 1;

    for (size_t i = 1; i < count; i++) {
        same = sample[i] == sample[i - 1] ? same + 1 : 1;
        if (same >= cutoff)
            return false;
    }
    return true;
}

bool entropy_proportion_ok(const uint64_t *sample, size_t count, unsigned cutoff)
{
    unsigned same = 0;

    for (size_t i = 0; i < count; i++)
        same += sample[i] == sample[0];
    return same < cutoff;
}

/* All zeroes, all ones: what broken ones give (errata of several processors). */
static bool stuck(const uint64_t *sample, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sample[i] == 0 || sample[i] == UINT64_MAX)
            return true;
    return false;
}

/* --- Sources. Each adds what it has to the hash; false: nothing to rely on. */

static bool words_add(struct sha256 *h, bool (*draw)(uint64_t *out))
{
    uint64_t word[WORDS] = { 0 };
    size_t count = 0;
    bool good;

    for (size_t tries = 0; count < WORDS && tries < RETRIES * (count + 1); tries++) {
        if (draw(&word[count]))
            count++;
        else
            __builtin_ia32_pause();
    }
    good = count == WORDS && !stuck(word, count) &&
           entropy_repetition_ok(word, count, WORD_REPETITION);
    sha256_add(h, word, count * sizeof word[0]);
    wipe(word, sizeof word);
    return good;
}

/* How long a little work takes: caches, buses and the other threads of the
 * machine have their say in it. */
static void jitter_window(uint64_t sample[static JITTER_WINDOW])
{
    static uint8_t room[JITTER_ROOM * 64];
    uint64_t before = clock_counter();
    size_t at = 0;

    for (size_t i = 0; i < JITTER_WINDOW; i++) {
        uint64_t now;

        for (int j = 0; j < 4; j++) {
            at = (at * 5 + 1 + (size_t)(before & 3)) % JITTER_ROOM;
            ((volatile uint8_t *)room)[at * 64]++;
        }
        now = clock_counter();
        sample[i] = now - before;
        before = now;
    }
}

static bool jitter_add(struct sha256 *h, unsigned windows)
{
    uint64_t sample[JITTER_WINDOW];
    uint8_t low[JITTER_WINDOW]; /* what varies of a sample is down there */
    bool good = true;

    for (unsigned i = 0; i < windows; i++) {
        jitter_window(sample);
        good = good && entropy_repetition_ok(sample, JITTER_WINDOW, JITTER_REPETITION) &&
               entropy_proportion_ok(sample, JITTER_WINDOW, JITTER_PROPORTION);
        for (size_t j = 0; j < JITTER_WINDOW; j++)
            low[j] = (uint8_t)sample[j];
        sha256_add(h, low, sizeof low);
    }
    wipe(sample, sizeof sample);
    wipe(low, sizeof low);
    return good;
}

/* --- The generator. All below need the lock. */

/* A source that failed is left out of the count, not out of the hash. The jitter
 * alone does not carry a key: then the host's seed, unknown to a passive
 * attacker, has to be there too. */
static unsigned sources_add(struct sha256 *h)
{
    unsigned good = 0;

    if (words_add(h, port_rdseed))
        good++;
    else
        cpu_say("entropy: RDSEED is not there, or failed its health test, and is left out");
    if (words_add(h, port_rdrand))
        good++;
    else
        cpu_say("entropy: RDRAND is not there, or failed its health test, and is left out");
    if (jitter_add(h, good > 0 ? JITTER_WINDOWS : JITTER_WINDOWS_ALONE))
        return good;
    if (good == 0) /* the host's seed would be all there is */
        cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "entropy: every source failed its health test");
    cpu_say("entropy: the loop's jitter failed its health test and is left out");
    return good;
}

static void key_mix(struct sha256 *h)
{
    uint64_t words[3] = { ++drbg.counter, cpu_here()->index, clock_counter() };

    sha256_add(h, words, sizeof words);
    sha256_add(h, drbg.key, sizeof drbg.key);
    sha256_end(drbg.key, h);
    drbg.given = 0;
}

/* Whether instructions of the processor are in it. */
static bool reseed(void)
{
    struct sha256 h;
    unsigned good;

    sha256_init(&h);
    good = sources_add(&h);
    key_mix(&h);
    return good > 0;
}

void entropy_add(const void *seed, size_t size)
{
    struct sha256 h;

    lock_take(&drbg.lock);
    sha256_init(&h);
    sha256_add(&h, seed, size);
    /* A host that copied the keep while it waited gets two that go their own ways. */
    (void)words_add(&h, port_rdrand);
    key_mix(&h);
    lock_give(&drbg.lock);
}

/* At most one block less the next key, or some whole blocks behind it. */
#define PIECE_SIZE 992u /* and the key: sixteen blocks */

static void piece_make(uint8_t *out, size_t size)
{
    static const uint8_t nonce[CHACHA_NONCE];
    uint8_t block[CHACHA_BLOCK];
    uint8_t key[CHACHA_KEY];
    uint32_t counter = 0;
    size_t at = 0;
    size_t from = CHACHA_KEY;

    chacha_block(block, drbg.key, counter++, nonce);
    __builtin_memcpy(key, block, sizeof key);
    while (at < size) {
        size_t n = num_min(size - at, CHACHA_BLOCK - from);

        __builtin_memcpy(out + at, block + from, n);
        at += n;
        from = 0;
        if (at < size)
            chacha_block(block, drbg.key, counter++, nonce);
    }
    __builtin_memcpy(drbg.key, key, sizeof key);
    wipe(block, sizeof block);
    wipe(key, sizeof key);
    drbg.given += size;
}

/* LAUNCH may itself need the lock, for its seed: it is asked for outside. */
static void seed_need(void)
{
    bool weak;

    if (__atomic_load_n(&drbg.seeded, __ATOMIC_ACQUIRE))
        return;
    lock_take(&drbg.lock);
    weak = !drbg.seeded && !reseed();
    lock_give(&drbg.lock);
    if (weak)
        launch_need();
    __atomic_store_n(&drbg.seeded, true, __ATOMIC_RELEASE);
}

static void piece_take(uint8_t *out, size_t size)
{
    lock_take(&drbg.lock);
    if (drbg.given >= RESEED_SIZE)
        (void)reseed();
    piece_make(out, size);
    lock_give(&drbg.lock);
}

void entropy_get(void *out, size_t size)
{
    uint8_t *at = out;

    seed_need();
    while (size > 0) {
        size_t n = num_min(size, PIECE_SIZE);

        piece_take(at, n);
        at += n;
        size -= n;
    }
}

/* What fits before the memory ends, in Linux's own steps. */
static size_t blocks_write(uint64_t to, const uint8_t *from, size_t size)
{
    size_t done = 0;

    while (done < size && user_write(to + done, from + done, num_min(size - done, CHACHA_BLOCK)))
        done += CHACHA_BLOCK;
    return num_min(done, size);
}

#define GETRANDOM_WHOLE 256u

int64_t call_getrandom(const struct call *c)
{
    const uint32_t nonblock = 1, random = 2, insecure = 4;
    uint32_t flags = (uint32_t)c->a[2];
    uint64_t size = c->a[1] < LINUX_RW_MAX ? c->a[1] : LINUX_RW_MAX;
    uint8_t piece[PIECE_SIZE];
    uint64_t done = 0;
    bool good = true;

    if ((flags & ~(nonblock | random | insecure)) != 0 ||
        (flags & (random | insecure)) == (random | insecure))
        return -LINUX_EINVAL;
    seed_need();
    /* As getrandom(2) has it: up to 256 bytes come whole, more may be cut by a signal. */
    while (done < size && good && (done < GETRANDOM_WHOLE || !signal_waiting())) {
        size_t n = num_min((size_t)(size - done), sizeof piece);

        piece_take(piece, n);
        good = user_write(c->a[0] + done, piece, n);
        done += good ? n : blocks_write(c->a[0] + done, piece, n);
    }
    wipe(piece, sizeof piece);
    return done > 0 || good ? (int64_t)done : -LINUX_EFAULT;
}
