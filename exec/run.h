/* run.h: what is called in an instance, and what its end means. */
#ifndef BROCH_EXEC_RUN_H
#define BROCH_EXEC_RUN_H

#include "codec/launch.h"
#include "exec/wasi/wasi.h"

/* What the launch record names: a function with its arguments (results go to
 * descriptor 1, one a line), or _start, or _initialize, or nothing. Gives the exit
 * code: what proc_exit was given, its low 8 bits (all that a process can say), or
 * one of LAUNCH_EXIT_…, said in a message. */
int run_instance(const struct launch *l, struct wasm_store *store, struct wasi *w,
                 struct wasm_instance *instance);
/* The exit code for a call into the store that gave e. */
int run_ended(const struct launch *l, struct wasm_store *store, const struct wasi *w, enum err e);

#endif
