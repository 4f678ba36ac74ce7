#include "shim/core/xstate.h"

#include <string.h>

#include "shim/core/cpu.h"
#include "shim/core/port.h"
#include "shim/core/xstate_form.h"

/* Of a processor without a mask of its own (Intel SDM vol. 1 §11.6.6). */
#define MXCSR_MASK_USUAL 0xffbfu
#define CPUID_OSXSAVE (1u << 27)

static struct xstate info;

static void cpuid(uint32_t leaf, uint32_t *b, uint32_t *c)
{
    uint32_t a = leaf, d;

    *c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(*b), "+c"(*c), "=d"(d));
}

static uint64_t xcr0_read(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static uint8_t *area_of(struct cpu *c) { return (uint8_t *)c - PLACE_CPU_STATE + PLACE_CPU_XSAVE; }

static uint8_t *area_here(void) { return area_of(cpu_here()); }

void xstate_begin(void)
{
    uint8_t *area = area_here();
    uint32_t b, c;

    info.size = XSTATE_LEGACY_SIZE;
    cpuid(1, &b, &c);
    if ((c & CPUID_OSXSAVE) != 0) {
        cpuid(0xd, &b, &c);
        info.mask = xcr0_read();
        info.size = b;
        /* Nothing that exists is larger than the place; if it were, its newest
         * parts would be lost to signal handlers, and nothing else. */
        if (b > XSTATE_SIZE_MAX || b < XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE) {
            info.mask = 0;
            info.size = XSTATE_LEGACY_SIZE;
        }
    }
    port_fxsave(area);
    memcpy(&info.mxcsr_mask, area + XSTATE_MXCSR_MASK_AT, sizeof info.mxcsr_mask);
    if (info.mxcsr_mask == 0)
        info.mxcsr_mask = MXCSR_MASK_USUAL;
}

const struct xstate *xstate_info(void) { return &info; }

uint8_t *xstate_save(void)
{
    uint8_t *area = area_here();

    if (info.mask == 0) {
        port_fxsave(area);
        return area;
    }
    memset(area + XSTATE_LEGACY_SIZE, 0, XSTATE_HEADER_SIZE);
    port_xsave(area, info.mask);
    return area;
}

void xstate_copy(struct cpu *to) { memcpy(area_of(to), xstate_save(), info.size); }

void xstate_load(void)
{
    const uint8_t *area = area_here();
    bool loaded = info.mask == 0 ? port_fxrstor(area) : port_xrstor(area, info.mask);

    if (!loaded)
        cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "the shim: extended state that was not sanitised");
}

void xstate_reset(void)
{
    uint8_t *area = area_here();

    memset(area, 0, XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE);
    xstate_first(area);
    xstate_load();
}
