/* compile.h: a whole module compiled, on every core that there is. */
#ifndef BROCH_EXEC_COMPILE_H
#define BROCH_EXEC_COMPILE_H

#include "broch/wasm.h"

/* With WASM_CONFIG_LAZY in config only what the engine wants beforehand. Which
 * threads there were shows neither in the code nor in the note. */
enum err compile_module(struct wasm_module *module, uint64_t config, struct wasm_note *note);

#endif
