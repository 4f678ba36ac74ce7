#include <cpuid.h>

#include "wasm/runtime/runtime.h"

#define CONFIG_PROCESSOR                                                                          \
    (WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_FMA | WASM_CONFIG_BMI | \
     WASM_CONFIG_POPCNT)
#define CONFIG_OPTIONS                                                                             \
    (WASM_CONFIG_INTERRUPT | WASM_CONFIG_FUEL | WASM_CONFIG_DETERMINISTIC | WASM_CONFIG_EXPLICIT | \
     WASM_CONFIG_LAZY | WASM_CONFIG_NO_VERIFY | WASM_CONFIG_NO_OPTIMIZE | WASM_CONFIG_NAIVE_ALLOC)

/* The operating system (or shim) saves xmm and ymm registers: XCR0 bits 1 and 2. */
static bool ymm_usable(uint32_t leaf1_ecx)
{
    uint32_t low, high;

    if ((leaf1_ecx & bit_OSXSAVE) == 0)
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

uint64_t wasm_config_native(void)
{
    uint32_t a, b, c, d;
    uint64_t config = 0;
    bool ymm;

    if (__get_cpuid(1, &a, &b, &c, &d) == 0)
        return 0;
    ymm = ymm_usable(c);
    if ((c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0)
        config |= WASM_CONFIG_SSE41;
    if ((c & bit_POPCNT) != 0)
        config |= WASM_CONFIG_POPCNT;
    if (ymm && (c & bit_AVX) != 0)
        config |= WASM_CONFIG_AVX;
    if ((config & WASM_CONFIG_AVX) != 0 && (c & bit_FMA) != 0)
        config |= WASM_CONFIG_FMA;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
        uint32_t ea, eb, ec, ed;

        if ((config & WASM_CONFIG_AVX) != 0 && (b & bit_AVX2) != 0)
            config |= WASM_CONFIG_AVX2;
        /* BMI2's forms are VEX encoded as well, but touch no vector register. */
        if ((b & bit_BMI) != 0 && (b & bit_BMI2) != 0 &&
            __get_cpuid(0x80000001, &ea, &eb, &ec, &ed) != 0 && (ec & bit_LZCNT) != 0)
            config |= WASM_CONFIG_BMI;
    }
    return config;
}

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
