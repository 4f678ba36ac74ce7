/* compile.h: one function, from validated bytes to machine code.
 *
 * build (ir/) -> optimise (opt/) -> lower, allocate, emit (x86_64/) -> verify.
 * A pure function of its arguments: no state is kept, nothing is global, so that
 * any number of threads may compile functions of one module. All memory comes
 * from the arena, whose ceiling bounds the compile; the result lies in it too. */
#ifndef BROCH_WASM_COMPILE_H
#define BROCH_WASM_COMPILE_H

#include "wasm/abi.h"
#include "wasm/module.h"

struct wasm_unit {
    const struct wasm_decoded *module; /* validated */
    const struct wasm_layout *layout;
    uint64_t config; /* enum wasm_config */
};

/* `function` is an index into module->funcs that is not an import.
 * ERR_LIMIT or ERR_NOMEM where the ceiling, or a limit, is hit: note says which. */
enum err wasm_compile_function(struct wasm_code *out, const struct wasm_unit *unit,
                               uint32_t function, struct arena *arena, struct wasm_note *note);

/* verify/: proves of emitted code, without trusting any part of the compiler, that it stays in the
 * sandbox. `code` holds a whole function as the runtime will place it, relocations not
 * yet written. ERR_INVALID with the offset in the code and the rule it breaks. */
enum err wasm_verify_function(const struct wasm_unit *unit, uint32_t function,
                              const struct wasm_code *code, struct arena *scratch,
                              struct wasm_note *note);

#endif
