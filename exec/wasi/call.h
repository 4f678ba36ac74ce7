/* call.h: one call that a guest made: its arguments, and its memory.
 *
 * The only way to guest memory is call_at and what is built on it here. What a
 * call reads from there it reads once, into its own storage, and judges the
 * copy; results are written last, and only on success. */
#ifndef BROCH_EXEC_WASI_CALL_H
#define BROCH_EXEC_WASI_CALL_H

#include <string.h>

#include "exec/wasi/table.h"
#include "exec/wasi/wasi.h"

/* Linux's IOV_MAX. What comes behind is left for the next call: every function
 * that takes a list may do less than asked. */
#define CALL_SPANS_MAX 1024u

/* For the 16 KiB of a list of spans: exec is built with all variables zeroed, and
 * here that would cost more than a short write. call_spans fills what is used. */
#define CALL_UNZEROED __attribute__((uninitialized))

struct wasi {
    struct world *world;
    const struct bytes *args;
    const struct bytes *environment;
    uint32_t args_count;
    uint32_t environment_count;
    uint32_t exit_code;
    const volatile sig_atomic_t *stop;
    struct wasi_table table;
    struct wasi_bound *bound; /* what the linker points to */
};

struct wasi_call {
    struct wasi *wasi;
    struct wasm_memory *memory; /* NULL where the guest has none */
    const union wasm_value *args;
    bool old;            /* wasi_unstable: other layouts, other numbers */
    enum wasm_trap trap; /* out: ends the guest */
};

typedef enum wasi_errno (*wasi_function)(struct wasi_call *c);

#define WASI_CALL(name, parameters) enum wasi_errno wasi_##name(struct wasi_call *c);
#include "exec/wasi/calls.def"
#undef WASI_CALL

static inline uint32_t call_u32(const struct wasi_call *c, unsigned i) { return c->args[i].i32; }
static inline uint64_t call_u64(const struct wasi_call *c, unsigned i) { return c->args[i].i64; }

/* size bytes of guest memory, or NULL where they are not all inside. */
static inline void *call_at(const struct wasi_call *c, uint32_t address, uint64_t size)
{
    return c->memory == NULL ? NULL : wasm_memory_at(c->memory, address, size);
}

static inline enum wasi_errno call_put(const struct wasi_call *c, uint32_t address,
                                       const void *from, size_t size)
{
    void *to = call_at(c, address, size);

    if (to == NULL)
        return WASI_FAULT;
    memcpy(to, from, size);
    return WASI_OK;
}

static inline enum wasi_errno call_put_u32(const struct wasi_call *c, uint32_t address, uint32_t n)
{
    return call_put(c, address, &n, sizeof n); /* both sides are little-endian */
}

static inline enum wasi_errno call_put_u64(const struct wasi_call *c, uint32_t address, uint64_t n)
{
    return call_put(c, address, &n, sizeof n);
}

/* A list of iovec_t: every span checked, at most CALL_SPANS_MAX of them. */
enum wasi_errno call_spans(const struct wasi_call *c, uint32_t address, uint32_t count,
                           struct iovec out[CALL_SPANS_MAX], size_t *out_count);
/* A path, checked as world.h wants it, and zero-terminated. */
enum wasi_errno call_path(const struct wasi_call *c, uint32_t address, uint32_t size,
                          char out[WORLD_PATH_MAX]);
enum wasi_errno call_put_filestat(const struct wasi_call *c, uint32_t address,
                                  const struct world_stat *s);
/* For the two set_times: refuses what contradicts itself. */
enum wasi_errno call_times(uint64_t atim, uint64_t mtim, uint32_t flags, struct world_times *out);

/* Runs one function by hand: what the linker's entry does, and the tests. */
wasi_function wasi_find(const char *name);

#endif
