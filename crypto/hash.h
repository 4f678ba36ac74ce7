/* hash.h: SHA-2, through one adapter file (hash.c) over OpenSSL's libcrypto.
 *
 * A hash in progress owns memory of the library's: every _init that gave ERR_OK
 * is followed by one _done. Not for secrets: nothing is wiped. */
#ifndef BROCH_CRYPTO_HASH_H
#define BROCH_CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/err.h"

/* SHA-1 replays the event logs and PCR banks of old TPMs, and is for nothing else: whoever
 * takes one for proof says so in a policy. */
enum hash_kind { HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SHA1 };

#define HASH_SIZE_MAX 64
#define HASH_SHA256_SIZE 32

struct hash {
    void *state;
    enum hash_kind kind;
};

size_t hash_size(enum hash_kind kind);

enum err hash_init(struct hash *h, enum hash_kind kind);
enum err hash_add(struct hash *h, struct bytes data);
/* Writes hash_size(kind) bytes and ends the hash. */
enum err hash_end(struct hash *h, uint8_t *out);
/* Takes a hash that _init refused, or that has ended. */
void hash_done(struct hash *h);

/* All in one: hash_size(kind) bytes. out may be part of what is hashed. */
enum err hash_bytes(enum hash_kind kind, uint8_t *out, struct bytes data);
/* The parts are taken as one message. */
enum err hash_parts(enum hash_kind kind, uint8_t *out, const struct bytes *parts, size_t count);
enum err hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct bytes data);

#endif
