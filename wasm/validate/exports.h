/* exports.h: the rules of a module's exports (core 3.4.11, 3.4.13). */
#ifndef BROCH_WASM_VALIDATE_EXPORTS_H
#define BROCH_WASM_VALIDATE_EXPORTS_H

#include "wasm/module.h"

enum err exports_check(const struct wasm_decoded *m, struct arena *arena, struct wasm_note *note);

#endif
