/* evidence.h: development evidence, as our own loader signs it (host/evidence_sim.h): a
 * COSE_Sign1 by Ed25519 over one deterministic CBOR map
 *
 *   { 1: "sim", 2: measurement (32 bytes), 3: report data (64 bytes),
 *     4: the host can look inside, 5: the key is kept from one keep to the next }
 *
 * with the public key as key id. No hardware stands behind it: what is judged here is always
 * reported as simulated. Nothing but this exact form is taken. */
#ifndef BROCH_ATTEST_SIM_EVIDENCE_H
#define BROCH_ATTEST_SIM_EVIDENCE_H

#include "attest/sim/form.h"
#include "codec/cose.h"

#define SIM_MEASUREMENT_SIZE 32u
#define SIM_REPORT_SIZE 64u

struct sim_evidence {
    struct cose cose;
    struct bytes key; /* 32 bytes: the key id */
    struct bytes measurement, report_data;
    bool is_debug, key_is_kept;
};

enum err sim_evidence_parse(struct sim_evidence *out, struct bytes raw);

#endif
