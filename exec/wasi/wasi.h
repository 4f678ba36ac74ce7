/* wasi.h: WASI preview 1 for one guest.
 *
 * A struct wasi holds what the guest may reach: arguments, environment, a table
 * of descriptors with their rights, and the world behind them. wasi_link names
 * all 46 functions to a linker, under wasi_snapshot_preview1 and, with that
 * interface's layouts, under wasi_unstable.
 *
 * Ownership: the strings given are borrowed and must outlive it; files given
 * are taken over, also where giving fails. The linker keeps pointers into it: it
 * must outlive every instance linked with them.
 * It is for one store, and so for one thread at a time. */
#ifndef BROCH_EXEC_WASI_H
#define BROCH_EXEC_WASI_H

#include <signal.h>

#include "broch/wasm.h"
#include "exec/world.h"

struct wasi;

struct wasi_config {
    struct world *world;
    const struct bytes *args;
    uint32_t args_count;
    const struct bytes *environment; /* "K=V" each */
    uint32_t environment_count;
    /* Where it becomes true, the guest ends with WASM_TRAP_INTERRUPTED at its
     * next call. May be NULL. */
    const volatile sig_atomic_t *stop;
};

enum err wasi_new(struct wasi **out, const struct wasi_config *config);
void wasi_free(struct wasi *w);

/* The next free descriptor: call these in the order the numbers shall have. */
enum wasi_errno wasi_add_stream(struct wasi *w, struct world_file *file);
enum wasi_errno wasi_add_directory(struct wasi *w, struct world_file *directory,
                                   struct bytes guest_path);
enum wasi_errno wasi_add_socket(struct wasi *w, struct world_file *socket);

enum err wasi_link(struct wasi *w, struct wasm_linker *linker);

/* What the guest gave to proc_exit, once a call into it ended with WASM_TRAP_EXIT. */
uint32_t wasi_exit_code(const struct wasi *w);

#endif
