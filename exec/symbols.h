/* symbols.h: the guest's functions, for the debugger of a debug keep.
 *
 * Where the auxiliary vector says that there may be one (gate/debug.h), each compiled
 * function's address, size and name are put into memory for it to read. Elsewhere
 * nothing is done. */
#ifndef BROCH_EXEC_SYMBOLS_H
#define BROCH_EXEC_SYMBOLS_H

struct wasm_module;

/* Once, when the module has been compiled and none of it has run. */
void symbols_publish(const struct wasm_module *module);

#endif
