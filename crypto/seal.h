/* seal.h: authenticated encryption, AES-256-GCM (NIST SP 800-38D), through one adapter
 * over OpenSSL's libcrypto.
 *
 * A nonce must never be used twice under one key for two plaintexts: whoever has the key
 * counts. The tag does not bind the key: two keys may open one text, to different things.
 * Where that matters the caller binds it (exec/volume_form.h). One thread at a time. */
#ifndef BROCH_CRYPTO_SEAL_H
#define BROCH_CRYPTO_SEAL_H

#include "base/bytes.h"
#include "base/err.h"

#define SEAL_KEY_SIZE 32u
#define SEAL_NONCE_SIZE 12u
#define SEAL_TAG_SIZE 16u

struct seal {
    void *state;
    uint8_t key[SEAL_KEY_SIZE];
};

/* Every _init that gave ERR_OK is followed by one _done, which wipes the key. */
enum err seal_init(struct seal *s, const uint8_t key[SEAL_KEY_SIZE]);
void seal_done(struct seal *s);
/* Encrypts plain, at most 1 GiB, to as many bytes at out (which may be plain itself), and
 * authenticates it together with what is beside it. */
enum err seal_lock(struct seal *s, const uint8_t nonce[SEAL_NONCE_SIZE], struct bytes beside,
                   struct bytes plain, uint8_t *out, uint8_t tag[SEAL_TAG_SIZE]);
/* ERR_INVALID where any of it is not what was locked; what is at out is wiped then. */
enum err seal_unlock(struct seal *s, const uint8_t nonce[SEAL_NONCE_SIZE], struct bytes beside,
                     struct bytes locked, const uint8_t tag[SEAL_TAG_SIZE], uint8_t *out);

#endif
