/* wat.h: the text form of WebAssembly, through wabt's wat2wasm where it is there.
 *
 * The result comes through a memory file: nothing is left on disk. */
#ifndef BROCH_CLI_WAT_H
#define BROCH_CLI_WAT_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "host/note.h"

/* The path ends in ".wat". */
bool wat_is(const char *path);
/* From malloc. ERR_MALFORMED with the line that wat2wasm said, ERR_UNSUPPORTED
 * where there is no wat2wasm. */
enum err wat_read(struct bytes *out, const char *path, struct note *note);

#endif
