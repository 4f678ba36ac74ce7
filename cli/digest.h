/* digest.h: the one identity of a workload.
 *
 * SHA-256 over the deterministic CBOR of { 0: module digest, 1: manifest digest
 * or null, 2: { path: digest } }, digests as byte strings and paths as text. The
 * same on every machine and in every kind of keep. What the command line adds
 * (directories, variables, arguments) is not in it. */
#ifndef BROCH_CLI_DIGEST_H
#define BROCH_CLI_DIGEST_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/hash.h"

#define DIGEST_TEXT_SIZE (2 * HASH_SHA256_SIZE + 1)

/* A manifest without data is one that is not there. */
enum err digest_workload(uint8_t out[HASH_SHA256_SIZE], struct bytes module, struct bytes manifest);
/* Lower-case hexadecimal, terminated. */
void digest_text(char out[DIGEST_TEXT_SIZE], const uint8_t digest[HASH_SHA256_SIZE]);

#endif
