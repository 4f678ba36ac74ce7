/* wast_host.h: the host module `spectest` that the specification's scripts import. */
#ifndef BROCH_CLI_WAST_HOST_H
#define BROCH_CLI_WAST_HOST_H

#include "include/broch/wasm.h"

enum err wast_host_define(struct wasm_linker *linker, struct wasm_store *store);

#endif
