/* backend.h: one kind of keep, as the loader sees it.
 *
 * A backend builds a keep from a launch record and an exec file, starts it,
 * waits for its end and takes it down. backend/skeleton/ is the smallest one
 * that compiles, and the guide for the next.
 * The caller owns the config, its launch record and every descriptor in it;
 * create borrows them until start has returned, and then they may be closed.
 * A backend prints nothing: what it could not do is in the note, what it could
 * do without is in the lack. It does not open files by name, and it does not
 * know what a manifest is. */
#ifndef BROCH_HOST_BACKEND_H
#define BROCH_HOST_BACKEND_H

#include <stdint.h>

#include "base/err.h"
#include "codec/launch.h"
#include "host/note.h"
#include "host/probe.h"

struct keep; /* each backend has its own */

struct keep_config {
    /* Descriptors in it are this process's own; the backend renumbers them. */
    const struct launch *launch;
    int exec_fd;           /* the exec file, open for reading */
    int shim_fd;           /* the shim's file, for a backend that needs it; else -1 */
    bool debug;            /* may be looked into; measures differently, and says so */
    const char *gdb;       /* where a debugger may connect, or NULL; only with debug */
    const char *pool;      /* the socket of one, for backend_pooled; else NULL */
    struct note *gdb_told; /* create says here how to connect; may be NULL */
};

/* How a keep ended. */
struct keep_end {
    int code; /* what exec exited with, or 128 + the number of the signal */
    uint64_t cpu_us;
    uint64_t peak_bytes; /* resident */
    /* Of a keep with a gate: how often it left for its loader, calls it made. */
    uint64_t exits;
    uint64_t calls;
    struct note why; /* where it died of something that its code does not say; else empty */
};

struct backend {
    const char *name;
    const char *isolation; /* one sentence for `broch platform` */
    bool needs_shim;       /* keep_config.shim_fd must be open */
    bool lacks_folders;    /* launch.directories are refused: pack them into images */
    /* Adds one line for every thing the backend needs or would like. */
    void (*probe)(struct probe_list *out);
    /* Checks and prepares; nothing of the workload runs yet. */
    enum err (*create)(struct keep **out, const struct keep_config *config, struct note *note);
    /* The keep runs when this returns. `lack` says what it has to do without,
     * and is empty where nothing is missing. */
    enum err (*start)(struct keep *keep, struct note *lack, struct note *note);
    /* Returns when the keep has ended; passes signals on until then. */
    enum err (*wait)(struct keep *keep, struct keep_end *end);
    /* Ends the keep if it still runs. Takes NULL and half-built keeps. */
    void (*destroy)(struct keep *keep);
};

extern const struct backend backend_process;
extern const struct backend backend_kvm;
/* Keeps of a pool; not in backend_all, because it takes a pool to have one. */
extern const struct backend backend_pooled;
extern const struct backend backend_skeleton;

/* NULL-terminated, in order of preference. */
extern const struct backend *const backend_all[];
/* NULL where there is none of that name. */
const struct backend *backend_find(const char *name);

#endif
