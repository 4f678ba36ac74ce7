/* native.c: what the processor that runs this can do. */
#include <cpuid.h>

#include "include/broch/wasm.h"

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
