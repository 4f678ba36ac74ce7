#include "wasm/runtime/runtime.h"

#define CONFIG_PROCESSOR                                                                          \
    (WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_FMA | WASM_CONFIG_BMI | \
     WASM_CONFIG_POPCNT)
#define CONFIG_OPTIONS                                                                             \
    (WASM_CONFIG_INTERRUPT | WASM_CONFIG_FUEL | WASM_CONFIG_DETERMINISTIC | WASM_CONFIG_EXPLICIT | \
     WASM_CONFIG_LAZY | WASM_CONFIG_NO_VERIFY | WASM_CONFIG_NO_OPTIMIZE | WASM_CONFIG_NAIVE_ALLOC)

static bool host_complete(const struct wasm_host *host)
{
    return host->heap_take != NULL && host->heap_give != NULL && host->reserve != NULL &&
           host->commit != NULL && host->decommit != NULL && host->seal != NULL &&
           host->release != NULL;
}

enum err wasm_engine_new(struct wasm_engine **out, const struct wasm_host *host, uint64_t config)
{
    struct wasm_engine *engine;

    if (!host_complete(host) || (config & ~(uint64_t)(CONFIG_PROCESSOR | CONFIG_OPTIONS)) != 0)
        return ERR_USAGE;
    /* Code for another processor would stop at its first unknown instruction. */
    if ((config & WASM_CONFIG_SSE41) == 0 ||
        (config & CONFIG_PROCESSOR & ~wasm_config_native()) != 0)
        return ERR_UNSUPPORTED;
    if ((config & (WASM_CONFIG_AVX2 | WASM_CONFIG_FMA)) != 0 && (config & WASM_CONFIG_AVX) == 0)
        return ERR_USAGE;
    engine = wasm_heap_take(host, sizeof *engine);
    if (engine == NULL)
        return ERR_NOMEM;
    engine->host = *host;
    engine->config = config;
    *out = engine;
    return ERR_OK;
}

void wasm_engine_free(struct wasm_engine *engine)
{
    struct wasm_host host;

    if (engine == NULL)
        return;
    host = engine->host; /* it lies in what is given back */
    wasm_heap_give(&host, engine, sizeof *engine);
}
