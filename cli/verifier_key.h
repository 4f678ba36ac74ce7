/* verifier_key.h: the Ed25519 key that signs attestation results on this machine. It lies in
 * $XDG_STATE_HOME/broch/verifier.key (or ~/.local/state/…), readable by its owner alone, and is
 * made at first use. */
#ifndef BROCH_CLI_VERIFIER_KEY_H
#define BROCH_CLI_VERIFIER_KEY_H

#include <stdint.h>

#define VERIFIER_SEED_SIZE 32u

/* From `path` (PEM of PKCS#8, or 32 bytes), or the user's own where that is NULL. 0, or the exit
 * code, the message being out. */
int verifier_key_open(uint8_t out[VERIFIER_SEED_SIZE], const char *path);

#endif
