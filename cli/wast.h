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

/* Runs it and says on stdout how many passed, failed and were skipped, and why.
 * False where one failed, or the script cannot be read. */
bool wast_one(const char *path, uint64_t config, bool verbose);

#endif
