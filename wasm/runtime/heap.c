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

static void *source_take(void *context, size_t size)
{
    const struct wasm_host *host = context;

    return host->heap_take(host->context, size);
}

static void source_give(void *context, void *chunk, size_t size)
{
    const struct wasm_host *host = context;

    host->heap_give(host->context, chunk, size);
}

struct arena_source wasm_heap_source(struct wasm_host *host)
{
    return (struct arena_source){ .take = source_take, .give = source_give, .context = host };
}
