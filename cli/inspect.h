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

#endif
