/* chacha.h: the ChaCha20 block function (RFC 8439 §2.3), for random numbers. */
#ifndef BROCH_SHIM_CORE_CHACHA_H
#define BROCH_SHIM_CORE_CHACHA_H

#include <stdint.h>

#define CHACHA_KEY 32u
#define CHACHA_NONCE 12u
#define CHACHA_BLOCK 64u

void chacha_block(uint8_t out[static CHACHA_BLOCK], const uint8_t key[static CHACHA_KEY],
                  uint32_t counter, const uint8_t nonce[static CHACHA_NONCE]);

#endif
