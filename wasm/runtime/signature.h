/* signature.h: a number for every function type that a store has seen, equal for
 * equal types (core 3.3.3: function types match when they are the same), so that
 * an indirect call compares two words. The set copies and owns the types. */
#ifndef BROCH_WASM_RUNTIME_SIGNATURE_H
#define BROCH_WASM_RUNTIME_SIGNATURE_H

#include "include/broch/wasm.h"
#include "wasm/decode/siphash.h"

struct wasm_signature_set {
    const struct wasm_host *host;
    struct siphash_key key;
    struct wasm_signature *items; /* by number */
    uint32_t count;
    uint32_t room;
    uint32_t *buckets; /* number + 1, or 0; a power of two of them */
    uint32_t bucket_count;
};

void wasm_signature_set_init(struct wasm_signature_set *s, const struct wasm_host *host);
void wasm_signature_set_done(struct wasm_signature_set *s);
enum err wasm_signature_number(uint32_t *out, struct wasm_signature_set *s,
                               struct wasm_signature signature);

#endif
