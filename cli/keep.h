/* keep.h: one run of a workload in a keep on this machine. */
#ifndef BROCH_CLI_KEEP_H
#define BROCH_CLI_KEEP_H

#include "cli/workload.h"
#include "crypto/hash.h"
#include "host/backend.h"

struct keep_result {
    struct keep_end end;
    bool has_report;
    struct launch_report report;
    uint8_t exec_digest[HASH_SHA256_SIZE]; /* of the file that ran; with the report */
};

/* Opens what the workload names, starts a keep with this module and waits for
 * its end. Every error comes with a note: ERR_USAGE and ERR_LIMIT where the
 * workload names what is not there, or too much of it, else the machine's. What
 * the keep runs without is said on stderr. */
enum err keep_run(struct keep_result *out, const struct workload *w, struct bytes module,
                  bool wants_report, struct note *note);

#endif
