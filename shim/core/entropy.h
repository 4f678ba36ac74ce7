/* entropy.h: random bytes that do not rest on one source.
 *
 * RDSEED, RDRAND, the jitter of a loop against the time-stamp counter, the seed
 * that LAUNCH brought, and a counter are hashed together; a ChaCha20 generator
 * whose key is gone after every use gives the bytes. A source that fails its
 * health test is left out; the host's seed alone is never all there is. */
#ifndef BROCH_SHIM_CORE_ENTROPY_H
#define BROCH_SHIM_CORE_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void entropy_get(void *out, size_t size);
/* Mixes in what somebody else says; it can only add. */
void entropy_add(const void *seed, size_t size);

/* The health tests, on samples of any source. Repetition count, SP 800-90B
 * 4.4.1: false where `cutoff` equal ones follow each other. */
bool entropy_repetition_ok(const uint64_t *sample, size_t count, unsigned cutoff);
/* Adaptive proportion, 4.4.2: false where the first of the window comes `cutoff`
 * times in it. */
bool entropy_proportion_ok(const uint64_t *sample, size_t count, unsigned cutoff);

#endif
