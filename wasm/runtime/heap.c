#include <string.h>

#include "wasm/runtime/runtime.h"

void *wasm_heap_take(const struct wasm_host *host, size_t size)
{
    void *at = host->heap_take(host->context, size);

    if (at != NULL)
        memset(at, 0, size);
    return at;
}

void wasm_heap_give(const struct wasm_host *host, void *at, size_t size)
{
    if (at != NULL)
        host->heap_give(host->context, at, size);
}

struct arena_source wasm_heap_source(const struct wasm_host *host)
{
    return (struct arena_source){ host->heap_take, host->heap_give, host->context };
}
