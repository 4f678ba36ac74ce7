/* keep.h: one run of a workload in a keep on this machine. */
#ifndef BROCH_CLI_KEEP_H
#define BROCH_CLI_KEEP_H

#include "cli/workload.h"
#include "host/backend.h"

struct keep_result {
    struct keep_end end;
    bool has_report;
    struct launch_report report;
};

/* Opens what the workload names, starts a keep with this module and waits for
 * its end. ERR_USAGE and ERR_IO come with a note; `lack` is what the keep runs
 * without. */
enum err keep_run(struct keep_result *out, const struct workload *w, struct bytes module,
                  bool wants_report, struct note *note);

#endif
