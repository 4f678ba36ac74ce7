/* evidence_sim.h: proof for keeps whose host can look inside: the `sim` platform.
 *
 * The loader signs with a development key of this machine's user, and says so in
 * what it signs. It shows that the machinery of evidence works, and which exec runs
 * where nobody lies; it proves nothing against the host. The key lies in a file
 * that only its owner can read; where there is none and none can be made, the keep
 * gets a key that is gone with it.
 * evidence_sim_key_open is for before the jail; the others open no file. */
#ifndef BROCH_HOST_EVIDENCE_SIM_H
#define BROCH_HOST_EVIDENCE_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/writer.h"

#define EVIDENCE_SIM_REPORT_SIZE 64u
#define EVIDENCE_SIM_DIGEST_SIZE 32u
#define EVIDENCE_SIM_SEAL_SIZE 32u

struct evidence_sim_key {
    uint8_t seed[32]; /* Ed25519's private key (RFC 8032, 5.1.5) */
    bool is_kept;     /* it will be there next time */
};

/* $XDG_STATE_HOME/broch/sim.key, or ~/.local/state/broch/sim.key. Always gives a key,
 * unless there is no randomness to be had: ERR_IO. */
enum err evidence_sim_key_open(struct evidence_sim_key *out);

/* One COSE_Sign1 (RFC 9052) over a map of what the keep said and what it is. */
enum err evidence_sim_write(struct writer *w, const struct evidence_sim_key *key,
                            const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE],
                            const uint8_t report[EVIDENCE_SIM_REPORT_SIZE], bool is_debug);
/* The same bytes for the same measurement, label and machine. */
enum err evidence_sim_seal(uint8_t out[EVIDENCE_SIM_SEAL_SIZE], const struct evidence_sim_key *key,
                           const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE], struct bytes label);

#endif
