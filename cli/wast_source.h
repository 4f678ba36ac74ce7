/* wast_source.h: where a script and its modules are read from: files, or in a keep,
 * which has none, a bundle of them that was handed in.
 *
 * A bundle is count, then for each file: sizes of path and contents, both bytes
 * one after the other; numbers are 64-bit little-endian. Trusted: for tests. */
#ifndef BROCH_CLI_WAST_SOURCE_H
#define BROCH_CLI_WAST_SOURCE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "host/note.h"

/* From now on paths name parts of this bundle, which must stay. */
void wast_source_bundle(struct bytes bundle);
/* A copy from malloc, or false. */
bool wast_source_read(struct bytes *out, const char *path);
/* The path of a file beside that script, from malloc. */
char *wast_source_beside(const char *script, const char *name);

/* The scripts and every file that their commands name, as a bundle from malloc. */
enum err wast_source_pack(struct bytes *out, char *const *scripts, int count, struct note *note);

#endif
