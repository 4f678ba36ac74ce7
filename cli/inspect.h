/* inspect.h: what `broch inspect` says, as JSON. */
#ifndef BROCH_CLI_INSPECT_H
#define BROCH_CLI_INSPECT_H

#include "cli/module.h"

/* How a program is started: its exports say. */
const char *inspect_kind(const struct wasm_decoded *m);
/* The type of an import or export in a word or a signature; in static storage. */
const char *inspect_type(const struct wasm_decoded *m, enum wasm_extern kind, uint32_t index);
const char *inspect_extern(enum wasm_extern kind);
/* To stdout. */
void inspect_json(const struct module *m, const char *path);

/* Evidence, certificates and other things of attestation in a file, field by field, to stdout.
 * `kind` as in `broch verify KIND=FILE`, or NULL. 0, or the exit code, the message being out. */
int inspect_evidence(const char *path, const char *kind, bool json);
/* Whether the file's first bytes, or its name, are a module's. */
bool inspect_is_module(const char *path);

#endif
