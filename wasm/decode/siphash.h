/* siphash.h: a hash for tables whose keys the module's author chose.
 *
 * There is no secret to key it with, and the author may search for collisions
 * at leisure. So the key is the hash of everything that will be put into the
 * table: whoever changes one entry to make it collide changes where all the
 * others go. SipHash-1-3 (Aumasson and Bernstein, 2012). */
#ifndef BROCH_WASM_DECODE_SIPHASH_H
#define BROCH_WASM_DECODE_SIPHASH_H

#include "base/bytes.h"

struct siphash_key {
    uint64_t first;
    uint64_t second;
};

/* The key for a table over (parts of) these bytes. */
struct siphash_key siphash_key_of(struct bytes all);
uint64_t siphash_bytes(const struct siphash_key *key, struct bytes b);

#endif
