#include "wasm/runtime/runtime.h"

/* Runs in a signal handler: reads, and changes nothing but *fault. Any address in
 * compiled code that is not a place where the compiler expects a fault is a bug of
 * ours, and the embedder should die of it. */
bool wasm_fault(struct wasm_fault *fault)
{
    const struct wasm_code_region *region = wasm_code_find(fault->pc);
    struct wasm_site_entry site;
    uint32_t function;

    if (region == NULL)
        return false;
    function = wasm_code_function_at(region, fault->pc, 0);
    if (function == UINT32_MAX ||
        !wasm_code_site(&site, region, function, fault->pc, WASM_SITE_MEMORY))
        return false;
    fault->first = fault->pc;
    fault->second = fault->sp;
    fault->pc = (uint64_t)(uintptr_t)wasm_trap_fault;
    return true;
}
