/* sha256.h: SHA-256 (FIPS 180-4), for conditioning entropy in the shim. */
#ifndef BROCH_SHIM_CORE_SHA256_H
#define BROCH_SHIM_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32u
#define SHA256_BLOCK 64u

struct sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t size);
/* Wipes *h. */
void sha256_end(uint8_t out[static SHA256_SIZE], struct sha256 *h);

#endif
