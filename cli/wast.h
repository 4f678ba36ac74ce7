/* wast.h: one script of the specification's test suite, run.
 *
 * A script is the JSON that wast2json writes: commands that load modules, call
 * what they export, and say what must come out. Modules that need a proposal which the
 * engine refuses by name are left out, and so is every command about them: those
 * are counted as skipped, with the proposal. */
#ifndef BROCH_CLI_WAST_H
#define BROCH_CLI_WAST_H

#include <stdbool.h>
#include <stdint.h>

enum { WAST_REASONS = 8 };

struct wast_result {
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped;
    uint32_t reason_count;
    char reasons[WAST_REASONS][200]; /* why some were skipped, each once */
};

/* False where the script itself cannot be read; the message is out. */
bool wast_run(struct wast_result *out, const char *path, uint64_t config, bool verbose);

#endif
