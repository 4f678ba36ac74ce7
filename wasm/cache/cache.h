/* cache.h: compiled code kept between runs, by an embedder that has a key for it.
 *
 * The engine makes an image of a module's code and takes one back. It knows no
 * cryptography: the embedder stores an image under everything that decides its
 * contents (wasm_cache_key), encrypted and authenticated with a key of its own, and
 * hands out only what passes that check. Without such a key there is no cache.
 * Even so an image is read like any other input, and its code goes the way of
 * freshly compiled code, checks included. */
#ifndef BROCH_WASM_CACHE_CACHE_H
#define BROCH_WASM_CACHE_CACHE_H

#include "include/broch/wasm.h"

struct wasm_cache_key {
    uint8_t module[32]; /* the digest of the module's bytes */
    uint8_t engine[32]; /* the identity of the engine's own build: exec's measurement */
    uint64_t config;    /* enum wasm_config; the engine fills it in */
};

struct wasm_cache {
    struct wasm_cache_key key; /* but for config */
    void *context;
    /* The image stored under a key; false where there is none that is genuine. It must
     * stay until wasm_module_compile_cached returns. */
    bool (*load)(void *context, const struct wasm_cache_key *key, struct bytes *image);
    /* Borrowed; whether it is kept is the embedder's affair. */
    void (*store)(void *context, const struct wasm_cache_key *key, struct bytes image);
};

/* wasm_module_compile through a cache: what is found there is not compiled. Not for
 * WASM_CONFIG_LAZY, which it leaves alone. */
enum err wasm_module_compile_cached(struct wasm_module *module, const struct wasm_cache *cache,
                                    struct wasm_note *note);

/* For module.c. True where all functions came from the cache. */
bool wasm_cache_load(struct wasm_module *module, const struct wasm_cache *cache);
/* Needs the pieces of all functions. Without memory for the image, nothing is stored. */
void wasm_cache_store(const struct wasm_module *module, const struct wasm_cache *cache);

#endif
