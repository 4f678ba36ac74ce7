/* exception.h: exceptions as objects (core 4.2.13) of a store.
 *
 * References to them lie in compiled code's frames, whose layout nobody records.
 * So they are collected conservatively: a word anywhere on the guest's stack, in
 * the spill area, a table, a global or another exception's payload that equals an
 * exception's address keeps it. Objects never move. What is handed to the host
 * is kept for the life of the store. */
#ifndef BROCH_WASM_RUNTIME_EXCEPTION_H
#define BROCH_WASM_RUNTIME_EXCEPTION_H

#include "wasm/runtime/entry.h"

struct wasm_store;

enum {
    /* Bytes of exceptions that call for a collection, and that a store may hold
     * after one: payloads can be large (LIMIT_PARAMS). */
    WASM_EXCEPTION_BYTES = 32 << 20,
    WASM_EXCEPTION_BYTES_MOST = 256 << 20,
};

struct wasm_exception_heap {
    struct wasm_exception **slots; /* open addressing by address; a power of two */
    uint32_t slot_count;
    uint32_t count;
    uint64_t bytes;
    uint32_t count_next; /* collect when count would pass it */
    uint64_t bytes_next;
    struct entry_resume resume;
};

void wasm_exception_heap_done(struct wasm_store *store);
/* NULL where there is no memory or too many live. */
struct wasm_exception *wasm_exception_new(struct wasm_store *store, struct wasm_tag *tag);
/* Keeps it for good. NULL is fine. */
void wasm_exception_pin(struct wasm_exception *exception);
void wasm_exception_collect(struct wasm_store *store);

#endif
