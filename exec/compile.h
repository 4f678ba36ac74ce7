/* compile.h: a whole module compiled, on every core that there is. */
#ifndef BROCH_EXEC_COMPILE_H
#define BROCH_EXEC_COMPILE_H

#include "broch/wasm.h"

/* With WASM_CONFIG_LAZY in config only what the engine wants beforehand. Which
 * threads there were shows neither in the code nor in the note. Where it tells,
 * and takes longer than half a second, a line on descriptor 2 says how far it is;
 * the line is wiped at the end. */
enum err compile_module(struct wasm_module *module, uint64_t config, bool tells,
                        struct wasm_note *note);

#endif
