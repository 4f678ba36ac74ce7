/* manifest.h: broch.toml, what a workload needs, in the words of the command line.
 *
 * docs/manifest.md has the keys. A key that is not known, a value of another
 * type and a limit that is no quantity are errors with line and column. Paths
 * in it start from the manifest's own folder. */
#ifndef BROCH_CLI_MANIFEST_H
#define BROCH_CLI_MANIFEST_H

#include "base/err.h"
#include "cli/workload.h"

#define MANIFEST_SIZE_MAX ((size_t)1 << 20)

/* Reads the file at path into *w. Its bytes go to *raw, from malloc, also where it
 * is refused: strings in *w may lie in them. ERR_IO where it cannot be read,
 * ERR_MALFORMED or ERR_INVALID where it must not be accepted; the note starts
 * with the path and the place. */
enum err manifest_read(struct workload *w, struct bytes *raw, const char *path, struct note *note);
/* The same for bytes; base is the folder that paths start from. */
enum err manifest_parse(struct workload *w, struct bytes raw, const char *path, const char *base,
                        struct note *note);

#endif
